"""The workers of a cluster as a crew: shards are handed out, given again, and taken once."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from w2v.cluster.handshake import about, difference
from w2v.cluster.member import Member
from w2v.config import Config
from w2v.errors import TrainingError, W2VError, warn
from w2v.text import Corpus
from w2v.training import Both, Changes, Merge, Result, Shard, Task

_ASKED_EVERY_S = 1.0
_LOOKED_EVERY_S = 5.0  # whether there is room for more workers
_SLOW = 3.0  # times as long as others
_LEAST_SLOW_S = 3.0  # less than that is no reason to have it trained twice
_MOST_LOST = 10  # workers, one after the other, without a shard that has come back


class RayCrew:
    """See `Crew` of `w2v.training`.

    Parameters
    ----------
    where : str                For people.
    workers : int or None      How many; None for as many as the cluster has room for.
    threads : int              Of each.
    config : Config            Says on which backend, and what will be trained.
    cpus : list of int         That workers run on; left out where their node says that.
    """

    merge = Merge

    def __init__(
        self,
        where: str,
        workers: int | None,
        threads: int,
        config: Config,
        cpus: Sequence[int] = (),
    ) -> None:
        import ray

        from w2v.cluster.shard_actor import MAY_ASK, ShardActor

        self.where = f"on {where}"
        self.trainers = workers or 1
        self._most = workers
        self._threads = threads
        self._ours = about()
        methods: dict[str, Any] = {"concurrency_groups": {MAY_ASK: 1}, "num_cpus": threads}
        if config.backend == "cupy":
            methods["num_gpus"] = 1
        self._kind = ray.remote(**methods)(ShardActor)
        self._settings = config, cpus
        self._members: list[Member] = []
        self._waiting: deque[Shard] = deque()
        self._taken: set[int] = set()
        self._seconds: list[float] = []
        self._version = 0
        self._given: tuple[Any, str, str, Callable[[], Both]] | None = None
        self._tables: tuple[int, Any] = (-1, None)  # of which version, and a ref
        self._looked = 0.0
        self._lost_in_a_row = 0
        self._told: list[dict[str, Any]] = []
        self._refused: set[str] = set()
        self._closed = False
        for _ in range(self._room()):
            self._join()

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        """See `Crew`; the corpus must be in a folder that all workers can read."""
        import ray

        assert corpus.folder is not None
        self._given = ray.put(task), corpus.folder, corpus.fingerprint(), tables
        for member in self._members:
            self._meet(member)

    def hand_out(self, shards: Sequence[Shard]) -> None:
        """See `Crew`."""
        self._waiting.extend(shards)
        self._taken = set()
        self._told.append(
            {
                "shards": len(shards),
                "began": time.monotonic(),
                "bytes_received": 0,
                "bytes_sent": 0,
                "waited_seconds": 0.0,
                "lost": 0,
            }
        )
        self._look()
        self._hand()

    def results(self, seconds: float) -> list[Result]:
        """See `Crew`.

        Raises
        ------
        TrainingError
            No worker can train, or they are lost one after the other.
        """
        import ray

        self._look()
        refs = {
            ref: member
            for member in self._members
            for ref in (member.known, member.ready, member.work, member.asked)
            if ref is not None
        }
        started = time.monotonic()
        found: list[Result] = []
        if not refs:
            time.sleep(seconds)
        else:
            ready, _ = ray.wait(list(refs), timeout=seconds)
            for ref in ready:
                found += self._answered(refs[ref], ref)
        if not found and self._told:
            self._told[-1]["waited_seconds"] += time.monotonic() - started
        self._hand()
        return found

    @property
    def can_train(self) -> bool:
        """Somebody has the tables of the round."""
        return any(member.can_train for member in self._members)

    def prepare(self) -> None:
        """Heed what workers say as they get ready, before there is a shard for them."""
        self.results(0)

    def under_way(self) -> float:
        """See `Crew`."""
        best: dict[int, float] = {}
        for member in self._members:
            if member.shard and member.shard.number not in self._taken:
                best[member.shard.number] = max(member.done, best.get(member.shard.number, 0.0))
        return sum(best.values())

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        """See `Crew`."""
        import ray

        self._version += 1
        ref = ray.put(changes)
        size = sum(change.nbytes for change in changes)
        for member in self._members:
            if member.can_train or member.ready is not None:
                member.actor.go_on.remote(ref, self._version)
                if self._told:
                    self._told[-1]["bytes_sent"] += size
        self._end_round()

    def told(self) -> dict[str, Any]:
        """See `Crew`."""
        members = [m.about for m in self._members if m.about]
        return {
            "workers": [
                {name: one[name] for name in ("host", "backend", "device")} for one in members
            ],
            "threads": self._threads,
            "lost": sum(each["lost"] for each in self._told),
            "rounds": [{k: v for k, v in each.items() if k != "began"} for each in self._told],
        }

    def close(self) -> None:
        """See `Crew`."""
        if self._closed:  # Ray may have ended, and would begin again
            return
        self._closed = True
        self._end_round()
        for member in self._members:  # and keep them: Ray takes 5 s to end those that nobody has
            member.end()
        self._given = None
        self._tables = (-1, None)

    def _end_round(self) -> None:
        """Note how long it took, if one was handed out here."""
        if self._told and "began" in self._told[-1]:
            self._told[-1]["seconds"] = time.monotonic() - self._told[-1].pop("began")

    def _room(self) -> int:
        """How many more workers there may be."""
        import ray

        if self._most is not None:
            return self._most - len(self._members)
        pending = sum(member.about is None for member in self._members)
        free = ray.available_resources().get("CPU", 0.0)
        return max(0 if self._members else 1, int(free // self._threads) - pending)

    def _join(self) -> None:
        actor = self._kind.remote(*self._settings)
        member = Member(actor)
        member.known = actor.about.remote()
        self._members.append(member)
        if self._given:
            self._meet(member)

    def _meet(self, member: Member) -> None:
        """Give a worker the tables as they are now, and all that it needs."""
        import ray

        assert self._given is not None
        task, folder, fingerprint, tables = self._given
        if self._tables[0] != self._version:
            whole = tuple(np.ascontiguousarray(table) for table in tables())
            self._tables = self._version, ray.put(whole)
        member.ready = member.actor.begin.remote(
            task, folder, fingerprint, self._tables[1], self._version
        )

    def _look(self) -> None:
        """Let go of workers that are lost, and take on others; ask how far all are."""
        now = time.monotonic()
        for member in [one for one in self._members if one.is_silent]:
            self._lose(member, "has answered nothing for 20 s")
        for member in self._members:
            if member.about and member.asked is None and now - member.asked_at > _ASKED_EVERY_S:
                member.asked, member.asked_at = member.actor.done.remote(), now
        if now - self._looked > _LOOKED_EVERY_S:
            self._looked = now
            for _ in range(self._room()):
                self._join()

    def _answered(self, member: Member, ref: Any) -> list[Result]:
        """Take what has come of a call."""
        import ray

        try:
            value = ray.get(ref)
        except ray.exceptions.RayTaskError as error:
            raise _of_worker(error) from None
        except ray.exceptions.RayError as error:
            self._lose(member, _first_line(error))
            return []
        if ref == member.asked:
            member.asked, member.done = None, value
        elif ref == member.known:
            member.known, member.about = None, value
            if why := difference(value, self._ours):
                self._refuse(member, why)
        elif ref == member.ready:
            member.ready = None
            if value is not None:
                host = member.about["host"] if member.about else "a worker"
                self._refuse(member, f"The worker on {host} {value}.")
            elif member in self._members:
                member.can_train = True
                if not any(one.ready for one in self._members):
                    self._tables = (-1, None)  # or they stay in memory
        else:
            return self._came_back(member, value)
        return []

    def _came_back(self, member: Member, result: Result | None) -> list[Result]:
        """A shard, if it is not one that was taken already."""
        useless, member.work, member.shard, member.done = member.useless, None, None, 0.0
        member.useless = False
        if useless:
            return []
        if result is None:
            self._lose(member, "has other tables than those of the round")
            return []
        if result.shard.number in self._taken:
            return []
        self._taken.add(result.shard.number)
        self._seconds.append(result.seconds)
        self._lost_in_a_row = 0
        self._told[-1]["bytes_received"] += sum(change.nbytes for change in result.changes)
        for other in self._members:
            if other.shard == result.shard:
                other.useless = True
                other.actor.leave.remote()
        return [result]

    def _hand(self) -> None:
        """Give idle workers what there is to do, or what others are slow with."""
        for member in self._members:
            if not member.is_idle:
                continue
            shard = self._waiting.popleft() if self._waiting else self._slow()
            if shard is None:
                return
            member.shard, member.since = shard, time.monotonic()
            member.work = member.actor.train.remote(shard, self._version)

    def _slow(self) -> Shard | None:
        """A shard that one worker alone has been at for far longer than others take."""
        if not self._seconds:
            return None
        most = max(_LEAST_SLOW_S, _SLOW * statistics.median(self._seconds[-100:]))
        now = time.monotonic()
        at = [m for m in self._members if m.shard and not m.useless]
        for member in at:
            alone = sum(other.shard == member.shard for other in at) == 1
            if alone and now - member.since > most:
                return member.shard
        return None

    def _lose(self, member: Member, why: str) -> None:
        """Give its shard to somebody else."""
        if member not in self._members:
            return
        self._members.remove(member)
        member.end(self._ours["node"])
        if self._told:
            self._told[-1]["lost"] += 1
        self._lost_in_a_row += 1
        if self._lost_in_a_row > _MOST_LOST:
            raise TrainingError(
                f"{self._lost_in_a_row} workers of the cluster were lost one after the other; the "
                f"last {why}."
            )
        others = [m.shard for m in self._members if m.shard and not m.useless]
        if member.shard and not member.useless and member.shard not in others:
            self._waiting.appendleft(member.shard)
        self._looked = 0.0  # another may take its place now

    def _refuse(self, member: Member, why: str) -> None:
        """Leave a worker out; raises `TrainingError` if none is left."""
        self._members.remove(member)
        member.end()
        if self._most is not None:
            self._most -= 1
        if not self._members:
            raise TrainingError(f"No worker of the cluster can train. {why}")
        if why not in self._refused:
            self._refused.add(why)
            warn(f"{why} It is left out.")


def _of_worker(error: Any) -> W2VError:
    """What a worker has met, for people."""
    cause = error.cause
    if isinstance(cause, W2VError):
        return cause
    return TrainingError(f"A worker of the cluster has failed: {type(cause).__name__}: {cause}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"was lost ({lines[0] if lines else type(error).__name__})"
