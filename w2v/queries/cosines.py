"""Cosines of many rows, in blocks: the largest ones, and how many are larger than one of them.

A block of cosines, made on a backend, is the only large thing, so that memory does not grow with
the number of queries; a row is taken from it only if it beats what earlier blocks gave. The few
that are taken come to the host and are put in order there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.backends import Array, Backend, get_backend
from w2v.errors import BackendError

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]
Terms = tuple[Sequence[int], Sequence[int]]
"""Places of what counts for a row, and of what counts against it, among some unit vectors."""
Omitted = tuple[Ids, Ids]
"""Pairs of a query and a row that is no answer to it: intp (N,), intp (N,)."""

METHODS = ("3cosadd", "3cosmul")
EPSILON = 1e-6
"""Added to the divisor of 3CosMul, which may be zero."""

_COSINES = 1 << 22  # held at a time, 16 MiB
_ON_DEVICE = 4  # times as many, where a launch costs more than to come by the memory
_QUERIES = 1024  # answered at a time
_ROWS = 1 << 11  # scaled at a time
_SAMPLE = 1 << 10  # scores of a query that say how large the largest are, at the least


class UnitTable(NamedTuple):
    """Rows to be searched."""

    backend: Backend
    unit: Array
    """float32 (V, D) of the backend: rows of length 1 or 0."""


def search_backend(wanted: Backend | str = "auto") -> Backend:
    """Where products are computed: "auto" is CuPy where it can be used, and else NumPy.

    Compiled steps are for training only, so that Numba is no candidate.

    Raises
    ------
    BackendError
    """
    if isinstance(wanted, Backend):
        return wanted
    if wanted != "auto":
        return get_backend(wanted)
    try:
        return get_backend("cupy")
    except BackendError:
        return get_backend("numpy")


def unit_rows(matrix: Floats) -> Floats:
    """Rows scaled to length 1, float32 (V, D); 0 if without a direction (0, NaN, infinite)."""
    unit = np.empty_like(matrix)
    for at in range(0, len(matrix), _ROWS):
        rows, out = matrix[at : at + _ROWS], unit[at : at + _ROWS]
        # dividing by the largest number first keeps squares within float32
        largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))[:, np.newaxis]
        usable = np.isfinite(largest) & (largest > 0)
        np.divide(rows, np.where(usable, largest, 1), out=out)
        out[~usable[:, 0]] = 0
        length = np.sqrt(np.einsum("vd,vd->v", out, out))[:, np.newaxis]
        np.divide(out, np.where(usable, length, 1), out=out)
    return unit


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


def largest(
    table: UnitTable,
    items: Floats,
    omitted: Omitted,
    n: int,
    rows: range,
    products: Sequence[Terms] | None = None,
    report: Callable[[float], None] | None = None,
) -> list[tuple[Ids, Floats]]:
    """The rows that score highest for each query.

    Parameters
    ----------
    table : UnitTable (V, D)
    items : float32 (I, D)              Of length 1 or 0, on the host: a query each, which scores a
                                        row by their cosine; or what `products` names.
    omitted : Omitted
    n : int                             How many, at most.
    rows : range                        Rows that may be answers, step 1.
    products : sequence of Terms (Q,), optional
        Queries that score a row by 3CosMul.
    report : callable(float), optional  Called with the part that is done, now and then.

    Returns
    -------
    list of (intp (n,), float32 (n,))
        Rows and scores, best first, ties in row order; fewer where there are fewer rows.

    Equation
    --------
    3CosMul (Levy and Goldberg 2014, "Linguistic regularities in sparse and explicit word
    representations"): prod_p s(w, p) / (prod_m s(w, m) + 1e-6) with s(w, v) = (1 + cos(w, v)) / 2;
    their paper adds 1e-3, gensim 1e-6 as here.
    """
    count = len(items) if products is None else len(products)
    n = min(n, len(rows))
    if n < 1:
        return [(np.empty(0, np.intp), np.empty(0, np.float32))] * count
    found: list[tuple[Ids, Floats]] = []
    at_once = max(1, min(_QUERIES, _COSINES // n))
    for at in range(0, count, at_once):
        some = slice(at, min(at + at_once, count))
        if products is None:
            blocks = _blocks(table, items[some], rows, n)
        else:
            blocks = _product_blocks(table, items, products[some], rows, n)
        chosen = (omitted[0] >= some.start) & (omitted[0] < some.stop)
        omit = (omitted[0][chosen] - some.start, omitted[1][chosen])
        best = _Best(table.backend, some.stop - at, n)
        for start, scores in blocks:
            _omit(table.backend, scores, omit, start)
            best.add(start, scores)
            if report:
                done = (start + scores.shape[1] - rows.start) / len(rows)
                report((at + (some.stop - at) * done) / count)
        found += best.answers()
    return found


class _Best:
    """The n best rows of each query so far, in flat arrays on the host, by query and score."""

    def __init__(self, backend: Backend, count: int, n: int) -> None:
        self._backend, self._count, self._n = backend, count, n
        self._owner, self._row = np.empty(0, np.intp), np.empty(0, np.intp)
        self._score = np.empty(0, np.float32)
        self._to_beat = np.full(count, -np.inf, np.float32)

    def add(self, start: int, scores: Array) -> None:
        """Scores (Q, B) of rows from `start` on."""
        at, score = self._above(scores)
        owner, column = np.divmod(at, scores.shape[1])
        owner = np.concatenate([self._owner, owner])
        row = np.concatenate([self._row, column + start])
        score = np.concatenate([self._score, score])
        order = np.lexsort((-score, owner))  # stable: ties stay in row order
        owner = owner[order]
        first = np.searchsorted(owner, np.arange(self._count))
        kept = np.arange(len(owner)) - first[owner] < self._n
        self._owner, self._row, self._score = owner[kept], row[order][kept], score[order][kept]
        sizes = np.bincount(self._owner, minlength=self._count)
        full = np.flatnonzero(sizes == self._n)
        self._to_beat[full] = self._score[np.cumsum(sizes)[full] - 1]

    def answers(self) -> list[tuple[Ids, Floats]]:
        ends = np.searchsorted(self._owner, np.arange(1, self._count))
        return list(zip(np.split(self._row, ends), np.split(self._score, ends), strict=True))

    def _above(self, scores: Array) -> tuple[Ids, Floats]:
        """Flat places, in order, and scores of those that may be among the n largest."""
        backend, xp, width = self._backend, self._backend.xp, scores.shape[1]
        bars = self._to_beat
        open_ = np.flatnonzero(np.isneginf(bars))  # fewer than n candidates so far
        if len(open_) and self._n < width:
            # the n-th largest of some is no larger than that of all
            some = scores[:, :: max(1, width // max(_SAMPLE, 64 * self._n))]
            nth = some.shape[1] - self._n
            low = backend.to_numpy(xp.partition(some, nth, axis=1)[:, nth])
            bars = bars.copy()
            bars[open_] = np.nextafter(low[open_], np.float32(-np.inf))
        # far faster than nonzero of two axes
        at = xp.flatnonzero(scores > backend.asarray(bars[:, np.newaxis]))
        return backend.to_numpy(at), backend.to_numpy(scores.reshape(-1)[at])


def _by_shape(queries: Sequence[Terms]) -> Iterator[tuple[Ids, Ids, Ids]]:
    """Queries with as many terms (P, M) each: which (G,), what is for (G, P) and against (G, M)."""
    shapes: dict[tuple[int, int], list[int]] = {}
    for place, (up, down) in enumerate(queries):
        shapes.setdefault((len(up), len(down)), []).append(place)
    for places in shapes.values():
        halves = [[queries[place][side] for place in places] for side in (0, 1)]
        plus, minus = (np.array(half, np.intp) for half in halves)
        yield np.array(places), plus, minus


def _blocks(
    table: UnitTable, items: Floats, rows: range, least: int, made: int = 0
) -> Iterator[tuple[int, Array]]:
    """Where a block of rows starts, and cosines (I, B) of all items with it; reused by the next.

    made : int    How many numbers are made of each column, if more than I.
    """
    backend, xp = table.backend, table.backend.xp
    held = _COSINES * (1 if backend.memory().free is None else _ON_DEVICE)
    step = min(len(rows), max(least, held // max(1, len(items), made)))
    asked = backend.asarray(items)
    space = xp.empty((len(items), step), xp.float32)
    for start in range(rows.start, rows.stop, step):
        block = table.unit[start : min(start + step, rows.stop)]
        out = space if len(block) == step else None
        yield start, xp.matmul(asked, block.T, out=out)


def _product_blocks(
    table: UnitTable, items: Floats, queries: Sequence[Terms], rows: range, least: int
) -> Iterator[tuple[int, Array]]:
    """As `_blocks`, but 3CosMul (Q, B) of each query."""
    backend, xp = table.backend, table.backend.xp
    named = np.unique(np.fromiter((i for pair in queries for half in pair for i in half), np.intp))
    shapes = [
        [backend.asarray(a) for a in (places, *(np.searchsorted(named, s) for s in sides))]
        for places, *sides in _by_shape(queries)
    ]
    for start, cosines in _blocks(table, items[named], rows, least, len(queries)):
        cosines += 1  # noqa: PLW2901
        cosines *= 0.5  # noqa: PLW2901
        xp.maximum(cosines, 0, out=cosines)  # a cosine of -1 may have been rounded down
        scores = xp.empty((len(queries), cosines.shape[1]), xp.float32)
        for places, plus, minus in shapes:
            scores[places] = _product(cosines, plus) / (_product(cosines, minus) + EPSILON)
        yield start, scores


def _product(factors: Array, places: Array) -> Array | float:
    """Product (G, B) of the factors (I, B) at places (G, P); 1 of none."""
    if not places.shape[1]:
        return 1.0
    found = factors[places[:, 0]]
    for column in range(1, places.shape[1]):
        found *= factors[places[:, column]]
    return found


def _omit(backend: Backend, scores: Array, omitted: Omitted, start: int) -> None:
    queries, rows = omitted
    here = (rows >= start) & (rows < start + scores.shape[1])
    if here.any():
        at = backend.asarray(queries[here]), backend.asarray(rows[here] - start)
        scores[at] = -np.inf


def ranks(table: UnitTable, queries: Floats, targets: Ids, omitted: Omitted, rows: range) -> Ids:
    """Place of a row among all rows by their cosine with a query, from 1, ties sharing the first.

    Cosines nearer to each other than float32 can tell are compared in float64.

    Parameters
    ----------
    table : UnitTable (V, D)
    queries : float32 (Q, D)            Of length 1, on the host.
    targets : intp (Q,)                 The row whose place is asked.
    omitted : Omitted                   Rows that are not counted.
    rows : range                        Rows that are counted, step 1.
    """
    backend, xp = table.backend, table.backend.xp
    found = np.ones(len(queries), np.intp)
    doubt = queries.shape[1] * 2.0**-24  # bound on the rounding of a float32 cosine
    for at in range(0, len(queries), _QUERIES):
        some = slice(at, at + _QUERIES)
        asked = queries[some]
        chosen = (omitted[0] >= at) & (omitted[0] < at + len(asked))
        omit = (omitted[0][chosen] - at, omitted[1][chosen])
        exact = _dots(asked, _rows(table, targets[some]))
        ends = (
            np.nextafter((exact + s * doubt).astype(np.float32), np.float32(s * np.inf))
            for s in (-1, 1)
        )
        low, high = (backend.asarray(end[:, np.newaxis]) for end in ends)
        for start, scores in _blocks(table, asked, rows, 1):
            _omit(backend, scores, omit, start)
            found[some] += backend.to_numpy(xp.count_nonzero(scores > high, axis=1))
            near = backend.to_numpy(xp.flatnonzero((scores >= low) & (scores <= high)))
            owner, place = np.divmod(near, scores.shape[1])
            for part in _slices(len(owner), queries.shape[1]):
                who = owner[part]
                more = _dots(asked[who], _rows(table, place[part] + start)) > exact[who] + 1e-12
                found[some] += np.bincount(who[more], minlength=len(asked))
    return found


def _rows(table: UnitTable, ids: Ids) -> Floats:
    """Some rows, on the host."""
    rows: Floats = table.backend.to_numpy(table.unit[table.backend.asarray(ids)])
    return rows


def _slices(count: int, width: int) -> Iterator[slice]:
    step = max(1, _COSINES // width)
    return (slice(at, at + step) for at in range(0, count, step))


def _dots(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    dots: npt.NDArray[np.float64] = np.einsum("qd,qd->q", a, b, dtype=np.float64)
    return dots
