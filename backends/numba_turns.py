"""Hidden vectors that meet the same rows one after the other, a few of them taken together.

What one of them adds to the rows changes the scores of the next by their product with it. Three
steps in a row leave what single steps would: scores (`numba_products`), errors, changes. The makers
of code are long, since each writes one run of instructions from its first to its last.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_errors import logistic
from w2v.backends.numba_llvm import Value


def _in_turn(hidden: int) -> Any:
    pairs = [(j, k) for j in range(hidden) for k in range(j)]

    @ll.emitted("iiiiiiiiiiff")
    def errors_in_turn(
        b: Any,
        errors: Value,
        scores: Value,
        stride: Value,
        labels: Value,
        rows: Value,
        products: Value,
        copies: Value,
        copy_stride: Value,
        floats: Value,
        count: Value,
        row_factor: Value,
        rate: Value,
    ) -> None:
        """Errors of so many hidden vectors, each after those before it have moved the rows.

        scores[j, i] += row_factor sum over k < j of errors[k, i] (copy j . copy k)
        errors[j, i] = rate (labels[i] - 1 / (1 + exp(-scores[j, i]))) for j < count, else 0
        product of j and k < j = row_factor sum_i errors[j, i] errors[k, i]
        """
        factors = ll.spread(b, row_factor)
        rates = [
            b.select(b.icmp_signed(">", count, ll.count(j)), ll.spread(b, rate), ll.constant(0.0))
            for j in range(hidden)
        ]
        starts = [ll.at(b, copies, b.mul(ll.count(j), copy_stride)) for j in range(hidden)]
        squares = ll.variables(b, ll.LANES)

        def square(at: Value, _mask: Value | None) -> None:
            own = [ll.load(b, b.gep(start, [at])) for start in starts]
            for j, k in pairs:
                ll.add_product(b, squares[_below(j, k)], own[j], own[k])

        if pairs:
            ll.over_lanes(b, floats, square)
        met = b.fmul(factors, ll.lane_sums(b, [b.load(variable) for variable in squares]))
        effects = {(j, k): ll.shuffled(b, met, met, [_below(j, k)] * ll.LANES) for j, k in pairs}
        sums = ll.variables(b, ll.LANES)
        with ll.vectors(b, rows) as at:
            wanted, inside = ll.load(b, ll.at(b, labels, at)), ll.inside(b, rows, at)
            found: list[Value] = []
            for j in range(hidden):
                offset = b.add(b.mul(ll.count(j), stride), at)
                score = ll.load(b, ll.at(b, scores, offset))
                for k, earlier in enumerate(found):
                    score = ll.fma(b, earlier, effects[j, k], score)
                error = logistic(b, score, wanted, rates[j])
                error = b.select(inside, error, ll.constant(0.0))
                for k, earlier in enumerate(found):
                    ll.add_product(b, sums[_below(j, k)], earlier, error)
                ll.store(b, score, ll.at(b, scores, offset))
                ll.store(b, error, ll.at(b, errors, offset))
                found.append(error)
        if pairs:
            totals = ll.lane_sums(b, [b.load(variable) for variable in sums])
            ll.store(b, b.fmul(totals, factors), ll.at(b, products))

    return errors_in_turn


errors_in_turn_1, errors_in_turn_2, errors_in_turn_4 = _in_turn(1), _in_turn(2), _in_turn(4)


def _update(hidden: int, vectors: int) -> Any:
    """For so many hidden vectors, so many vectors of lanes at a time."""

    @ll.emitted("iiiifiiiiii")
    def update(
        b: Any,
        addresses: Value,
        rows: Value,
        hidden_addresses: Value,
        hidden_factors: Value,
        row_factor: Value,
        errors: Value,
        error_stride: Value,
        products: Value,
        copies: Value,
        stride: Value,
        floats: Value,
    ) -> None:
        """Rows and hidden vectors, both in place, a hidden vector after the other.

        row i += row_factor sum_j errors[j, i] copy j
        hidden j += hidden_factors[j] sum_i errors[j, i] row i, as those before j have left it

        The products are those of `errors_in_turn`.
        """
        every = range(hidden)

        def body(group: ll.Group) -> None:
            starts = [ll.at(b, copies, b.mul(ll.count(j), stride)) for j in every]
            lanes = [[ll.load(b, b.gep(start, [at])) for at, _ in group] for start in starts]
            sums = [ll.variables(b, len(group)) for _ in every]
            with cgutils.for_range(b, rows) as loop:
                row = ll.at(b, ll.row(b, addresses, loop.index))
                before = [ll.load(b, b.gep(row, [at]), mask) for at, mask in group]
                start = ll.at(b, errors, loop.index)
                changes: list[list[Value]] = [[] for _ in group]
                for j in every:
                    error = b.load(b.gep(start, [b.mul(ll.count(j), error_stride)]))
                    factor = ll.spread(b, error)
                    for v in range(len(group)):
                        ll.add_product(b, sums[j][v], factor, before[v])
                        changes[v].append(_chained(b, changes[v], factor, lanes[j][v]))
                for v, (at, mask) in enumerate(group):
                    change = b.fadd(*changes[v][-2:]) if hidden > 1 else changes[v][0]
                    after = ll.fma(b, change, ll.spread(b, row_factor), before[v])
                    ll.store(b, after, b.gep(row, [at]), mask)
            for j, own in enumerate(sums):
                for i in range(j):
                    product = ll.spread(b, b.load(ll.at(b, products, ll.count(_below(j, i)))))
                    for v, variable in enumerate(own):
                        ll.add_product(b, variable, product, lanes[i][v])
                row = ll.at(b, ll.row(b, hidden_addresses, ll.count(j)))
                factor = ll.spread(b, b.load(ll.at(b, hidden_factors, ll.count(j))))
                for variable, (at, mask) in zip(own, group, strict=True):
                    place = b.gep(row, [at])
                    moved = ll.fma(b, b.load(variable), factor, ll.load(b, place, mask))
                    ll.store(b, moved, place, mask)

        ll.over_groups(b, floats, vectors, body)

    return update


def _below(j: int, i: int) -> int:
    """Where the pair of j and a smaller i stands among all pairs."""
    return j * (j - 1) // 2 + i


def _chained(b: Any, sums: list[Value], x: Value, y: Value) -> Value:
    """x y plus the sum before last: two chains of sums are quicker than one."""
    return b.fmul(x, y) if len(sums) < 2 else ll.fma(b, x, y, sums[-2])


_MORE = ll.REGISTERS > 16  # two vectors of 4 rows and their changes fit
update_1, update_2, update_4 = _update(1, 4), _update(2, 4 if _MORE else 2), _update(4, 1 + _MORE)
