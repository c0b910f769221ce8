"""Pieces of negative sampling's steps: rows of a block fetched, multiplied and added."""

from __future__ import annotations

from typing import Any

from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_compiling import BYTES, POINTER, address, helper, whole_lanes
from w2v.backends.numba_draws import drawn
from w2v.backends.numba_llvm import HALF, LANES, read_long
from w2v.backends.numba_products import (
    HALF_ROWS,
    ROWS,
    TILE,
    WIDE,
    change_one,
    change_tile,
    multiply_half,
    multiply_one,
    multiply_wide,
)
from w2v.backends.numba_products import transpose as transpose_square

_HALF = HALF.count  # lanes


@helper
def fetch_list(to: Any, wide: Any, places: Any, count: Any, dim: Any, squares: Any) -> None:
    """Rows of a list to padded rows, and their squared lengths as lanes to be added up."""
    for i in range(count):
        row = read_long(places, i)
        rows_of.copy_squared(to + i * wide * BYTES, row, dim, squares + i * LANES * BYTES)


@helper
def _multiply(
    out: Any, lanes: Any, rows: Any, places: Any, right: Any, inner: Any, ahead: Any
) -> None:
    """out (rows, lanes) = rows of a list times right, of whole vectors of lanes."""
    lane, rows = 0, max(rows, ROWS)
    while lane + WIDE * LANES <= lanes:
        at = lane * BYTES
        multiply_wide(out + at, lanes, rows, places, right + at, lanes, inner, ahead)
        lane += WIDE * LANES
    while lane < lanes:
        at = lane * BYTES
        multiply_one(out + at, lanes, rows, places, right + at, lanes, inner, ahead)
        lane += LANES


@helper
def score(
    errors: Any,
    hidden: Any,
    places: Any,
    span: Any,
    reach: Any,
    noise: Any,
    block: Any,
    wide: Any,
    numbers: Any,
    work: Any,
) -> None:
    """errors (span + noise, lanes) = rows of a list times hidden vectors, transposed for that.

    Of the first `span` rows, a row j is wanted with hidden vectors j - reach to j alone; the noise
    rows behind with all.
    """
    lanes = whole_lanes(block)
    transposed, ahead = address(work.transposed), address(work.ahead)
    for i in range(0, lanes, LANES):
        for lane in range(0, wide, LANES):
            square = transposed + (lane * lanes + i) * BYTES
            transpose_square(square, lanes, hidden + (i * wide + lane) * BYTES, wide)
    if LANES > _HALF:
        for i in range(0, block, _HALF):
            near = max(min(_HALF + reach, span - i), HALF_ROWS)
            multiply_half(
                errors + (i * lanes + i) * BYTES, lanes, near, places + i * POINTER,
                transposed + i * BYTES, lanes, numbers, ahead,
            )  # fmt: skip
    else:
        _multiply(errors, lanes, span, places, transposed, numbers, ahead)
    errors, places = errors + span * lanes * BYTES, places + span * POINTER
    _multiply(errors, lanes, noise, places, transposed, numbers, ahead)


@helper
def change(
    places: Any,
    factors: Any,
    count: Any,
    errors: Any,
    row: Any,
    column: Any,
    vectors: Any,
    below: Any,
    above: Any,
    inner: Any,
    more: Any,
    dim: Any,
    ahead: Any,
) -> None:
    """Rows of a list += each its factor times errors (with these strides) times vectors, a list.

    Row i meets vectors i + below to i + above of the first `inner`, and all of the so many more
    behind these.
    """
    i = 0
    while i + TILE <= count:
        change_tile(
            places + i * POINTER, factors + i * BYTES, errors + i * row * BYTES, row, column,
            vectors, max(i + below, 0), min(i + TILE + above, inner), inner, inner + more,
            dim, ahead,
        )  # fmt: skip
        i += TILE
    while i < count:
        change_one(
            places + i * POINTER, factors + i * BYTES, errors + i * row * BYTES, row, column,
            vectors, max(i + below, 0), min(i + 1 + above, inner), inner, inner + more,
            dim, ahead,
        )  # fmt: skip
        i += 1


@helper
def candidates(out: Any, stretch: Any, at: Any, true: Any, columns: Any, noise: Any) -> None:
    """Output rows of a block: its true words, so many from a place on, then drawn noise words."""
    for i in range(true):
        out[i] = stretch.ids[at + i]
    drawn(out[true:], columns, noise)
