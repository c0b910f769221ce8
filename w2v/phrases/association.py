"""What makes a pair of words a phrase: the three scores, and their thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ConfigError

Scores = NDArray[np.float64]


_DIGITS = 12  # of an NPMI; further ones are rounding, which must not decide at a threshold


class Counts(NamedTuple):
    """What a score is made of; `ab`, `a` and `b` are arrays with a number for each pair."""

    ab: Scores
    a: Scores
    b: Scores
    min_count: int
    tokens: int
    types: int


def _word2phrase(n: Counts) -> Scores:
    return (n.ab - n.min_count) / n.a / n.b * n.tokens


def _gensim(n: Counts) -> Scores:
    return (n.ab - n.min_count) / n.a / n.b * n.types


def _npmi(n: Counts) -> Scores:
    score = np.log(n.ab * n.tokens / n.a / n.b) / -np.log(n.ab / n.tokens)
    # words that always stand together have 1, not 1.0000000000000002, which would be above 1
    return np.round(score, _DIGITS)


class _Score(NamedTuple):
    formula: Callable[[Counts], Scores]
    threshold: float
    """Where none is given."""
    least: float
    most: float


SCORES = {
    "word2phrase": _Score(_word2phrase, 100.0, 0.0, math.inf),
    "gensim": _Score(_gensim, 10.0, 0.0, math.inf),
    "npmi": _Score(_npmi, 0.5, -1.0, 1.0),
}
SCORINGS = tuple(SCORES)


def thresholds(scoring: str, threshold: Any, passes: int) -> list[float]:
    """One for each pass, checked."""
    score = SCORES[scoring]
    if threshold is None:
        threshold = score.threshold
    several = isinstance(threshold, list | tuple | np.ndarray)
    given = list(threshold) if several else [threshold] * passes
    if len(given) != passes:
        raise ConfigError(
            f"`threshold` must be one number, or one for each of {passes} passes (--passes); "
            f"got {len(given)}."
        )
    for value in given:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ConfigError(f"`threshold` must be a number, got {value!r}.")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not (score.least <= number <= score.most and math.isfinite(number)):
            span = "a finite number, at least 0" if score.most > 1 else "from -1 to 1"
            raise ConfigError(f"`threshold` of the score {scoring} must be {span}; got {number:g}.")
    return [float(value) for value in given]
