"""What a question names, words and vectors: found, checked, averaged, and scaled to length 1."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import QueryError, UnknownWordError, counted, few, quoted
from w2v.queries.candidates import Candidates
from w2v.queries.cosines import Terms, sums
from w2v.queries.spelling import unknown_words
from w2v.queries.unit_table import Floats, UnitTable, unit_rows

Query = str | int | npt.NDArray[np.floating[Any]]
"""A word (7 is the word "7"), or a vector (D,) of finite numbers."""
Limit = int | tuple[int, int] | None
"""What may be answered: the first so many words, words from one row up to another, or all."""
NO_COUNTS = (
    "`min_count` asks how often words stood in the corpus, and these vectors keep no counts. "
    "Vectors saved as .npz or .safetensors after training keep them; elsewhere the first words are "
    "mostly the most frequent, and `restrict_vocab` takes so many of them."
)
Lists = tuple[list[Query], list[Query]]
"""What counts for an answer, and what counts against it."""


class Items:
    """Words with vectors, which questions name; `w2v.vectors.Vectors` has them."""

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64] | None

    @property
    def unit(self) -> Floats:
        raise NotImplementedError

    @property
    def table(self) -> UnitTable:
        """`unit` where it is searched."""
        raise NotImplementedError

    def index(self, word: str | int) -> int:
        raise NotImplementedError

    def __contains__(self, word: object) -> bool:
        raise NotImplementedError

    def __getitem__(self, word: str | int) -> Floats:
        raise NotImplementedError

    def mean_vector(
        self,
        items: Query | Sequence[Query],
        weights: Sequence[float] | None = None,
        *,
        normalize: bool = True,
    ) -> Floats:
        """Mean of words and vectors, to be asked about in turn; float32 (D,).

        Parameters
        ----------
        items : word, vector (D,), or list of them
        weights : sequence of float, optional
            One an item, negative ones too; the sum is divided by the sum of their sizes. [all 1]
        normalize : bool
            Whether each is scaled to length 1 first.
        """
        each = as_list(items)
        factors = np.ones(len(each)) if weights is None else np.asarray(weights, np.float64)
        if factors.shape != (len(each),) or not np.isfinite(factors).all() or not factors.any():
            raise ValueError(
                f"`weights` must be {counted(len(each), 'finite number')}, not all zero, and "
                f"`items` not empty; got {weights!r:.60} for {counted(len(each), 'item')}."
            )
        self._check_known(each)
        rows = [
            self._direction(i) if normalize else self[i] if isinstance(i, str) else self._vector(i)
            for i in each
        ]
        total = np.einsum("i,id->d", factors, np.stack(rows), dtype=np.float64)
        mean: Floats = (total / np.abs(factors).sum()).astype(np.float32)
        return mean

    def candidates(self, restrict_vocab: Limit, min_count: int | None = None) -> Candidates:
        """The rows that may be answers under `restrict_vocab` and `min_count`."""
        rows = self._range(restrict_vocab)
        if min_count is None:
            return Candidates(rows)
        least = integer("min_count", min_count, 0)
        if self.counts is None:
            raise QueryError(NO_COUNTS)
        common = np.flatnonzero(self.counts[rows.start : rows.stop] >= least) + rows.start
        if not len(common):
            most = self.counts[rows.start : rows.stop].max(initial=0)
            raise QueryError(
                f"No word was counted {least:,} times; the most frequent of those that are "
                f"searched, {int(most):,} times. Give `min_count` less."
            )
        rows = range(int(common[0]), int(common[-1]) + 1)
        inside = np.ones(len(rows), np.bool_)
        inside[common - rows.start] = False
        return Candidates(rows, np.flatnonzero(inside) + rows.start)

    def _range(self, restrict_vocab: Limit) -> range:
        size = len(self.words)
        if restrict_vocab is None:
            return range(size)
        if not isinstance(restrict_vocab, tuple):
            return range(min(integer("restrict_vocab", restrict_vocab, 1), size))
        if len(restrict_vocab) != 2:
            raise ValueError(f"`restrict_vocab` must be (start, stop), got {restrict_vocab!r}.")
        start = integer("restrict_vocab", restrict_vocab[0], 0)
        stop = integer("restrict_vocab", restrict_vocab[1], start + 1)
        if start >= size:
            raise QueryError(
                f"`restrict_vocab` begins at row {start:,}, counted from 0, and there are "
                f"{counted(size, 'word')}."
            )
        return range(start, min(stop, size))

    def _check_known(self, items: Sequence[Query]) -> None:
        words = dict.fromkeys(item for item in items if isinstance(item, str))
        unknown = [word for word in words if word not in self]
        if unknown:
            raise UnknownWordError(unknown_words(unknown, self.words))

    def _check_within(
        self, items: Sequence[Query], restrict_vocab: Limit, min_count: int | None = None
    ) -> None:
        candidates = self.candidates(restrict_vocab, min_count)
        rows = self._range(restrict_vocab)
        for item in items:
            if not isinstance(item, str) or (row := self.index(item)) in candidates:
                continue
            if row in rows and self.counts is not None:
                raise QueryError(
                    f"{quoted(item)} was counted {counted(int(self.counts[row]), 'time')}, fewer "
                    f"than the {min_count:,} of `min_count`."
                )
            raise QueryError(
                f"{quoted(item)} is word {row + 1:,} of the vocabulary, beyond the words "
                f"{rows.start + 1:,} to {rows.stop:,} that the query is restricted to."
            )

    def _terms(self, lists: Sequence[Lists]) -> tuple[Floats, list[Terms]]:
        """Unit vectors (I, D) of all that is named, words once, and their places in each query."""
        self._check_known([item for lists_ in lists for half in lists_ for item in half])
        vectors: list[Floats] = []
        known: dict[str, int] = {}

        def place(item: Query) -> int:
            if isinstance(item, str):
                if item in known:
                    return known[item]
                known[item] = len(vectors)
            vectors.append(self._direction(item))
            return len(vectors) - 1

        terms: list[Terms] = []
        for plus, minus in lists:
            if not plus and not minus:
                raise ValueError(
                    "`positive` and `negative` are both empty; expected a word or vector."
                )
            terms.append(([place(item) for item in plus], [place(item) for item in minus]))
        none = np.empty((0, self.unit.shape[1]), np.float32)
        return np.stack(vectors) if vectors else none, terms

    def _asked(self, lists: Sequence[Lists], items: Floats, terms: Sequence[Terms]) -> Floats:
        """Unit vector (Q, D) of each query by 3CosAdd."""
        found = sums(items, terms)
        for (plus, minus), vector in zip(lists, found, strict=True):
            self._check_direction([*plus, *minus], vector)
        unit = unit_rows(found)
        for query, (plus_at, minus_at) in enumerate(terms):
            if len(plus_at) == 1 and not minus_at:
                unit[query] = items[plus_at[0]]  # scaled once, not twice: the row itself
        return unit

    def _check_direction(self, items: Sequence[Query], vector: Floats) -> None:
        if np.abs(vector).max() < 1e-6:  # what rounding leaves where unit vectors cancel
            some = few(items, shown)
            raise QueryError(
                f"{some} {'has' if len(items) == 1 else 'have together'} no direction (all zero or "
                "not finite), so that nothing is near to it. Ask for another word."
            )

    def _direction(self, item: Query) -> Floats:
        """Unit vector (D,) of a word or vector."""
        if isinstance(item, str):
            unit: Floats = self.unit[self.index(item)]
        else:
            unit = unit_rows(self._vector(item)[np.newaxis])[0]
        return unit

    def _directions(self, items: Sequence[Query]) -> Floats:
        """Unit vectors (I, D)."""
        unit = np.empty((len(items), self.unit.shape[1]), np.float32)
        for place, item in enumerate(items):
            unit[place] = self._direction(item)
        return unit

    def _vector(self, item: Query) -> Floats:
        """A vector (D,) of a caller, checked."""
        vector = np.asarray(item)
        if vector.dtype.kind not in "fiu" or not vector.ndim:
            raise TypeError(_not_a_query(item))
        vector = vector.astype(np.float32)
        width = self.unit.shape[1]
        if vector.shape != (width,):
            raise ValueError(
                f"A vector must have shape ({width},), got {vector.shape}. "
                "Pass several vectors as a list of arrays."
            )
        if not np.isfinite(vector).all():
            raise ValueError("A query vector must be finite, got NaN or infinity in it.")
        return vector


def as_query(item: Any) -> Any:
    """A whole number as the word that it is, all else as it is."""
    if isinstance(item, Integral) and not isinstance(item, bool):
        return str(int(item))
    return item


def as_list(items: Query | Sequence[Query]) -> list[Query]:
    items = as_query(items)
    if isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim == 1):
        return [items]
    try:
        return list(map(as_query, items))  # type: ignore[arg-type]
    except TypeError as error:
        raise TypeError(_not_a_query(items)) from error


def _not_a_query(item: object) -> str:
    return f"A query must be a word, a vector (D,), or a list of them, got {item!r:.60}."


def shown(item: Query) -> str:
    return quoted(item) if isinstance(item, str) else "the vector"


def integer(name: str, number: int, least: int) -> int:
    try:
        number = operator.index(number)
    except TypeError as error:
        raise TypeError(f"`{name}` must be an integer, got {number!r}.") from error
    if number < least:
        raise ValueError(f"`{name}` must be at least {least}, got {number}.")
    return number
