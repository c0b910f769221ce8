"""A gradient step on a few rows of a table, with a bound on what one step may do to a row."""

from __future__ import annotations

from w2v.backends import Array, Backend


class RowUpdater:
    """``table[ids] -= alpha * rows``, each row's step scaled by min(1, cap / (alpha n)).

    n is the number of terms (sum of weights) a step adds to the row. All terms of a step are
    computed from the same tables; where many fall on one row their sum overshoots and the training
    diverges. Rows with few terms are untouched, the hot rows take one bounded step; that is what
    lets a step be large. Dividing by the batch size instead would starve rare words.

    Parameters
    ----------
    table : float (V, D)    Changed in place.
    cap : float             Largest alpha * n that passes unscaled.
    beside : float (V,), optional   Terms that others are expected to add to each row meanwhile,
                                    endless for rows that stay as they are.
    """

    def __init__(
        self, backend: Backend, table: Array, cap: float, beside: Array | None = None
    ) -> None:
        self.backend = backend
        self.table = table
        self.cap = cap
        self.beside = beside
        self._terms = backend.xp.zeros(table.shape[0], table.dtype)

    def apply(self, ids: Array, rows: Array, terms: Array, alpha: float) -> None:
        """One step.

        Parameters
        ----------
        ids : int (...)             Repetitions add up.
        rows : float (..., D)       Gradients; scaled in place.
        terms : float (...)         Terms behind each of them.
        alpha : float               Learning rate.
        """
        xp = self.backend.xp
        self._terms[ids] = 0
        self.backend.scatter_add(self._terms, ids, xp.ascontiguousarray(terms))
        all_terms = self._terms[ids]
        if self.beside is not None:
            all_terms += self.beside[ids]
        step = xp.maximum(all_terms * (alpha / self.cap), 1)
        rows *= (-alpha / step)[..., None]
        self.backend.scatter_add(self.table, ids, rows)
