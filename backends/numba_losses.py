"""The loss of scores, of which one in a few blocks is measured, in vectors."""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir

from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value

_MOST = 80.0  # beyond it exp(-x) is nothing to a float32 of its size
_ROUNDING = 1.5 * 2**23  # added and taken off, it rounds a float32
_EXP = [1 / math.factorial(k) for k in range(7)]  # for |x| <= log(2) / 2, to 1.2e-7
_ATANH = [2 / (2 * k + 1) for k in range(7)]  # of x^(2 k + 1), for x <= 1/3, to 2e-8
_MANTISSA, _BIAS = 23, 127  # of a float32


@ll.emitted("iiii")
def losses(b: Any, out: Value, scores: Value, labels: Value, count: Value) -> None:
    """Lanes that add up to -log of the probabilities of labels 0 and 1, for so many scores.

    That is log(1 + exp(x)), with x = score where the label is 0 and -score where it is 1.
    """
    (so_far,) = ll.variables(b, 1)
    with ll.vectors(b, count) as at:
        label, score = (ll.load(b, ll.at(b, place, at)) for place in (labels, scores))
        x = b.fmul(score, ll.fma(b, label, ll.constant(-2.0), ll.constant(1.0)))
        half = b.fadd(x, ll.size(b, x))  # max(x, 0), twice
        loss = ll.fma(b, half, ll.constant(0.5), _log1p(b, _exp_of_minus(b, ll.size(b, x))))
        loss = b.select(ll.inside(b, count, at), loss, ll.constant(0.0))
        b.store(b.fadd(b.load(so_far), loss), so_far)
    ll.store(b, b.load(so_far), ll.at(b, out))


def _exp_of_minus(b: Any, x: Value) -> Value:
    """exp(-x) = 2^-n exp(r), x >= 0."""
    near = b.fcmp_ordered("<", x, ll.constant(_MOST))
    x = b.select(near, x, ll.constant(_MOST))
    shifted = ll.fma(b, x, ll.constant(1 / math.log(2)), ll.constant(_ROUNDING))
    n = b.fsub(shifted, ll.constant(_ROUNDING))
    r = b.fsub(b.fmul(n, ll.constant(math.log(2))), x)
    exponent = b.sub(_whole(_BIAS), b.fptosi(n, ll.INDICES))
    scale = b.bitcast(b.shl(exponent, _whole(_MANTISSA)), ll.VECTOR)
    return b.fmul(_polynomial(b, _EXP, r), scale)


def _log1p(b: Any, z: Value) -> Value:
    """log(1 + z) = 2 atanh(z / (2 + z)), 0 <= z <= 1."""
    w = b.fdiv(z, b.fadd(z, ll.constant(2.0)))
    return b.fmul(w, _polynomial(b, _ATANH, b.fmul(w, w)))


def _polynomial(b: Any, coefficients: list[float], x: Value) -> Value:
    found = ll.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        found = ll.fma(b, found, x, ll.constant(coefficient))
    return found


def _whole(number: int) -> Value:
    return ir.Constant(ll.INDICES, [number] * ll.LANES)
