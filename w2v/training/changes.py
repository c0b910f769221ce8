"""What training has changed in a table: the rows that moved, and by how much."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend
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

    def add_to(self, table: Array, backend: Backend, copiers: Copiers) -> None:
        """Add it to a table (V, D or more)."""
        dim = self.values.shape[1]

        def add(some: slice) -> None:
            rows = backend.asarray(self.rows[some])
            table[rows, :dim] += backend.asarray(self.values[some], np.float32)

        copiers.work(self.values.shape, add)


def changed(
    backend: Backend, before: Array, table: Array, dim: int, dtype: str, copiers: Copiers
) -> Changes:
    """What has changed in a table (V, D or more) since a copy of it was made; and change it back.

    Rows are said to have moved only where a number of them differs once it is rounded.
    """
    parts: dict[int, tuple[NDArray[np.int32], NDArray[Any]]] = {}

    def find(some: slice) -> None:
        moved = table[some, :dim] - before[some, :dim]
        rounded = moved.astype(dtype)
        rows = backend.xp.flatnonzero(rounded.any(axis=1))
        table[some] = before[some]
        values = backend.to_numpy(rounded[rows])
        parts[some.start] = ((backend.to_numpy(rows) + some.start).astype(np.int32), values)

    copiers.work(before.shape, find)
    ordered = [parts[first] for first in sorted(parts)]
    return Changes(*(np.concatenate(each) for each in zip(*ordered, strict=True)))
