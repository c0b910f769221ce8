"""Compiled kernels that work on text: the cutting of windows. And the scatter-add."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends.numba_compiling import compiled, helper
from w2v.backends.numba_draws import LOW, U32, bits_at


@compiled
def scatter_add(table: Any, ids: Any, rows: Any) -> None:
    """``table[ids] += rows`` for a table (V, D), ids (N,) and rows (N, D)."""
    for i in range(len(ids)):
        row = ids[i]
        for d in range(table.shape[1]):
            table[row, d] += rows[i, d]


@helper
def _kept_width(start: Any, at: Any, limit: Any, window: Any, fixed: Any) -> Any:
    """How wide the window of the token at a position is; 0 if the token is not kept."""
    bits = bits_at(start, np.uint64(at))
    if bits >> U32 > np.uint64(limit):
        return 0
    return window if fixed else np.int64((bits & LOW) * np.uint64(window) >> U32) + 1


@helper
def _close_sentence(left: Any, right: Any, first: Any, end: Any) -> None:
    """Cut the widths, which stand in `left`, where the sentence [first, end) ends."""
    for i in range(first, end):
        width = np.int64(left[i])
        left[i] = min(width, i - first)
        right[i] = min(width, end - 1 - i)


@compiled
def windows(
    ids: Any,
    ends: Any,
    limits: Any,
    start: Any,
    lo: Any,
    hi: Any,
    window: Any,
    fixed: Any,
    out: Any,
    left: Any,
    right: Any,
) -> Any:
    """Kept tokens of [lo, hi) from `window` on in `out`, their reaches, and how many they are.

    Up to `window` neighbours of the same sentence stand on both sides.
    """
    sentence = np.searchsorted(ends, lo, side="right")
    begin = ends[sentence - 1] if sentence > 0 else 0
    first = window  # of the sentence, in `out`
    at = lo - 1
    while first > 0 and at >= begin:
        width = _kept_width(start, at, limits[ids[at]], window, fixed)
        if width:
            first -= 1
            out[first] = ids[at]
            left[first] = width
        at -= 1
    filled = window
    kept = -1
    at = lo
    while True:
        if at == ends[sentence]:
            _close_sentence(left, right, first, filled)
            first = filled
            sentence += 1
            if at >= hi:
                break
        if at == hi:
            kept = filled - window
        if kept >= 0 and filled - window - kept == window:
            break
        width = _kept_width(start, at, limits[ids[at]], window, fixed)
        if width:
            out[filled] = ids[at]
            left[filled] = width
            filled += 1
        at += 1
    if kept < 0:
        kept = filled - window
    _close_sentence(left, right, first, filled)
    return kept
