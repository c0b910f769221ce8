"""Compiled steps of negative sampling: a block of centres with noise words that they share.

Work is done on the worker's own copies of rows: a block is read, then computed, then added.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_vector as vector
from w2v.backends.numba_common import (
    BYTES,
    LOW,
    ONE,
    U32,
    ZERO,
    address,
    addresses,
    bits_at,
    capped,
    compiled,
    helper,
    reach,
    softplus,
    whole_lanes,
)

_LANES = vector.LANES
_ROWS = vector.ROWS


@helper
def _wide_multiply(
    out: Any,
    rows: Any,
    left: Any,
    left_row: Any,
    left_column: Any,
    right: Any,
    inner: Any,
    dim: Any,
) -> None:
    """out = left right, for right and out of padded rows of `dim` floats."""
    lane = 0
    while lane + 2 * _LANES <= dim:
        vector.multiply_two(
            out + lane * BYTES, dim, rows, left, left_row, left_column,
            right + lane * BYTES, dim, inner,
        )  # fmt: skip
        lane += 2 * _LANES
    if lane < dim:
        vector.multiply_one(
            out + lane * BYTES, dim, rows, left, left_row, left_column,
            right + lane * BYTES, dim, inner,
        )  # fmt: skip


@helper
def _draw_noise(out: Any, noise: Any, number: Any) -> None:
    """The noise words of a block."""
    words = np.uint64(len(noise.accept))
    counter = np.uint64(number) * np.uint64(noise.shared)
    for n in range(noise.shared):
        bits = bits_at(noise.start, counter + np.uint64(n))
        column = np.int64((bits >> U32) * words >> U32)
        accepted = bits & LOW <= np.uint64(noise.accept[column])
        out[n] = column if accepted else noise.alias[column]


@helper
def _candidates(out: Any, words: Any, noise: Any, number: Any) -> None:
    """Output rows of a block: its true words, then its noise words."""
    for i in range(len(words)):
        out[i] = words[i]
    _draw_noise(out[len(words) :], noise, number)


@helper
def _fetch(to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any) -> None:
    """Rows of a table to padded rows."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        vector.copy_padded(to + i * wide * BYTES, row, dim)


@helper
def _prefetch(table: Any, dim: Any, ids: Any, count: Any) -> None:
    for i in range(count):
        vector.prefetch(table + np.int64(ids[i]) * dim * BYTES, dim)


@helper
def _add(table: Any, dim: Any, ids: Any, count: Any, changes: Any, wide: Any, factors: Any) -> None:
    """Padded rows to those of a table, each with its factor."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        vector.add(row, changes + i * wide * BYTES, dim, factors[i])


@helper
def _transpose(to: Any, rows: Any, source: Any, wide: Any) -> None:
    """Padded rows, a whole number of vectors of them, to (wide, rows)."""
    for i in range(0, rows, _LANES):
        for lane in range(0, wide, _LANES):
            vector.transpose(
                to + (lane * rows + i) * BYTES, rows, source + (i * wide + lane) * BYTES, wide
            )


@helper
def _scores(
    out: Any, hidden: Any, rows: Any, count: Any, wide: Any, transposed: Any, dim: Any
) -> None:
    """out (count, hidden) = rows times transposed hidden vectors."""
    i = 0
    while i + 2 * _LANES <= hidden:
        vector.multiply_two(
            out + i * BYTES, hidden, count, rows, wide, 1, transposed + i * BYTES, hidden, dim
        )
        i += 2 * _LANES
    if i < hidden:
        vector.multiply_one(
            out + i * BYTES, hidden, count, rows, wide, 1, transposed + i * BYTES, hidden, dim
        )


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
    transposed, errors_at = address(work.transposed), address(work.errors)
    errors, scores = work.errors, work.scores
    pairs_of, pairs_at = work.pairs, address(work.pairs)
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.first < stretch.last:
        at = stretch.first * block
        number = stretch.number + stretch.first
        _candidates(work.next_ids, stretch.ids[at : at + span], noise, number)
    for number in range(stretch.first, stretch.last):
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        at = number * block
        tokens = min(block, stretch.kept - at)
        core = stretch.ids[at + window : at + window + block]
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch(hidden, wide, inputs, dim, core, block)
        _fetch(rows, wide, outputs, dim, work.ids, count)
        _transpose(transposed, lanes, hidden, wide)
        _scores(errors_at, lanes, rows, max(count, _ROWS), wide, transposed, dim)
        if number + 1 < stretch.last:
            new = at + block
            _candidates(
                work.next_ids, stretch.ids[new : new + span], noise, stretch.number + number + 1
            )
            _prefetch(inputs, dim, stretch.ids[new + window :], block)
            _prefetch(outputs, dim, work.next_ids, count)

        measure = (stretch.number + number) % rate.loss_every == 0
        for t in range(lanes):
            pairs_of[t] = ZERO
        if measure:
            scores[:count] = errors[:count]
        vector.errors(errors_at, span * lanes, ONE, alpha)
        vector.errors(errors_at + span * lanes * BYTES, noise.shared * lanes, ZERO, alpha * each)
        total = 0
        for j in range(span):
            centre = j - window  # counted from the first of the core
            first = max(0, centre - np.int64(stretch.left[at + j]))
            last = min(tokens, centre + np.int64(stretch.right[at + j]) + 1)
            row = errors_at + j * lanes * BYTES
            vector.keep_pairs(row, pairs_at, lanes, first, last, centre)
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

        _wide_multiply(d_hidden, lanes, errors_at, 1, lanes, rows, count, wide)
        _wide_multiply(d_rows, max(count, _ROWS), errors_at, lanes, 1, hidden, block, wide)
        step = alpha / np.float32(rate.cap)
        terms = np.float32(total * (1 + noise.negative))
        for t in range(block):
            work.ids_in[t] = core[t]
        factors = capped(work.ids_in, block, work.terms_in, terms, step, rate.beside_in, work)
        _add(inputs, dim, core, block, d_hidden, wide, factors)
        factors = capped(work.ids, count, work.terms, terms, step, rate.beside_out, work)
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
    transposed, places = address(work.transposed), address(work.places_in)
    errors_at, own_at, ones = address(work.errors), address(work.own_errors), address(work.ones)
    errors, own_errors, has_context = work.errors, work.own_errors, work.pairs
    count = block + noise.shared
    padded = max(noise.shared, _ROWS)
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.first < stretch.last:
        at = stretch.first * block + window
        number = stretch.number + stretch.first
        _candidates(work.next_ids, stretch.ids[at : at + block], noise, number)
    for number in range(stretch.first, stretch.last):
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        at = number * block
        tokens = min(block, stretch.kept - at)
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch(context, wide, inputs, dim, stretch.ids[at:], span)
        _fetch(own, wide, outputs, dim, work.ids, block)
        _fetch(rows, wide, outputs, dim, work.ids[block:], noise.shared)
        if number + 1 < stretch.last:
            new = at + window + block
            _candidates(
                work.next_ids, stretch.ids[new : new + block], noise, stretch.number + number + 1
            )
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
            vector.sum_rows(hidden + t * wide * BYTES, places, contexts, wide, share)
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
        _transpose(transposed, lanes, hidden, wide)
        _scores(errors_at, lanes, rows, padded, wide, transposed, dim)
        for t in range(0, lanes, _LANES):
            there = t * wide * BYTES
            vector.dots_paired(own_at + t * BYTES, hidden + there, own + there, wide, dim)

        if (stretch.number + number) % rate.loss_every == 0:
            measured += total
            for t in range(block):
                nats = softplus(-np.float64(own_errors[t]))
                for n in range(noise.shared):
                    nats += each * softplus(np.float64(errors[n, t]))
                loss += has_context[t] * nats
        vector.errors(own_at, lanes, ONE, alpha)
        for t in range(lanes):
            own_errors[t] *= has_context[t]
            work.terms[t] = has_context[t]
        vector.errors(errors_at, noise.shared * lanes, ZERO, alpha * each)
        for n in range(noise.shared):
            for t in range(lanes):
                errors[n, t] *= has_context[t]
            work.terms[block + n] = total * each

        _wide_multiply(d_hidden, lanes, errors_at, 1, lanes, rows, noise.shared, wide)
        _wide_multiply(d_rows, padded, errors_at, lanes, 1, hidden, block, wide)
        for t in range(tokens):
            row = t * wide * BYTES
            vector.add(d_hidden + row, own + row, wide, own_errors[t])
            first, last = reach(stretch, at + window + t, True)
            contexts = addresses(
                work.places_in, d_context, wide, work.numbers, first - at, last - at, window + t
            )
            vector.add_to_rows(places, ones, contexts, d_hidden + row, wide)
        step = alpha / np.float32(rate.cap)
        for j in range(span):
            work.ids_in[j] = stretch.ids[at + j]
        factors = capped(work.ids_in, span, work.terms_in, most, step, rate.beside_in, work)
        _add(inputs, dim, stretch.ids[at:], span, d_context, wide, factors)
        most = total * np.float32(1 + noise.negative)
        factors = capped(work.ids, count, work.terms, most, step, rate.beside_out, work)
        for t in range(block):
            row = outputs + work.ids[t] * dim * BYTES
            vector.add(row, hidden + t * wide * BYTES, dim, own_errors[t] * factors[t])
        _add(outputs, dim, work.ids[block:], noise.shared, d_rows, wide, factors[block:])
    return loss, measured
