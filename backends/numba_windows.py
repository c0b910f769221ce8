"""Windows of CBOW by running sums: what a window holds is a difference of two of them.

A window is a stretch of the halo without its centre, so its sum is the running sum where it ends,
less that where it begins, less the centre. The other way, what a window's words change by is added
where it begins and taken off where it ends, and a running sum gives each word what all windows
around it say. Both cost a few rows a centre, however wide windows are, and no loop has a length
that a processor must guess. Rounding grows with the running sums: about 1e-6 of a word's vector in
halos of a hundred words, 1e-4 in those of thousands.
"""

from __future__ import annotations

import functools
from typing import Any

from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

_ABREAST, _CHAINS = {32: (8, 4), 16: (4, 2), 8: (2, 1)}[ll.REGISTERS]
"""Vectors of running sums that registers hold, and of products that are summed side by side."""


@ll.emitted("iiiii")
def running_sums(
    b: Any, out: Value, stride: Value, addresses: Value, count: Value, floats: Value
) -> None:
    """Padded row j of `out` = the sum of the first j + 1 rows of a list."""

    def body(group: ll.Group) -> None:
        sums = ll.variables_of(b, group)
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            to = ll.at(b, out, b.mul(loop.index, stride))
            for variable, (at, mask) in zip(sums, group, strict=True):
                now = b.fadd(b.load(variable), ll.load(b, b.gep(row, [at]), mask))
                b.store(now, variable)
                ll.store(b, now, b.gep(to, [at]), mask)

    ll.over_halves(b, floats, _ABREAST, body)


@ll.emitted("iiiiiiiiiiiif")
def window(
    b: Any,
    hidden: Value,
    dots: Value,
    squares: Value,
    own_squares: Value,
    first: Value,
    last: Value,
    centre: Value,
    own: Value,
    before: Value,
    entering: Value,
    after: Value,
    floats: Value,
    factor: Value,
) -> None:
    """hidden = factor (last - first - centre), two running sums and a row of a table.

    And, as lanes to be added up, its product with an output row, and the squared length of both.
    Before that the next running sum: after = before + entering.
    """
    sums = [ll.variables(b, 3) for _ in range(_CHAINS)]  # so that none waits long for itself
    halves = ll.variables(b, 3, ll.vector_of(ll.FIRST_HALF))
    factors = ll.spread(b, factor)

    def body(group: ll.Group) -> None:
        for (at, mask), products in zip(group, sums, strict=False):
            row = ll.load(b, ll.at(b, entering, at), mask)
            sum_before = ll.load(b, ll.at(b, before, at), mask)
            ll.store(b, b.fadd(sum_before, row), ll.at(b, after, at), mask)
            whole = b.fsub(*(ll.load(b, ll.at(b, edge, at), mask) for edge in (last, first)))
            vector = b.fsub(whole, ll.load(b, ll.at(b, centre, at), mask))
            vector = b.fmul(vector, ll.fitting(b, factors, mask))
            row = ll.load(b, ll.at(b, own, at), mask)
            ll.store(b, vector, ll.at(b, hidden, at), mask)
            pairs = ((vector, row), (vector, vector), (row, row))
            into = halves if mask is ll.FIRST_HALF else products
            for variable, pair in zip(into, pairs, strict=True):
                ll.add_product(b, variable, *pair)

    ll.over_halves(b, floats, _CHAINS, body)
    if ll.HALF_LANES:
        for variable, half in zip(sums[0], halves, strict=True):
            b.store(b.fadd(b.load(variable), ll.widened(b, b.load(half))), variable)
    for parts, out in zip(zip(*sums, strict=True), (dots, squares, own_squares), strict=True):
        total = functools.reduce(b.fadd, [b.load(part) for part in parts])
        ll.store(b, total, ll.at(b, out))


@ll.emitted("iiiiiii")
def land(
    b: Any,
    addresses: Value,
    factors: Value,
    count: Value,
    edges: Value,
    stride: Value,
    centres: Value,
    floats: Value,
) -> None:
    """Each row of a list += its factor times (the running sum of `edges` - its row of `centres`).

    `edges` are padded rows, `centres` a list of such; the edges are zero afterwards.
    """

    def body(group: ll.Group) -> None:
        sums = ll.variables_of(b, group)
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            centre = ll.at(b, ll.row(b, centres, loop.index))
            edge = ll.at(b, edges, b.mul(loop.index, stride))
            factor = ll.spread(b, b.load(ll.at(b, factors, loop.index)))
            for variable, (at, mask) in zip(sums, group, strict=True):
                place = b.gep(edge, [at])
                now = b.fadd(b.load(variable), ll.load(b, place, mask))
                b.store(now, variable)
                ll.store(b, ll.fitting(b, ll.constant(0.0), mask), place, mask)
                change = b.fsub(now, ll.load(b, b.gep(centre, [at]), mask))
                target, own = b.gep(row, [at]), ll.fitting(b, factor, mask)
                ll.store(b, ll.fma(b, own, change, ll.load(b, target, mask)), target, mask)

    ll.over_halves(b, floats, _ABREAST, body)
