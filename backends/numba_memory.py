"""Memory of a worker's own, for the blocks of a plan."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends.base import FusedPlan

_ALIGNED = 128  # bytes: two cache lines, or one of Apple's


def aligned(rows: int, columns: int, value: float = 0) -> NDArray[np.float32]:
    """float32 (rows, columns) that begins on a cache line, so that rows of whole lines do, too."""
    size = rows * columns * 4
    room = np.zeros(size + _ALIGNED, np.uint8)
    first = -room.ctypes.data % _ALIGNED
    made = room[first : first + size].view(np.float32).reshape(rows, columns)
    if value:
        made[:] = value
    return made


def of_hot_words(kernels: ModuleType, plan: FusedPlan) -> dict[str, Any]:
    """For copies of frequent words of both tables, see `numba_copies`."""
    hot = 0 if plan.workers == 1 else min(kernels.HOT_WORDS, len(plan.input), len(plan.output))
    wide = kernels.whole(plan.input.shape[1])
    terms = np.array(([kernels.NONE] * hot + [0]) * 2, np.float32)
    return {"hot": aligned(2 * hot, wide), "seen": aligned(2 * hot, wide), "terms_hot": terms}


def of_cbow(kernels: ModuleType, plan: FusedPlan) -> Any:
    """For CBOW with negative sampling; see `numba_kernels.CbowWork`."""
    assert plan.noise is not None
    whole, lanes = kernels.whole, kernels.whole(1)
    wide, span = whole(plan.input.shape[1]), plan.block + 2 * plan.window
    slots, shared = whole(plan.block), plan.noise[3]
    beyond = slots + lanes  # what products may read and spoil after the last group
    rows = whole(plan.block + shared) + kernels.MOST_EXTRA
    counted = max(whole(span), rows) + kernels.MOST_COUNTED

    def floats(number: int, value: float = 0) -> NDArray[np.float32]:
        return aligned(1, number, value).reshape(-1)

    def vectors(number: int) -> NDArray[np.float32]:
        return aligned(number, lanes)

    return kernels.CbowWork(
        sums=aligned(span + 1, wide),
        edges=aligned(span + 1, wide),
        hidden=aligned(beyond, wide),
        d_hidden=aligned(beyond, wide),
        errors=aligned(beyond, whole(shared // plan.groups)),
        own_errors=floats(slots),
        kept=floats(slots),
        dots=vectors(slots),
        vector_squares=vectors(slots),
        own_squares=vectors(slots),
        row_squares=vectors(whole(shared) + kernels.MOST_EXTRA),
        loads=vectors(slots),
        squares=floats(slots),
        lengths=floats(whole(shared) + lanes),
        row_loads=floats(whole(shared)),
        hidden_load=floats(slots),
        effect=floats(slots),
        own_terms=floats(slots),
        own_load=floats(slots),
        terms=floats(counted),
        load=floats(counted),
        terms_in=floats(counted),
        load_in=floats(counted),
        more=floats(lanes),
        others=floats(counted),
        factors=floats(counted),
        ones=floats(counted, 1),
        ids=np.zeros(counted, np.int32),
        next_ids=np.zeros(counted, np.int32),
        ids_in=np.zeros(counted, np.int32),
        columns=np.zeros((2, shared + kernels.IDS), np.int64),
        first=np.zeros(slots, np.int64),
        last=np.zeros(slots, np.int64),
        turns=np.zeros(slots, np.int64),
        contexts=np.zeros(span + kernels.IDS, np.int64),
        centres=np.zeros(span, np.int64),
        begins=np.zeros(slots, np.int64),
        ends=np.zeros(slots, np.int64),
        places=np.zeros(rows, np.int64),
        vectors=np.zeros(slots, np.int64),
        next_places=np.zeros(rows, np.int64),
        entering=np.zeros(slots + kernels.IDS, np.int64),
        hot_places=np.zeros(plan.block + shared + 1, np.int64),
        hot_places_in=np.zeros(span + 1, np.int64),
        due=np.zeros(plan.block + shared, np.int64),
        due_in=np.zeros(span, np.int64),
        **of_hot_words(kernels, plan),
    )
