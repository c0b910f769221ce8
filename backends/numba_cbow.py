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
from w2v.backends.numba_blocks import fetch
from w2v.backends.numba_cap import capped, load_factor, sizes, with_load
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, address, compiled, helper, whole_lanes
from w2v.backends.numba_draws import draw_columns, drawn
from w2v.backends.numba_errors import errors as errors_of
from w2v.backends.numba_groups import TILE
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_products import TOGETHER, dots_1, dots_4
from w2v.backends.numba_steps import alpha_of, measured_in, softplus

_POINTER = 8  # bytes


@helper
def _scores(out: Any, stride: Any, rows: Any, count: Any, hidden: Any, size: Any, wide: Any) -> Any:
    """Of a list of so many hidden vectors (down) against a list of rows (across)."""
    i = 0
    while i + TOGETHER <= size:
        there = out + i * stride * BYTES
        dots_4(there, stride, rows, count, hidden + i * _POINTER, wide)
        i += TOGETHER
    while i < size:
        there = out + i * stride * BYTES
        dots_1(there, stride, rows, count, hidden + i * _POINTER, wide)
        i += 1


@helper
def _next(
    ids: Any, stretch: Any, at: Any, block: Any, groups: Any, noise: Any, columns: Any
) -> Any:
    """Output rows of a block: its centres by slot, then the noise words of some columns."""
    size = block // groups
    for group in range(groups):
        for i in range(size):
            ids[group * size + i] = stretch.ids[at + i * groups + group]
    drawn(ids[block:], columns, noise)


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
    work: Any,
) -> Any:
    """The mean or sum of each centre's window against the centre and its group's noise words.

    Like its siblings it takes a step for each block and returns the loss and the pairs of those
    blocks where it was measured.
    """
    dim = input.shape[1]
    wide, span = whole_lanes(dim), block + 2 * window
    inputs, outputs = address(input), address(output)
    size, each_has = block // groups, noise.shared // groups  # centres and noise words of a group
    across = whole_lanes(each_has)
    count = block + noise.shared
    row_bytes, vector_bytes = wide * BYTES, LANES * BYTES
    zeros = address(work.sums)  # row 0 of the running sums
    sums, edges = zeros, address(work.edges)
    hidden, d_hidden, rows = address(work.hidden), address(work.d_hidden), address(work.rows)
    scores, own_at = address(work.errors), address(work.own_errors)
    kept_at = address(work.kept)
    dots, own_squares = address(work.dots), address(work.own_squares)
    vector_squares, row_squares = address(work.vector_squares), address(work.row_squares)
    loads_at = address(work.loads)
    contexts_at, centres_at = address(work.contexts), address(work.centres)
    begins_at, ends_at = address(work.begins), address(work.ends)
    vectors_at, copies_at, places_at = (
        address(work.vectors),
        address(work.copies),
        address(work.places),
    )
    errors, own_errors, kept = work.errors, work.own_errors, work.kept
    each = np.float32(noise.negative / each_has)
    own_terms = np.float32(1 + noise.negative)
    factors = work.factors
    loss = measured = 0.0
    for n in range(len(work.copies)):
        work.copies[n] = rows + n * row_bytes
    for slot in range(len(work.vectors)):
        work.vectors[slot] = hidden + slot * row_bytes
    for j in range(span):
        work.centres[j] = zeros
    for slot in range(block):
        work.turns[slot] = slot % size * groups + slot // size
    if stretch.blocks > 0:
        draw_columns(work.columns, noise, stretch.number)
        _next(work.next_ids, stretch, window, block, groups, noise, work.columns)
        draw_columns(work.columns, noise, stretch.number + 1)
    for number in range(stretch.blocks):
        alpha = alpha_of(rate, stretch, number)
        at = number * block
        tokens = min(block, stretch.kept - at)
        for j in range(span):
            work.ids_in[j] = stretch.ids[at + j]
            work.contexts[j] = inputs + np.int64(stretch.ids[at + j]) * dim * BYTES
            work.terms_in[j] = ZERO
            work.load_in[j] = ZERO
        for i in range(count):
            work.ids[i] = work.next_ids[i]
            work.places[i] = outputs + np.int64(work.ids[i]) * dim * BYTES
        windows_of.running_sums(sums + row_bytes, wide, contexts_at, span, dim)
        fetch(rows, wide, outputs, dim, work.ids[block:], noise.shared, row_squares)
        ahead = number + 1 < stretch.blocks
        if ahead:
            new = at + block + window
            _next(work.next_ids, stretch, new, block, groups, noise, work.columns)
            draw_columns(work.columns, noise, stretch.number + number + 2)

        total = most = ZERO
        low, high = span, 0
        for slot in range(block):
            t = work.turns[slot]
            place = at + window + t
            left = right = 0
            if t < tokens:
                left, right = np.int64(stretch.left[place]), np.int64(stretch.right[place])
            first, last = window + t - left, window + t + right + 1
            contexts = np.float32(left + right)
            kept[slot] = ONE if left + right else ZERO
            share = kept[slot]
            if mean:
                share /= max(contexts, ONE)
            windows_of.window(
                hidden + slot * row_bytes, dots + slot * vector_bytes,
                vector_squares + slot * vector_bytes, own_squares + slot * vector_bytes,
                sums + first * row_bytes, sums + last * row_bytes,
                work.contexts[window + t], work.places[slot], dim, share,
            )  # fmt: skip
            if ahead:
                rows_of.prefetch_far(outputs + np.int64(work.next_ids[slot]) * dim * BYTES, dim)
                entering = np.int64(stretch.ids[at + block + 2 * window + t])
                rows_of.prefetch_far(inputs + entering * dim * BYTES, dim)
            work.begins[slot] = edges + first * row_bytes
            work.ends[slot] = edges + last * row_bytes
            work.first[slot], work.last[slot] = first, last
            work.centres[window + t] = d_hidden + slot * row_bytes
            terms = kept[slot] * own_terms
            if not mean:
                terms *= contexts
            total += kept[slot]
            most += terms * contexts
            if left + right:
                low, high = min(low, first), max(high, last)
            work.terms_in[first] += terms
            work.terms_in[last] -= terms
            work.own_terms[slot] = terms
            work.terms[slot] = kept[slot]
            work.effect[slot] = ONE if mean else contexts
        rows_of.add_lanes(own_at, dots, block)
        rows_of.add_lanes(address(work.squares), vector_squares, block)
        rows_of.add_lanes(address(work.load), own_squares, block)
        rows_of.add_lanes(address(work.lengths), row_squares, noise.shared)

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
                there, across, copies_at + n * _POINTER, each_has,
                vectors_at + slot * _POINTER, size, wide,
            )  # fmt: skip
            if measure:
                for i in range(slot, slot + size):
                    for k in range(each_has):
                        loss += kept[i] * each * softplus(np.float64(errors[i, k]))
            groups_of.errors(
                there, address(work.row_loads), loads_at + slot * vector_bytes,
                address(work.squares) + slot * BYTES, address(work.lengths) + n * BYTES,
                kept_at + slot * BYTES, size, each_has, alpha * each,
            )  # fmt: skip
            terms = ZERO
            for i in range(slot, slot + size):
                terms += kept[i]
            for k in range(each_has):
                work.terms[block + n + k] = terms * each
                work.load[block + n + k] = work.row_loads[k] * twice
            if ahead:
                for k in range(n, n + each_has):
                    word = np.int64(work.next_ids[block + k])
                    rows_of.prefetch_far(outputs + word * dim * BYTES, dim)
        rows_of.add_lanes(address(work.hidden_load), loads_at, block)
        for slot in range(block):
            own_errors[slot] *= kept[slot]
            length = twice * abs(own_errors[slot])
            effect = work.hidden_load[slot] * twice + length * work.load[slot]
            effect *= work.effect[slot]
            work.load[slot] = length * work.squares[slot]
            work.load_in[work.first[slot]] += effect
            work.load_in[work.last[slot]] -= effect
            work.own_load[slot] = effect

        for group in range(groups):
            slot, n = group * size, group * each_has
            end = slot + size
            own_rows = rows + n * row_bytes
            while slot + TILE <= end:
                groups_of.change_hidden_tile(
                    d_hidden + slot * row_bytes, wide, scores + slot * across * BYTES, across,
                    own_rows, each_has, places_at + slot * _POINTER, own_at + slot * BYTES,
                    begins_at + slot * _POINTER, ends_at + slot * _POINTER, dim,
                )  # fmt: skip
                slot += TILE
            while slot < end:
                groups_of.change_hidden_one(
                    d_hidden + slot * row_bytes, wide, scores + slot * across * BYTES, across,
                    own_rows, each_has, places_at + slot * _POINTER, own_at + slot * BYTES,
                    begins_at + slot * _POINTER, ends_at + slot * _POINTER, dim,
                )  # fmt: skip
                slot += 1

        terms = load = ZERO
        for j in range(span):
            terms += work.terms_in[j]
            load += work.load_in[j]
            work.terms_in[j] = terms
            work.load_in[j] = load
        for slot in range(block):
            t = work.turns[slot]
            work.terms_in[window + t] -= work.own_terms[slot]
            work.load_in[window + t] -= work.own_load[slot]
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
        if low < high:
            windows_of.land(
                contexts_at + low * _POINTER, address(factors) + low * BYTES, high - low,
                edges + low * row_bytes, wide, centres_at + low * _POINTER, dim,
            )  # fmt: skip
            rows_of.copy_padded(edges + high * row_bytes, zeros, wide)
        most = total * own_terms
        more = with_load(work.terms, work.load, count, work)
        capped(
            factors, work.ids, count, work.terms, most, more, error, step,
            rate.beside_out, np.float32(rate.most_beside_out), work.others,
        )  # fmt: skip
        for slot in range(block):
            factor = own_errors[slot] * factors[slot]
            rows_of.add(work.places[slot], hidden + slot * row_bytes, dim, factor)
        factors_at = address(factors) + block * BYTES
        for group in range(groups):
            first, n = group * size, group * each_has
            left, end = scores + first * across * BYTES, n + each_has
            vectors, k = hidden + first * row_bytes, n
            while k + TILE <= end:
                groups_of.change_rows_tile(
                    places_at + (block + k) * _POINTER, factors_at + k * BYTES,
                    left + (k - n) * BYTES, across, vectors, wide, size, dim,
                )  # fmt: skip
                k += TILE
            while k < end:
                groups_of.change_rows_one(
                    places_at + (block + k) * _POINTER, factors_at + k * BYTES,
                    left + (k - n) * BYTES, across, vectors, wide, size, dim,
                )  # fmt: skip
                k += 1
    return loss, measured
