"""Draws as functions of position: keys, thresholds, noise words, the first table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
