"""The one equation: logistic regression of hidden vectors against a few rows of a table.

Negative sampling and hierarchical softmax differ only in which rows, labels and weights they pass.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from w2v.backends import Array, Backend


class Gradients(NamedTuple):
    """Loss of a step and its derivatives, with the number of terms behind each row."""

    loss: Any
    """float64 scalar, nats, summed; None where it was not asked for."""
    d_hidden: Array
    """(..., R, D)"""
    ids: Array
    """int (..., L): the rows of the output table that the loss looked at."""
    d_rows: Array
    """(..., L, D)"""
    hidden_terms: Array
    """(..., R): sum of the weights of the terms each hidden vector is in."""
    row_terms: Array
    """(..., L): the same for each row of the table."""
    hidden_load: Array
    """(..., R): the same, each term times ``2 |error| |other vector|^2``; see `RowUpdater`."""
    row_load: Array
    """(..., L)"""
    error: Any
    """Scalar: sum of ``weights |error|`` of all terms; None where nobody asks for it."""


class LogisticStep(NamedTuple):
    """What `logistic_step` finds."""

    loss: Any
    """float64 scalar, nats, summed, not averaged; None where it was not asked for."""
    d_hidden: Array
    """float (..., R, D)"""
    d_rows: Array
    """float (..., L, D)"""
    hidden_load: Array
    """float (..., R): sum of weights * ``2 |error| |row|^2``."""
    row_load: Array
    """float (..., L): sum of weights * ``2 |error| |hidden vector|^2``."""
    error: Any
    """Scalar: sum of ``weights |error|``."""


def logistic_step(
    backend: Backend,
    hidden: Array,
    rows: Array,
    labels: Array,
    weights: Array,
    *,
    with_loss: bool = True,
) -> LogisticStep:
    """Weighted logistic loss of hidden vectors against candidate rows, and its gradients.

    Parameters
    ----------
    hidden : float (..., R, D)
    rows : float (..., L, D)
    labels : float, broadcast to (..., R, L)    1 for true, 0 for noise.
    weights : float (..., R, L)                 0 where hidden vector and row are no pair.
    with_loss : bool                            False saves the logarithms.

    Equation
    --------
    S = H O^T,  E = (sigmoid(S) - labels) * weights,  dH = E O,  dO = E^T H
    loss = -sum weights * log sigmoid((2 labels - 1) S)
    Mikolov et al. 2013 (arXiv:1310.4546): eq. 4 for negative sampling, eq. 3 for hierarchical
    softmax.
    """
    xp = backend.xp
    scores = hidden @ rows.swapaxes(-1, -2)
    loss = None
    if with_loss:
        signed = scores * (2 * labels - 1)
        nats = xp.log1p(xp.exp(-abs(signed))) - xp.minimum(signed, 0)
        nats *= weights
        loss = nats.sum(dtype=xp.float64)
    error = scores  # sigmoid(x) = 1/2 + tanh(x/2)/2 cannot overflow
    error *= 0.5
    xp.tanh(error, out=error)
    error *= 0.5
    error += 0.5 - labels
    error *= weights
    transposed = error.swapaxes(-1, -2)
    one = hidden.shape[-2] == 1  # an outer product, which NumPy's matmul is slow at
    d_hidden, d_rows = error @ rows, transposed * hidden if one else transposed @ hidden
    xp.abs(error, out=error)
    hidden_load = 2 * (error @ squared_lengths(xp, rows)[..., None])[..., 0]
    row_load = 2 * (transposed @ squared_lengths(xp, hidden)[..., None])[..., 0]
    return LogisticStep(loss, d_hidden, d_rows, hidden_load, row_load, error.sum())


def row_sums(xp: Any, values: Array) -> Array:
    """(..., R, L) to (..., R): a product with ones, five times as quick as NumPy's `sum`."""
    return values @ xp.ones(values.shape[-1], values.dtype)


def column_sums(xp: Any, values: Array) -> Array:
    """(..., R, L) to (..., L)"""
    return xp.ones(values.shape[-2], values.dtype) @ values


def squared_lengths(xp: Any, vectors: Array) -> Array:
    """(..., D) to (...)"""
    return xp.einsum("...d,...d->...", vectors, vectors)
