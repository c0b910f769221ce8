"""The rows that score highest for each of many queries.

Blocks of float32 scores say which rows may be among the best; the few that may come to the host,
where float64 decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from w2v.backends import Array
from w2v.queries import cosines
from w2v.queries.candidates import Candidates, Omitted, of_queries, omit
from w2v.queries.cosines import EPSILON, Terms, cosine_blocks, product_blocks
from w2v.queries.exact import Exact, cosines_of, doubt
from w2v.queries.unit_table import Floats, Ids, UnitTable

_SAMPLE = 1 << 10  # scores of a query that say how large the largest are, at the least
_LOWEST = np.float32(-1e38)  # of a score; what is no answer has -inf

Score = Callable[[Ids, Ids], Exact]
"""Exact scores (N,) of queries (N,) and rows (N,)."""


def largest(
    table: UnitTable,
    items: Floats,
    omitted: Omitted,
    n: int,
    candidates: Candidates,
    products: Sequence[Terms] | None = None,
    report: Callable[[float], None] | None = None,
) -> list[tuple[Ids, Exact]]:
    """The rows that score highest for each query.

    Parameters
    ----------
    table : UnitTable (V, D)
    items : float32 (I, D)              Of length 1 or 0, on the host: a query each, which scores a
                                        row by their cosine; or what `products` names.
    omitted : Omitted
    n : int                             How many, at most.
    candidates : Candidates
    products : sequence of Terms (Q,), optional
        Queries that score a row by 3CosMul.
    report : callable(float), optional  Called with the part that is done, now and then.

    Returns
    -------
    list of (intp (n,), float64 (n,))
        Rows and scores, best first, ties in row order; fewer where there are fewer rows. Neither
        depends on what else is asked, nor on where a row stands.

    Equation
    --------
    3CosMul (Levy and Goldberg 2014, "Linguistic regularities in sparse and explicit word
    representations"): prod_p s(w, p) / (prod_m s(w, m) + 1e-6) with s(w, v) = (1 + cos(w, v)) / 2;
    their paper adds 1e-3, gensim 1e-6 as here.
    """
    rows = candidates.rows
    count = len(items) if products is None else len(products)
    n = min(n, len(candidates))
    if n < 1:
        return [(np.empty(0, np.intp), np.empty(0))] * count
    found: list[tuple[Ids, Exact]] = []
    at_once = max(1, min(cosines.QUERIES_AT_ONCE, cosines.COSINES_HELD // n))
    for at in range(0, count, at_once):
        some = slice(at, min(at + at_once, count))
        if products is None:
            blocks = cosine_blocks(table, items[some], rows, n)
            score, slack = _cosines(table, items[some]), doubt(items.shape[1])
        else:
            blocks = product_blocks(table, items, products[some], rows, n)
            score, slack = _products(table, items, products[some]), None
        left_out = of_queries(omitted, some.start, some.stop)
        best = _Best(table, score, slack, some.stop - at, n)
        for start, scores in blocks:
            omit(table.backend, scores, start, candidates, left_out)
            best.add(start, scores)
            if report:
                done = (start + scores.shape[1] - rows.start) / len(rows)
                report((at + (some.stop - at) * done) / count)
        found += best.answers()
    return found


def named(
    words: Sequence[str], found: Iterable[tuple[Ids, Exact]]
) -> list[list[tuple[str, float]]]:
    """What `largest` gives, with the words of the rows."""
    return [
        [(words[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]
        for rows, scores in found
    ]


def _cosines(table: UnitTable, items: Floats) -> Score:
    return lambda queries, rows: cosines_of(table, items, queries, rows)


def _products(table: UnitTable, items: Floats, products: Sequence[Terms]) -> Score:
    """3CosMul of queries that may have different numbers of terms."""
    one = len(items)  # stands for a factor of 1
    sides = []
    for side in (0, 1):
        most = max(len(terms[side]) for terms in products)
        filled = [[*t[side], *[one] * (most - len(t[side]))] for t in products]
        sides.append(np.array(filled, np.intp))

    def product(places: Ids, queries: Ids, rows: Ids) -> Exact:
        found = np.ones(len(rows))
        for column in places.T:
            chosen = column[queries]
            real = chosen != one
            found[real] *= (1 + cosines_of(table, items, chosen[real], rows[real])) / 2
        return found

    def score(queries: Ids, rows: Ids) -> Exact:
        up, down = (product(places, queries, rows) for places in sides)
        quotient: Exact = np.round(up / (down + EPSILON), 9)
        return quotient

    return score


class _Best:
    """What may be the n best rows of each query so far, on the host.

    slack : float or None
        How far a score of a block may be from the exact one; None where it is no less than that,
        and may be far more.
    """

    def __init__(
        self, table: UnitTable, score: Score, slack: float | None, count: int, n: int
    ) -> None:
        self._table, self._score, self._slack = table, score, slack
        self._count, self._n = count, n
        self._parts: list[tuple[Ids, Ids, Floats]] = []
        self._held, self._room = 0, 0
        self._to_beat = np.full(count, _LOWEST, np.float32)

    def add(self, start: int, scores: Array) -> None:
        """Scores (Q, B) of rows from `start` on."""
        if self._held > self._room:
            self._prune()
        at, score = self._above(start, scores)
        query, column = np.divmod(at, scores.shape[1])
        self._parts.append((query, column + start, score))
        self._held += len(at)

    def answers(self) -> list[tuple[Ids, Exact]]:
        query, row, score = self._exact(*self._joined()[:2])
        ends = np.searchsorted(query, np.arange(1, self._count))
        return list(zip(np.split(row, ends), np.split(score, ends), strict=True))

    def _joined(self) -> tuple[Ids, Ids, Floats]:
        query, row, score = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        return query, row, score

    def _prune(self) -> None:
        """Let go of what cannot be among the best any more, and raise the bars for others."""
        query, row, score = self._joined()
        most = 2 * self._count * self._n
        if self._slack is not None:
            order = np.argsort(_key(query, score))
            bars = self._nth(query[order], score[order]) - 2 * self._slack
            self._raise(bars)
            kept = score >= self._to_beat[query]
            query, row, score = query[kept], row[kept], score[kept]
        if self._slack is None or len(query) > most:  # many are as good as equal
            query, row, exact = self._exact(query, row)
            self._raise(self._nth(query, exact) - (self._slack or 0))
            score = exact.astype(np.float32)
        self._parts, self._held, self._room = [(query, row, score)], len(query), most

    def _exact(self, query: Ids, row: Ids) -> tuple[Ids, Ids, Exact]:
        """The n best of each query by exact score, ties in row order."""
        score = self._score(query, row)
        order = np.lexsort((row, -score, query))
        query = query[order]
        first = np.searchsorted(query, np.arange(self._count))
        kept = np.arange(len(query)) - first[query] < self._n
        return query[kept], row[order][kept], score[order][kept]

    def _nth(self, query: Ids, score: Floats | Exact) -> Exact:
        """The n-th score of each query (Q,), -inf where there are fewer; both in order."""
        ends = np.searchsorted(query, np.arange(self._count + 1))
        nth = np.full(self._count, -np.inf)
        full = np.flatnonzero(np.diff(ends) >= self._n)
        nth[full] = score[ends[full] + self._n - 1]
        return nth

    def _raise(self, bars: Exact) -> None:
        np.maximum(self._to_beat, _down(bars), out=self._to_beat)

    def _above(self, start: int, scores: Array) -> tuple[Ids, Floats]:
        """Flat places, in order, and scores of those that may be among the n largest."""
        backend, xp, width = self._table.backend, self._table.backend.xp, scores.shape[1]
        open_ = np.flatnonzero(self._to_beat == _LOWEST)  # fewer than n candidates so far
        if len(open_) and self._n < width:
            self._look(start, scores, open_)
        # far faster than nonzero of two axes
        at = xp.flatnonzero(scores >= backend.asarray(self._to_beat[:, np.newaxis]))
        return backend.to_numpy(at), backend.to_numpy(scores.reshape(-1)[at])

    def _look(self, start: int, scores: Array, open_: Ids) -> None:
        """The n-th largest of some is no larger than that of all."""
        backend, xp, n = self._table.backend, self._table.backend.xp, self._n
        step = max(1, scores.shape[1] // max(_SAMPLE, 64 * n))
        some = scores[:, ::step]
        nth = some.shape[1] - n
        bars = np.full(self._count, -np.inf)
        if self._slack is not None:
            low = backend.to_numpy(xp.partition(some, nth, axis=1)[:, nth])
            bars[open_] = low[open_] - 2 * self._slack
        else:
            bounds = backend.to_numpy(some)[open_]
            best = np.argpartition(bounds, nth, axis=1)[:, nth:]
            rows = (best * step + start).reshape(-1)
            exact = self._score(np.repeat(open_, n), rows).reshape(-1, n)
            exact[np.take_along_axis(bounds, best, axis=1) == -np.inf] = -np.inf
            bars[open_] = exact.min(axis=1)
        self._raise(bars)


def _key(query: Ids, score: Floats) -> Ids:
    """Integers in the order of queries, and of falling scores within each."""
    bits = score.view(np.int32)
    rising = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)  # integers in the order of the floats
    return (query << 32) - rising.astype(np.int64)


def _down(bars: Exact) -> Floats:
    """To float32 that are no larger."""
    above = np.maximum(bars, float(_LOWEST)).astype(np.float32)
    lower: Floats = np.maximum(np.nextafter(above, np.float32(-np.inf)), _LOWEST)
    return lower
