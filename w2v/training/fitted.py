"""A trained model as a value: its tables, and how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import counted
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
