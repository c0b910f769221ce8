"""How the kernels and their pieces compile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from w2v.backends.numba_cache import kept_on_disk
from w2v.backends.numba_llvm import HALF_LANES, LANES

BYTES, POINTER = 4, 8  # of a float, of an address
ZERO, ONE = np.float32(0), np.float32(1)
_SOURCES = [str(path) for path in sorted(Path(__file__).parent.glob("numba_*.py"))]
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # no branch for every division
    "fastmath": {"contract", "nsz"},  # no reordering: one worker has the same bytes every time
}


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled at the first call and kept on disk, where there is a place to keep it."""
    return kept_on_disk(njit(**_OPTIONS)(function), *_SOURCES)


helper = njit(**_OPTIONS)
"""A piece of kernels; LLVM decides where it is a call."""
inlined = njit(**_OPTIONS, forceinline=True)
"""A piece that never is a call: of what it is handed, much is known where it stands."""


def whole(floats: int) -> int:
    """Rounded up to whole vectors."""
    return -(-floats // LANES) * LANES


def used(floats: int) -> int:
    """Rounded up to whole vectors, or to halves where there are halves."""
    lanes = HALF_LANES or LANES
    return -(-floats // lanes) * lanes


whole_lanes = helper(whole)


@helper
def address(array: Any) -> Any:
    return np.int64(array.ctypes.data)
