"""Memory of a worker's own, for the blocks of a plan."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from w2v.backends.base import FusedPlan

_LINES = 128  # bytes: two cache lines, or one of Apple's


def aligned(shape: int | tuple[int, ...], kind: DTypeLike = np.float32, value: Any = 0) -> Any:
    """An array on cache lines that hold nothing else, so that rows of whole lines begin on one.

    What a worker writes must not share a line with what another one reads or writes: that line
    would go from core to core all the time. Small arrays of NumPy may lie side by side.
    """
    kind = np.dtype(kind)
    size = math.prod(np.atleast_1d(shape).tolist()) * kind.itemsize
    whole = -(-size // _LINES) * _LINES
    room = np.zeros(whole + _LINES, np.uint8)
    first = -room.ctypes.data % _LINES
    made = room[first : first + size].view(kind).reshape(shape)
    if value:
        made[...] = value
    return made


def of_hot_words(kernels: ModuleType, plan: FusedPlan) -> dict[str, Any]:
    """For copies of frequent words of both tables, see `numba_copies`."""
    hot = 0 if plan.workers == 1 else min(kernels.HOT_WORDS, len(plan.input), len(plan.output))
    copies = 2 * hot, kernels.whole(plan.input.shape[1])
    return {"hot": aligned(copies), "seen": aligned(copies), "terms_hot": aligned(2 * hot)}


def of_cbow(kernels: ModuleType, plan: FusedPlan) -> Any:
    """For CBOW with negative sampling; see `numba_kernels.CbowWork`."""
    assert plan.noise is not None
    whole, lanes = kernels.whole, kernels.whole(1)
    wide, span = whole(plan.input.shape[1]), plan.block + 2 * plan.window
    slots, shared = whole(plan.block), plan.noise[3]
    beyond = slots + lanes  # what products may read and spoil after the last group
    rows = whole(plan.block + shared) + kernels.MOST_EXTRA
    counted = max(whole(span), rows) + kernels.MOST_COUNTED

    def vectors(number: int) -> Any:
        return aligned((number, lanes))

    return kernels.CbowWork(
        sums=aligned((span + 1, wide)),
        edges=aligned((span + 1, wide)),
        hidden=aligned((beyond, wide)),
        d_hidden=aligned((beyond, wide)),
        errors=aligned((beyond, whole(shared // plan.groups))),
        own_errors=aligned(slots),
        kept=aligned(slots),
        dots=vectors(slots),
        vector_squares=vectors(slots),
        own_squares=vectors(slots),
        row_squares=vectors(whole(shared) + kernels.MOST_EXTRA),
        loads=vectors(slots),
        squares=aligned(slots),
        lengths=aligned(whole(shared) + lanes),
        row_loads=aligned(whole(shared)),
        hidden_load=aligned(slots),
        effect=aligned(slots),
        own_terms=aligned(slots),
        own_load=aligned(slots),
        terms=aligned(counted),
        load=aligned(counted),
        terms_in=aligned(counted),
        load_in=aligned(counted),
        more=aligned(lanes),
        others=aligned(counted),
        factors=aligned(counted),
        ids=aligned(counted, np.int32),
        next_ids=aligned(counted, np.int32),
        ids_in=aligned(counted, np.int32),
        columns=aligned((2, shared + kernels.IDS), np.int64),
        first=aligned(slots, np.int64),
        last=aligned(slots, np.int64),
        turns=aligned(slots, np.int64),
        contexts=aligned(span + kernels.IDS, np.int64),
        centres=aligned(span, np.int64),
        begins=aligned(slots, np.int64),
        ends=aligned(slots, np.int64),
        places=aligned(rows, np.int64),
        vectors=aligned(slots, np.int64),
        ahead=aligned(kernels.LIST + rows, np.int64),
        entering=aligned(slots + kernels.IDS, np.int64),
        hot_places=aligned(plan.block + shared, np.int64),
        hot_places_in=aligned(span, np.int64),
        due=aligned(plan.block + shared, np.int64),
        due_in=aligned(span, np.int64),
        **of_hot_words(kernels, plan),
    )
