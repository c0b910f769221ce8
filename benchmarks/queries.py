"""How fast are queries, one by one and a thousand at a time, beside gensim?

The vectors are random, the hard case: no row is far from all queries. Each answer is checked
against gensim's (scores to 1e-5), then timed after one call that warms up. gensim has no call for a
batch, so that it is as many single queries there. The first query scales all rows, here and there;
it stands in a row of its own.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness
from w2v import Vectors

Answers = list[list[tuple[str, float]]]
Ask = Callable[[Any, list[str]], Answers]
KINDS: dict[str, tuple[int, Ask, Ask]] = {
    "nearest": (
        1,
        lambda ours, a: [ours.most_similar(a[0])],
        lambda theirs, a: [theirs.most_similar(a[0])],
    ),
    "analogy, 3CosAdd": (
        3,
        lambda ours, a: [ours.analogy(*a)],
        lambda theirs, a: [theirs.most_similar(a[1:], [a[0]])],
    ),
    "analogy, 3CosMul": (
        3,
        lambda ours, a: [ours.analogy(*a, method="3cosmul")],
        lambda theirs, a: [theirs.most_similar_cosmul(a[1:], [a[0]])],
    ),
    "batch": (
        0,
        lambda ours, a: list(ours.most_similar_batch(a)),
        lambda theirs, a: [theirs.most_similar(word) for word in a],
    ),
}


def main() -> None:
    options = _options()
    rng = np.random.default_rng(1)
    words = [f"w{row}" for row in range(options.words)]
    matrix = rng.standard_normal((options.words, options.dim), dtype=np.float32)
    peers: dict[str, Any] = {"w2v": Vectors(words, matrix)}
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        harness.say("gensim: not installed, so not measured.")
    else:
        peers["gensim"] = KeyedVectors(options.dim)
        peers["gensim"].add_vectors(words, matrix)
    firsts = zip(KINDS["nearest"][1:], peers.items(), strict=False)
    rows: list[dict[str, Any]] = [
        {"query": "the first", "trainer": name, "seconds": [_seconds(ask, vectors, words)]}
        for ask, (name, vectors) in firsts
    ]
    for kind, (size, *asks) in KINDS.items():
        asked = words[: size or options.batch]
        answers = [ask(v, asked) for ask, v in zip(asks, peers.values(), strict=False)]
        _check(answers)
        times: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(options.repeats):
            for ask, (name, vectors) in zip(asks, peers.items(), strict=False):
                times[name].append(_seconds(ask, vectors, asked))
        rows += [{"query": kind, "trainer": name, "seconds": s} for name, s in times.items()]
    for row in rows:
        harness.say(f"{row['query']}, {row['trainer']}: {row['seconds']}")
    print(_markdown(rows, options.batch))
    result = {
        "environment": harness.environment(["w2v", "numpy", "gensim"]),
        "settings": {name: getattr(options, name) for name in ("words", "dim", "batch", "repeats")},
        "rows": rows,
    }
    harness.write(options.name, result, Path(options.results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--batch", type=int, default=1000, help="queries in a batch")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--name", default="queries")
    return parser.parse_args()


def _seconds(ask: Ask, vectors: Any, asked: list[str]) -> float:
    started = time.perf_counter()
    ask(vectors, asked)
    return time.perf_counter() - started


def _check(answers: list[Answers]) -> None:
    """All trainers must answer the same."""
    for other in answers[1:]:
        for ours, theirs in zip(answers[0], other, strict=True):
            a, b = ([score for _, score in found] for found in (ours, theirs))
            if not np.allclose(a, b, atol=1e-5):
                raise SystemExit(f"The answers differ: {ours} and {theirs}.")


def _markdown(rows: list[dict[str, Any]], batch: int) -> str:
    lines = []
    for row in rows:
        median, best = statistics.median(row["seconds"]), min(row["seconds"])
        query = f"batch of {batch:,}" if row["query"] == "batch" else row["query"]
        lines.append([query, row["trainer"], f"{1e3 * median:,.1f}", f"{1e3 * best:,.1f}"])
    return harness.markdown(["query", "", "median, ms", "best, ms"], lines)


if __name__ == "__main__":
    main()
