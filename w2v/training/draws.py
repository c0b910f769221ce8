"""Every random choice as a function of where it is made.

A draw depends on (seed, purpose, epoch, position) and on nothing else, so with an equal block shape
samples are the same on every backend, for any step size and any number of workers. The generator
is `Backend.random_bits`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends import GAMMA, Array, Backend, mixed

TOKEN, NEGATIVE, INITIAL, MEASURED, HELD_OUT = 1, 2, 3, 4, 5
"""Purposes: keep this token and how wide is its window; which noise words; the first table; where
the loss is measured; which sentences are set aside."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def stream_key(seed: int, purpose: int, epoch: int = 0) -> int:
    """Key of an independent stream of draws, in [0, 2**64)."""
    key = 0
    for part in (seed, purpose, epoch):
        key = mixed(key ^ mixed(part))
    return key


def high(bits: Array) -> Array:
    """Upper 32 bits, as uint64; independent of the lower."""
    return bits >> _HALF


def low(bits: Array) -> Array:
    """Lower 32 bits, as uint64."""
    return bits & _LOW


def below(bound: int, bits32: Array) -> Array:
    """Integers in [0, bound) from 32 random bits; a value's share is off by less than 2**-32."""
    return (bits32 * np.uint64(bound)) >> _HALF


def is_measured(key: int, step: int, every: int) -> bool:
    """Whether the loss is measured in a step: in one of so many after each other, any of them."""
    group, place = divmod(step, every)
    bits = mixed((key + group * GAMMA) % 2**64)
    return place == (bits >> 32) * every >> 32


def chosen(backend: Backend, key: int, numbers: NDArray[np.int64], share: float) -> Array:
    """Which of some numbers a share is, bool, on the host: each by a draw of its own."""
    bits = backend.random_bits(key, numbers.astype(np.uint64))
    return high(bits) <= thresholds(np.array([share]))


def thresholds(probabilities: NDArray[np.float64]) -> NDArray[np.uint32]:
    """The t for which ``bits32 <= t`` holds with the given probability, to 2**-32."""
    scaled = np.ceil(np.asarray(probabilities, np.float64) * 2.0**32) - 1
    limits: NDArray[np.uint32] = np.clip(scaled, 0, 2**32 - 1).astype(np.uint32)
    return limits


class NoiseSampler:
    """Words drawn in proportion to given weights, in constant time each (alias method).

    Parameters
    ----------
    weights : float (V,)    Not negative, at least one above zero; for word2vec counts**0.75.

    References
    ----------
    Walker 1977, "An efficient method for generating discrete random variables with general
    distributions"; table set-up after Vose 1991. Thresholds are 32-bit integers, so that every
    backend accepts exactly the same draws.
    """

    def __init__(self, backend: Backend, weights: Iterable[float] | NDArray[Any]) -> None:
        accept, alias = alias_table(np.asarray(weights, np.float64))
        self.size = len(alias)
        self._xp = backend.xp
        self.accept = backend.asarray(accept)
        self.alias = backend.asarray(alias)

    def draw(self, bits: Array) -> Array:
        """One word id per 64 random bits: int32, of the shape of `bits`."""
        column = below(self.size, high(bits)).astype(self._xp.int32)
        return self._xp.where(low(bits) <= self.accept[column], column, self.alias[column])


def alias_table(weights: NDArray[np.float64]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Thresholds uint32 (V,) and aliases int32 (V,) of the alias method."""
    total = weights.sum()
    if weights.ndim != 1 or not np.isfinite(total) or total <= 0 or weights.min() < 0:
        raise ValueError("`weights` must be one axis of finite numbers >= 0, not all of them 0")
    share = weights * (len(weights) / total)
    alias = np.arange(len(share), dtype=np.int32)
    small, large = (np.flatnonzero(some)[::-1] for some in (share < 1, share >= 1))
    # Each small one in turn gets what it lacks from the first large one that has something left;
    # one that is left with less than 1 then is small itself, and gets the rest from the next. Whole
    # numbers add up exactly, so that this needs no loop.
    unit = 2.0 ** (62 - len(share).bit_length())
    lacking = np.cumsum(np.rint((1 - share[small]) * unit).astype(np.int64))
    spare = np.cumsum(np.rint((share[large] - 1) * unit).astype(np.int64))
    giver = np.searchsorted(spare, np.concatenate(([0], lacking[:-1])))[: len(small)]
    is_given = giver < len(large)
    alias[small[is_given]] = large[giver[is_given]]
    share[small[~is_given]] = 1.0  # but for rounding
    taker = np.searchsorted(lacking, spare, side="right")
    is_short = taker < len(small)
    is_short[-1:] = False
    share[large] = 1.0
    left = spare[is_short] - lacking[taker[is_short]]
    share[large[is_short]] = 1 + left / unit
    alias[large[is_short]] = large[np.flatnonzero(is_short) + 1]
    return thresholds(share), alias
