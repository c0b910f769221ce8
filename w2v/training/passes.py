"""The epochs of a run, one after the other: work is handed out, and others look on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any

from numpy.typing import NDArray

from w2v import interrupts
from w2v.errors import TrainingError
from w2v.training import draws, verdict
from w2v.training.checkpoint_state import State
from w2v.training.checkpoints import Checkpoints
from w2v.training.epoch import Epoch, Tally
from w2v.training.run import Run
from w2v.training.worker import Worker

REPORT_S = 0.2


class Passes:
    """Trains the tables of a run, from where it is to its end.

    Parameters
    ----------
    run : Run
    checkpoints : Checkpoints, optional
        Left on the way, and when a signal ends the run.
    state : callable(figures) -> State
        Of the run, where nothing moves.
    arrays : dict
        What a checkpoint holds besides the tables.
    diverged : callable(what, epoch, done) -> TrainingError
    """

    def __init__(
        self,
        run: Run,
        checkpoints: Checkpoints | None,
        state: Callable[[dict[str, Any]], State],
        arrays: dict[str, NDArray[Any]],
        diverged: Callable[[str, int, float], TrainingError],
    ) -> None:
        self._run, self._checkpoints = run, checkpoints
        self._state, self._arrays, self._diverged = state, arrays, diverged
        self._idle_since = [0.0] * len(run.workers)

    def all(self) -> None:
        """Every epoch that is left, unless a callback stops the run before."""
        run = self._run
        while not run.ended:
            self._epoch()
            run.ended = bool(run.onlookers.stopped) or len(run.tallies) >= run.epochs
            if not run.ended and self._checkpoints:
                due = self._checkpoints.due_between(len(run.tallies), run.epochs)
                if due or interrupts.pending() is not None:
                    self._leave()

    def _epoch(self) -> None:
        run = self._run
        epoch = Epoch(
            len(run.tallies),
            run.trained_before + len(run.tallies),
            run.chunks,
            run.workers[0].at_once,
            run.text,
            first=run.first,
        )
        earlier = run.now or [Tally()]  # the first worker goes on with the sums of a checkpoint
        run.now = [*earlier, *[Tally() for _ in run.workers[1:]]]
        with ThreadPoolExecutor(len(run.workers), thread_name_prefix="w2v") as pool:
            try:
                while True:
                    epoch.go_on(self._due_chunk(epoch.number, epoch.first, epoch.chunks))
                    self._stretch(pool, epoch)
                    if epoch.over or epoch.stop.is_set():
                        break
                    run.first = epoch.first
                    self._leave()
            finally:
                epoch.stop.set()  # on an error or Ctrl-C all workers leave after their step
        run.end_epoch()
        self._idle_since = [time.perf_counter()] * len(run.workers)  # not for a checkpoint before

    def _stretch(self, pool: ThreadPoolExecutor, epoch: Epoch) -> None:
        """Until the epoch is over, or paused for a checkpoint, or stopped."""
        run = self._run
        work = enumerate(zip(run.workers, run.now, strict=True))
        pending: set[Future[None]] = {pool.submit(self._work, epoch, i, *pair) for i, pair in work}
        ended = False
        while pending or (epoch.stop.is_set() and not ended):  # stopped at a pause, or before
            finished, pending = wait(pending, REPORT_S, return_when=FIRST_EXCEPTION)
            for future in finished:
                future.result()
            ended = not pending and (epoch.over or epoch.stop.is_set())
            if self._tell(ended):
                epoch.stop.set()
            if not self._checkpoints:
                interrupts.ask_unless_held()
            elif self._checkpoints.is_due() or interrupts.pending() is not None:
                epoch.pause()

    def _tell(self, ended: bool) -> bool:
        """Whoever looks on is told where the run is, where an epoch has ended that too; whether to
        stop."""
        run = self._run
        held_out_loss = run.measure_held_out() if ended else None
        run.forget_copy()
        progress = run.progress(held_out_loss)
        stop = run.onlookers.tell(progress)
        if ended and Tally.total(run.now).whole == run.chunks:
            run.onlookers.tell_end(progress)
        return stop

    def _due_chunk(self, epoch: int, first: int, chunks: int) -> int | None:
        if self._checkpoints is None:
            return None
        return self._checkpoints.due_chunk(epoch, first, chunks, self._run.epochs)

    def _leave(self) -> None:
        """A checkpoint where the run is; if a signal has come, wait for it, and end."""
        run, checkpoints = self._run, self._checkpoints
        assert checkpoints is not None
        if checkpoints.writing and interrupts.pending() is None:
            checkpoints.pass_over(run.done)
            return
        run.backend.synchronize()
        checkpoints.take(run.backend, run.both, run.done, self._state, self._arrays)
        now = time.perf_counter()
        checkpoints.stalled([now - since for since in self._idle_since])
        if interrupts.pending() is not None:
            checkpoints.settle()
            interrupts.ask()

    def _work(self, epoch: Epoch, number: int, worker: Worker, tally: Tally) -> None:
        """Train on one span of chunks after another until there are no more."""
        run, seed = self._run, self._run.config.seed
        with run.backend.training():
            steps = worker.train(
                epoch.draws,
                epoch.spans(),
                key=draws.stream_key(seed, draws.NEGATIVE, epoch.draws),
                learning_rate=lambda at: run.config.learning_rate(run.done_at(epoch.number, at)),
                loss_key=draws.stream_key(seed, draws.MEASURED, epoch.draws),
                loss_every=run.loss_every,
                stopped=epoch.stop.is_set,
            )
            with contextlib.closing(steps):
                for step in steps:
                    tally.add(step)
                    if step.loss is not None:
                        done = run.done_at(epoch.number, step.begin)
                        self._check(step.loss, step.untrained, epoch, done)
        self._idle_since[number] = time.perf_counter()

    def _check(self, loss: float, untrained: float, epoch: Epoch, done: float) -> None:
        """Stop when the loss of a step says that training has diverged."""
        if what := verdict.of_step(loss, untrained):
            raise self._diverged(what, epoch.number + 1, done)
