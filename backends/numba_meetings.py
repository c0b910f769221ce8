"""Hidden vectors against the rows of a list: scores, and what both sides change by.

The makers of code are long, since each writes one run of instructions from its first to its last.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

TILES = {4: ll.LANES // 4, 2: 4, 1: 8}
"""Rows whose scores with so many hidden vectors are summed at once."""


def _scores(hidden: int, rows: int) -> Any:
    @ll.emitted("iiiii")
    def scores(
        b: Any, out: Value, addresses: Value, count: Value, hidden_addresses: Value, floats: Value
    ) -> None:
        """Rows of a list . so many hidden vectors, in tiles of `rows` rows.

        out[tile, j, i] = row i of the tile . hidden vector j. Rows are read up to a whole tile.
        """
        starts = [ll.at(b, ll.row(b, hidden_addresses, ll.count(j))) for j in range(hidden)]
        end = b.mul(b.udiv(floats, ll.count(ll.LANES)), ll.count(ll.LANES))
        half = ll.count(ll.HALF_LANES or ll.LANES)  # more than is left, where there are no halves
        is_half = b.icmp_signed("==", b.sub(floats, end), half)

        def tile(first: Value, some: int) -> None:
            places = [
                ll.at(b, ll.row(b, addresses, b.add(first, ll.count(i)))) for i in range(some)
            ]
            sums = ll.variables(b, some * hidden)

            def products(at: Value, part: ll.Part) -> list[tuple[Value, Value]]:
                own = [ll.load(b, b.gep(place, [at]), part) for place in places]
                lanes = [ll.load(b, b.gep(start, [at]), part) for start in starts]
                return [(row, lane) for lane in lanes for row in own]

            def body(at: Value, part: ll.Part) -> None:
                for variable, pair in zip(sums, products(at, part), strict=True):
                    ll.add_product(b, variable, *pair)

            if ll.HALF_LANES:
                with b.if_then(is_half):  # first, so that the sums are whole vectors afterwards
                    for variable, pair in zip(sums, products(end, ll.FIRST_HALF), strict=True):
                        b.store(_filled_up(b, b.fmul(*pair)), variable)
            ll.over_lanes(b, b.select(is_half, end, floats), body)
            found = ll.lane_sums(b, [b.load(variable) for variable in sums])
            to = ll.at(b, out, b.mul(first, ll.count(hidden)))
            lanes = [j * some + min(i, some - 1) for j in range(hidden) for i in range(rows)]
            ll.store(b, ll.shuffled(b, found, found, lanes), to)  # at once: so it is read, too

        size, fewer = ll.count(rows), rows // 2
        whole = b.udiv(b.add(count, ll.count(rows - 1 - fewer)), size)
        with cgutils.for_range(b, whole) as loop:
            tile(b.mul(loop.index, size), rows)
        first = b.mul(whole, size)
        with b.if_then(b.icmp_signed(">", count, first)):
            tile(first, fewer)

    return scores


def _products(hidden: int) -> Any:
    pairs = pairs_of(hidden)

    @ll.emitted("iii")
    def products(b: Any, out: Value, addresses: Value, floats: Value) -> None:
        """Of so many hidden vectors with each other: a vector of those of j and k < j."""
        starts = [ll.at(b, ll.row(b, addresses, ll.count(j))) for j in range(hidden)]
        squares = ll.variables(b, _room(pairs))

        def square(group: ll.Group) -> None:
            for at, part in group:
                own = [ll.load(b, b.gep(start, [at]), part) for start in starts]
                for j, k in pairs:
                    variable = squares[below(j, k)]
                    if part is ll.FIRST_HALF:
                        whole = _filled_up(b, b.fmul(own[j], own[k]))
                        b.store(b.fadd(b.load(variable), whole), variable)
                    else:
                        ll.add_product(b, variable, own[j], own[k])

        ll.over_halves(b, floats, 2, square)
        ll.store(b, ll.lane_sums(b, [b.load(variable) for variable in squares]), ll.at(b, out))

    return products


def _update(hidden: int, vectors: int) -> Any:
    """For so many hidden vectors, so many vectors of lanes at a time, of halves where it is one.

    One hidden vector is as many stores as products: in whole vectors, or many at a time, they wait.
    """
    halves = hidden == 1 and ll.HALF_LANES > 0

    @ll.emitted("iiiiiiii")
    def update(
        b: Any,
        addresses: Value,
        rows: Value,
        hidden_addresses: Value,
        moved: Value,
        factors: Value,
        errors: Value,
        error_stride: Value,
        floats: Value,
    ) -> None:
        """Rows in place, and what hidden vectors move by, a hidden vector after the other.

        row i += sum_j errors[j, i] hidden j
        moved j += factors[j] sum_i errors[j, i] row i, as those before j have left it

        The lists of hidden vectors and of the rows that move for them may be the same.
        """
        every = range(hidden)
        starts = [ll.at(b, ll.row(b, hidden_addresses, ll.count(j))) for j in every]
        targets = [ll.at(b, ll.row(b, moved, ll.count(j))) for j in every]
        own_errors = [ll.at(b, errors, b.mul(ll.count(j), error_stride)) for j in every]

        def body(group: ll.Group) -> None:
            lanes = [
                [ll.load(b, b.gep(start, [at]), part) for at, part in group] for start in starts
            ]
            sums = [[ll.variables(b, 1, ll.vector_of(part))[0] for _, part in group] for _ in every]
            with cgutils.for_range(b, rows) as loop:
                row = ll.at(b, ll.row(b, addresses, loop.index))
                now = [ll.load(b, b.gep(row, [at]), part) for at, part in group]
                for j in every:
                    error = ll.spread(b, b.load(b.gep(own_errors[j], [loop.index])))
                    for v, (_, part) in enumerate(group):
                        factor = ll.fitting(b, error, part)
                        ll.add_product(b, sums[j][v], factor, now[v])
                        now[v] = ll.fma(b, factor, lanes[j][v], now[v])
                for value, (at, part) in zip(now, group, strict=True):
                    ll.store(b, value, b.gep(row, [at]), part)
            for j, own in enumerate(sums):
                own_factor = ll.spread(b, b.load(ll.at(b, factors, ll.count(j))))
                for variable, (at, part) in zip(own, group, strict=True):
                    place = b.gep(targets[j], [at])
                    factor = ll.fitting(b, own_factor, part)
                    changed = ll.fma(b, b.load(variable), factor, ll.load(b, place, part))
                    ll.store(b, changed, place, part)

        if halves:
            ll.over_groups(b, floats, vectors, body, ll.FIRST_HALF)
        else:
            ll.over_halves(b, floats, vectors, body)

    return update


def _filled_up(b: Any, half: Value) -> Value:
    """A whole vector of half a one, and zeros."""
    zeros = ir.Constant(half.type, [0.0] * ll.HALF_LANES)
    return ll.shuffled(b, half, zeros, list(range(ll.LANES)))


def pairs_of(hidden: int) -> list[tuple[int, int]]:
    return [(j, k) for j in range(hidden) for k in range(j)]


def _room(pairs: list[tuple[int, int]]) -> int:
    """Sums of so many pairs, and of none, up to a number that `lane_sums` takes."""
    return 1 << (len(pairs) - 1).bit_length() if pairs else 0


def below(j: int, i: int) -> int:
    """Where the pair of j and a smaller i stands among all pairs."""
    return j * (j - 1) // 2 + i


_UPDATES = {32: (4, 2, 2), 16: (5, 2, 1), 8: (2, 2, 1)}[ll.REGISTERS]
"""Vectors of lanes whose rows and hidden vectors fit the registers."""
products_4, products_2 = _products(4), _products(2)
scores_4, scores_2, scores_1 = (_scores(hidden, TILES[hidden]) for hidden in (4, 2, 1))
update_1, update_2, update_4 = map(_update, (1, 2, 4), _UPDATES)
