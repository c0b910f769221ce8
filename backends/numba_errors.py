"""Errors of scores: how far a probability is from the label, times the learning rate."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

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
    x, p, q = _ratio(b, scores)
    middle = b.fmul(rates, b.fsub(labels, ll.constant(0.5)))
    return b.fsub(middle, b.fdiv(b.fmul(b.fmul(rates, x), p), q))


def beyond_half(b: Any, scores: Value) -> Value:
    """1 / (1 + exp(-scores)) - 1/2"""
    x, p, q = _ratio(b, scores)
    return b.fdiv(b.fmul(x, p), q)


def _ratio(b: Any, scores: Value) -> tuple[Value, Value, Value]:
    """x, p and q, such that x p / q = tanh(scores / 2) / 2."""
    bounds = [f"llvm.{side}num.v{ll.LANES}f32" for side in ("min", "max")]
    x = ll.call(b, bounds[0], ll.VECTOR, [ll.VECTOR] * 2, scores, ll.constant(2 * _TANH_END))
    x = ll.call(b, bounds[1], ll.VECTOR, [ll.VECTOR] * 2, x, ll.constant(-2 * _TANH_END))
    square = b.fmul(x, x)
    fourth = b.fmul(square, square)
    p, q = (
        _quartic(b, [factor * c / 4**i for i, c in enumerate(coefficients)], square, fourth)
        for coefficients, factor in ((_TANH_P, 0.25), (_TANH_Q, 1))
    )
    return x, p, q


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


@ll.emitted("iiiiiiiiiff")
def errors_of_block(
    b: Any,
    scores: Value,
    lanes: Value,
    span: Value,
    window: Value,
    near: Value,
    first: Value,
    last: Value,
    noise: Value,
    pairs: Value,
    rate: Value,
    noise_rate: Value,
) -> None:
    """Scores of a block become errors: of `span` rows with the lanes they pair with, and of noise.

    Row j pairs with lanes [first[j], last[j]), which are int32, but for lane j - window; with no
    lane before j - near nor after j. To each of the `noise` rows behind, which nothing pairs with,
    a lane counts as often as it has pairs; pairs[lane] = how often that is.
    """
    numbers = ir.Constant(ll.INDICES, list(range(ll.LANES)))
    rates, noise_rates = ll.spread(b, rate), ll.spread(b, noise_rate)
    zero, one = ll.constant(0.0), ll.constant(1.0)
    firsts, lasts = (b.inttoptr(address, ll.INT.as_pointer()) for address in (first, last))
    (so_far,) = ll.variables(b, 1)
    with ll.vectors(b, lanes) as at:
        own = b.add(numbers, ll.spread(b, b.trunc(at, ll.INT)))
        b.store(zero, so_far)
        with cgutils.for_range(b, span) as row:
            place = ll.at(b, scores, b.mul(row.index, lanes), at)
            within = b.icmp_signed("<", at, b.add(row.index, ll.count(1)))
            end = b.add(at, ll.count(ll.LANES))
            within = b.and_(within, b.icmp_signed(">", end, b.sub(row.index, near)))
            with b.if_else(within) as (there, elsewhere):
                with there:
                    bounds = [b.load(b.gep(list_, [row.index])) for list_ in (firsts, lasts)]
                    itself = b.trunc(b.sub(row.index, window), ll.INT)
                    begin, stop, but = (ll.spread(b, lane) for lane in (*bounds, itself))
                    pair = b.and_(b.icmp_signed(">=", own, begin), b.icmp_signed("<", own, stop))
                    pair = b.and_(pair, b.icmp_signed("!=", own, but))
                    error = logistic(b, ll.load(b, place), one, rates)
                    ll.store(b, b.select(pair, error, zero), place)
                    b.store(b.fadd(b.load(so_far), b.select(pair, one, zero)), so_far)
                with elsewhere:
                    ll.store(b, zero, place)
        found = b.load(so_far)
        ll.store(b, found, ll.at(b, pairs, at))
        with cgutils.for_range(b, noise) as row:
            place = ll.at(b, scores, b.mul(b.add(span, row.index), lanes), at)
            error = logistic(b, ll.load(b, place), zero, noise_rates)
            ll.store(b, b.fmul(error, found), place)
