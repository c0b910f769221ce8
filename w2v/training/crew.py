"""Who trains the shards of a run: one after the other here, or many side by side elsewhere."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
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
        """Leave whatever is under way."""


class Joint(Protocol):
    """A cluster that was joined, or what stands for one."""

    threads: int
    """Of each worker; known once there is a crew."""

    def reachable(self, corpus: Corpus) -> Corpus:
        """The same text, where all workers can read it."""

    def crew(self, backend: Backend) -> Crew:
        """Those who train; the backend is that of this process."""


class Here:
    """Shards are trained in this process, one after the other.

    Parameters
    ----------
    backend : Backend
    """

    where = "here, one after the other"
    trainers = 1
    merge = Merge

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._given: queue.SimpleQueue[Shard | None] = queue.SimpleQueue()
        self._found: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._trainer: ShardTrainer | None = None
        self._thread: threading.Thread | None = None

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        """See `Crew`."""
        self._trainer = ShardTrainer(self._backend, task, text, tables())
        self._thread = threading.Thread(target=self._work, name="w2v-shards", daemon=True)
        self._thread.start()

    def hand_out(self, shards: Sequence[Shard]) -> None:
        """See `Crew`."""
        for shard in shards:
            self._given.put(shard)

    def results(self, seconds: float) -> list[Result]:
        """See `Crew`."""
        try:
            found = self._found.get(timeout=seconds)
        except queue.Empty:
            return []
        if isinstance(found, BaseException):
            raise found
        return [found]

    def under_way(self) -> float:
        """See `Crew`."""
        return self._trainer.done() if self._trainer else 0.0

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """See `Crew`."""
        assert self._trainer is not None
        self._trainer.go_on(changes)

    def told(self) -> dict[str, Any]:
        """See `Crew`."""
        return {}

    def close(self) -> None:
        """See `Crew`."""
        self._stop.set()
        self._given.put(None)
        if self._thread:
            self._thread.join()
        if self._trainer:
            self._trainer.close()

    def _work(self) -> None:
        assert self._trainer is not None
        try:
            while (shard := self._given.get()) is not None and not self._stop.is_set():
                self._found.put(self._trainer.train(shard, self._stop.is_set))
        except BaseException as error:
            self._found.put(error)
