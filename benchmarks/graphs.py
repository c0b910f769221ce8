"""Are vectors of a graph's nodes as good as gensim's, and sooner there?

    python -m benchmarks.graphs [--nodes 100000] [--repeats 1] [--workers 2]

A made-up graph of blocks of nodes with ten edges a node within its block and one to anywhere; a
random walk of 50 steps from each node; skip-gram with 5 negative samples, window 10, 128
dimensions, one epoch, no subsampling. Of the ten nodes nearest to a node (of some thousands), how
many are of its block, and how long it took to train on the lists of lists, each in a process of its
own, in turns, gensim where it is installed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness
from benchmarks.same_code import TRAINERS, trainer_named

_LENGTH, _WITHIN, _BEYOND, _ASKED, _AT_ONCE = 50, 10, 1, 4000, 500


def main() -> None:
    """Train by turns, print a table and keep the figures."""
    options = _options()
    if options.child:
        _train(options)
        return
    runs: list[dict[str, Any]] = []
    for seed in range(1, options.repeats + 1):
        for name in [name for name in TRAINERS if find_spec(name)]:
            child = [sys.executable, "-m", "benchmarks.graphs", "--child", name, str(seed)]
            child += [f"--{key}={getattr(options, key)}" for key in ("nodes", "block", "workers")]
            runs.append({"trainer": name, **json.loads(harness.run(child).output)})
            harness.say(json.dumps(runs[-1]))
    table = [_row(name, [run for run in runs if run["trainer"] == name]) for name in TRAINERS]
    print("| trainer | of the ten nearest in the same block | seconds |\n|---|---|---|")
    for row in [row for row in table if row]:
        print(f"| {row['trainer']} | {row['same_block']:.3f} | {row['seconds']:.1f} |")
    result = {
        "environment": harness.environment(["w2v", "numpy", "gensim"]),
        "settings": {name: vars(options)[name] for name in ("nodes", "block", "workers")},
        "summary": [row for row in table if row],
        "runs": runs,
    }
    if options.name:
        harness.say(f"kept in {harness.write(options.name, result, Path(options.results))}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--block", type=int, default=100, help="nodes of a block")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1, help="seeds, from 1")
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _train(options: argparse.Namespace) -> None:
    """In a process of its own."""
    name, seed = options.child
    kind = trainer_named(name)
    given: dict[str, Any] = {"sg": 1, "sample": 0, "min_count": 1, "window": 10, "epochs": 1}
    given |= {"vector_size": 128, "workers": options.workers, "seed": int(seed)}
    sentences = _walks(options.nodes, options.block).tolist()
    kind([["a", "few", "words"] * 20] * 20, **given)  # it has compiled
    started = time.perf_counter()
    model = kind(sentences, **given)
    seconds = time.perf_counter() - started
    share = same_block(model.wv.vectors, np.array(model.wv.index_to_key), options.block)
    print(json.dumps({"seed": int(seed), "seconds": seconds, "same_block": share}))


def _walks(nodes: int, block: int) -> NDArray[np.int64]:
    """(nodes, 50), in random order."""
    rng = np.random.default_rng(0)
    within, beyond = nodes * _WITHIN // 2, nodes * _BEYOND // 2
    one = rng.integers(0, nodes, within)
    other = one // block * block + rng.integers(0, block, within)
    ends = rng.integers(0, nodes, (2, beyond))
    left, right = np.concatenate((one, ends[0])), np.concatenate((other, ends[1]))
    source, target = np.concatenate((left, right)), np.concatenate((right, left))
    target = target[np.argsort(source, kind="stable")]
    degrees = np.bincount(source, minlength=nodes)
    starts = np.cumsum(degrees) - degrees
    at = rng.permutation(np.flatnonzero(degrees))
    steps = np.empty((len(at), _LENGTH), np.int64)
    for step in range(_LENGTH):
        steps[:, step] = at
        at = target[starts[at] + (rng.random(len(at)) * degrees[at]).astype(np.int64)]
    return steps


def same_block(vectors: NDArray[np.float32], nodes: NDArray[np.int64], block: int) -> float:
    rng = np.random.default_rng(1)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = rng.choice(len(unit), min(_ASKED, len(unit)), replace=False)
    found = 0
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        cosines = unit[some] @ unit.T
        cosines[np.arange(len(some)), some] = -2
        near = np.argpartition(-cosines, 10, axis=1)[:, :10]
        found += int((nodes[near] // block == (nodes[some] // block)[:, None]).sum())
    return found / len(asked) / 10


def _row(name: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    if not runs:
        return {}
    return {
        "trainer": name,
        "same_block": statistics.mean(run["same_block"] for run in runs),
        "seconds": statistics.median(run["seconds"] for run in runs),
    }


if __name__ == "__main__":
    main()
