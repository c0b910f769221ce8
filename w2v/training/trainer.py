"""Epochs over a corpus: learning rate, workers, loss, progress."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Backend, FusedChunks, usable_cores
from w2v.config import Config
from w2v.errors import ConfigError, TrainingError
from w2v.layers import MOST_SCORES
from w2v.text import Corpus, Vocabulary
from w2v.training import draws
from w2v.training.blocks import CHUNK, BlockReader
from w2v.training.callbacks import Callback
from w2v.training.huffman import HuffmanTree
from w2v.training.memory_plan import MemoryPlan, plan_memory
from w2v.training.model import (
    Model,
    Tables,
    beside,
    make_tables,
    rows_met,
    step_shape,
    taken,
)
from w2v.training.progress import Progress
from w2v.training.start import FRESH, Start
from w2v.vectors import Vectors

_REPORT_S = 0.2
_TRACED = 200  # points of a run that are kept
_FEW_STEPS = 512  # of an epoch: the loss is measured in all of them
_DIVERGED = 10  # times the loss of untrained tables
_FORGET_EVERY = 64  # chunks: what they take of memory is little, and to forget takes no time
_LEAST_WORKER_STEP = 64  # tokens; below, a step is all overhead
_LEAST_STEPS = 400  # of an epoch, unless they get smaller than that


@dataclass(frozen=True)
class Trained:
    """What training gives back."""

    vectors: NDArray[np.float32]
    """(V, D): the input table."""
    output: NDArray[np.float32]
    """The output table: a row per word, or per inner node for hierarchical softmax."""
    loss: list[float | None]
    """Mean nats per (hidden vector, true word) pair of each epoch, over a fixed share of the steps;
    None where no token had a neighbour."""
    kept: list[int]
    """Tokens each epoch kept after subsampling."""
    loss_every: int
    """The loss was measured on every so-many-th step."""
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


@dataclass
class _Tally:
    """One worker's sums over an epoch."""

    chunks: float = 0
    kept: int = 0
    loss: float = 0.0
    pairs: float = 0.0

    @classmethod
    def total(cls, tallies: list[_Tally]) -> _Tally:
        return cls(*map(sum, zip(*map(astuple, tallies), strict=True)))

    @property
    def mean_loss(self) -> float | None:
        return self.loss / self.pairs if self.pairs else None


@dataclass
class _Epoch:
    """What the workers of an epoch share."""

    number: int
    draws: int
    """Number of its draws; epochs that were trained in another run had others."""
    spans: Iterator[int]
    corpus: Corpus
    tables: Tables
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def next_span(self) -> int | None:
        with self.lock:
            first = None if self.stop.is_set() else next(self.spans, None)
            if first is not None and first % _FORGET_EVERY == 0:
                self.corpus.forget_pages()
            return first


class Trainer:
    """Trains the tables of one configuration on one corpus.

    Parameters
    ----------
    config : Config
    corpus : Corpus
    backend : Backend
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
        self.backend = backend = backend.in_order() if config.deterministic else backend
        keep = self._keep_share = corpus.vocabulary.keep_probabilities(config.sample)
        kept_share = float(corpus.vocabulary.counts @ keep) / corpus.vocabulary.total
        self.config = config = _in_steps(backend, config, len(corpus.ids) * kept_share)
        self.shape = step_shape(backend, config)
        self._on_progress = on_progress
        self._on_waiting = on_waiting
        self.start = start
        self._callbacks = callbacks
        self._stopped: dict[str, str | int] | None = None
        self._reader = BlockReader(
            backend,
            corpus.ids,
            corpus.ends,
            keep,
            window=config.window,
            block=self.shape.block,
            centre_in_core=Model.centre_in_core(config),
            fixed_window=config.fixed_window,
            seed=config.seed,
        )
        corpus.forget_pages()  # the reader has looked at all of it
        wanted = self._wanted_workers()
        self._worker_step = max(self.shape.block, -(-self.shape.step // wanted))
        self._check_softmax()
        # a step may take more tokens than a chunk keeps: then a span of chunks makes one step
        self._span = max(1, round(self._worker_step / (CHUNK * kept_share)))
        self.workers = min(wanted, -(-self._reader.chunks // self._span))
        self._steps = len(corpus.ids) * kept_share / self._worker_step  # in an epoch, about
        self._loss_every = _loss_every(self._steps)
        self._tallies: list[_Tally] = []  # of the epochs that are done
        self._trace: list[Progress] = []

    def _wanted_workers(self) -> int:
        """As asked for, else all cores, within what the backend allows."""
        cores = usable_cores()
        wanted = self.config.workers or (1 if self.config.deterministic else cores)
        if wanted > cores:
            warnings.warn(
                f"{wanted} workers were asked for, but there {'is' if cores == 1 else 'are'} "
                f"{cores} core{'' if cores == 1 else 's'}; more workers than cores are no faster.",
                stacklevel=3,
            )
        if self.shape.step > self.shape.block:
            wanted = min(wanted, max(1, self.shape.step // _LEAST_WORKER_STEP))
        return min(wanted, self._reader.chunks, self.backend.max_workers or wanted)

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
        return self._worker_step * self.workers

    def _check_softmax(self) -> None:
        scores = self._worker_step * len(self.corpus.vocabulary)
        if self.config.loss == "softmax" and scores >= MOST_SCORES:
            raise ConfigError(
                f"`loss` softmax over {len(self.corpus.vocabulary):,} words takes {scores:,} "
                f"scores a step, and at most {MOST_SCORES:,} are possible. Lower `step_tokens` "
                f"(now {self.shape.step}), or take loss ns or hs."
            )

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
        self._tallies, self._trace, self._stopped = [], [], None
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
            others = beside(backend, config, tables, self.workers)
            models = [
                Model(backend, config, tables, workers=self.workers, others=others)
                for _ in range(self.workers)
            ]
            if (fused := models[0].fused_chunks(self._reader)) is not None:
                self._take_chunks(fused)
            frozen = np.flatnonzero([] if self.start.frozen is None else self.start.frozen)
            held = backend.to_numpy(tables.input[backend.asarray(frozen), : config.dim])
            backend.synchronize()
            started = time.perf_counter()
            for epoch in range(config.epochs):
                self._tallies.append(self._run_epoch(epoch, tables, models, started))
                if self._stopped:
                    break
            backend.synchronize()
            seconds = time.perf_counter() - started
        output = taken(backend, tables.output, config.dim)
        known = self.start.output_rows
        moved = output.any() if not len(known) else (output[known] != self.start.output).any()
        if not moved and not any(tally.pairs for tally in self._tallies):
            raise TrainingError(
                "There was nothing to learn: no word had a neighbour in its sentence. Give "
                "sentences of several words a line, or a larger sample (now "
                f"{config.sample:g}; 0 keeps every token)."
            )
        vectors = taken(backend, tables.input, config.dim)
        vectors[frozen] = held  # adding nothing to them has lost the sign of a zero
        if not (np.isfinite(vectors).all() and np.isfinite(output).all()):
            raise self._diverged("A vector is no longer finite", config.epochs, 1.0)
        kept = [tally.kept for tally in self._tallies]
        done = _Tally.total(self._tallies).chunks / (self._reader.chunks * config.epochs)
        return Trained(
            vectors=vectors,
            output=output,
            loss=[tally.mean_loss for tally in self._tallies],
            kept=kept,
            loss_every=self._loss_every,
            seconds=seconds,
            prepare_seconds=started - preparing,
            raw_words_per_second=self.corpus.stats.tokens * config.epochs * done / seconds,
            kept_tokens_per_second=sum(kept) / seconds,
            tree=tables.tree,
            done=done,
            stopped=self._stopped if done < 1 else None,
            trace=self._trace,
        )

    def _take_chunks(self, fused: FusedChunks) -> None:
        """The backend has its own way through an epoch, which is one span then."""
        self._span = self._reader.chunks
        self._worker_step = fused.in_flight
        self._loss_every = _loss_every(self._steps * self._worker_step / self.shape.block)

    def _run_epoch(
        self, number: int, tables: Tables, models: list[Model], started: float
    ) -> _Tally:
        spans = iter(range(0, self._reader.chunks, self._span))
        epoch = _Epoch(number, self.start.epochs + number, spans, self.corpus, tables)
        tallies = [_Tally() for _ in models]
        with ThreadPoolExecutor(self.workers, thread_name_prefix="w2v") as pool:
            try:
                work = zip(models, tallies, strict=True)
                pending = {pool.submit(self._work, epoch, *pair) for pair in work}
                while pending:
                    finished, pending = wait(pending, _REPORT_S, return_when=FIRST_EXCEPTION)
                    for future in finished:
                        future.result()
                    progress = self._progress(epoch, tallies, started)
                    self._keep(progress)
                    if self._on_progress:
                        self._on_progress(progress)
                    if not self._stopped and self._ask("on_step", progress):
                        epoch.stop.set()
                if _Tally.total(tallies).chunks >= self._reader.chunks:
                    self._ask("on_epoch_end", progress)
            finally:
                epoch.stop.set()  # on an error or Ctrl-C all workers leave after their step
        return _Tally.total(tallies)

    def _ask(self, when: str, progress: Progress) -> bool:
        """Call that method of all callbacks; whether one of them stops the training."""
        for callback in self._callbacks:
            method = getattr(callback, when, None)
            if method and method(progress) and not self._stopped:
                self._stopped = {"by": type(callback).__name__, "epoch": progress.epoch}
        return self._stopped is not None

    def _progress(self, epoch: _Epoch, tallies: list[_Tally], started: float) -> Progress:
        now = _Tally.total(tallies)
        done = self._done(epoch, now.chunks)
        seconds = time.perf_counter() - started
        kept = now.kept + sum(tally.kept for tally in self._tallies)
        return Progress(
            epoch=epoch.number + 1,
            epochs=self.config.epochs,
            done=done,
            seconds=seconds,
            raw_words_per_second=self.corpus.stats.tokens * self.config.epochs * done / seconds,
            kept_tokens_per_second=kept / seconds,
            learning_rate=self.config.learning_rate(done),
            loss=now.mean_loss,
            vectors=partial(
                _copied, self.backend, epoch.tables, self.config.dim, self.corpus.vocabulary
            ),
        )

    def _keep(self, progress: Progress) -> None:
        """Ends of epochs, unless they are too many, and moments between."""
        step = progress.done - (self._trace[-1].done if self._trace else 0)
        last = progress.done == progress.epoch / progress.epochs
        if step >= 1 / _TRACED or (
            step > 0 and last and (progress.epochs <= _TRACED or progress.done == 1)
        ):
            self._trace.append(progress)

    def _work(self, epoch: _Epoch, model: Model, tally: _Tally) -> None:
        with self.backend.training():
            self._train_spans(epoch, model, tally)

    def _train_spans(self, epoch: _Epoch, model: Model, tally: _Tally) -> None:
        """Train on one span of chunks after another until the epoch has no more."""
        chunks = self._reader.chunks
        key = draws.stream_key(self.config.seed, draws.NEGATIVE, epoch.draws)
        while (first := epoch.next_span()) is not None:
            span = range(first, min(first + self._span, chunks))
            before = tally.chunks
            steps = model.train(
                self._reader,
                epoch.draws,
                span,
                tokens=self._worker_step,
                key=key,
                learning_rate=lambda at: self.config.learning_rate(self._done(epoch, at)),
                loss_every=self._loss_every,
            )
            for step in steps:
                if step.loss is not None:
                    loss, pairs = float(step.loss), float(step.pairs)
                    tally.loss += loss
                    tally.pairs += pairs
                    done = self._done(epoch, step.begin)
                    self._check(loss, pairs * model.loss.untrained_loss, epoch, done)
                tally.kept += step.tokens
                tally.chunks += step.end - step.begin
                if epoch.stop.is_set():
                    return
            tally.chunks = before + len(span)

    def _done(self, epoch: _Epoch, at: float) -> float:
        """Fraction of the training at a position in chunks."""
        return (epoch.number + at / self._reader.chunks) / self.config.epochs

    def _check(self, loss: float, untrained: float, epoch: _Epoch, done: float) -> None:
        """Stop when the loss of a step is no number, or far above that of untrained tables."""
        if not math.isfinite(loss):
            raise self._diverged("The loss is no longer a finite number", epoch.number + 1, done)
        if loss > _DIVERGED * untrained > 0:
            times = f"The loss of a step is {loss / untrained:,.0f} times that of untrained tables"
            raise self._diverged(times, epoch.number + 1, done)

    def _diverged(self, what: str, epoch: int, done: float) -> TrainingError:
        config = self.config
        tokens = f"{self.step_tokens:,} token{'' if self.step_tokens == 1 else 's'}"
        return TrainingError(
            f"Training diverged. {what}, in epoch {epoch} near step "
            f"{round(done * config.epochs * self._steps):,}, at learning rate "
            f"{config.learning_rate(done):.4g} and {tokens} a step. Lower `alpha` "
            f"(now {config.alpha:g}) or `row_cap` (now {config.row_cap:g})."
        )


def _in_steps(backend: Backend, config: Config, tokens: float) -> Config:
    """The configuration with small enough steps: a short text needs some hundreds of them too.

    Large steps are held back by the row cap, and a short text has too few of them to make up for
    it.
    """
    shape = step_shape(backend, config)
    step = max(shape.block, _LEAST_WORKER_STEP, round(tokens / _LEAST_STEPS))
    if config.step_tokens is not None or step >= shape.step:
        return config
    return replace(config, step_tokens=step)


def _copied(backend: Backend, tables: Tables, dim: int, words: Vocabulary) -> Vectors:
    """The vectors that the tables hold now."""
    matrix = np.array(backend.to_numpy(tables.input)[:, :dim])
    return Vectors(words.words, matrix, words.counts)


def _loss_every(steps: float) -> int:
    """1, 8, 64, ...: the more steps, the smaller the share in which the loss is measured."""
    every = 1
    while steps > _FEW_STEPS * every**2:
        every *= 8
    return every
