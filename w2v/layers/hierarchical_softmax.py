"""Hierarchical softmax: a word is a walk down a Huffman tree."""

from __future__ import annotations

import math
from typing import Protocol

from w2v.backends import Array, Backend
from w2v.layers.embedding import Embedding
from w2v.layers.logistic import Gradients, column_sums, logistic_step, row_sums


class Paths(Protocol):
    """The way from the root of a tree to each of V words: inner nodes, and the turns at them."""

    @property
    def offsets(self) -> Array:
        """int64 (V + 1,): path of word w is [offsets[w], offsets[w + 1]) of the other two."""

    @property
    def nodes(self) -> Array:
        """int32: inner nodes, root first."""

    @property
    def codes(self) -> Array:
        """uint8: the turn taken at that node, 0 or 1."""

    @property
    def lengths(self) -> Array:
        """int (V,): nodes of each path."""


class HierarchicalSoftmax:
    """Logistic loss of every branching on the path from the root to the true word.

    At an inner node the label is 1 - code, as in word2vec.c, so the probabilities of all words
    given any hidden vector sum to one.

    Parameters
    ----------
    output : Embedding (V - 1, D)   A row for each inner node (at least one row, if V is 1).
    tree : Paths                    Over V words, such as a `HuffmanTree`.

    Equation
    --------
    p(w | h) = prod_j s(+-u_n(w,j) . h), + where the label is 1
    Mikolov et al. 2013 (arXiv:1310.4546), eq. 3.
    """

    def __init__(self, backend: Backend, output: Embedding, tree: Paths) -> None:
        self.backend = backend
        self.output = output
        self.size = len(tree.lengths)
        self.depth = int(tree.lengths.max())
        self._nodes = backend.asarray(tree.nodes)
        self._codes = backend.asarray(tree.codes)
        self._starts = backend.asarray(tree.offsets[:-1])
        self._lengths = backend.asarray(tree.lengths)

    def untrained_loss(self, pairs: float, met: float) -> float:
        """Nats of so many pairs, which met so many inner nodes, while the output table is zero."""
        return met * math.log(2)

    def sample(self, key: int, groups: Array) -> None:
        """Nothing is drawn."""

    def paths(self, words: Array) -> tuple[Array, Array, Array]:
        """Inner nodes, labels and mask of the paths of words (...): each (..., L), root first.

        L is the longest path of the tree; beyond a word's own path the node is 0 and the mask 0.
        """
        xp = self.backend.xp
        step = xp.arange(self.depth)
        on_path = step < self._lengths[words][..., None]
        at = xp.where(on_path, self._starts[words][..., None] + step, 0)
        nodes = xp.where(on_path, self._nodes[at], 0)
        return nodes, 1 - self._codes[at], on_path

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

        Rows of the table are visited once per word of the group, so groups of one word (C = 1)
        waste nothing.
        """
        xp = self.backend.xp
        nodes, labels, on_path = self.paths(targets)
        flat = (*targets.shape[:-1], targets.shape[-1] * self.depth)
        weights = pairs[..., None] * on_path[..., None, :, :]
        weights = weights.reshape(*pairs.shape[:-1], flat[-1])
        ids = nodes.reshape(flat)
        found = logistic_step(
            self.backend,
            hidden,
            self.output.forward(ids),
            labels.reshape(flat)[..., None, :].astype(hidden.dtype),
            weights,
            with_loss=with_loss,
        )
        visited = xp.flatnonzero(on_path)
        ids, row_terms, row_load = (
            each.reshape(-1)[visited] for each in (ids, column_sums(xp, weights), found.row_load)
        )
        return Gradients(
            found.loss,
            found.d_hidden,
            ids,
            xp.take(found.d_rows.reshape(-1, hidden.shape[-1]), visited, axis=0),
            hidden_terms=row_sums(xp, weights),
            row_terms=row_terms,
            hidden_load=found.hidden_load,
            row_load=row_load,
            error=found.error,
        )

    def log_probabilities(self, hidden: Array) -> Array:
        """log p(word | hidden) of all words: (..., D) to (..., V), in nats; memory (..., V, L)."""
        xp = self.backend.xp
        scores = hidden @ self.output.table.T
        nodes, labels, on_path = self.paths(xp.arange(self.size))
        signed = scores[..., nodes] * (2.0 * labels - 1.0)
        return (-xp.logaddexp(0, -signed) * on_path).sum(axis=-1)
