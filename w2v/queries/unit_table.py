"""Vectors of length 1, and the backend on which they are searched."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.backends import Array, Backend, get_backend
from w2v.errors import BackendError

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]

_ROWS = 1 << 11  # scaled at a time


class UnitTable(NamedTuple):
    """Rows to be searched."""

    backend: Backend
    unit: Array
    """float32 (V, D) of the backend: rows of length 1 or 0."""


def search_backend(wanted: Backend | str = "auto") -> Backend:
    """Where products are computed: "auto" is CuPy where it can be used, and else NumPy.

    Compiled steps are for training only, so that Numba is no candidate.

    Raises
    ------
    BackendError
    """
    if isinstance(wanted, Backend):
        return wanted
    if wanted != "auto":
        return get_backend(wanted)
    try:
        return get_backend("cupy")
    except BackendError:
        return get_backend("numpy")


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
