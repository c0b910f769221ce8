"""Who trains the shards of a run: one after the other here, or many side by side elsewhere."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from w2v.backends import Backend
from w2v.text import Corpus
from w2v.training.changes import Changes
from w2v.training.merging import Merge
from w2v.training.rounds import Shard
from w2v.training.shard_trainer import Both, Result, ShardTrainer, Task


class Crew(Protocol):
    """What training in rounds asks of those who train."""

    where: str
    """For people: where they are."""
    trainers: int
    """On this machine, each with both tables twice; about, where that is not known."""
    merge: type[Merge]
    """How what they bring becomes one change."""

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        """Get ready.

        Parameters
        ----------
        corpus : Corpus     All that was read.
        text : Corpus       What is trained on of it.
        tables : callable   Gives those of the round, on the host, for whoever joins.
        """

    def hand_out(self, shards: Sequence[Shard]) -> None:
        """Have the shards of a round trained."""

    def results(self, seconds: float) -> list[Result]:
        """What has come back meanwhile, each shard once, in any order; waits so long for one."""

    def under_way(self) -> float:
        """Chunks that are trained of shards that have not come back, about."""

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """The tables of a round: those of the round before with these changes."""

    def told(self) -> dict[str, Any]:
        """For reports."""

    def close(self) -> None:
        """Leave whatever is under way; may be called again."""


class Joint(Protocol):
    """A cluster that was joined, or what stands for one."""

    threads: int
    """Of each worker; known once there is a crew."""

    def reachable(self, corpus: Corpus) -> Corpus:
        """The same text, where all workers can read it."""

    def crew(self, backend: Backend) -> Crew:
        """Those who train; the backend is that of this process."""


class Here:
    """Shards are trained in this process, one after the other, or some side by side.

    Parameters
    ----------
    backend : Backend
    trainers : int      Side by side, each with both tables twice.
    """

    merge = Merge

    def __init__(self, backend: Backend, trainers: int = 1) -> None:
        self.where = "here, " + ("one after the other" if trainers == 1 else "side by side")
        self.trainers = trainers
        self._backend = backend
        self._pool = ThreadPoolExecutor(trainers, thread_name_prefix="w2v-shards")
        self._found: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._all: list[ShardTrainer] = []
        self._idle: queue.SimpleQueue[ShardTrainer] = queue.SimpleQueue()

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        """See `Crew`."""
        for _ in range(self.trainers):
            self._all.append(ShardTrainer(self._backend, task, text, tables()))
            self._idle.put(self._all[-1])

    def hand_out(self, shards: Sequence[Shard]) -> None:
        """See `Crew`."""
        for shard in shards:
            self._pool.submit(self._train, shard).add_done_callback(self._found.put)

    def results(self, seconds: float) -> list[Result]:
        """See `Crew`."""
        try:
            return [self._found.get(timeout=seconds).result()]
        except queue.Empty:
            return []

    def under_way(self) -> float:
        """See `Crew`."""
        return sum(trainer.done() for trainer in self._all)

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """See `Crew`."""
        list(self._pool.map(lambda trainer: trainer.go_on(changes), self._all))

    def told(self) -> dict[str, Any]:
        """See `Crew`."""
        return {}

    def close(self) -> None:
        """See `Crew`."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        for trainer in self._all:
            trainer.close()

    def _train(self, shard: Shard) -> Result:
        trainer = self._idle.get()
        try:
            return trainer.train(shard, self._stop.is_set)
        finally:
            self._idle.put(trainer)
