"""Pieces that training steps of all kinds are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends.numba_compiling import BYTES, helper, inlined
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


@inlined
def addresses(out: Any, rows: Any, stride: Any, ids: Any, first: Any, last: Any, but: Any) -> Any:
    """Addresses of the rows of ids[first:last] without one, and their number."""
    count = 0
    for j in range(first, last):
        if j != but:
            out[count] = rows + np.int64(ids[j]) * stride * BYTES
            count += 1
    return count


@helper
def reach(stretch: Any, at: Any, inside: Any) -> Any:
    """First and last (exclusive) token of the window around a token; empty for padding."""
    if not inside:
        return at, at
    return at - np.int64(stretch.left[at]), at + np.int64(stretch.right[at]) + 1
