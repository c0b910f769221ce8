"""Rows found by word where words that differ only in case may count as the same.

Words are compared in capitals, as word2vec.c and gensim do, so that `straße` is `STRASSE`.
"""

from __future__ import annotations

import numpy as np

from w2v.queries import Ids
from w2v.vectors import Vectors

CASES = ("fallback", "fold", "exact")


class Rows:
    """Finds rows by word among the first `limit` rows.

    groups : int (limit,)     Words that count as the same have the same number.
    """

    def __init__(self, vectors: Vectors, limit: int, case: str) -> None:
        if case not in CASES:
            raise ValueError(f"`case` must be one of {', '.join(CASES)}; got {case!r}.")
        self._vectors, self._limit, self._case = vectors, limit, case
        self._first: dict[str, int] = {}
        self.groups: Ids = np.arange(limit)
        if case != "exact":
            folded = (word.upper() for word in vectors.words[:limit])
            found = (self._first.setdefault(word, row) for row, word in enumerate(folded))
            self.groups = np.fromiter(found, np.intp, limit)

    def find(self, word: str) -> int:
        """Row of a word, or -1."""
        if self._case != "fold" and word in self._vectors:
            row = self._vectors.index(word)
            if row < self._limit:
                return row
        return self._first.get(word.upper(), -1)


class Members:
    """All rows of the groups that some rows belong to."""

    def __init__(self, groups: Ids) -> None:
        self._groups = groups
        self._rows = np.argsort(groups, kind="stable")
        self._sizes = np.bincount(groups, minlength=len(groups))
        self._starts = np.cumsum(self._sizes) - self._sizes

    def of(self, ids: Ids) -> tuple[Ids, Ids]:
        """Pairs of a place in (B, ...) and a row that is in the group of one of that place's."""
        asked = self._groups[ids].reshape(-1)
        sizes = self._sizes[asked]
        places = np.repeat(np.arange(asked.size) // (ids.size // max(1, len(ids))), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, self._rows[np.repeat(self._starts[asked], sizes) + within]
