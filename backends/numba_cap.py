"""The row-step cap: what the changes of a block's rows are scaled by."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_compiling import ONE, ZERO, address, helper
from w2v.backends.numba_llvm import Value


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


@helper
def capped(ids: Any, count: Any, terms: Any, total: Any, rate: Any, beside: Any, work: Any) -> Any:
    """Factors of rows by the row-step cap; `total` is all their terms, `rate` is alpha / cap."""
    most = ZERO
    for i in range(count):
        work.others[i] = ZERO
    if len(beside):
        for i in range(count):
            work.others[i] = beside[ids[i]]
            if terms[i] > ZERO:
                most = max(most, work.others[i])
    if (total + most) * rate <= ONE:
        return work.ones
    _cap_factors(
        address(work.factors), address(ids), address(terms), address(work.others), count, rate
    )
    return work.factors
