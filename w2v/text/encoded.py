"""Encoded corpora: a text as token ids in a folder, read once and trained on many times."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from w2v.files import PathLike
from w2v.text.checks import BLOCK_BYTES, BlockSums, Checks, Sums
from w2v.text.corpus import Corpus, CorpusStats, words_sums
from w2v.text.encoded_files import (
    ABOUT,
    ENDS,
    FORMAT,
    IDS,
    VERSION,
    VOCABULARY,
    Sizes,
    check_sizes,
    damaged,
    mapped_file,
    read_about,
    read_file,
    sums_and_sizes,
)
from w2v.text.table_stats import TableStats
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.version import __version__

_CHECKED_AT_ONCE = 1 << 28  # bytes: a tenth of a second


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
        sums = replace(self._stored, vocabulary=words_sums(about["vocabulary"]))
        other = EncodedCorpus("", sums, self.sizes, about)
        other.folder, other._checks = None, checks
        return other

    def _open(self) -> Checks:
        if self._checks is None and not self._closed:
            assert self.folder is not None
            ids = mapped_file(self.folder, IDS, self.sizes.tokens)
            ends = mapped_file(self.folder, ENDS, self.sizes.sentences)
            self._checks = Checks(ids, ends, len(self.vocabulary), self._stored, self.folder)
        return super()._open()

    def _sums(self) -> Sums:
        return self._stored


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
    about = read_about(name)
    try:
        sums, sizes = sums_and_sizes(about)
        check_sizes(name, sizes)
        vocabulary = _vocabulary(name, sums, sizes, about["words"])
        corpus = EncodedCorpus(name, sums, sizes, {"vocabulary": vocabulary, **_given(about)})
        if about["fingerprint"] != corpus.fingerprint() or corpus.stats.kept != sizes.tokens:
            raise damaged(name, ABOUT)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(name, ABOUT) from error
    corpus.check(None if sum(sizes.bytes.values()) <= _CHECKED_AT_ONCE else 0)
    corpus.forget_pages()
    return corpus


def _vocabulary(folder: str, sums: Sums, sizes: Sizes, words: int) -> Vocabulary:
    content = read_file(folder, VOCABULARY, sizes.vocabulary_bytes)
    if BlockSums([content]).sums != sums.vocabulary:
        raise damaged(folder, VOCABULARY)
    text = content.decode()
    found = text.split()
    known = tuple(found[::2])
    if "\0" in text or len(found) != 2 * words or len(set(known)) != words:
        raise damaged(folder, VOCABULARY)
    return Vocabulary(known, np.array(list(map(int, found[1::2])), np.int64))


def described(corpus: EncodedCorpus) -> dict[str, Any]:
    """What corpus.json says: for people, for `_given`, and for the checks."""
    sums, sizes = corpus._sums(), corpus.sizes
    crcs = dict(zip((IDS, ENDS, VOCABULARY), (sums.ids, sums.ends, sums.vocabulary), strict=True))
    return {
        "format": FORMAT,
        "version": VERSION,
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
