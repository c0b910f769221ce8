"""The compiled step of CBOW with negative sampling: windows by running sums, groups of centres.

A block's centres fall into groups, each with noise words of its own. Centres and what belongs to
them stand group by group, in slots. Long, since a kernel is one function: cut up, it would count
references and move registers between parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_groups as groups_of
from w2v.backends import numba_rows as rows_of
from w2v.backends import numba_windows as windows_of
from w2v.backends.numba_cap import capped, load_factor, sizes, with_load
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
from w2v.backends.numba_draws import draw_columns, drawn
from w2v.backends.numba_errors import errors as errors_of
from w2v.backends.numba_llvm import (
    LANES,
    read_float,
    read_int,
    read_long,
    read_short,
    write_float,
    write_int,
    write_long,
)
from w2v.backends.numba_products import (
    TILE,
    TOGETHER,
    change_one,
    change_tile,
    dots_1,
    dots_4,
    dots_squared_1,
    dots_squared_4,
)
from w2v.backends.numba_steps import alpha_of, measured_in, softplus

_AT_ONCE = 2  # noise words that are asked for, in each turn


@helper
def _scores(
    out: Any,
    stride: Any,
    rows: Any,
    count: Any,
    hidden: Any,
    size: Any,
    dim: Any,
    squares: Any,
) -> None:
    """Of a list of so many hidden vectors (down) against a list of rows (across).

    And of each row a vector whose lanes add up to its squared length.
    """
    if size >= TOGETHER:
        dots_squared_4(out, stride, rows, count, hidden, dim, squares)
        i = TOGETHER
    else:
        dots_squared_1(out, stride, rows, count, hidden, dim, squares)
        i = 1
    while i + TOGETHER <= size:
        there = out + i * stride * BYTES
        dots_4(there, stride, rows, count, hidden + i * POINTER, dim)
        i += TOGETHER
    while i < size:
        there = out + i * stride * BYTES
        dots_1(there, stride, rows, count, hidden + i * POINTER, dim)
        i += 1


@helper
def _next(
    ids: Any, stretch: Any, at: Any, turns: Any, block: Any, noise: Any, columns: Any
) -> None:
    """Output rows of a block: its centres by slot, then the noise words of some columns."""
    there, core = address(ids), address(stretch.ids) + at * BYTES
    for slot in range(block):
        write_int(there, slot, read_int(core, read_long(turns, slot)))
    drawn(ids[block:], columns, noise)


@helper
def _ask(places: Any, first: Any, count: Any, dim: Any) -> None:
    """Ask for some rows of a list, for the next block; a few at a time, or the processor waits."""
    for i in range(first, first + count):
        rows_of.prefetch_far(read_long(places, i), dim)


@compiled
def cbow_shared(
    input: Any,
    output: Any,
    stretch: Any,
    noise: Any,
    rate: Any,
    window: Any,
    block: Any,
    groups: Any,
    mean: Any,
    floats: Any,
    work: Any,
) -> Any:
    """The mean or sum of each centre's window against the centre and its group's noise words.

    Of a row only the first `floats` count, the others are zero.
    Like its siblings it takes a step for each block and returns the loss and the pairs of those
    blocks where it was measured.
    """
    dim = floats
    wide, span = whole_lanes(input.shape[1]), block + 2 * window
    inputs, outputs = table_of(input, 0, work), table_of(output, 1, work)
    size, each_has = block // groups, noise.shared // groups  # centres and noise words of a group
    across = whole_lanes(each_has)
    count = block + noise.shared
    row_bytes, vector_bytes = wide * BYTES, LANES * BYTES
    zeros = address(work.sums)  # row 0 of the running sums
    sums, edges = zeros, address(work.edges)
    hidden, d_hidden = address(work.hidden), address(work.d_hidden)
    scores, own_at = address(work.errors), address(work.own_errors)
    kept_at = address(work.kept)
    dots, own_squares = address(work.dots), address(work.own_squares)
    vector_squares, row_squares = address(work.vector_squares), address(work.row_squares)
    loads_at = address(work.loads)
    contexts_at, centres_at = address(work.contexts), address(work.centres)
    ids_at, ids_in_at = address(work.ids), address(work.ids_in)
    due_at, due_in_at = address(work.due), address(work.due_in)
    hot_at, hot_in_at = address(work.hot_places), address(work.hot_places_in)
    begins_at, ends_at = address(work.begins), address(work.ends)
    vectors_at, places_at = address(work.vectors), address(work.places)
    noise_at = places_at + block * POINTER
    entering_at, ahead_at = address(work.entering), address(work.ahead)
    next_at = ahead_at + rows_of.LIST * POINTER
    turns_at, next_ids_at = address(work.turns), address(work.next_ids)
    first_at, last_at = address(work.first), address(work.last)
    words_at = address(stretch.ids)
    left_at, right_at = address(stretch.left), address(stretch.right)
    terms_at, terms_in_at = address(work.terms), address(work.terms_in)
    own_terms_at, effect_at = address(work.own_terms), address(work.effect)
    errors, own_errors, kept = work.errors, work.own_errors, work.kept
    each = np.float32(noise.negative / each_has)
    own_terms = np.float32(1 + noise.negative)
    part = ONE / np.float32(window + 1)  # of a window's change of mean that a word holds back
    factors, factors_at = work.factors, address(work.factors)
    lengths_at = address(work.lengths)
    squares_at, load_at = address(work.squares), address(work.load)
    load_in_at, own_load_at = address(work.load_in), address(work.own_load)
    hidden_load_at, row_loads_at = address(work.hidden_load), address(work.row_loads)
    loss = measured = 0.0
    for n in range(len(work.places)):  # some behind the last are read, too
        work.places[n] = outputs.at
    for slot in range(len(work.vectors)):
        work.vectors[slot] = hidden + slot * row_bytes
    for j in range(span):
        work.centres[j] = zeros
    for slot in range(block):
        work.turns[slot] = slot % size * groups + slot // size
    work.ahead[2], work.ahead[3] = _AT_ONCE, dim
    take_copies(inputs)
    take_copies(outputs)
    due_in = due_out = 0
    if stretch.blocks > 0:
        draw_columns(work.columns, noise, stretch.number)
        _next(work.next_ids, stretch, window, turns_at, block, noise, work.columns)
        list_places(next_at, outputs, next_ids_at, count)
        draw_columns(work.columns, noise, stretch.number + 1)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        limit = held_back(rate, alpha)
        for j in range(span):
            write_int(ids_in_at, j, read_int(words_at, at + j))
            write_float(terms_in_at, j, ZERO)
            write_float(load_in_at, j, ZERO)
        for i in range(count):
            write_int(ids_at, i, read_int(next_ids_at, i))
            write_long(places_at, i, read_long(next_at, i))
        list_places(contexts_at, inputs, ids_in_at, span)
        hot_in = list_hot(hot_in_at, inputs, ids_in_at, span)
        hot_out = list_hot(hot_at, outputs, ids_at, count)
        renew_due(inputs, due_in_at, due_in)
        renew_due(outputs, due_at, due_out)
        windows_of.running_sums(sums + row_bytes, wide, contexts_at, 2 * window, dim)
        ahead = number + 1 < stretch.blocks
        if ahead:
            new = at + block + window
            _next(work.next_ids, stretch, new, turns_at, block, noise, work.columns)
            draw_columns(work.columns, noise, stretch.number + number + 2)
            list_places(next_at, outputs, next_ids_at, count)
            list_places(entering_at, inputs, words_at + (new + window) * BYTES, block)

        total = most = ZERO
        low, high = span, 0
        group = slot = 0
        for t in range(block):
            newest = 2 * window + t
            left = right = 0
            if t < tokens:
                left = read_short(left_at, at + window + t)
                right = read_short(right_at, at + window + t)
            first, last = window + t - left, window + t + right + 1
            contexts = np.float32(left + right)
            share = ONE if left + right else ZERO
            write_float(kept_at, slot, share)
            total += share
            terms = share * own_terms
            effect = ONE
            if mean:
                share /= max(contexts, ONE)
            else:
                terms *= contexts
                effect = contexts
            windows_of.window(
                hidden + slot * row_bytes, dots + slot * vector_bytes,
                vector_squares + slot * vector_bytes, own_squares + slot * vector_bytes,
                sums + first * row_bytes, sums + last * row_bytes,
                read_long(contexts_at, window + t), read_long(places_at, slot),
                sums + newest * row_bytes, read_long(contexts_at, newest),
                sums + (newest + 1) * row_bytes, dim, share,
            )  # fmt: skip
            if ahead:
                rows_of.prefetch_far(read_long(entering_at, t), dim)
            write_long(begins_at, slot, edges + first * row_bytes)
            write_long(ends_at, slot, edges + last * row_bytes)
            write_long(first_at, slot, first)
            write_long(last_at, slot, last)
            write_long(centres_at, window + t, d_hidden + slot * row_bytes)
            most += terms * contexts
            if left + right:
                low, high = min(low, first), max(high, last)
            write_float(terms_in_at, first, read_float(terms_in_at, first) + terms)
            write_float(terms_in_at, last, read_float(terms_in_at, last) - terms)
            write_float(own_terms_at, slot, terms)
            write_float(terms_at, slot, read_float(kept_at, slot))
            write_float(effect_at, slot, effect)
            group, slot = group + 1, slot + size
            if group == groups:
                group, slot = 0, slot - block + 1
        rows_of.add_lanes(own_at, dots, block)
        rows_of.add_lanes(squares_at, vector_squares, block)
        rows_of.add_lanes(load_at, own_squares, block)

        measure = measured_in(rate, stretch, number)
        if measure:
            measured += total
            for slot in range(block):
                loss += kept[slot] * softplus(-np.float64(own_errors[slot]))
        errors_of(own_at, block, ONE, alpha)
        twice = load_factor(alpha)
        for group in range(groups):
            slot, n = group * size, group * each_has
            there = scores + slot * across * BYTES
            _scores(
                there, across, noise_at + n * POINTER, each_has,
                vectors_at + slot * POINTER, size, dim, row_squares + n * vector_bytes,
            )  # fmt: skip
            rows_of.add_lanes(lengths_at + n * BYTES, row_squares + n * vector_bytes, each_has)
            if measure:
                for i in range(slot, slot + size):
                    for k in range(each_has):
                        loss += kept[i] * each * softplus(np.float64(errors[i, k]))
            groups_of.errors(
                there, row_loads_at, loads_at + slot * vector_bytes,
                squares_at + slot * BYTES, lengths_at + n * BYTES,
                kept_at + slot * BYTES, size, each_has, alpha * each,
            )  # fmt: skip
            terms = ZERO
            for i in range(slot, slot + size):
                terms += read_float(kept_at, i)
            for k in range(each_has):
                write_float(terms_at, block + n + k, terms * each)
                write_float(load_at, block + n + k, read_float(row_loads_at, k) * twice)
        rows_of.add_lanes(hidden_load_at, loads_at, block)
        for slot in range(block):
            error = read_float(own_at, slot) * read_float(kept_at, slot)
            write_float(own_at, slot, error)
            length = twice * abs(error)
            effect = read_float(hidden_load_at, slot) * twice + length * read_float(load_at, slot)
            effect *= read_float(effect_at, slot)
            write_float(load_at, slot, length * read_float(squares_at, slot))
            first, last = read_long(first_at, slot), read_long(last_at, slot)
            write_float(load_in_at, first, read_float(load_in_at, first) + effect)
            write_float(load_in_at, last, read_float(load_in_at, last) - effect)
            write_float(own_load_at, slot, effect)

        for group in range(groups):
            slot, n = group * size, group * each_has
            end = slot + size
            own_rows = noise_at + n * POINTER
            while slot + TILE <= end:
                groups_of.change_hidden_tile(
                    d_hidden + slot * row_bytes, wide, scores + slot * across * BYTES, across,
                    own_rows, each_has, places_at + slot * POINTER, own_at + slot * BYTES,
                    begins_at + slot * POINTER, ends_at + slot * POINTER, dim,
                )  # fmt: skip
                if ahead:
                    _ask(next_at, slot, TILE, dim)
                slot += TILE
            while slot < end:
                groups_of.change_hidden_one(
                    d_hidden + slot * row_bytes, wide, scores + slot * across * BYTES, across,
                    own_rows, each_has, places_at + slot * POINTER, own_at + slot * BYTES,
                    begins_at + slot * POINTER, ends_at + slot * POINTER, dim,
                )  # fmt: skip
                if ahead:
                    _ask(next_at, slot, 1, dim)
                slot += 1

        terms = load = ZERO
        for j in range(span):
            terms += read_float(terms_in_at, j)
            load += read_float(load_in_at, j)
            write_float(terms_in_at, j, terms)
            write_float(load_in_at, j, load)
        for slot in range(block):
            j = window + read_long(turns_at, slot)
            left_over = read_float(terms_in_at, j) - read_float(own_terms_at, slot)
            write_float(terms_in_at, j, left_over)
            left_over = read_float(load_in_at, j) - read_float(own_load_at, slot)
            write_float(load_in_at, j, left_over)
        step = alpha / np.float32(rate.cap)
        error = ZERO
        if len(rate.beside_in):
            error = sizes(scores, block * across, work) + sizes(own_at, block, work)
            error *= twice / max(total * own_terms, ONE)
        more = with_load(work.terms_in, work.load_in, span, work)
        capped(
            factors, work.ids_in, span, work.terms_in, most, more, error, step,
            rate.beside_in, np.float32(rate.most_beside_in), work.others,
        )  # fmt: skip
        due_in = hold_listed(
            due_in_at, inputs, ids_in_at, hot_in_at, hot_in, terms_in_at, part, limit
        )
        if low < high:
            windows_of.land(
                contexts_at + low * POINTER, factors_at + low * BYTES, high - low,
                edges + low * row_bytes, wide, centres_at + low * POINTER, dim,
            )  # fmt: skip
            rows_of.copy_padded(edges + high * row_bytes, zeros, wide)
        most = total * own_terms
        more = with_load(work.terms, work.load, count, work)
        capped(
            factors, work.ids, count, work.terms, most, more, error, step,
            rate.beside_out, np.float32(rate.most_beside_out), work.others,
        )  # fmt: skip
        due_out = hold_listed(due_at, outputs, ids_at, hot_at, hot_out, terms_at, ONE, limit)
        for slot in range(block):
            factor = read_float(own_at, slot) * read_float(factors_at, slot)
            rows_of.add(read_long(places_at, slot), hidden + slot * row_bytes, dim, factor)
        noise_factors = factors_at + block * BYTES
        work.ahead[0], work.ahead[1] = block, count if ahead else block
        for group in range(groups):
            first, n = group * size, group * each_has
            left, end = scores + first * across * BYTES, n + each_has
            vectors, k = vectors_at + first * POINTER, n
            while k + TILE <= end:
                change_tile(
                    noise_at + k * POINTER, noise_factors + k * BYTES,
                    left + (k - n) * BYTES, 1, across, vectors, 0, size, 0, 0, dim, ahead_at,
                )  # fmt: skip
                k += TILE
            while k < end:
                change_one(
                    noise_at + k * POINTER, noise_factors + k * BYTES,
                    left + (k - n) * BYTES, 1, across, vectors, 0, size, 0, 0, dim, ahead_at,
                )  # fmt: skip
                k += 1
    give_copies(inputs, NONE)
    give_copies(outputs, NONE)
    return loss, measured
