"""Words and their numbers, in the order in which they turn up."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.text.arrow_or_not import word_arrays
from w2v.text.number_files import Int32s, Int64s
from w2v.text.parts import Part
from w2v.text.side_by_side import side_by_side
from w2v.text.word_arrays import Words

_MERGE_WORDS = 1 << 19  # or as many as are known, so that no word is merged often
_MERGE_PARTS = 64  # which bounds the memory for parts with few words
_MERGE_TOKENS = 1 << 24  # and for large parts


class Dictionary:
    """Words in the order in which they turn up, after those it starts with.

    Each part of a text gets a small dictionary of its own, which stays in the
    processor's cache. Many of these at a time are merged into the large one.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = word_arrays().strings(words)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def words(self) -> Words:
        """All of them, an array of words."""
        return self._words

    def append(self, words: Iterable[str]) -> None:
        """Add words that are not there yet."""
        arrays = word_arrays()
        self._words = arrays.ended_with(self._words, arrays.strings(words))

    def take(self, ids: NDArray[np.int64]) -> list[str]:
        """The words of `ids`."""
        return word_arrays().taken(self._words, ids)

    def positions(self, words: Iterable[str]) -> Int32s:
        """For each word of the dictionary, its place in `words`, or -1."""
        arrays = word_arrays()
        return arrays.places(self._words, arrays.strings(words))

    def encode(self, parts: Iterable[Part]) -> Iterator["Numbered"]:
        """The numbers of the words of a text, in place of those that each part gives them.

        New words are in the dictionary by the time that a part is handed on.
        """
        waiting: list[Part] = []
        size = tokens = 0
        for part in parts:
            waiting.append(part)
            size += len(part.words)
            tokens += len(part.ids)
            is_large = len(waiting) == _MERGE_PARTS or tokens >= _MERGE_TOKENS
            if is_large or size >= max(_MERGE_WORDS, len(self)):
                yield from self._merged(waiting)
                waiting, size, tokens = [], 0, 0
        yield from self._merged(waiting)

    def _merged(self, parts: list[Part]) -> Iterator["Numbered"]:
        """Make room for new words, and replace the ids of each part by those of this dictionary."""

        def numbered(found: tuple[Part, Int32s]) -> Numbered:
            (lengths, ids, _), final = found
            return Numbered(lengths, final.take(ids), final, np.bincount(ids, None, len(final)))

        arrays = word_arrays()
        self._words, found = arrays.unified([self._words, *(part.words for part in parts)])
        for _, some in side_by_side(numbered, zip(parts, found[1:], strict=True)):
            yield some
        arrays.release_memory()  # else what comes next has need of more


class Numbered(NamedTuple):
    """A part of a text as numbers of a dictionary."""

    lengths: Int32s
    """Words of each line; the last one goes on in what comes next."""
    ids: Int32s
    """Of each word."""
    words: Int32s
    """The ids that can be among them, each once."""
    times: Int64s
    """How often each of those is there."""


def release_memory() -> None:
    """Give back what Arrow has set aside and does not use."""
    word_arrays().release_memory()
