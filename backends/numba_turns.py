"""Errors of hidden vectors that meet the same rows one after the other, a few taken together.

What one of them adds to the rows changes the scores of the next by their product with it. The maker
of code is long, since it writes one run of instructions from its first to its last.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_errors import beyond_half, logistic
from w2v.backends.numba_llvm import Value
from w2v.backends.numba_meetings import TILES, below, pairs_of

_NEAR = 0.3
"""Up to such a change of a score its error is a polynomial of it, to 4e-7 of a probability."""


def _in_turn(hidden: int, rows: int) -> Any:
    pairs = pairs_of(hidden)

    @ll.emitted("iiiiiiif")
    def errors_in_turn(
        b: Any,
        errors: Value,
        stride: Value,
        scores: Value,
        labels: Value,
        count: Value,
        products: Value,
        some: Value,
        rate: Value,
    ) -> None:
        """Errors of so many hidden vectors, each after those before it have moved the rows.

        score[j, i] += sum over k < j of errors[k, i] products[j, k]
        errors[j, i] = rate (labels[i] - 1 / (1 + exp(-score[j, i]))) for j < some, else 0

        What those before change a score by is mostly small. Then an error is a polynomial of it,
        whose coefficients need not wait: a few steps after each other where there were many.
        """
        rates = [
            b.select(b.icmp_signed(">", some, ll.count(j)), ll.spread(b, rate), ll.constant(0.0))
            for j in range(hidden)
        ]
        effects = {
            (j, k): ll.spread(b, b.load(ll.at(b, products, ll.count(below(j, k)))))
            for j, k in pairs
        }
        with ll.vectors(b, count) as at:
            wanted, inside = ll.load(b, ll.at(b, labels, at)), ll.inside(b, count, at)
            own_rates = [b.select(inside, one, ll.constant(0.0)) for one in rates]
            tiles = ll.at(b, scores, b.mul(at, ll.count(hidden)))
            alone = _of_tiles(b, tiles, hidden, rows)

            def change(found: list[Value]) -> Value | None:
                """Of the next score, by those before it."""
                so_far = None
                for k, earlier in enumerate(found):
                    effect = effects[len(found), k]
                    if so_far is None:
                        so_far = b.fmul(earlier, effect)
                    else:
                        so_far = ll.fma(b, earlier, effect, so_far)
                return so_far

            found = [logistic(b, alone[0], wanted, own_rates[0])]
            if pairs:
                far = ir.Constant(ll.MASK, [0] * ll.LANES)
                for score, own_rate in zip(alone[1:], own_rates[1:], strict=True):
                    moved = change(found)
                    beyond = b.fcmp_ordered(">", ll.size(b, moved), ll.constant(_NEAR))
                    far = b.or_(far, beyond)
                    found.append(_moved(b, score, wanted, own_rate, moved))
                variables = ll.variables(b, hidden)
                for variable, error in zip(variables, found, strict=True):
                    b.store(error, variable)
                bits = b.bitcast(far, ir.IntType(ll.LANES))
                with b.if_then(b.icmp_unsigned("!=", bits, bits.type(0)), likely=False):
                    exact = [found[0]]
                    for score, own_rate in zip(alone[1:], own_rates[1:], strict=True):
                        changed = b.fadd(score, change(exact))
                        exact.append(logistic(b, changed, wanted, own_rate))
                    for variable, error in zip(variables, exact, strict=True):
                        b.store(error, variable)
                found = [b.load(variable) for variable in variables]
            for j, error in enumerate(found):
                ll.store(b, error, ll.at(b, errors, b.mul(ll.count(j), stride), at))

    return errors_in_turn


def _of_tiles(b: Any, tiles: Value, hidden: int, rows: int) -> list[Value]:
    """Scores of each hidden vector with as many rows as a vector has lanes."""
    tile = ir.VectorType(ll.FLOAT, rows * hidden)
    found = [
        ll.load(b, b.gep(tiles, [ll.count(i * rows * hidden)]), None, tile)
        for i in range(ll.LANES // rows)
    ]
    scores = []
    for j in range(hidden):
        own = list(range(j * rows, (j + 1) * rows))
        parts = [ll.shuffled(b, one, one, own) for one in found]
        while len(parts) > 1:
            size = parts[0].type.count
            both = list(range(2 * size))
            parts = [ll.shuffled(b, parts[i], parts[i + 1], both) for i in range(0, len(parts), 2)]
        scores += parts
    return scores


def _moved(b: Any, score: Value, label: Value, rate: Value, change: Value) -> Value:
    """rate (label - 1 / (1 + exp(-score - change))), by five derivatives at the score.

    With h = 1 / (1 + exp(-score)) - 1/2 and a = 1/4 - h^2, the powers of the change count a, -a h,
    a (1 - 6 a) / 6, -a h (1 - 12 a) / 12 and a (1 - 30 a + 120 a^2) / 120.
    """

    def number(value: float) -> Value:
        return ll.constant(value)

    h = beyond_half(b, score)
    square = b.fmul(h, h)
    a = b.fsub(number(0.25), square)
    once = b.fmul(rate, a)
    with_h = b.fmul(once, h)
    third = b.fmul(once, b.fsub(a, number(1 / 6)))
    fourth = b.fmul(with_h, b.fsub(number(1 / 12), a))
    fifth = b.fmul(once, ll.fma(b, a, square, number(-1 / 120)))
    before = b.fmul(rate, b.fsub(b.fsub(label, number(0.5)), h))
    twice = b.fmul(change, change)
    high = ll.fma(b, fifth, twice, ll.fma(b, fourth, change, third))
    low = ll.fma(b, with_h, change, b.fneg(once))
    return ll.fma(b, change, ll.fma(b, high, twice, low), before)


errors_in_turn_4, errors_in_turn_2, errors_in_turn_1 = (
    _in_turn(hidden, TILES[hidden]) for hidden in (4, 2, 1)
)
