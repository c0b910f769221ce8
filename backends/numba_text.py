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
def _draw(start: Any, at: Any, limits: Any, word: Any, window: Any, fixed: Any) -> Any:
    """Whether the word at a position is kept, 1 or 0, and how wide its window is.

    The last of `limits` is that of all words from there on.
    """
    limit = limits[min(np.int64(word), len(limits) - 1)]
    bits = bits_at(start, np.uint64(at))
    width = window if fixed else np.int64((bits & LOW) * np.uint64(window) >> U32) + 1
    return np.int64(bits >> U32 <= np.uint64(limit)), width


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

    Up to `window` neighbours of the same sentence stand on both sides, and zeros beyond.
    """
    sentence = np.searchsorted(ends, lo, side="right")
    begin = ends[sentence - 1] if sentence > 0 else 0
    first = window  # of the sentence, in `out`
    at = lo - 1
    while first > 0 and at >= begin:
        kept, width = _draw(start, at, limits, ids[at], window, fixed)
        if kept:
            first -= 1
            out[first] = ids[at]
            left[first] = width
        at -= 1
    for i in range(first):
        out[i] = left[i] = right[i] = 0
    filled = window
    at = lo
    while at < hi:
        stop = min(ends[sentence], hi)
        for place in range(at, stop):  # all are written, and only what is kept counts
            word = ids[place]
            kept, width = _draw(start, place, limits, word, window, fixed)
            out[filled] = word
            left[filled] = width
            filled += kept
        at = stop
        if at == ends[sentence]:
            _close_sentence(left, right, first, filled)
            first = filled
            sentence += 1
    core = filled - window
    if sentence == 0 or ends[sentence - 1] < at:  # it goes on
        while at < ends[sentence] and filled - window - core < window:
            kept, width = _draw(start, at, limits, ids[at], window, fixed)
            out[filled] = ids[at]
            left[filled] = width
            filled += kept
            at += 1
        _close_sentence(left, right, first, filled)
    for i in range(filled, len(out)):
        out[i] = left[i] = right[i] = 0
    return core
