"""Neighbouring words as numbers: counted in a text on disk, and joined to one word.

A text is a stream of int32 ids that comes in blocks of any size, with `LINE_END` after each
line. No pair reaches over a line end.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.text import Int32s, Int64s, append_to, cut, temporary_file

LINE_END = -1
MOST_BETWEEN = 3
"""Connector words that may stand between the two words of a pair."""

_BLOCK_TOKENS = 1 << 20
_PAIRS_AT_ONCE = 1 << 24  # sorted in memory; a longer text is read once for each so many


class TokenFile:
    """The ids of a text, in a temporary file without a name."""

    def __init__(self) -> None:
        self._file = temporary_file()
        self.size = 0

    def __enter__(self) -> "TokenFile":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def append(self, ids: Int32s) -> None:
        append_to(self._file, np.ascontiguousarray(ids, np.int32))
        self.size += len(ids)

    def blocks(self) -> Iterator[Int32s]:
        for start in range(0, self.size, _BLOCK_TOKENS):
            self._file.seek(4 * start)
            yield np.fromfile(self._file, np.int32, min(_BLOCK_TOKENS, self.size - start))

    def counts(self, types: int) -> Int64s:
        """How often each id below `types` occurs, int64 (types,)."""
        total = np.zeros(types, np.int64)
        for ids in self.blocks():
            total += np.bincount(ids[ids >= 0], minlength=types)
        return total

    def join(self, joiner: "Joiner") -> None:
        """Replace the text by what `joiner` makes of it, in place: it never gets longer."""
        kept = 0
        for ids in self.blocks():
            kept = self._put(kept, joiner.join(ids))
        kept = self._put(kept, joiner.end())
        cut(self._file, 4 * kept)
        self.size = kept

    def _put(self, at: int, ids: Int32s) -> int:
        self._file.seek(4 * at)
        append_to(self._file, ids)
        return at + len(ids)


class Pairing:
    """Finds pairs: two words side by side, or with nothing but connector words between them.

    Parameters
    ----------
    types : int                   Ids are below this; larger ones stand in no pair.
    left, right : int (L,), (R,)  Distinct ids that may begin and end a pair.
    connectors : int (C,)         Distinct ids of connector words, which do neither.

    Raises
    ------
    CorpusError
        There are more possible pairs than fit in 63 bits.
    """

    def __init__(self, types: int, left: Int64s, right: Int64s, connectors: Int64s) -> None:
        self.left, self.right, self.connectors = left, right, connectors
        self._left = _places(types, left)
        self._right = _places(types, right)
        self._rank = _places(types, connectors) + 1  # 0 is no connector
        self._radix = len(connectors) + 1
        if self._radix**MOST_BETWEEN * len(left) * len(right) >= 2**63:
            raise CorpusError(
                f"{len(left):,} words and {len(connectors):,} connector words make more pairs than "
                "can be numbered. Give fewer connector words, or a larger min_count (--min-count)."
            )

    def find(self, ids: Int32s) -> tuple[Int64s, Int64s]:
        """All neighbours in a block.

        Returns
        -------
        content : int64 (M,)      Positions of all that is no connector word.
        keys : int64 (M - 1,)     Number of the pair of each and the next; -1 for none.
        """
        slots = np.where((ids >= 0) & (ids < len(self._left) - 1), ids, -1)  # -1: the last slot
        if self._radix == 1:
            content = np.arange(len(ids))
        else:
            content = np.flatnonzero(self._rank[slots] == 0)
        left = self._left[slots[content[:-1]]].astype(np.int64)
        right = self._right[slots[content[1:]]]
        fits = (left >= 0) & (right >= 0)
        if self._radix > 1:
            between = np.diff(content) - 1
            fits &= between <= MOST_BETWEEN
            for place in range(MOST_BETWEEN):
                some = np.flatnonzero(between > place)
                rank = self._rank[slots[content[some] + 1 + place]].astype(np.int64)
                left[some] += rank * (self._radix**place * len(self.left))
        return content, np.where(fits, left * len(self.right) + right, -1)

    def keys(self, left: Int64s, between: list[tuple[int, ...]], right: Int64s) -> Int64s:
        """Number of each pair of ids, with the ids of the connector words inside."""
        code = np.array([self._code(inside) for inside in between], np.int64)
        numbers = code * len(self.left) + self._left[left]
        return numbers * len(self.right) + self._right[right]

    def ends(self, keys: Int64s) -> tuple[Int64s, Int64s]:
        """Ids of the first and of the last word of each pair."""
        rest, right = np.divmod(keys, max(1, len(self.right)))
        return self.left[rest % max(1, len(self.left))], self.right[right]

    def words(self, keys: Int64s) -> list[tuple[int, ...]]:
        """Ids of all words of each pair, connector words included."""
        left, right = self.ends(keys)
        codes = keys // max(1, len(self.left) * len(self.right))
        inside = map(self._inside, codes.tolist())
        return list(map(_tuple, left.tolist(), inside, right.tolist()))

    def _code(self, inside: tuple[int, ...]) -> int:
        return sum(int(self._rank[c]) * self._radix**k for k, c in enumerate(inside))

    def _inside(self, code: int) -> list[int]:
        ids = []
        while code:
            code, rank = divmod(code, self._radix)
            ids.append(int(self.connectors[rank - 1]))
        return ids


def count_pairs(text: TokenFile, pairing: Pairing, least: int) -> tuple[Int64s, Int64s, int]:
    """Count pairs exactly, in memory that does not grow with the text.

    A long text is read several times, each time for another share of the pairs.

    Returns
    -------
    keys, counts : int64 (P,)     Of the pairs that occur at least `least` times, keys ascending.
    different : int               How many pairs there are, rare ones included.
    """
    shares = 1 + text.size // _PAIRS_AT_ONCE
    different = 0
    some: list[tuple[Int64s, Int64s]] = []
    for share in range(shares):
        found = [np.empty(0, np.int64)]
        held = np.empty(0, np.int32)
        for block in text.blocks():
            ids = np.concatenate([held, block])
            content, keys = pairing.find(ids)
            held = ids[content[-1] :] if len(content) else held
            found.append(keys[(keys >= 0) & (keys % shares == share)])
        keys = np.concatenate(found)
        del found
        keys.sort()
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        counts = np.diff(starts, append=len(keys))
        different += len(starts)
        frequent = counts >= least
        some.append((keys[starts[frequent]], counts[frequent]))
    keys, counts = map(np.concatenate, zip(*some, strict=True))
    order = np.argsort(keys)
    return keys[order], counts[order], different


class Joiner:
    """Replaces pairs by one id each, from left to right: a word joined is in no second pair.

    Parameters
    ----------
    types : int                   Ids below this are the same in all blocks.
    pairs : list of tuple of int  Words of each pair, connector words in between included.
    joined : int32 (P,)           The id that takes the place of each.
    """

    def __init__(self, types: int, pairs: list[tuple[int, ...]], joined: Int32s) -> None:
        left = np.array([pair[0] for pair in pairs], np.int64)
        right = np.array([pair[-1] for pair in pairs], np.int64)
        between = [pair[1:-1] for pair in pairs]
        inside = np.array(sorted({c for some in between for c in some}), np.int64)
        self._types = types
        self._pairing = Pairing(types, np.unique(left), np.unique(right), inside)
        keys = self._pairing.keys(left, between, right)
        order = np.argsort(keys)
        self._keys = keys[order]
        self._joined = joined[order]
        self._held = np.empty(0, np.int32)

    def join(self, block: Int32s) -> Int32s:
        """What is certain so far; a word that may be joined to the next block is held back."""
        ids = np.concatenate([self._held, block])
        out, kept, rest = self._joined_in(ids)
        self._held = ids[rest:]
        return out[:rest][kept[:rest]]

    def end(self) -> Int32s:
        """What was held back, as the text is over."""
        rest, self._held = self._held, self._held[:0]
        return rest

    def _joined_in(self, ids: Int32s) -> tuple[Int32s, NDArray[np.bool_], int]:
        """The block with pairs replaced, which positions stay, and from where on it is held."""
        content, keys = self._pairing.find(ids)
        if not len(content) or not len(self._keys):
            return ids, np.ones(len(ids), np.bool_), len(ids)
        found = np.flatnonzero(keys >= 0)
        place = np.minimum(np.searchsorted(self._keys, keys[found]), len(self._keys) - 1)
        known = self._keys[place] == keys[found]
        found, place = found[known], place[known]
        # of pairs that overlap, in a row, every second one is joined, beginning with the first
        index = np.arange(len(found))
        first = np.diff(found, prepend=-2) > 1
        chosen = (index - np.maximum.accumulate(np.where(first, index, 0))) % 2 == 0
        found, place = found[chosen], place[chosen]
        out = ids.copy()
        out[content[found]] = self._joined[place]
        gone = np.zeros(len(ids) + 1, np.int32)
        gone[content[found] + 1] += 1
        gone[content[found + 1] + 1] -= 1
        last = int(content[-1])
        taken = len(found) and found[-1] == len(keys) - 1
        held = last if not taken and 0 <= ids[last] < self._types else len(ids)
        return out, gone[:-1].cumsum() == 0, held


def _tuple(left: int, inside: list[int], right: int) -> tuple[int, ...]:
    return (left, *inside, right)


def _places(types: int, ids: Int64s) -> Int32s:
    """Place of each id below `types` in `ids`, or -1; one more for what is unknown."""
    places = np.full(types + 1, -1, np.int32)
    places[ids] = np.arange(len(ids), dtype=np.int32)
    return places
