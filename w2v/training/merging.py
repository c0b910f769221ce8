"""What several shards have changed in one table, as one change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from w2v.training.changes import Changes

_TINY = 1e-9


class Merge:
    """Adds up the changes of a round, shard by shard, in their order.

    Parameters
    ----------
    rows, dim : int     Of the table.
    dtype : str         Of what comes of it.
    """

    def __init__(self, rows: int, dim: int, dtype: str) -> None:
        self._sum = np.zeros((rows, dim), np.float32)
        self._met = np.zeros(rows, np.int32)
        self._dtype = dtype

    def add(self, changes: Changes) -> None:
        """Those of the next shard."""
        self._sum[changes.rows] += changes.values
        self._met[changes.rows] += 1

    def ended(self, load: NDArray[np.float64]) -> Changes:
        """The changes of the round.

        Parameters
        ----------
        load : float64 (rows,)  Learning rate times the terms that a shard is expected to put on a
                                row, in row caps.
        """
        rows = np.flatnonzero(self._met).astype(np.int32)
        x = np.maximum(load[rows], _TINY)
        share = -np.expm1(-self._met[rows] * x) / (-self._met[rows] * np.expm1(-x))
        values = self._sum[rows] * share.astype(np.float32)[:, None]
        return Changes(rows, values.astype(self._dtype))
