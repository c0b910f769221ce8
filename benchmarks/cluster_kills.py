"""Does training on a cluster end in the same bytes, whoever is killed?

    python -m benchmarks.cluster_kills 200 [--workers 2] [--shards 4]

A small corpus is trained again and again on a Ray that is started here, and meanwhile workers are
ended by SIGKILL at random moments, some of them several at once, until so many were. Every run has
to end, with the bytes of a run that nobody disturbed. Prints what happened, and writes NAME.json
into benchmarks/results.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray

from benchmarks import harness
from w2v import Word2Vec

_WORDS, _TOKENS = 5_000, 1_500_000
_ACTOR = "ShardActor"
_EVERY_S = 0.5, 10.0
"""A worker takes seconds to begin: who kills all of them before sees a run that gives up."""


def main() -> None:
    """Run, kill, compare, until enough were killed."""
    options = _options()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=options.workers, include_dashboard=False, log_to_driver=False)
    settings: dict[str, Any] = {"workers": 1, "shards": options.shards, "epochs": 4, "dim": 50}
    text = _text()
    right = Word2Vec(**settings).fit(text, progress=False)
    killer = _Killer(options.seed)
    runs, same, lost = 0, 0, 0
    started = time.perf_counter()
    while killer.killed < options.kills:
        killer.go_on()
        model = Word2Vec(**settings).fit(text, cluster="auto", progress=False)
        killer.pause()
        runs += 1
        same += _same(model, right)
        lost += model.report["rounds"]["lost"]
        harness.say(f"{runs} runs, {same} the same bytes, {killer.killed} killed, {lost} lost")
    ray.shutdown()
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba", "ray"]),
        "settings": {**settings, "cluster_workers": options.workers},
        "runs": runs,
        "same_bytes": same,
        "killed": killer.killed,
        "noticed_as_lost": lost,
        "seconds": time.perf_counter() - started,
    }
    harness.write(options.name, result, options.results)
    if same != runs:
        raise SystemExit(1)


class _Killer(threading.Thread):
    """Ends processes of the cluster that train, at random moments."""

    def __init__(self, seed: int) -> None:
        super().__init__(daemon=True)
        self.killed = 0
        self._random = random.Random(seed)
        self._may = threading.Event()
        self.start()

    def go_on(self) -> None:
        """A run has begun."""
        self._may.set()

    def pause(self) -> None:
        """It is over."""
        self._may.clear()

    def run(self) -> None:
        """Now one, now all."""
        while True:
            self._may.wait()
            time.sleep(self._random.uniform(*_EVERY_S))
            found = _workers()
            if not found or not self._may.is_set():
                continue
            some = found if self._random.random() < 0.1 else [self._random.choice(found)]
            for process in some:
                try:
                    os.kill(process, signal.Signals["SIGKILL"])
                except OSError:
                    continue
                self.killed += 1


def _workers() -> list[int]:
    """Processes of this Ray that hold one of our actors, after which it names them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        process = int(entry.parent.name)
        if line.startswith(b"ray::" + _ACTOR.encode()) and _parent(_parent(process)) == os.getpid():
            found.append(process)
    return found


def _parent(process: int) -> int:
    """Of a process that is there; else 0."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _text() -> list[list[str]]:
    """Sentences of 20 words by Zipf's law."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, _WORDS + 1)
    ids = rng.choice(_WORDS, _TOKENS, p=share / share.sum())
    return [[f"w{i}" for i in row] for row in ids.reshape(-1, 20).tolist()]


def _same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kills", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="cluster_kills")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
