"""What instructions on whole numbers, bits and predicates do."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gpu.sass_registers import COMPARE, I32, I64, U32, U64, put_both, signed64
from benchmarks.gpu.sass_warps import Act, Operand, Warp, Words, is_predicate

_M = U64(0xFFFFFFFF)


def leading(texts: list[str]) -> tuple[list[Operand], list[Operand], list[Operand]]:
    """The destination with predicates after it, the sources, and predicates after these."""
    outs = [Operand(texts[0])]
    rest = list(texts[1:])
    while rest and is_predicate(rest[0]):
        outs.append(Operand(rest.pop(0)))
    ins: list[Operand] = []
    while rest and is_predicate(rest[-1]):
        ins.insert(0, Operand(rest.pop()))
    return outs, [Operand(text) for text in rest], ins


def iadd3(texts: list[str], mods: list[str]) -> Act:
    outs, sources, ins = leading(texts)

    def act(warp: Warp, lanes: Words) -> None:
        total = sum((one.wide(warp) for one in sources), U64(0))
        if "X" in mods:
            for one in ins:
                total = total + np.asarray(one.p(warp)).astype(U64)
        outs[0].put(warp, lanes, total & _M)
        for i, one in enumerate(outs[1:]):
            one.put(warp, lanes, (total >> U64(32)) > i)

    return act


def lea(texts: list[str], mods: list[str]) -> Act:
    outs, sources, ins = leading(texts)
    shift = U64(sources[-1].number)

    def act(warp: Warp, lanes: Words) -> None:
        a, b = sources[0].wide(warp) & _M, sources[1].wide(warp)
        if "HI" in mods:
            high = sources[2].wide(warp) & _M if len(sources) > 3 else U64(0)
            if "SX32" in mods:
                high = (signed64(a) >> I64(32)).view(U64) & _M
            part = (((high << U64(32)) | a) << shift) >> U64(32)
        else:
            part = (a << shift) & _M
        total = part + b
        if "X" in mods:
            total = total + np.asarray(ins[0].p(warp)).astype(U64)
        outs[0].put(warp, lanes, total & _M)
        for one in outs[1:]:
            one.put(warp, lanes, total > _M)

    return act


def imad(texts: list[str], mods: list[str]) -> Act:
    outs, (a, b, c), ins = leading(texts)
    whole = "WIDE" in mods or "HI" in mods

    def act(warp: Warp, lanes: Words) -> None:
        one, two = a.u(warp), b.u(warp)
        if whole and "U32" not in mods:
            product = (signed64(one) * signed64(two)).view(U64)
        else:
            product = np.asarray(one).astype(U64) * np.asarray(two).astype(U64)
        added = np.asarray(c.raw(warp, 2) if whole else c.wide(warp)).astype(U64)
        total = product + added
        carry = total < added
        if "X" in mods:
            one_more = np.asarray(ins[0].p(warp)).astype(U64)
            total = total + one_more
            carry = carry | (total < one_more)
        if "WIDE" in mods:
            outs[0].put(warp, lanes, total, 2)
        else:
            outs[0].put(warp, lanes, total >> U64(32) if "HI" in mods else total & _M)
        for other in outs[1:]:
            other.put(warp, lanes, carry)

    return act


def shf(texts: list[str], mods: list[str]) -> Act:
    out, low, count, high = (Operand(text) for text in texts)
    left, signed = mods[0] == "L", "S32" in mods or "S64" in mods
    upper = "HI" in mods

    def act(warp: Warp, lanes: Words) -> None:
        both = (np.asarray(high.wide(warp)) << U64(32)) | low.wide(warp)
        by = np.minimum(np.asarray(count.u(warp)).astype(U64), U64(63))
        if left:
            value = both << by
        elif signed:
            value = (np.atleast_1d(both).view(I64) >> by.astype(I64)).view(U64)
        else:
            value = both >> by
        out.put(warp, lanes, value >> U64(32) if upper else value & _M)

    return act


def isetp(texts: list[str], mods: list[str]) -> Act:
    out, other, a, b, *more = (Operand(text) for text in texts)
    compare, unsigned = mods[0], "U32" in mods

    def act(warp: Warp, lanes: Words) -> None:
        x, y = np.asarray(a.u(warp)), np.asarray(b.u(warp))
        if not unsigned:
            x, y = np.atleast_1d(x).view(I32), np.atleast_1d(y).view(I32)
        found = COMPARE[compare](x, y)
        if "EX" in mods:
            below = more[1].p(warp)
            if compare == "NE":
                found = found | below
            elif compare == "EQ":
                found = found & below
            else:
                found = COMPARE[compare[0] + "T"](x, y) | ((x == y) & below)
        put_both(warp, lanes, (out, other), found, more[0].p(warp), "OR" in mods)

    return act


def lop3(texts: list[str], mods: list[str]) -> Act:
    found = Operand(texts[0]) if is_predicate(texts[0]) else None
    out, a, b, c, table = (Operand(text) for text in (texts[1:] if found else texts)[:5])

    def act(warp: Warp, lanes: Words) -> None:
        value = looked_up(a.u(warp), b.u(warp), c.u(warp), table.number)
        out.put(warp, lanes, value)
        if found:
            found.put(warp, lanes, value != 0)

    return act


def looked_up(a: Any, b: Any, c: Any, table: int) -> Any:
    """Bit by bit, what a table of 8 bits says of three."""
    value = a & ~a
    for case in range(8):
        if table >> case & 1:
            parts = [x if case >> place & 1 else ~x for x, place in ((a, 2), (b, 1), (c, 0))]
            value = value | (parts[0] & parts[1] & parts[2])
    return value


def plop3(texts: list[str], mods: list[str]) -> Act:
    out, other, a, b, c, table, second = (Operand(text) for text in texts)

    def act(warp: Warp, lanes: Words) -> None:
        three = a.p(warp), b.p(warp), c.p(warp)
        out.put(warp, lanes, looked_up(*three, table.number))
        other.put(warp, lanes, looked_up(*three, second.number))

    return act


def least(texts: list[str], mods: list[str], added: bool = False) -> Act:
    out, *sources, smaller = (Operand(text) for text in texts)
    unsigned = "U32" in mods

    def act(warp: Warp, lanes: Words) -> None:
        values = [np.atleast_1d(one.u(warp)) for one in sources]
        if added:
            values[:2] = [(values[0] + values[1]).astype(U32)]
        if not unsigned:
            values = [value.view(I32) for value in values]
        least = most = values[0]
        for value in values[1:]:
            least, most = np.minimum(least, value), np.maximum(most, value)
        out.put(warp, lanes, np.where(smaller.p(warp), least, most).astype(I64) & I64(_M))

    return act
