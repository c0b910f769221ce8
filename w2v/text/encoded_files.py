"""The files of an encoded corpus: their names, sizes, headers and checksums.

    ids.npy        int32 (N,): the word of each token, by its line in vocab.txt, counted from 0
    ends.npy       int64 (S,): sentence s is ids[ends[s - 1]:ends[s]], the first begins at 0
    vocab.txt      `word count` a line, UTF-8
    corpus.json    version, what was read and dropped, and checksums: see `encoded.described`

`np.load(..., mmap_mode="r")` opens the arrays. What w2v opens must be byte for byte what it wrote:
the size of each file, the header of an array, and a checksum for each 4 MiB of numbers.
"""

from __future__ import annotations

import os
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.text.checks import BLOCK_BYTES, Sums
from w2v.text.number_files import mapped

IDS, ENDS, VOCABULARY, ABOUT = FILES = ("ids.npy", "ends.npy", "vocab.txt", "corpus.json")
FORMAT = "w2v encoded corpus"
VERSION = 1

_HEADER_BYTES = 128
_TYPES: dict[str, np.dtype[Any]] = {IDS: np.dtype("<i4"), ENDS: np.dtype("<i8")}
_LONGEST_ABOUT = 1 << 28  # bytes of corpus.json, whose checksums suffice for 10^13 tokens


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
            return FORMAT.encode() in file.read(_HEADER_BYTES)
    except (OSError, ValueError):
        return False


def header(name: str, count: int) -> bytes:
    """What NumPy writes before the numbers of a one-dimensional array."""
    text = f"{{'descr': '{_TYPES[name].str}', 'fortran_order': False, 'shape': ({count},), }}"
    before = b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little")
    return before + text.encode().ljust(_HEADER_BYTES - 11) + b"\n"


def mapped_file(folder: str, name: str, count: int) -> NDArray[Any]:
    """The numbers of a file whose header and size are as they should be."""
    path = os.path.join(folder, name)
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            expected = _HEADER_BYTES + count * _TYPES[name].itemsize
            if file.read(_HEADER_BYTES) != header(name, count) or size != expected:
                raise damaged(folder, name)
            return mapped(file, _TYPES[name], _HEADER_BYTES)
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def read_file(folder: str, name: str, most: int) -> bytes:
    path = os.path.join(folder, name)
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            raise damaged(folder, name)
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(min(size, most))  # memory for all that is asked for is taken at once
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _unreadable(folder: str, name: str, error: OSError) -> CorpusError:
    path = os.path.join(folder, name)
    return CorpusError(f"{path} cannot be read: {error.strerror or error}.")


def damaged(folder: str, name: str) -> CorpusError:
    return CorpusError(
        f"{os.path.join(folder, name)} is damaged: it is not what was written. Encode the text "
        "again, or copy the folder anew."
    )


def file_sizes(folder: str) -> dict[str, int]:
    """Bytes of each file, that which has the sums of the others too."""
    return {name: os.path.getsize(os.path.join(folder, name)) for name in FILES}


def check_sizes(folder: str, sizes: Sizes) -> None:
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


def sealed(about: dict[str, Any]) -> bytes:
    """JSON, an entry a line; the last one is the checksum of all before."""
    import json  # takes a while

    lines = "".join(f"  {json.dumps(key)}: {json.dumps(about[key])},\n" for key in about)
    body = f"{{\n{lines}".encode()
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return b'  "checksum": %d\n}\n' % zlib.crc32(body)


def read_about(folder: str) -> dict[str, Any]:
    """What corpus.json says, if it can be trusted and understood."""
    import json

    content = read_file(folder, ABOUT, _LONGEST_ABOUT)
    try:
        about = json.loads(content)
        known = isinstance(about, dict) and about.get("format") == FORMAT
    except (ValueError, RecursionError):
        about, known = {}, FORMAT.encode() in content[:_HEADER_BYTES]
    if not known:
        raise CorpusError(
            f"{os.path.join(folder, ABOUT)} is not what `w2v encode` writes, or it is damaged. "
            "Encode the text again."
        )
    version = about.get("version")
    body = content[: content.rfind(b'  "checksum"')]
    sealed = content == body + _seal(body)
    if isinstance(version, int) and version > VERSION:
        raise CorpusError(
            f"{folder} has version {version} of the format of encoded corpora, and this w2v knows "
            f"{VERSION}. Update w2v, or encode the text again."
        )
    if not sealed or version != VERSION:
        raise damaged(folder, ABOUT)
    return dict(about)


def sums_and_sizes(about: dict[str, Any]) -> tuple[Sums, Sizes]:
    sums = Sums(*(list(map(int, about["crc32"][name])) for name in (IDS, ENDS, VOCABULARY)))
    sizes = Sizes(int(about["tokens"]), int(about["sentences"]), int(about["bytes"][VOCABULARY]))
    if sizes.bytes != about["bytes"] or about["block_bytes"] != BLOCK_BYTES or min(sizes) < 0:
        raise ValueError("sizes")
    lengths = 4 * sizes.tokens, 8 * sizes.sentences, sizes.vocabulary_bytes
    for crcs, size in zip((sums.ids, sums.ends, sums.vocabulary), lengths, strict=True):
        if len(crcs) != -(-size // BLOCK_BYTES):
            raise ValueError("checksums")
    return sums, sizes
