"""A vector file as a stream of bytes, decompressed if need be."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from w2v.errors import VectorFileError, counted, warn
from w2v.files import LONGEST_MAGIC, BlockStream, bounded, compression, decompressed
from w2v.formats.table import Progress

_HEAD_BYTES = 1 << 16
_WINDOW_BYTES = 1 << 21  # stays in the cache from the reading to the copy


class CutShortError(VectorFileError, EOFError):
    """A file that ends before all that it announces."""


@contextlib.contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file of vectors, unbuffered; raises VectorFileError where there is no plain file."""
    status = os.stat(name)
    if stat.S_ISDIR(status.st_mode):
        raise VectorFileError(f"Cannot read {name}: it is a folder, and not a file of vectors.")
    if not stat.S_ISREG(status.st_mode):
        raise VectorFileError(f"Cannot read {name}: it is not a regular file.")
    if status.st_size == 0:
        raise VectorFileError(f"{name} is empty; expected word vectors.")
    with open(name, "rb", buffering=0) as raw:
        yield cast("BinaryIO", raw)


class Source:
    """A file to be read once from front to end.

    Parameters
    ----------
    raw : binary file
        Unbuffered, at its beginning.
    name : str
        What messages call it.
    errors : {"strict", "replace", "ignore"}
        What to do with words that are not UTF-8, or not in `encoding`.
    progress : callable(bytes_read, total_bytes), optional
        In bytes of the file as it is stored.
    check : bool
        Whether the checksum of what is mapped, and so not read, is compared.
    limit : int, optional
        Rows that are wanted, the first ones. [all]
    encoding : str
        Of words in text and binary, a name that `codecs` gives.

    Attributes
    ----------
    compression : str                 "gzip", say; empty for none.
    size : int or None                Bytes it will give; None if compressed.
    head : bytes                      The first 64 KiB of them, or more after `look_on`, which
                                      `readinto` gives no more.
    whole : bool                      Whether `head` is known to be all there is.
    """

    def __init__(
        self,
        raw: BinaryIO,
        name: str,
        errors: str,
        progress: Progress | None = None,
        *,
        check: bool = True,
        limit: int | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.name = name
        self.check = check
        self.errors = errors
        self.limit = limit
        self.encoding = encoding
        self._raw = raw
        self._stored = os.fstat(raw.fileno()).st_size
        self._progress = progress
        self.compression = compression(raw.read(LONGEST_MAGIC))
        raw.seek(0)
        self.size = None if self.compression else self._stored
        self._stream: Any = raw
        if self.compression:
            blocks = decompressed(raw, self.compression, name, VectorFileError)
            self._stream = BlockStream(bounded(blocks, self._stored, name, VectorFileError))
        head = bytearray(_HEAD_BYTES)
        self.head = bytes(head[: self._fill(memoryview(head))])
        self.whole = len(self.head) < _HEAD_BYTES

    def look_on(self) -> bool:
        """Double `head`; False at the end of the file."""
        more = bytearray(len(self.head))
        got = self._fill(memoryview(more))
        self.head += more[:got]
        self.whole = got < len(more)
        return got > 0

    def readinto(self, view: memoryview) -> int:
        """Fill a buffer with what comes next; fewer bytes only at the end."""
        got = self._fill(view)
        if self._progress is not None and got:
            self._progress(self._raw.tell(), self._stored)
        return got

    def _fill(self, view: memoryview) -> int:
        have = 0
        while have < len(view) and (got := self._stream.readinto(view[have:])):
            have += got
        return have

    def fail(self, where: str, reason: str) -> VectorFileError:
        return VectorFileError(f"{self.name}, {where}: {reason}")

    def cut_short(self, where: str, reason: str) -> CutShortError:
        return CutShortError(f"{self.name}, {where}: {reason} It may be cut short.")

    def warn_beyond(self, rows: int, where: str = "") -> None:
        """Warn of rows with numbers beyond float32, which became infinite."""
        warn(
            f"{self.name}: {counted(rows, 'row')} with numbers beyond float32, which are infinite "
            f"now{where}."
        )

    def decode(self, raw: bytes, where: str, hint: str = "") -> str:
        """A word; raises `VectorFileError`, with the hint, if it is not in the encoding."""
        try:
            return raw.decode(self.encoding, self.errors)
        except UnicodeDecodeError as error:
            reason = f"the word {raw[:40]!r} is not valid {self.encoding.upper()}.{hint}"
            option = 'w2v.load(..., errors="replace") and w2v convert --errors replace'
            raise self.fail(where, f"{reason} In spite of that, {option} load it.") from error

    def decode_lines(self, raw: bytes) -> list[str]:
        """Words that stand one a line, the last without a line break."""
        try:
            return raw.decode("utf-8", self.errors).split("\n")
        except UnicodeDecodeError:
            lines = enumerate(raw.split(b"\n"), 1)
            return [self.decode(line, f"word {number}") for number, line in lines]


class Window:
    """The part of a source that is in memory, moved on towards its end.

    It lies in two buffers by turns, so that what was in sight before a move stays what it is until
    the next.

    Attributes
    ----------
    data : bytearray                  Only `data[:have]` has a meaning.
    have : int
    """

    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self.data = bytearray(max(_WINDOW_BYTES, len(source.head)))
        self._other = bytearray(len(self.data))
        self.have = len(source.head) - start
        self.data[: self.have] = source.head[start:]

    def move(self, used: int) -> bool:
        """Drop the first `used` bytes and read on, into a larger window if it is full.

        False at the end of the source.
        """
        rest = self.have - used
        if len(self._other) < len(self.data) or rest == len(self.data):
            self._other = bytearray(len(self.data) + (rest == len(self.data)) * rest)
        view = memoryview(self._other)
        view[:rest] = memoryview(self.data)[used : self.have]
        self.data, self._other = self._other, self.data
        got = self._source.readinto(view[rest:])
        self.have = rest + got
        return got > 0
