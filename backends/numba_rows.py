"""Whole rows of tables: read, added, summed, and asked for."""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

_CACHE_LINE = 16  # floats
_BYTES = 4  # of a float
IDS = 8
"""Ids that are read at once."""
_SIDE_BY_SIDE = 4  # vectors of a row: no sum waits long for itself, and no loop for its count
_NEAR, _FAR, _RARE, _READ = (1, 3, 1), (1, 2, 1), (0, 2, 1), (0, 3, 1)
"""What is said with a row asked for: if to write it, how near (3: the first cache), and data."""
_ABREAST = 8 if ll.REGISTERS >= 16 else 4  # vectors of sums


@ll.emitted("iii")
def copy_padded(b: Any, target: Value, source: Value, floats: Value) -> None:
    """A row to a place of whole vectors, with zeros behind it."""

    def body(at: Value, mask: Value | None) -> None:
        ll.store(b, ll.load(b, ll.at(b, source, at), mask), ll.at(b, target, at))

    ll.over_lanes(b, floats, body)


@ll.emitted("iiii")
def copy_squared(b: Any, target: Value, source: Value, floats: Value, squares: Value) -> None:
    """`copy_padded`, and a vector whose lanes add up to the row's squared length."""
    sums = ll.variables(b, _SIDE_BY_SIDE)  # so that none waits long for itself

    def body(group: ll.Group) -> None:
        for (at, mask), so_far in zip(group, sums, strict=False):
            row = ll.load(b, ll.at(b, source, at), mask)
            ll.store(b, row, ll.at(b, target, at))
            ll.add_product(b, so_far, row, row)

    ll.over_groups(b, floats, _SIDE_BY_SIDE, body)
    total = functools.reduce(b.fadd, [b.load(so_far) for so_far in sums])
    ll.store(b, total, ll.at(b, squares))


@ll.emitted("iiii")
def square(b: Any, addresses: Value, count: Value, floats: Value, squares: Value) -> None:
    """Of rows of a list, vectors whose lanes add up to squared lengths."""
    with cgutils.for_range(b, count) as loop:
        source = ll.at(b, ll.row(b, addresses, loop.index))
        sums = ll.variables(b, _SIDE_BY_SIDE)

        def body(group: ll.Group) -> None:
            for (at, mask), so_far in zip(group, sums, strict=False):
                row = ll.load(b, b.gep(source, [at]), mask)
                ll.add_product(b, so_far, row, row)

        ll.over_groups(b, floats, _SIDE_BY_SIDE, body)
        total = functools.reduce(b.fadd, [b.load(so_far) for so_far in sums])
        ll.store(b, total, ll.at(b, squares, b.mul(loop.index, ll.count(ll.LANES))))


@ll.emitted("ii")
def clear(b: Any, row: Value, floats: Value) -> None:
    """A row of zeros, up to a whole vector."""
    with ll.vectors(b, floats) as at:
        ll.store(b, ll.constant(0.0), ll.at(b, row, at))


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

    def body(group: ll.Group) -> None:
        for at, part in group:
            to, change = ll.at(b, target, at), ll.load(b, ll.at(b, source, at), part)
            own = ll.fitting(b, factors, part)
            ll.store(b, ll.fma(b, own, change, ll.load(b, to, part)), to, part)

    ll.over_halves(b, floats, _SIDE_BY_SIDE, body)


@ll.emitted("iiiif")
def publish(b: Any, shared: Value, own: Value, seen: Value, floats: Value, scale: Value) -> None:
    """shared += scale (own - seen), then own = seen = shared: changes go out, others' come in."""
    factor = ll.spread(b, scale)

    def body(at: Value, mask: Value | None) -> None:
        places = [ll.at(b, address, at) for address in (shared, own, seen)]
        theirs, mine, old = (ll.load(b, place, mask) for place in places)
        now = ll.fma(b, factor, b.fsub(mine, old), theirs)
        for place in places:
            ll.store(b, now, place, mask)

    ll.over_lanes(b, floats, body)


@ll.emitted("iiiii")
def list_rows(b: Any, out: Value, ids: Value, count: Value, table: Value, stride: Value) -> None:
    """Addresses of the rows of int32 ids; both lists are read and written to a multiple of IDS."""
    ids = b.inttoptr(ids, ll.INT.as_pointer())
    out = b.inttoptr(out, ll.LONG.as_pointer())
    wide = ir.VectorType(ll.LONG, IDS)
    first, step = (in_all(b, value) for value in (table, b.mul(stride, ll.count(_BYTES))))
    groups = b.udiv(b.add(count, ll.count(IDS - 1)), ll.count(IDS))
    with cgutils.for_range(b, groups) as loop:
        at = b.mul(loop.index, ll.count(IDS))
        numbers = b.load(b.bitcast(b.gep(ids, [at]), ir.VectorType(ll.INT, IDS).as_pointer()))
        numbers.align = 4
        places = b.add(b.mul(b.sext(numbers, wide), step), first)
        b.store(places, b.bitcast(b.gep(out, [at]), wide.as_pointer())).align = 8


def in_all(b: Any, value: Value) -> Value:
    """A number in each of IDS lanes."""
    kind = ir.VectorType(value.type, IDS)
    first = b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ll.INT, 0))
    return b.shuffle_vector(first, first, ir.Constant(ir.VectorType(ll.INT, IDS), [0] * IDS))


@ll.emitted("iiiii")
def list_row(b: Any, out: Value, at: Value, ids: Value, table: Value, stride: Value) -> None:
    """The same of the id at one place."""
    number = b.sext(b.load(b.gep(b.inttoptr(ids, ll.INT.as_pointer()), [at])), ll.LONG)
    place = b.add(table, b.mul(number, b.mul(stride, ll.count(_BYTES))))
    b.store(place, b.gep(b.inttoptr(out, ll.LONG.as_pointer()), [at]))


@ll.emitted("iii")
def label_turns(b: Any, out: Value, codes: Value, count: Value) -> None:
    """1 - code, of uint8 codes, which are read up to a whole vector."""
    codes = b.inttoptr(codes, ir.IntType(8).as_pointer())
    with ll.vectors(b, count) as at:
        kind = ir.VectorType(ir.IntType(8), ll.LANES)
        turns = b.load(b.bitcast(b.gep(codes, [at]), kind.as_pointer()))
        turns.align = 1
        turns = b.sitofp(b.zext(turns, ll.INDICES), ll.VECTOR)
        ll.store(b, b.fsub(ll.constant(1.0), turns), ll.at(b, out, at))


@ll.emitted("iii")
def label_turn(b: Any, out: Value, at: Value, codes: Value) -> None:
    """The same of one code."""
    code = b.load(b.gep(b.inttoptr(codes, ir.IntType(8).as_pointer()), [at]))
    b.store(b.fsub(ir.Constant(ll.FLOAT, 1.0), b.uitofp(code, ll.FLOAT)), ll.at(b, out, at))


@ll.emitted("ii")
def prefetch(b: Any, row: Value, floats: Value) -> None:
    """Ask for a row, to be read and written soon."""
    _prefetch(b, row, floats, _NEAR)


@ll.emitted("ii")
def prefetch_far(b: Any, row: Value, floats: Value) -> None:
    """The same of one of more rows than the first cache holds: in the second is enough.

    What is to be written x86 knows to ask for in the first alone.
    """
    _prefetch(b, row, floats, _FAR)


@ll.emitted("ii")
def prefetch_rare(b: Any, row: Value, floats: Value) -> None:
    """Ask for a row that others hardly write: to be read, in the second cache.

    One that is to be written comes into the first, on x86, and drives out what is at work there.
    """
    _prefetch(b, row, floats, _RARE)


@ll.emitted("ii")
def prefetch_read(b: Any, place: Value, numbers: Value) -> None:
    """Ask for 4-byte numbers that are only read, so that other workers keep theirs."""
    _prefetch(b, place, numbers, _READ)


def _prefetch(b: Any, row: Value, floats: Value, hints: tuple[int, int, int]) -> None:
    byte = ir.IntType(8).as_pointer()
    lines = b.udiv(b.add(floats, ll.count(_CACHE_LINE - 1)), ll.count(_CACHE_LINE))
    with cgutils.for_range(b, lines) as loop:
        place = ll.at(b, row, b.mul(loop.index, ll.count(_CACHE_LINE)))
        values = [b.bitcast(place, byte), *(ir.Constant(ll.INT, hint) for hint in hints)]
        kinds = [byte, ll.INT, ll.INT, ll.INT]
        ll.call(b, "llvm.prefetch.p0", ir.VoidType(), kinds, *values)


LIST = 4
"""Where the rows of a list of those to be asked for begin."""


def ask(b: Any, ahead: Value) -> None:
    """Ask for some of the rows of a list: how many were, are there, go at once; floats; addresses.

    Spread over what is computed meanwhile: a processor waits if too many are under way.
    """
    numbers = b.inttoptr(ahead, ll.LONG.as_pointer())
    asked, there, some, floats = (b.load(b.gep(numbers, [ll.count(i)])) for i in range(LIST))
    last = b.add(asked, some)
    last = b.select(b.icmp_signed("<", last, there), last, there)
    with cgutils.for_range(b, last, asked) as loop:
        _prefetch(b, ll.row(b, ahead, b.add(loop.index, ll.count(LIST))), floats, _FAR)
    b.store(last, numbers)


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

    ll.over_groups(b, floats, _ABREAST, body)


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

    ll.over_groups(b, floats, _ABREAST, body)


def _capped(alone: bool) -> Any:
    @ll.emitted("iiiifff")
    def capped(
        b: Any,
        out: Value,
        addresses: Value,
        others: Value,
        count: Value,
        terms: Value,
        rate: Value,
        scale: Value,
    ) -> None:
        """Factors of the rows of a list by the row-step cap, times a scale; `rate` is alpha / cap.

        out[i] = scale min(1, 1 / (rate (others[i] + terms times how often row i stands there)))
        """
        kind = ir.VectorType(ll.FLOAT, IDS)
        zero, one = (ir.Constant(kind, [number] * IDS) for number in (0.0, 1.0))
        terms, rate, scale = (in_all(b, value) for value in (terms, rate, scale))
        groups = b.udiv(b.add(count, ll.count(IDS - 1)), ll.count(IDS))
        total = cgutils.alloca_once(b, kind)
        with cgutils.for_range(b, groups) as group:
            first = b.mul(group.index, ll.count(IDS))
            places = b.gep(b.inttoptr(addresses, ll.LONG.as_pointer()), [first])
            places = b.load(b.bitcast(places, ir.VectorType(ll.LONG, IDS).as_pointer()))
            places.align = 8
            beside = b.load(b.bitcast(ll.at(b, others, first), kind.as_pointer()))
            beside.align = 4
            b.store(b.fadd(beside, terms) if alone else beside, total)
            if not alone:
                with cgutils.for_range(b, count) as other:
                    place = in_all(b, ll.row(b, addresses, other.index))
                    same = b.select(b.icmp_signed("==", places, place), terms, zero)
                    b.store(b.fadd(b.load(total), same), total)
            steps = b.fmul(b.load(total), rate)
            steps = b.select(b.fcmp_ordered(">", steps, one), steps, one)
            target = b.bitcast(ll.at(b, out, first), kind.as_pointer())
            b.store(b.fdiv(scale, steps), target).align = 4

    return capped


capped, capped_alone = _capped(alone=False), _capped(alone=True)
"""The terms of a row that stands there several times add up, or each place is on its own."""
