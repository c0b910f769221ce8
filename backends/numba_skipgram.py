"""The compiled step of skip-gram with negative sampling: a block of contexts, shared noise words.

A block's hidden vectors are copied and its output rows read where they stand; all errors are known
before the first row is changed. Long, since a kernel is one function: cut up, it would count
references and move registers between parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_blocks import candidates, change, fetch_list, score
from w2v.backends.numba_cap import capped, load_factor, loads, sizes, with_load
from w2v.backends.numba_compiling import (
    BYTES,
    ONE,
    POINTER,
    ZERO,
    address,
    compiled,
    helper,
    whole_lanes,
)
from w2v.backends.numba_copies import (
    NONE,
    give_copies,
    held_back,
    hold_listed,
    list_hot,
    list_places,
    renew_due,
    table_of,
    take_copies,
)
from w2v.backends.numba_draws import draw_columns
from w2v.backends.numba_errors import errors_of_block
from w2v.backends.numba_products import MOST_ROWS
from w2v.backends.numba_steps import alpha_of, measured_in, softplus

_AT_ONCE = 3  # rows that are asked for, in each turn


@helper
def _look_ahead(ahead: Any, inputs: Any, core: Any, block: Any, outputs: Any, ids: Any) -> None:
    """List rows of a block that the one before did not read, to be asked for in turns."""
    at = address(ahead) + rows_of.LIST * POINTER
    list_places(at, inputs, address(core), block)
    list_places(at + block * POINTER, outputs, address(ids), len(ids))
    ahead[0], ahead[1], ahead[2] = 0, block + len(ids), _AT_ONCE
    ahead[3] = inputs.dim


@compiled
def skipgram_shared(
    input: Any,
    output: Any,
    stretch: Any,
    noise: Any,
    rate: Any,
    window: Any,
    block: Any,
    numbers: Any,
    floats: Any,
    work: Any,
) -> Any:
    """Contexts of the core against the centres of the halo and shared noise words.

    Of a row only the first `numbers` count, the others are zero; they and what fills their vectors
    are `floats`.
    Like its siblings it takes a step for each block and returns the loss and the pairs of those
    blocks where it was measured.
    """
    dim = input.shape[1]
    wide, lanes, span = whole_lanes(dim), whole_lanes(block), block + 2 * window
    count = span + noise.shared
    inputs, outputs = table_of(input, 0, work), table_of(output, 1, work)
    hidden, vectors = address(work.hidden), address(work.places_d)
    nowhere = address(work.d_hidden)
    places_in, places = address(work.places_in), address(work.places)
    errors_at, row_squares = address(work.errors), address(work.row_squares)
    errors, scores = work.errors, work.scores
    pairs_of, pairs_at = work.pairs, address(work.pairs)
    first_at, last_at = address(work.first), address(work.last)
    ahead = address(work.ahead)
    hot_at, hot_in_at = address(work.hot_places), address(work.hot_places_in)
    due_at, due_in_at = address(work.due), address(work.due_in)
    ids_at, ids_in_at = address(work.ids), address(work.ids_in)
    terms_at, terms_in_at = address(work.terms), address(work.terms_in)
    each = np.float32(noise.negative / noise.shared)
    factors, factors_at = work.factors, address(work.factors)
    for t in range(block):
        work.places_d[t] = hidden + t * wide * BYTES
    loss = measured = 0.0
    take_copies(inputs)
    take_copies(outputs)
    due_in = due_out = 0
    if stretch.blocks > 0:
        draw_columns(work.columns, noise, stretch.number)
        candidates(work.next_ids, stretch, 0, span, work.columns, noise)
        draw_columns(work.columns, noise, stretch.number + 1)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        core = stretch.ids[at + window :]
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        for t in range(block):
            work.ids_in[t] = core[t]
        limit = held_back(rate, alpha)
        hot_in = list_hot(hot_in_at, inputs, ids_in_at, block)
        hot_out = list_hot(hot_at, outputs, ids_at, count)
        list_places(places_in, inputs, ids_in_at, block)
        list_places(places, outputs, ids_at, count + MOST_ROWS)
        fetch_list(hidden, wide, places_in, block, dim, row_squares)
        rows_of.add_lanes(address(work.squares), row_squares, block)
        rows_of.square(places, count, dim, row_squares)
        if number + 1 < stretch.blocks:
            candidates(work.next_ids, stretch, at + block, span, work.columns, noise)
            draw_columns(work.columns, noise, stretch.number + number + 2)
            next_core, new = stretch.ids[at + block + window :], span - block
            coming = work.next_ids[new:count]
            _look_ahead(work.ahead, inputs, next_core, block, outputs, coming)
        score(
            errors_at, hidden, places, span, 2 * window, noise.shared, block, wide, numbers, work
        )  # fmt: skip
        renew_due(inputs, due_in_at, due_in)  # asked for in the block before
        renew_due(outputs, due_at, due_out)

        measure = measured_in(rate, stretch, number)
        if measure:
            scores[:count] = errors[:count]
        total = 0
        for j in range(span):
            centre = j - window  # counted from the first of the core
            first = max(0, centre - np.int64(stretch.left[at + j]))
            last = min(tokens, centre + np.int64(stretch.right[at + j]) + 1)
            pairs = max(last - first, 0) - (1 if first <= centre < last else 0)
            work.first[j], work.last[j], work.terms[j] = first, last, pairs
            total += pairs
        errors_of_block(
            errors_at, lanes, span, window, 2 * window, first_at, last_at, noise.shared, pairs_at,
            alpha, alpha * each,
        )  # fmt: skip
        for n in range(span, count):
            work.terms[n] = total * each
        if measure:
            measured += total
            for j in range(span):
                for t in range(work.first[j], work.last[j]):
                    if t != j - window:
                        loss += softplus(-np.float64(scores[j, t]))
            for n in range(span, count):
                for t in range(block):
                    loss += pairs_of[t] * each * softplus(np.float64(scores[n, t]))
        for t in range(block):
            work.terms_in[t] = pairs_of[t] * np.float32(1 + noise.negative)

        twice = load_factor(alpha)
        loads(address(work.load), row_squares, count, errors_at, lanes, twice, work)
        more = with_load(work.terms_in, work.hidden_load, block, work)
        step = alpha / np.float32(rate.cap)
        terms = np.float32(total * (1 + noise.negative))
        error = ZERO
        if len(rate.beside_in):
            error = twice * sizes(errors_at, count * lanes, work) / max(terms, ONE)
        capped(
            factors,
            work.ids_in,
            block,
            work.terms_in,
            terms,
            more,
            error,
            step,
            rate.beside_in,
            np.float32(rate.most_beside_in),
            work.others,
        )
        change(
            places_in, factors_at, block, errors_at, 1, lanes, places,
            0, 2 * window, span, noise.shared, floats, ahead,
        )  # fmt: skip
        due_in = hold_listed(
            due_in_at, inputs, ids_in_at, hot_in_at, hot_in, terms_in_at, ONE, limit
        )
        more = with_load(work.terms, work.load, count, work)
        capped(
            factors,
            work.ids,
            count,
            work.terms,
            terms,
            more,
            error,
            step,
            rate.beside_out,
            np.float32(rate.most_beside_out),
            work.others,
        )
        for j in range(span):  # what has no pairs is not written back: others may have changed it
            if work.terms[j] == ZERO:
                work.places[j] = nowhere
        change(
            places, factors_at, span, errors_at, lanes, 1, vectors,
            -2 * window, 0, block, 0, floats, ahead,
        )  # fmt: skip
        change(
            places + span * POINTER, factors_at + span * BYTES, noise.shared,
            errors_at + span * lanes * BYTES, lanes, 1, vectors,
            -count, count, block, 0, floats, ahead,
        )  # fmt: skip
        due_out = hold_listed(due_at, outputs, ids_at, hot_at, hot_out, terms_at, ONE, limit)
    give_copies(inputs, NONE)
    give_copies(outputs, NONE)
    return loss, measured
