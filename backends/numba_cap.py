"""The row-step cap: what the changes of a block's rows are scaled by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, address, helper
from w2v.backends.numba_llvm import LANES, Value
from w2v.backends.numba_products import dots_paired

_LEAST = np.float32(1e-30)  # instead of a learning rate or terms of nothing


@ll.emitted("iiiiif")
def _cap_factors(
    b: Any, out: Value, ids: Value, terms: Value, others: Value, count: Value, rate: Value
) -> None:
    """out[i] = min(1, 1 / (rate (others[i] + the terms of all rows with the id of row i))).

    Ids are int32, and like terms and others there up to a whole vector. Every id is compared with
    every other, a vector at a time: for the rows of a block that is quicker than a table of sums.
    """
    rates = ll.spread(b, rate)
    numbers = b.inttoptr(ids, ll.INT.as_pointer())
    (total,) = ll.variables(b, 1)
    with ll.vectors(b, count) as at:
        own = b.load(b.bitcast(b.gep(numbers, [at]), ll.INDICES.as_pointer()))
        own.align = 4
        b.store(ll.constant(0.0), total)
        with cgutils.for_range(b, count) as other:
            same = b.icmp_signed("==", own, ll.spread(b, b.load(b.gep(numbers, [other.index]))))
            term = ll.spread(b, b.load(ll.at(b, terms, other.index)))
            b.store(b.fadd(b.load(total), b.select(same, term, ll.constant(0.0))), total)
        beside = ll.load(b, ll.at(b, others, at))
        steps = b.fmul(b.fadd(b.load(total), beside), rates)
        steps = b.select(b.fcmp_ordered(">", steps, ll.constant(1.0)), steps, ll.constant(1.0))
        ll.store(b, b.fdiv(ll.constant(1.0), steps), ll.at(b, out, at))


@ll.emitted("iiiiiif")
def _loads(
    b: Any,
    load: Value,
    row_load: Value,
    errors: Value,
    squares: Value,
    count: Value,
    lanes: Value,
    factor: Value,
) -> None:
    """Of hidden vectors and of rows: factor times their errors' sizes times squared lengths.

    load[t] = factor sum_n |errors[n, t]| row_squares[n], which stand in `row_load`
    row_load[n] = factor sum_t |errors[n, t]| squares[t]
    """
    factors = ll.spread(b, factor)
    with ll.vectors(b, lanes) as t:
        ll.store(b, ll.constant(0.0), ll.at(b, load, t))
    sums = ll.variables(b, ll.LANES)
    with ll.vectors(b, count) as first:
        lengths = ll.load(b, ll.at(b, row_load, first))
        inside = ll.inside(b, count, first)
        lengths = b.fmul(factors, b.select(inside, lengths, ll.constant(0.0)))
        for variable in sums:
            b.store(ll.constant(0.0), variable)
        with ll.vectors(b, lanes) as t:
            own = ll.load(b, ll.at(b, squares, t))
            so_far = ll.load(b, ll.at(b, load, t))
            for i, variable in enumerate(sums):
                row = b.mul(b.add(first, ll.count(i)), lanes)
                size = ll.size(b, ll.load(b, ll.at(b, errors, row, t)))
                ll.add_product(b, variable, size, own)
                so_far = ll.fma(b, size, ll.shuffled(b, lengths, lengths, [i] * ll.LANES), so_far)
            ll.store(b, so_far, ll.at(b, load, t))
        found = ll.lane_sums(b, [b.load(variable) for variable in sums])
        ll.store(b, b.fmul(found, factors), ll.at(b, row_load, first))


@helper
def squared_lengths(out: Any, rows: Any, count: Any, wide: Any) -> None:
    """Of padded rows, up to a whole vector."""
    for i in range(0, count, LANES):
        some = rows + i * wide * BYTES
        dots_paired(out + i * BYTES, some, some, wide, wide)


@helper
def loads(
    row_load: Any,
    errors: Any,
    factor: Any,
    hidden: Any,
    rows: Any,
    count: Any,
    lanes: Any,
    wide: Any,
    work: Any,
) -> None:
    """Loads of rows and, in `work.hidden_load`, of hidden vectors; see `w2v.layers.RowUpdater`."""
    squares = address(work.squares)
    squared_lengths(squares, hidden, lanes, wide)
    squared_lengths(row_load, rows, count, wide)
    _loads(address(work.hidden_load), row_load, errors, squares, count, lanes, factor)


@helper
def load_factor(alpha: Any) -> Any:
    """Of errors that are alpha times too large, in a load."""
    return np.float32(2) / max(alpha, _LEAST)


@helper
def loaded(terms: Any, load: Any, count: Any) -> Any:
    """Terms become their load where that is more; how much more in all."""
    more = ZERO
    for i in range(count):
        if load[i] > terms[i]:
            more += load[i] - terms[i]
            terms[i] = load[i]
    return more


@helper
def capped(
    ids: Any, count: Any, terms: Any, total: Any, more: Any, rate: Any, beside: Any, work: Any
) -> Any:
    """Factors of rows by the row-step cap; `rate` is alpha / cap.

    `total` are all their terms, and so much more is their load, which the terms hold.
    """
    most = ZERO
    for i in range(count):
        work.others[i] = ZERO
    if len(beside):
        heavier = ONE + more / max(total, _LEAST)
        for i in range(count):
            work.others[i] = beside[ids[i]] * heavier
            if terms[i] > ZERO:
                most = max(most, work.others[i])
    total += more
    if (total + most) * rate <= ONE:
        return work.ones
    _cap_factors(
        address(work.factors), address(ids), address(terms), address(work.others), count, rate
    )
    return work.factors
