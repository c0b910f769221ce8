"""Scores of many rows for many queries, in blocks: their cosines, or the product of several.

A block of cosines, made on a backend, is the only large thing, so that memory does not grow with
the number of queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from w2v.backends import Array
from w2v.queries.exact import doubt
from w2v.queries.unit_table import Floats, Ids, UnitTable

Terms = tuple[Sequence[int], Sequence[int]]
"""Places of what counts for a row, and of what counts against it, among some unit vectors."""

METHODS = ("3cosadd", "3cosmul")
EPSILON = 1e-6
"""Added to the divisor of 3CosMul, which may be zero."""
COSINES_HELD = 1 << 22
"""At a time, 16 MiB."""
QUERIES_AT_ONCE = 1024
"""Answered together."""

_BELOW = EPSILON * (1 - 1e-6)  # no more than that, when it is rounded too
_ON_DEVICE = 4  # times as many, where a launch costs more than to come by the memory


def sums(items: Floats, queries: Sequence[Terms]) -> Floats:
    """What counts for each query less what counts against it, float32 (Q, D), of items (I, D).

    3CosAdd (Mikolov, Yih and Zweig 2013, "Linguistic regularities in continuous space word
    representations") scores a row by its cosine with that.
    """
    found = np.zeros((len(queries), items.shape[1]), np.float32)
    for places, plus, minus in _by_shape(queries):
        for column in plus.T:
            found[places] += items[column]
        for column in minus.T:
            found[places] -= items[column]
    return found


def _by_shape(queries: Sequence[Terms]) -> Iterator[tuple[Ids, Ids, Ids]]:
    """Queries with as many terms (P, M) each: which (G,), what is for (G, P) and against (G, M)."""
    shapes: dict[tuple[int, int], list[int]] = {}
    for place, (up, down) in enumerate(queries):
        shapes.setdefault((len(up), len(down)), []).append(place)
    for places in shapes.values():
        halves = [[queries[place][side] for place in places] for side in (0, 1)]
        plus, minus = (np.array(half, np.intp) for half in halves)
        yield np.array(places), plus, minus


def cosine_blocks(
    table: UnitTable, items: Floats, rows: range, least: int, made: int = 0
) -> Iterator[tuple[int, Array]]:
    """Where a block of rows starts, and cosines (I, B) of all items with it; reused by the next.

    made : int    How many numbers are made of each column, if more than I.
    """
    backend, xp = table.backend, table.backend.xp
    held = COSINES_HELD * (1 if xp is np else _ON_DEVICE)
    step = min(len(rows), max(least, held // max(1, len(items), made)))
    asked = backend.asarray(items)
    space = xp.empty((len(items), step), xp.float32)
    for start in range(rows.start, rows.stop, step):
        block = table.unit[start : min(start + step, rows.stop)]
        out = space if len(block) == step else None
        yield start, xp.matmul(asked, block.T, out=out)


def product_blocks(
    table: UnitTable, items: Floats, queries: Sequence[Terms], rows: range, least: int
) -> Iterator[tuple[int, Array]]:
    """As `cosine_blocks`, but of each query a number (Q, B) that its 3CosMul does not exceed.

    Cosines are rounded, and where what counts against a row is nearly 0 that changes the quotient
    by any factor. So the factors above are as large, and those below as small, as they may be.
    """
    backend, xp = table.backend, table.backend.xp
    named = np.unique(np.fromiter((i for pair in queries for half in pair for i in half), np.intp))
    shapes = [
        [backend.asarray(a) for a in (places, *(np.searchsorted(named, s) for s in sides))]
        for places, *sides in _by_shape(queries)
    ]
    margin = doubt(items.shape[1]) + 2.0**-22  # that of their sums and products too
    for start, cosines in cosine_blocks(table, items[named], rows, least, len(queries)):
        cosines *= 0.5  # noqa: PLW2901
        cosines += 0.5 + margin / 2  # noqa: PLW2901
        low = cosines - margin
        xp.maximum(low, 0, out=low)
        scores = xp.empty((len(queries), cosines.shape[1]), xp.float32)
        for places, plus, minus in shapes:
            scores[places] = _product(cosines, plus) / (_product(low, minus) + _BELOW)
        yield start, scores


def _product(factors: Array, places: Array) -> Array | float:
    """Product (G, B) of the factors (I, B) at places (G, P); 1 of none."""
    if not places.shape[1]:
        return 1.0
    found = factors[places[:, 0]]
    for column in range(1, places.shape[1]):
        found *= factors[places[:, column]]
    return found
