"""Keys compared with each other, by gensim's names."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from w2v.errors import few
from w2v.gensim.keyed_lengths import REAL, Array, cosine, lengths
from w2v.gensim.keyed_names import Key
from w2v.gensim.keyed_search import KeyedSearch
from w2v.gensim.keyed_transport import word_movers_distance

_logger = logging.getLogger(__name__)


class KeyedQueries(KeyedSearch):
    """What is asked of two keys, or of a few; see `KeyedSearch` for what is asked of all."""

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Any]) -> Any:
        """The key of a list that is most like `key1`, the first of equal ones."""
        return keys_list[int(np.argmax([self.similarity(key1, key) for key in keys_list]))]

    def words_closer_than(self, word1: Key, word2: Key) -> list[Any]:
        """`closer_than`, by its name of gensim 3."""
        outdated("words_closer_than", "closer_than")
        return self.closer_than(word1, word2)

    def word_vec(self, key: Key, norm: bool = False) -> Array:
        """`get_vector`, by its name of gensim 3."""
        outdated("word_vec", "get_vector")
        return self.get_vector(key, norm)

    def init_sims(self, replace: bool = False) -> None:
        """`fill_norms`, or with `replace` `unit_normalize_all`, by its name of gensim 3."""
        outdated("init_sims", "fill_norms")
        self.fill_norms()
        if replace:
            self.unit_normalize_all()

    def rank_by_centrality(
        self, words: Iterable[Any], use_norm: bool = True
    ) -> list[tuple[Any, Any]]:
        """Cosine of each key with the mean of all, and the key, largest first.

        Unknown keys are passed over; `use_norm` says whether all count alike, by their direction.

        Raises
        ------
        ValueError
            No key is known.
        """
        asked = list(words)
        keys = [word for word in asked if word in self]
        if unknown := [word for word in asked if word not in self]:
            _logger.warning("No vector for %s; left out.", few(unknown, repr))
        if not keys:
            raise ValueError("None of the words has a vector; expected some that have.")
        rows = np.stack([self.get_vector(key, norm=use_norm) for key in keys]).astype(REAL)
        found = rows @ self.get_mean_vector(rows, post_normalize=True).astype(REAL)
        return sorted(zip(found, keys, strict=True), reverse=True)

    def doesnt_match(self, words: Iterable[Any]) -> Any:
        """The key whose cosine with the mean of all is the smallest."""
        return self.rank_by_centrality(words)[-1][1]

    @staticmethod
    def cosine_similarities(vector_1: Array, vectors_all: Array) -> Array:
        """Cosine of a vector (D,) with each row of (N, D), (N,); 0 where one is all zeros."""
        sizes = np.linalg.norm(vector_1) * lengths(vectors_all)
        found: Array = (vectors_all @ vector_1) / np.where(sizes > 0, sizes, 1)
        return found

    def distances(self, word_or_vector: Any, other_words: Sequence[Any] = ()) -> Array:
        """1 minus the cosine of a key or vector with each of some keys, or with all rows, (N,)."""
        given = isinstance(word_or_vector, np.ndarray | list)
        vector = np.asarray(word_or_vector) if given else self.get_vector(word_or_vector)
        if len(other_words) == 0:
            return 1 - self._cosines(vector, range(len(self._vectors)))
        rows = self._vectors[[self.get_index(word) for word in other_words]]
        found: Array = 1 - self.cosine_similarities(vector, rows)
        return found

    def similarity(self, w1: Key, w2: Key) -> Any:
        """Cosine of two keys, of the type of the vectors."""
        return cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Key, w2: Key) -> Any:
        """1 minus the cosine of two keys."""
        return 1 - self.similarity(w1, w2)

    def n_similarity(self, ws1: Any, ws2: Any) -> Any:
        """Cosine of the means of two lists of keys, of which unknown ones are passed over.

        Raises
        ------
        ZeroDivisionError
            A list is empty.
        """
        if not (len(ws1) and len(ws2)):
            raise ZeroDivisionError("A list of keys is empty; expected some in both.")
        return cosine(*(self.get_mean_vector(keys, pre_normalize=False) for keys in (ws1, ws2)))

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Cosine of two keys over the sum of those of the `topn` keys nearest to the first.

        Raises
        ------
        ValueError
            No key is near to the first.
        """
        near = self.similar_by_word(wa, topn)
        if not len(near):
            raise ValueError(f"`topn` must be at least 1, and other keys there; got {topn}.")
        return float(self.similarity(wa, wb)) / sum(float(score) for _, score in near)

    def wmdistance(
        self, document1: Iterable[Any], document2: Iterable[Any], norm: bool = True
    ) -> float:
        """Word mover's distance of two lists of keys; infinite where one has no known key.

        Kusner et al. 2015, "From word embeddings to document distances". With `norm` distances are
        of vectors of length 1.

        Raises
        ------
        ImportError
            POT is not installed, which finds the cheapest transport.
        """
        left, right = ([key for key in doc if key in self] for doc in (document1, document2))
        return word_movers_distance(left, right, lambda key: self.get_vector(key, norm=norm))

    def similarity_unseen_docs(self, *args: Any, **kwargs: Any) -> None:
        """Not here, as it is not in gensim 4: it is of Doc2Vec models."""
        raise NotImplementedError("`similarity_unseen_docs` is of Doc2Vec models, and not here.")


def outdated(name: str, today: str) -> None:
    """Warn of a name of gensim 3 that gensim 4 still has."""
    warnings.warn(f"`{name}` is called `{today}` since gensim 4.", DeprecationWarning, stacklevel=3)
