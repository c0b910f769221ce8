"""Encoded corpora: a text as token ids in a folder, read once and trained on many times.

    ids.npy        int32 (N,): the word of each token, by its line in vocab.txt, counted from 0
    ends.npy       int64 (S,): sentence s is ids[ends[s - 1]:ends[s]], the first begins at 0
    vocab.txt      `word count` a line, UTF-8
    corpus.json    version, what was read and dropped, and checksums; see `_describe`

`np.load(..., mmap_mode="r")` opens the arrays. What w2v opens must be byte for byte what it wrote:
the size of each file, the header of an array, and a checksum for each 4 MiB of numbers.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError, OutputError
from w2v.files import PathLike, check_room, making_folder, replacing
from w2v.text.checks import BLOCK_BYTES, BlockSums, Checks, Sums
from w2v.text.corpus import Corpus, CorpusStats
from w2v.text.spool import Int32s, Int64s, mapped
from w2v.text.table_stats import TableStats
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.text.vocabulary_file import counts_text
from w2v.version import __version__

IDS, ENDS, VOCABULARY, ABOUT = FILES = ("ids.npy", "ends.npy", "vocab.txt", "corpus.json")

_FORMAT = "w2v encoded corpus"
_VERSION = 1
_HEADER_BYTES = 128
_TYPES: dict[str, np.dtype[Any]] = {IDS: np.dtype("<i4"), ENDS: np.dtype("<i8")}
_CHECKED_AT_ONCE = 1 << 28  # bytes: a tenth of a second
_LONGEST_ABOUT = 1 << 28  # bytes of corpus.json, whose checksums suffice for 10^13 tokens
_WRITTEN_AT_ONCE = 1 << 20  # numbers


class EncodedCorpus(Corpus):
    """A corpus in a folder; its arrays are mapped when they are first asked for."""

    def __init__(self, folder: str, sums: Sums, sizes: Sizes, about: dict[str, Any]) -> None:
        self._set(**about)
        self.folder = folder
        self.sizes = sizes
        self._stored = sums
        self._checks = None

    def renamed(self, about: dict[str, Any]) -> Corpus:
        """The same ids with other words or counts; this is not what stands in the folder."""
        checks = self._open()
        words = BlockSums([_words(about["vocabulary"])]).sums
        other = EncodedCorpus("", replace(self._stored, vocabulary=words), self.sizes, about)
        other.folder, other._checks = None, checks
        return other

    def _open(self) -> Checks:
        if self._checks is None and not self._closed:
            assert self.folder is not None
            ids = _mapped(self.folder, IDS, self.sizes.tokens)
            ends = _mapped(self.folder, ENDS, self.sizes.sentences)
            self._checks = Checks(ids, ends, len(self.vocabulary), self._stored, self.folder)
        return super()._open()

    def _sums(self) -> Sums:
        return self._stored


class Sizes(NamedTuple):
    """Of an encoded corpus."""

    tokens: int
    sentences: int
    vocabulary_bytes: int

    @property
    def bytes(self) -> dict[str, int]:
        """Of each file but the last."""
        return {
            IDS: _HEADER_BYTES + 4 * self.tokens,
            ENDS: _HEADER_BYTES + 8 * self.sentences,
            VOCABULARY: self.vocabulary_bytes,
        }


class Draft:
    """An encoded corpus under way.

    Parameters
    ----------
    path : str                    Of the folder that is filled.
    folder : str                  What it will be called.
    """

    def __init__(self, path: str, folder: str) -> None:
        self._path, self._folder = path, folder

    def write_arrays(
        self, pieces: Iterable[tuple[Int32s, Int64s]], tokens: int, sentences: int
    ) -> None:
        """Write ids and sentence ends, `tokens` and at most `sentences` of them."""
        sizes = Sizes(tokens, sentences, 0).bytes
        check_room({self._folder: sum(sizes.values())})
        ids_sums, ends_sums = BlockSums(), BlockSums()
        sentences = 0
        with self._file(IDS, sizes[IDS]) as ids_file, self._file(ENDS) as ends_file:
            ids_file.write(_header(IDS, tokens))
            ends_file.write(_header(ENDS, 0))
            for ids, ends in pieces:
                ids_file.write(ids_sums.add(ids))
                ends_file.write(ends_sums.add(ends))
                sentences += len(ends)
            ends_file.seek(0)
            ends_file.write(_header(ENDS, sentences))
        self._arrays = ids_sums.sums, ends_sums.sums
        self._counts = tokens, sentences

    def finish(self, about: dict[str, Any]) -> Corpus:
        """Write the vocabulary and what there is to say; the corpus, once its folder is there.

        Parameters
        ----------
        about : dict              As `Corpus.about`.
        """
        vocabulary = about["vocabulary"]
        vocabulary.save(os.path.join(self._path, VOCABULARY))
        text = _words(vocabulary)
        sums = Sums(*self._arrays, BlockSums([text]).sums)
        sizes = Sizes(*self._counts, len(text))
        corpus = EncodedCorpus(self._folder, sums, sizes, about)
        with self._file(ABOUT) as file:
            file.write(_sealed(_described(corpus)))
        return corpus

    def _file(self, name: str, size: int | None = None) -> Any:
        return replacing(os.path.join(self._path, name), size)


@contextmanager
def drafting(folder: PathLike) -> Iterator[Draft]:
    """An encoded corpus that appears whole or not at all.

    Raises
    ------
    OutputError
        There is something already, or the folder cannot be written.
    """
    name = os.fsdecode(folder)
    with making_folder(folder) as path:
        try:
            yield Draft(path, name)
        except OutputError as error:
            if path not in str(error):
                raise
            raise OutputError(str(error).replace(path, name)) from error


def write_encoded(corpus: Corpus, folder: PathLike) -> Corpus:
    """Write a corpus as it is to a new folder.

    Returns
    -------
    Corpus
        The one in the folder.

    Raises
    ------
    OutputError
        There is something already, or the folder cannot be written.
    CorpusError
        The corpus is damaged.
    """
    with drafting(folder) as draft:
        return write_corpus(corpus, draft)


def write_corpus(corpus: Corpus, draft: Draft) -> Corpus:
    """Write a corpus as it is to a folder under way."""
    corpus.check(0)
    draft.write_arrays(_pieces(corpus), len(corpus.ids), len(corpus.ends))
    return draft.finish(corpus.about())


def _words(vocabulary: Vocabulary) -> bytes:
    return counts_text(vocabulary.words, vocabulary.counts).encode()


def _pieces(corpus: Corpus) -> Iterator[tuple[Int32s, Int64s]]:
    """Blocks of ids, checked, and of sentence ends beside them."""
    ids, ends = corpus.ids, corpus.ends
    for at in range(0, max(len(ids), len(ends)), _WRITTEN_AT_ONCE):
        corpus.check(at + _WRITTEN_AT_ONCE)
        yield ids[at : at + _WRITTEN_AT_ONCE], ends[at : at + _WRITTEN_AT_ONCE]
        corpus.forget_pages()


def is_encoded(path: object) -> bool:
    """Whether a path leads to the folder of an encoded corpus, which may be damaged."""
    if not isinstance(path, str | os.PathLike):
        return False
    try:
        if not os.path.isdir(path):
            return False
        if os.path.exists(os.path.join(os.fsdecode(path), IDS)):
            return True
        with open(os.path.join(os.fsdecode(path), ABOUT), "rb") as file:
            return _FORMAT.encode() in file.read(_HEADER_BYTES)
    except (OSError, ValueError):
        return False


def open_encoded(folder: PathLike) -> EncodedCorpus:
    """The corpus in a folder, memory-mapped, with nothing dropped.

    The vocabulary, the sentence ends and the sizes of all files are checked at once, and the ids of
    a corpus of less than 256 MiB; of a larger one each id before it is used, see `Corpus.check`.

    Raises
    ------
    CorpusError
        There is none, or it is damaged or of a later version.
    """
    name = os.fsdecode(folder)
    about = _about(name)
    try:
        sums, sizes = _sums_and_sizes(about)
        _check_sizes(name, sizes)
        vocabulary = _vocabulary(name, sums, about["words"])
        corpus = EncodedCorpus(name, sums, sizes, {"vocabulary": vocabulary, **_given(about)})
        if about["fingerprint"] != corpus.fingerprint() or corpus.stats.kept != sizes.tokens:
            raise _damaged(name, ABOUT)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(name, ABOUT) from error
    corpus.check(None if sum(sizes.bytes.values()) <= _CHECKED_AT_ONCE else 0)
    corpus.forget_pages()
    return corpus


def _described(corpus: EncodedCorpus) -> dict[str, Any]:
    """What corpus.json says: for people, for `_given`, and for the checks."""
    sums, sizes = corpus._sums(), corpus.sizes
    crcs = dict(zip((IDS, ENDS, VOCABULARY), (sums.ids, sums.ends, sums.vocabulary), strict=True))
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "written_by": f"w2v {__version__}",
        "words": len(corpus.vocabulary),
        "tokens": sizes.tokens,
        "sentences": sizes.sentences,
        "limits": corpus.limits,
        "read": {**asdict(corpus.stats), "table": None},
        "table": corpus.stats.table.as_dict() if corpus.stats.table else None,
        "tokenizer": corpus.tokenizer.as_dict() if corpus.tokenizer else None,
        "looks": corpus.looks,
        "seconds": corpus.seconds,
        "fingerprint": corpus.fingerprint(),
        "bytes": sizes.bytes,
        "block_bytes": BLOCK_BYTES,
        "crc32": crcs,
    }


def _given(about: dict[str, Any]) -> dict[str, Any]:
    """What a corpus is made of, but its words and arrays."""
    table, tokenizer = about["table"], about["tokenizer"]
    if table:
        table = TableStats(**{**table, "dropped": Counter(table["dropped"])})
    stats = {**about["read"], "table": table}
    return {
        "stats": CorpusStats(**stats),
        "seconds": dict(about["seconds"]),
        "tokenizer": Tokenizer(**tokenizer) if tokenizer else None,
        "looks": str(about["looks"]),
        "limits": dict(about["limits"]),
    }


def _sealed(about: dict[str, Any]) -> bytes:
    """JSON, an entry a line; the last one is the checksum of all before."""
    lines = "".join(f"  {json.dumps(key)}: {json.dumps(about[key])},\n" for key in about)
    body = f"{{\n{lines}".encode()
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return b'  "checksum": %d\n}\n' % zlib.crc32(body)


def _about(folder: str) -> dict[str, Any]:
    """What corpus.json says, if it can be trusted and understood."""
    content = _read(folder, ABOUT, _LONGEST_ABOUT)
    try:
        about = json.loads(content)
        known = isinstance(about, dict) and about.get("format") == _FORMAT
    except (ValueError, RecursionError):
        about, known = {}, _FORMAT.encode() in content[:_HEADER_BYTES]
    if not known:
        raise CorpusError(
            f"{os.path.join(folder, ABOUT)} is not what `w2v encode` writes, or it is damaged. "
            "Encode the text again."
        )
    version = about.get("version")
    body = content[: content.rfind(b'  "checksum"')]
    sealed = content == body + _seal(body)
    if isinstance(version, int) and version > _VERSION:
        raise CorpusError(
            f"{folder} has version {version} of the format of encoded corpora, and this w2v knows "
            f"{_VERSION}. Update w2v, or encode the text again."
        )
    if not sealed or version != _VERSION:
        raise _damaged(folder, ABOUT)
    return dict(about)


def _sums_and_sizes(about: dict[str, Any]) -> tuple[Sums, Sizes]:
    sums = Sums(*(list(map(int, about["crc32"][name])) for name in (IDS, ENDS, VOCABULARY)))
    sizes = Sizes(int(about["tokens"]), int(about["sentences"]), int(about["bytes"][VOCABULARY]))
    if sizes.bytes != about["bytes"] or about["block_bytes"] != BLOCK_BYTES or min(sizes) < 0:
        raise ValueError("sizes")
    lengths = 4 * sizes.tokens, 8 * sizes.sentences, sizes.vocabulary_bytes
    for crcs, size in zip((sums.ids, sums.ends, sums.vocabulary), lengths, strict=True):
        if len(crcs) != -(-size // BLOCK_BYTES):
            raise ValueError("checksums")
    return sums, sizes


def _check_sizes(folder: str, sizes: Sizes) -> None:
    for name, size in sizes.bytes.items():
        try:
            found = os.stat(os.path.join(folder, name)).st_size
        except OSError as error:
            raise _unreadable(folder, name, error) from error
        if found != size:
            raise CorpusError(
                f"{os.path.join(folder, name)} has {found:,} bytes, and {ABOUT} says {size:,}. It "
                "is damaged or cut short; encode the text again, or copy the folder anew."
            )


def _vocabulary(folder: str, sums: Sums, words: int) -> Vocabulary:
    content = _read(folder, VOCABULARY)
    if BlockSums([content]).sums != sums.vocabulary:
        raise _damaged(folder, VOCABULARY)
    text = content.decode()
    found = text.split()
    known = tuple(found[::2])
    if "\0" in text or len(found) != 2 * words or len(set(known)) != words:
        raise _damaged(folder, VOCABULARY)
    return Vocabulary(known, np.array(list(map(int, found[1::2])), np.int64))


def _header(name: str, count: int) -> bytes:
    """What NumPy writes before the numbers of a one-dimensional array."""
    text = f"{{'descr': '{_TYPES[name].str}', 'fortran_order': False, 'shape': ({count},), }}"
    before = b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little")
    return before + text.encode().ljust(_HEADER_BYTES - 11) + b"\n"


def _mapped(folder: str, name: str, count: int) -> NDArray[Any]:
    """The numbers of a file whose header and size are as they should be."""
    path = os.path.join(folder, name)
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            expected = _HEADER_BYTES + count * _TYPES[name].itemsize
            if file.read(_HEADER_BYTES) != _header(name, count) or size != expected:
                raise _damaged(folder, name)
            return mapped(file, _TYPES[name], _HEADER_BYTES)
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _read(folder: str, name: str, most: int = -1) -> bytes:
    path = os.path.join(folder, name)
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            raise _damaged(folder, name)
        with open(path, "rb") as file:
            return file.read(most)
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _unreadable(folder: str, name: str, error: OSError) -> CorpusError:
    path = os.path.join(folder, name)
    return CorpusError(f"{path} cannot be read: {error.strerror or error}.")


def _damaged(folder: str, name: str) -> CorpusError:
    return CorpusError(
        f"{os.path.join(folder, name)} is damaged: it is not what was written. Encode the text "
        "again, or copy the folder anew."
    )
