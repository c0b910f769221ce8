"""The row-step cap: what the changes of a block's rows are scaled by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_compiling import ONE, ZERO, address, helper
from w2v.backends.numba_llvm import LANES, Value

_LEAST = np.float32(1e-30)  # instead of a learning rate or terms of nothing

ABREAST = 4
"""Vectors of rows whose terms are added up side by side."""


def _cap_factors_of(abreast: int) -> Any:
    @ll.emitted("iiiiif")
    def cap_factors(
        b: Any, out: Value, ids: Value, terms: Value, others: Value, count: Value, rate: Value
    ) -> None:
        """out[i] = min(1, 1 / (rate (others[i] + the terms of all rows with the id of row i))).

        Ids are int32, and like terms and others there up to `ABREAST` whole vectors. Every id is
        compared with every other, some vectors at a time, so that their sums need not wait for each
        other: for the rows of a block that is quicker than a table of sums.
        """
        rates = ll.spread(b, rate)
        numbers = b.inttoptr(ids, ll.INT.as_pointer())
        totals = ll.variables(b, abreast)
        size = ll.count(abreast * LANES)
        groups = b.udiv(b.add(count, b.sub(size, ll.count(1))), size)
        with cgutils.for_range(b, groups) as group:
            first = b.mul(group.index, size)
            places = [b.add(first, ll.count(i * LANES)) for i in range(abreast)]
            own = [
                b.load(b.bitcast(b.gep(numbers, [at]), ll.INDICES.as_pointer())) for at in places
            ]
            for id_, total in zip(own, totals, strict=True):
                id_.align = 4
                b.store(ll.constant(0.0), total)
            with cgutils.for_range(b, count) as other:
                number = ll.spread(b, b.load(b.gep(numbers, [other.index])))
                term = ll.spread(b, b.load(ll.at(b, terms, other.index)))
                for id_, total in zip(own, totals, strict=True):
                    same = b.select(b.icmp_signed("==", id_, number), term, ll.constant(0.0))
                    b.store(b.fadd(b.load(total), same), total)
            for at, total in zip(places, totals, strict=True):
                beside = ll.load(b, ll.at(b, others, at))
                steps = b.fmul(b.fadd(b.load(total), beside), rates)
                steps = b.select(
                    b.fcmp_ordered(">", steps, ll.constant(1.0)), steps, ll.constant(1.0)
                )
                ll.store(b, b.fdiv(ll.constant(1.0), steps), ll.at(b, out, at))

    return cap_factors


_cap_factors, _cap_factors_of_few = _cap_factors_of(ABREAST), _cap_factors_of(2)


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
    sums = ll.variables(b, LANES)
    with ll.vectors(b, count) as first:
        lengths = ll.load(b, ll.at(b, row_load, first))
        inside = ll.inside(b, count, first)
        lengths = b.fmul(factors, b.select(inside, lengths, ll.constant(0.0)))
        for variable in sums:
            b.store(ll.constant(0.0), variable)
        with ll.vectors(b, lanes) as t:
            own = ll.load(b, ll.at(b, squares, t))
            parts = [ll.load(b, ll.at(b, load, t)), *[ll.constant(0.0)] * 3]
            for i, variable in enumerate(sums):
                row = b.mul(b.add(first, ll.count(i)), lanes)
                size = ll.size(b, ll.load(b, ll.at(b, errors, row, t)))
                ll.add_product(b, variable, size, own)
                length = ll.shuffled(b, lengths, lengths, [i] * LANES)
                parts[i % 4] = ll.fma(b, size, length, parts[i % 4])  # no sum waits for all others
            total = b.fadd(b.fadd(parts[0], parts[1]), b.fadd(parts[2], parts[3]))
            ll.store(b, total, ll.at(b, load, t))
        found = ll.lane_sums(b, [b.load(variable) for variable in sums])
        ll.store(b, b.fmul(found, factors), ll.at(b, row_load, first))


@ll.emitted("iiii")
def _count_load(b: Any, terms: Value, load: Value, count: Value, more: Value) -> None:
    """Terms become their load where that is more; how much more in all, as lanes to be added up."""
    (so_far,) = ll.variables(b, 1)
    with ll.vectors(b, count) as at:
        place, own = ll.at(b, terms, at), ll.load(b, ll.at(b, terms, at))
        less = b.fsub(ll.load(b, ll.at(b, load, at)), own)
        counts = b.and_(b.fcmp_ordered(">", less, ll.constant(0.0)), ll.inside(b, count, at))
        less = b.select(counts, less, ll.constant(0.0))
        ll.store(b, b.fadd(own, less), place)
        b.store(b.fadd(b.load(so_far), less), so_far)
    ll.store(b, b.load(so_far), ll.at(b, more))


@ll.emitted("iii")
def _sizes(b: Any, out: Value, numbers: Value, count: Value) -> None:
    """The sum of so many numbers' sizes, as lanes to be added up; zeros up to whole vectors."""
    (so_far,) = ll.variables(b, 1)
    with ll.vectors(b, count) as at:
        size = ll.size(b, ll.load(b, ll.at(b, numbers, at)))
        b.store(b.fadd(b.load(so_far), size), so_far)
    ll.store(b, b.load(so_far), ll.at(b, out))


@helper
def loads(
    row_load: Any,
    rows: Any,
    count: Any,
    errors: Any,
    lanes: Any,
    factor: Any,
    work: Any,
) -> None:
    """Loads of rows and, in `work.hidden_load`, of hidden vectors; see `w2v.layers.RowUpdater`.

    `rows` are vectors of lanes that add up to squared lengths; those of the hidden vectors are in
    `work.squares`.
    """
    rows_of.add_lanes(row_load, rows, count)
    _loads(address(work.hidden_load), row_load, errors, address(work.squares), count, lanes, factor)


@helper
def load_factor(alpha: Any) -> Any:
    """Of errors that are alpha times too large, in a load."""
    return np.float32(2) / max(alpha, _LEAST)


@helper
def with_load(terms: Any, load: Any, count: Any, work: Any) -> Any:
    """Terms become their load where that is more; returns how much more in all."""
    _count_load(address(terms), address(load), count, address(work.more))
    return _added_up(work.more)


@helper
def sizes(numbers: Any, count: Any, work: Any) -> Any:
    """The sum of the sizes of so many numbers at an address, zeros up to whole vectors."""
    _sizes(address(work.more), numbers, count)
    return _added_up(work.more)


@helper
def _added_up(lanes: Any) -> Any:
    total = ZERO
    for lane in range(LANES):
        total += lanes[lane]
    return total


@helper
def capped(
    out: Any,
    ids: Any,
    count: Any,
    terms: Any,
    total: Any,
    more: Any,
    error: Any,
    rate: Any,
    beside: Any,
    most_beside: Any,
    others: Any,
) -> None:
    """Factors of rows by the row-step cap, in `out`; `rate` is alpha / cap.

    `total` are all their terms, and so much more is their load, which the terms hold; `error` is
    twice the mean size of the block's errors. The last of `beside` is that of all words from there
    on. The most that stands in it is told, so that it need not be read where all is little.
    `others` is room.
    """
    heavier = max(error + more / max(total, _LEAST), _LEAST)
    if (total + more + most_beside * heavier) * rate <= ONE:
        for i in range(count):
            out[i] = ONE
        return
    for i in range(count):
        others[i] = ZERO
    if len(beside):
        last = len(beside) - 1
        for i in range(count):
            others[i] = beside[min(np.int64(ids[i]), last)] * heavier
    if count <= 2 * LANES:
        _cap_factors_of_few(
            address(out), address(ids), address(terms), address(others), count, rate
        )
    else:
        _cap_factors(address(out), address(ids), address(terms), address(others), count, rate)
