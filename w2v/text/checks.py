"""Ids that can be trusted: checked before they are used, and told apart from others by checksums.

Compiled code looks up rows by ids without asking whether they are there. So no id is used before it
was looked at here, and of what stands in a folder also whether it is what was written.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.text.number_files import Int32s, Int64s, forget

BLOCK_BYTES = 1 << 22
"""A checksum is that of so many bytes, the last one of those that are left."""

_FORGET_EVERY = 1 << 24  # ids that were looked at, and need not stay in memory


class BlockSums:
    """CRC-32 of each block of what is added."""

    def __init__(self, parts: Iterable[Any] = ()) -> None:
        self._whole: list[int] = []
        self._last = 0
        self._bytes = 0
        for part in parts:
            self.add(part)

    def add(self, part: NDArray[Any] | bytes) -> memoryview:
        """The bytes that were added."""
        whole = memoryview(part) if isinstance(part, bytes) else part.view(np.uint8).data
        data = whole
        while data:
            some = data[: BLOCK_BYTES - self._bytes]
            self._last = zlib.crc32(some, self._last)
            self._bytes += len(some)
            data = data[len(some) :]
            if self._bytes == BLOCK_BYTES:
                self._whole.append(self._last)
                self._last = self._bytes = 0
        return whole

    @property
    def sums(self) -> list[int]:
        return self._whole + [self._last] * (self._bytes > 0)


def _crc32(array: NDArray[Any]) -> int:
    return zlib.crc32(memoryview(array))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sums:
    """Checksums of a corpus: of its ids, its sentence ends, and the text of its vocabulary."""

    ids: list[int]
    ends: list[int]
    vocabulary: list[int]


def fingerprint(sums: Sums) -> str:
    """SHA-256 of the checksums, as hexadecimal digits."""
    import hashlib  # takes a while

    return hashlib.sha256(repr(astuple(sums)).encode()).hexdigest()


@dataclass
class Checks:
    """What of the ids and sentence ends was looked at; several threads may ask.

    Parameters
    ----------
    ids, ends, words              Of a corpus; see `Corpus`.
    sums : Sums, optional         What they are expected to be.
    name : str                    What messages call the corpus.
    """

    ids: Int32s
    ends: Int64s
    words: int
    sums: Sums | None
    name: str
    _tokens: int = -1  # looked at; below 0 the ends were not
    _lock: Any = field(default_factory=threading.Lock)

    def before(self, tokens: int) -> None:
        """See to it that the ids before a position can be used, and all sentence ends.

        Raises
        ------
        CorpusError
        """
        if self._tokens >= min(tokens, len(self.ids)):
            return
        with self._lock:
            if self._tokens < 0:
                self._check_ends()
                self._tokens = 0
            while self._tokens < min(tokens, len(self.ids)):
                self._tokens += self._check_ids(self._tokens)
                if self._tokens % _FORGET_EVERY == 0:
                    forget(self.ids)

    def _check_ids(self, first: int) -> int:
        """Look at one block; how many ids it has."""
        size = BLOCK_BYTES // 4
        ids = self.ids[first : first + size]
        if self.sums and _crc32(ids) != self.sums.ids[first // size]:
            raise self._damaged("ids", first, len(ids))
        if ids.view(np.uint32).max() >= self.words:  # which negative ones are, too
            raise CorpusError(
                f"{self.name} holds ids from {ids.min():,} to {ids.max():,}, and its vocabulary "
                f"has {self.words:,} words; expected ids from 0 to {self.words - 1:,}."
            )
        return len(ids)

    def _check_ends(self) -> None:
        size, last = BLOCK_BYTES // 8, 0
        for first in range(0, len(self.ends), size):
            ends = self.ends[first : first + size]
            if self.sums and _crc32(ends) != self.sums.ends[first // size]:
                raise self._damaged("sentence ends", first, len(ends))
            if ends[0] <= last or (ends[1:] <= ends[:-1]).any():
                raise CorpusError(f"{self.name} holds sentence ends that do not rise.")
            last = int(ends[-1])
            forget(self.ends)
        if last != len(self.ids):
            raise CorpusError(
                f"The last sentence of {self.name} ends at {last:,}, and it has "
                f"{len(self.ids):,} tokens."
            )

    def _damaged(self, what: str, first: int, count: int) -> CorpusError:
        return CorpusError(
            f"{self.name} is damaged: some of its {what} {first:,} to {first + count - 1:,} "
            "are not what was written. Encode the text again, or copy the folder anew."
        )
