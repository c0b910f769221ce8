"""Random draws, as `w2v.training.draws` and `Backend.random_bits` have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_rows as rows_of
from w2v.backends.base import GAMMA, MIX_1, MIX_2
from w2v.backends.numba_compiling import address, compiled, helper, inlined

U32, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_U27, _U30, _U31 = np.uint64(27), np.uint64(30), np.uint64(31)


@helper
def bits_at(start: Any, counter: Any) -> Any:
    z = counter * _GAMMA + start
    z ^= z >> _U30
    z *= _MIX_1
    z ^= z >> _U27
    z *= _MIX_2
    z ^= z >> _U31
    return z


@compiled
def random_bits(start: Any, counter: Any, out: Any) -> None:
    """See `Backend.random_bits`; `start` is key + GAMMA."""
    for i in range(len(counter)):
        out[i] = bits_at(start, counter[i])


@inlined
def _column(noise: Any, number: Any, n: Any) -> Any:
    """Of the n-th noise word of a block: where it is read from, and the bits that choose."""
    counter = np.uint64(number) * np.uint64(noise.shared) + np.uint64(n)
    bits = bits_at(noise.start, counter)
    return np.int64((bits >> U32) * np.uint64(len(noise.accept)) >> U32), np.int64(bits & LOW)


@inlined
def _word(noise: Any, column: Any, bits: Any) -> Any:
    return column if bits <= np.int64(noise.accept[column]) else noise.alias[column]


@helper
def draw_columns(columns: Any, noise: Any, number: Any) -> None:
    """Where the noise words of a block are read from, and the bits that choose; asks for it."""
    for n in range(noise.shared):
        column, bits = _column(noise, number, n)
        columns[0, n], columns[1, n] = column, bits
        rows_of.prefetch(address(noise.accept) + column * noise.accept.strides[0], 1)
        rows_of.prefetch(address(noise.alias) + column * noise.alias.strides[0], 1)


@helper
def drawn(out: Any, columns: Any, noise: Any) -> None:
    """The noise words of columns."""
    for n in range(noise.shared):
        out[n] = _word(noise, columns[0, n], columns[1, n])
