"""Do many workers learn as well as two?

    python -m benchmarks.crowd CORPUS --eval-dir DIR [--workers 2 8 32 128] [--seeds 1 2 3]

Each case with each number of workers, on the cores there are, and what they score beside the first
number. Where there are more workers than cores the system lets each of them run for some
milliseconds, some thousand blocks: a worker's rows are as old as they would be on so many cores, as
far as it keeps them for itself, and what it holds back for the others is the same; but few blocks
are computed side by side. So this proves what workers hold back, and not what blocks that many
cores compute at once do to each other, which is what a step of as many tokens does
(`--step-tokens`, see docs/decisions/row-step-cap.md). Times say nothing. Writes NAME.json into
benchmarks/results.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import charts, harness
from benchmarks.peers import CASES, scores
from w2v import Word2Vec

LIMITS = {"analogies": 0.005, "spearman": 0.01}
"""How much less than the first number of workers may score."""


def main() -> None:
    """Train and score, print a table, keep the figures."""
    options = _options()
    runs = []
    for seed, case, workers in itertools.product(options.seeds, options.cases, options.workers):
        kind: dict[str, Any] = CASES[case]
        settings = {"workers": workers, "seed": seed, "epochs": options.epochs, "dim": options.dim}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # more workers than cores are the point
            model = Word2Vec(**kind, **settings, min_count=options.min_count)
            model.fit(options.corpus)
        found = {"case": case, "workers": workers, "seed": seed}
        found |= scores(model.vectors, options.eval_dir)
        harness.say(json.dumps(found))
        runs.append(found)
    summary = summarise(runs)
    print(_markdown(summary))
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "corpus": options.corpus.name,
        "settings": {"epochs": options.epochs, "dim": options.dim, "cases": CASES},
        "limits": LIMITS,
        "summary": summary,
        "runs": runs,
    }
    harness.write(options.name, result, options.results)


def summarise(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over seeds, and which of them are further below a case's first than `LIMITS` allow."""
    rows: list[dict[str, Any]] = []
    first: dict[str, dict[str, Any]] = {}
    for case, workers in dict.fromkeys((run["case"], run["workers"]) for run in runs):
        mine = [run for run in runs if (run["case"], run["workers"]) == (case, workers)]
        row: dict[str, Any] = {"case": case, "workers": workers, "seeds": len(mine)}
        names = charts.score_names(mine)
        row |= {name: statistics.mean(run[name] for run in mine) for name in names}
        base = first.setdefault(case, row)
        row["below"] = [n for n in names if row[n] < base[n] - LIMITS[n.split()[0]]]
        rows.append(row)
    return rows


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path, required=True)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 8, 32, 128])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--name", default="crowd")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


def _markdown(rows: Sequence[dict[str, Any]]) -> str:
    names = charts.score_names(rows)
    head = ["", "workers", *(charts.SCORES.get(name, name) for name in names)]
    lines = []
    for row in rows:
        lines.append([charts.CASES[row["case"]], str(row["workers"]), *marked(row, names)])
    return harness.markdown(head, lines)


def marked(row: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Its scores, bold where they are below the limits."""
    shown = [
        f"{100 * row[n]:.1f}" if n == "analogies" else f"{row[n]:.3f}".replace("0.", ".", 1)
        for n in names
    ]
    return [f"**{s}**" if n in row["below"] else s for n, s in zip(names, shown, strict=True)]


if __name__ == "__main__":
    main()
