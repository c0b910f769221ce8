"""What `benchmarks.cluster_kills` kills: workers, machines of a cluster, and its head.

On one machine a node is a raylet with all processes below it, by Ray's `cluster_utils`, which is
made for tests. As a program of its own this is a head, until its standard input ends.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Protocol

import ray
from ray.cluster_utils import Cluster

_ACTOR = "ShardActor"
_HEALTH = {
    "health_check_initial_delay_ms": 2_000,
    "health_check_period_ms": 1_000,
    "health_check_timeout_ms": 5_000,
    "health_check_failure_threshold": 5,
}
"""As of a cluster that w2v starts: a node that is gone is noticed in some ten seconds."""
_NOTICED_S = 120.0
ENVIRONMENT = {"RAY_AUTH_MODE": "token", "RAY_gcs_rpc_server_reconnect_timeout_s": "5"}
"""Of a `Head`, and of a process that joins it, which ends so long after it is gone."""


class Target(Protocol):
    """A Ray that this process has joined, and what of it is killed."""

    every_s: tuple[float, float]
    """The shortest and the longest time between two kills."""
    longest_s: float
    """From a kill until Ray knew of it; 0 where that is not looked at."""

    def strike(self, rng: random.Random) -> int:
        """Kill some; how many."""

    def close(self) -> None:
        """End that Ray."""


class Workers:
    """Processes that train, on one node."""

    every_s = 0.5, 10.0
    """A worker takes seconds to begin: who kills all of them before sees a run that gives up."""
    longest_s = 0.0

    def __init__(self, count: int) -> None:
        ray.init("local", num_cpus=count, include_dashboard=False, log_to_driver=False)

    def strike(self, rng: random.Random) -> int:
        """Now one, now all."""
        found = _workers()
        some = found if not found or rng.random() < 0.1 else [rng.choice(found)]
        return sum(kill([process]) for process in some)

    def close(self) -> None:
        """See `Target`."""
        ray.shutdown()


class Nodes:
    """Nodes of a core each, beside a head that has none."""

    every_s = 3.0, 15.0
    _new_s = 2.0, 8.0
    """Until another node takes the place of one that is gone."""

    def __init__(self, count: int) -> None:
        self.longest_s = 0.0
        self._cluster = started(num_cpus=0)
        self._nodes = [self._cluster.add_node(num_cpus=1) for _ in range(count)]
        ray.init(self._cluster.address, log_to_driver=False)

    def strike(self, rng: random.Random) -> int:
        """Now one, now all; and as many join, sooner or later than Ray knows who is gone."""
        some = list(self._nodes) if rng.random() < 0.1 else [rng.choice(self._nodes)]
        for node in some:
            kill(tree(node.all_processes["raylet"][0].process.pid))
            self._nodes.remove(node)
        began, new_s = time.monotonic(), rng.uniform(*self._new_s)
        names, known = {node.node_id for node in some}, False
        while some or not known:
            time.sleep(0.1)
            passed_s = time.monotonic() - began
            if not known and names.isdisjoint(_alive()):
                known, self.longest_s = True, max(self.longest_s, passed_s)
            if some and passed_s > new_s:
                self._cluster.remove_node(some.pop(), allow_graceful=False)
                self._nodes.append(self._cluster.add_node(num_cpus=1, wait=False))
            if passed_s > _NOTICED_S:
                raise SystemExit(f"Ray has not noticed in {_NOTICED_S:.0f} s that a node is gone.")
        return len(names)

    def close(self) -> None:
        """See `Target`."""
        ray.shutdown()
        self._cluster.shutdown()


class Head:
    """A Ray in a process tree of its own, of one node.

    Parameters
    ----------
    count : int    Cores.
    """

    def __init__(self, count: int) -> None:
        command = [sys.executable, "-m", "benchmarks.cluster_parts", str(count)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT},
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()
        if not self.address:
            raise SystemExit(f"{' '.join(command)} has not started.")

    def kill(self, whole: bool) -> None:
        """Its GCS alone, as where the head was another machine; or all, with the workers."""
        found = tree(self._process.pid)
        kill([one for one in found if whole or b"gcs_server" in _line(one).split(b"\0")[0]])

    def close(self) -> None:
        """Kill what is left."""
        kill(tree(self._process.pid))
        self._process.communicate()


def started(**head: Any) -> Cluster:
    """A Ray of a head alone, which others may join."""
    given = {**head, "_system_config": _HEALTH, "include_dashboard": False}
    return Cluster(initialize_head=True, head_node_args=given)


def kill(processes: list[int]) -> bool:
    """Whether any of them was there."""
    found = False
    for process in processes:
        with contextlib.suppress(OSError):
            os.kill(process, signal.Signals["SIGKILL"])
            found = True
    return found


def tree(process: int) -> list[int]:
    """A process, and then all below it."""
    below: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        below[_parent(int(entry.name))].append(int(entry.name))
    found = [process]
    for one in found:
        found += below[one]
    return found


def _workers() -> list[int]:
    """Processes of this Ray that hold one of our actors, after which it names them."""
    name = b"ray::" + _ACTOR.encode()
    return [one for one in tree(os.getpid()) if _line(one).startswith(name)]


def _alive() -> set[str]:
    """Nodes that Ray believes in."""
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}


def _line(process: int) -> bytes:
    """The command of a process that is there; else nothing."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _parent(process: int) -> int:
    """Of a process that is there; else 0."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _main() -> None:
    cluster = started(num_cpus=int(sys.argv[1]))
    print(cluster.address, flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    _main()
