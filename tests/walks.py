"""Walks of several lengths over a graph: ids in every form that they may come in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RNG = np.random.default_rng(3)
WALKS = [RNG.integers(0, 40, size) for size in (5, 0, 12, 1, 7, 30, 2, 9)]
FLAT = np.concatenate(WALKS)
ENDS = np.cumsum([len(walk) for walk in WALKS])
LISTS = [walk.tolist() for walk in WALKS]
TEXTS = [list(map(str, walk)) for walk in LISTS]


def rows(fill: int, kind: type = np.int64) -> NDArray[Any]:
    """The walks as rows of one array, filled up."""
    array: NDArray[Any] = np.full((len(WALKS), 30), fill, kind)
    for row, walk in zip(array, WALKS, strict=True):
        row[: len(walk)] = walk
    return array
