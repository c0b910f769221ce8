"""Which keys are nearest, by gensim's names, answered by `w2v.Vectors`."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.gensim.keyed_lengths import REAL, Array, unit
from w2v.gensim.keyed_names import Key, UnknownKeyError
from w2v.gensim.keyed_rows import KeyedRows

Found = list[tuple[Any, float]] | Array
"""Keys and scores, best first; or the scores of all, (V,), where `topn` is None."""


class KeyedSearch(KeyedRows):
    """What gensim asks of keys.

    An item is a key, a vector (D,), or where it is said a pair of one and its weight. Rows of
    zeros have cosine 0 with everything, where gensim divides by zero.

    Raises
    ------
    KeyError
        A key has no vector.
    """

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: None = None,
    ) -> Found:
        """Keys whose vectors have the largest cosine with the weighted mean of some items.

        Parameters
        ----------
        positive, negative : item, list of items, or list of (item, weight)
            Keys count by their direction, vectors as they are; with weight 1 and -1.
        topn : int or None
            How many; fewer than 1 is none, and None is the cosines of all rows, in their order.
        clip_start, clip_end : int, optional
            Only rows [clip_start, clip_end) are searched.
        restrict_vocab : int, optional
            Only the first so many rows are, whatever they say.
        indexer : None
            No other is taken: all rows are compared.

        Returns
        -------
        list of (key, float), or float32 (rows searched,)
            Keys of the question are left out of a list.

        Raises
        ------
        ValueError
            Nothing is asked.
        """
        if indexer is not None:
            raise NotImplementedError(
                "`indexer` must be None: all rows are compared here, and `w2v.NeighbourIndex` is "
                "the approximate search."
            )
        if isinstance(topn, Integral) and topn < 1:
            return []
        plus, minus = self._items(positive), self._items(negative)
        keys, weights = [], [1.0] * len(plus) + [-1.0] * len(minus)
        for place, item in enumerate([*plus, *minus]):
            single = isinstance(item, np.ndarray) or self._is_single(item)
            keys.append(item if single else item[0])
            weights[place] = weights[place] if single else item[1]
        mean = self.get_mean_vector(keys, weights, post_normalize=True, ignore_missing=False)
        end = restrict_vocab or clip_end or len(self._vectors)
        rows = range(*slice(0 if restrict_vocab else clip_start, end).indices(len(self._vectors)))
        if topn is None:
            return self._cosines(mean, rows)
        own = {self.get_index(key) for key in keys if not isinstance(key, np.ndarray)}
        return self._best(mean, int(topn), rows, own)

    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Found:
        """`most_similar` of one key."""
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Found:
        """`most_similar` of one key."""
        return self.similar_by_key(word, topn, restrict_vocab)

    def similar_by_vector(
        self, vector: Array, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Found:
        """`most_similar` of one vector."""
        return self.most_similar([vector], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Found:
        """As `most_similar`, by the product of cosines (3CosMul; see `w2v.Vectors`).

        Vectors count by their direction, and `restrict_vocab` is heeded; in gensim 4.4 the length
        of a vector changes the scores, and `restrict_vocab` nothing.
        """
        if isinstance(topn, Integral) and topn < 1:
            return []
        plus, minus = self._items(positive), self._items(negative)
        if not plus:
            raise ValueError("`positive` is empty; expected a key or a vector.")
        if not len(self._vectors):
            return [] if topn else np.zeros(0, REAL)
        up, down = ([self._direction(item) for item in items] for items in (plus, minus))
        keys = [item for item in [*plus, *minus] if not isinstance(item, np.ndarray)]
        own = {self.get_index(key) for key in keys}
        count = None if topn is None else int(topn) + len(own)
        found = self._searched().most_similar_cosmul(up, down, count, restrict_vocab or None)
        if topn is None:
            scores = np.zeros(len(found), REAL)
            scores[[int(row) for row, _ in found]] = [score for _, score in found]
            return scores
        return self._named(found, own)[: int(topn)]

    def _items(self, items: Any) -> list[Any]:
        """A single item, or a list or matrix of them, as a list."""
        if items is None:
            return []
        if self._is_single(items) or (isinstance(items, np.ndarray) and items.ndim == 1):
            return [items]
        return list(items)

    def _direction(self, item: Any) -> Array:
        """The vector of a key, scaled to length 1; a vector as it is."""
        return item if isinstance(item, np.ndarray) else self.get_vector(item, norm=True)

    def _cosines(self, vector: Array, rows: range) -> Array:
        """Cosine of a vector (D,) with each of a range of rows, float32."""
        if not rows or not vector.any():
            return np.zeros(len(rows), REAL)
        found: Array = 1 - self._searched().distances(vector, None, (rows.start, rows.stop))
        return found

    def _best(
        self, vector: Array, count: int, rows: range, own: set[int]
    ) -> list[tuple[Any, float]]:
        """The keys of a range of rows that are nearest to a vector, but for those in `own`."""
        if not rows:
            return []
        if not vector.any():
            found = [(str(row), 0.0) for row in rows[: count + len(own)]]
        else:
            asked = (count + len(own), (rows.start, rows.stop))
            found = self._searched().most_similar([vector], (), *asked)
        return self._named(found, own)[:count]

    def _named(self, found: list[tuple[str, float]], own: set[int]) -> list[tuple[Any, float]]:
        """Keys and scores of rows, but for those in `own`."""
        rows = ((int(row), score) for row, score in found)
        return [(self.index_to_key[row], score) for row, score in rows if row not in own]

    def closer_than(self, key1: Key, key2: Key) -> list[Any]:
        """The keys that are nearer to `key1` than `key2` is, in the order of their rows."""
        a, b = (str(self.get_index(key)) for key in (key1, key2))
        closer = self._searched().closer_than(a, b)
        return [self.index_to_key[row] for row in sorted(map(int, closer))]

    def rank(self, key1: Key, key2: Key) -> int:
        """Place of `key2` among the keys nearest to `key1`, from 1."""
        a, b = (str(self.get_index(key)) for key in (key1, key2))
        return self._searched().rank(a, b)

    def get_mean_vector(
        self,
        keys: Any,
        weights: npt.ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Array:
        """Weighted mean of keys and vectors, (D,), over the sum of the sizes of the weights.

        Parameters
        ----------
        keys : list of items (N,), or float (N, D)
        weights : float (N,), optional    [all 1]
        pre_normalize : bool              Whether keys count by their direction; vectors never do.
        post_normalize : bool             Whether the mean is scaled to length 1.
        ignore_missing : bool             Whether unknown keys are passed over.

        Raises
        ------
        ValueError
            There are no keys, or other than one weight a key.
        """
        items = self._items(keys)
        if not items:
            raise ValueError("There is nothing to take the mean of; expected keys or vectors.")
        factors = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
        if factors.shape != (len(items),):
            raise ValueError(f"`weights` must be ({len(items)},), one a key; got {factors.shape}.")
        total, size = np.zeros(self.vector_size), 0.0
        for item, factor in zip(items, factors.tolist(), strict=True):
            if isinstance(item, np.ndarray):
                total += factor * item
            elif item in self:
                total += factor * self.get_vector(item, norm=pre_normalize)
            elif ignore_missing:
                continue
            else:
                raise UnknownKeyError(item, self.index_to_key)
            size += abs(factor)
        total = total / size if size else total
        return (unit(total) if post_normalize else total).astype(self._vectors.dtype)
