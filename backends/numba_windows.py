"""Windows of CBOW by running sums: what a window holds is a difference of two of them.

A window is a stretch of the halo without its centre, so its sum is the running sum where it ends,
less that where it begins, less the centre. The other way, what a window's words change by is added
where it begins and taken off where it ends, and a running sum gives each word what all windows
around it say. Both cost a few rows a centre, however wide windows are, and no loop has a length that
a processor must guess. Rounding grows with the running sums: below 1e-5 of a word's vector in halos
of a hundred words, 1e-4 in those of thousands.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

_ABREAST = {32: 8, 16: 4, 8: 2}[ll.REGISTERS]
"""Vectors of running sums that registers hold."""


@ll.emitted("iiiii")
def running_sums(
    b: Any, out: Value, stride: Value, addresses: Value, count: Value, floats: Value
) -> None:
    """Padded row j of `out` = the sum of the first j + 1 rows of a list."""

    def body(group: ll.Group) -> None:
        sums = ll.variables(b, len(group))
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            to = ll.at(b, out, b.mul(loop.index, stride))
            for variable, (at, mask) in zip(sums, group, strict=True):
                now = b.fadd(b.load(variable), ll.load(b, b.gep(row, [at]), mask))
                b.store(now, variable)
                ll.store(b, now, b.gep(to, [at]))

    ll.over_groups(b, floats, _ABREAST, body)


@ll.emitted("iiiiiiiiif")
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
    floats: Value,
    factor: Value,
) -> None:
    """hidden = factor (last - first - centre), two running sums and a row of a table.

    And, as lanes to be added up, its product with an output row, and the squared length of both.
    """
    products = ll.variables(b, 3)
    factors = ll.spread(b, factor)

    def body(at: Value, mask: Value | None) -> None:
        whole = b.fsub(ll.load(b, ll.at(b, last, at)), ll.load(b, ll.at(b, first, at)))
        vector = b.fmul(b.fsub(whole, ll.load(b, ll.at(b, centre, at), mask)), factors)
        row = ll.load(b, ll.at(b, own, at), mask)
        ll.store(b, vector, ll.at(b, hidden, at))
        for variable, pair in zip(
            products, ((vector, row), (vector, vector), (row, row)), strict=True
        ):
            ll.add_product(b, variable, *pair)

    ll.over_lanes(b, floats, body)
    for variable, out in zip(products, (dots, squares, own_squares), strict=True):
        ll.store(b, b.load(variable), ll.at(b, out))


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
        sums = ll.variables(b, len(group))
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            centre = ll.at(b, ll.row(b, centres, loop.index))
            edge = ll.at(b, edges, b.mul(loop.index, stride))
            factor = ll.spread(b, b.load(ll.at(b, factors, loop.index)))
            for variable, (at, mask) in zip(sums, group, strict=True):
                place = b.gep(edge, [at])
                now = b.fadd(b.load(variable), ll.load(b, place))
                b.store(now, variable)
                ll.store(b, ll.constant(0.0), place)
                change = b.fsub(now, ll.load(b, b.gep(centre, [at])))
                target = b.gep(row, [at])
                ll.store(b, ll.fma(b, factor, change, ll.load(b, target, mask)), target, mask)

    ll.over_groups(b, floats, _ABREAST, body)
