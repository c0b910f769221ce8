"""How fast training is, as `w2v bench` prints it: tables for people, or an object."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from w2v.backends import Others, available_backends, lanes, processor
from w2v.errors import counted
from w2v.training import throughput
from w2v.training.throughput import Speed

_BUSY = 0.1  # of the cores; less is what any machine does beside


class BenchTable:
    """Speeds as they are measured, and what to conclude.

    Parameters
    ----------
    estimate : Estimate
    say : callable(str), optional    Told each line as it is known.
    """

    def __init__(
        self, estimate: throughput.Estimate, say: Callable[[str], None] | None = None
    ) -> None:
        self._estimate = estimate
        self._say = say or (lambda _line: None)
        self._speeds: list[Speed] = []
        self._by_workers: list[list[Speed]] = []
        self._others = Others()
        epochs = counted(estimate.epochs, "epoch")
        head = f"{'model':<10}{'loss':<6}{'backend':<9}{'words/s':>8}"
        self._say(f"{head}   {_short(estimate.tokens)} tokens, {epochs}")

    def add(self, speed: Speed) -> None:
        """A row: one backend with the workers that it takes of itself."""
        self._speeds.append(speed)
        self._say(
            f"{speed.model:<10}{speed.loss:<6}{speed.backend:<9}"
            f"{_short(speed.raw_words_per_second):>8}   "
            f"{_duration(self._estimate.seconds(speed))}"
        )

    def add_workers(self, speeds: Iterable[Speed]) -> None:
        """A row: the fastest backend with each of some numbers of workers."""
        found: list[Speed] = []
        for speed in speeds:
            if all(speed.workers != other.workers for other in found):
                found.append(speed)
        if len(found) < 2:
            return
        if not self._by_workers:
            self._say("")
            counts = "".join(f"{speed.workers:>9}" for speed in found)
            self._say(f"{'workers':<25}{counts}")
        self._by_workers.append(found)
        first = found[0]
        speeds_of = "".join(f"{_short(speed.raw_words_per_second):>9}" for speed in found)
        self._say(f"{first.model:<10}{first.loss:<6}{first.backend:<9}{speeds_of}")

    def fastest(self) -> list[Speed]:
        """Of each model and loss, in their order."""
        found: dict[tuple[str, str], Speed] = {}
        for speed in self._speeds:
            pair = speed.model, speed.loss
            if pair not in found or _rate(speed) > _rate(found[pair]):
                found[pair] = speed
        return list(found.values())

    def end(self) -> None:
        """What could not be tried, which backend to take, and how many workers."""
        for state in available_backends():
            if state.backend is None:
                self._say(f"{state.name}: {state.state}, so not measured.")
        reading = _short(self._estimate.read_tokens_per_second)
        self._say(f"The times include reading, {reading} words/s.")
        vectors = lanes()
        self._say(f"Processor: {processor()}" + f", vectors of {vectors} floats" * bool(vectors))
        best: dict[str, list[str]] = {}
        for speed in self.fastest():
            best.setdefault(speed.backend, []).append(f"{speed.model} {speed.loss}")
        names = [
            f"{name} (--backend {name})" + (f" for {', '.join(pairs)}" if len(best) > 1 else "")
            for name, pairs in best.items()
        ]
        self._say(f"Fastest here: {'; '.join(names)}.")
        if self._by_workers:
            self._say(self._which_pay())
        share = self._others.share()
        if share is not None and share > _BUSY:
            self._say(
                f"Others took {share:.0%} of these cores meanwhile: measure again when it is quiet."
            )

    def as_dict(self) -> dict[str, Any]:
        """All figures, unrounded."""
        return {
            "processor": processor(),
            "lanes": lanes(),
            "others": self._others.share(),
            "corpus": asdict(self._estimate),
            "speeds": [
                {**asdict(speed), "estimated_seconds": self._estimate.seconds(speed)}
                for speed in self._speeds
            ],
            "workers": [
                {
                    **{"model": row[0].model, "loss": row[0].loss, "backend": row[0].backend},
                    "raw_words_per_second": {speed.workers: _rate(speed) for speed in row},
                    "paying": _paying(row),
                }
                for row in self._by_workers
            ],
            "unusable": {
                state.name: state.reason for state in available_backends() if state.backend is None
            },
        }

    def _which_pay(self) -> str:
        """The numbers of workers that pay, for what, and whether training takes them of itself."""
        taken = {(speed.model, speed.loss): speed.workers for speed in self.fastest()}
        pairs: dict[str, list[str]] = {}
        for row in self._by_workers:
            pair, number = (row[0].model, row[0].loss), _paying(row)
            found = f"{number}, as many as w2v train takes"
            if number != taken[pair]:
                found = f"{number} (--workers {number}; w2v train takes {taken[pair]})"
            pairs.setdefault(found, []).append(" ".join(pair))
        named = [
            found + (f" for {', '.join(those)}" if len(pairs) > 1 else "")
            for found, those in pairs.items()
        ]
        return f"Workers that pay: {'; '.join(named)}."


def _paying(row: list[Speed]) -> int:
    return throughput.paying({speed.workers: _rate(speed) for speed in row})


def _rate(speed: Speed) -> float:
    return speed.raw_words_per_second


def _duration(seconds: float) -> str:
    try:
        return str(timedelta(seconds=math.ceil(seconds)))
    except OverflowError:
        return "millions of years"


def _short(count: float) -> str:
    """Three digits, as in 3.61M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"
