"""Products of rows with rows, in registers.

A kernel is won or lost in the products of a few dozen rows: here they hold as many sums as fit the
registers and load each number once, which reaches nine tenths of what the arithmetic units can do,
where compiled plain loops reach a fifth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value
from w2v.backends.numba_rows import ask

ROWS, WIDE = {32: (8, 2), 16: (6, 2), 8: (4, 1)}[ll.REGISTERS]
"""Rows, and vectors of lanes, of a product that are summed at once; none may have fewer rows."""
TILE, ABREAST = {32: (4, 4), 16: (4, 2), 8: (4, 1)}[ll.REGISTERS]
"""Rows whose changes are summed at once, and vectors of each."""
TOGETHER = 4
"""Hidden vectors that meet the same rows, at most."""


@ll.emitted("iiii")
def transpose(b: Any, target: Value, target_stride: Value, source: Value, stride: Value) -> None:
    """A square of ll.LANES rows and columns, in registers."""
    rows = [ll.load(b, ll.at(b, source, b.mul(ll.count(i), stride))) for i in range(ll.LANES)]
    step = 1
    while step < ll.LANES:  # swap the off-diagonal squares of size `step`
        upper = [ll.LANES + (i ^ step) if i & step else i for i in range(ll.LANES)]
        lower = [ll.LANES + i if i & step else i ^ step for i in range(ll.LANES)]
        swapped = list(rows)
        for i in (i for i in range(ll.LANES) if not i & step):
            pair = rows[i], rows[i | step]
            swapped[i] = ll.shuffled(b, *pair, upper)
            swapped[i | step] = ll.shuffled(b, *pair, lower)
        rows = swapped
        step *= 2
    for i in range(ll.LANES):
        ll.store(b, rows[i], ll.at(b, target, b.mul(ll.count(i), target_stride)))


def _multiply(most: int, vectors: int, kind: Any = ll.VECTOR) -> Any:
    @ll.emitted("iiiiiiii")
    def multiply(
        b: Any,
        out: Value,
        out_stride: Value,
        rows: Value,
        left: Value,
        right: Value,
        right_stride: Value,
        inner: Value,
        ahead: Value,
    ) -> None:
        """out[i, lanes] = sum over k of left[i][k] right[k, lanes]; at least `most` rows.

        `left` is a list of rows. `most` at a time, or two fewer so that hardly a row is summed
        twice. With each strip some rows of the list `ahead` are asked for.
        """

        def some(first: Value, size: int) -> None:
            ask(b, ahead)
            numbers = [b.add(first, ll.count(i)) for i in range(size)]
            starts = [ll.at(b, ll.row(b, left, number)) for number in numbers]
            sums = [ll.variables(b, vectors, kind) for _ in numbers]
            with cgutils.for_range(b, inner) as k:
                row = ll.at(b, right, b.mul(k.index, right_stride))
                places = [b.gep(row, [ll.count(v * kind.count)]) for v in range(vectors)]
                lanes = [ll.load(b, place, kind=kind) for place in places]
                for start, own in zip(starts, sums, strict=True):
                    factor = ll.spread(b, b.load(b.gep(start, [k.index])), kind.count)
                    for variable, lane in zip(own, lanes, strict=True):
                        ll.add_product(b, variable, factor, lane)
            for number, own in zip(numbers, sums, strict=True):
                row = ll.at(b, out, b.mul(number, out_stride))
                for v, variable in enumerate(own):
                    ll.store(b, b.load(variable), b.gep(row, [ll.count(v * kind.count)]))

        blocks = b.sdiv(b.add(rows, ll.count(most - 1)), ll.count(most))
        twice = b.sub(b.mul(blocks, ll.count(most)), rows)
        smaller = _least(b, b.sdiv(twice, ll.count(2)), blocks)
        larger = b.sub(blocks, smaller)
        with cgutils.for_range(b, larger) as block:
            first = b.mul(block.index, ll.count(most))
            some(_least(b, first, b.sub(rows, ll.count(most))), most)
        done = b.mul(larger, ll.count(most))
        with cgutils.for_range(b, smaller) as block:
            first = b.add(done, b.mul(block.index, ll.count(most - 2)))
            some(_least(b, first, b.sub(rows, ll.count(most - 2))), most - 2)

    return multiply


def _least(b: Any, x: Value, y: Value) -> Value:
    return b.select(b.icmp_signed("<", x, y), x, y)


multiply_one, multiply_wide = _multiply(ROWS, 1), _multiply(ROWS, WIDE)
"""Products that are one or WIDE vectors wide."""
HALF_ROWS = 10
multiply_half = _multiply(HALF_ROWS, 1, ll.HALF)
"""Half a vector wide, where that is half the work: with AVX-512."""


def _change(rows: int) -> Any:
    @ll.emitted("iiiiiiiiiiii")
    def change(
        b: Any,
        addresses: Value,
        factors: Value,
        left: Value,
        left_row: Value,
        left_column: Value,
        right: Value,
        begin: Value,
        end: Value,
        more: Value,
        last: Value,
        floats: Value,
        ahead: Value,
    ) -> None:
        """Rows of a list += each its factor times a sum over k of left[i, k] right[k].

        `right` is a list of rows, too. For k from begin to end and from more to last.
        Some rows of the list `ahead` are asked for.
        """
        numbers = [ll.count(i) for i in range(rows)]
        targets = [ll.at(b, ll.row(b, addresses, i)) for i in numbers]
        own = [ll.spread(b, b.load(ll.at(b, factors, i))) for i in numbers]
        starts = [ll.at(b, left, b.mul(i, left_row)) for i in numbers]

        def body(group: ll.Group) -> None:
            ask(b, ahead)
            sums = [ll.variables_of(b, group) for _ in numbers]
            with cgutils.for_range(b, ll.count(2)) as part:
                first = b.icmp_signed("==", part.index, ll.count(0))
                start, stop = b.select(first, begin, more), b.select(first, end, last)
                with cgutils.for_range(b, stop, start) as k:
                    row = ll.at(b, ll.row(b, right, k.index))
                    lanes = [ll.load(b, b.gep(row, [at]), kind) for at, kind in group]
                    column = b.mul(k.index, left_column)
                    for mine, place in zip(sums, starts, strict=True):
                        factor = ll.spread(b, b.load(b.gep(place, [column])))
                        for variable, lane, (_, kind) in zip(mine, lanes, group, strict=True):
                            ll.add_product(b, variable, ll.fitting(b, factor, kind), lane)
            for mine, target, factor in zip(sums, targets, own, strict=True):
                for variable, (at, kind) in zip(mine, group, strict=True):
                    place = b.gep(target, [at])  # read now: rows may be the same
                    own_factor, lane = ll.fitting(b, factor, kind), ll.load(b, place, kind)
                    ll.store(b, ll.fma(b, own_factor, b.load(variable), lane), place, kind)

        ll.over_halves(b, floats, ABREAST, body)

    return change


change_tile, change_one = _change(TILE), _change(1)
"""Changes of TILE rows, or of one."""


def _dots(rows: int, others: int) -> Any:
    @ll.emitted("iiiiii")
    def dots(
        b: Any,
        out: Value,
        out_stride: Value,
        addresses: Value,
        count: Value,
        hidden: Value,
        floats: Value,
    ) -> None:
        """out[j, i] = row i of a list . row j of another, i < count, j < others.

        Rows are read, and scores written, up to a multiple of so many.
        """
        _emit_dots(b, (rows, others), out, out_stride, addresses, count, hidden, floats)

    return dots


def _dots_squared(rows: int, others: int) -> Any:
    @ll.emitted("iiiiiii")
    def dots_squared(
        b: Any,
        out: Value,
        out_stride: Value,
        addresses: Value,
        count: Value,
        hidden: Value,
        floats: Value,
        squares: Value,
    ) -> None:
        """The same, and of each row i a vector whose lanes add up to its squared length."""
        _emit_dots(b, (rows, others), out, out_stride, addresses, count, hidden, floats, squares)

    return dots_squared


def _emit_dots(
    b: Any,
    tile: tuple[int, int],
    out: Value,
    out_stride: Value,
    addresses: Value,
    count: Value,
    hidden: Value,
    floats: Value,
    squares: Value | None = None,
) -> None:
    rows, others = tile
    starts = [ll.at(b, ll.row(b, hidden, ll.count(j))) for j in range(others)]
    blocks = b.udiv(b.add(count, ll.count(rows - 1)), ll.count(rows))
    sums = ll.variables(b, rows * others)
    lengths = ll.variables(b, 0 if squares is None else rows)
    with cgutils.for_range(b, blocks) as block:
        first = b.mul(block.index, ll.count(rows))
        numbers = [b.add(first, ll.count(i)) for i in range(rows)]
        places = [ll.at(b, ll.row(b, addresses, number)) for number in numbers]
        for variable in sums + lengths:
            b.store(ll.constant(0.0), variable)

        def pairs(at: Value, part: ll.Part) -> Iterator[tuple[Value, Value, Value]]:
            left = [ll.load(b, b.gep(place, [at]), part) for place in places]
            yield from ((of, row, row) for of, row in zip(lengths, left, strict=False))
            for j, start in enumerate(starts):
                lane = ll.load(b, b.gep(start, [at]), part)
                yield from ((sums[j * rows + i], left[i], lane) for i in range(rows))

        def body(at: Value, part: ll.Part) -> None:
            for pair in pairs(at, part):
                ll.add_product(b, *pair)

        whole = floats
        if ll.HALF_LANES:  # first, as sums of halves are whole ones with zeros behind
            tail = b.urem(floats, ll.count(ll.LANES))
            is_half = b.icmp_signed("==", tail, ll.count(ll.HALF_LANES))
            whole = b.select(is_half, b.sub(floats, tail), floats)
            with b.if_then(is_half):
                for variable, row, other in pairs(whole, ll.FIRST_HALF):
                    b.store(ll.widened(b, b.fmul(row, other)), variable)
        ll.over_lanes(b, whole, body)
        for variable, number in zip(lengths, numbers, strict=False):
            place = ll.at(b, squares, b.mul(number, ll.count(ll.LANES)))
            ll.store(b, b.load(variable), place)
        found = ll.lane_sums(b, [b.load(variable) for variable in sums])
        for j in range(others):
            part = ll.shuffled(b, found, found, [j * rows + i for i in range(rows)])
            ll.store(b, part, ll.at(b, out, b.mul(ll.count(j), out_stride), first))


dots_4, dots_1 = _dots(ll.LANES // 4, 4), _dots(8, 1)
"""Scores of rows against 4 others, or 1."""
dots_squared_4, dots_squared_1 = _dots_squared(ll.LANES // 4, 4), _dots_squared(8, 1)
MOST_ROWS = 8
"""Rows beyond its own that such a product may read."""
