"""A cluster that is started takes seconds, and meanwhile its shards are trained in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from w2v.backends import Backend
from w2v.cluster.crew import RayCrew
from w2v.text import Corpus
from w2v.training import Both, Changes, Here, Merge, Result, Shard, Task

_LARGE = 1 << 28  # bytes of both tables


class FirstHere:
    """See `Crew` of `w2v.training`: the same shards, so the same bytes.

    Parameters
    ----------
    backend : Backend           Of this process, which is that of the workers.
    where : str                 For people.
    workers : int
    threads : int               Of each worker.
    crew : callable             Those who train once they are there; raises what went wrong.
    start : callable            Has them come; the future ends when they are there, or cannot be.
    ended : callable            Called at the end of the run.
    """

    merge = Merge

    def __init__(
        self,
        backend: Backend,
        where: str,
        workers: int,
        threads: int,
        crew: Callable[[], RayCrew],
        start: Callable[[], Future[Any]],
        ended: Callable[[], object],
    ) -> None:
        self.where = f"on {where}"
        self.trainers = workers
        self._here: Here | None = Here(backend)
        self._threads, self._crew, self._start, self._ended = threads, crew, start, ended
        self._opened: Future[Any] | None = None
        self._there: RayCrew | None = None
        self._given: tuple[Task, Corpus, Corpus, Callable[[], Both]] | None = None
        self._told: list[dict[str, Any]] = []
        self._began, self._closed = 0.0, False

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        """See `Crew`."""
        assert self._here is not None
        self._given = task, corpus, text, tables
        self._here.begin(*self._given)
        self._opened = self._start()  # now: much of it takes Python's lock, as what was before does

    def hand_out(self, shards: Sequence[Shard]) -> None:
        """See `Crew`."""
        assert self._opened is not None
        if self._here and self._opened.done() and self._is_large():
            self._leave()  # or there would be a copy of both tables too many
        self._look()
        if self._there and self._there.can_train:
            self._leave()
        if self._here is None:
            assert self._there is not None
            self._there.hand_out(shards)
            return
        self._told.append({"shards": len(shards), "here": True, "bytes_received": 0})
        self._told[-1] |= {"bytes_sent": 0, "waited_seconds": 0.0, "lost": 0}
        self._began = time.monotonic()
        self._here.hand_out(shards)

    def results(self, seconds: float) -> list[Result]:
        """See `Crew`."""
        if self._here is None:
            assert self._there is not None
            return self._there.results(seconds)
        self._look()
        return self._here.results(seconds)

    def under_way(self) -> float:
        """See `Crew`."""
        crew = self._here or self._there
        return crew.under_way() if crew else 0.0

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """See `Crew`."""
        if self._here:
            self._here.go_on(changes)
        self._end_round()
        if self._there:
            self._there.go_on(changes)

    def told(self) -> dict[str, Any]:
        """See `Crew`."""
        nobody: dict[str, Any] = {"workers": [], "threads": self._threads, "lost": 0, "rounds": []}
        told: dict[str, Any] = self._there.told() if self._there else nobody
        return {**told, "rounds": [*self._told, *told["rounds"]]}

    def close(self) -> None:
        """See `Crew`."""
        if self._closed:
            return
        self._closed = True
        self._end_round()
        self._leave()
        if self._there:
            self._there.close()
        self._ended()

    def _end_round(self) -> None:
        """Note how long it took, if it was trained here."""
        if self._here and self._told and "seconds" not in self._told[-1]:
            self._told[-1]["seconds"] = time.monotonic() - self._began

    def _is_large(self) -> bool:
        assert self._given
        return sum(table.nbytes for table in self._given[3]()) > _LARGE

    def _leave(self) -> None:
        if self._here:
            self._here.close()
            self._here = None

    def _look(self) -> None:
        """Whether those who train are there."""
        if self._there is not None:
            self._there.prepare()
        elif self._given and self._opened and self._opened.done():
            self._there = self._crew()
            self._there.begin(*self._given)
