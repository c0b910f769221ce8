"""Parts of a plain text file, by bytes: cut at white space, whoever reads them, and wherever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from w2v.text.stretches import WHITE_SPACE
from w2v.words import LONGEST_WORD

_BLOCK_BYTES = 1 << 16
_LONGEST = 65 * LONGEST_WORD + _BLOCK_BYTES  # no word is: one that was cut here is refused


@dataclass(frozen=True)
class Span:
    """A file from the first white space at or after one place to that at or after another.

    So all spans from 0 to the size of the file are the whole of it, and none cuts a word.
    """

    name: str
    begin: int
    end: int
    """Bytes, and below of the whole file."""
    size: int
    lines: int = 0
    """Of the file before it, where that is known; for messages."""

    def blocks(self, file: BinaryIO, size: int) -> tuple[Iterator[bytes], bool, bool]:
        """Its bytes, some at a time, and whether the file begins and ends there."""
        begin, end = (self._cut(file, place) for place in (self.begin, self.end))
        return _between(file, begin, end, size), begin == 0, end == self.size

    def lines_before(self, file: BinaryIO) -> int:
        """How many lines of the file end before it."""
        before = _between(file, 0, self._cut(file, self.begin), _BLOCK_BYTES)
        return sum(block.count(b"\n") for block in before)

    def _cut(self, file: BinaryIO, place: int) -> int:
        """Behind the first white space that begins at a place of a file or after it."""
        if not 0 < place < self.size:
            return place
        file.seek(place)
        data = bytearray()
        while len(data) < _LONGEST and (block := file.read(_BLOCK_BYTES)):
            known = max(0, len(data) - 2)  # white space has three bytes at most
            data += block
            if found := WHITE_SPACE.search(data, known):
                return place + found.end()
        return min(place + len(data), self.size)


def _between(file: BinaryIO, begin: int, end: int, size: int) -> Iterator[bytes]:
    file.seek(begin)
    while begin < end and (block := file.read(min(size, end - begin))):
        yield block
        begin += len(block)
