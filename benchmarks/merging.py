"""Do shards that are merged learn as well as one text?

    python -m benchmarks.merging CORPUS --eval-dir DIR [--shards 1 2 4 8 16 32] [--seeds 1 2 3]

Each case is trained in rounds of so many shards, as on a cluster, two shards at a time here, which
the result does not depend on. `--rules` names other ways to merge than the one in use:

steep       that of `w2v.training.merging`, which is in use
unbalanced  the same without stretching the tables
mean        over the shards that have met a row
sum         of all changes
capped      the sum, down to the mean where the terms of a round on a row are above the row cap
counted     the mean, by the tokens that each shard has kept
adasum      row by row, what is orthogonal is added and what is parallel averaged, in the order of
            the shards (Maleki et al. 2020, arXiv 2006.02924)
momentum    that in use, and half of what the round before has moved (Nesterov)

One shard stands for one machine. What is further below the first number of shards than the limits
allow is bold. Writes NAME.json into benchmarks/results.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks import charts, harness
from benchmarks.crowd import LIMITS, marked, summarise
from benchmarks.peers import CASES, scores
from w2v import Word2Vec, read_corpus
from w2v.backends import Backend
from w2v.text import Corpus
from w2v.training import (
    Changes,
    Here,
    Meetings,
    Merge,
    Result,
    Trainer,
    packed,
    unpacked,
)

_SIDE_BY_SIDE = 2

Floats: TypeAlias = NDArray[np.float32]


class Several(Here):
    """A crew that trains several shards side by side, and counts what they send."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend, _SIDE_BY_SIDE)
        self.received = 0

    def results(self, seconds: float) -> list[Result]:
        """See `Crew`."""
        found = super().results(seconds)
        self.received += sum(change.nbytes for one in found for change in one.changes)
        return found

    def told(self) -> dict[str, Any]:
        """See `Crew`."""
        return {"bytes_received": self.received}


class _Here:
    """A cluster that is this process, and merges by a rule."""

    threads = 1

    def __init__(self, rule: type[Merge]) -> None:
        self._rule = rule

    def reachable(self, corpus: Corpus) -> Corpus:
        """It is."""
        return corpus

    def crew(self, backend: Backend) -> Several:
        """Those who train."""
        found = Several(backend)
        found.merge = self._rule
        return found


class Simple(Merge):
    """A share of the sum, by how many shards have met a row, or what they were expected to add."""

    def ended(self, learning_rate: float, tokens: float) -> tuple[Changes, Changes]:
        """See `Merge`."""
        inputs, outputs = (self._shared(which, learning_rate * tokens) for which in (0, 1))
        return inputs, outputs

    def _shared(self, which: int, steps: float) -> Changes:
        rows = np.flatnonzero(self._met[which])
        terms = steps * self._shards * self._meetings.terms[which][rows]
        values = self._sums[which][rows] * self.part(self._met[which][rows], terms)[:, None]
        return Changes(rows.astype(np.int32), packed(values, self._dtype))

    def part(self, met: Floats, terms: Floats) -> Floats:
        """Of the sum, (N,)."""
        raise NotImplementedError


class Mean(Simple):
    """See the rules above."""

    def part(self, met: Floats, terms: Floats) -> Floats:
        """1 / K."""
        return np.reciprocal(met)


class Sum(Simple):
    """See the rules above."""

    def part(self, met: Floats, terms: Floats) -> Floats:
        """All of it."""
        return np.ones_like(met)


class Capped(Simple):
    """See the rules above."""

    cap = 4.0

    def part(self, met: Floats, terms: Floats) -> Floats:
        """As one step of all terms would be held back, and not more than to the mean."""
        return np.clip(self.cap / np.maximum(terms, 1e-9), 1 / met, 1)


class Counted(Simple):
    """See the rules above: a row's weight in a shard is how many numbers of it moved much."""

    def begin(self, tables: Sequence[Floats]) -> None:
        """See `Merge`."""
        super().begin(tables)
        self._weights = [np.zeros_like(met) for met in self._met]

    def add(self, changes: tuple[Changes, Changes]) -> None:
        """Each row by the length of its change, which stands for its terms."""
        self._shards += 1
        for which, change in enumerate(changes):
            values = unpacked(change.values)
            weights = np.sqrt((values * values).sum(axis=1)) + 1e-9
            self._sums[which][change.rows] += values * weights[:, None]
            self._weights[which][change.rows] += weights
            self._met[which][change.rows] += 1

    def _shared(self, which: int, steps: float) -> Changes:
        rows = np.flatnonzero(self._met[which])
        values = self._sums[which][rows] / self._weights[which][rows][:, None]
        return Changes(rows.astype(np.int32), packed(values, self._dtype))


class Adasum(Sum):
    """See the rules above."""

    def add(self, changes: tuple[Changes, Changes]) -> None:
        """To what the shards before have come to."""
        self._shards += 1
        for which, change in enumerate(changes):
            b = unpacked(change.values)
            a = self._sums[which][change.rows]
            dots = (a * b).sum(axis=1)
            of_a, of_b = (np.maximum((x * x).sum(axis=1), 1e-30) for x in (a, b))
            a = a * (1 - dots / (2 * of_a))[:, None] + b * (1 - dots / (2 * of_b))[:, None]
            self._sums[which][change.rows] = a
            self._met[which][change.rows] += 1


class Unbalanced(Merge):
    """See the rules above."""

    def __init__(self, meetings: Meetings, *given: Any) -> None:
        super().__init__(replace(meetings, can_stretch=False), *given)


class Momentum(Merge):
    """See the rules above."""

    share = 0.5
    speeds: Sequence[Floats] = ()

    def ended(self, learning_rate: float, tokens: float) -> tuple[Changes, Changes]:
        """See `Merge`."""
        found = super().ended(learning_rate, tokens)
        if not self.speeds:
            self.speeds = [np.zeros_like(sums) for sums in self._sums]
        moved = []
        for change, speed in zip(found, self.speeds, strict=True):
            found_values = unpacked(change.values)
            speed[change.rows] = self.share * speed[change.rows] + found_values
            values = found_values + self.share * speed[change.rows]
            moved.append(Changes(change.rows, packed(values, self._dtype)))
        return moved[0], moved[1]


RULES: dict[str, type[Merge]] = {
    "steep": Merge,
    "unbalanced": Unbalanced,
    "mean": Mean,
    "sum": Sum,
    "capped": Capped,
    "counted": Counted,
    "adasum": Adasum,
    "momentum": Momentum,
}


def main() -> None:
    """Train and score, print a table, keep the figures."""
    options = _options()
    found: list[dict[str, Any]] = []
    corpus = read_corpus(options.corpus, min_count=options.min_count)
    every = itertools.product(options.seeds, options.cases, options.rules, options.shards)
    for seed, case, rule, shards in every:
        run = one_run(corpus, case, rule, shards, seed, options)
        harness.say(json.dumps(run))
        found.append(run)
    summary = [
        {**row, "rule": rule}
        for rule in options.rules
        for row in summarise([run for run in found if run["rule"] == rule])
    ]
    print(_markdown(summary))
    result = {
        "environment": harness.environment(["w2v", "numpy", "numba"]),
        "corpus": options.corpus.name,
        "settings": {"epochs": options.epochs, "dim": options.dim, "cases": CASES},
        "limits": LIMITS,
        "summary": summary,
        "runs": found,
    }
    harness.write(options.name, result, options.results)


def one_run(
    corpus: Corpus, case: str, rule: str, shards: int, seed: int, options: argparse.Namespace
) -> dict[str, Any]:
    """What one model scores."""

    def cut(trainer: Trainer, why: str) -> None:
        if options.rounds and trainer.rounds:
            trainer.rounds = replace(trainer.rounds, rounds=options.rounds)

    kind: dict[str, Any] = CASES[case]
    settings = {"workers": 1, "seed": seed, "epochs": options.epochs, "dim": options.dim}
    model = Word2Vec(**kind, **settings, shards=shards)
    model.train(corpus, cluster=_Here(RULES[rule]), on_start=cut)
    told = model.report["rounds"]
    run = {"case": case, "rule": rule, "workers": shards, "seed": seed}
    run |= {"rounds_of_an_epoch": told["rounds_of_an_epoch"], "loss": model.report["loss"][-1]}
    run |= {"bytes_of_a_kept_token": told["bytes_received"] / sum(model.report["tokens"]["kept"])}
    return run | scores(model.vectors, options.eval_dir)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--eval-dir", type=Path, required=True)
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, help="of an epoch [by the shards]")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=["steep"])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--name", default="merging")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    return parser.parse_args()


def _markdown(rows: Sequence[dict[str, Any]]) -> str:
    names = charts.score_names(rows)
    head = ["", "rule", "shards", *(charts.SCORES.get(name, name) for name in names)]
    lines = []
    for row in rows:
        lead = [charts.CASES[row["case"]], row["rule"], str(row["workers"])]
        lines.append([*lead, *marked(row, names)])
    return harness.markdown(head, lines)


if __name__ == "__main__":
    main()
