"""What training has changed in a table: the rows that moved, and by how much.

Changes are sent as bfloat16, the upper half of a float32, unless they are to be exact. What is
rounded is the change and not the number that changes, by at most 1/256 of it, whichever way, so
there is nothing to carry over to the next round. NumPy's float16 takes three times as long.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array
from w2v.training.tables import Copiers

_ROWS = 1 << 11  # at a time: they stay in a cache


class Changes(NamedTuple):
    """Of one table."""

    rows: NDArray[np.int32]
    """(N,), ascending."""
    values: NDArray[Any]
    """uint16 (bfloat16) or float32 (N, D): how much was added to each."""

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.values.nbytes

    def add_to(self, table: Array, copiers: Copiers, copy: Array | None = None) -> None:
        """Add it to a table (V, D or more) of the backend that the copiers are of.

        And to a copy of that, if there is one, which is equal to the table afterwards.
        """
        dim, asarray = self.values.shape[1], copiers.backend.asarray
        everywhere = len(self.rows) == len(table)

        def add(some: slice) -> None:
            rows = some if everywhere else asarray(self.rows[some])
            moved = table[rows]
            moved[:, :dim] += unpacked(asarray(self.values[some]))
            if not everywhere:
                table[rows] = moved
            if copy is not None:
                copy[rows] = moved

        copiers.work(self.values.shape, add, rows=_ROWS)


def packed(values: Array, dtype: str) -> Array:
    """Numbers as they are sent, float32 or rounded to bfloat16; they are changed by that."""
    if dtype == "float32":
        return values
    bits = values.view(np.uint32)
    bits += np.uint32(1 << 15)
    bits >>= np.uint32(16)
    return bits.astype(np.uint16)


def unpacked(values: Array) -> Array:
    """float32 numbers of those that were sent."""
    if values.dtype == np.float32:
        return values
    bits = values.astype(np.uint32)
    bits <<= np.uint32(16)
    return bits.view(np.float32)


def changed(before: Array, table: Array, dim: int, dtype: str, copiers: Copiers) -> Changes:
    """What has changed in a table (V, D or more) since it was copied; and change it back."""
    backend = copiers.backend
    found = np.empty((len(before), dim), np.float32 if dtype == "float32" else np.uint16)
    moved: dict[int, NDArray[np.int32]] = {}

    def find(some: slice) -> None:
        was, now = before[some], table[some]
        values = packed(now[:, :dim] - was[:, :dim], dtype)
        rows = backend.xp.flatnonzero(values.any(axis=1))
        now[:] = was
        if len(rows) < len(values):
            values = values[rows]
        found[some.start : some.start + len(rows)] = backend.to_numpy(values)
        moved[some.start] = backend.to_numpy(rows).astype(np.int32) + np.int32(some.start)

    copiers.work(before.shape, find, rows=_ROWS)
    end = 0
    for first in sorted(moved):
        size = len(moved[first])
        if end < first:
            found[end : end + size] = found[first : first + size]
        end += size
    return Changes(np.concatenate([moved[first] for first in sorted(moved)]), found[:end])
