"""Whole rows of tables: read, added, summed, and asked for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

_CACHE_LINE = 16  # floats
_LINES = 8  # asked for without a loop


@ll.emitted("iii")
def copy_padded(b: Any, target: Value, source: Value, floats: Value) -> None:
    """A row to a place of whole vectors, with zeros behind it."""

    def body(at: Value, mask: Value | None) -> None:
        ll.store(b, ll.load(b, ll.at(b, source, at), mask), ll.at(b, target, at))

    ll.over_lanes(b, floats, body)


@ll.emitted("iiii")
def copy_squared(b: Any, target: Value, source: Value, floats: Value, squares: Value) -> None:
    """`copy_padded`, and a vector whose lanes add up to the row's squared length."""
    (so_far,) = ll.variables(b, 1)

    def body(at: Value, mask: Value | None) -> None:
        row = ll.load(b, ll.at(b, source, at), mask)
        ll.store(b, row, ll.at(b, target, at))
        ll.add_product(b, so_far, row, row)

    ll.over_lanes(b, floats, body)
    ll.store(b, b.load(so_far), ll.at(b, squares))


@ll.emitted("iii")
def add_lanes(b: Any, out: Value, vectors: Value, count: Value) -> None:
    """The sum of each of so many vectors, up to a whole vector of them."""
    with ll.vectors(b, count) as first:
        places = [b.mul(b.add(first, ll.count(i)), ll.count(ll.LANES)) for i in range(ll.LANES)]
        rows = [ll.load(b, ll.at(b, vectors, place)) for place in places]
        ll.store(b, ll.lane_sums(b, rows), ll.at(b, out, first))


@ll.emitted("iiif")
def add(b: Any, target: Value, source: Value, floats: Value, factor: Value) -> None:
    """target += factor source"""
    factors = ll.spread(b, factor)

    def body(at: Value, mask: Value | None) -> None:
        to = ll.at(b, target, at)
        ll.store(
            b, ll.fma(b, factors, ll.load(b, ll.at(b, source, at)), ll.load(b, to, mask)), to, mask
        )

    ll.over_lanes(b, floats, body)


@ll.emitted("iiii")
def publish(b: Any, shared: Value, own: Value, seen: Value, floats: Value) -> None:
    """shared += own - seen, then own = seen = shared: changes go out, those of others come in."""

    def body(at: Value, mask: Value | None) -> None:
        places = [ll.at(b, address, at) for address in (shared, own, seen)]
        theirs, mine, old = (ll.load(b, place, mask) for place in places)
        now = b.fadd(theirs, b.fsub(mine, old))
        for place in places:
            ll.store(b, now, place, mask)

    ll.over_lanes(b, floats, body)


@ll.emitted("ii")
def prefetch(b: Any, row: Value, floats: Value) -> None:
    """Ask for a row, to be read soon, in the second cache: the rows of a block fill the first."""
    byte = ir.IntType(8).as_pointer()
    hints = [ir.Constant(ll.INT, hint) for hint in (0, 2, 1)]  # to read, second cache, data
    lines = b.udiv(b.add(floats, ll.count(_CACHE_LINE - 1)), ll.count(_CACHE_LINE))

    def ask(first: Value, number: int) -> None:
        for line in range(number):
            place = ll.at(b, row, b.mul(b.add(first, ll.count(line)), ll.count(_CACHE_LINE)))
            pointer = b.bitcast(place, byte)
            ll.call(
                b,
                "llvm.prefetch.p0",
                ir.VoidType(),
                [byte, ll.INT, ll.INT, ll.INT],
                pointer,
                *hints,
            )

    some = b.udiv(lines, ll.count(_LINES))
    with cgutils.for_range(b, some) as loop:
        ask(b.mul(loop.index, ll.count(_LINES)), _LINES)
    done = b.mul(some, ll.count(_LINES))
    for left in range(1, _LINES):
        with b.if_then(b.icmp_signed("==", b.sub(lines, done), ll.count(left))):
            ask(done, left)


@ll.emitted("iiiif")
def sum_rows(
    b: Any, out: Value, addresses: Value, count: Value, floats: Value, factor: Value
) -> None:
    """out = factor times the sum of the rows of a list; the padding is left as it is."""

    def body(group: ll.Group) -> None:
        sums = ll.variables(b, len(group))
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            for variable, (at, mask) in zip(sums, group, strict=True):
                b.store(b.fadd(b.load(variable), ll.load(b, b.gep(row, [at]), mask)), variable)
        for variable, (at, mask) in zip(sums, group, strict=True):
            ll.store(b, b.fmul(b.load(variable), ll.spread(b, factor)), ll.at(b, out, at), mask)

    ll.over_groups(b, floats, 4, body)


@ll.emitted("iiiii")
def add_to_rows(
    b: Any, addresses: Value, factors: Value, count: Value, source: Value, floats: Value
) -> None:
    """Each row of a list += its factor times one padded vector."""

    def body(group: ll.Group) -> None:
        lanes = [ll.load(b, ll.at(b, source, at)) for at, _ in group]
        with cgutils.for_range(b, count) as loop:
            row = ll.at(b, ll.row(b, addresses, loop.index))
            factor = ll.spread(b, b.load(ll.at(b, factors, loop.index)))
            for lane, (at, mask) in zip(lanes, group, strict=True):
                place = b.gep(row, [at])
                ll.store(b, ll.fma(b, lane, factor, ll.load(b, place, mask)), place, mask)

    ll.over_groups(b, floats, 4, body)
