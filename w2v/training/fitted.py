"""A trained model as a value: its tables, and how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.config import Config
from w2v.errors import CorpusError, counted, quoted
from w2v.text import Vocabulary
from w2v.training.huffman import HuffmanTree
from w2v.vectors import Vectors


class Report(dict[str, Any]):
    """A report as the dictionary it is, which is shown in a line and not on pages."""

    def __repr__(self) -> str:
        losses = [loss for loss in self.get("loss", ()) if loss is not None]
        words = self.get("tokens", {}).get("read")
        seconds = self.get("seconds", {}).get("train")
        told = [counted(len(self.get("loss", ())), "epoch")]
        if words is not None:
            told.append(f"{counted(words, 'word')} of text")
        if seconds is not None:
            told.append(f"{seconds:.1f} s")
        if losses:
            told.append(f"loss {losses[-1]:.4f}")
        return f"<Report: {', '.join(told)}; a dictionary of {counted(len(self), 'key')}>"


@dataclass(frozen=True)
class Fitted:
    """What training has made."""

    vectors: Vectors
    """With counts."""
    output: NDArray[np.float32]
    """(V, D), or (V - 1, D) inner nodes, one row at least."""
    tree: HuffmanTree | None
    """For hierarchical softmax."""
    report: Report
    trained_as: dict[str, Any]
    """The options of the last run, defaults filled in."""
    epochs: int
    """Of all runs."""


def check_trainable(words: Sequence[str], counts: NDArray[np.int64]) -> None:
    """Refuse words that no text can hold, or counts of none: no training goes on with them.

    Raises
    ------
    ValueError, CorpusError
    """
    if counts.min() < 1:
        bad = words[int(counts.argmin())]
        raise ValueError(f"the count of {quoted(bad)} is {counts.min()}, expected 1 or more.")
    if len(Vocabulary.from_counts(words, counts)) < len(words):
        raise ValueError("it has a vector of the end of sentences.")


def fitted_of(
    config: Config, vectors: Vectors, output: ArrayLike, tree: Any, epochs: int
) -> Fitted:
    """Tables that were trained elsewhere, as training would give them; see `Word2Vec.from_tables`.

    Raises
    ------
    ValueError
        They do not fit each other or the loss, or hold NaN or infinity.
    """
    if vectors.counts is None:
        raise ValueError("`vectors` have no counts, by which noise is drawn and trees are made.")
    if (tree is None) != (config.loss != "hs"):
        raise ValueError(f"A `tree` goes with loss 'hs' and no other, got loss {config.loss!r}.")
    words, found = len(vectors), np.ascontiguousarray(output, np.float32)
    shape = (max(words - 1, 1) if config.loss == "hs" else words, vectors.dim)
    if found.shape != shape:
        raise ValueError(
            f"`output` must be {shape}, a row a word, or an inner node with loss 'hs'; got "
            f"{found.shape}."
        )
    if not (np.isfinite(vectors.matrix).all() and np.isfinite(found).all()):
        raise ValueError("The tables hold NaN or infinity, and training cannot go on from there.")
    try:
        check_trainable(vectors.words, vectors.counts)
    except (ValueError, CorpusError) as error:
        raise ValueError(f"Training cannot go on from these `vectors`: {error}") from error
    made = None
    if tree is not None:
        made = HuffmanTree(
            np.asarray(tree.offsets, np.int64),
            np.asarray(tree.nodes, np.int32),
            np.asarray(tree.codes, np.uint8),
        )
        if not made.is_one(words):
            raise ValueError(f"`tree` is no Huffman tree of the {words:,} words.")
    read = {"read": int(vectors.counts.sum())}
    report = Report({"loss": [], "tokens": read, "seconds": {}})
    return Fitted(vectors, found, made, report, config.as_dict(), epochs)
