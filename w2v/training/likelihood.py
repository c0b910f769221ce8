"""How likely a trained model thinks words are, given the words near them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.training.huffman import HuffmanTree

_SCORES_AT_ONCE = 1 << 22

Floats = NDArray[np.float64]


class Likelihood:
    """Log-probabilities of words under the tables of a model.

    Parameters
    ----------
    input : float32 (V, D)
    output : float32 (V, D), or (V - 1, D) inner nodes where there is a tree
    tree : HuffmanTree, optional

    Equation
    --------
    Hierarchical softmax: p(w | h) = prod_j s(+-u_n(w,j) . h) over the turns of w's path,
    Mikolov et al. 2013 (arXiv:1310.4546), eq. 3.
    Otherwise: p(w | h) = exp(u_w . h) / sum_v exp(u_v . h), eq. 2 there. Full softmax is trained
    for that. Negative sampling is trained for its scores only, not for their sum; the softmax
    makes probabilities of them.
    """

    def __init__(
        self,
        input: NDArray[np.float32],
        output: NDArray[np.float32],
        tree: HuffmanTree | None,
    ) -> None:
        self.input = input
        self.output = output
        self.tree = tree

    def of_all_words(self, hidden: NDArray[Any]) -> Floats:
        """Log-probability of every word, float64 (V,), given a hidden vector (D,)."""
        scores: Floats = (self.output @ hidden.astype(np.float32)).astype(np.float64)
        if self.tree is None:
            scores -= _log_sum_exp(scores[None])[0]
        elif not len(self.tree.nodes):
            scores[:] = 0  # of a single word
        else:
            turns = _log_turns(scores[self.tree.nodes], self.tree.codes)
            scores = np.add.reduceat(turns, self.tree.offsets[:-1])
        return scores

    def of_sentence(self, words: Sequence[int], window: int, averaged: str | None) -> float:
        """Log-likelihood of the words of a sentence, each given those near it.

        Parameters
        ----------
        words : ids
        window : int            Words on each side that are near, all of them.
        averaged : {"mean", "sum"} or None
            How contexts make one hidden vector; None for skip-gram, where each is one.

        Returns
        -------
        float                   In nats; 0 for fewer than two words, of which none is near another.
        """
        ids = np.asarray(words, np.int64)
        if len(ids) < 2:
            return 0.0
        near = [_near(at, len(ids), window) for at in range(len(ids))]
        if averaged:
            hidden = np.stack([self.combined(ids[some], averaged) for some in near])
            near = [np.array([at]) for at in range(len(ids))]
        else:
            hidden = self.input[ids]
        total = self._log_totals(hidden)
        return float(
            sum(
                self._of_word(word, hidden[some], total[some]).sum()
                for word, some in zip(ids.tolist(), near, strict=True)
            )
        )

    def combined(self, ids: NDArray[np.int64], averaged: str) -> NDArray[np.float32]:
        """The mean or sum of some input rows, float32 (D,)."""
        rows = self.input[ids]
        made: NDArray[np.float32] = rows.sum(axis=0) if averaged == "sum" else rows.mean(axis=0)
        return made

    def _log_totals(self, hidden: NDArray[np.float32]) -> Floats:
        """What the scores of each hidden vector are to be reduced by, float64 (n,)."""
        total = np.zeros(len(hidden))
        if self.tree is None:
            some = max(1, _SCORES_AT_ONCE // len(self.output))
            for at in range(0, len(hidden), some):
                total[at : at + some] = _log_sum_exp(hidden[at : at + some] @ self.output.T)
        return total

    def _of_word(self, word: int, hidden: NDArray[np.float32], total: Floats) -> Floats:
        """Log-probability of one word given each of some hidden vectors, float64 (n,)."""
        found: Floats
        if self.tree is None:
            found = (hidden @ self.output[word]).astype(np.float64) - total
        else:
            nodes, codes = self.tree.path(word)
            scores = (hidden @ self.output[nodes].T).astype(np.float64)
            found = _log_turns(scores, codes).sum(axis=-1)
        return found


def _near(at: int, words: int, window: int) -> NDArray[np.int64]:
    """Places within the window around a place, without it."""
    places: NDArray[np.int64] = np.r_[
        max(0, at - window) : at, at + 1 : min(words, at + window + 1)
    ]
    return places


def _log_sum_exp(scores: NDArray[Any]) -> Floats:
    """log(sum(exp(scores))) of each row, float64 (n,)."""
    wide = scores.astype(np.float64)
    largest = wide.max(axis=1, keepdims=True)
    found: Floats = np.log(np.exp(wide - largest).sum(axis=1)) + largest[:, 0]
    return found


def _log_turns(scores: Floats, codes: NDArray[np.uint8]) -> Floats:
    """log s(score) where the code is 0, log s(-score) where it is 1; codes along the last axis."""
    return -np.logaddexp(0, np.where(codes, scores, -scores))
