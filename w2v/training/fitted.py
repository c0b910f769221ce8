"""A trained model as a value: its tables, and how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.training.huffman import HuffmanTree
from w2v.vectors import Vectors


@dataclass(frozen=True)
class Fitted:
    """What training has made."""

    vectors: Vectors
    """With counts."""
    output: NDArray[np.float32]
    """(V, D), or (V - 1, D) inner nodes, one row at least."""
    tree: HuffmanTree | None
    """For hierarchical softmax."""
    report: dict[str, Any]
    trained_as: dict[str, Any]
    """The options of the last run, defaults filled in."""
    epochs: int
    """Of all runs."""
