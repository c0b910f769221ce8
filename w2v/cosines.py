"""Cosines of many rows, in blocks: the largest ones, and how many are larger than one of them.

A block of cosines is the only large thing made, so that memory does not grow with the number of
queries; a row is taken from it only if it beats what earlier blocks gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]
Terms = tuple[Floats, Floats]
"""Unit vectors (P, D) that count for a row, and others (M, D) that count against it."""

METHODS = ("3cosadd", "3cosmul")
EPSILON = 1e-6
"""Added to the divisor of 3CosMul, which may be zero."""

_COSINES = 1 << 22  # held at a time, 16 MiB
_QUERIES = 1024  # answered at a time
_ROWS = 1 << 11  # scaled at a time


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


def largest(
    unit: Floats,
    queries: Sequence[Terms],
    omitted: Sequence[Sequence[int]],
    n: int,
    rows: range,
    method: str = "3cosadd",
) -> list[tuple[Ids, Floats]]:
    """The rows that score highest for each query.

    Parameters
    ----------
    unit : float32 (V, D)               Rows of length 1 or 0.
    queries : sequence of Terms (Q,)
    omitted : sequence of rows (Q,)     Rows that are no answer to a query.
    n : int                             How many, at most.
    rows : range                        Rows that may be answers, step 1.
    method : {"3cosadd", "3cosmul"}

    Returns
    -------
    list of (intp (n,), float32 (n,))
        Rows and scores, best first, ties in row order; fewer where there are fewer rows.

    Equation
    --------
    3CosAdd (Mikolov, Yih and Zweig 2013): cos(w, sum_p p - sum_m m).
    3CosMul (Levy and Goldberg 2014): prod_p s(w, p) / (prod_m s(w, m) + 1e-6), where
    s(w, v) = (1 + cos(w, v)) / 2; their paper adds 1e-3, gensim 1e-6 as here.
    """
    found: list[tuple[Ids, Floats]] = []
    n = min(n, len(rows))
    if n < 1:
        return [(np.empty(0, np.intp), np.empty(0, np.float32))] * len(queries)
    at_once = max(1, min(_QUERIES, _COSINES // n))
    for at in range(0, len(queries), at_once):
        some = slice(at, at + at_once)
        found += _largest(unit, queries[some], omitted[some], n, rows, method)
    return found


def _largest(
    unit: Floats,
    queries: Sequence[Terms],
    omitted: Sequence[Sequence[int]],
    n: int,
    rows: range,
    method: str,
) -> list[tuple[Ids, Floats]]:
    if method == "3cosadd":
        items = unit_rows(np.stack([plus.sum(0) - minus.sum(0) for plus, minus in queries]))
    else:
        items, terms = _distinct(queries)
    count = len(queries)
    # candidates as flat arrays, by query and then by score: query, row, score
    owner, place, score = np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32)
    to_beat = np.full(count, -np.inf, np.float32)
    for start, scores in _blocks(unit, items, rows, n):
        if method == "3cosmul":
            scores = _multiply(scores, terms)  # noqa: PLW2901
        _omit(scores, omitted, start)
        queries_here, at = _above(scores, to_beat, n)
        owner = np.concatenate([owner, queries_here])
        place = np.concatenate([place, at + start])
        score = np.concatenate([score, scores[queries_here, at]])
        order = np.lexsort((-score, owner))  # stable: ties stay in row order
        owner = owner[order]
        first = np.searchsorted(owner, np.arange(count))
        kept = np.arange(len(owner)) - first[owner] < n
        owner, place, score = owner[kept], place[order][kept], score[order][kept]
        full = np.flatnonzero(np.bincount(owner, minlength=count) == n)
        to_beat[full] = score[np.searchsorted(owner, full) + n - 1]
    ends = np.searchsorted(owner, np.arange(1, count))
    return list(zip(np.split(place, ends), np.split(score, ends), strict=True))


def _distinct(queries: Sequence[Terms]) -> tuple[Floats, list[tuple[Ids, Ids]]]:
    """The different vectors (I, D) of all queries, and which of them each query names."""
    halves = [half for terms in queries for half in terms]
    items, places = np.unique(np.concatenate(halves), axis=0, return_inverse=True)
    named = np.split(places.reshape(-1), np.cumsum([len(half) for half in halves])[:-1])
    return items, list(zip(named[::2], named[1::2], strict=True))


def _blocks(unit: Floats, items: Floats, rows: range, least: int) -> Iterator[tuple[int, Floats]]:
    """Cosines (I, B) of all items with a block of rows, and where it starts; reused by the next."""
    step = min(len(rows), max(least, _COSINES // max(1, len(items))))
    space = np.empty((len(items), step), np.float32)
    for start in range(rows.start, rows.stop, step):
        block = unit[start : min(start + step, rows.stop)]
        out = space[:, : len(block)] if len(block) == step else None
        yield start, np.matmul(items, block.T, out=out)


def _multiply(cosines: Floats, queries: Sequence[tuple[Ids, Ids]]) -> Floats:
    """3CosMul of each query (Q, B) from the cosines (I, B) of its terms, which are overwritten."""
    np.add(cosines, 1, out=cosines)
    np.multiply(cosines, 0.5, out=cosines)
    np.maximum(cosines, 0, out=cosines)  # a cosine of -1 may have been rounded down
    scores = np.empty((len(queries), cosines.shape[1]), np.float32)
    for query, (plus, minus) in enumerate(queries):
        divisor = cosines[minus].prod(axis=0) + np.float32(EPSILON)  # no rows: 1
        np.divide(cosines[plus].prod(axis=0), divisor, out=scores[query])
    return scores


def _omit(scores: Floats, omitted: Sequence[Sequence[int]], start: int) -> None:
    for query, rows in enumerate(omitted):
        for row in rows:
            if start <= row < start + scores.shape[1]:
                scores[query, row - start] = -np.inf


def _above(scores: Floats, to_beat: Floats, n: int) -> tuple[Ids, Ids]:
    """Query and column of the scores that may be among the n largest, in order."""
    open_ = np.flatnonzero(np.isneginf(to_beat))  # fewer than n candidates so far
    if len(open_) and n < scores.shape[1]:
        bars = to_beat.copy()
        nth = scores.shape[1] - n
        bars[open_] = np.nextafter(np.partition(scores[open_], nth, axis=1)[:, nth], -np.inf)
    else:
        bars = to_beat
    at = np.flatnonzero(scores > bars[:, np.newaxis])  # far faster than np.nonzero in 2-D
    return np.divmod(at, scores.shape[1])


def ranks(
    unit: Floats, queries: Floats, targets: Ids, omitted: Sequence[Sequence[int]], rows: range
) -> Ids:
    """Place of a row among all rows by their cosine with a query, from 1, ties sharing the first.

    Cosines nearer to each other than float32 can tell are compared in float64.

    Parameters
    ----------
    unit : float32 (V, D)
    queries : float32 (Q, D)            Of length 1.
    targets : intp (Q,)                 The row whose place is asked.
    omitted : sequence of rows (Q,)     Rows that are not counted.
    rows : range                        Rows that are counted, step 1.
    """
    found = np.ones(len(queries), np.intp)
    doubt = unit.shape[1] * 2.0**-24  # bound on the rounding of a float32 cosine
    for at in range(0, len(queries), _QUERIES):
        some = slice(at, at + _QUERIES)
        asked, skip = queries[some], omitted[some]
        exact = _dots(asked, unit[targets[some]])
        high = np.nextafter((exact + doubt).astype(np.float32), np.float32(np.inf))[:, np.newaxis]
        low = np.nextafter((exact - doubt).astype(np.float32), np.float32(-np.inf))[:, np.newaxis]
        for start, scores in _blocks(unit, asked, rows, 1):
            _omit(scores, skip, start)
            found[some] += np.count_nonzero(scores > high, axis=1)
            owner, place = np.nonzero((scores >= low) & (scores <= high))
            for part in _slices(len(owner), unit.shape[1]):
                who = owner[part]
                more = _dots(asked[who], unit[place[part] + start]) > exact[who] + 1e-12
                found[some] += np.bincount(who[more], minlength=len(asked))
    return found


def _slices(count: int, width: int) -> Iterator[slice]:
    step = max(1, _COSINES // width)
    return (slice(at, at + step) for at in range(0, count, step))


def _dots(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    dots: npt.NDArray[np.float64] = np.einsum("qd,qd->q", a, b, dtype=np.float64)
    return dots
