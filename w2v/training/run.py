"""One run under way: what is trained, and what was found so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend
from w2v.config import Config
from w2v.text import Corpus, Vocabulary
from w2v.training.checkpoint_state import Saved, State
from w2v.training.epoch import Tally
from w2v.training.held_out import HeldOut
from w2v.training.onlookers import Onlookers
from w2v.training.outcome import Trained
from w2v.training.progress import Progress, copied, gone
from w2v.training.tables import Tables, taken
from w2v.training.worker import Worker

_TRACED = (
    *("epoch", "epochs", "done", "seconds", "raw_words_per_second", "kept_tokens_per_second"),
    *("learning_rate", "loss", "held_out_loss"),
)
"""Fields of `Progress` that a checkpoint keeps of a moment."""


@dataclass
class Run:
    """Tables in training, who trains them, and the sums of each epoch."""

    backend: Backend
    config: Config
    vocabulary: Vocabulary
    text: Corpus
    """That is trained on."""
    tables: Tables
    workers: list[Worker]
    onlookers: Onlookers
    loss_every: int
    epochs: int
    chunks: int
    """Of an epoch, and below the tokens of each, and the words of the text."""
    chunk: int
    words: int
    trained_before: int
    """Epochs of the runs before this one."""
    aside: HeldOut | None
    sample: Callable[[], HeldOut]
    """Makes one of sentences that are trained on."""
    preparing: float
    """`time.perf_counter` when the tables were begun, and below when the first step was."""
    started: float = field(init=False)
    seconds_before: float = 0.0
    """Trained before a checkpoint, and below what it took to prepare that."""
    prepared_before: float = 0.0
    tallies: list[Tally] = field(default_factory=list)
    """Of the epochs that are done."""
    now: list[Tally] = field(default_factory=list)
    """Of each worker in the epoch under way."""
    first: int = 0
    """Chunks of that epoch that are done, where nothing moves."""
    ended: bool = False
    held_out_loss: list[float | None] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    """Who trained, from where on."""

    def __post_init__(self) -> None:
        frozen = self.tables.frozen
        self._copy: Trained | None = None
        self._sample: HeldOut | None = None
        self._frozen = np.flatnonzero([] if frozen is None else frozen)
        rows = self.tables.input[self.backend.asarray(self._frozen), : self.config.dim]
        self._as_they_were = np.array(self.backend.to_numpy(rows))
        self.begin()

    def begin(self) -> None:
        """The clock starts."""
        self.backend.synchronize()
        self.started = time.perf_counter()

    def go_on(self, saved: Saved) -> None:
        """Take up the figures of a checkpoint; the tables have been read from it."""
        state = saved.state
        times = state.chunk // self.chunk  # chunks are halved, and halved again
        tallies = [Tally(**one) for one in state.tallies]
        for tally in tallies:
            tally.done = min(tally.done * times, self.chunks)
            tally.whole = int(tally.done)
        self.first = state.first * times
        if len(tallies) > state.epoch:
            self.now = [tallies.pop()]
        self.tallies, self.ended = tallies, state.ended
        self.held_out_loss = list(state.held_out_loss)
        self.seconds_before, self.prepared_before = state.seconds, state.prepare_seconds
        self.parts = list(state.parts)
        if "frozen_rows" in saved.arrays:
            self._as_they_were = saved.arrays["frozen_rows"]
        trace = [Progress(**moment, vectors=gone) for moment in state.trace]
        self.onlookers.go_on(trace, state.stopped, state.callbacks)

    @property
    def all_tallies(self) -> list[Tally]:
        """Sums of each epoch, that of the one under way too."""
        return self.tallies + ([Tally.total(self.now)] if self.now else [])

    @property
    def seconds(self) -> float:
        """Trained so far."""
        return self.seconds_before + time.perf_counter() - self.started

    @property
    def done(self) -> float:
        """Fraction of all epochs."""
        return Tally.total(self.all_tallies).done / (self.chunks * self.epochs)

    def progress(self, held_out_loss: float | None) -> Progress:
        """In the epoch under way."""
        now = Tally.total(self.now)
        done = self.done_at(len(self.tallies), now.done)
        seconds = self.seconds
        kept = sum(tally.kept for tally in self.all_tallies)
        return Progress(
            epoch=len(self.tallies) + 1,
            epochs=self.epochs,
            done=done,
            seconds=seconds,
            raw_words_per_second=self.words * self.epochs * done / seconds,
            kept_tokens_per_second=kept / seconds,
            learning_rate=self.config.learning_rate(done),
            loss=now.mean_loss,
            held_out_loss=held_out_loss,
            settled_loss=self.settled_loss,
            vectors=partial(
                copied, self.backend, self.tables.input, self.config.dim, self.vocabulary
            ),
        )

    def done_at(self, epoch: int, chunks: float) -> float:
        """Fraction of the training at a position in chunks of an epoch."""
        return (epoch + chunks / self.chunks) / self.epochs

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
        self.tallies, self.now, self.first = self.all_tallies, [], 0

    def state(self, checkpoints: dict[str, Any], **given: Any) -> State:
        """All of it but the tables, where nothing moves; `given` are fields that others know."""
        return State(
            checkpoints=checkpoints,
            epochs=self.epochs,
            chunk=self.chunk,
            epoch=len(self.tallies),
            first=self.first,
            done=self.done,
            ended=self.ended,
            tallies=[asdict(tally) for tally in self.all_tallies],
            held_out_loss=list(self.held_out_loss),
            trace=[
                {name: getattr(moment, name) for name in _TRACED} for moment in self.onlookers.trace
            ],
            stopped=self.onlookers.stopped,
            seconds=self.seconds,
            prepare_seconds=self.prepare_seconds,
            callbacks=self.onlookers.memories(),
            parts=list(self.parts),
            start_epochs=self.trained_before,
            **given,
        )

    @property
    def both(self) -> tuple[Array, Array]:
        """Input and output table, perhaps wider than their vectors."""
        return self.tables.input, self.tables.output

    def on_host(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both, (V, D) and (rows, D): views where they are on the host, else copies."""
        dim = self.config.dim
        inputs, outputs = (self.backend.to_numpy(table)[:, :dim] for table in self.both)
        return inputs, outputs

    def frozen_rows(self) -> dict[str, NDArray[np.float32]]:
        """As they were, for a checkpoint; nothing if none are frozen."""
        return {"frozen_rows": self._as_they_were} if len(self._frozen) else {}

    @property
    def prepare_seconds(self) -> float:
        return self.prepared_before + self.started - self.preparing

    def copies(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and output table as they are now."""
        dim = self.config.dim
        vectors, output = (np.array(self.backend.to_numpy(t)[:, :dim]) for t in self.both)
        return self._unmoved(vectors), output

    def taken(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors and output table, in their own memory; once, at the end."""
        vectors, output = (taken(self.backend, t, self.config.dim) for t in self.tables.ended())
        return self._unmoved(vectors), output

    def so_far(self) -> Trained:
        """What was made so far, as a copy; the same one until `forget_copy`.

        At the end of an epoch nothing moves meanwhile.
        """
        if self._copy is None:
            self._copy = self.trained(*self.copies(), self.seconds)
        return self._copy

    def forget_copy(self) -> None:
        """Whoever asks next gets a new one."""
        self._copy = None

    def trained(
        self,
        vectors: NDArray[np.float32],
        output: NDArray[np.float32],
        seconds: float,
    ) -> Trained:
        """These tables with all figures so far."""
        epochs = self.all_tallies
        kept = [tally.kept for tally in epochs]
        done = self.done
        return Trained(
            vectors=vectors,
            output=output,
            loss=[tally.mean_loss for tally in epochs],
            held_out_loss=list(self.held_out_loss),
            untrained_loss=[tally.untrained_loss for tally in epochs],
            pairs=[round(tally.pairs * self.loss_every) for tally in epochs],
            kept=kept,
            loss_every=self.loss_every,
            seconds=seconds,
            prepare_seconds=self.prepare_seconds,
            raw_words_per_second=self.words * self.epochs * done / seconds,
            kept_tokens_per_second=sum(kept) / seconds,
            tree=self.tables.tree,
            done=done,
            stopped=self.onlookers.stopped if done < 1 else None,
            trace=self.onlookers.trace,
            parts=list(self.parts),
        )

    def _unmoved(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """With frozen rows bit for bit: adding nothing to them has lost the sign of a zero."""
        vectors[self._frozen] = self._as_they_were
        return vectors
