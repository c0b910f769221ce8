"""Compiled steps of negative sampling: a block of centres with noise words that they share.

Work is done on the worker's own copies of rows: a block is read, then computed, then added. Long,
since a kernel is one function: cut up, it would count references and move registers between parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_errors as errors_of
from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_cap import capped, load_factor, loads, with_load
from w2v.backends.numba_compiling import (
    BYTES,
    ONE,
    ZERO,
    address,
    compiled,
    helper,
    whole_lanes,
)
from w2v.backends.numba_draws import draw_noise
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_products import ROWS, dots_paired, multiply_one, multiply_two
from w2v.backends.numba_products import transpose as transpose_square
from w2v.backends.numba_steps import addresses, alpha_of, measured_in, reach, softplus


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
) -> None:
    """out = left right, for right and out of so many whole vectors a row."""
    lane = 0
    while lane + 2 * LANES <= wide:
        multiply_two(
            out + lane * BYTES, wide, rows, left, left_row, left_column,
            right + lane * BYTES, wide, inner,
        )  # fmt: skip
        lane += 2 * LANES
    if lane < wide:
        multiply_one(
            out + lane * BYTES, wide, rows, left, left_row, left_column,
            right + lane * BYTES, wide, inner,
        )  # fmt: skip


@helper
def _fetch(to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any, squares: Any) -> None:
    """Rows of a table to padded rows, and their squared lengths as lanes to be added up."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.copy_squared(to + i * wide * BYTES, row, dim, squares + i * LANES * BYTES)


@helper
def _fetch_only(to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any) -> None:
    """Rows of a table to padded rows."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.copy_padded(to + i * wide * BYTES, row, dim)


@helper
def _prefetch(table: Any, dim: Any, ids: Any, count: Any) -> None:
    for i in range(count):
        rows_of.prefetch(table + np.int64(ids[i]) * dim * BYTES, dim)


@helper
def _add(table: Any, dim: Any, ids: Any, count: Any, changes: Any, wide: Any, factors: Any) -> None:
    """Padded rows to those of a table, each with its factor."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.add(row, changes + i * wide * BYTES, dim, factors[i])


@helper
def _scores(
    errors: Any, hidden: Any, rows: Any, count: Any, lanes: Any, wide: Any, dim: Any, work: Any
) -> None:
    """errors (count, lanes) = rows times hidden vectors, which are transposed for that."""
    transposed = address(work.transposed)
    for i in range(0, lanes, LANES):
        for lane in range(0, wide, LANES):
            square = transposed + (lane * lanes + i) * BYTES
            transpose_square(square, lanes, hidden + (i * wide + lane) * BYTES, wide)
    _multiply(errors, max(count, ROWS), rows, wide, 1, transposed, dim, lanes)


@helper
def _changes(
    d_hidden: Any,
    d_rows: Any,
    errors: Any,
    hidden: Any,
    rows: Any,
    count: Any,
    lanes: Any,
    block: Any,
    wide: Any,
) -> None:
    """Of hidden vectors errors^T rows, of rows errors times hidden vectors."""
    _multiply(d_hidden, lanes, errors, 1, lanes, rows, count, wide)
    _multiply(d_rows, max(count, ROWS), errors, lanes, 1, hidden, block, wide)


@helper
def _candidates(out: Any, stretch: Any, at: Any, true: Any, noise: Any, number: Any) -> None:
    """Output rows of a block: its true words, so many from a place on, then its noise words."""
    for i in range(true):
        out[i] = stretch.ids[at + i]
    draw_noise(out[true:], noise, stretch.number + number)


@compiled
def skipgram_shared(
    input: Any, output: Any, stretch: Any, noise: Any, rate: Any, window: Any, block: Any, work: Any
) -> Any:
    """Contexts of the core against the centres of the halo and shared noise words.

    Like its siblings it takes a step for each block and returns the loss and the pairs of those
    blocks where it was measured.
    """
    dim = input.shape[1]
    wide, lanes, span = whole_lanes(dim), whole_lanes(block), block + 2 * window
    count = span + noise.shared
    inputs, outputs = address(input), address(output)
    hidden, d_hidden = address(work.hidden), address(work.d_hidden)
    rows, d_rows = address(work.rows), address(work.d_rows)
    errors_at, row_squares = address(work.errors), address(work.row_squares)
    errors, scores = work.errors, work.scores
    pairs_of, pairs_at = work.pairs, address(work.pairs)
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.blocks > 0:
        _candidates(work.next_ids, stretch, 0, span, noise, 0)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        core = stretch.ids[at + window : at + window + block]
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch(hidden, wide, inputs, dim, core, block, row_squares)
        rows_of.add_lanes(address(work.squares), row_squares, block)
        _fetch(rows, wide, outputs, dim, work.ids, count, row_squares)
        _scores(errors_at, hidden, rows, count, lanes, wide, dim, work)
        if number + 1 < stretch.blocks:
            _candidates(work.next_ids, stretch, at + block, span, noise, number + 1)
            _prefetch(inputs, dim, stretch.ids[at + block + window :], block)
            _prefetch(outputs, dim, work.next_ids, count)

        measure = measured_in(rate, stretch, number)
        for t in range(lanes):
            pairs_of[t] = ZERO
        if measure:
            scores[:count] = errors[:count]
        errors_of.errors(errors_at, span * lanes, ONE, alpha)
        errors_of.errors(errors_at + span * lanes * BYTES, noise.shared * lanes, ZERO, alpha * each)
        total = 0
        for j in range(span):
            centre = j - window  # counted from the first of the core
            first = max(0, centre - np.int64(stretch.left[at + j]))
            last = min(tokens, centre + np.int64(stretch.right[at + j]) + 1)
            row = errors_at + j * lanes * BYTES
            errors_of.keep_pairs(row, pairs_at, lanes, first, last, centre)
            pairs = max(last - first, 0) - (1 if first <= centre < last else 0)
            work.terms[j] = pairs
            total += pairs
            if measure:
                measured += pairs
                for t in range(first, last):
                    if t != centre:
                        loss += softplus(-np.float64(scores[j, t]))
        for n in range(span, count):
            for t in range(lanes):
                errors[n, t] *= pairs_of[t]
            work.terms[n] = total * each
            if measure:
                for t in range(block):
                    loss += pairs_of[t] * each * softplus(np.float64(scores[n, t]))
        for t in range(block):
            work.terms_in[t] = pairs_of[t] * np.float32(1 + noise.negative)

        twice = load_factor(alpha)
        loads(address(work.load), row_squares, count, errors_at, lanes, twice, work)
        more = with_load(work.terms_in, work.hidden_load, block, work)
        _changes(d_hidden, d_rows, errors_at, hidden, rows, count, lanes, block, wide)
        step = alpha / np.float32(rate.cap)
        terms = np.float32(total * (1 + noise.negative))
        for t in range(block):
            work.ids_in[t] = core[t]
        factors = capped(work.ids_in, block, work.terms_in, terms, more, step, rate.beside_in, work)
        _add(inputs, dim, core, block, d_hidden, wide, factors)
        more = with_load(work.terms, work.load, count, work)
        factors = capped(work.ids, count, work.terms, terms, more, step, rate.beside_out, work)
        _add(outputs, dim, work.ids, count, d_rows, wide, factors)
    return loss, measured


@compiled
def cbow_shared(
    input: Any,
    output: Any,
    stretch: Any,
    noise: Any,
    rate: Any,
    window: Any,
    block: Any,
    mean: Any,
    work: Any,
) -> Any:
    """The mean or sum of each centre's window against the centre and shared noise words."""
    dim = input.shape[1]
    wide, lanes, span = whole_lanes(dim), whole_lanes(block), block + 2 * window
    inputs, outputs = address(input), address(output)
    hidden, d_hidden = address(work.hidden), address(work.d_hidden)
    own, d_own = address(work.rows), address(work.d_rows)
    rows, d_rows = own + lanes * wide * BYTES, d_own + lanes * wide * BYTES  # of the noise words
    context, d_context = address(work.context), address(work.d_context)
    places, squares = address(work.places_in), address(work.squares)
    own_squares = address(work.row_squares)
    row_squares = own_squares + block * LANES * BYTES
    errors_at, own_at, ones = address(work.errors), address(work.own_errors), address(work.ones)
    errors, own_errors, has_context = work.errors, work.own_errors, work.pairs
    count = block + noise.shared
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.blocks > 0:
        _candidates(work.next_ids, stretch, window, block, noise, 0)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch_only(context, wide, inputs, dim, stretch.ids[at:], span)
        _fetch(own, wide, outputs, dim, work.ids, block, own_squares)
        _fetch(rows, wide, outputs, dim, work.ids[block:], noise.shared, row_squares)
        if number + 1 < stretch.blocks:
            new = at + window + block
            _candidates(work.next_ids, stretch, new, block, noise, number + 1)
            _prefetch(inputs, dim, stretch.ids[new + window :], block)
            _prefetch(outputs, dim, work.next_ids, count)

        work.d_context[:] = ZERO
        work.terms_in[:] = ZERO
        total = most = ZERO
        for t in range(lanes):
            first, last = reach(stretch, at + window + t, t < tokens)
            contexts = addresses(
                work.places_in, context, wide, work.numbers, first - at, last - at, window + t
            )
            share = ONE / np.float32(max(contexts, 1)) if mean else ONE
            rows_of.sum_rows(hidden + t * wide * BYTES, places, contexts, wide, share)
            has_context[t] = ONE if contexts else ZERO
            total += has_context[t]
            terms = has_context[t] * np.float32(1 + noise.negative)
            terms *= ONE if mean else np.float32(contexts)
            most += terms * np.float32(contexts)
            work.terms_in[first - at] += terms
            work.terms_in[last - at] -= terms
            work.terms[t] = terms
        running = ZERO
        for j in range(span):
            running += work.terms_in[j]
            work.terms_in[j] = running
        for t in range(block):
            work.terms_in[window + t] -= work.terms[t]
        _scores(errors_at, hidden, rows, noise.shared, lanes, wide, dim, work)
        for t in range(0, lanes, LANES):
            there = t * wide * BYTES
            dots_paired(own_at + t * BYTES, hidden + there, own + there, wide, dim)
            dots_paired(squares + t * BYTES, hidden + there, hidden + there, wide, wide)

        if measured_in(rate, stretch, number):
            measured += total
            for t in range(block):
                nats = softplus(-np.float64(own_errors[t]))
                for n in range(noise.shared):
                    nats += each * softplus(np.float64(errors[n, t]))
                loss += has_context[t] * nats
        errors_of.errors(own_at, lanes, ONE, alpha)
        for t in range(lanes):
            own_errors[t] *= has_context[t]
            work.terms[t] = has_context[t]
        errors_of.errors(errors_at, noise.shared * lanes, ZERO, alpha * each)
        for n in range(noise.shared):
            for t in range(lanes):
                errors[n, t] *= has_context[t]
            work.terms[block + n] = total * each

        twice, load = load_factor(alpha), address(work.load) + block * BYTES
        loads(load, row_squares, noise.shared, errors_at, lanes, twice, work)
        rows_of.add_lanes(address(work.load_in), own_squares, block)
        for t in range(block):
            size = twice * abs(own_errors[t])
            work.hidden_load[t] += size * work.load_in[t]
            work.load[t] = size * work.squares[t]
        work.load_in[:] = ZERO
        _changes(d_hidden, d_rows, errors_at, hidden, rows, noise.shared, lanes, block, wide)
        for t in range(tokens):
            row = t * wide * BYTES
            rows_of.add(d_hidden + row, own + row, wide, own_errors[t])
            first, last = reach(stretch, at + window + t, True)
            contexts = addresses(
                work.places_in, d_context, wide, work.numbers, first - at, last - at, window + t
            )
            rows_of.add_to_rows(places, ones, contexts, d_hidden + row, wide)
            effect = work.hidden_load[t] * (ONE if mean else np.float32(contexts))
            work.load_in[first - at] += effect
            work.load_in[last - at] -= effect
            work.own_load[t] = effect
        running = ZERO
        for j in range(span):
            running += work.load_in[j]
            work.load_in[j] = running
        for t in range(tokens):
            work.load_in[window + t] -= work.own_load[t]
        step = alpha / np.float32(rate.cap)
        for j in range(span):
            work.ids_in[j] = stretch.ids[at + j]
        more = with_load(work.terms_in, work.load_in, span, work)
        factors = capped(work.ids_in, span, work.terms_in, most, more, step, rate.beside_in, work)
        _add(inputs, dim, stretch.ids[at:], span, d_context, wide, factors)
        most = total * np.float32(1 + noise.negative)
        more = with_load(work.terms, work.load, count, work)
        factors = capped(work.ids, count, work.terms, most, more, step, rate.beside_out, work)
        for t in range(block):
            row = outputs + work.ids[t] * dim * BYTES
            rows_of.add(row, hidden + t * wide * BYTES, dim, own_errors[t] * factors[t])
        _add(outputs, dim, work.ids[block:], noise.shared, d_rows, wide, factors[block:])
    return loss, measured
