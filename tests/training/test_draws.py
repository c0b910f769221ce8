"""Draws as functions of position: keys, thresholds, noise words, the first table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import lines_run
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.training import draws


def test_streams_differ_by_seed_purpose_and_epoch() -> None:
    keys = {
        draws.stream_key(seed, purpose, epoch)
        for seed in range(20)
        for purpose in (draws.TOKEN, draws.NEGATIVE, draws.INITIAL)
        for epoch in range(20)
    }
    assert len(keys) == 20 * 3 * 20
    assert all(0 <= key < 2**64 for key in keys)


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 10])
def test_below_is_uniform(backend: Backend, bound: int) -> None:
    bits = backend.random_bits(7, backend.xp.arange(60_000, dtype=backend.xp.uint64))
    for half in (draws.low(bits), draws.high(bits)):
        found = np.bincount(backend.to_numpy(draws.below(bound, half)).astype(int), minlength=bound)
        assert len(found) == bound
        chi2 = ((found - 60_000 / bound) ** 2 / (60_000 / bound)).sum()
        assert chi2 < 40  # p < 1e-4 for up to 9 degrees of freedom; the draws are fixed


def test_thresholds_hit_with_the_given_probability() -> None:
    probabilities = np.array([1.0, 0.5, 0.25, 1e-6, 2.0**-32])
    accepted = draws.thresholds(probabilities).astype(np.float64) + 1
    np.testing.assert_allclose(accepted / 2**32, probabilities, atol=2.0**-32)
    assert draws.thresholds(np.array([1.0]))[0] == 2**32 - 1


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60).filter(lambda w: sum(w) > 1e-3))
def test_alias_table_holds_the_distribution(weights: list[float]) -> None:
    """Each column gives its own share below the threshold, the rest to its alias."""
    accept, alias = draws.alias_table(np.array(weights))
    own = (accept.astype(np.float64) + 1) / 2**32
    share = own.copy()
    np.add.at(share, alias, 1 - own)
    expected = np.array(weights) / sum(weights)
    np.testing.assert_allclose(share / len(weights), expected, atol=1e-9)


def filled_one_by_one(weights: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Thresholds and aliases of Vose's loop."""
    share = (weights * (len(weights) / weights.sum())).tolist()
    alias = list(range(len(share)))
    small = [i for i, p in enumerate(share) if p < 1]
    large = [i for i, p in enumerate(share) if p >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        alias[poor] = rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    for rest in (*small, *large):
        share[rest] = 1.0
    return draws.thresholds(np.array(share)).tolist(), alias


@pytest.mark.parametrize("words", [1, 2, 4, 8, 32, 256])
def test_alias_table_is_filled_as_one_by_one(words: int) -> None:
    for seed in range(30):  # sums of these are exact
        cuts = np.random.default_rng(seed).integers(0, 2**12, words - 1)
        weights = np.diff(np.concatenate(([0], np.sort(cuts), [2**12]))).astype(np.float64)
        accept, alias = draws.alias_table(weights)
        assert (accept.tolist(), alias.tolist()) == filled_one_by_one(weights)


def test_no_loop_over_words() -> None:
    few, many = (lines_run(draws.alias_table, 1.0 / np.arange(1, n)) for n in (100, 5_000))
    assert 0 < few == many


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [1.0, -1.0], [float("nan")]])
def test_alias_table_refuses(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        draws.alias_table(np.array(weights))


def test_noise_follows_the_weights(backend: Backend) -> None:
    weights = np.array([100, 50, 20, 20, 5, 1]) ** 0.75
    sampler = draws.NoiseSampler(backend, weights)
    bits = backend.random_bits(3, backend.xp.arange(200_000, dtype=backend.xp.uint64))
    words = sampler.draw(bits.reshape(2, -1))
    assert words.shape == (2, 100_000)
    assert words.dtype == backend.xp.int32
    found = np.bincount(backend.to_numpy(words).reshape(-1), minlength=6)
    expected = weights / weights.sum() * 200_000
    assert ((found - expected) ** 2 / expected).sum() < 30  # 5 degrees of freedom
