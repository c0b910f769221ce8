"""Tables in memory that processes have in common, and that belongs to one of them in the end."""

from __future__ import annotations

import contextlib
import mmap
import sys

import numpy as np
from numpy.typing import NDArray

_PIECE = 1 << 20  # floats, of whole pages


class SharedTable:
    """float32 zeros (rows, dim), the same memory in every process that is forked later.

    Raises
    ------
    OSError
        The system has not so much memory.
    """

    def __init__(self, rows: int, dim: int) -> None:
        self._memory = mmap.mmap(-1, max(1, 4 * rows * dim))
        self.table: NDArray[np.float32]
        self.table = np.frombuffer(self._memory, np.float32, rows * dim).reshape(rows, dim)

    def own(self) -> NDArray[np.float32]:
        """A copy that no process shares; the table is zero afterwards.

        It is taken piece by piece, and what was copied is given back, so that memory holds the
        numbers once.
        """
        own = np.empty(self.table.shape, np.float32)
        flat, shared = own.reshape(-1), self.table.reshape(-1)
        for first in range(0, flat.size, _PIECE):
            piece = slice(first, min(first + _PIECE, flat.size))
            flat[piece] = shared[piece]
            if sys.platform == "linux":
                size = 4 * (piece.stop - piece.start)
                with contextlib.suppress(OSError):  # which only takes more memory
                    self._memory.madvise(mmap.MADV_REMOVE, 4 * first, size)
        return own
