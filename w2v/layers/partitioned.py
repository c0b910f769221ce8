"""PartitionedEmbedding: one table cut into parts, looked up as if it were whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple, TypeAlias, get_args

from w2v.backends import Array, Backend, get_backend
from w2v.layers.embedding import Embedding, RowGrad, as_gradient, as_ids, check_table

PartitionStrategy: TypeAlias = Literal["mod", "div"]


class _Pass(NamedTuple):
    """What `backward` needs of a `forward`."""

    shape: tuple[int, ...]  # of the ids
    positions: list[Array]  # per part, which of the flat ids it served


class PartitionedEmbedding:
    """Look up rows of a table that is cut into P parts.

    Parameters
    ----------
    parts : sequence of float (V_p, D)
        Arrays of the backend, contiguous; used where they are, never copied. Of V words in all,
        the first V % P parts hold V // P + 1 rows each and the others V // P.
    partition_strategy : "mod" | "div"
        Where id i lives. "mod": row i // P of part i % P, which spreads the frequent words of a
        sorted vocabulary. "div": parts hold consecutive ids. As TensorFlow's embedding_lookup.

    Raises
    ------
    TypeError, ValueError
        An unknown strategy, or parts that do not fit together.
    """

    def __init__(
        self,
        backend: Backend,
        parts: Sequence[Array],
        partition_strategy: PartitionStrategy = "mod",
    ) -> None:
        _check_strategy(partition_strategy)
        _check_parts(backend, parts)
        self.backend = backend
        self.parts = list(parts)
        self.partition_strategy = partition_strategy
        self.words = sum(part.shape[0] for part in parts)
        self._layers = [Embedding(backend, part) for part in parts]
        self._starts = backend.asarray(_starts(self.words, len(parts))[:-1], "int64")
        self._pass: _Pass | None = None

    def forward(self, ids: Array) -> Array:
        """The rows of `ids`, as of the whole table.

        Parameters
        ----------
        ids : int (...)       Each in [0, V); checked on the host, where a GPU is waited for.

        Returns
        -------
        rows : float (..., D)

        Raises
        ------
        ValueError
            An id is out of range.
        """
        xp = self.backend.xp
        ids = as_ids(self.backend, ids)
        self._check_range(ids)
        part_of, local = self._locate(ids.reshape(-1))
        dim, dtype = self.parts[0].shape[1], self.parts[0].dtype
        rows = xp.zeros((ids.size, dim), dtype)
        positions = [xp.flatnonzero(part_of == part) for part in range(len(self.parts))]
        for layer, served in zip(self._layers, positions, strict=True):
            rows[served] = layer.forward(local[served])
        self._pass = _Pass(ids.shape, positions)
        return rows.reshape(*ids.shape, dim)

    def backward(self, dout: Array, *, coalesce: bool = True) -> list[RowGrad]:
        """Gradient of each part for the last `forward`.

        Parameters
        ----------
        dout : float (..., D)
        coalesce : bool       As in `Embedding.backward`.

        Returns
        -------
        list of (ids : int (N_p,), rows : float (N_p, D))
            One pair per part; ids are rows of that part.

        Raises
        ------
        ValueError
            `forward` was not called, or `dout` is not of the shape it returned.
        """
        if self._pass is None:
            raise ValueError("`backward` needs a `forward` before it, got none.")
        dim, dtype = self.parts[0].shape[1], self.parts[0].dtype
        dout = as_gradient(self.backend, dout, (*self._pass.shape, dim), dtype)
        rows = dout.reshape(-1, dim)
        return [
            layer.backward(rows[served], coalesce=coalesce)
            for layer, served in zip(self._layers, self._pass.positions, strict=True)
        ]

    def _locate(self, ids: Array) -> tuple[Array, Array]:
        """Part of each id (N,), and its row there."""
        if self.partition_strategy == "mod":
            return ids % len(self.parts), ids // len(self.parts)
        part_of = self.backend.xp.searchsorted(self._starts, ids, side="right") - 1
        return part_of, ids - self._starts[part_of]

    def _check_range(self, ids: Array) -> None:
        host = self.backend.to_numpy(ids)
        wrong = (host < 0) | (host >= self.words)
        if wrong.any():
            raise ValueError(f"`ids` must be in [0, {self.words}), got {int(host[wrong][0])}.")


def embedding_lookup(
    parts: Sequence[Array],
    ids: Array,
    partition_strategy: PartitionStrategy = "mod",
    *,
    backend: Backend | None = None,
) -> Array:
    """The rows of `ids` from a table cut into parts; see `PartitionedEmbedding`.

    Parameters
    ----------
    parts : sequence of float (V_p, D)
    ids : int (...)                        Each in [0, V); checked.
    partition_strategy : "mod" | "div"
    backend : Backend, optional            NumPy if left out.

    Returns
    -------
    rows : float (..., D)
    """
    backend = get_backend("numpy") if backend is None else backend
    arrays = [backend.asarray(part) for part in parts]
    return PartitionedEmbedding(backend, arrays, partition_strategy).forward(ids)


def partition(
    table: Array, parts: int, partition_strategy: PartitionStrategy = "mod"
) -> list[Array]:
    """A table (V, D) cut into parts, each a contiguous copy of its rows.

    With 5 ids in 2 parts "mod" gives rows [0, 2, 4], [1, 3] and "div" gives [0, 1, 2], [3, 4].

    Raises
    ------
    ValueError
        `parts` is less than 1, or the strategy is unknown.
    """
    _check_strategy(partition_strategy)
    if parts < 1:
        raise ValueError(f"`parts` must be at least 1, got {parts}.")
    if partition_strategy == "mod":
        return [table[part::parts].copy() for part in range(parts)]
    starts = _starts(table.shape[0], parts)
    return [table[first:end].copy() for first, end in pairwise(starts)]


def _sizes(words: int, parts: int) -> list[int]:
    """Rows per part, the same for both strategies."""
    return [words // parts + (part < words % parts) for part in range(parts)]


def _starts(words: int, parts: int) -> list[int]:
    """First id of each "div" part, and the end."""
    return [0, *accumulate(_sizes(words, parts))]


def _check_strategy(partition_strategy: str) -> None:
    if partition_strategy not in get_args(PartitionStrategy):
        raise ValueError(
            f"`partition_strategy` must be one of mod, div; got {partition_strategy!r}."
        )


def _check_parts(backend: Backend, parts: Sequence[Array]) -> None:
    if len(parts) == 0:
        raise ValueError("`parts` must hold at least one table, got none.")
    for number, part in enumerate(parts):
        check_table(backend, part, name=f"parts[{number}]")
        if part.shape[1] != parts[0].shape[1] or part.dtype != parts[0].dtype:
            raise ValueError(
                f"`parts[{number}]` must have the width and dtype of the first part, "
                f"{parts[0].shape[1]} of {parts[0].dtype}, got {part.shape[1]} of {part.dtype}."
            )
    sizes = [part.shape[0] for part in parts]
    expected = _sizes(sum(sizes), len(sizes))
    if sizes != expected:
        raise ValueError(
            f"`parts` must have {expected} rows to hold {sum(sizes)} words, got {sizes}."
        )
