"""Random draws, as `w2v.training.draws` and `Backend.random_bits` have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends import numba_rows as rows_of
from w2v.backends.base import GAMMA, MIX_1, MIX_2
from w2v.backends.numba_compiling import BYTES, address, compiled, helper, inlined
from w2v.backends.numba_llvm import Value, write_long
from w2v.backends.numba_rows import IDS

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


@helper
def draw_columns(columns: Any, noise: Any, number: Any) -> None:
    """Where the noise words of a block are read from, and the bits that choose; asks for it.

    Only to be read: what one core asks for to write, the others lose.
    """
    accept, alias = address(noise.accept), address(noise.alias)
    columns_at, bits_at_ = address(columns), address(columns[1])
    for n in range(noise.shared):
        column, bits = _column(noise, number, n)
        write_long(columns_at, n, column)
        write_long(bits_at_, n, bits)
        rows_of.prefetch_read(accept + column * BYTES, 1)
        rows_of.prefetch_read(alias + column * BYTES, 1)


@helper
def drawn(out: Any, columns: Any, noise: Any) -> None:
    """The noise words of columns; all are read and written up to a multiple of IDS."""
    accept, alias = address(noise.accept), address(noise.alias)
    _choose(address(out), address(columns), address(columns[1]), accept, alias, noise.shared)


@ll.emitted("iiiiii")
def _choose(
    b: Any, out: Value, columns: Value, bits: Value, accept: Value, alias: Value, count: Value
) -> None:
    """A column where its bits are up to what it accepts, else its alias; without a branch."""
    wide, narrow = ir.VectorType(ll.LONG, IDS), ir.VectorType(ll.INT, IDS)
    pointer = wide.as_pointer()
    tables = [b.inttoptr(table, ll.INT.as_pointer()) for table in (accept, alias)]
    groups = b.udiv(b.add(count, ll.count(IDS - 1)), ll.count(IDS))
    with cgutils.for_range(b, groups) as loop:
        first = b.mul(loop.index, ll.count(IDS))
        column, chance = (
            b.load(b.bitcast(b.gep(b.inttoptr(of, ll.LONG.as_pointer()), [first]), pointer))
            for of in (columns, bits)
        )
        column.align = chance.align = 8
        limit, other = (ir.Constant(narrow, ir.Undefined) for _ in tables)
        for i in range(IDS):
            lane = ir.Constant(ll.INT, i)
            place = b.extract_element(column, lane)
            found = [b.load(b.gep(table, [place])) for table in tables]
            limit = b.insert_element(limit, found[0], lane)
            other = b.insert_element(other, found[1], lane)
        own = b.icmp_unsigned("<=", b.trunc(chance, narrow), limit)
        words = b.select(own, b.trunc(column, narrow), other)
        to = b.gep(b.inttoptr(out, ll.INT.as_pointer()), [first])
        b.store(words, b.bitcast(to, narrow.as_pointer())).align = 4
