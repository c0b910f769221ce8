"""Epochs over a corpus: learning rate, workers, loss."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.config import AUTO, Config
from w2v.errors import TrainingError
from w2v.text import Corpus
from w2v.training import draws
from w2v.training.blocks import BlockReader
from w2v.training.callbacks import Callback
from w2v.training.epoch import Epoch, Tally
from w2v.training.huffman import HuffmanTree
from w2v.training.memory_plan import MemoryPlan, plan_memory
from w2v.training.onlookers import Onlookers
from w2v.training.outcome import Trained
from w2v.training.progress import Progress, copied
from w2v.training.schedule import check_softmax, epochs_for, in_steps, loss_every, schedule
from w2v.training.start import FRESH, Start
from w2v.training.step_plan import beside, centre_in_core, chunk_tokens, rows_met, step_shape
from w2v.training.tables import Tables, make_tables, taken
from w2v.training.worker import Worker

_REPORT_S = 0.2
_DIVERGED = 10  # times the loss of untrained tables


class Trainer:
    """Trains the tables of one configuration on one corpus.

    Parameters
    ----------
    config : Config
    corpus : Corpus
    backend : Backend
        For deterministic training one whose sums have a fixed order; see `get_backend`.
    on_progress : callable(Progress), optional
        Called several times a second, from the thread that called `run`.
    on_waiting : callable(str), optional
        Called with a sentence, from another thread, if something takes a while before training.
    start : Start
        Vectors to begin with, and words that are frozen.
    callbacks : sequence of Callback
        Called from the thread that called `run`; they may stop the training.
    """

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        backend: Backend,
        on_progress: Callable[[Progress], None] | None = None,
        on_waiting: Callable[[str], None] | None = None,
        *,
        start: Start = FRESH,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.corpus = corpus
        self.backend = backend
        self.start = start
        self._on_progress, self._on_waiting = on_progress, on_waiting
        self._callbacks = callbacks
        keep = self._keep_share = corpus.vocabulary.keep_probabilities(config.sample)
        kept_share = float(corpus.vocabulary.counts @ keep) / corpus.vocabulary.total
        self._kept = len(corpus.ids) * kept_share  # in an epoch, about
        self.by_length = config.epochs == AUTO
        self.epochs = epochs_for(config, len(corpus.ids), continued=start.epochs > 0)
        config = replace(config, epochs=self.epochs)
        self.config = config = in_steps(backend, config, self._kept)
        self.shape = step_shape(backend, config)
        self._reader = BlockReader(
            backend,
            corpus.ids,
            corpus.ends,
            keep,
            window=config.window,
            block=self.shape.block,
            centre_in_core=centre_in_core(config),
            fixed_window=config.fixed_window,
            seed=config.seed,
            chunk=chunk_tokens(config, self.shape),
        )
        corpus.forget_pages()  # the reader has looked at all of it
        kept_of_a_chunk = self._reader.chunk * kept_share
        self._schedule = schedule(config, self.shape, self._reader.chunks, kept_of_a_chunk)
        self.workers = self._schedule.workers
        self._in_flight = self._schedule.step_tokens  # of a worker
        self._loss_every = 1
        check_softmax(config, len(corpus.vocabulary), self._schedule.step_tokens, self.shape)
        self._begin()

    def _begin(self) -> None:
        self._onlookers = Onlookers(self._on_progress, self._callbacks)
        self._tallies: list[Tally] = []  # of the epochs that are done

    @cached_property
    def tree(self) -> HuffmanTree | None:
        """Of hierarchical softmax; words of one count are neighbours by where they first stand."""
        if self.config.loss != "hs" or self.start.tree is not None:
            return self.start.tree
        counts = self.corpus.vocabulary.counts
        return HuffmanTree.from_counts(counts, self.corpus.first_seen())

    @cached_property
    def memory(self) -> MemoryPlan | None:
        """What training will take of the device's memory; None on a CPU."""
        corpus = self.corpus
        return plan_memory(
            self.backend,
            self.config,
            self.shape,
            words=len(corpus.vocabulary),
            tokens=len(corpus.ids),
            sentences=len(corpus.ends),
            tree=self.tree,
        )

    @property
    def step_tokens(self) -> int:
        """Kept tokens in flight: in the steps that all workers take at once."""
        return self._in_flight * self.workers

    def run(self) -> Trained:
        """All epochs.

        Raises
        ------
        TrainingError
            Training diverged, no word had a neighbour to learn from, it does not fit the device's
            memory, or memory ran out on the way.
        """
        if self.memory is not None:
            self.memory.check()
        self._begin()
        try:
            return self._run()
        except MemoryError as error:
            elsewhere = ", or take a CPU backend (numba)" if self.memory is not None else ""
            raise TrainingError(
                f"Memory ran out in epoch {len(self._tallies) + 1} ({error or 'no size given'}). "
                f"Lower `dim`, `max_vocab` or `step_tokens`, or raise `min_count`{elsewhere}."
            ) from error

    def _run(self) -> Trained:
        config, backend = self.config, self.backend
        with backend.training():
            preparing = time.perf_counter()
            averaged = config.model == "cbow"
            backend.prepare(rows_met(config), averaged=averaged, waiting=self._on_waiting)
            counts = self.corpus.vocabulary.counts
            tables = make_tables(backend, config, counts, self.tree, self.start, self._keep_share)
            workers = self._workers(tables)
            frozen = np.flatnonzero([] if self.start.frozen is None else self.start.frozen)
            held = backend.to_numpy(tables.input[backend.asarray(frozen), : config.dim])
            backend.synchronize()
            started = time.perf_counter()
            for epoch in range(self.epochs):
                self._tallies.append(self._run_epoch(epoch, tables, workers, started))
                if self._onlookers.stopped:
                    break
            backend.synchronize()
            seconds = time.perf_counter() - started
        self._check_moved(output := taken(backend, tables.output, config.dim))
        vectors = taken(backend, tables.input, config.dim)
        vectors[frozen] = held  # adding nothing to them has lost the sign of a zero
        if not (np.isfinite(vectors).all() and np.isfinite(output).all()):
            raise self._diverged("A vector is no longer finite", self.epochs, 1.0)
        kept = [tally.kept for tally in self._tallies]
        done = Tally.total(self._tallies).done / (self._reader.chunks * self.epochs)
        return Trained(
            vectors=vectors,
            output=output,
            loss=[tally.mean_loss for tally in self._tallies],
            kept=kept,
            loss_every=self._loss_every,
            seconds=seconds,
            prepare_seconds=started - preparing,
            raw_words_per_second=self.corpus.stats.tokens * self.epochs * done / seconds,
            kept_tokens_per_second=sum(kept) / seconds,
            tree=tables.tree,
            done=done,
            stopped=self._onlookers.stopped if done < 1 else None,
            trace=self._onlookers.trace,
        )

    def _workers(self, tables: Tables) -> list[Worker]:
        """All of the same kind; what a step is, they say."""
        how = self._schedule
        settings = {"workers": how.workers, "step_tokens": how.step_tokens, "at_once": how.at_once}
        others = beside(self.backend, self.config, tables, how.workers)
        workers = [
            Worker(self.backend, self.config, tables, self._reader, others=others, **settings)
            for _ in range(how.workers)
        ]
        self._in_flight = workers[0].in_flight
        self._loss_every = loss_every(self._kept / workers[0].measured_tokens)
        return workers

    def _check_moved(self, output: NDArray[np.float32]) -> None:
        """Refuse to give back what has learnt nothing."""
        known = self.start.output_rows
        moved = output.any() if not len(known) else (output[known] != self.start.output).any()
        if not moved and not any(tally.pairs for tally in self._tallies):
            raise TrainingError(
                "There was nothing to learn: no word had a neighbour in its sentence. Give "
                "sentences of several words a line, or a larger sample (now "
                f"{self.config.sample:g}; 0 keeps every token)."
            )

    def _run_epoch(
        self, number: int, tables: Tables, workers: list[Worker], started: float
    ) -> Tally:
        chunks, at_once = self._reader.chunks, workers[0].at_once
        epoch = Epoch(number, self.start.epochs + number, chunks, at_once, self.corpus)
        tallies = [Tally() for _ in workers]
        with ThreadPoolExecutor(self.workers, thread_name_prefix="w2v") as pool:
            try:
                work = zip(workers, tallies, strict=True)
                pending = {pool.submit(self._work, epoch, *pair) for pair in work}
                while pending:
                    finished, pending = wait(pending, _REPORT_S, return_when=FIRST_EXCEPTION)
                    for future in finished:
                        future.result()
                    progress = self._progress(epoch, tables, tallies, started)
                    if self._onlookers.tell(progress):
                        epoch.stop.set()
                if Tally.total(tallies).whole == chunks:
                    self._onlookers.tell_end(progress)
            finally:
                epoch.stop.set()  # on an error or Ctrl-C all workers leave after their step
        return Tally.total(tallies)

    def _progress(
        self, epoch: Epoch, tables: Tables, tallies: list[Tally], started: float
    ) -> Progress:
        now = Tally.total(tallies)
        done = self._done(epoch, now.done)
        seconds = time.perf_counter() - started
        kept = now.kept + sum(tally.kept for tally in self._tallies)
        return Progress(
            epoch=epoch.number + 1,
            epochs=self.epochs,
            done=done,
            seconds=seconds,
            raw_words_per_second=self.corpus.stats.tokens * self.epochs * done / seconds,
            kept_tokens_per_second=kept / seconds,
            learning_rate=self.config.learning_rate(done),
            loss=now.mean_loss,
            vectors=partial(
                copied, self.backend, tables.input, self.config.dim, self.corpus.vocabulary
            ),
        )

    def _work(self, epoch: Epoch, worker: Worker, tally: Tally) -> None:
        """Train on one span of chunks after another until the epoch has no more."""
        with self.backend.training():
            steps = worker.train(
                epoch.draws,
                epoch.spans(),
                key=draws.stream_key(self.config.seed, draws.NEGATIVE, epoch.draws),
                learning_rate=lambda at: self.config.learning_rate(self._done(epoch, at)),
                loss_every=self._loss_every,
                stopped=epoch.stop.is_set,
            )
            for step in steps:
                tally.add(step)
                if step.loss is not None:
                    done = self._done(epoch, step.begin)
                    self._check(step.loss, step.pairs * worker.untrained_loss, epoch, done)

    def _done(self, epoch: Epoch, at: float) -> float:
        """Fraction of the training at a position in chunks."""
        return (epoch.number + at / self._reader.chunks) / self.epochs

    def _check(self, loss: float, untrained: float, epoch: Epoch, done: float) -> None:
        """Stop when the loss of a step is no number, or far above that of untrained tables."""
        if not math.isfinite(loss):
            raise self._diverged("The loss is no longer a finite number", epoch.number + 1, done)
        if loss > _DIVERGED * untrained > 0:
            times = f"The loss of a step is {loss / untrained:,.0f} times that of untrained tables"
            raise self._diverged(times, epoch.number + 1, done)

    def _diverged(self, what: str, epoch: int, done: float) -> TrainingError:
        config = self.config
        tokens = f"{self.step_tokens:,} token{'' if self.step_tokens == 1 else 's'}"
        step = round(done * self.epochs * self._kept / self._in_flight)
        return TrainingError(
            f"Training diverged. {what}, in epoch {epoch} near step {step:,}, at learning rate "
            f"{config.learning_rate(done):.4g} and {tokens} a step. Lower `alpha` "
            f"(now {config.alpha:g}) or `row_cap` (now {config.row_cap:g})."
        )
