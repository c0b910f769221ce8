"""How far a training run is, for whoever looks on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from w2v.backends import Array, Backend
from w2v.errors import W2VError
from w2v.text import Vocabulary
from w2v.vectors import Vectors


@dataclass(frozen=True)
class Progress:
    """How far training is."""

    epoch: int
    """From 1."""
    epochs: int
    done: float
    """Fraction of all epochs, 0 to 1."""
    seconds: float
    """Since training began."""
    raw_words_per_second: float
    """Tokens of the text, rare and subsampled ones included."""
    kept_tokens_per_second: float
    """Tokens that were centres."""
    learning_rate: float
    loss: float | None
    """Mean of the epoch so far, in nats per pair; None before it was measured."""
    vectors: Callable[[], Vectors] = field(repr=False, compare=False)
    """Makes a copy of the vectors as they are now; between epochs nothing moves meanwhile. Only
    while training: afterwards the memory of the tables belongs to the result."""
    held_out_loss: float | None = None
    """Of the sentences that are set aside, at the end of an epoch; None before or without them."""
    settled_loss: Callable[[], float | None] | None = field(default=None, repr=False, compare=False)
    """Measures the loss, between epochs, of sentences that are trained on, while nothing moves: all
    of a short text, some 65,000 tokens of a long one, the same each time. `loss` is of tables that
    follow what they have just read, and falls less as the learning rate does."""

    @property
    def seconds_left(self) -> float:
        """Estimated from the speed so far."""
        return self.seconds * (1 - self.done) / self.done if self.done else math.inf


def copied(backend: Backend, table: Array, dim: int, words: Vocabulary) -> Vectors:
    """The vectors that a table (V, dim or more) holds now."""
    matrix = np.array(backend.to_numpy(table)[:, :dim])
    return Vectors(words.words, matrix, words.counts)


def gone() -> Vectors:
    """In place of `copied` for a moment before a checkpoint."""
    raise W2VError("The vectors of a moment before a checkpoint are not kept.")
