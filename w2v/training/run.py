"""One run under way: what is trained, and what was found so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.training.epoch import Tally
from w2v.training.held_out import HeldOut
from w2v.training.tables import Tables, taken
from w2v.training.worker import Worker


@dataclass
class Run:
    """Tables in training, who trains them, and the sums of each epoch."""

    backend: Backend
    dim: int
    tables: Tables
    workers: list[Worker]
    aside: HeldOut | None
    preparing: float
    """`time.perf_counter` when the tables were begun, and below when the first step was."""
    started: float = field(init=False)
    tallies: list[Tally] = field(default_factory=list)
    """Of the epochs that are done."""
    now: list[Tally] = field(default_factory=list)
    """Of each worker in the epoch under way."""
    held_out_loss: list[float | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        frozen = self.tables.frozen
        self._frozen = np.flatnonzero([] if frozen is None else frozen)
        rows = self.tables.input[self.backend.asarray(self._frozen), : self.dim]
        self._as_they_were = np.array(self.backend.to_numpy(rows))
        self.backend.synchronize()
        self.started = time.perf_counter()

    @property
    def epochs(self) -> list[Tally]:
        """Sums of each epoch, that of the one under way too."""
        return self.tallies + ([Tally.total(self.now)] if self.now else [])

    def measure_held_out(self) -> float | None:
        """The loss of the sentences that are set aside, as the tables are now."""
        if self.aside is None:
            return None
        self.held_out_loss.append(self.aside.loss())
        return self.held_out_loss[-1]

    def end_epoch(self) -> None:
        self.tallies, self.now = self.epochs, []

    def copies(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and output table as they are now."""
        both = self.tables.input, self.tables.output
        vectors, output = (np.array(self.backend.to_numpy(t)[:, : self.dim]) for t in both)
        return self._unmoved(vectors), output

    def taken(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and output table, in their own memory; once, at the end."""
        output = taken(self.backend, self.tables.output, self.dim)
        return self._unmoved(taken(self.backend, self.tables.input, self.dim)), output

    def _unmoved(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """With frozen rows bit for bit: adding nothing to them has lost the sign of a zero."""
        vectors[self._frozen] = self._as_they_were
        return vectors
