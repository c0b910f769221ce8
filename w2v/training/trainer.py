"""Epochs over a corpus: learning rate, workers, loss."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from w2v import interrupts
from w2v.backends import Backend
from w2v.config import AUTO, Config
from w2v.errors import TrainingError
from w2v.text import Corpus
from w2v.training import draws, verdict
from w2v.training.callbacks import Callback
from w2v.training.epoch import Epoch, Tally
from w2v.training.held_out import HeldOut, parted, sampled
from w2v.training.huffman import HuffmanTree
from w2v.training.memory_plan import MemoryPlan, plan_memory
from w2v.training.onlookers import Onlookers
from w2v.training.outcome import Trained
from w2v.training.progress import Progress, copied
from w2v.training.run import Run
from w2v.training.schedule import check_softmax, epochs_for, in_steps, loss_every, schedule
from w2v.training.start import FRESH, Start
from w2v.training.step_plan import beside, rows_met, step_shape, text_reader
from w2v.training.tables import Tables, all_finite, make_tables, moved
from w2v.training.worker import Worker

_REPORT_S = 0.2


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
        self.text, self.aside = parted(backend, config, corpus)
        self.raw_words = corpus.stats.tokens - (len(self.aside.ids) if self.aside else 0)
        self.backend = backend
        self.start = start
        self._on_progress, self._on_waiting = on_progress, on_waiting
        self._callbacks = callbacks
        keep = self._keep_share = corpus.vocabulary.keep_probabilities(config.sample)
        kept_share = float(corpus.vocabulary.counts @ keep) / corpus.vocabulary.total
        self._kept = len(self.text.ids) * kept_share  # in an epoch, about
        self.by_length = config.epochs == AUTO
        self.epochs = epochs_for(config, len(self.text.ids), continued=start.epochs > 0)
        config = replace(config, epochs=self.epochs)
        self.config = config = in_steps(backend, config, self._kept)
        self.shape = step_shape(backend, config)
        self._reader = text_reader(backend, config, self.text, keep)
        kept_of_a_chunk = self._reader.chunk * kept_share
        self._schedule = schedule(config, self.shape, self._reader.chunks, kept_of_a_chunk)
        self.workers = self._schedule.workers
        self._in_flight = self._schedule.step_tokens  # of a worker
        self._loss_every = 1
        check_softmax(config, len(corpus.vocabulary), self._schedule.step_tokens, self.shape)
        self._begin()

    def _begin(self) -> None:
        self._onlookers = Onlookers(self._on_progress, self._callbacks)
        self._under_way: Run | None = None

    @cached_property
    def tree(self) -> HuffmanTree | None:
        """Of hierarchical softmax; words of one count are neighbours by where they first stand."""
        if self.config.loss != "hs" or self.start.tree is not None:
            return self.start.tree
        counts = self.corpus.vocabulary.counts
        return HuffmanTree.from_counts(counts, self.corpus.first_seen())

    @cached_property
    def memory(self) -> MemoryPlan | None:
        """What training will take of the device's memory, or of the process's."""
        corpus = self.corpus
        return plan_memory(
            self.backend,
            self.config,
            self.shape,
            words=len(corpus.vocabulary),
            tokens=len(corpus.ids),
            sentences=len(corpus.ends),
            tree=self.tree,
            workers=self.workers,
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
            Training diverged, no word had a neighbour to learn from, it does not fit the memory
            there is, or memory ran out on the way.
        """
        if self.memory is not None:
            self.memory.check()
        frozen = self.start.frozen
        verdict.before(
            self.config,
            self.corpus.vocabulary.words,
            tokens=len(self.text.ids),
            kept=self._kept,
            frozen=0 if frozen is None else int(frozen.sum()),
        )
        self._begin()
        try:
            return self._run()
        except MemoryError as error:
            on_device = self.memory is not None and self.memory.on_device
            elsewhere = ", or take a CPU backend (numba)" if on_device else ""
            epoch = len(self._under_way.tallies) + 1 if self._under_way else 1
            raise TrainingError(
                f"Memory ran out in epoch {epoch}{f' ({error})' if str(error) else ''}. "
                f"Lower `dim`, `max_vocab` or `step_tokens`, or raise `min_count`{elsewhere}."
            ) from error
        finally:
            self._under_way = None

    def _run(self) -> Trained:
        config, backend = self.config, self.backend
        with backend.training():
            run = self._under_way = self._prepared()
            for epoch in range(self.epochs):
                self._run_epoch(epoch, run)
                if self._onlookers.stopped:
                    break
            backend.synchronize()
            seconds = time.perf_counter() - run.started
        self._under_way = None
        vectors, output = run.taken()
        self._check_moved(run, output)
        if not (all_finite(vectors) and all_finite(output)):
            raise self._diverged("A vector is no longer finite", self.epochs, 1.0)
        trained = run.trained(vectors, output, seconds)
        verdict.after(config, trained.loss, trained.untrained_loss)
        return trained

    def _prepared(self) -> Run:
        config, backend, keep = self.config, self.backend, self._keep_share
        preparing = time.perf_counter()
        averaged = config.model == "cbow"
        backend.prepare(rows_met(config), averaged=averaged, waiting=self._on_waiting)
        interrupts.ask_unless_held()
        counts = self.corpus.vocabulary.counts
        tables = make_tables(backend, config, counts, self.tree, self.start, keep)
        workers = self._workers(tables)

        def looked_at(corpus: Corpus) -> HeldOut:
            return HeldOut(backend, config, corpus, keep, tables, self.workers)

        return Run(
            backend=backend,
            dim=config.dim,
            tables=tables,
            workers=workers,
            onlookers=self._onlookers,
            loss_every=self._loss_every,
            chunks=self._reader.chunks * self.epochs,
            words=self.raw_words * self.epochs,
            aside=None if self.aside is None else looked_at(self.aside),
            sample=lambda: looked_at(sampled(backend, config, self.text)),
            preparing=preparing,
        )

    def so_far(self) -> Trained | None:
        """A copy of what the run under way has made; None before its first step."""
        return self._under_way.so_far() if self._under_way else None

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

    def _check_moved(self, run: Run, output: NDArray[np.float32]) -> None:
        """Refuse to give back what has learnt nothing."""
        known = self.start.output_rows
        changed = moved(output, known, self.start.output) if len(known) else output.any()
        if not changed and not any(tally.pairs for tally in run.tallies):
            raise verdict.nothing_to_learn(self.config)

    def _run_epoch(self, number: int, run: Run) -> None:
        chunks, at_once = self._reader.chunks, run.workers[0].at_once
        epoch = Epoch(number, self.start.epochs + number, chunks, at_once, self.text)
        run.now = [Tally() for _ in run.workers]
        held_out_loss = None
        with ThreadPoolExecutor(self.workers, thread_name_prefix="w2v") as pool:
            try:
                work = zip(run.workers, run.now, strict=True)
                pending = {pool.submit(self._work, epoch, *pair) for pair in work}
                while pending:
                    finished, pending = wait(pending, _REPORT_S, return_when=FIRST_EXCEPTION)
                    interrupts.ask_unless_held()
                    for future in finished:
                        future.result()
                    if not pending:
                        held_out_loss = run.measure_held_out()
                    run.forget_copy()
                    progress = self._progress(epoch, run, held_out_loss)
                    if self._onlookers.tell(progress):
                        epoch.stop.set()
                if Tally.total(run.now).whole == chunks:
                    self._onlookers.tell_end(progress)
            finally:
                epoch.stop.set()  # on an error or Ctrl-C all workers leave after their step
        run.end_epoch()

    def _progress(self, epoch: Epoch, run: Run, held_out_loss: float | None) -> Progress:
        now = Tally.total(run.now)
        done = self._done(epoch, now.done)
        seconds = time.perf_counter() - run.started
        kept = sum(tally.kept for tally in run.epochs)
        words = self.corpus.vocabulary
        return Progress(
            epoch=epoch.number + 1,
            epochs=self.epochs,
            done=done,
            seconds=seconds,
            raw_words_per_second=self.raw_words * self.epochs * done / seconds,
            kept_tokens_per_second=kept / seconds,
            learning_rate=self.config.learning_rate(done),
            loss=now.mean_loss,
            held_out_loss=held_out_loss,
            settled_loss=run.settled_loss,
            vectors=partial(copied, self.backend, run.tables.input, self.config.dim, words),
        )

    def _work(self, epoch: Epoch, worker: Worker, tally: Tally) -> None:
        """Train on one span of chunks after another until the epoch has no more."""
        with self.backend.training():
            steps = worker.train(
                epoch.draws,
                epoch.spans(),
                key=draws.stream_key(self.config.seed, draws.NEGATIVE, epoch.draws),
                learning_rate=lambda at: self.config.learning_rate(self._done(epoch, at)),
                loss_key=draws.stream_key(self.config.seed, draws.MEASURED, epoch.draws),
                loss_every=self._loss_every,
                stopped=epoch.stop.is_set,
            )
            for step in steps:
                tally.add(step)
                if step.loss is not None:
                    done = self._done(epoch, step.begin)
                    self._check(step.loss, step.untrained, epoch, done)

    def _done(self, epoch: Epoch, at: float) -> float:
        """Fraction of the training at a position in chunks."""
        return (epoch.number + at / self._reader.chunks) / self.epochs

    def _check(self, loss: float, untrained: float, epoch: Epoch, done: float) -> None:
        """Stop when the loss of a step says that training has diverged."""
        if what := verdict.of_step(loss, untrained):
            raise self._diverged(what, epoch.number + 1, done)

    def _diverged(self, what: str, epoch: int, done: float) -> TrainingError:
        step = round(done * self.epochs * self._kept / self._in_flight)
        return verdict.diverged(self.config, what, epoch, step, done, self.step_tokens)
