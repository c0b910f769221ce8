"""What a vector file holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Progress = Callable[[int, int | None], None]

BATCH_BYTES = 1 << 22  # of the matrix, written at a time


class Table(NamedTuple):
    """Words and their vectors, as a file holds them.

    Attributes
    ----------
    words : list of str (V,)
    matrix : float32 (V, D)           Read-only where it is mapped from the file.
    counts : int64 (V,) or None       None where the format keeps none.
    format : str                      What was read, as people call it: "word2vec binary".
    compression : str                 "gzip", say; empty for none.
    dtype : str                       What the file has for a number; "int8" has a scale a row.
    """

    words: Sequence[str]
    matrix: Matrix
    counts: Counts | None = None
    format: str = ""
    compression: str = ""
    dtype: str = "float32"

    def only(self, rows: slice | list[int], words: Sequence[str]) -> Table:
        """Some rows, and the words that they have."""
        counts = None if self.counts is None else self.counts[rows]
        return self._replace(words=words, matrix=self.matrix[rows], counts=counts)

    def batches(self) -> list[slice]:
        """Rows in order, some MiB of the matrix at a time."""
        rows, dim = self.matrix.shape
        step = max(1, BATCH_BYTES // (4 * dim or 1))
        return [slice(at, min(at + step, rows)) for at in range(0, rows, step)]


class UniqueWords(list[str]):
    """Words known to be unique: of millions, to look again costs a third of a second."""
