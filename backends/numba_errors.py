"""Errors of scores: how far a probability is from the label, times the learning rate."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

# tanh y = y P(y^2) / Q(y^2) for |y| <= 9, where float32 ends: to 2e-8, fitted by least squares
# reweighted towards the largest error
_TANH_P: tuple[float, ...] = (0.9999999063897513, 0.13373204087456267, 3.4865892676033254e-3)
_TANH_P += (2.047194329789673e-05, 1.3184363654307098e-08)
_TANH_Q: tuple[float, ...] = (1.0, 0.4670650096291028, 0.025842007802820633)
_TANH_Q += (3.271397077264785e-4, 7.70272420934777e-07)
_TANH_END = 9.0


def logistic(b: Any, scores: Value, labels: Value, rates: Value) -> Value:
    """rates (labels - 1 / (1 + exp(-scores))), in as few steps after each other as may be.

    With x = scores, 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2.
    """
    bounds = [f"llvm.{side}num.v{ll.LANES}f32" for side in ("min", "max")]
    x = ll.call(b, bounds[0], ll.VECTOR, [ll.VECTOR] * 2, scores, ll.constant(2 * _TANH_END))
    x = ll.call(b, bounds[1], ll.VECTOR, [ll.VECTOR] * 2, x, ll.constant(-2 * _TANH_END))
    square = b.fmul(x, x)
    fourth = b.fmul(square, square)
    p, q = (
        _quartic(b, [factor * c / 4**i for i, c in enumerate(coefficients)], square, fourth)
        for coefficients, factor in ((_TANH_P, 0.25), (_TANH_Q, 1))
    )
    middle = b.fmul(rates, b.fsub(labels, ll.constant(0.5)))
    return b.fsub(middle, b.fdiv(b.fmul(b.fmul(rates, x), p), q))


def _quartic(b: Any, c: list[float], x: Value, square: Value) -> Value:
    """c0 + c1 x + c2 x^2 + c3 x^3 + c4 x^4"""
    high = ll.fma(b, ll.constant(c[4]), square, ll.fma(b, ll.constant(c[3]), x, ll.constant(c[2])))
    return ll.fma(b, high, square, ll.fma(b, ll.constant(c[1]), x, ll.constant(c[0])))


@ll.emitted("iiff")
def errors(b: Any, scores: Value, count: Value, label: Value, rate: Value) -> None:
    """x = rate (label - 1 / (1 + exp(-x))) for so many scores, and 0 up to a whole vector."""
    labels, rates = ll.spread(b, label), ll.spread(b, rate)
    with ll.vectors(b, count) as at:
        place = ll.at(b, scores, at)
        error = logistic(b, ll.load(b, place), labels, rates)
        ll.store(b, b.select(ll.inside(b, count, at), error, ll.constant(0.0)), place)


@ll.emitted("iiiiii")
def keep_pairs(
    b: Any, errors: Value, pairs: Value, lanes: Value, first: Value, last: Value, but: Value
) -> None:
    """Zero in a row but for lanes [first, last) without one; each of them counts one pair."""
    numbers = ir.Constant(ll.INDICES, list(range(ll.LANES)))
    first, last, but = (ll.spread(b, b.trunc(lane, ll.INT)) for lane in (first, last, but))
    with ll.vectors(b, lanes) as at:
        lane = b.add(numbers, ll.spread(b, b.trunc(at, ll.INT)))
        inside = b.and_(b.icmp_signed(">=", lane, first), b.icmp_signed("<", lane, last))
        inside = b.and_(inside, b.icmp_signed("!=", lane, but))
        place, count = ll.at(b, errors, at), ll.at(b, pairs, at)
        ll.store(b, b.select(inside, ll.load(b, place), ll.constant(0.0)), place)
        one_more = b.fadd(ll.load(b, count), b.select(inside, ll.constant(1.0), ll.constant(0.0)))
        ll.store(b, one_more, count)
