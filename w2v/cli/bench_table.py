"""How fast backends train, as `w2v bench` prints it: a table for people, or an object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from w2v.backends import available_backends
from w2v.training import throughput


def format_head(estimate: throughput.Estimate) -> str:
    """Head of the table whose rows `format_row` makes."""
    epochs = f"{estimate.epochs} epoch{'s' * (estimate.epochs > 1)}"
    corpus = f"{_short(estimate.tokens)} tokens, {epochs}"
    return f"{'model':<10}{'loss':<6}{'backend':<9}{'words/s':>8}   {corpus}"


def format_row(speed: throughput.Speed, estimate: throughput.Estimate) -> str:
    """A row of the table."""
    return (
        f"{speed.model:<10}{speed.loss:<6}{speed.backend:<9}"
        f"{_short(speed.raw_words_per_second):>8}   "
        f"{_duration(estimate.seconds(speed))}"
    )


def _duration(seconds: float) -> str:
    try:
        return str(timedelta(seconds=math.ceil(seconds)))
    except OverflowError:
        return "millions of years"


def format_end(speeds: Sequence[throughput.Speed], estimate: throughput.Estimate) -> str:
    """What stands below the table: what could not be tried, and which backend to take."""
    lines = [
        f"{state.name}: {state.state}, so not measured."
        for state in available_backends()
        if state.backend is None
    ]
    lines.append(
        f"The times include reading plain text, {_short(estimate.read_tokens_per_second)} words/s."
    )
    best: dict[str, list[str]] = {}
    for pair in dict.fromkeys((speed.model, speed.loss) for speed in speeds):
        rivals = [speed for speed in speeds if (speed.model, speed.loss) == pair]
        winner = max(rivals, key=lambda speed: speed.raw_words_per_second)
        best.setdefault(winner.backend, []).append(" ".join(pair))
    names = [
        f"{name} (--backend {name})" + (f" for {', '.join(pairs)}" if len(best) > 1 else "")
        for name, pairs in best.items()
    ]
    return "\n".join([*lines, f"Fastest here: {'; '.join(names)}."])


def as_json(speeds: Sequence[throughput.Speed], estimate: throughput.Estimate) -> dict[str, Any]:
    """All figures, unrounded."""
    return {
        "corpus": asdict(estimate),
        "speeds": [
            {**asdict(speed), "estimated_seconds": estimate.seconds(speed)} for speed in speeds
        ],
        "unusable": {
            state.name: state.reason for state in available_backends() if state.backend is None
        },
    }


def _short(count: float) -> str:
    """Three digits, as in 3.61M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"
