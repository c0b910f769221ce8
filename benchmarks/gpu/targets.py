"""Which targets the figures of all pieces meet, and which they miss or do not say."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import harness, peers
from benchmarks.gpu.setting import WAYS, Row

POINT, COSINE = 0.01, 0.01
"""Analogies, of 1; and rank correlations: so much less than on the CPU is as good."""
_NO_PIECE = "-"


@dataclass(frozen=True)
class Target:
    """A figure, and what it should be.

    Parameters
    ----------
    piece : str                       That measures it.
    found : callable(rows)            The figure; None where it was not measured.
    least, most : float, optional     What it should be at least, or at most.
    aim : float, optional             What is hoped for beyond.
    """

    name: str
    piece: str
    found: Callable[[Sequence[Row]], float | None]
    least: float | None = None
    most: float | None = None
    aim: float | None = None

    def verdict(self, rows: Sequence[Row]) -> Row:
        value = self.found(rows)
        met = None
        if value is not None:
            high_enough = self.least is None or value >= self.least
            met = high_enough and (self.most is None or value <= self.most)
        told = {"target": self.name, "piece": self.piece, "found": value, "met": met}
        return told | {"least": self.least, "most": self.most, "aim": self.aim}


def rows_of(folder: Path) -> list[Row]:
    """Of every piece whose lines are in a folder; the last of one that was killed may be cut."""
    found = []
    for path in sorted(folder.glob("gpu-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                harness.say(f"{path}: a line was cut: {line[:60]}")
    return found


def _median(rows: Iterable[Row], name: str) -> float | None:
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


def _speed(case: str, what: str = "default") -> Callable[[Sequence[Row]], float | None]:
    def found(rows: Sequence[Row]) -> float | None:
        mine = (row for row in rows if (row.get("what"), row.get("case")) == (what, case))
        return _median(mine, "raw_words_per_second")

    return found


def in_bulk(rows: Sequence[Row]) -> dict[str, float]:
    """By case, the speed with rows in bulk, where that of rows by threads is 1."""
    found = {}
    for case in peers.CASES:
        threads, bulk = (_speed(case, what)(rows) for what in WAYS)
        if bulk and threads:
            found[case] = bulk / threads
    return found


def _to_gensim(rows: Sequence[Row]) -> float | None:
    mine = [row for row in rows if (row.get("what"), row.get("case")) == ("command", "skipgram-ns")]
    speeds = {row["trainer"]: row.get("raw_words_per_second") for row in mine}
    ours, theirs = speeds.get("cupy"), speeds.get("gensim")
    return ours / theirs if ours and theirs else None


def scores(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, float]]:
    """By case and score, the mean of each backend over the seeds that both have."""
    runs: dict[tuple[str, str], dict[str, dict[int, float]]] = {}
    for row in rows:
        for name, value in row["scores"].items() if row.get("what") == "scores" else ():
            of_backend = runs.setdefault((row["case"], name), {}).setdefault(row["backend"], {})
            of_backend[row["seed"]] = value
    found = {}
    for key, backends in runs.items():
        both = set.intersection(*(set(seeds) for seeds in backends.values()))
        if len(backends) == 2 and both:
            found[key] = {
                name: statistics.mean(seeds[seed] for seed in both)
                for name, seeds in backends.items()
            }
    return found


def _less_than_cpu(rows: Sequence[Row]) -> float | None:
    """By how much the worst score is below that of the CPU, in shares of what is allowed."""
    short = []
    for (_, name), means in scores(rows).items():
        ours = means.get("cupy")
        theirs = next((mean for backend, mean in means.items() if backend != "cupy"), None)
        if ours is not None and theirs is not None:
            short.append((theirs - ours) / (POINT if name == "analogies" else COSINE))
    return max(short) if short else None


def _same_topic(rows: Sequence[Row]) -> float | None:
    """Of the 27 words, how much less than the CPU the worst case and seed finds."""
    mine = [row for row in rows if row.get("what") == "27 words"]
    theirs = {(r["case"], r["seed"]): r["same_topic"] for r in mine if r["backend"] != "cupy"}
    ours = {(r["case"], r["seed"]): r["same_topic"] for r in mine if r["backend"] == "cupy"}
    short = [theirs[key] - ours[key] for key in ours if key in theirs]
    return max(short) if short else None


def _of_plan(rows: Sequence[Row]) -> float | None:
    mine = [row for row in rows if row.get("what") == "large" and row.get("planned_bytes")]
    return mine[-1]["peak_bytes"] / mine[-1]["planned_bytes"] if mine else None


def _to_reading(rows: Sequence[Row]) -> float | None:
    return _median((row for row in rows if row.get("what") == "end to end"), "to_reading")


TARGETS = (
    Target("skip-gram ns, raw words/s", "speed", _speed("skipgram-ns"), least=100e6, aim=200e6),
    Target("skip-gram hs, raw words/s", "speed", _speed("skipgram-hs"), least=40e6),
    Target("CBOW hs, raw words/s", "speed", _speed("cbow-hs"), least=40e6),
    Target("skip-gram ns, times gensim", "commands", _to_gensim, least=30),
    Target("scores below the CPU's, of 1.0 point or .01", "quality", _less_than_cpu, most=1),
    Target("27 words, share of the same topic below the CPU's", "quality", _same_topic, most=0.05),
    Target("peak memory to the plan", "commands", _of_plan, least=0.95, most=1.05),
    Target("start to end, times reading", "commands", _to_reading, most=1.5),
)


def table(verdicts: Sequence[Row]) -> str:
    """For people."""
    lines = []
    for one in verdicts:
        wanted = [
            f"{word} {_short(one[key])}"
            for key, word in (("least", "at least"), ("most", "at most"), ("aim", "aim"))
            if one[key] is not None
        ]
        said = {True: "met", False: "MISSED", None: "not measured"}[one["met"]]
        lines.append([one["target"], one["piece"], ", ".join(wanted), _short(one["found"]), said])
    return harness.markdown(["target", "piece", "wanted", "found", ""], lines)


def _short(value: float | None) -> str:
    if value is None:
        return _NO_PIECE
    return f"{value / 1e6:.0f} M" if value >= 1e6 else f"{value:.3g}"
