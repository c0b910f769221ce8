"""Memory for the rows of a file: pages that the system gives when they are first touched."""

from __future__ import annotations

import mmap
import sys

import numpy as np

from w2v.formats.table import Matrix

_POPULATE_WRITE = 23  # of madvise, from Linux 5.14 on


class Rows:
    """A float32 matrix that grows as rows come.

    Parameters
    ----------
    dim : int
    likely : int
        Rows there will probably be.
    """

    def __init__(self, dim: int, likely: int) -> None:
        self._matrix = _reserved(likely, dim)
        self._used = 0

    def take(self, count: int) -> Matrix:
        """The next `count` rows, to be filled at once: a later call may move them."""
        end = self._used + count
        if end > len(self._matrix):
            grown = _reserved(max(end, 2 * len(self._matrix)), self._matrix.shape[1])
            grown[: self._used] = self._matrix[: self._used]
            self._matrix = grown
        rows = self._matrix[self._used : end]
        self._used = end
        return rows

    def finish(self) -> Matrix:
        """All rows taken; memory that was never touched is none."""
        return self._matrix[: self._used]


def _reserved(rows: int, dim: int) -> Matrix:
    """An array in pages that the system gives when they are first touched.

    On Linux NumPy asks for huge pages, and virtual machines that hand free memory back to their
    host then spent three times as long in the system.
    """
    if not rows or sys.platform != "linux":
        return np.empty((rows, dim), dtype=np.float32)
    pages = mmap.mmap(-1, 4 * rows * dim, access=mmap.ACCESS_COPY)  # nobody else's
    return np.frombuffer(pages, dtype=np.float32).reshape(rows, dim)


def touch(rows: Matrix) -> None:
    """Ask for the pages of some rows at once, where the system can: one by one takes twice as long.

    Runs without Python's lock. What it cannot do, the first write to a page does.
    """
    if sys.platform != "linux":
        return
    import ctypes

    begin = -(-rows.ctypes.data // mmap.PAGESIZE) * mmap.PAGESIZE
    end = rows.ctypes.data + rows.nbytes
    if end > begin:
        advise = ctypes.CDLL(None).madvise
        advise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _POPULATE_WRITE)
