"""How does the cost of training grow?

    python -m benchmarks.scaling [--backend NAME] [--model MODEL] [--loss LOSS] [--tiny]
    python -m benchmarks.scaling --workers [N ...]

One quantity is varied at a time, all else stays: 100 dimensions, window 5, 5 negative samples,
50,000 words, 5 million tokens, all cores. The corpus is made up, by Zipf's law, and lives in
memory. Where the vocabulary is varied, texts are cut to the same number of tokens that survive
subsampling. Repeats are interleaved. A row holds median seconds of training and the slope of their
logarithm: 1 is in proportion, 0 no cost, -1 (for workers) perfect. Writes NAME.json and NAME.png
into benchmarks/results.

With `--workers` only their number varies, for all four pairs of model and loss: those named, or
powers of two up to the cores, the cores, and the threads where a core has several. The text has 16
chunks for each of the most workers, at least. A row holds median seconds, the share of perfect (one
worker's seconds / (W x seconds); that the clock of a processor falls where more cores work counts
too), and of three numbers or more the fit a / W + b + c W (`Growth` in w2v/training/throughput.py)
with the number of workers at its best. Writes workers.json.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import charts, harness
from w2v import Backend, Config, Corpus, get_backend
from w2v.backends import usable_cores, usable_threads
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
MODELS, LOSSES = ("skipgram", "cbow"), ("ns", "hs")
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
    if options.workers is not None:
        workers(options, backend)
        return
    model, loss = options.model or MODELS[0], options.loss or LOSSES[0]
    points = _points(model, loss, options.tiny)
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
    result: dict[str, Any] = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "backend": f"{backend.name} {backend.version} on {backend.device}",
        "model": model,
        "loss": loss,
        "summary": summary,
    }
    print(_markdown(summary))
    print("\n" + harness.about(result["environment"]))
    name = options.name or "scaling"
    harness.write(name, result, options.results)
    charts.keep(result, options.results / f"{name}.png")


def workers(options: argparse.Namespace, backend: Backend) -> None:
    """Of each pair of model and loss: every number of workers in turn, as often as asked."""
    counts = sorted(set(options.workers or throughput.worker_counts()))
    if min(counts) < 1:
        raise SystemExit("--workers takes numbers from 1 on.")
    if counts[-1] > usable_threads():
        harness.say(f"Only {usable_threads()} can run at once here: more is no scaling.")
    place = _place(options.tiny)
    if not options.tiny:
        place["tokens"] = throughput.tokens_for(counts[-1])
    pairs = list(itertools.product(_chosen(options.model, MODELS), _chosen(options.loss, LOSSES)))
    points = [
        Point("workers", count, _config(model, loss, options.tiny, workers=count), **place)
        for model, loss in pairs
        for count in counts
    ]
    corpus = _corpus(points[0])
    for model, loss in pairs:  # compiles what it compiles
        config = _config(model, loss, options.tiny, workers=1)
        Trainer(config, throughput.beginning(corpus, min(100_000, place["tokens"])), backend).run()
    seconds: dict[Point, list[float]] = {point: [] for point in points}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of more workers than threads was told
        for _, point in itertools.product(range(options.repeats), points):
            seconds[point].append(Trainer(point.config, corpus, backend).run().seconds)
            pair = f"{point.config.model} {point.config.loss}"
            harness.say(f"{pair}, {point.value} workers: {seconds[point][-1]:.2f} s")
    summary = [_workers_row(pair, seconds) for pair in pairs]
    result: dict[str, Any] = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "backend": f"{backend.name} {backend.version} on {backend.device}",
        "settings": {**place, "repeats": options.repeats},
        "workers": summary,
    }
    print(_workers_markdown(summary))
    print("\n" + harness.about(result["environment"]))
    harness.write(options.name or "workers", result, options.results)


def _chosen(one: str | None, all_of_them: Sequence[str]) -> Sequence[str]:
    return all_of_them if one is None else [one]


def _workers_row(pair: tuple[str, str], seconds: dict[Point, list[float]]) -> dict[str, Any]:
    runs = {p.value: s for p, s in seconds.items() if (p.config.model, p.config.loss) == pair}
    found = {count: statistics.median(some) for count, some in runs.items()}
    least = min(found)
    growth = throughput.Growth.fitted(found)
    fit = None
    if growth:
        best = growth.best if math.isfinite(growth.best) else None
        fit = {**asdict(growth), "best_workers": best}
    return {
        "model": pair[0],
        "loss": pair[1],
        "workers": list(found),
        "seconds": list(found.values()),
        "runs": list(runs.values()),
        "share_of_perfect": [found[least] * least / (s * n) for n, s in found.items()],
        "fastest_workers": min(found, key=lambda count: found[count]),
        "fit": fit,
    }


def _workers_markdown(summary: Sequence[dict[str, Any]]) -> str:
    counts = summary[0]["workers"]
    rows = []
    for row in summary:
        pairs = zip(row["seconds"], row["share_of_perfect"], strict=True)
        cells = [f"{seconds:.2f} s, {share:.0%}" for seconds, share in pairs]
        fit = best = "-"
        if found := row["fit"]:
            parts = [f"{found[name]:.3g}" for name in ("shared", "alone", "each")]
            fit = f"{parts[0]} / W + {parts[1]} + {parts[2]} W"
            at = found["best_workers"]
            best = "none in sight" if at is None else f"{max(at, 1):.0f}"
        title = f"{row['model']} {row['loss']}"
        rows.append([title, *cells, str(row["fastest_workers"]), fit, best])
    head = ["", *map(str, counts), "fastest", "seconds", "best by the fit"]
    return harness.markdown(head, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--model", choices=MODELS, help="[skipgram; with --workers both]")
    parser.add_argument("--loss", choices=LOSSES, help="[ns; with --workers both]")
    parser.add_argument("--workers", type=int, nargs="*", metavar="N", help="vary only these")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--name", help="[scaling; with --workers workers]")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


def _place(tiny: bool) -> dict[str, int]:
    """Size of the text."""
    if tiny:
        return {"tokens": 20_000, "words": 200}
    return {"tokens": 5 * 10**6, "words": 50_000}


def _config(model: str, loss: str, tiny: bool, **options: Any) -> Config:
    dim = 8 if tiny else Config.dim
    return Config(model=model, loss=loss, dim=dim, epochs=1, **options)


def _points(model: str, loss: str, tiny: bool) -> list[Point]:
    sizes = TINY if tiny else FULL
    counts = tuple(throughput.worker_counts(usable_cores()))
    points = []
    for axis, values in {"workers": counts, **sizes}.items():
        if axis == "negative" and loss != "ns":
            continue
        for value in values:
            options: dict[str, Any] = {"dim": 8} if tiny else {}
            options |= {"model": model, "loss": loss, "epochs": 1}
            place = _place(tiny)
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
