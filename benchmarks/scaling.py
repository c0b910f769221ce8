"""How does the cost of training grow?

    python -m benchmarks.scaling [--backend NAME] [--model MODEL] [--loss LOSS] [--tiny]

One quantity is varied at a time, all else stays: 100 dimensions, window 5, 5 negative samples,
50,000 words, 5 million tokens, all cores. The corpus is made up, by Zipf's law, and lives in
memory. Where the vocabulary is varied, texts are cut to the same number of tokens that survive
subsampling. Repeats are interleaved. A row holds median seconds of training and the slope of their
logarithm: 1 is in proportion, 0 no cost, -1 (for workers) perfect. Writes NAME.json and NAME.png
into benchmarks/results.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import charts, harness
from w2v import Backend, Config, Corpus, get_backend
from w2v.backends import usable_cores
from w2v.training import Trainer, throughput

LABELS = {
    "workers": "Workers",
    "dim": "Dimensions",
    "window": "Window",
    "negative": "Negative samples",
    "words": "Vocabulary",
    "tokens": "Length of text",
}
FULL = {
    "dim": (50, 100, 200, 300),
    "window": (2, 5, 10, 15),
    "negative": (2, 5, 10, 20),
    "words": (10_000, 100_000, 1_000_000),
    "tokens": (1_000_000, 10_000_000, 100_000_000),
}
TINY = {
    "dim": (8, 16),
    "window": (2, 5),
    "negative": (2, 5),
    "words": (100, 1000),
    "tokens": (20_000, 80_000),
}
_STEADY = 20_000_000  # tokens; so long a run is made once
_KEPT = 0.7  # of the tokens, after subsampling, where the vocabulary is varied


@dataclass(frozen=True)
class Point:
    """One run: which quantity is varied, its value, and all else."""

    axis: str
    value: int
    config: Config
    tokens: int
    words: int


def main() -> None:
    """Run every point, print a table, keep the figures and the chart."""
    options = _options()
    backend = get_backend(options.backend)
    points = _points(options.model, options.loss, options.tiny)
    seconds: dict[Point, list[float]] = {point: [] for point in points}
    for point in points:
        if point.axis == "workers":  # compiles what it compiles
            Trainer(point.config, throughput.zipf_corpus(100_000, point.words), backend).run()
    for repeat, point in itertools.product(range(options.repeats), points):
        if repeat == 0 or point.tokens < _STEADY:
            seconds[point].append(_train(point, backend))
            harness.say(f"{point.axis} {point.value:,}: {seconds[point][-1]:.2f} s")
    summary = [_row(axis, seconds) for axis in LABELS]
    summary = [row for row in summary if len(row["values"]) > 1]
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "backend": f"{backend.name} {backend.version} on {backend.device}",
        "model": options.model,
        "loss": options.loss,
        "summary": summary,
    }
    print(_markdown(summary))
    harness.write(options.name, result, options.results)
    charts.keep(result, options.results / f"{options.name}.png")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--model", choices=("skipgram", "cbow"), default="skipgram")
    parser.add_argument("--loss", choices=("ns", "hs"), default="ns")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--name", default="scaling")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


def _points(model: str, loss: str, tiny: bool) -> list[Point]:
    sizes = TINY if tiny else FULL
    cores = usable_cores()
    workers = sorted({2**i for i in range(cores.bit_length())} | {cores})
    points = []
    for axis, values in {"workers": tuple(workers), **sizes}.items():
        if axis == "negative" and loss != "ns":
            continue
        for value in values:
            options: dict[str, Any] = {"model": model, "loss": loss, "epochs": 1}
            options |= {"dim": 8} if tiny else {}
            place = {"tokens": 20_000, "words": 200} if tiny else {"tokens": 5 * 10**6}
            place = {"words": 50_000, **place}
            target = place if axis in place else options
            target[axis] = value
            points.append(Point(axis, value, Config(**options), **place))
    return points


def _corpus(point: Point) -> Corpus:
    corpus = throughput.zipf_corpus(point.tokens, point.words)
    if point.axis != "words":
        return corpus
    vocabulary = corpus.vocabulary
    keep = vocabulary.keep_probabilities(point.config.sample)
    kept = float(vocabulary.counts @ keep) / vocabulary.total
    return throughput.beginning(corpus, round(point.tokens * min(1.0, _KEPT / kept)))


def _train(point: Point, backend: Backend) -> float:
    return Trainer(point.config, _corpus(point), backend).run().seconds


def _row(axis: str, seconds: dict[Point, list[float]]) -> dict[str, Any]:
    found = {p.value: statistics.median(s) for p, s in seconds.items() if p.axis == axis}
    slope = np.nan
    if len(found) > 1:
        slope = np.polyfit(np.log(list(found)), np.log(list(found.values())), 1)[0]
    return {
        "axis": axis,
        "label": LABELS[axis],
        "values": list(found),
        "seconds": list(found.values()),
        "runs": [s for p, s in seconds.items() if p.axis == axis],
        "slope": float(slope),
    }


def _markdown(summary: Sequence[dict[str, Any]]) -> str:
    rows = []
    for row in summary:
        pairs = zip(row["values"], row["seconds"], strict=True)
        points = ", ".join(f"{charts.short(value)}: {seconds:.2f} s" for value, seconds in pairs)
        rows.append([row["label"], points, f"{row['slope']:.2f}"])
    return harness.markdown(["", "seconds", "slope"], rows)


if __name__ == "__main__":
    main()
