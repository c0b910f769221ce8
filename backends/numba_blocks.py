"""Pieces of negative sampling's steps: rows of a block fetched, multiplied and added."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_compiling import BYTES, address, helper
from w2v.backends.numba_draws import draw_noise
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_products import ROWS, WIDE, multiply_one, multiply_wide
from w2v.backends.numba_products import transpose as transpose_square


@helper
def _multiply(
    out: Any,
    rows: Any,
    left: Any,
    left_row: Any,
    left_column: Any,
    right: Any,
    inner: Any,
    wide: Any,
    below: Any,
    above: Any,
    more: Any,
    ahead: Any,
) -> None:
    """out = left right, for right and out of so many whole vectors a row.

    Left may be 0 far from its diagonal, see `numba_products`. Before some columns are computed,
    some rows of the list `ahead` are asked for.
    """
    lane = 0
    while lane + WIDE * LANES <= wide:
        rows_of.ask(ahead)
        multiply_wide(
            out + lane * BYTES, wide, rows, left, left_row, left_column,
            right + lane * BYTES, wide, inner, below, above, more,
        )  # fmt: skip
        lane += WIDE * LANES
    while lane < wide:
        rows_of.ask(ahead)
        multiply_one(
            out + lane * BYTES, wide, rows, left, left_row, left_column,
            right + lane * BYTES, wide, inner, below, above, more,
        )  # fmt: skip
        lane += LANES


@helper
def fetch(to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any, squares: Any) -> None:
    """Rows of a table to padded rows, and their squared lengths as lanes to be added up."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.copy_squared(to + i * wide * BYTES, row, dim, squares + i * LANES * BYTES)


@helper
def prefetch(table: Any, dim: Any, ids: Any, count: Any) -> None:
    for i in range(count):
        rows_of.prefetch(table + np.int64(ids[i]) * dim * BYTES, dim)


@helper
def add(table: Any, dim: Any, ids: Any, count: Any, changes: Any, wide: Any, factors: Any) -> None:
    """Padded rows to those of a table, each with its factor."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.add(row, changes + i * wide * BYTES, dim, factors[i])


@helper
def score(
    errors: Any, hidden: Any, rows: Any, count: Any, lanes: Any, wide: Any, dim: Any, work: Any
) -> None:
    """errors (count, lanes) = rows times hidden vectors, which are transposed for that."""
    transposed = address(work.transposed)
    for i in range(0, lanes, LANES):
        for lane in range(0, wide, LANES):
            square = transposed + (lane * lanes + i) * BYTES
            transpose_square(square, lanes, hidden + (i * wide + lane) * BYTES, wide)
    ahead = address(work.ahead)  # of which nothing is left: rows are asked for with the changes
    _multiply(
        errors, max(count, ROWS), rows, wide, 1, transposed, dim, lanes, -count, dim, 0, ahead
    )


@helper
def changes(
    d_hidden: Any,
    d_rows: Any,
    errors: Any,
    hidden: Any,
    rows: Any,
    span: Any,
    noise: Any,
    reach: Any,
    lanes: Any,
    block: Any,
    wide: Any,
    ahead: Any,
) -> None:
    """Of hidden vectors errors^T rows, of rows errors times hidden vectors.

    Of the first `span` rows, a row j has errors with hidden vectors j - reach to j alone; the noise
    rows behind have some with all.
    """
    _multiply(
        d_hidden, max(lanes, ROWS), errors, 1, lanes, rows, span, wide, 0, reach, noise, ahead
    )
    _multiply(d_rows, max(span, ROWS), errors, lanes, 1, hidden, block, wide, -reach, 0, 0, ahead)
    errors, d_rows = errors + span * lanes * BYTES, d_rows + span * wide * BYTES
    _multiply(
        d_rows, max(noise, ROWS), errors, lanes, 1, hidden, block, wide, -noise, block, 0, ahead
    )


@helper
def candidates(out: Any, stretch: Any, at: Any, true: Any, noise: Any, number: Any) -> None:
    """Output rows of a block: its true words, so many from a place on, then its noise words."""
    for i in range(true):
        out[i] = stretch.ids[at + i]
    draw_noise(out[true:], noise, stretch.number + number)
