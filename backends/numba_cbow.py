"""The compiled step of CBOW with negative sampling: a block of centres, shared noise words.

Work is done on the worker's own copies of rows: a block is read, then computed, then added. Long,
since a kernel is one function: cut up, it would count references and move registers between parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_errors as errors_of
from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_blocks import (
    add,
    candidates,
    changes,
    fetch,
    fetch_only,
    prefetch,
    score,
)
from w2v.backends.numba_cap import capped, load_factor, loads, with_load
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, address, compiled, whole_lanes
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_products import dots_paired
from w2v.backends.numba_steps import addresses, alpha_of, measured_in, reach, softplus


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
        candidates(work.next_ids, stretch, window, block, noise, 0)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        fetch_only(context, wide, inputs, dim, stretch.ids[at:], span)
        fetch(own, wide, outputs, dim, work.ids, block, own_squares)
        fetch(rows, wide, outputs, dim, work.ids[block:], noise.shared, row_squares)
        if number + 1 < stretch.blocks:
            new = at + window + block
            candidates(work.next_ids, stretch, new, block, noise, number + 1)
            prefetch(inputs, dim, stretch.ids[new + window :], block)
            prefetch(outputs, dim, work.next_ids, count)

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
        score(errors_at, hidden, rows, noise.shared, lanes, wide, dim, work)
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
        changes(d_hidden, d_rows, errors_at, hidden, rows, noise.shared, lanes, block, wide)
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
        add(inputs, dim, stretch.ids[at:], span, d_context, wide, factors)
        most = total * np.float32(1 + noise.negative)
        more = with_load(work.terms, work.load, count, work)
        factors = capped(work.ids, count, work.terms, most, more, step, rate.beside_out, work)
        for t in range(block):
            row = outputs + work.ids[t] * dim * BYTES
            rows_of.add(row, hidden + t * wide * BYTES, dim, own_errors[t] * factors[t])
        add(outputs, dim, work.ids[block:], noise.shared, d_rows, wide, factors[block:])
    return loss, measured
