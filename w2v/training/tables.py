"""The two tables that are trained: how they begin, and how they are handed out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend, usable_cores
from w2v.config import Config
from w2v.layers import Embedding
from w2v.training import draws
from w2v.training.huffman import HuffmanTree
from w2v.training.shared_memory import SharedTable
from w2v.training.start import FRESH, Start

_ROWS_MOVED = 1 << 12
_PIECE = 1 << 20  # numbers that a thread copies at a time
_THREADS = 8  # that copy, at most: memory is no faster with more

Found = TypeVar("Found")


@dataclass(frozen=True)
class Tables:
    """The two tables, shared by all workers, and what a loss needs to know about the words."""

    input: Array
    """float32 (V, D or more): the word vectors; columns beyond D are zero."""
    output: Array
    """float32 (V, D or more), or (V - 1, D or more) inner nodes for hierarchical softmax."""
    noise: draws.NoiseSampler | None
    tree: HuffmanTree | None
    share: NDArray[np.float64]
    """(V,): of the tokens that are trained on."""
    noise_share: NDArray[np.float64] | None
    """(V,): of the noise words."""
    frozen: NDArray[np.bool_] | None = None
    """(V,): words whose input rows stay as they are."""
    shared: tuple[SharedTable, SharedTable] | None = None
    """Both, where they are memory that processes have in common."""

    def ended(self) -> tuple[Array, Array]:
        """Both, once they are trained, in memory that no other process has; call it once."""
        if self.shared is None:
            return self.input, self.output
        return self.shared[0].own(), self.shared[1].own()


def make_tables(
    backend: Backend,
    config: Config,
    counts: NDArray[np.int64],
    tree: HuffmanTree | None = None,
    start: Start = FRESH,
    keep: NDArray[np.float64] | None = None,
    begin: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
    workers: int = 1,
) -> Tables:
    """Tables to train: input uniform in (-1, 1)/D as in gensim, output zero.

    Rows that `start` knows are as it says. Memory belongs to the processor that first writes to it,
    where there are several. So as many threads as will train fill the input table side by side, and
    the output table, which is zero as it is, is left to those who train.

    Parameters
    ----------
    counts : int64 (V,)
    tree : HuffmanTree, optional        Of hierarchical softmax; made from the counts if left out.
    keep : float64 (V,), optional       Probability of keeping a token of each word; 1 if left out.
    begin : pair of float32, optional   Both tables whole, as a checkpoint holds them.
    workers : int                       That will train; the tables are the same with any number.
    """
    words = len(counts)
    key = draws.stream_key(config.seed, draws.INITIAL, start.epochs)
    rows = max(words - 1, 1) if config.loss == "hs" else words
    shared = _shared(backend, config.dim, words, rows, workers)
    table = shared[0].table if shared else backend.new_table(words, config.dim)
    if begin is None:
        fresh = table[:, : config.dim]
        fill = partial(Embedding.fill_uniform, backend, fresh, key)
        _side_by_side(backend, fresh.shape, fill, workers)
    noise = noise_share = None
    if config.loss == "ns":
        assert config.ns_exponent is not None
        weights = counts.astype(np.float64) ** config.ns_exponent
        noise, noise_share = draws.NoiseSampler(backend, weights), weights / weights.sum()
    elif config.loss == "hs":
        tree = tree or HuffmanTree.from_counts(counts)
    output = shared[1].table if shared else backend.new_table(rows, config.dim)
    for to, at, given in (
        (table, start.words, start.vectors),
        (output, start.output_rows, start.output),
    ):
        if len(at):
            to[backend.asarray(at), : config.dim] = backend.asarray(given)
    for to, saved in zip((table, output), begin or (), strict=False):
        _side_by_side(backend, saved.shape, partial(_fill, backend, to, saved), workers)
    kept = counts if keep is None else counts * keep
    share = kept / kept.sum()
    return Tables(table, output, noise, tree, share, noise_share, start.frozen, shared)


def _shared(
    backend: Backend, dim: int, words: int, rows: int, workers: int
) -> tuple[SharedTable, SharedTable] | None:
    """Both tables for workers that are processes; None for threads, or if that cannot be."""
    if not backend.apart or workers == 1:
        return None
    try:
        return SharedTable(words, dim), SharedTable(rows, dim)
    except OSError:
        return None


def all_finite(table: NDArray[np.float32]) -> bool:
    """Whether no number of a table (rows, D) is infinite or NaN; no copy of it is made."""
    pieces = range(0, len(table), _ROWS_MOVED)
    return all(np.isfinite(table[first : first + _ROWS_MOVED]).all() for first in pieces)


def moved(table: NDArray[np.float32], rows: NDArray[np.int64], before: NDArray[np.float32]) -> bool:
    """Whether some rows (N,) of a table are no longer as they were, (N, D); no copy is made."""
    pieces = [slice(first, first + _ROWS_MOVED) for first in range(0, len(rows), _ROWS_MOVED)]
    return any((table[rows[piece]] != before[piece]).any() for piece in pieces)


class Copiers:
    """Threads that work on the rows of a table side by side.

    Parameters
    ----------
    backend : Backend
    threads : int, optional     As many as memory can feed, if left out.
    """

    def __init__(self, backend: Backend, threads: int | None = None) -> None:
        self.backend = backend
        self._threads = threads or min(usable_cores(), _THREADS)
        self._pool = ThreadPoolExecutor(self._threads, "w2v-copy")

    def work(
        self, shape: tuple[int, int], work: Callable[[slice], object], rows: int | None = None
    ) -> None:
        """Have all rows worked on, a few at a time.

        Parameters
        ----------
        shape : pair of int         Rows and columns.
        work : callable(slice)      Of rows; without Python's lock for most of its time.
        rows : int, optional        At a time; if left out, so many that all threads have some.
        """
        some = rows or max(1, min(_PIECE // max(shape[1], 1), -(-shape[0] // self._threads)))
        firsts = iter(range(0, shape[0], some))  # shared by all

        def take(_: int) -> None:
            with self.backend.training():
                for first in firsts:
                    work(slice(first, first + some))

        list(self._pool.map(take, range(self._threads)))

    def both(self, work: Callable[[int], Found]) -> list[Found]:
        """What something gives for 0 and 1, which stand for the input and the output table."""

        def one(which: int) -> Found:
            with self.backend.training():
                return work(which)

        return list(self._pool.map(one, (0, 1)))

    def close(self) -> None:
        self._pool.shutdown()


def _side_by_side(
    backend: Backend, shape: tuple[int, int], work: Callable[[slice], object], threads: int
) -> None:
    copiers = Copiers(backend, threads)
    try:
        copiers.work(shape, work)
    finally:
        copiers.close()


def _fill(backend: Backend, table: Array, saved: NDArray[np.float32], rows: slice) -> None:
    table[rows, : saved.shape[1]] = backend.asarray(saved[rows])


def taken(backend: Backend, table: Array, dim: int) -> NDArray[np.float32]:
    """A table (rows, dim) on the host, in the memory of the table; call it once, at the end."""
    wide: NDArray[np.float32] = backend.to_numpy(table)
    rows, width = wide.shape
    if width == dim:
        return wide
    flat = wide.reshape(-1)
    for first in range(0, rows, _ROWS_MOVED):  # rows only move towards the front
        some = wide[first : first + _ROWS_MOVED, :dim].copy()
        flat[first * dim : first * dim + some.size] = some.reshape(-1)
    return flat[: rows * dim].reshape(rows, dim)
