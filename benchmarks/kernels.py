"""What do the compiled kernels reach of what this processor can do, and where does the time go?

    python -m benchmarks.kernels [CORPUS] [--kinds native haswell x86-64] [--tables steps]

Measured for each kind of processor that this machine can be: as it is, and compiled for lesser ones
(`NUMBA_CPU_NAME`, and `NUMBA_CPU_FEATURES` empty, or Numba would go on using what is there), each
in a process of its own, those with a cache folder of their own. One worker; the text is that of
CORPUS, or made up by Zipf's law. Three tables:

Pieces, in loops of their own on rows in the first cache, and rows of tables of three sizes, read
and added to as training does, the next ones asked for ahead. The ceiling is our own product of
rows, at its best shape. Shares are of that; of rows, the pace of those in the first cache.

Steps, one kernel each: nanoseconds of processor time a kept token, and the useful part of the
ceiling that is, by the formulas below; what a kernel computes and masks away is not counted.

Parts: the same kernels compiled once more with a clock in each piece that they call (see
backends/numba_clocks.py), on the same text; nanoseconds a kept token. The least of some runs stands
for each; calls that were interrupted count as long as others, so on a busy machine "the rest",
which is the step less its parts, has what others cost. A processor works ahead: of two short parts
after each other one may get what the other takes.

With D numbers in a row, blocks of T tokens that share N noise words, window w, so P = w + 1 pairs a
token on average, and L nodes on a word's path on average:

    useful flops per kept token                     rows per kept token
    skipgram ns    6 D (P + N)                      (2 T + 2 w + N) / T
    cbow ns        2 D P + 6 D (1 + N)              (2 T + 2 w + N) / T
    skipgram hs    6 D P L                          (T + 2 w) / T + L
    cbow hs        2 D P + 6 D L                    (T + 2 w) / T + L

6 D is a score, and its share of two gradients, of a hidden vector and an output row; 2 D P is the
mean of a window and the way back. Writes NAME.json into benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import charts, harness
from w2v import Backend, Config, Corpus, get_backend
from w2v.backends import StepShape, kernel_clocks, kernel_loops
from w2v.text import read_corpus
from w2v.training import HuffmanTree, Trainer, step_shape, throughput

NATIVE = "native"
PAIRS = {
    f"{model}-{loss}": (model, loss) for loss in ("ns", "hs") for model in ("skipgram", "cbow")
}
_TABLES = {"rows in the first cache": 24, "rows in 4 MB": 10**4, "rows in 400 MB": 10**6}
_AS_TEXT = "rows as in the text"
_LOOKED_UP = 1 << 17  # rows, in a measurement
_AT_ONCE = 58  # of them, as in a block
_BLOCK = 16  # tokens, where a step has one
_LEAST_NS = 0.05  # of a part that is shown
_CALL_S = 2e-4  # of a loop, so that many are not interrupted


def main() -> None:
    """Measure each kind in a child process, print the tables, keep the figures."""
    options = _options()
    if options.here:
        print(json.dumps(measured(options)))
        return
    kinds = options.kinds or [NATIVE, *kernel_loops().kinds()]
    found = {kind: _in_child(kind) for kind in kinds}
    result: dict[str, Any] = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "settings": {"dim": options.dim, "window": options.window, "text": found[kinds[0]]["text"]},
        "kinds": found,
    }
    tables = [TABLES[name](found) for name in options.tables]
    print("\n\n".join([*tables, harness.about(result["environment"])]))
    harness.write(options.name, result, options.results)


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All figures of the kind of processor that this process compiles for."""
    backend = get_backend("numba")
    found: dict[str, Any] = {}
    with _text(options) as corpus:
        configs = {
            name: Config(
                model=PAIRS[name][0],
                loss=PAIRS[name][1],
                dim=options.dim,
                window=options.window,
                workers=1,
                epochs=1,
            )
            for name in options.cases
        }
        configs = {n: throughput.as_of_long(one, backend) for n, one in configs.items()}
        part = throughput.beginning(corpus, min(options.tokens, len(corpus.ids)))
        found["text"] = {"tokens": len(part.ids), "words": len(corpus.vocabulary)}
        config = next(iter(configs.values()))
        found["pieces"] = _pieces(config, backend, corpus, options)
        ceiling = found["pieces"][0]["flops_per_second"]
        found["steps"] = {
            name: _step(one, backend, part, ceiling, options.repeats)
            for name, one in configs.items()
        }
        if "parts" in options.tables:
            found["parts"] = _parts(configs, backend, part, options.repeats)
    return found


def work(config: Config, shape: StepShape, corpus: Corpus) -> tuple[float, float]:
    """(Useful flops, rows) per kept token, by the formulas above."""
    d, p = config.dim, config.window + 1
    t, n = shape.block, shape.shared
    halo = (t + 2 * config.window) / t
    counts = corpus.vocabulary.counts
    kept = counts * corpus.vocabulary.keep_probabilities(config.sample)
    path = float(kept @ HuffmanTree.from_counts(counts).lengths / kept.sum())
    return {
        ("skipgram", "ns"): (6 * d * (p + n), 1 + halo + n / t),
        ("cbow", "ns"): (2 * d * p + 6 * d * (1 + n), 1 + halo + n / t),
        ("skipgram", "hs"): (6 * d * p * path, halo + path),
        ("cbow", "hs"): (2 * d * p + 6 * d * path, halo + path),
    }[config.model, config.loss]


def _in_child(kind: str) -> dict[str, Any]:
    harness.say(f"{kind}: compiling and measuring, some minutes")
    with tempfile.TemporaryDirectory(prefix="w2v-kernels-") as folder:
        lesser = {"NUMBA_CPU_NAME": kind, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": folder}
        places = os.environ | (lesser if kind != NATIVE else {})
        command = [sys.executable, "-m", "benchmarks.kernels", *sys.argv[1:], "--here"]
        done = subprocess.run(command, env=places, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The measurement for {kind} failed with {done.returncode}.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def _text(options: argparse.Namespace) -> Iterator[Corpus]:
    if options.corpus:
        with read_corpus(options.corpus) as corpus:
            yield corpus
    else:
        yield throughput.zipf_corpus(max(options.tokens, 1000), options.words)


def _pieces(
    config: Config, backend: Backend, corpus: Corpus, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """What each piece does, that of the ceiling first."""
    loops, shape = kernel_loops(), step_shape(backend, config)
    found = loops.pieces(config.dim, config.window, max(shape.block, _BLOCK), shape.shared)
    if "pieces" not in options.tables:
        found = found[:1]
    for name, ids in _drawn(config, corpus, options) if "pieces" in options.tables else ():
        found += loops.lookups(config.dim, name, ids.astype(np.int32), min(_AT_ONCE, len(ids)))
    rows: list[dict[str, Any]] = []
    best: dict[str, float] = {}  # seconds of a row in the first cache
    for piece in found:
        seconds = _quickest(piece.repeat, options.seconds)
        row = {"name": piece.name, "seconds": seconds}
        if piece.flops:
            row["flops_per_second"] = piece.flops / seconds
            row["share"] = row["flops_per_second"] / (rows or [row])[0]["flops_per_second"]
        elif piece.rows:
            row["seconds_per_row"] = seconds / piece.rows
            what, among, _ = piece.name.partition(" rows ")
            if among:
                row["share"] = (
                    best.setdefault(what, row["seconds_per_row"]) / row["seconds_per_row"]
                )
        rows.append(row)
    return rows


def _drawn(
    config: Config, corpus: Corpus, options: argparse.Namespace
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Rows drawn evenly from small and large tables, and as training draws them."""
    rng = np.random.default_rng(0)
    for name, rows in _TABLES.items():
        yield name, rng.integers(0, min(rows, _LOOKED_UP) if options.tiny else rows, _LOOKED_UP)
    ids = corpus.ids[: 4 * _LOOKED_UP]
    keep = corpus.vocabulary.keep_probabilities(config.sample)[ids]
    yield _AS_TEXT, ids[rng.random(len(keep)) < keep][:_LOOKED_UP]


def _quickest(repeat: Callable[[int], object], enough_s: float) -> float:
    """Seconds of one time, in the quickest of the calls that fit into `enough_s`."""
    repeat(1)
    times, best, end = 1, math.inf, time.perf_counter() + enough_s
    while (started := time.perf_counter()) < end or best == math.inf:
        repeat(times)
        took = time.perf_counter() - started
        if took < _CALL_S:
            times *= 2
        best = min(best, took / times if took >= _CALL_S else math.inf)
    return best


class _Timed:
    """A backend whose kernels' processor time is summed up."""

    def __init__(self, backend: Any) -> None:
        kernels = ModuleType("timed kernels")
        kernels.__dict__.update(vars(backend.kernels))
        for name in (
            "windows",
            *(f"{m}_{k}" for m in ("skipgram", "cbow") for k in ("shared", "paths")),
        ):
            setattr(kernels, name, self._timed(getattr(kernels, name)))
        self.backend = replace(backend, kernels=kernels)
        self.seconds = 0.0

    def _timed(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            started = time.thread_time()
            result = kernel(*arguments)
            self.seconds += time.thread_time() - started
            return result

        return call


def _step(
    config: Config, backend: Backend, corpus: Corpus, ceiling: float, repeats: int
) -> dict[str, Any]:
    """A kernel by itself: nanoseconds a kept token in its quickest run, and what share that is."""
    timed, best = _Timed(backend), math.inf
    for _ in range(1 + repeats):  # the first may compile
        timed.seconds = 0.0
        kept = sum(Trainer(config, corpus, timed.backend).run().kept)
        best = min(best, timed.seconds / kept)
    shape = step_shape(backend, config)
    flops, rows = work(config, shape, corpus)
    harness.say(f"{config.model} {config.loss}: {1e9 * best:.0f} ns a kept token")
    return {
        "shape": shape._asdict(),
        "ns_per_token": 1e9 * best,
        "flops_per_token": flops,
        "rows_per_token": rows,
        "share": flops / best / ceiling,
    }


def _parts(
    configs: dict[str, Config], backend: Backend, corpus: Corpus, repeats: int
) -> dict[str, dict[str, float]] | None:
    """Nanoseconds a kept token by part, of each kernel; None where there are no clocks."""
    clocks = kernel_clocks(backend)
    if clocks is None:
        return None
    found: dict[str, dict[str, float]] = {}
    for name, config in configs.items():
        least: dict[str, float] = {}
        for run in range(1 + repeats):
            clocks.start()
            kept = sum(Trainer(config, corpus, clocks.backend).run().kept)
            for part, (ns, calls) in clocks.parts().items() if run else ():
                least[part] = min(least.get(part, math.inf), ns * calls / kept)
        found[name] = dict(sorted(least.items(), key=lambda pair: -pair[1]))
    return found


def pieces_table(kinds: dict[str, Any]) -> str:
    """A row for each piece, a column for each kind of processor."""
    rows = []
    for number, piece in enumerate(next(iter(kinds.values()))["pieces"]):
        cells = [_rate(found["pieces"][number]) for found in kinds.values()]
        rows.append([piece["name"], *cells])
    return harness.markdown(["pieces", *kinds], rows)


def steps_table(kinds: dict[str, Any]) -> str:
    """A row for each model and loss; with the speed of each kind as a share of the first."""
    head, first = next(iter(kinds.items()))
    rows = []
    for name in first["steps"]:
        cells = []
        for found in kinds.values():
            pace = f"{_ns(first, name) / _ns(found, name):.2f} of {head}"
            beside = "" if found is first else f"; {pace}"
            cells.append(f"{_ns(found, name):.0f} ns, {found['steps'][name]['share']:.0%}{beside}")
        rows.append([charts.CASES[name], *cells])
    return harness.markdown(["a kept token, useful share of the ceiling", *kinds], rows)


def parts_table(kinds: dict[str, Any]) -> str:
    """Rows for the parts of each kernel, in nanoseconds a kept token."""
    if any(found["parts"] is None for found in kinds.values()):
        return "By part: not measured, as this processor's cycle counter cannot be read."
    rows = []
    for name in next(iter(kinds.values()))["parts"]:
        whole = [_ns(found, name) for found in kinds.values()]
        rows.append([f"**{charts.CASES[name]}**", *(f"{ns:.0f}" for ns in whole)])
        for part in dict.fromkeys(part for f in kinds.values() for part in f["parts"][name]):
            each = [found["parts"][name].get(part, 0.0) for found in kinds.values()]
            if max(each) >= _LEAST_NS:
                rows.append([part.replace("_", " "), *(f"{ns:.1f}" for ns in each)])
        taken = [sum(found["parts"][name].values()) for found in kinds.values()]
        rest = [ns - some for ns, some in zip(whole, taken, strict=True)]
        rows.append(["the rest", *(f"{ns:.1f}" for ns in rest)])
    return harness.markdown(["ns a kept token", *kinds], rows)


TABLES = {"pieces": pieces_table, "steps": steps_table, "parts": parts_table}


def _ns(found: dict[str, Any], name: str) -> float:
    return float(found["steps"][name]["ns_per_token"])


def _rate(piece: dict[str, Any]) -> str:
    share = f", {piece['share']:.0%}" if "share" in piece else ""
    if "flops_per_second" in piece:
        return f"{piece['flops_per_second'] / 1e9:.0f} GFLOP/s{share}"
    if "seconds_per_row" in piece:
        return f"{1e9 * piece['seconds_per_row']:.1f} ns a row{share}"
    return f"{1e9 * piece['seconds']:.0f} ns"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", help="a text, for its words and their order")
    parser.add_argument("--kinds", nargs="+", help="native, or names of NUMBA_CPU_NAME")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--cases", nargs="+", choices=PAIRS, default=list(PAIRS))
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--words", type=int, default=50_000, help="of the made-up corpus")
    parser.add_argument("--tokens", type=int, default=200_000, help="that a step is measured on")
    parser.add_argument("--repeats", type=int, default=10, help="of each step")
    parser.add_argument("--seconds", type=float, default=0.3, help="of each piece")
    parser.add_argument("--tiny", action="store_true", help="less, to see that it runs")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--name", default="kernels")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    options = parser.parse_args()
    if options.tiny:
        options.tokens, options.words, options.repeats, options.seconds = 2000, 200, 1, 0.001
    return options


if __name__ == "__main__":
    main()
