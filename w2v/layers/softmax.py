"""Full softmax: the oracle of the other two losses, and an option for small vocabularies."""

from __future__ import annotations

import math

from w2v.backends import Array, Backend
from w2v.layers.embedding import Embedding
from w2v.layers.logistic import Gradients, squared_lengths

MOST_SCORES = 2**31
"""Hidden vectors times words in one call: CuPy counts the elements of a scatter in 32 bits."""

_LEAST = 1e-30  # instead of no pairs


class Softmax:
    """Cross entropy over all V words; time and memory grow with V.

    Parameters
    ----------
    output : Embedding (V, D)   The output table.

    Equation
    --------
    l = log sum_w exp(u_w . h) - u_o . h
    Mikolov et al. 2013 (arXiv:1310.4546), eq. 2.
    """

    def __init__(self, backend: Backend, output: Embedding) -> None:
        self.backend = backend
        self.output = output

    def untrained_loss(self, pairs: float, met: float) -> float:
        """Nats of so many pairs while the output table is zero."""
        return pairs * math.log(self.output.table.shape[0])

    def sample(self, key: int, groups: Array) -> None:
        """Nothing is drawn."""

    def gradients(
        self,
        hidden: Array,
        targets: Array,
        pairs: Array,
        negatives: None = None,
        *,
        with_loss: bool = True,
    ) -> Gradients:
        """Loss and gradients; the arguments are those of `NegativeSampling.gradients`.

        A pair counts as 4 terms of its hidden vector, 4 p of every row, p being the probability the
        row was given, and 1 of its true word's row: the curvature of softmax is up to four times
        that of a logistic term. So their load is ``4 |error| |other vector|^2``.
        """
        xp = self.backend.xp
        table = self.output.table
        words, dim = table.shape
        flat_hidden = hidden.reshape(-1, dim)
        if len(flat_hidden) * words >= MOST_SCORES:
            raise ValueError(
                f"full softmax over {words} words takes at most {MOST_SCORES // words} hidden "
                f"vectors a step, got {len(flat_hidden)}; lower step_tokens or choose another loss"
            )
        scores = flat_hidden @ table.T
        scores -= scores.max(axis=-1, keepdims=True)
        true = _true_positions(xp, targets, pairs, words)
        per_hidden = pairs.sum(axis=-1).reshape(-1, 1)
        partition = xp.exp(scores).sum(axis=-1, keepdims=True)
        loss = None
        if with_loss:
            nats = (per_hidden * xp.log(partition)).sum(dtype=xp.float64)
            loss = nats - (scores.reshape(-1)[true] * pairs).sum(dtype=xp.float64)
        error = xp.exp(scores)
        error *= per_hidden / partition
        true_terms = xp.zeros(words, hidden.dtype)
        spread = xp.broadcast_to(targets[..., None, :], pairs.shape)
        self.backend.scatter_add(true_terms, spread, xp.ascontiguousarray(pairs))
        terms = 4 * error.sum(axis=0) + true_terms
        of_pairs = xp.maximum(per_hidden, _LEAST).reshape(*pairs.shape[:-1], 1)
        wrong = 1 - error.reshape(-1)[true] / of_pairs  # of the probability of a true word
        self.backend.scatter_add(error.reshape(-1), true, -pairs)
        d_hidden, d_rows = (error @ table).reshape(hidden.shape), error.T @ flat_hidden
        self.backend.scatter_add(error.reshape(-1), true, 2 * pairs * wrong)  # now sizes, by pair
        return Gradients(
            loss,
            d_hidden,
            xp.arange(words),
            d_rows,
            hidden_terms=4 * per_hidden.reshape(hidden.shape[:-1]),
            row_terms=terms,
            hidden_load=4 * (error @ squared_lengths(xp, table)).reshape(hidden.shape[:-1]),
            row_load=4 * (squared_lengths(xp, flat_hidden) @ error),
            error=None,
        )

    def log_probabilities(self, hidden: Array) -> Array:
        """log p(word | hidden) of all words: (..., D) to (..., V), in nats."""
        xp = self.backend.xp
        scores = hidden @ self.output.table.T
        scores = scores - scores.max(axis=-1, keepdims=True)
        return scores - xp.log(xp.exp(scores).sum(axis=-1, keepdims=True))


def _true_positions(xp: Array, targets: Array, pairs: Array, words: int) -> Array:
    """Where each pair's true word stands in the flattened (hidden vectors, V) scores."""
    rows = xp.arange(pairs[..., 0].size).reshape(*pairs.shape[:-1], 1)
    return rows * words + targets[..., None, :]
