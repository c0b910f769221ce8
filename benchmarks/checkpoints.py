"""What do checkpoints cost: how long does training stand still, how much slower is it, and how much
memory do they take; how long is it from a signal until the checkpoint is on the disk; and how soon
does a run go on?

Two sizes: a made-up text with a vocabulary of a million words, 300 dimensions (two tables of 1.2
GB), and a text of 17 million words, 100 dimensions, made up too unless one is given. Every run is a
process of its own. Runs without checkpoints, runs that are to leave one in an hour, and so leave
none, and runs with one every few seconds take turns, and train on the same words; from them come

* stall: the time that a worker stood still for a checkpoint, as the mean of all workers and as the
  longest of any, and the part of it in which the tables were copied;
* cost of a checkpoint: (processor time of the run with many - of the run with one in an hour) /
  checkpoints, so that what is done once in a run, whatever its length, is not counted with them;
  beside it, as a sum of its parts, stall x workers + processor time of the thread that writes. One
  a minute costs that / (60 s x workers) of the throughput;
* loss of time within a run: (time - work / speed while no checkpoint is copied or written) /
  checkpoints, by the clock, which other programs on the machine slow down all alike;
* memory: the most a process held while it trained.

Then a run is ended by SIGTERM, which leaves a checkpoint, and resumed; "load" is the time to read
and check the file, "more" all else from the start of the process to the first step of training.

Processor time counts what a busy machine takes away from nobody; the times of the clock are those
of the machine as it is, whose load stands beside them.

It is long because it measures five things, and what runs in each process stands beside what asks.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import harness
from w2v import Vocabulary, read_corpus
from w2v.text import Corpus, CorpusStats, write_encoded
from w2v.training.throughput import zipf_corpus

_MINUTE = 60.0
_GIB = 1 << 30


class Size(NamedTuple):
    """A text and its tables; the limits of stalls stand beside the figures."""

    name: str
    words: int
    tokens: int
    dim: int
    epochs: int
    every: float
    """Seconds."""
    limit: float
    """Seconds of a stall."""


SIZES = (
    Size("1,000,000 x 300", 1_000_000, 6_000_000, 300, 3, 5, 0.300),
    Size("17 M words x 100", 71_000, 17_000_000, 100, 2, 1, 0.015),
)
QUICK = (Size("500 x 20", 500, 1_000_000, 20, 8, 0.5, 0.300),)

KINDS = ("without", "rarely", "with")

_CHILD = """
import json, os, sys, time
import numpy as np
import w2v
from w2v.training import checkpoints, passes, run_folder

asked = json.loads(sys.argv[1])
found = {"idle": [], "copying": [], "writing": [], "load": 0.0}

def memory():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
    except OSError:
        return None

def timed(room, name, key, clock):
    plain = getattr(room, name)
    def wrapper(*given, **named):
        started = clock()
        try:
            return plain(*given, **named)
        finally:
            found[key].append(clock() - started)
    setattr(room, name, wrapper)

timed(checkpoints.Checkpoints, "_copy", "copying", time.perf_counter)
timed(checkpoints.Checkpoints, "_write", "writing", time.thread_time)
stalled = checkpoints.Checkpoints.stalled

def noted(self, idle):
    found["idle"].append([float(one) for one in idle])
    stalled(self, idle)
checkpoints.Checkpoints.stalled = noted

read = run_folder.read_checkpoint
def reading(path):
    started = time.perf_counter()
    result = read(path)
    found["load"] += time.perf_counter() - started
    return result
run_folder.read_checkpoint = reading

moments = []

class Watch(w2v.Callback):
    def on_step(self, progress):
        kept = current[0]
        taken = (len(found["idle"]), kept.writing) if kept else (0, False)
        moments.append((time.perf_counter(), progress.done, *taken))

current = [None]
train = passes.Passes.all
def training(self):
    found["ready"], found["ready_memory"] = time.time(), memory()
    print(json.dumps(found), flush=True)
    if asked["only_start"]:
        os._exit(0)
    current[0] = self._checkpoints
    wall, cpu = time.perf_counter(), time.process_time()
    train(self)
    if self._checkpoints:
        self._checkpoints.settle()
    found.update(seconds=time.perf_counter() - wall, cpu=time.process_time() - cpu)
    found.update(memory=memory(), workers=len(self._run.workers), moments=moments)
passes.Passes.all = training

model = w2v.Word2Vec(**asked["options"])
if asked["resume"]:
    model.fit(resume=asked["resume"])
else:
    given = {"checkpoint": asked["checkpoint"], "checkpoint_every": asked["every"]}
    model.fit(asked["corpus"], callbacks=[Watch()], **(given if asked["checkpoint"] else {}))
found["peak"] = memory()
print(json.dumps(found))
"""


def main() -> None:
    options = _options()
    rows = []
    with tempfile.TemporaryDirectory(prefix="w2v-checkpoints-", dir=options.folder) as folder:
        for size in QUICK if options.quick else SIZES:
            if options.sizes and size.dim not in options.sizes:
                continue
            harness.say(f"{size.name}:")
            rows.append(_measure(size, Path(folder) / str(size.dim), options))
    print(_markdown(rows))
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "settings": {"pairs": options.pairs, "quick": options.quick},
        "rows": rows,
    }
    harness.write(options.name, result, Path(options.results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", help="of the second size [made up]")
    parser.add_argument("--pairs", type=int, default=3, help="runs of each kind [%(default)s]")
    parser.add_argument("--workers", type=int, help="of a run [as many as cores]")
    parser.add_argument("--sizes", type=int, nargs="*", help="only those of so many dimensions")
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it works")
    parser.add_argument("--folder", help="where texts and checkpoints are made [the system's]")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--name", default="checkpoints")
    return parser.parse_args()


def _measure(size: Size, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    folder.mkdir()
    corpus = folder / "corpus"
    words = _text(size, corpus, options.corpus if size is SIZES[1] else None)
    trained = {"dim": size.dim, "epochs": size.epochs, "min_count": 1, "seed": 1}
    asked = {
        "options": trained | ({"workers": options.workers} if options.workers else {}),
        "corpus": str(corpus),
        "every": f"{size.every}s",
        "resume": None,
        "checkpoint": None,
        "only_start": False,
    }
    pairs: list[dict[str, Any]] = []
    _run(asked)  # compiles, and touches memory that nobody has had yet
    for number in range(options.pairs):
        loads = [os.getloadavg()[0]] if hasattr(os, "getloadavg") else [None]
        pair: dict[str, Any] = {"load": loads[0]}
        for kind in KINDS if number % 2 else KINDS[::-1]:
            pair[kind] = _run(asked | _kept(kind, folder / f"run-{number}-{kind}"))
            _remove_checkpoints(folder / f"run-{number}-{kind}")
        pairs.append(pair)
        idle = pair["with"]["idle"]
        times = ", ".join(f"{pair[kind]['cpu']:.1f} s {kind}" for kind in KINDS)
        harness.say(
            f"  load {loads[0]}: {len(idle)} checkpoints, stalls of {_mean(idle) * 1e3:.1f} ms, "
            f"processor {times}"
        )
    row = {"size": size.name, "words": words, "dim": size.dim, "table_bytes": 4 * words * size.dim}
    row |= {"limit_seconds": size.limit} | _costs(pairs)
    row |= _ended_and_resumed(asked, folder)
    for pair in pairs:
        for kind in KINDS:
            del pair[kind]["moments"]
    return row | {"pairs": pairs}


def _kept(kind: str, folder: Path) -> dict[str, Any]:
    """What a run of a kind is asked for besides."""
    if kind == "without":
        return {}
    return {"checkpoint": str(folder)} | ({"every": "1h"} if kind == "rarely" else {})


def _text(size: Size, folder: Path, text: str | None) -> int:
    """Write an encoded corpus; how many words it has."""
    corpus = read_corpus(text, min_count=5) if text else _made_up(size.tokens, size.words)
    write_encoded(corpus, str(folder)).close()
    corpus.close()
    return len(corpus.vocabulary)


def _made_up(tokens: int, words: int) -> Corpus:
    """By Zipf's law, but for one occurrence of every word."""
    drawn = zipf_corpus(tokens - words, words)
    ids = np.concatenate([drawn.ids, np.arange(words, dtype=np.int32)])
    np.random.default_rng(1).shuffle(ids)
    counts = np.bincount(ids, minlength=words)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(words, np.int32)
    rank[order] = np.arange(words, dtype=np.int32)
    vocabulary = Vocabulary(tuple(f"w{i}" for i in range(words)), counts[order])
    ends = np.append(np.arange(50, tokens, 50), tokens).astype(np.int64)
    stats = CorpusStats(tokens=tokens, rare=0, sentences=len(ends), types=words)
    return Corpus(vocabulary, rank[ids], ends, stats, {})


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    """What a run in a process of its own has found."""
    with _started(asked) as child:
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
    if child.returncode:
        raise SystemExit(f"A run failed with {child.returncode}.")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _started(asked: dict[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CHILD, json.dumps(asked)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _costs(pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of one checkpoint; medians of the pairs."""
    of_pairs: dict[str, list[float]] = {}
    for pair in pairs:
        without, rarely, found = (pair[kind] for kind in KINDS)
        count, workers = len(found["idle"]), found["workers"]
        minute = _MINUTE * workers
        writing = sum(found["writing"][:count]) / count
        cpu = (found["cpu"] - rarely["cpu"]) / count
        clock = (found["seconds"] - rarely["seconds"]) / count
        summed = _mean(found["idle"]) * workers + writing
        for name, value in {
            "stall_seconds": _mean(found["idle"]),
            "longest_stall_seconds": max(statistics.fmean(idle) for idle in found["idle"]),
            "longest_of_a_worker_seconds": max(max(idle) for idle in found["idle"]),
            "copying_seconds": statistics.fmean(found["copying"]),
            "writer_processor_seconds": writing,
            "processor_seconds": cpu,
            "once_processor_seconds": rarely["cpu"] - without["cpu"],
            "clock_seconds": clock,
            "share_of_a_minute_by_processor": cpu / minute,
            "share_of_a_minute_by_clock": clock / _MINUTE,
            "share_of_a_minute_summed": summed / minute,
            "lost_seconds": (lost := _lost(found["moments"])),
            "share_of_a_minute_lost": lost / _MINUTE,
            "memory_without_bytes": without["memory"] or 0,
            "memory_with_bytes": found["memory"] or 0,
        }.items():
            of_pairs.setdefault(name, []).append(value)
    stalls = sorted(statistics.fmean(idle) for pair in pairs for idle in pair["with"]["idle"])
    medians = {name: statistics.median(values) for name, values in of_pairs.items()}
    medians["median_stall_seconds"] = statistics.median(stalls)
    medians["least_stall_seconds"] = stalls[0]
    return {"checkpoints": len(stalls), "workers": pairs[0]["with"]["workers"]} | medians


def _lost(moments: Sequence[Sequence[float]]) -> float:
    """Seconds of training that a checkpoint cost.

    Parameters
    ----------
    moments : sequence of (seconds, done, checkpoints, whether one is being written)
    """
    quiet = [
        (after[0] - before[0], after[1] - before[1])
        for before, after in itertools.pairwise(moments)
        if before[2] == after[2] and not before[3] and not after[3]
    ]
    seconds, done = (sum(column) for column in zip(*quiet, strict=True))
    first, last = moments[0], moments[-1]
    lost: float = last[0] - first[0] - (last[1] - first[1]) * seconds / done
    return lost / (last[2] - first[2])


def _mean(idle: Sequence[Sequence[float]]) -> float:
    return statistics.fmean(statistics.fmean(one) for one in idle)


def _ended_and_resumed(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Of a run that a signal ended."""
    run = folder / "ended"
    with _started(asked | {"checkpoint": str(run), "every": "1h"}) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it trains
        time.sleep(0.2)
        signalled = time.perf_counter()
        child.send_signal(signal.SIGTERM)
        child.wait()
        durable = time.perf_counter() - signalled
    [checkpoint] = run.glob("checkpoint-*")
    began = time.time()
    found = _run(asked | {"resume": str(run), "only_start": True})
    whole = found["ready"] - began
    return {
        "checkpoint_bytes": checkpoint.stat().st_size,
        "signal_to_durable_seconds": durable,
        "load_seconds": found["load"],
        "resume_more_seconds": whole - found["load"],
        "resume_memory_bytes": found["ready_memory"] or 0,
    }


def _remove_checkpoints(folder: Path) -> None:
    for file in folder.glob("checkpoint-*"):
        file.unlink()


def _markdown(rows: Sequence[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        times = ("median_stall", "longest_stall", "longest_of_a_worker", "copying")
        lines.append(
            [
                row["size"],
                *(f"{1e3 * row[f'{name}_seconds']:.1f}" for name in times),
                f"{row['processor_seconds']:.2f}",
                *(
                    f"{row[f'share_of_a_minute_{by}']:.2%}"
                    for by in ("lost", "summed", "by_processor")
                ),
                *(f"{row[f'memory_{by}_bytes'] / _GIB:.2f}" for by in ("without", "with")),
                *(
                    f"{row[f'{name}_seconds']:.1f}"
                    for name in ("signal_to_durable", "load", "resume_more")
                ),
            ]
        )
    head = ["size", "stall, ms", "longest", "of a worker", "copying", "processor, s"]
    head += [
        "of a minute",
        "as a sum",
        "in pairs",
        "GiB without",
        "GiB with",
        "signal to disk, s",
        "load, s",
    ]
    return harness.markdown([*head, "more, s"], lines)


if __name__ == "__main__":
    main()
