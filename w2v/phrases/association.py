"""What makes a pair of words a phrase: three scores or one of one's own, and their thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ConfigError
from w2v.phrases.scorers import Scorer, check_scorer, scorer_name, scorer_named

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
    threshold: float | None
    """Where none is given; None for none."""
    asks_for_types: bool
    """Whether the number of different pairs matters, so that all have to be counted."""
    least: float
    most: float


SCORES = {
    "word2phrase": _Score(_word2phrase, 100.0, False, 0.0, math.inf),
    "gensim": _Score(_gensim, 10.0, True, 0.0, math.inf),
    "npmi": _Score(_npmi, 0.5, False, -1.0, 1.0),
}
SCORINGS = tuple(SCORES)
Scoring = str | Scorer


def score_of(scoring: Scoring) -> _Score:
    """The score of that name, or one of one's own; raises `ConfigError` where it is neither."""
    if isinstance(scoring, str) and scoring in SCORES:
        return SCORES[scoring]
    if isinstance(scoring, str) or not callable(scoring):
        raise ConfigError(f"`scoring` must be one of {', '.join(SCORES)}; got {scoring!r}.")
    check_scorer(scoring)
    return _Score(partial(_own, scoring), None, True, -math.inf, math.inf)


def scoring_name(scoring: Scoring) -> str:
    """What a file calls it; raises `ConfigError` for a function that no file can name."""
    return scoring if isinstance(scoring, str) else scorer_name(scoring)


def scoring_named(name: Any) -> Any:
    """What `scoring_name` named; raises `ConfigError` for a function that is not there."""
    return scorer_named(name) if isinstance(name, str) and ":" in name else name


def _own(scorer: Scorer, n: Counts) -> Scores:
    counts = (some.astype(np.int64).tolist() for some in (n.ab, n.a, n.b))
    scores = [
        scorer(
            worda_count=a,
            wordb_count=b,
            bigram_count=ab,
            len_vocab=n.types,
            min_count=n.min_count,
            corpus_word_count=n.tokens,
        )
        for ab, a, b in zip(*counts, strict=True)
    ]
    try:
        return np.array(scores, np.float64).reshape(len(scores))
    except (TypeError, ValueError):
        wrong = next(score for score in scores if not isinstance(score, Real))
        raise ConfigError(f"`scoring` must give a number for each pair, got {wrong!r}.") from None


def thresholds(scoring: Scoring, threshold: Any, passes: int) -> list[float]:
    """One for each pass, checked."""
    score = score_of(scoring)
    if threshold is None:
        threshold = score.threshold
    if threshold is None:
        raise ConfigError("A `scoring` function has no usual `threshold`. Give one.")
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
            span = "from -1 to 1" if score.most == 1 else "a finite number"
            span += ", at least 0" if score.least == 0 else ""
            name = f"the score {scoring}" if isinstance(scoring, str) else "a `scoring` function"
            raise ConfigError(f"`threshold` of {name} must be {span}; got {number:g}.")
    return [float(value) for value in given]
