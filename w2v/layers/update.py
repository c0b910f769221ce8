"""A gradient step on a few rows of a table, with a bound on what one step may do to a row."""

from __future__ import annotations

from typing import Any

from w2v.backends import Array, Backend

_LEAST = 1e-30  # instead of no terms, and of no errors, as in a step of nothing


class RowUpdater:
    """``table[ids] -= alpha * rows``, each row's step scaled by min(1, cap / (alpha n)).

    n is what a step adds to the row, summed over the places where it stands: the terms there (sum
    of weights), or their load (sum of weights * ``2 |error| |other vector|^2``) if that is more.
    All terms of a step are computed from the same tables; where many fall on one row, or on one
    that meets long vectors, their sum overshoots and the training diverges. Rows with few terms
    are untouched, the hot rows take one bounded step; that is what lets a step be large. Dividing
    by the batch size instead would starve rare words.

    Parameters
    ----------
    table : float (V, D)    Changed in place.
    cap : float             Largest alpha * n that passes unscaled.
    beside : float (V,), optional   Terms that others are expected to add to each row meanwhile,
                                    endless for rows that stay as they are. They count as heavy as
                                    the step's own are: twice its mean error, and what its load is
                                    more than its terms.
    """

    def __init__(
        self, backend: Backend, table: Array, cap: float, beside: Array | None = None
    ) -> None:
        self.backend = backend
        self.table = table
        self.cap = cap
        self.beside = beside
        self._terms = backend.xp.zeros(table.shape[0], table.dtype)

    def apply(
        self, ids: Array, rows: Array, terms: Array, load: Array, alpha: float, error: Any = 0.5
    ) -> None:
        """One step.

        Parameters
        ----------
        ids : int (...)             Repetitions add up.
        rows : float (..., D)       Gradients; scaled in place.
        terms : float (...)         Terms behind each of them.
        load : float (...)          Their load.
        alpha : float               Learning rate.
        error : float scalar        Mean size of the errors of all terms, by their weights; 1/2, as
                                    of vectors near zero, if left out.
        """
        xp = self.backend.xp
        self._terms[ids] = 0
        most = xp.maximum(terms, load)
        self.backend.scatter_add(self._terms, ids, most)
        all_terms = self._terms[ids]
        if self.beside is not None:
            heavier = (most - terms).sum() / xp.maximum(terms.sum(), _LEAST)
            all_terms += self.beside[ids] * xp.maximum(2 * error + heavier, _LEAST)
        step = xp.maximum(all_terms * (alpha / self.cap), 1)
        rows *= (-alpha / step)[..., None]
        self.backend.scatter_add(self.table, ids, rows)
