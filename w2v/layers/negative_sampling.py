"""Negative sampling: a true word against words drawn from noise."""

from __future__ import annotations

import math
from typing import Protocol

from w2v.backends import Array, Backend
from w2v.layers.embedding import Embedding
from w2v.layers.logistic import Gradients, column_sums, logistic_step, row_sums


class Noise(Protocol):
    """Where noise words come from."""

    def draw(self, bits: Array) -> Array:
        """A word id, int32, for each of some random bits, uint64."""


class NegativeSampling:
    """Logistic loss of true words, label 1, and of N noise words shared by a group, label 0.

    Each noise word stands for k / N draws of every pair, so the expected loss of a pair is that of
    k draws of its own. A noise word may be the true word, as in the paper's formula; word2vec.c
    skips such a draw.

    Parameters
    ----------
    output : Embedding (V, D)   The output table.
    noise : Noise               Over the same V words, such as a `NoiseSampler`.
    negative : int              k, noise words per pair.
    shared : int                N, noise words drawn for a group.

    Equation
    --------
    l = -log s(u_o . v_c) - sum_k log s(-u_k . v_c)
    Mikolov et al. 2013 (arXiv:1310.4546), eq. 4.
    """

    def __init__(
        self,
        backend: Backend,
        output: Embedding,
        noise: Noise,
        *,
        negative: int = 5,
        shared: int | None = None,
    ) -> None:
        self.backend = backend
        self.output = output
        self.noise = noise
        self.negative = negative
        self.shared = negative if shared is None else shared

    def untrained_loss(self, pairs: float, met: float) -> float:
        """Nats of so many pairs while the output table is zero."""
        return pairs * (1 + self.negative) * math.log(2)

    def sample(self, key: int, groups: Array) -> Array:
        """Noise words of each group: int32 (..., N), a function of key and group number."""
        xp = self.backend.xp
        each = xp.arange(self.shared, dtype=xp.uint64)
        counter = groups.astype(xp.uint64)[..., None] * xp.uint64(self.shared) + each
        return self.noise.draw(self.backend.random_bits(key, counter))

    def gradients(
        self,
        hidden: Array,
        targets: Array,
        pairs: Array,
        negatives: Array,
        *,
        with_loss: bool = True,
    ) -> Gradients:
        """Loss and gradients of groups of hidden vectors.

        Parameters
        ----------
        hidden : float (..., R, D)
        targets : int (..., C)          True words of the group.
        pairs : float (..., R, C)       How often (hidden vector, true word) is a pair, 0 or more.
        negatives : int (..., N)        From `sample`; given by tests to make the loss exact.
        """
        xp = self.backend.xp
        n = negatives.shape[-1]
        ids = xp.concatenate([targets, negatives], axis=-1)
        labels = xp.zeros(ids.shape[-1], hidden.dtype)
        labels[: targets.shape[-1]] = 1
        pair_counts = row_sums(xp, pairs)[..., None]
        noise_weights = pair_counts * (self.negative / n)
        shape = (*pairs.shape[:-1], n)
        weights = xp.concatenate([pairs, xp.broadcast_to(noise_weights, shape)], axis=-1)
        rows = self.output.forward(ids)
        found = logistic_step(self.backend, hidden, rows, labels, weights, with_loss=with_loss)
        return Gradients(
            found.loss,
            found.d_hidden,
            ids,
            found.d_rows,
            hidden_terms=pair_counts[..., 0] * (1 + self.negative),
            row_terms=column_sums(xp, weights),
            hidden_load=found.hidden_load,
            row_load=found.row_load,
            error=found.error,
        )
