"""Gradient check along random directions: two evaluations a direction, whatever the size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

STEP = 1e-5
"""Central differences err by about STEP**2 (curvature) and 1e-16 / STEP (rounding)."""


def check_gradient(
    function: Callable[..., Any],
    arrays: Sequence[Floats],
    gradients: Sequence[Floats],
    *,
    seed: int = 0,
    directions: int = 5,
    rtol: float = 1e-7,
) -> None:
    """Assert that `gradients` are those of ``function(*arrays)``.

    Parameters
    ----------
    function : callable      Takes as many arrays as given here and returns one number.
    arrays : float64         Where to differentiate; not changed.
    gradients : float64      One for each array, of its shape.
    seed : int               Of the directions, which are of unit length over all arrays together.
    rtol : float
        Allowed difference, relative to the length of the gradient or the slope found, whichever is
        more. A function much larger than its gradient needs more.

    Equation
    --------
    <g, d> = (f(x + h d) - f(x - h d)) / 2h,  h = STEP
    """
    assert len(arrays) == len(gradients)
    for array, gradient in zip(arrays, gradients, strict=True):
        assert array.dtype == gradient.dtype == np.float64
        assert array.shape == gradient.shape
    rng = np.random.default_rng(seed)
    length = _norm(gradients)
    for number in range(directions):
        direction = [rng.normal(size=array.shape) for array in arrays]
        scale = STEP / _norm(direction)
        ahead = [x + scale * d for x, d in zip(arrays, direction, strict=True)]
        behind = [x - scale * d for x, d in zip(arrays, direction, strict=True)]
        slope = (float(function(*ahead)) - float(function(*behind))) / (2 * STEP)
        along = sum(float(np.vdot(g, d)) for g, d in zip(gradients, direction, strict=True))
        claimed = along * scale / STEP
        assert abs(claimed - slope) <= rtol * max(length, abs(slope)), (
            f"direction {number}: the gradient says {claimed!r}, differences say {slope!r}"
        )


def _norm(arrays: Sequence[Floats]) -> float:
    return float(np.sqrt(sum(np.vdot(array, array) for array in arrays)))
