"""Questions to be asked of word vectors, by word or by vector, one or thousands at a time.

It is long because each question says here what it takes, gives and raises; the code is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import QueryError, quoted
from w2v.queries.best_rows import largest, named
from w2v.queries.candidates import Omitted
from w2v.queries.cosines import METHODS
from w2v.queries.exact import Exact, dots
from w2v.queries.items import Items, Limit, Lists, Query, as_list, as_query, integer, shown
from w2v.queries.neighbours import Neighbours, blocks, exhaustive
from w2v.queries.ranking import ranks
from w2v.queries.unit_table import Floats
from w2v.renamed import names_checked


class Queries(Items):
    """What can be asked of words that have vectors; `Vectors` gives the words and the vectors.

    All cosines are of vectors scaled to length 1. A word whose vector has no direction (all zero,
    or with NaN or infinity) has cosine 0 with everything; to ask what is near to it is refused.

    `restrict_vocab` is one thing everywhere: only words among the first so many, or in rows
    [start, stop), are searched, counted and compared. A word beyond can still be asked about.
    `min_count`, of what searches all words, leaves out as answers those that stood fewer times in
    the corpus; it needs `counts`.

    Raises
    ------
    UnknownWordError
        A word has no vector; the message names close spellings.
    QueryError
        The question has no answer: it has no direction, names a word beyond `restrict_vocab`, or
        has a `min_count` where there are no counts.
    """

    @names_checked()
    def most_similar(
        self,
        positive: Query | Sequence[Query] = (),
        negative: Query | Sequence[Query] = (),
        n: int | None = 10,
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
    ) -> list[tuple[str, float]]:
        """Words whose vectors have the largest cosine with the query.

        The query is the mean of the unit vectors of `positive` and of the
        reversed unit vectors of `negative`: ``most_similar(["king", "woman"],
        "man")`` asks what is to woman as king is to man.

        Parameters
        ----------
        positive, negative : word, vector (D,), or list of them
        n : int or None
            How many, None for all, 0 for none; fewer come back when there are fewer words.
        restrict_vocab : int or (start, stop), optional
        min_count : int, optional
            Only words that stood so often in the corpus are answers.

        Returns
        -------
        list of (word, cosine)
            Best first, ties (to 12 decimals) in row order; words of the query are left out.
        """
        return self.most_similar_batch(
            [positive], [negative], n, restrict_vocab, min_count=min_count
        )[0]

    @names_checked()
    def most_similar_cosmul(
        self,
        positive: Query | Sequence[Query] = (),
        negative: Query | Sequence[Query] = (),
        n: int | None = 10,
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
    ) -> list[tuple[str, float]]:
        """As `most_similar`, by the product of cosines instead of their sum (3CosMul).

        No single large cosine can decide alone; see `w2v.queries.largest` for the equation. The
        scores are no cosines: with one negative word they are mostly a little below or above 1.
        """
        return self.most_similar_batch(
            [positive], [negative], n, restrict_vocab, "3cosmul", min_count=min_count
        )[0]

    @names_checked()
    def most_similar_batch(
        self,
        positives: Sequence[Query | Sequence[Query]] | npt.NDArray[np.floating[Any]],
        negatives: Sequence[Query | Sequence[Query]] | None = None,
        n: int | None = 10,
        restrict_vocab: Limit = None,
        method: str = "3cosadd",
        *,
        min_count: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        """Answers to many queries, many times as fast as one by one, in blocks that bound memory.

        Parameters
        ----------
        positives : sequence (Q,)
            Of each query what `most_similar` takes; a matrix (Q, D) is Q vectors.
        negatives : sequence (Q,), optional
        n, restrict_vocab, min_count
            As in `most_similar`.
        method : {"3cosadd", "3cosmul"}

        Returns
        -------
        list of lists of (word, score)
            What the queries give one by one.
        """
        if method not in METHODS:
            raise ValueError(f"`method` must be one of {METHODS}, got {method!r}.")
        candidates = self.candidates(restrict_vocab, min_count)
        n = len(candidates) if n is None else integer("n", n, 0)
        lists = _lists(positives, negatives)
        items, terms = self._terms(lists)
        omitted = _pairs(self._own(lists))
        if method == "3cosadd":
            asked = self._asked(lists, items, terms)
            found = largest(self.table, asked, omitted, n, candidates)
            return named(self.words, [(rows, np.clip(scores, -1, 1)) for rows, scores in found])
        for (plus, minus), (p, m) in zip(lists, terms, strict=True):
            self._check_direction([*plus, *minus], items[[*p, *m]])
        return named(self.words, largest(self.table, items, omitted, n, candidates, terms))

    def asked(
        self,
        positives: Sequence[Query | Sequence[Query]] | npt.NDArray[np.floating[Any]],
        negatives: Sequence[Query | Sequence[Query]] | None = None,
    ) -> tuple[Floats, list[set[int]]]:
        """Unit vector (Q, D) of each query of `most_similar_batch`, and the rows of its words."""
        lists = _lists(positives, negatives)
        return self._asked(lists, *self._terms(lists)), self._own(lists)

    def _own(self, lists: Sequence[Lists]) -> list[set[int]]:
        """Rows of the words of each query, which are no answers to it."""
        return [
            {self.index(item) for item in plus + minus if isinstance(item, str)}
            for plus, minus in lists
        ]

    @names_checked()
    def analogy(
        self,
        a: Query,
        b: Query,
        c: Query,
        n: int | None = 10,
        restrict_vocab: Limit = None,
        method: str = "3cosadd",
        *,
        min_count: int | None = None,
    ) -> list[tuple[str, float]]:
        """What is to `c` as `b` is to `a`: ``analogy("man", "king", "woman")``.

        The words near b - a + c, by `method`; a, b and c themselves are left out.
        """
        return self.most_similar_batch(
            [[b, c]], [[a]], n, restrict_vocab, method, min_count=min_count
        )[0]

    def similarity(self, a: Query, b: Query, restrict_vocab: Limit = None) -> float:
        """Cosine of two words or vectors, in [-1, 1]; 0 if one has no direction."""
        a, b = as_query(a), as_query(b)
        self._check_known([a, b])
        self._check_within([a, b], restrict_vocab)
        return float(self._cosines([a], [b])[0])

    def _cosines(self, left: Sequence[Query], right: Sequence[Query]) -> Exact:
        """Of each with its counterpart, float64 (N,)."""
        return np.clip(dots(self._directions(left), self._directions(right)), -1, 1)

    def distance(self, a: Query, b: Query, restrict_vocab: Limit = None) -> float:
        """1 minus the cosine, in [0, 2]."""
        return 1.0 - self.similarity(a, b, restrict_vocab)

    def n_similarity(
        self, a: Sequence[Query], b: Sequence[Query], restrict_vocab: Limit = None
    ) -> float:
        """Cosine of the means of two lists of words or vectors."""
        items = [*as_list(a), *as_list(b)]
        self._check_known(items)
        self._check_within(items, restrict_vocab)
        return self.similarity(
            self.mean_vector(a, normalize=False), self.mean_vector(b, normalize=False)
        )

    def distances(
        self, item: Query, others: Sequence[Query] | None = None, restrict_vocab: Limit = None
    ) -> Floats:
        """1 minus the cosine with each of `others`, or with every word; float32 (len(others),)."""
        item, others = as_query(item), None if others is None else as_list(others)
        self._check_known([item, *(others or ())])
        if others is None:
            rows = self._range(restrict_vocab)
            backend, unit = self.table
            asked = backend.asarray(self._direction(item))
            return _distances(backend.to_numpy(unit[rows.start : rows.stop] @ asked))
        self._check_within(others, restrict_vocab)
        return _distances(self._directions(others) @ self._direction(item))

    def distance_matrix(
        self,
        rows: Sequence[Query],
        columns: Sequence[Query] | None = None,
        restrict_vocab: Limit = None,
    ) -> Floats:
        """1 minus the cosine of each of `rows` (R) with each of `columns` (C), or of `rows`.

        Returns
        -------
        float32 (R, C)
            In [0, 2].
        """
        sides = [as_list(rows), as_list(rows if columns is None else columns)]
        self._check_known(sides[0] + sides[1])
        self._check_within(sides[0] + sides[1], restrict_vocab)
        left, right = map(self._directions, sides)
        return _distances(left @ right.T)

    def doesnt_match(self, words: Sequence[Query], restrict_vocab: Limit = None) -> Query:
        """The odd one out: whose cosine with the mean of all the unit vectors is the smallest.

        Of equal ones the first.
        """
        items = as_list(words)
        if len(items) < 3:
            raise QueryError(
                f"To tell the odd one out takes at least 3 words, got {len(items)}: "
                f"{', '.join(map(shown, items)) or 'none'}."
            )
        self._check_known(items)
        self._check_within(items, restrict_vocab)
        for item in items:
            self._check_direction([item], self._direction(item))
        unit = self._directions(items)
        total = np.broadcast_to(unit.sum(axis=0), unit.shape)
        return items[int(np.argmin(dots(unit, total)))]

    def rank(
        self, a: Query, b: str | int, restrict_vocab: Limit = None, *, min_count: int | None = None
    ) -> int:
        """Place of `b` among the words nearest to `a`, from 1; `a` itself does not count."""
        return self.rank_batch([(a, b)], restrict_vocab, min_count=min_count)[0]

    def rank_batch(
        self,
        pairs: Sequence[tuple[Query, str | int]],
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
    ) -> list[int]:
        """`rank` of many pairs, many times as fast as one by one."""
        candidates = self.candidates(restrict_vocab, min_count)
        pairs = [(as_query(a), as_query(b)) for a, b in pairs]
        self._check_known([item for pair in pairs for item in pair])
        self._check_within([b for _, b in pairs], restrict_vocab, min_count)
        targets = np.array([self.index(b) for _, b in pairs], np.intp)
        lists: list[Lists] = [([a], []) for a, _ in pairs]
        queries = self._asked(lists, *self._terms(lists))
        own = [{self.index(a)} if isinstance(a, str) else set() for a, _ in pairs]
        omitted = _pairs(rows_ | {b} for rows_, b in zip(own, targets.tolist(), strict=True))
        return [int(rank) for rank in ranks(self.table, queries, targets, omitted, candidates)]

    def neighbours(
        self,
        n: int = 10,
        words: Sequence[str] | Sequence[int] | None = None,
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
        workers: int | None = None,
    ) -> Iterator[Neighbours]:
        """The nearest words of all words, or of some, at about the speed of a matrix product.

        Parameters
        ----------
        n : int
            Neighbours of a word.
        words : sequence of str or int, optional
            [those that may be answers]
        restrict_vocab, min_count
            What may be answered, as in `most_similar`.
        workers : int, optional
            Threads; on a GPU there is always one. [usable cores]

        Yields
        ------
        Neighbours
            Of up to 1024 words at a time, in their order, so that memory does not grow. What
            `most_similar` answers, word for word. While it goes on, BLAS has one thread a worker in
            the whole process.
        """
        candidates = self.candidates(restrict_vocab, min_count)
        n = integer("n", n, 1)
        if workers is not None:
            integer("workers", workers, 1)
        if words is None:
            rows = candidates.ids()
        else:
            self._check_known(words)
            rows = np.array([self.index(word) for word in words], np.intp)
        return blocks(self.table, rows, n, exhaustive(self.table, candidates), workers)

    def closer_than(
        self, a: Query, b: str | int, restrict_vocab: Limit = None, *, min_count: int | None = None
    ) -> list[str]:
        """The words that are nearer to `a` than `b` is, nearest first."""
        closer = self.rank(a, b, restrict_vocab, min_count=min_count) - 1
        found = self.most_similar(a, (), closer, restrict_vocab, min_count=min_count)
        return [word for word, _ in found]

    def most_similar_to_given(
        self, a: Query, words: Sequence[str | int], restrict_vocab: Limit = None
    ) -> str | int:
        """Which of `words` is nearest to `a`; of equal ones the first."""
        if not words:
            raise QueryError("`words` is empty; expected the words to choose from.")
        a, some = as_query(a), as_list(words)
        self._check_known([a, *some])
        self._check_within(some, restrict_vocab)
        return words[int(np.argmax(self._cosines([a] * len(some), some)))]

    @names_checked()
    def relative_cosine_similarity(
        self, a: str | int, b: str | int, n: int = 10, restrict_vocab: Limit = None
    ) -> float:
        """Cosine of a and b over the sum of the cosines of the n words nearest to a.

        More than 1/n speaks for a synonym (Leeuwenberg et al. 2016, "A minimally supervised
        approach for synonym extraction with word embeddings").
        """
        cosine = self.similarity(a, b)
        self._check_within([b], restrict_vocab)
        total = sum(near for _, near in self.most_similar(a, (), n, restrict_vocab))
        if not total:
            raise QueryError(
                f"The {n} words nearest to {quoted(str(a))} have cosines that sum to 0."
            )
        return cosine / total


def _lists(
    positives: Sequence[Query | Sequence[Query]] | npt.NDArray[np.floating[Any]],
    negatives: Sequence[Query | Sequence[Query]] | None,
) -> list[Lists]:
    if negatives is None:
        negatives = [()] * len(positives)
    if len(positives) != len(negatives):
        sizes = f"{len(positives)} and {len(negatives)}"
        raise ValueError(f"`positives` and `negatives` must have one length, got {sizes}.")
    return [(as_list(p), as_list(m)) for p, m in zip(positives, negatives, strict=True)]


def _pairs(rows: Iterable[set[int]]) -> Omitted:
    """Rows that are no answer to each query, as pairs of a query and a row."""
    flat = [(query, row) for query, some in enumerate(rows) for row in some]
    pairs = np.array(flat, np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _distances(cosine: Floats) -> Floats:
    distances: Floats = 1 - np.clip(cosine, -1, 1)
    return distances
