"""What an evaluation found: answers and cosines one by one, and the scores they add up to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.evaluation import resampling

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """Answers to analogies: questions answered rightly, questions that count, and those of them or
    beside them that lack a word."""

    correct: int = 0
    total: int = 0
    oov: int = 0

    @property
    def accuracy(self) -> float | None:
        """Fraction of the questions that count; None if there are none."""
        return self.correct / self.total if self.total else None

    def __add__(self, other: Score) -> Score:
        return Score(self.correct + other.correct, self.total + other.total, self.oov + other.oov)

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """With `resamples`, an interval of the accuracy too; see `resampling`."""
        scores = {"accuracy": self.accuracy, **asdict(self)}
        if resamples:
            scores["interval"] = resampling.accuracy_interval(self.correct, self.total, resamples)
        return scores


@dataclass(frozen=True, eq=False)
class AnalogyResult:
    """The answers to one file by one method, question by question, in the order of the file."""

    file: str
    method: str
    section_of: list[str]
    """Name of each question's section."""
    known: Flags
    """(Q,): all four words have a vector among those that may be asked."""
    counted: Flags
    """(Q,): as `known`, or all questions where an unknown word is a wrong answer."""
    right: Flags
    """(Q,)"""

    @cached_property
    def sections(self) -> dict[str, Score]:
        """Score of each section, in the order of the file."""
        return {name: self.score(flags) for name, flags in self.parts.items()}

    @cached_property
    def parts(self) -> dict[str, Flags]:
        """Which questions belong to each section, bool (Q,)."""
        names = np.array(self.section_of)
        return {name: names == name for name in dict.fromkeys(self.section_of)}

    def score(self, chosen: Flags) -> Score:
        """Score of some of the questions, bool (Q,)."""
        counts = (self.right & chosen, self.counted & chosen, ~self.known & chosen)
        return Score(*(int(flags.sum()) for flags in counts))

    @property
    def overall(self) -> Score:
        return sum(self.sections.values(), Score())

    @property
    def syntactic(self) -> Score:
        """Sections whose name begins with ``gram``."""
        return self._sum(gram=True)

    @property
    def semantic(self) -> Score:
        """All other sections."""
        return self._sum(gram=False)

    def _sum(self, gram: bool) -> Score:
        chosen = (s for name, s in self.sections.items() if name.startswith("gram") == gram)
        return sum(chosen, Score())

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        return {
            "file": self.file,
            "method": self.method,
            **self.overall.as_dict(resamples),
            "sections": {name: score.as_dict(resamples) for name, score in self.sections.items()},
            "semantic": self.semantic.as_dict(resamples),
            "syntactic": self.syntactic.as_dict(resamples),
        }


@dataclass(frozen=True, eq=False)
class PairsResult:
    """Correlation of cosines with the scores of a file; None where it is undefined.

    Undefined means fewer than two pairs that count, or one side constant.
    """

    file: str
    spearman: float | None
    pearson: float | None
    pairs: int
    """Pairs that count."""
    oov: int
    """Pairs that lack a word."""
    cosines: resampling.Floats
    """(P,): of all pairs of the file; 0 where a word is unknown."""
    scores: resampling.Floats
    """(P,): as the file has them."""
    counted: Flags
    """(P,)"""
    remarks: list[str] = field(default_factory=list)
    """Sentences on how the file was read, and on what the scores do not say."""

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """With `resamples`, an interval of each correlation too; see `resampling`."""
        kinds = ("spearman", "pearson")
        intervals = {}
        if resamples:
            for kind in kinds:
                found = resampling.resampled_correlations(
                    [self.cosines[self.counted]],
                    self.scores[self.counted],
                    resamples,
                    ranked=kind == "spearman",
                )
                intervals[f"{kind}_interval"] = resampling.interval(found)
        values = {name: getattr(self, name) for name in ("file", *kinds, "pairs", "oov", "remarks")}
        return {**values, **intervals}


@dataclass(frozen=True, eq=False)
class Scores:
    """What `evaluate` found, in the order asked for."""

    analogies: list[AnalogyResult]
    """One for each file and method."""
    pairs: list[PairsResult]

    @property
    def totals(self) -> list[AnalogyResult]:
        """All analogies by each method, a section a file; empty where there is one file only."""
        methods: dict[str, list[AnalogyResult]] = {}
        for result in self.analogies:
            methods.setdefault(result.method, []).append(result)
        return [_joined(results) for results in methods.values() if len(results) > 1]

    def as_dict(self, resamples: int = 0) -> dict[str, Any]:
        """Only what JSON can hold: accuracies are fractions, what is undefined is None.

        Parameters
        ----------
        resamples : int
            Of the bootstrap that gives each score its interval; 0 for none.
        """
        return {
            "analogies": [result.as_dict(resamples) for result in self.analogies],
            "totals": [result.as_dict(resamples) for result in self.totals],
            "pairs": [result.as_dict(resamples) for result in self.pairs],
        }


def _joined(results: list[AnalogyResult]) -> AnalogyResult:
    return AnalogyResult(
        file="all files",
        method=results[0].method,
        section_of=[result.file for result in results for _ in result.section_of],
        known=np.concatenate([result.known for result in results]),
        counted=np.concatenate([result.counted for result in results]),
        right=np.concatenate([result.right for result in results]),
    )
