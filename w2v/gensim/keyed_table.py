"""Rows that users edit, kept ready to be searched."""

from __future__ import annotations

import numpy as np

from w2v.formats import UniqueWords
from w2v.gensim.keyed_lengths import Array
from w2v.vectors import Vectors

_GOLDEN = 0.6180339887498949  # whose multiples, less the whole part, never come near each other


class SearchedRows:
    """`Vectors` of rows (V, D), in their memory if they are float32; row 7 is the word "7".

    Attributes
    ----------
    settled : bool    Whether the rows are known to be as they were at the last search.
    """

    def __init__(self) -> None:
        self.settled = False
        self._vectors: Vectors | None = None
        self._marks: Array | None = None

    def of(self, rows: Array) -> Vectors:
        """What searches the rows as they are; made anew if they may have changed, and have."""
        vectors = self._vectors
        if self.settled and vectors is not None:
            return vectors
        found = marks(rows)
        if vectors is None or len(vectors) != len(rows):
            vectors = Vectors(UniqueWords(map(str, range(len(rows)))), rows)
        elif self._marks is None or vectors.dim != rows.shape[1]:
            vectors = vectors.with_vectors(rows)
        elif len(changed := np.flatnonzero(~(found == self._marks))):  # NaN is never equal
            vectors = vectors.with_vectors(rows, changed if 2 * len(changed) < len(rows) else None)
        vectors.unit  # noqa: B018  of the rows as they are now
        self._vectors, self._marks, self.settled = vectors, found, True
        return vectors


def marks(rows: Array) -> Array:
    """A number of each row (V,), another if the direction of the row changes by more than 1e-5.

    A product with weights of which no two are equal, so that numbers which change places show.
    """
    places = np.arange(rows.shape[1])
    weights = (1 + places * _GOLDEN % 1) * (-1) ** places
    with np.errstate(all="ignore"):
        found: Array = rows @ weights.astype(rows.dtype)
    return found
