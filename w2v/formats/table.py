"""What a vector file holds, and how messages show it."""

from __future__ import annotations

import mmap
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError, counted, quoted
from w2v.files import PathLike

Matrix = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Progress = Callable[[int, int | None], None]

BATCH_BYTES = 1 << 22  # of the matrix, written at a time
_POPULATE_WRITE = 23  # of madvise, from Linux 5.14 on
_UNWRITABLE = re.compile(r"[ \t\r\n\0\ud800-\udfff]|\A\Z")  # lone surrogates have no UTF-8
_UNWRITABLE_LINES = re.compile(r"[\t\r\n\0\ud800-\udfff]|\A\Z")  # where a space separates nothing


class Table(NamedTuple):
    """Words and their vectors, as a file holds them.

    Attributes
    ----------
    words : list of str (V,)
    matrix : float32 (V, D)           Read-only where it is mapped from the file.
    counts : int64 (V,) or None       None where the format keeps none.
    format : str                      What was read, as people call it: "word2vec binary".
    compression : str                 "gzip", say; empty for none.
    """

    words: Sequence[str]
    matrix: Matrix
    counts: Counts | None = None
    format: str = ""
    compression: str = ""

    def batches(self) -> list[slice]:
        """Rows in order, some MiB of the matrix at a time."""
        rows, dim = self.matrix.shape
        step = max(1, BATCH_BYTES // (4 * dim or 1))
        return [slice(at, min(at + step, rows)) for at in range(0, rows, step)]


class UniqueWords(list[str]):
    """Words known to be unique: of millions, to look again costs a third of a second."""


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


def refuse_words(path: PathLike, words: Sequence[str], *, spaces: bool) -> None:
    """Raise `VectorFileError` if a word cannot stand in a file, where `spaces` may or may not."""
    pattern = _UNWRITABLE_LINES if spaces else _UNWRITABLE
    bad = [word for word in words if pattern.search(word)]
    if bad:
        some = ", ".join(map(quoted, bad[:5])) + (", ..." if len(bad) > 5 else "")
        raise VectorFileError(
            f"Cannot write {os.fspath(path)}: {len(bad)} of {counted(len(words), 'word')} cannot "
            f"stand in a vector file, being empty or with a {'' if spaces else 'space, '}tab, line "
            f"break, NUL or lone surrogate in them: {some}. Replace these characters, for instance "
            "by '_'."
        )


def replace_unwritable(word: str, replacement: str) -> str:
    """A word that every format can hold."""
    return _UNWRITABLE.sub(replacement, word) or replacement
