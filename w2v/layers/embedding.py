"""Embedding: rows of a table looked up by id; their gradient as (ids, rows) pairs."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from w2v.backends import Array, Backend

_DRAWN_AT_ONCE = 2**16  # numbers: all there is of them on the way stays in a core's cache
_EPSILON = 1e-7  # keeps a clipped row a hair under `max_norm`, as in torch


class RowGrad(NamedTuple):
    """Gradient of a (V, D) table, for those rows only that have one."""

    ids: Array
    """int (N,), rows of the table."""
    rows: Array
    """float (N, D), to be scatter-added at `ids`."""


class Embedding:
    """Look up rows of a table.

    The table is used where it is, never copied; several layers (one per thread, since a layer
    keeps the ids of its last `forward`) may share one. Ids are not range-checked: that would make
    a GPU wait, so it is done once, on the host, by whoever makes them.

    Parameters
    ----------
    table : float (V, D)
        An array of the backend; contiguous unless frozen. Its values are left as they are, those
        of the padding row too.
    padding_idx : int in [-V, V), optional
        A row that gets no gradient; negative counts from the end.
    max_norm : float, optional
        Rows longer than this are shortened to it when looked up, in the table itself, frozen or
        not. No gradient goes through the shortening. Costs a sort, and on a GPU a wait.
    norm_type : float
        The p of that norm.
    scale_grad_by_freq : bool
        Divide the gradient of an id by the number of times it occurs in the mini-batch.
    sparse : bool
        True: `backward` returns the gradient as pairs. False: it writes them into `grads[0]`,
        a table as large as `table`. torch's default is False.
    freeze : bool
        No gradient; only `max_norm` may change the table.

    Attributes
    ----------
    params : list of float (V, D)
        ``[table]``; empty if frozen.
    grads : list of float (V, D)
        ``[dtable]`` with ``sparse=False``, one array for the life of the layer; else empty.

    Raises
    ------
    TypeError, ValueError
        An argument is of the wrong type or out of range.

    Equation
    --------
    y = onehot(ids) table,  dtable = onehot(ids)^T dout
    Options mean what they mean in torch.nn.Embedding; `scale_grad_by_freq` works with sparse
    gradients too.
    """

    def __init__(
        self,
        backend: Backend,
        table: Array,
        *,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = True,
        freeze: bool = False,
    ) -> None:
        check_table(backend, table, name="table", writable=not freeze)
        if max_norm is not None and not max_norm >= 0:
            raise ValueError(f"`max_norm` must not be negative, got {max_norm}.")
        self.backend = backend
        self.table = table
        self.padding_idx = _padding_row(padding_idx, table.shape[0])
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.freeze = freeze
        self.params: list[Array] = [] if freeze else [table]
        dense = not (freeze or sparse)
        self.grads: list[Array] = [backend.xp.zeros(table.shape, table.dtype)] if dense else []
        self._ids: Array | None = None

    @classmethod
    def from_pretrained(
        cls, backend: Backend, table: Array, *, freeze: bool = True, **options: Any
    ) -> Embedding:
        """A layer over given vectors, frozen unless said otherwise.

        `table` may be any (V, D) values; an array of the backend is shared, not copied. The
        padding row stays as given. `options` are those of the class.
        """
        return cls(backend, backend.asarray(table), freeze=freeze, **options)

    @classmethod
    def zeros(
        cls, backend: Backend, words: int, dim: int, dtype: Any = "float32", **options: Any
    ) -> Embedding:
        """A layer over a new table of zeros (words, dim). `options` are those of the class."""
        return cls(backend, backend.xp.zeros((words, dim), dtype), **options)

    @classmethod
    def uniform(
        cls, backend: Backend, words: int, dim: int, key: int = 1, **options: Any
    ) -> Embedding:
        """A layer over a new float32 table, uniform in (-1, 1) / dim as in gensim.

        `key` in [0, 2**64) chooses the numbers, the same on every backend. The padding row is zero.
        """
        table = backend.xp.empty((words, dim), backend.xp.float32)
        cls.fill_uniform(backend, table, key)
        layer = cls(backend, table, **options)
        if layer.padding_idx is not None:
            table[layer.padding_idx] = 0
        return layer

    @staticmethod
    def fill_uniform(backend: Backend, table: Array, key: int, rows: slice = slice(None)) -> None:
        """Fill a float32 table (words, dim), or some rows of it, with the numbers of `uniform`."""
        xp = backend.xp
        words, dim = table.shape
        piece = max(1, _DRAWN_AT_ONCE // dim)
        begin, end, _ = rows.indices(words)
        for first in range(begin, end, piece):
            last = min(first + piece, end)
            counter = xp.arange(first * dim, last * dim, dtype=xp.uint64)
            bits24 = backend.random_bits(key, counter) >> xp.uint64(40)
            unit = (bits24.astype(xp.float32) + 0.5) * 2.0**-23 - 1.0
            table[first:last] = (unit / dim).reshape(-1, dim)

    def forward(self, ids: Array) -> Array:
        """The rows of `ids`.

        Parameters
        ----------
        ids : int (...)      Each in [0, V); not checked here. Kept until the next call.

        Returns
        -------
        rows : float (..., D)
        """
        ids = self._ids = as_ids(self.backend, ids)
        xp = self.backend.xp
        if self.max_norm is None or ids.size == 0:
            return xp.take(self.table, ids, axis=0)
        looked_up = xp.unique(ids)
        self.table[looked_up] = self._shortened(self.table[looked_up])
        return xp.take(self.table, ids, axis=0)

    def backward(self, dout: Array, *, coalesce: bool = True) -> RowGrad:
        """Gradient of the table for the last `forward`.

        Parameters
        ----------
        dout : float (..., D)    Gradient of what `forward` returned.
        coalesce : bool
            True: ids are unique and ascending, repetitions summed. False: one pair per id looked
            up, in their order, without sorting or copying; padding is left out either way.

        Returns
        -------
        ids : int (N,)
        rows : float (N, D)
            Empty if frozen, and with ``sparse=False``, where `grads[0]` is overwritten instead
            (it does not add up over calls). So the gradient is always `grads` plus these pairs.

        Raises
        ------
        ValueError
            `forward` was not called, or `dout` is not of the shape it returned.
        """
        if self._ids is None:
            raise ValueError("`backward` needs a `forward` before it, got none.")
        dim = self.table.shape[1]
        dout = as_gradient(self.backend, dout, (*self._ids.shape, dim), self.table.dtype)
        ids, rows = self._ids.reshape(-1), dout.reshape(self._ids.size, dim)
        if self.freeze:
            return RowGrad(ids[:0], rows[:0])
        if self.padding_idx is not None:
            kept = ids != self.padding_idx
            ids, rows = ids[kept], rows[kept]
        if self.scale_grad_by_freq:
            rows = rows / _frequencies(self.backend, ids).astype(rows.dtype)[:, None]
        if not self.sparse:
            self.grads[0][...] = 0
            self.backend.scatter_add(self.grads[0], ids, rows)
            return RowGrad(ids[:0], rows[:0])
        return coalesced(self.backend, ids, rows) if coalesce else RowGrad(ids, rows)

    def _shortened(self, rows: Array) -> Array:
        """Rows (..., D), those longer than `max_norm` scaled down to it."""
        xp = self.backend.xp
        norms = xp.linalg.norm(rows, self.norm_type, axis=-1, keepdims=True)
        scale = self.max_norm / (norms + _EPSILON)
        return xp.where(norms > self.max_norm, rows * scale, rows)


def coalesced(backend: Backend, ids: Array, rows: Array) -> RowGrad:
    """The same gradient with ids (N,) unique and ascending, rows (N, D) of equal ids summed."""
    if ids.size == 0:
        return RowGrad(ids, rows)
    unique, inverse = backend.xp.unique(ids, return_inverse=True)
    sums = backend.xp.zeros((unique.size, rows.shape[1]), rows.dtype)
    backend.scatter_add(sums, inverse.reshape(-1), rows)
    return RowGrad(unique, sums)


def as_ids(backend: Backend, ids: Array, name: str = "ids") -> Array:
    """Ids as an int32 or int64 array of the backend; TypeError if they are not integers."""
    ids = backend.asarray(ids)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must be integers, got {ids.dtype}.")
    # the libraries do not agree on small and unsigned ids
    usual = ids.dtype.kind == "i" and ids.dtype.itemsize >= 4
    return ids if usual else ids.astype("int64")


def as_gradient(backend: Backend, dout: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    """A gradient as an array of the backend; ValueError unless it has the shape of the output."""
    dout = backend.asarray(dout)
    if dout.shape != shape:
        raise ValueError(f"`dout` must have the shape of the output, {shape}, got {dout.shape}.")
    return dout.astype(dtype, copy=False)


def check_table(backend: Backend, table: Array, *, name: str, writable: bool = True) -> None:
    """Refuse what is no float (V, D) array of the backend, or cannot be scatter-added to."""
    if not isinstance(table, backend.xp.ndarray):
        kind = f"{type(table).__module__}.{type(table).__name__}"
        raise TypeError(
            f"`{name}` must be an array of backend {backend.name!r}, got {kind}; "
            "convert it with backend.asarray."
        )
    if table.dtype.kind != "f":
        raise TypeError(f"`{name}` must hold floats, got {table.dtype}.")
    if table.ndim != 2:
        raise ValueError(f"`{name}` must be 2-D (words, dim), got shape {table.shape}.")
    if writable and not table.flags.c_contiguous:
        raise ValueError(f"`{name}` must be C-contiguous to be trained, got {table.strides=}.")


def _padding_row(padding_idx: int | None, words: int) -> int | None:
    """The row meant by `padding_idx`, counted from the start."""
    if padding_idx is None:
        return None
    try:
        row = operator.index(padding_idx)
    except TypeError:
        raise TypeError(f"`padding_idx` must be an integer, got {padding_idx!r}.") from None
    if not -words <= row < words:
        raise ValueError(f"`padding_idx` must be in [{-words}, {words}), got {row}.")
    return row % words


def _frequencies(backend: Backend, ids: Array) -> Array:
    """How often each of the ids (N,) occurs among them."""
    if ids.size == 0:
        return ids
    _, inverse, counts = backend.xp.unique(ids, return_inverse=True, return_counts=True)
    return counts[inverse.reshape(-1)]
