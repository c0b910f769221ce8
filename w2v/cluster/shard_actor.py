"""The actor that trains shards in a process of the cluster; loads Ray."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import ray

from w2v.backends import choose_backend
from w2v.cluster.handshake import about
from w2v.config import Config
from w2v.cpus import keep_to
from w2v.errors import W2VError
from w2v.text import open_encoded
from w2v.training import Both, Changes, Result, Shard, ShardTrainer, Task, rows_met, trained_part

MAY_ASK = "asked"
"""Calls that are answered while a shard is trained."""


class ShardActor:
    """A `ShardTrainer`, and the number of the round whose tables it has.

    It compiles what there is to compile first, while the text is read elsewhere.
    """

    def __init__(self, config: Config, cpus: Sequence[int] = ()) -> None:
        self._cpus = cpus
        self._take_cpus()
        self._backend, _ = choose_backend(config.backend, config.device)
        self._backend.prepare(rows_met(config), averaged=config.model == "cbow")
        self._trainer: ShardTrainer | None = None
        self._version = -1
        self._leave = threading.Event()

    def about(self) -> dict[str, Any]:
        """See `handshake`."""
        found = about()
        return {**found, "backend": self._backend.name, "device": self._backend.device}

    def begin(
        self, task: Task, folder: str, fingerprint: str, tables: Both, version: int
    ) -> str | None:
        """Get ready for the shards of a round; why that cannot be, if it cannot."""
        self._take_cpus()  # which thread is asked is for Ray to choose, the same from now on
        try:
            corpus = open_encoded(folder)
            if corpus.fingerprint() != fingerprint:
                return f"has another corpus in {folder}"
        except W2VError as error:
            return f"cannot read the corpus: {error}"
        text = trained_part(self._backend, task.config, corpus)
        self._trainer = ShardTrainer(self._backend, task, text, tables)
        self._version = version
        return None

    def train(self, shard: Shard, version: int) -> Result | None:
        """See `ShardTrainer`; None if these are not the tables of the round."""
        if self._trainer is None or version != self._version:
            return None
        self._leave.clear()
        return self._trainer.train(shard, self._leave.is_set)

    def go_on(self, changes: tuple[Changes, Changes], version: int) -> None:
        """See `ShardTrainer`."""
        if self._trainer is not None and version == self._version + 1:
            self._trainer.go_on(changes)
            self._version = version

    def _take_cpus(self) -> None:
        """For this thread, which was started where Ray keeps to some."""
        if self._cpus:
            keep_to(self._cpus)

    @ray.method(concurrency_group=MAY_ASK)  # type: ignore[untyped-decorator]
    def done(self) -> float:
        """Chunks of the shard under way that are trained."""
        return self._trainer.done() if self._trainer else 0.0

    @ray.method(concurrency_group=MAY_ASK)  # type: ignore[untyped-decorator]
    def leave(self) -> None:
        """Somebody else has trained the shard under way."""
        self._leave.set()
