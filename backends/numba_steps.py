"""Pieces that training steps of all kinds are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends.numba_compiling import helper
from w2v.backends.numba_draws import U32, bits_at


@helper
def alpha_of(rate: Any, stretch: Any, number: Any) -> Any:
    """The learning rate of a block."""
    return np.float32(rate.alpha + rate.alpha_step * number)


@helper
def measured_in(rate: Any, stretch: Any, number: Any) -> Any:
    """Whether the loss is measured in a block, see `w2v.training.draws.is_measured`."""
    group = (stretch.number + number) // rate.loss_every
    place = stretch.number + number - group * rate.loss_every
    bits = bits_at(rate.loss_start, np.uint64(group))
    return np.uint64(place) == (bits >> U32) * np.uint64(rate.loss_every) >> U32


@helper
def softplus(x: Any) -> Any:
    """log(1 + exp(x))"""
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))
