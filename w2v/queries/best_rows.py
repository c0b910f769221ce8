"""The rows that score highest for each of many queries.

A row is taken from a block of scores only if it beats what earlier blocks gave. The few that are
taken come to the host and are put in order there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from w2v.backends import Array, Backend
from w2v.queries import cosines
from w2v.queries.cosines import Omitted, Terms, cosine_blocks, omit, product_blocks
from w2v.queries.unit_table import Floats, Ids, UnitTable

_SAMPLE = 1 << 10  # scores of a query that say how large the largest are, at the least


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
    at_once = max(1, min(cosines.QUERIES_AT_ONCE, cosines.COSINES_HELD // n))
    for at in range(0, count, at_once):
        some = slice(at, min(at + at_once, count))
        if products is None:
            blocks = cosine_blocks(table, items[some], rows, n)
        else:
            blocks = product_blocks(table, items, products[some], rows, n)
        chosen = (omitted[0] >= some.start) & (omitted[0] < some.stop)
        left_out = (omitted[0][chosen] - some.start, omitted[1][chosen])
        best = _Best(table.backend, some.stop - at, n)
        for start, scores in blocks:
            omit(table.backend, scores, left_out, start)
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
