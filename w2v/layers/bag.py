"""EmbeddingBag: one vector per ragged bag of weighted ids; a CBOW window is such a bag."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from w2v.backends import Array, Backend
from w2v.layers.embedding import Embedding, RowGrad, as_gradient, as_ids

Combiner: TypeAlias = Literal["sum", "mean", "sqrtn"]


class Bags(NamedTuple):
    """B ragged bags, end to end: bag b is ``ids[offsets[b]:offsets[b + 1]]``."""

    ids: Array
    """int (N,)"""
    offsets: Array
    """int (B + 1,), ascending from 0 to N."""
    weights: Array
    """float (N,)"""


class _Pass(NamedTuple):
    """What `backward` needs of a `forward`."""

    rows: Array  # (N, D)
    pooled: Array  # (B, D)
    bag_of: Array  # (N,)
    weights: Array  # (N,)
    inverse_norms: Array  # (B,)


class EmbeddingBag:
    """Combine the rows of each bag into one vector.

    Parameters
    ----------
    table : float (V, D)
        An array of the backend, contiguous; used where it is, never copied.
    combiner : "sum" | "mean" | "sqrtn"
        What the weighted sum is divided by: nothing, the sum of the weights, or the square root
        of the sum of their squares.

    Equation
    --------
    y_b = sum_i w_i table[id_i] / n_b,  i over bag b
    n_b = 1  |  sum_i w_i  |  sqrt(sum_i w_i^2)
    As TensorFlow's embedding_lookup_sparse. Where n_b is 0, as in an empty bag, y_b and its
    gradients are 0.
    """

    def __init__(self, backend: Backend, table: Array, *, combiner: Combiner = "mean") -> None:
        if combiner not in get_args(Combiner):
            raise ValueError(f"`combiner` must be one of sum, mean, sqrtn; got {combiner!r}.")
        self.backend = backend
        self.table = table
        self.combiner = combiner
        self._embedding = Embedding(backend, table)
        self.params = self._embedding.params
        self.grads = self._embedding.grads
        self._pass: _Pass | None = None

    def forward(self, ids: Array, offsets: Array, weights: Array | None = None) -> Array:
        """One vector per bag.

        Parameters
        ----------
        ids : int (N,)                   Each in [0, V); not checked here.
        offsets : int (B + 1,)           Bag b is ids[offsets[b]:offsets[b + 1]]; read on the host.
        weights : float (N,), optional   All 1 if left out.

        Returns
        -------
        pooled : float (B, D)

        Raises
        ------
        TypeError, ValueError
            `ids`, `offsets` and `weights` do not fit together.
        """
        backend, xp = self.backend, self.backend.xp
        ids = as_ids(backend, ids)
        if ids.ndim != 1:
            raise ValueError(f"`ids` must be 1-D, one bag after the other, got shape {ids.shape}.")
        offsets = _checked_offsets(backend, offsets, ids.size)
        weights = self._as_weights(weights, ids.size)
        bag_of = xp.searchsorted(offsets, xp.arange(ids.size), side="right") - 1
        inverse_norms = self._inverse_norms(bag_of, weights, offsets.size - 1)
        rows = self._embedding.forward(ids)
        pooled = xp.zeros((offsets.size - 1, self.table.shape[1]), self.table.dtype)
        backend.scatter_add(pooled, bag_of, rows * (weights * inverse_norms[bag_of])[:, None])
        self._pass = _Pass(rows, pooled, bag_of, weights, inverse_norms)
        return pooled

    def backward(self, dout: Array, *, coalesce: bool = True) -> RowGrad:
        """Gradient of the table for the last `forward`.

        Parameters
        ----------
        dout : float (B, D)
        coalesce : bool       As in `Embedding.backward`.

        Returns
        -------
        ids : int (M,)
        rows : float (M, D)

        Raises
        ------
        ValueError
            `forward` was not called, or `dout` is not of the shape it returned.
        """
        done, dout = self._last(dout)
        shares = done.weights * done.inverse_norms[done.bag_of]
        return self._embedding.backward(dout[done.bag_of] * shares[:, None], coalesce=coalesce)

    def backward_weights(self, dout: Array) -> Array:
        """Gradient of the weights for the last `forward`.

        Parameters
        ----------
        dout : float (B, D)

        Returns
        -------
        dweights : float (N,)

        Equation
        --------
        dw_i = dout_b . (table[id_i] - y_b dn_b/dw_i) / n_b,   dn_b/dw_i = 0 | 1 | w_i / n_b
        """
        done, dout = self._last(dout)
        inverse = done.inverse_norms[done.bag_of]
        dweights = (dout[done.bag_of] * done.rows).sum(axis=1)
        if self.combiner != "sum":
            through_norm = (dout * done.pooled).sum(axis=1)[done.bag_of]
            if self.combiner == "sqrtn":
                through_norm = through_norm * done.weights * inverse
            dweights = dweights - through_norm
        return dweights * inverse

    def _last(self, dout: Array) -> tuple[_Pass, Array]:
        if self._pass is None:
            raise ValueError("`backward` needs a `forward` before it, got none.")
        shape = self._pass.pooled.shape
        return self._pass, as_gradient(self.backend, dout, shape, self.table.dtype)

    def _as_weights(self, weights: Array | None, count: int) -> Array:
        if weights is None:
            return self.backend.xp.ones(count, self.table.dtype)
        weights = self.backend.asarray(weights, self.table.dtype)
        if weights.shape != (count,):
            raise ValueError(
                f"`weights` must have the shape of `ids`, ({count},), got {weights.shape}."
            )
        return weights

    def _inverse_norms(self, bag_of: Array, weights: Array, bags: int) -> Array:
        """1 / n_b (B,), and 0 where n_b is 0."""
        xp = self.backend.xp
        if self.combiner == "sum":
            return xp.ones(bags, weights.dtype)
        norms = xp.zeros(bags, weights.dtype)
        if self.combiner == "mean":
            self.backend.scatter_add(norms, bag_of, weights)
        else:
            self.backend.scatter_add(norms, bag_of, weights * weights)
            norms = xp.sqrt(norms)
        nothing = norms == 0
        return xp.where(nothing, 0, 1 / xp.where(nothing, 1, norms)).astype(weights.dtype)


def flatten_bags(
    backend: Backend, bags: Iterable[Iterable[tuple[int, float]]], dtype: Any = "float32"
) -> Bags:
    """Bags given as lists of (id, weight), in the flat form that `EmbeddingBag.forward` takes.

    ``[[(4, 1.0), (7, 0.5)], [], [(4, 2.0)]]`` gives ids ``[4, 7, 4]``, offsets ``[0, 2, 2, 3]``
    and weights ``[1.0, 0.5, 2.0]``.

    Raises
    ------
    ValueError
        A bag holds something else than pairs of an integer and a number.
    """
    ids: list[int] = []
    offsets = [0]
    weights: list[float] = []
    for number, bag in enumerate(bags):
        for pair in bag:
            try:
                word, weight = pair
                ids.append(operator.index(word))
                weights.append(float(weight))
            except (TypeError, ValueError):
                raise ValueError(
                    f"`bags[{number}]` must hold pairs (int id, float weight), got {pair!r}."
                ) from None
        offsets.append(len(ids))
    return Bags(
        backend.asarray(ids, "int64"),
        backend.asarray(offsets, "int64"),
        backend.asarray(weights, dtype),
    )


def _checked_offsets(backend: Backend, offsets: Array, count: int) -> Array:
    """Offsets as an int64 array of the backend; ValueError unless they cut up `count` ids."""
    offsets = as_ids(backend, offsets, "offsets").astype("int64", copy=False)
    if offsets.ndim != 1 or offsets.size == 0:
        raise ValueError(f"`offsets` must be 1-D with at least one entry, got {offsets.shape}.")
    host = backend.to_numpy(offsets)
    if host[0] != 0 or host[-1] != count:
        raise ValueError(
            f"`offsets` must go from 0 to the number of ids, {count}, "
            f"got {int(host[0])} to {int(host[-1])}."
        )
    if (host[1:] < host[:-1]).any():
        bag = int((host[1:] < host[:-1]).argmax())
        raise ValueError(
            f"`offsets` must not decrease, got {int(host[bag])} then {int(host[bag + 1])}."
        )
    return offsets
