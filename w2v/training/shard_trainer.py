"""Training of shards: from the tables of a round to what they have changed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend
from w2v.config import Config
from w2v.text import Corpus
from w2v.training import draws, verdict
from w2v.training.changes import Changes, changed
from w2v.training.epoch import Epoch, Tally
from w2v.training.huffman import HuffmanTree
from w2v.training.rounds import Shard
from w2v.training.schedule import schedule
from w2v.training.start import FRESH
from w2v.training.step_plan import beside, rows_met, step_shape, text_reader
from w2v.training.tables import Copiers, make_tables
from w2v.training.worker import Worker

Both = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Input and output table, (V, D) and (rows, D)."""


@dataclass(frozen=True)
class Task:
    """What all shards of a run have in common; to be sent to where they are trained."""

    config: Config
    """With epochs and all that depends on the length of the text."""
    chunk: int
    """Tokens that shards count in."""
    chunks: int
    """Of an epoch."""
    epochs_before: int
    """Of earlier runs."""
    kept: float
    """Tokens of an epoch, about."""
    loss_every: int
    """The loss is measured in one of so many steps."""
    tree: HuffmanTree | None = None
    frozen: NDArray[np.bool_] | None = field(default=None, repr=False)

    def done_at(self, epoch: int, chunks: float) -> float:
        """Fraction of the run at a position in chunks of an epoch."""
        assert isinstance(self.config.epochs, int)
        return (epoch + chunks / self.chunks) / self.config.epochs


@dataclass(frozen=True)
class Result:
    """What the training of a shard has come to."""

    shard: Shard
    changes: tuple[Changes, Changes]
    """Of the input and of the output table."""
    tally: Tally
    seconds: float
    diverged: tuple[str, float] | None = None
    """What has, and at which fraction of the run; then the changes are of no use."""


class ShardTrainer:
    """Trains one shard after the other, each from the tables of its round.

    Parameters
    ----------
    backend : Backend
    task : Task
    text : Corpus             That is trained on.
    tables : Both             Those of the round it begins with; copied.
    """

    def __init__(self, backend: Backend, task: Task, text: Corpus, tables: Both) -> None:
        self._backend, self._task, self._text = backend, task, text
        config = task.config
        keep = text.vocabulary.keep_probabilities(config.sample)
        self._reader = text_reader(backend, config, text, keep, task.chunk)
        self._times = task.chunk // self._reader.chunk
        shape = step_shape(backend, config)
        kept = task.kept / task.chunks / self._times
        how = schedule(config, shape, self._reader.chunks, kept)
        start = replace(FRESH, frozen=task.frozen)
        counts = text.vocabulary.counts
        self._tables = make_tables(
            backend, config, counts, task.tree, start, keep, tables, how.workers
        )
        self._copiers = Copiers(backend, how.workers)
        self._before = tuple(backend.xp.array(table) for table in self._both)
        backend.prepare(rows_met(config), averaged=config.model == "cbow")
        others = beside(backend, config, self._tables, how.workers)
        settings = {"workers": how.workers, "step_tokens": how.step_tokens, "at_once": how.at_once}
        self._workers = [
            Worker(backend, config, self._tables, self._reader, others=others, **settings)
            for _ in range(how.workers)
        ]
        self._tallies: list[Tally] = []

    @property
    def _both(self) -> tuple[Array, Array]:
        return self._tables.input, self._tables.output

    def done(self) -> float:
        """Chunks of the shard under way that are trained."""
        return Tally.total(self._tallies).done / self._times if self._tallies else 0.0

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """Add what a round has changed: these are the tables of the next."""
        for change, before, table in zip(changes, self._before, self._both, strict=True):
            change.add_to(before, self._copiers, table)

    def train(self, shard: Shard, stopped: Callable[[], bool] = lambda: False) -> Result:
        """Train a shard from the tables of its round, which are there again afterwards."""
        started = time.perf_counter()
        task, times = self._task, self._times
        number = task.epochs_before + shard.epoch
        chunks, at_once = self._reader.chunks, self._workers[0].at_once
        epoch = Epoch(shard.epoch, number, chunks, at_once, self._text, first=shard.begin * times)
        epoch.go_on(min(shard.end * times, chunks))
        self._tallies = [Tally() for _ in self._workers]
        work = partial(self._work, epoch, stopped)
        if len(self._workers) == 1:
            found = [work(self._workers[0], self._tallies[0])]
        else:
            with ThreadPoolExecutor(len(self._workers), thread_name_prefix="w2v") as pool:
                try:
                    found = list(pool.map(work, self._workers, self._tallies))
                finally:
                    epoch.stop.set()
        diverged = next((what for what in found if what is not None), None)
        inputs, outputs = (
            changed(before, table, task.config.dim, task.config.changes, self._copiers)
            for before, table in zip(self._before, self._both, strict=True)
        )
        tally = Tally.total(self._tallies)
        tally.done = tally.whole = shard.end - shard.begin
        self._tallies = []
        return Result(shard, (inputs, outputs), tally, time.perf_counter() - started, diverged)

    def close(self) -> None:
        """Let go of threads."""
        self._copiers.close()

    def _work(
        self, epoch: Epoch, stopped: Callable[[], bool], worker: Worker, tally: Tally
    ) -> tuple[str, float] | None:
        """Train on one span of chunks after another; what has diverged, and where."""
        task, config = self._task, self._task.config

        def done_at(chunk: float) -> float:
            return task.done_at(epoch.number, chunk / self._times)

        with self._backend.training():
            steps = worker.train(
                epoch.draws,
                epoch.spans(),
                key=draws.stream_key(config.seed, draws.NEGATIVE, epoch.draws),
                learning_rate=lambda at: config.learning_rate(done_at(at)),
                loss_key=draws.stream_key(config.seed, draws.MEASURED, epoch.draws),
                loss_every=task.loss_every,
                stopped=lambda: epoch.stop.is_set() or stopped(),
            )
            with contextlib.closing(steps):
                for step in steps:
                    tally.add(step)
                    if step.loss is None:
                        continue
                    if what := verdict.of_step(step.loss, step.untrained):
                        epoch.stop.set()
                        return what, done_at(step.begin)
        return None
