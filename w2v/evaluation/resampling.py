"""How sure a score is: bootstrap intervals, and paired tests of two vectors on the same questions.

Resamples are drawn from one seed, so that a command prints the same numbers again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

LEVEL = 0.95
"""Of the intervals."""
SEED = 1

_NUMBERS_HELD = 1 << 20  # float64 numbers of a group of resamples, 8 MiB


def accuracy_interval(correct: int, total: int, resamples: int) -> Interval | None:
    """Where the fraction `correct / total` would lie were other questions asked of the same kind.

    Percentile bootstrap (Efron and Tibshirani 1993, "An introduction to the bootstrap", ch. 13)
    over questions. How many of a resample of rights and wrongs are right is binomial, so that is
    drawn. None without questions or resamples.
    """
    if not total or not resamples:
        return None
    draws = np.random.default_rng(SEED).binomial(total, correct / total, resamples)
    return _percentiles(draws / total)


def accuracy_difference(only_a: int, only_b: int, total: int, resamples: int) -> Interval | None:
    """Interval of "accuracy of b minus that of a" on the same questions.

    Parameters
    ----------
    only_a, only_b : int    Questions that only one of the two answered rightly.
    total : int             All questions.
    """
    if not total or not resamples:
        return None
    shares = [only_a / total, only_b / total, (total - only_a - only_b) / total]
    draws = np.random.default_rng(SEED).multinomial(total, shares, resamples)
    return _percentiles((draws[:, 1] - draws[:, 0]) / total)


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided p of the exact test that two sets of answers are equally often right.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
    percentages", in its exact form: of the questions that only one answered rightly, each is as
    likely to be either's.
    """
    n, fewer = only_a + only_b, min(only_a, only_b)
    term, below = 1, 1
    for k in range(fewer):
        term = term * (n - k) // (k + 1)
        below += term
    return min(1.0, 2 * below / (1 << n))


def correlation(x: Floats, y: Floats) -> float | None:
    """Pearson's; None where it is undefined: fewer than two values, or one side constant."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return found


def resampled_correlations(
    sides: Sequence[Floats], scores: Floats, resamples: int, *, ranked: bool
) -> Floats:
    """Correlation of each side with the scores, in resamples of the pairs; float64 (S, R).

    All sides and both kinds of correlation see the same resamples. NaN where it is undefined.

    Parameters
    ----------
    sides : S arrays (P,)
    scores : float64 (P,)
    ranked : bool            Spearman's instead of Pearson's.
    """
    found = [
        [_weighted(weights, side, scores, ranked) for side in sides]
        for weights in _weights(len(scores), resamples)
    ]
    if not found:
        return np.empty((len(sides), 0))
    return np.concatenate([np.array(group) for group in found], axis=1)


def interval(values: Floats) -> Interval | None:
    """Percentiles of the resamples in which the value is defined; None if there are none."""
    defined = values[np.isfinite(values)]
    return _percentiles(defined) if defined.size else None


def sign_p(differences: Floats) -> float | None:
    """Two-sided p that a difference is zero, from its resamples.

    Twice the smaller share of resamples on one side of zero, with one resample added to each side
    so that p is never 0 (Efron and Tibshirani 1993, ch. 15 and 16). None without resamples.
    """
    defined = differences[np.isfinite(differences)]
    if not defined.size:
        return None
    fewer = min((defined <= 0).sum(), (defined >= 0).sum())
    return min(1.0, 2 * (int(fewer) + 1) / (defined.size + 1))


def _weights(pairs: int, resamples: int) -> Iterator[Floats]:
    """How often each pair is in each resample, float64 (group, P), all resamples in groups."""
    rng = np.random.default_rng(SEED)
    if not pairs:
        return
    group = max(1, _NUMBERS_HELD // pairs)
    for start in range(0, resamples, group):
        size = min(group, resamples - start)
        drawn = rng.integers(0, pairs, (size, pairs)) + pairs * np.arange(size)[:, np.newaxis]
        counts = np.bincount(drawn.reshape(-1), minlength=size * pairs)
        yield counts.reshape(size, pairs).astype(np.float64)


def _weighted(weights: Floats, x: Floats, y: Floats, ranked: bool) -> Floats:
    """Correlation of x and y under each row of weights (R, P)."""
    left, right = (_weighted_ranks(weights, v) if ranked else v for v in (x, y))
    n = weights.sum(axis=1)
    left, right = (v - ((weights * v).sum(axis=1) / n)[:, np.newaxis] for v in (left, right))
    both, squares = (weights * left * right).sum(axis=1), np.ones(len(weights))
    for side, values in ((left, x), (right, y)):
        constant = _constant(weights, values)  # and not a little off zero by rounding
        squares *= np.where(constant, np.nan, (weights * side * side).sum(axis=1))
    found: Floats = np.clip(both / np.sqrt(squares), -1, 1)
    return found


def _constant(weights: Floats, values: Floats) -> NDArray[np.bool_]:
    """Whether all that a resample holds has one value."""
    there = weights > 0
    low = np.where(there, values, math.inf).min(axis=1)
    constant: NDArray[np.bool_] = low == np.where(there, values, -math.inf).max(axis=1)
    return constant


def _weighted_ranks(weights: Floats, values: Floats) -> Floats:
    """Ranks as in `ranks` of each resample, without sorting it anew; (R, P).

    Pairs that a resample has not have a weight of 0, and whatever rank.
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ordered = weights[:, np.argsort(places, kind="stable")]
    held = np.add.reduceat(ordered, np.cumsum(counts) - counts, axis=1)  # of each distinct value
    found: Floats = (np.cumsum(held, axis=1) - (held - 1) / 2)[:, places]
    return found


def _percentiles(values: Floats) -> Interval:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
