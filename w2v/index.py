"""An approximate index of vectors: the nearest words without a look at all of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from w2v.errors import OutputError, VectorFileError, W2VError, counted
from w2v.files import PathLike, check_name, check_target, replacing
from w2v.queries import (
    Exact,
    Floats,
    Ids,
    Limit,
    Neighbours,
    Query,
    blocks,
    cosines_of,
    integer,
    named,
)
from w2v.vectors import Vectors

_AT_ONCE = 1 << 13  # words added between two reports
_PROBES = 64  # words whose vectors tell whether an index belongs to some vectors
_MORE = 8  # than are asked for: float32 may have the last ones in another order
_INSTALL = "An index needs faiss, which is not installed. Run pip install 'w2v[index]'."


class NeighbourIndex:
    """A graph of near words (HNSW, by faiss) that is walked instead of comparing all words.

    It pays from about a million words, or for many queries: a query costs a fraction of a
    millisecond, and finds most of the nearest words, not always all. Those it finds have the exact
    cosines and the order that `Vectors.most_similar` gives them. To build it takes minutes on
    several threads, which do not make the same graph twice.

    Malkov and Yashunin 2018 (arXiv:1603.09320).

    Parameters
    ----------
    vectors : Vectors (V, D)
    restrict_vocab, min_count
        Which words are in it, and so can be answers; as in `Vectors.most_similar`.
    links : int
        Neighbours of a word in the graph: more find more, and take more memory.
    effort : int
        Words looked at to find the place of a word while building.
    progress : callable(done, total), optional

    Attributes
    ----------
    vectors : Vectors
    search_effort : int           Words looked at for a query, at the least; more find more.

    Raises
    ------
    W2VError
        faiss is not installed, or no word has a direction.
    """

    def __init__(
        self,
        vectors: Vectors,
        restrict_vocab: Limit = None,
        *,
        min_count: int | None = None,
        links: int = 16,
        effort: int = 128,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        faiss = _faiss()
        rows = vectors.candidates(restrict_vocab, min_count).ids()
        rows = rows[vectors.unit[rows].any(axis=1)]
        if not len(rows):
            raise W2VError("No word has a direction; there is nothing to index.")
        # more than there are words say nothing, and faiss takes no number above 2^31
        links = max(2, min(integer("links", links, 2), len(rows)))
        graph = faiss.IndexHNSWFlat(vectors.dim, links, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = min(integer("effort", effort, 1), len(rows))
        index = faiss.IndexIDMap(graph)
        for at in range(0, len(rows), _AT_ONCE):
            some = rows[at : at + _AT_ONCE]
            index.add_with_ids(vectors.unit[some], some.astype(np.int64))
            if progress:
                progress(at + len(some), len(rows))
        self._become(vectors, index)

    def _become(self, vectors: Vectors, index: Any) -> None:
        self.vectors = vectors
        self.search_effort = 64
        self._index = index
        self._graph = _faiss().downcast_index(index.index)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def __repr__(self) -> str:
        words = counted(len(self), "word")
        return f"<NeighbourIndex: {words}, {counted(self.vectors.dim, 'dimension')}>"

    def most_similar(
        self,
        positive: Query | Sequence[Query] = (),
        negative: Query | Sequence[Query] = (),
        n: int = 10,
    ) -> list[tuple[str, float]]:
        """As `Vectors.most_similar`, among the words that are found."""
        return self.most_similar_batch([positive], [negative], n)[0]

    def most_similar_batch(
        self,
        positives: Sequence[Query | Sequence[Query]],
        negatives: Sequence[Query | Sequence[Query]] | None = None,
        n: int = 10,
    ) -> list[list[tuple[str, float]]]:
        """As `Vectors.most_similar_batch`, on all cores."""
        asked, own = self.vectors.asked(positives, negatives)
        return named(self.vectors.words, self._search(asked, own, integer("n", n, 0)))

    def neighbours(self, n: int = 10, words: Sequence[str] | None = None) -> Iterator[Neighbours]:
        """As `Vectors.neighbours`, of the words in the index or of others."""
        if words is None:
            rows = np.sort(_ids(self._index)).astype(np.intp)
        else:
            rows = np.array([self.vectors.index(word) for word in words], np.intp)

        def search(rows: Ids, unit: Floats, n: int) -> list[tuple[Ids, Exact]]:
            return self._search(unit, [{row} for row in rows.tolist()], n)

        return blocks(self.vectors.table, rows, integer("n", n, 1), search, workers=1)

    def save(self, path: PathLike) -> None:
        """Write a file of faiss, which `faiss.read_index` reads too; its ids are rows.

        Raises
        ------
        OutputError
        """
        faiss = _faiss()
        check_target(path)
        with replacing(path) as handle:
            try:
                faiss.write_index(self._index, faiss.PyCallbackIOWriter(handle.write))
            except RuntimeError as error:
                raise OutputError(f"Cannot write {os.fsdecode(path)}: {error}") from error

    @classmethod
    def load(cls, path: PathLike, vectors: Vectors) -> NeighbourIndex:
        """Read a file that `save` wrote, beside the vectors it was made of.

        Raises
        ------
        VectorFileError
            The file is missing, foreign or damaged, or made of other vectors.
        W2VError
            faiss is not installed.
        """
        faiss = _faiss()
        name = check_name(path, "the index", VectorFileError)
        try:
            with open(name, "rb") as handle, _bounded(faiss, os.fstat(handle.fileno()).st_size):
                index = faiss.read_index(faiss.PyCallbackIOReader(handle.read))
        except OSError as error:
            raise VectorFileError(f"Cannot read {name}: {error.strerror}.") from error
        except RuntimeError as error:
            raise VectorFileError(
                f"{name} is no index that faiss can read, or cut short. Make it again with "
                "w2v index."
            ) from error
        except MemoryError as error:
            raise VectorFileError(
                f"{name} is damaged, or larger than the memory there is. Make it again with "
                "w2v index."
            ) from error
        if not _belongs(index, vectors):
            raise VectorFileError(
                f"{name} is no index of these {counted(len(vectors), 'word')} of "
                f"{counted(vectors.dim, 'dimension')}. Make one with w2v index."
            )
        found = object.__new__(cls)
        found._become(vectors, index)
        return found

    def _search(self, asked: Floats, own: Sequence[set[int]], n: int) -> list[tuple[Ids, Exact]]:
        """Exact cosines of what the graph gives, in order, without a query's own words."""
        if not len(asked):
            return []
        most = min(n + max(map(len, own)) + _MORE, len(self))
        if n < 1:
            return [(np.empty(0, np.intp), np.empty(0))] * len(asked)
        effort = integer("search_effort", self.search_effort, 1)
        self._graph.hnsw.efSearch = min(max(effort, most), len(self))
        _, ids = self._index.search(np.ascontiguousarray(asked), most)
        there = ids >= 0
        query, _ = np.nonzero(there)
        rows = ids[there].astype(np.intp)
        scores = np.clip(cosines_of(self.vectors.table, asked, query, rows), -1, 1)
        order = np.lexsort((rows, -scores, query))
        ends = np.searchsorted(query, np.arange(1, len(asked)))
        parts = zip(own, np.split(rows[order], ends), np.split(scores[order], ends), strict=True)
        found = []
        for left_out, some, cosines in parts:
            kept = np.flatnonzero(~np.isin(some, list(left_out)))[:n]
            found.append((some[kept], cosines[kept]))
        return found


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise W2VError(_INSTALL) from error
    return faiss


@contextlib.contextmanager
def _bounded(faiss: Any, size: int) -> Iterator[None]:
    """Let no array of a file take more memory than the file has bytes.

    A file says of each array how large it is, and faiss takes memory for it before it reads. Older
    versions of it set no bound.
    """
    if not hasattr(faiss, "set_deserialization_vector_byte_limit"):
        yield
        return
    before = faiss.get_deserialization_vector_byte_limit()
    faiss.set_deserialization_vector_byte_limit(size)
    try:
        yield
    finally:
        faiss.set_deserialization_vector_byte_limit(before)


def _ids(index: Any) -> Ids:
    ids: Ids = _faiss().vector_to_array(index.id_map)
    return ids


def _belongs(index: Any, vectors: Vectors) -> bool:
    """Whether an index holds vectors of these, as far as some of them tell."""
    faiss = _faiss()
    if not isinstance(index, faiss.IndexIDMap) or index.d != vectors.dim or not index.ntotal:
        return False
    ids, graph = _ids(index), faiss.downcast_index(index.index)
    if not isinstance(graph, faiss.IndexHNSWFlat) or ids.min() < 0 or ids.max() >= len(vectors):
        return False
    probes = np.unique(np.linspace(0, len(ids) - 1, _PROBES).astype(np.intp))
    held = np.stack([graph.reconstruct(int(place)) for place in probes])
    return bool(np.allclose(held, vectors.unit[ids[probes]], atol=1e-6))
