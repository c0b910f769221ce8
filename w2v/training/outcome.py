"""What training gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.training.huffman import HuffmanTree
from w2v.training.progress import Progress


@dataclass(frozen=True)
class Trained:
    """Tables, losses and times of a run that ended well."""

    vectors: NDArray[np.float32]
    """(V, D): the input table."""
    output: NDArray[np.float32]
    """The output table: a row per word, or per inner node for hierarchical softmax."""
    loss: list[float | None]
    """Mean nats per (hidden vector, true word) pair of each epoch, before the step that the pair
    was in, over a share of the steps; None where no token had a neighbour."""
    held_out_loss: list[float | None]
    """The same of the sentences that were set aside, while nothing moved at the end of each epoch;
    empty if none were."""
    untrained_loss: list[float | None]
    """What the pairs of `loss` cost while the output table is zero."""
    pairs: list[int]
    """(Hidden vector, true word) pairs that each epoch trained on; about, where the loss was not
    measured in every step."""
    kept: list[int]
    """Tokens each epoch kept after subsampling."""
    loss_every: int
    """The loss was measured in one of so many steps, drawn."""
    seconds: float
    prepare_seconds: float
    """Before the first step: making the tables, and compiling where the backend does that."""
    raw_words_per_second: float
    kept_tokens_per_second: float
    tree: HuffmanTree | None
    """That the output rows belong to, for hierarchical softmax."""
    done: float
    """Fraction of all epochs; below 1 if a callback has stopped it."""
    stopped: dict[str, str | int] | None
    """Which callback that was, and in which epoch."""
    trace: list[Progress]
    """The run at a few hundred moments at most."""
    parts: list[dict[str, Any]]
    """Who trained, from which fraction on; more than one if the run went on from checkpoints."""
    checkpoints: dict[str, Any] | None = None
    """See `Checkpoints.told`; None without."""
    rounds: dict[str, Any] | None = None
    """How epochs were cut into rounds, and what became of these; None without."""
