"""What training has changed in a table: the rows that moved, and by how much."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array
from w2v.training.tables import Copiers


class Changes(NamedTuple):
    """Of one table."""

    rows: NDArray[np.int32]
    """(N,), ascending."""
    values: NDArray[Any]
    """float16 or float32 (N, D): how much was added to each."""

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.values.nbytes

    def add_to(self, table: Array, copiers: Copiers) -> None:
        """Add it to a table (V, D or more) of the backend that the copiers are of."""
        dim, asarray = self.values.shape[1], copiers.backend.asarray

        def add(some: slice) -> None:
            table[asarray(self.rows[some]), :dim] += asarray(self.values[some], np.float32)

        copiers.work(self.values.shape, add)


def changed(before: Array, table: Array, dim: int, dtype: str, copiers: Copiers) -> Changes:
    """What has changed in a table (V, D or more) since it was copied; and change it back."""
    backend = copiers.backend
    parts: dict[int, tuple[NDArray[np.int32], NDArray[Any]]] = {}

    def find(some: slice) -> None:
        rows = backend.xp.flatnonzero((table[some] != before[some]).any(axis=1)) + some.start
        was = before[rows]
        values = (table[rows, :dim] - was[:, :dim]).astype(dtype)
        table[rows] = was
        parts[some.start] = backend.to_numpy(rows).astype(np.int32), backend.to_numpy(values)

    copiers.work(before.shape, find)
    ordered = [parts[first] for first in sorted(parts)]
    return Changes(*(np.concatenate(each) for each in zip(*ordered, strict=True)))
