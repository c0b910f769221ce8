"""Text to numbers: words are split and numbered by Arrow, on threads that run side by side.

Arrow is imported by who is called: that takes a while, and most commands need none of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.text.number_files import Int32s
from w2v.text.parts import Part, strings
from w2v.text.tokenizing import Lines, Tokenizer

_THREADS = 3  # more are not fed by the one that reads and merges
_PART_CHARACTERS = 1 << 20
_CUTTING_THREADS = 1  # that cut stretches in Python: more wait for each other
_CUT_CHARACTERS = 1 << 22  # the larger a part, the fewer stretches are met again
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
        import pyarrow as pa

        return self._words.take(pa.array(ids)).to_pylist()  # type: ignore[no-any-return]

    def positions(self, words: Iterable[str]) -> Int32s:
        """For each word of the dictionary, its place in `words`, or -1."""
        from pyarrow import compute

        places = compute.index_in(self._words, strings(words))
        return places.fill_null(-1).to_numpy()  # type: ignore[no-any-return]

    def encode(self, parts: Iterable[Part]) -> Iterator[tuple[Int32s, Int32s]]:
        """The numbers of the words of a text, in place of those that each part gives them.

        Yields
        ------
        lengths : int32 (lines,)      Words of each line; the last one goes on in what comes next.
        ids : int32 (words,)          New words are in the dictionary by now.
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

    def _merged(self, parts: list[Part]) -> Iterator[tuple[Int32s, Int32s]]:
        """Make room for new words, and replace the ids of each part by those of this dictionary."""
        import pyarrow as pa

        known = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), self._words)
        merged = pa.chunked_array([known, *(words for _, words in parts)]).unify_dictionaries()
        self._words = merged.chunk(0).dictionary
        for (lengths, _), words in zip(parts, merged.chunks[1:], strict=True):
            yield lengths, words.indices.to_numpy()
        release_memory()  # else what comes next has need of more


def release_memory() -> None:
    """Give back what Arrow has set aside and does not use."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def split_ahead(pieces: Iterable[str]) -> Iterator[Part]:
    r"""Text split at what is white space for `str.split`, and its lines at `\n`.

    The next few parts are read and split meanwhile.

    Parameters
    ----------
    pieces : iterable of str      A text that is cut at white space only.
    """
    cut, threads, size = None, _THREADS, _PART_CHARACTERS
    if isinstance(pieces, Lines):
        threads, size = _CUTTING_THREADS, _CUT_CHARACTERS
        cut, pieces = partial(_tokens, pieces.tokenizer, pieces.tokenizer.known()), pieces.pieces
    with ThreadPoolExecutor(threads, "w2v-words") as pool:
        parts: deque[Future[Part]] = deque()
        for text in _joined(pieces, size):
            parts.append(pool.submit(_split, text, cut))
            if len(parts) > threads:
                yield parts.popleft().result()
        while parts:
            yield parts.popleft().result()


def _joined(pieces: Iterable[str], characters: int) -> Iterator[str]:
    """Small pieces, and so small files, put together to parts that are worth the effort."""
    few: list[str] = []
    size = 0
    for piece in pieces:
        few.append(piece)
        size += len(piece)
        if size >= characters:
            yield "".join(few)
            few, size = [], 0
    yield "".join(few)


def _split(text: str, cut: Callable[[Any], Any] | None) -> Part:
    """Words of each line, and all words with a dictionary of their own.

    With `cut`, see `_tokens`, what stands between white space is cut into words.
    """
    from pyarrow import compute as pc

    lines = pc.split_pattern(strings([text]), "\n").flatten()
    lines = pc.utf8_trim_whitespace(lines)  # splitting leaves empty words at both ends
    lines = pc.if_else(pc.equal(lines, ""), None, lines)  # and one in an empty line
    words = pc.utf8_split_whitespace(lines)
    lengths = pc.list_value_length(words).fill_null(0).to_numpy()
    stretches = words.flatten().dictionary_encode()
    return (lengths, stretches) if cut is None else _put(lengths, stretches, cut)


def _tokens(tokenizer: Tokenizer, known: dict[str, str], stretches: Any) -> Any:
    """What different stretches without white space are cut into: for each a list of words.

    Of those that are letters and digits of ASCII nothing is cut; Arrow puts them into lower case.
    """
    from pyarrow import compute as pc

    plain = pc.and_(pc.ascii_is_alnum(stretches), not tokenizer.turkish)
    others = stretches.filter(pc.invert(plain)).to_pylist()
    found = strings([known[stretch] or None for stretch in others])
    whole = pc.ascii_lower(stretches) if tokenizer.lower else stretches
    return pc.split_pattern(pc.replace_with_mask(whole, pc.invert(plain), found), " ")


def _put(lengths: Int32s, stretches: Any, cut: Callable[[Any], Any]) -> Part:
    """The words of each different stretch, put where it stands."""
    import pyarrow as pa
    from pyarrow import compute as pc

    tokens = cut(stretches.dictionary)
    sizes = pc.list_value_length(tokens).fill_null(0).to_numpy().astype(np.int64)
    flat = tokens.flatten().dictionary_encode()
    places = stretches.indices.to_numpy()
    each = sizes[places]
    ends = np.concatenate([[0], each.cumsum()])
    first = sizes.cumsum() - sizes  # of the tokens of a stretch
    at = np.repeat(first[places] - ends[:-1], each) + np.arange(ends[-1])
    ids = flat.indices.to_numpy()[at].astype(np.int32)
    lines = np.diff(ends[np.concatenate([[0], lengths.cumsum()])]).astype(np.int32)
    return lines, pa.DictionaryArray.from_arrays(pa.array(ids), flat.dictionary)
