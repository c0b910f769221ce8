"""How fast is gensim's code with one line changed: lists of lists, from there to neighbours?

    python -m benchmarks.same_code CORPUS [--tokens 5000000] [--repeats 3] [--workers 2]

The same lines of code, once with ``from gensim.models import Word2Vec`` and once with
``from w2v.gensim import Word2Vec``, each in a process of its own, in turns. A process makes the
lists and compiles before the clock starts; then ``Word2Vec(sentences, ...)`` counts and trains five
epochs, and asks for neighbours of the first word. Seconds, the median of the repeats, and the
median of their ratios. Their neighbours of ten words are compared, too: how many of ten both have.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import harness
from w2v.text import find_files, read_pieces

TRAINERS = ("gensim", "w2v")
CASES: dict[str, dict[str, Any]] = {
    "skipgram-ns": {"sg": 1},
    "skipgram-hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow-ns": {},
}


def main() -> None:
    """Train by turns, print a table and keep the figures."""
    options = _options()
    if options.child:
        _train(options)
        return
    runs: list[dict[str, Any]] = []
    trainers = [name for name in TRAINERS if find_spec(name)]
    for _ in range(options.repeats):
        for case in options.cases:
            for name in trainers:
                child = [sys.executable, "-m", "benchmarks.same_code", options.corpus]
                child += [f"--{key}={getattr(options, key)}" for key in ("tokens", "workers")]
                found = json.loads(harness.run([*child, "--child", name, case]).output)
                runs.append({"case": case, "trainer": name, **found})
                harness.say(json.dumps({k: v for k, v in runs[-1].items() if k != "near"}))
    table = [_row(case, [run for run in runs if run["case"] == case]) for case in options.cases]
    print(_markdown(table))
    result = {
        "environment": harness.environment(["w2v", "numpy", "gensim"]),
        "settings": {name: vars(options)[name] for name in ("tokens", "workers", "repeats")},
        "summary": table,
        "runs": [{k: v for k, v in run.items() if k != "near"} for run in runs],
    }
    if options.name:
        harness.say(f"kept in {harness.write(options.name, result, Path(options.results))}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus")
    parser.add_argument("--tokens", type=int, default=5_000_000, help="at most, the first ones")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=[*CASES])
    parser.add_argument("--name", default="", help="keep the result under this name")
    parser.add_argument("--results", default=str(harness.RESULTS))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _train(options: argparse.Namespace) -> None:
    """In a process of its own."""
    name, case = options.child
    kind = trainer_named(name)
    sentences = list(_sentences(options.corpus, options.tokens))
    given = {**CASES[case], "vector_size": 100, "workers": options.workers}
    kind(
        [["some", "words"] * 20] * 20, min_count=1, sample=0, **given
    )  # what compiles has compiled
    started = time.perf_counter()
    model = kind(sentences, **given)
    model.wv.most_similar(model.wv.index_to_key[0])
    seconds = time.perf_counter() - started
    words = [word for word in model.wv.index_to_key if len(word) > 4][:10]
    near = {word: [other for other, _ in model.wv.most_similar(word)] for word in words}
    print(json.dumps({"seconds": seconds, "words": len(model.wv), "near": near}))


def trainer_named(name: str) -> Any:
    """The class, by the line that is changed."""
    if name == "gensim":
        from gensim.models import Word2Vec
    else:
        from w2v.gensim import Word2Vec
    return Word2Vec


def _sentences(corpus: str, tokens: int) -> Iterator[list[str]]:
    """The first lines of a text."""
    left, rest = tokens, ""
    for piece in read_pieces(find_files([corpus])):
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            if words := line.split()[:left]:
                yield words
            left -= len(words)
            if not left:
                return


def _row(case: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    ours, theirs = ([run for run in runs if run["trainer"] == name] for name in ("w2v", "gensim"))
    ratios = [b["seconds"] / a["seconds"] for a, b in zip(ours, theirs, strict=False)]
    common = [
        len(set(a["near"][word]) & set(b["near"].get(word, ())))
        for a, b in zip(ours, theirs, strict=False)
        for word in a["near"]
    ]
    return {
        "case": case,
        "gensim_seconds": _median([run["seconds"] for run in theirs]),
        "w2v_seconds": _median([run["seconds"] for run in ours]),
        "times_as_fast": _median(ratios),
        "range": [min(ratios, default=None), max(ratios, default=None)],
        "neighbours_in_common": statistics.mean(common) if common else None,
    }


def _median(numbers: list[float]) -> float | None:
    """None where gensim is not installed."""
    return statistics.median(numbers) if numbers else None


def _markdown(table: list[dict[str, Any]]) -> str:
    lines = ["| case | gensim | w2v.gensim | times as fast | of ten neighbours both have |"]
    lines.append("|---|---|---|---|---|")
    for row in table:
        shown = [_shown(row["gensim_seconds"], " s"), _shown(row["w2v_seconds"], " s")]
        shown += [f"{_shown(row['times_as_fast'])} ({' to '.join(map(_shown, row['range']))})"]
        shown += [_shown(row["neighbours_in_common"])]
        lines.append(f"| {' | '.join([row['case'], *shown])} |")
    return "\n".join(lines)


def _shown(number: float | None, unit: str = "") -> str:
    return "-" if number is None else f"{number:.1f}{unit}"


if __name__ == "__main__":
    main()
