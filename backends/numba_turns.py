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

    @ll.emitted("iiiiiiiiif")
    def errors_in_turn(
        b: Any,
        errors: Value,
        scores: Value,
        stride: Value,
        labels: Value,
        rows: Value,
        products: Value,
        addresses: Value,
        floats: Value,
        count: Value,
        rate: Value,
    ) -> None:
        """Errors of so many hidden vectors, each after those before it have moved the rows.

        scores[j, i] += sum over k < j of errors[k, i] (hidden j . hidden k)
        errors[j, i] = rate (labels[i] - 1 / (1 + exp(-scores[j, i]))) for j < count, else 0
        product of j and k < j = sum_i errors[j, i] errors[k, i]
        """
        rates = [
            b.select(b.icmp_signed(">", count, ll.count(j)), ll.spread(b, rate), ll.constant(0.0))
            for j in range(hidden)
        ]
        effects: dict[tuple[int, int], Value] = {}
        if pairs:
            starts = [ll.at(b, ll.row(b, addresses, ll.count(j))) for j in range(hidden)]
            squares = ll.variables(b, _room(pairs))

            def square(at: Value, mask: Value | None) -> None:
                own = [ll.load(b, b.gep(start, [at]), mask) for start in starts]
                for j, k in pairs:
                    ll.add_product(b, squares[_below(j, k)], own[j], own[k])

            ll.over_lanes(b, floats, square)
            met = ll.lane_sums(b, [b.load(variable) for variable in squares])
            effects = {
                (j, k): ll.shuffled(b, met, met, [_below(j, k)] * ll.LANES) for j, k in pairs
            }
        sums = ll.variables(b, _room(pairs))
        with ll.vectors(b, rows) as at:
            wanted, inside = ll.load(b, ll.at(b, labels, at)), ll.inside(b, rows, at)
            own_rates = [b.select(inside, one, ll.constant(0.0)) for one in rates]
            found: list[Value] = []
            for j in range(hidden):
                offset = b.add(b.mul(ll.count(j), stride), at)
                score = ll.load(b, ll.at(b, scores, offset))
                for k, earlier in enumerate(found):
                    score = ll.fma(b, earlier, effects[j, k], score)
                error = logistic(b, score, wanted, own_rates[j])
                for k, earlier in enumerate(found):
                    ll.add_product(b, sums[_below(j, k)], earlier, error)
                ll.store(b, score, ll.at(b, scores, offset))
                ll.store(b, error, ll.at(b, errors, offset))
                found.append(error)
        if pairs:
            totals = ll.lane_sums(b, [b.load(variable) for variable in sums])
            ll.store(b, totals, ll.at(b, products))

    return errors_in_turn


errors_in_turn_1, errors_in_turn_2, errors_in_turn_4 = _in_turn(1), _in_turn(2), _in_turn(4)


def _update(hidden: int, vectors: int) -> Any:
    """For so many hidden vectors, so many vectors of lanes at a time."""

    @ll.emitted("iiiiiiiii")
    def update(
        b: Any,
        addresses: Value,
        rows: Value,
        hidden_addresses: Value,
        moved: Value,
        factors: Value,
        errors: Value,
        error_stride: Value,
        products: Value,
        floats: Value,
    ) -> None:
        """Rows in place, and what hidden vectors move by, a hidden vector after the other.

        row i += sum_j errors[j, i] hidden j
        moved j += factors[j] sum_i errors[j, i] row i, as those before j have left it

        The products are those of `errors_in_turn`. The lists of hidden vectors and of the rows that
        move for them may be the same.
        """
        every = range(hidden)
        starts = [ll.at(b, ll.row(b, hidden_addresses, ll.count(j))) for j in every]
        targets = [ll.at(b, ll.row(b, moved, ll.count(j))) for j in every]
        own_errors = [ll.at(b, errors, b.mul(ll.count(j), error_stride)) for j in every]

        def body(group: ll.Group) -> None:
            lanes = [
                [ll.load(b, b.gep(start, [at]), mask) for at, mask in group] for start in starts
            ]
            sums = [ll.variables(b, len(group)) for _ in every]
            with cgutils.for_range(b, rows) as loop:
                row = ll.at(b, ll.row(b, addresses, loop.index))
                before = [ll.load(b, b.gep(row, [at]), mask) for at, mask in group]
                after = list(before)
                for j in every:
                    factor = ll.spread(b, b.load(b.gep(own_errors[j], [loop.index])))
                    for v in range(len(group)):
                        ll.add_product(b, sums[j][v], factor, before[v])
                        after[v] = ll.fma(b, factor, lanes[j][v], after[v])
                for value, (at, mask) in zip(after, group, strict=True):
                    ll.store(b, value, b.gep(row, [at]), mask)
            for j, own in enumerate(sums):
                for i in range(j):
                    product = ll.spread(b, b.load(ll.at(b, products, ll.count(_below(j, i)))))
                    for v, variable in enumerate(own):
                        ll.add_product(b, variable, product, lanes[i][v])
                factor = ll.spread(b, b.load(ll.at(b, factors, ll.count(j))))
                for variable, (at, mask) in zip(own, group, strict=True):
                    place = b.gep(targets[j], [at])
                    ll.store(
                        b, ll.fma(b, b.load(variable), factor, ll.load(b, place, mask)), place, mask
                    )

        ll.over_groups(b, floats, vectors, body)

    return update


def _room(pairs: list[tuple[int, int]]) -> int:
    """Sums of so many pairs, and of none, up to a number that `lane_sums` takes."""
    return 1 << (len(pairs) - 1).bit_length() if pairs else 0


def _below(j: int, i: int) -> int:
    """Where the pair of j and a smaller i stands among all pairs."""
    return j * (j - 1) // 2 + i


_UPDATES = {32: (8, 2, 2), 16: (5, 2, 1), 8: (2, 2, 1)}[ll.REGISTERS]
"""Vectors of lanes whose rows and hidden vectors fit the registers."""
update_1, update_2, update_4 = map(_update, (1, 2, 4), _UPDATES)
