"""Which rows may be answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2v.backends import Array, Backend
from w2v.queries.unit_table import Ids

Omitted = tuple[Ids, Ids]
"""Pairs of a query and a row that is no answer to it: intp (N,), intp (N,)."""


class Candidates(NamedTuple):
    """The rows of a range, less some."""

    rows: range
    """Step 1."""
    barred: Ids = np.empty(0, np.intp)
    """Rows of the range that are no answer to any query, in order."""

    def __len__(self) -> int:
        return len(self.rows) - len(self.barred)

    def ids(self) -> Ids:
        """All of them, in order."""
        return np.setdiff1d(np.array(self.rows, np.intp), self.barred, assume_unique=True)

    def __contains__(self, row: object) -> bool:
        if row not in self.rows:
            return False
        at = int(np.searchsorted(self.barred, int(row)))  # type: ignore[call-overload]
        return at == len(self.barred) or int(self.barred[at]) != row


def omit(
    backend: Backend, scores: Array, start: int, candidates: Candidates, omitted: Omitted
) -> None:
    """Set scores (Q, B) of rows from `start` on to -inf where they are no answer."""
    stop = start + scores.shape[1]
    first, last = np.searchsorted(candidates.barred, (start, stop))
    if last > first:
        scores[:, backend.asarray(candidates.barred[first:last] - start)] = -np.inf
    queries, rows = omitted
    here = (rows >= start) & (rows < stop)
    if here.any():
        scores[backend.asarray(queries[here]), backend.asarray(rows[here] - start)] = -np.inf


def of_queries(omitted: Omitted, start: int, stop: int) -> Omitted:
    """Those of the queries from `start` up to `stop`, which are counted from 0."""
    chosen = (omitted[0] >= start) & (omitted[0] < stop)
    return omitted[0][chosen] - start, omitted[1][chosen]
