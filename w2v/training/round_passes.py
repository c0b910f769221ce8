"""The epochs of a run in rounds: shards are handed out, and what they have changed is merged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from w2v import interrupts
from w2v.errors import TrainingError
from w2v.training.checkpoint_state import State
from w2v.training.checkpoints import Checkpoints
from w2v.training.crew import Crew
from w2v.training.epoch import Tally
from w2v.training.merging import meetings
from w2v.training.passes import REPORT_S, Passes
from w2v.training.rounds import Rounds, Shard
from w2v.training.run import Run
from w2v.training.shard_trainer import Result
from w2v.training.step_plan import compounding, step_shape
from w2v.training.tables import Copiers


class RoundPasses(Passes):
    """See `Passes`: the same, by a crew, in rounds.

    Within a round nothing moves here, so that whatever ends it leaves the run where it began.

    Parameters
    ----------
    crew : Crew       Has begun with the tables of the run.
    rounds : Rounds
    """

    def __init__(
        self,
        run: Run,
        checkpoints: Checkpoints | None,
        state: Callable[[dict[str, Any]], State],
        arrays: dict[str, NDArray[Any]],
        diverged: Callable[[str, int, float], TrainingError],
        *,
        crew: Crew,
        rounds: Rounds,
    ) -> None:
        super().__init__(run, checkpoints, state, arrays, diverged)
        self._crew, self._rounds, self._dtype = crew, rounds, run.config.changes
        self._copiers = Copiers(run.backend)
        self._merge = crew.merge(meetings(run.config, run.tables), self._dtype, self._copiers)
        self._longer = compounding(run.config, step_shape(run.backend, run.config))
        self._idle_since = [0.0]

    def all(self) -> None:
        """See `Passes`."""
        try:
            super().all()
        finally:
            self._copiers.close()

    def _epoch(self) -> None:
        run = self._run
        number = len(run.tallies)
        run.now = [Tally.total(run.now) if run.now else Tally(), Tally()]
        for shards in self._rounds.of_epoch(number, run.first):
            due = self._due_chunk(number, shards[0].begin, run.chunks)
            if not self._round(shards):
                break
            run.first = shards[-1].end
            if run.first < run.chunks and self._checkpoints:
                late = self._checkpoints.is_due() or (due is not None and run.first >= due)
                if late or interrupts.pending() is not None:
                    self._leave()
        run.end_epoch()

    def _round(self, shards: list[Shard]) -> bool:
        """Train it; False if it was left, because a callback has stopped the run."""
        run, crew = self._run, self._crew
        merged, under_way = run.now
        found: dict[int, Result] = {}
        tallies: list[Tally] = []
        crew.hand_out(shards)
        self._merge.begin(run.on_host())
        while len(tallies) < len(shards):
            found |= {result.shard.number: result for result in crew.results(REPORT_S)}
            while (result := found.pop(len(tallies), None)) is not None:
                if result.diverged:
                    what, done = result.diverged
                    raise self._diverged(what, result.shard.epoch + 1, done)
                self._merge.add(result.changes)
                tallies.append(result.tally)
            under_way.done = crew.under_way() + sum(
                tally.done for tally in [*tallies, *(result.tally for result in found.values())]
            )
            whole = len(tallies) == len(shards)
            if whole:
                if self._is_last(shards):
                    crew.close()  # which takes some time too
                self._end_round(shards, tallies)
            ended = whole and shards[-1].end == run.chunks
            if self._tell(ended):
                if not whole:
                    run.now = [merged, Tally()]
                if not ended:
                    self._tell(True)
                return False
            self._heed(merged)
        return True

    def _end_round(self, shards: list[Shard], tallies: list[Tally]) -> None:
        """The tables and the sums are those after the round."""
        run = self._run
        middle = (shards[0].begin + shards[-1].end) / 2
        alpha = self._longer * run.config.learning_rate(run.done_at(shards[0].epoch, middle))
        kept = sum(tally.kept for tally in tallies) / len(tallies)
        changes = self._merge.ended(alpha, kept)
        if not self._is_last(shards):
            self._crew.go_on(changes)  # first: they are at work meanwhile
        for change, table in zip(changes, run.both, strict=True):
            change.add_to(table, self._copiers)
        run.now = [Tally.total([run.now[0], *tallies]), Tally()]
        self._idle_since = [time.perf_counter()]

    def _is_last(self, shards: list[Shard]) -> bool:
        """Whether nothing is left to train after a round."""
        run = self._run
        return shards[-1].end == run.chunks and shards[0].epoch + 1 == run.epochs

    def _heed(self, merged: Tally) -> None:
        """Signals; the round under way is left, as if it had not begun."""
        if not self._checkpoints:
            interrupts.ask_unless_held()
        elif interrupts.pending() is not None and self._run.now[0] is merged:
            self._run.now = [merged, Tally()]
            self._leave()
