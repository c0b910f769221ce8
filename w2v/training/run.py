"""One run under way: what is trained, and what was found so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.training.epoch import Tally
from w2v.training.held_out import HeldOut
from w2v.training.onlookers import Onlookers
from w2v.training.outcome import Trained
from w2v.training.tables import Tables, taken
from w2v.training.worker import Worker


@dataclass
class Run:
    """Tables in training, who trains them, and the sums of each epoch."""

    backend: Backend
    dim: int
    tables: Tables
    workers: list[Worker]
    onlookers: Onlookers
    loss_every: int
    chunks: int
    """Of all epochs, and below the words of the text."""
    words: int
    aside: HeldOut | None
    sample: Callable[[], HeldOut]
    """Makes one of sentences that are trained on."""
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
        self._copy: Trained | None = None
        self._sample: HeldOut | None = None
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

    def settled_loss(self) -> float | None:
        """The loss of sentences that are trained on, as the tables are now."""
        if self._sample is None:
            self._sample = self.sample()
        return self._sample.loss()

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

    def so_far(self) -> Trained:
        """What was made so far, as a copy; the same one until `forget_copy`.

        At the end of an epoch nothing moves meanwhile.
        """
        if self._copy is None:
            self._copy = self.trained(*self.copies(), time.perf_counter() - self.started)
        return self._copy

    def forget_copy(self) -> None:
        """Whoever asks next gets a new one."""
        self._copy = None

    def trained(
        self, vectors: NDArray[np.float32], output: NDArray[np.float32], seconds: float
    ) -> Trained:
        """These tables with all figures so far."""
        epochs = self.epochs
        kept = [tally.kept for tally in epochs]
        done = Tally.total(epochs).done / self.chunks
        return Trained(
            vectors=vectors,
            output=output,
            loss=[tally.mean_loss for tally in epochs],
            held_out_loss=list(self.held_out_loss),
            untrained_loss=[tally.untrained_loss for tally in epochs],
            kept=kept,
            loss_every=self.loss_every,
            seconds=seconds,
            prepare_seconds=self.started - self.preparing,
            raw_words_per_second=self.words * done / seconds,
            kept_tokens_per_second=sum(kept) / seconds,
            tree=self.tables.tree,
            done=done,
            stopped=self.onlookers.stopped if done < 1 else None,
            trace=self.onlookers.trace,
        )

    def _unmoved(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """With frozen rows bit for bit: adding nothing to them has lost the sign of a zero."""
        vectors[self._frozen] = self._as_they_were
        return vectors
