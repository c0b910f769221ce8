"""Intervals and tests: against plain loops, known values and their own promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.evaluation import resampling


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12))
def test_ranks_are_counts_of_smaller_and_equal_values(values: list[float]) -> None:
    found = resampling.ranks(np.array(values))
    for value, rank in zip(values, found.tolist(), strict=True):
        smaller, equal = sum(v < value for v in values), values.count(value)
        assert rank == smaller + (equal + 1) / 2


def test_known_correlations() -> None:
    # scipy.stats.spearmanr and pearsonr on the same numbers
    x = np.array([106, 86, 100, 101, 99, 103, 97, 113, 112, 110.0])
    y = np.array([7, 0, 27, 50, 28, 29, 20, 12, 6, 17.0])
    found = resampling.correlation(resampling.ranks(x), resampling.ranks(y))
    assert found == pytest.approx(-29 / 165)
    assert resampling.correlation(x, y) == pytest.approx(-0.0376014738)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("held", [1, 100, 1 << 20])
def test_resampled_correlations_are_those_of_the_resamples(
    monkeypatch: pytest.MonkeyPatch, ranked: bool, held: int
) -> None:
    monkeypatch.setattr(resampling, "_NUMBERS_HELD", held)
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 4, 12).astype(float)  # with ties
    sides = [scores + rng.normal(size=12), rng.integers(0, 3, 12).astype(float)]
    found = resampling.resampled_correlations(sides, scores, 50, ranked=ranked)
    assert found.shape == (2, 50)
    weights = np.concatenate(list(resampling._weights(12, 50)))
    assert (weights.sum(axis=1) == 12).all()
    for side, values in zip(sides, found, strict=True):
        for weight, value in zip(weights, values.tolist(), strict=True):
            chosen = np.repeat(np.arange(12), weight.astype(int))
            x, y = side[chosen], scores[chosen]
            if ranked:
                x, y = resampling.ranks(x), resampling.ranks(y)
            expected = resampling.correlation(x, y)
            assert value == pytest.approx(math.nan if expected is None else expected, nan_ok=True)


def test_constant_resamples_are_undefined_and_do_not_count() -> None:
    side, scores = np.array([0.1, 0.1, 0.3]), np.array([1.0, 2.0, 3.0])
    found = resampling.resampled_correlations([side], scores, 200, ranked=True)
    assert np.isnan(found).any()
    defined = found[np.isfinite(found)]
    assert resampling.interval(found) == tuple(np.quantile(defined, [0.025, 0.975]))
    assert resampling.interval(np.array([math.nan])) is None
    assert resampling.sign_p(np.array([math.nan])) is None
    assert resampling.resampled_correlations([side[:0]], scores[:0], 9, ranked=True).size == 0


def test_intervals_of_an_accuracy_are_those_of_resampled_answers() -> None:
    answers = np.repeat([1.0, 0.0], [60, 140])
    rng = np.random.default_rng(5)
    means = [rng.choice(answers, 200).mean() for _ in range(4000)]
    expected = np.quantile(means, [0.025, 0.975])
    found = resampling.accuracy_interval(60, 200, 4000)
    assert found == pytest.approx(expected, abs=0.01)
    assert resampling.accuracy_interval(0, 0, 100) is None
    assert resampling.accuracy_interval(1, 2, 0) is None


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Of many samples of 100 pairs with a correlation of one half."""
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(200):
        x = rng.normal(size=100)
        y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=100)
        values = resampling.resampled_correlations([x], y, 400, ranked=False)
        low, high = resampling.interval(values) or (0, 0)
        inside += low <= 0.5 <= high
    assert 0.89 <= inside / 200 <= 0.99


def test_the_difference_of_two_accuracies_is_paired() -> None:
    # 10 and 30 of 400 are answered rightly by one only; resampled question by question
    each = np.repeat([-1.0, 1.0, 0.0], [10, 30, 360])
    rng = np.random.default_rng(7)
    means = [rng.choice(each, 400).mean() for _ in range(4000)]
    found = resampling.accuracy_difference(10, 30, 400, 4000)
    assert found == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.005)
    assert resampling.accuracy_difference(0, 0, 0, 9) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 1, 1.0), (0, 5, 2 / 32), (2, 8, 2 * (1 + 10 + 45) / 1024)],
)
def test_mcnemar_is_the_exact_binomial(one: int, other: int, expected: float) -> None:
    assert resampling.mcnemar(one, other) == pytest.approx(expected)
    assert resampling.mcnemar(other, one) == pytest.approx(expected)


def test_mcnemar_of_many_questions() -> None:
    # scipy.stats.binomtest(4800, 10000).pvalue
    assert resampling.mcnemar(4800, 5200) == pytest.approx(6.6e-05, rel=0.01)
    assert resampling.mcnemar(0, 20_000) < 1e-300


def test_the_sign_p_of_a_bootstrap_is_never_0() -> None:
    assert resampling.sign_p(np.ones(999)) == pytest.approx(2 / 1000)
    assert resampling.sign_p(np.array([-1.0, 1.0, 0.0])) == 1.0
    assert resampling.sign_p(np.r_[np.ones(96), -np.ones(3)]) == pytest.approx(2 * 4 / 100)
