"""Words and their numbers, in the order in which they turn up."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.text.number_files import Int32s, Int64s
from w2v.text.parts import Part, as_numpy, int32s, strings
from w2v.text.side_by_side import side_by_side

_MERGE_WORDS = 1 << 19  # or as many as are known, so that no word is merged often
_MERGE_PARTS = 64  # which bounds the memory for parts with few words
_MERGE_TOKENS = 1 << 24  # and for large parts


class Dictionary:
    """Words in the order in which they turn up, after those it starts with.

    Each part of a text gets a small dictionary of its own, which stays in the
    processor's cache. Many of these at a time are merged into the large one.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = strings(words)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def words(self) -> Any:
        """All of them, an Arrow array."""
        return self._words

    def append(self, words: Iterable[str]) -> None:
        """Add words that are not there yet."""
        import pyarrow as pa

        self._words = pa.concat_arrays([self._words, strings(words)])

    def take(self, ids: NDArray[np.int64]) -> list[str]:
        """The words of `ids`."""
        return self._words.take(int32s(ids.astype(np.int32))).to_pylist()  # type: ignore[no-any-return]

    def positions(self, words: Iterable[str]) -> Int32s:
        """For each word of the dictionary, its place in `words`, or -1."""
        from pyarrow import compute

        places = compute.index_in(self._words, strings(words))
        return as_numpy(places.fill_null(int32s(np.full(1, -1, np.int32))[0]))

    def encode(self, parts: Iterable[Part]) -> Iterator["Numbered"]:
        """The numbers of the words of a text, in place of those that each part gives them.

        New words are in the dictionary by the time that a part is handed on.
        """
        waiting: list[Part] = []
        size = tokens = 0
        for lengths, words in parts:
            waiting.append((lengths, words))
            size += len(words.dictionary)
            tokens += len(words)
            is_large = len(waiting) == _MERGE_PARTS or tokens >= _MERGE_TOKENS
            if is_large or size >= max(_MERGE_WORDS, len(self)):
                yield from self._merged(waiting)
                waiting, size, tokens = [], 0, 0
        yield from self._merged(waiting)

    def _merged(self, parts: list[Part]) -> Iterator["Numbered"]:
        """Make room for new words, and replace the ids of each part by those of this dictionary."""
        import pyarrow as pa

        def numbered(found: tuple[Part, Any]) -> Numbered:
            (lengths, words), places = found
            ids, final = as_numpy(words.indices), as_numpy(places.indices)
            return Numbered(lengths, final.take(ids), final, np.bincount(ids, None, len(final)))

        every = [self._words, *(words.dictionary for _, words in parts)]
        own = [int32s(np.arange(len(words), dtype=np.int32)) for words in every]
        merged = pa.chunked_array(map(pa.DictionaryArray.from_arrays, own, every))
        known, *places = merged.unify_dictionaries().chunks
        self._words = known.dictionary
        for _, some in side_by_side(numbered, zip(parts, places, strict=True)):
            yield some
        release_memory()  # else what comes next has need of more


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
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
