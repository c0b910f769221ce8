"""One configuration on one corpus: what is decided before training, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v import interrupts
from w2v.backends import Backend
from w2v.config import AUTO, Config
from w2v.errors import ConfigError, TrainingError
from w2v.text import Corpus
from w2v.training import verdict
from w2v.training.apart import WorkerApart
from w2v.training.callbacks import Callback
from w2v.training.checkpoint_state import State, start_arrays
from w2v.training.checkpoints import Checkpoints
from w2v.training.crew import Crew, Here
from w2v.training.held_out import HeldOut, parted, sampled
from w2v.training.huffman import HuffmanTree, ranks_near_in_text
from w2v.training.memory_plan import MemoryPlan, plan_memory
from w2v.training.onlookers import Onlookers
from w2v.training.outcome import Trained
from w2v.training.passes import Passes
from w2v.training.progress import Progress
from w2v.training.round_passes import RoundPasses
from w2v.training.rounds import Rounds, rounds_for
from w2v.training.run import Run
from w2v.training.schedule import check_softmax, epochs_for, for_length, loss_every, schedule
from w2v.training.shard_trainer import Task
from w2v.training.start import FRESH, Start
from w2v.training.step_plan import beside, rows_met, step_shape, text_reader
from w2v.training.tables import Tables, all_finite, make_tables, moved
from w2v.training.worker import Worker


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
        Vectors to begin with, and words that are frozen; a run that goes on from a checkpoint
        begins with what that says.
    callbacks : sequence of Callback
        Called from the thread that called `run`; they may stop the training.
    checkpoints : Checkpoints, optional
        Left on the way; their folder may hold one to go on from.
    crew : Crew, optional
        Trains in rounds; see `RoundPasses`.
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
        checkpoints: Checkpoints | None = None,
        crew: Crew | None = None,
    ) -> None:
        self.corpus = corpus
        self._crew = crew
        self.checkpoints = checkpoints
        self.saved = saved = checkpoints.folder.saved if checkpoints else None
        self.text, self.aside = parted(backend, config, corpus)
        self.raw_words = corpus.stats.tokens - (len(self.aside.ids) if self.aside else 0)
        self.backend = backend
        self.start = saved.start() if saved else start
        self._on_progress, self._on_waiting = on_progress, on_waiting
        self._callbacks = callbacks
        keep = self._keep_share = corpus.vocabulary.keep_probabilities(config.sample)
        kept_share = float(np.average(keep, weights=corpus.vocabulary.counts))
        self._kept = len(self.text.ids) * kept_share  # in an epoch, about
        self.by_length = config.epochs == AUTO
        self.epochs = epochs_for(config, len(self.text.ids), continued=self.start.epochs > 0)
        if saved:
            self.epochs = saved.state.epochs  # "auto" may have meant others
        config = replace(config, epochs=self.epochs)
        self.config = config = for_length(backend, config, self._kept)
        self.shape = step_shape(backend, config)
        self._reader = text_reader(
            backend, config, self.text, keep, saved.state.chunk if saved else None
        )
        kept_of_a_chunk = self._reader.chunk * kept_share
        self._schedule = schedule(config, self.shape, self._reader.chunks, kept_of_a_chunk)
        self.workers = self._schedule.workers
        self._in_flight = self._schedule.step_tokens  # of a worker
        measured = self.shape.block if self.shape.step == self.shape.block else self._in_flight
        self._loss_every = loss_every(self._kept / measured)
        check_softmax(config, len(corpus.vocabulary), self._schedule.step_tokens, self.shape)
        self._chunk, self._chunks = self._reader.chunk, self._reader.chunks
        self.rounds: Rounds | None = None
        if saved and crew and not saved.state.rounds:
            raise ConfigError(
                f"The run of {saved.name} was begun in one piece, and workers of a cluster need "
                "one in rounds. Go on without `cluster`, or begin a run with `shards`, or on one."
            )
        if saved and saved.state.rounds:
            self.rounds = Rounds(**saved.state.rounds)
            self._chunk, self._chunks = saved.state.chunk, self.rounds.chunks
        elif not saved and (crew or config.shards):
            size, begun = (self._chunks, len(self.text.ids)), self.start.epochs > 0
            self.rounds = rounds_for(config, *size, begun=begun)
        if self.rounds and not crew:
            self._crew = Here(backend)
        self._begin()

    def _begin(self) -> None:
        self._onlookers = Onlookers(self._on_progress, self._callbacks)
        self._under_way: Run | None = None

    @cached_property
    def tree(self) -> HuffmanTree | None:
        """Of hierarchical softmax; words of one count that first stand near each other are near."""
        if self.config.loss != "hs" or self.start.tree is not None:
            return self.start.tree
        counts = self.corpus.vocabulary.counts
        return HuffmanTree.from_counts(counts, ranks_near_in_text(counts, self.corpus.first_seen()))

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
            checkpoints=self.checkpoints is not None,
            shards=self.rounds.shards if self.rounds else 0,
            trainers=self._crew.trainers if self._crew else 0,
        )

    @property
    def trained_where(self) -> str | None:
        """Where shards are trained, for people; None without rounds."""
        return self._crew.where if self._crew else None

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
        checkpoints = self.checkpoints
        began = checkpoints.folder.began if checkpoints else None
        rounds = asdict(self.rounds) if self.rounds else None
        facts: dict[str, Any] = {"began": began or {}, "start": self.start.about}
        facts["rounds"] = rounds
        try:
            with self.backend.training():
                run = self._under_way = self._prepared()
                interrupts.ask_unless_held()
            with interrupts.held() if checkpoints else nullcontext():
                trained = self._trained(run, partial(run.state, **facts))
        finally:
            if self._crew:
                self._crew.close()
            if checkpoints:
                checkpoints.close()
        interrupts.ask_unless_held()  # one that was held while the last epoch came to its end
        return trained

    def _trained(self, run: Run, state: Callable[[dict[str, Any]], State]) -> Trained:
        """What comes of a run that is prepared; with a last checkpoint, if it is any good."""
        backend, checkpoints = self.backend, self.checkpoints
        arrays = {**start_arrays(self.start), **run.frozen_rows()}
        with backend.training():
            self._passes(run, checkpoints, state, arrays).all()
            backend.synchronize()
            seconds = run.seconds
        self._under_way = None
        vectors, output = run.taken()
        self._check_moved(run, output)
        if not (all_finite(vectors) and all_finite(output)):
            raise self._diverged("A vector is no longer finite", self.epochs, 1.0)
        trained = run.trained(vectors, output, seconds)
        cut = trained.stopped is not None
        verdict.after(self.config, trained.loss, trained.untrained_loss, cut=cut)
        if self.rounds:
            assert self._crew is not None
            told = {"shards": self.rounds.shards, "rounds_of_an_epoch": self.rounds.rounds}
            trained = replace(trained, rounds={**told, **self._crew.told()})
        if checkpoints is None:
            return trained
        if not (self.saved and self.saved.state.ended):
            checkpoints.write(state, {"input": vectors, "output": output, **arrays})
        return replace(trained, checkpoints=checkpoints.told())

    def _passes(
        self,
        run: Run,
        checkpoints: Checkpoints | None,
        state: Callable[[dict[str, Any]], State],
        arrays: dict[str, NDArray[Any]],
    ) -> Passes:
        """By workers here, or by a crew in rounds."""
        given = run, checkpoints, state, arrays, self._diverged
        if self.rounds is None:
            return Passes(*given)
        assert self._crew is not None
        return RoundPasses(*given, crew=self._crew, rounds=self.rounds)

    def _prepared(self) -> Run:
        config, backend, keep = self.config, self.backend, self._keep_share
        saved, checkpoints = self.saved, self.checkpoints
        preparing = time.perf_counter()
        averaged = config.model == "cbow"
        backend.prepare(rows_met(config), averaged=averaged, waiting=self._on_waiting)
        interrupts.ask_unless_held()  # a signal may have been lost while kernels were compiled
        counts = self.corpus.vocabulary.counts
        begin = (saved.arrays["input"], saved.arrays["output"]) if saved else None
        here = self.workers if self.rounds is None else 1
        tables = make_tables(backend, config, counts, self.tree, self.start, keep, begin, here)
        workers = self._workers(tables) if self.rounds is None else []

        def looked_at(corpus: Corpus) -> HeldOut:
            return HeldOut(backend, config, corpus, keep, tables, self.workers)

        run = Run(
            backend=backend,
            config=config,
            vocabulary=self.corpus.vocabulary,
            text=self.text,
            tables=tables,
            workers=workers,
            onlookers=self._onlookers,
            loss_every=self._loss_every,
            epochs=self.epochs,
            chunks=self._chunks,
            chunk=self._chunk,
            words=self.raw_words,
            trained_before=self.start.epochs,
            aside=None if self.aside is None else looked_at(self.aside),
            sample=lambda: looked_at(sampled(backend, config, self.text)),
            preparing=preparing,
        )
        if saved:
            run.go_on(saved)
            saved.arrays.clear()  # or there would be a third copy of the tables
        if checkpoints:
            shapes = [(len(table), config.dim) for table in run.both]
            self._onlookers.memories()  # which may fail, and should not after hours
            checkpoints.begin(backend, shapes, run.done, begin or ())
        if not run.ended:
            part = {"done": run.done, "workers": self.workers, "backend": backend.name}
            run.parts.append({**part, "device": backend.device})
        if self._crew and not run.ended:
            self._crew.begin(self._task(tables), self.corpus, self.text, run.on_host)
        run.begin()
        return run

    def _task(self, tables: Tables) -> Task:
        """What the shards of this run have in common."""
        return Task(
            config=self.config,
            chunk=self._chunk,
            chunks=self._chunks,
            epochs_before=self.start.epochs,
            kept=self._kept,
            loss_every=self._loss_every,
            tree=tables.tree,
            frozen=self.start.frozen,
        )

    def so_far(self) -> Trained | None:
        """A copy of what the run under way has made; None before its first step."""
        return self._under_way.so_far() if self._under_way else None

    def _workers(self, tables: Tables) -> list[Worker]:
        """All of the same kind; what a step is, they say."""
        how = self._schedule
        settings = {"workers": how.workers, "step_tokens": how.step_tokens, "at_once": how.at_once}
        others = beside(self.backend, self.config, tables, how.workers)
        kind = WorkerApart if tables.shared else Worker
        workers = [
            kind(self.backend, self.config, tables, self._reader, others=others, **settings)
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

    def _diverged(self, what: str, epoch: int, done: float) -> TrainingError:
        step = round(done * self.epochs * self._kept / self._in_flight)
        return verdict.diverged(self.config, what, epoch, step, done, self.step_tokens)
