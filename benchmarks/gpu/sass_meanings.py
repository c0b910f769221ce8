"""What each instruction does to the registers and the memory of a warp."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.gpu.sass_code import Instruction
from benchmarks.gpu.sass_warps import (
    BASE,
    LANES,
    Act,
    Operand,
    UnknownCodeError,
    Warp,
    Words,
    is_predicate,
)

U32, U64, I32, I64 = np.uint32, np.uint64, np.int32, np.int64
_M = U64(0xFFFFFFFF)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
}
_SIZES = {"U8": np.uint8, "S8": np.int8, "U16": np.uint16, "S16": np.int16}
_ADDRESS = re.compile(r"(?:desc\[UR\d+\])?\[(.*)\]")


def meaning(one: Instruction) -> Act:
    """What an instruction does, to be called with a warp and its active lanes.

    Raises
    ------
    UnknownCodeError
    """
    base, *mods = one.name.split(".")
    uniform = base[:1] == "U" and base[1:] in _KNOWN
    make = _KNOWN.get(base[1:] if uniform else base)
    if make is None:
        raise UnknownCodeError(f"{one.name} {', '.join(one.operands)}")
    act = make(one.operands, mods)
    return _waved(act, one, mods) if base in ("LDS", "STS") else act


def _waved(act: Act, one: Instruction, mods: list[str]) -> Act:
    """Counts the passes that an access to shared memory takes: lanes that want other words of one
    bank wait for each other; of wide accesses a half or a quarter of the lanes come at a time."""
    (place,) = (text for text in one.operands if "[" in text)
    words = next((int(mod) // 32 for mod in mods if mod in ("64", "128")), 1)

    def counted(warp: Warp, lanes: Words) -> None:
        first = _places(place, warp) // 4
        for group in np.split(np.arange(LANES), words):
            wanted = np.unique((first[group][lanes[group]][:, None] + np.arange(words)).ravel())
            if len(wanted):
                warp.launch.passes[one.address] += int(np.bincount(wanted % 32).max())
                warp.launch.least[one.address] += 1
        act(warp, lanes)

    return counted


def _leading(texts: list[str]) -> tuple[list[Operand], list[Operand], list[Operand]]:
    """The destination with predicates after it, the sources, and predicates after these."""
    outs = [Operand(texts[0])]
    rest = list(texts[1:])
    while rest and is_predicate(rest[0]):
        outs.append(Operand(rest.pop(0)))
    ins: list[Operand] = []
    while rest and is_predicate(rest[-1]):
        ins.insert(0, Operand(rest.pop()))
    return outs, [Operand(text) for text in rest], ins


def _signed64(value: Any) -> Any:
    return np.asarray(value).astype(U32).view(I32).astype(I64)


def _iadd3(texts: list[str], mods: list[str]) -> Act:
    outs, sources, ins = _leading(texts)

    def act(warp: Warp, lanes: Words) -> None:
        total = sum((one.wide(warp) for one in sources), U64(0))
        if "X" in mods:
            for one in ins:
                total = total + np.asarray(one.p(warp)).astype(U64)
        outs[0].put(warp, lanes, total & _M)
        for i, one in enumerate(outs[1:]):
            one.put(warp, lanes, (total >> U64(32)) > i)

    return act


def _lea(texts: list[str], mods: list[str]) -> Act:
    outs, sources, ins = _leading(texts)
    shift = U64(sources[-1].number)

    def act(warp: Warp, lanes: Words) -> None:
        a, b = sources[0].wide(warp) & _M, sources[1].wide(warp)
        if "HI" in mods:
            high = sources[2].wide(warp) & _M if len(sources) > 3 else U64(0)
            if "SX32" in mods:
                high = (_signed64(a) >> I64(32)).view(U64) & _M
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


def _imad(texts: list[str], mods: list[str]) -> Act:
    outs, (a, b, c), ins = _leading(texts)
    whole = "WIDE" in mods or "HI" in mods

    def act(warp: Warp, lanes: Words) -> None:
        one, two = a.u(warp), b.u(warp)
        if whole and "U32" not in mods:
            product = (_signed64(one) * _signed64(two)).view(U64)
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


def _shf(texts: list[str], mods: list[str]) -> Act:
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


def _isetp(texts: list[str], mods: list[str]) -> Act:
    out, other, a, b, *more = (Operand(text) for text in texts)
    compare, unsigned = mods[0], "U32" in mods

    def act(warp: Warp, lanes: Words) -> None:
        x, y = np.asarray(a.u(warp)), np.asarray(b.u(warp))
        if not unsigned:
            x, y = np.atleast_1d(x).view(I32), np.atleast_1d(y).view(I32)
        found = _COMPARE[compare](x, y)
        if "EX" in mods:
            below = more[1].p(warp)
            if compare == "NE":
                found = found | below
            elif compare == "EQ":
                found = found & below
            else:
                found = _COMPARE[compare[0] + "T"](x, y) | ((x == y) & below)
        _put_both(warp, lanes, (out, other), found, more[0].p(warp), "OR" in mods)

    return act


def _put_both(
    warp: Warp, lanes: Words, outs: tuple[Operand, Operand], found: Any, also: Any, either: bool
) -> None:
    for out, value in zip(outs, (found, ~found), strict=True):
        out.put(warp, lanes, value | also if either else value & also)


def _setp_of(read: str) -> Callable[[list[str], list[str]], Act]:
    def make(texts: list[str], mods: list[str]) -> Act:
        out, other, a, b, also = (Operand(text) for text in texts)
        name = mods[0]

        def act(warp: Warp, lanes: Words) -> None:
            x, y = getattr(a, read)(warp), getattr(b, read)(warp)
            unordered = np.isnan(x) | np.isnan(y)
            if name[-1] == "U":
                found = unordered | _COMPARE[name[:2]](x, y)
            else:
                found = ~unordered & _COMPARE[name](x, y)
            _put_both(warp, lanes, (out, other), found, also.p(warp), "OR" in mods)

        return act

    return make


def _lop3(texts: list[str], mods: list[str]) -> Act:
    found = Operand(texts[0]) if is_predicate(texts[0]) else None
    out, a, b, c, table = (Operand(text) for text in (texts[1:] if found else texts)[:5])

    def act(warp: Warp, lanes: Words) -> None:
        value = _looked_up(a.u(warp), b.u(warp), c.u(warp), table.number)
        out.put(warp, lanes, value)
        if found:
            found.put(warp, lanes, value != 0)

    return act


def _looked_up(a: Any, b: Any, c: Any, table: int) -> Any:
    """Bit by bit, what a table of 8 bits says of three."""
    value = a & ~a
    for case in range(8):
        if table >> case & 1:
            parts = [x if case >> place & 1 else ~x for x, place in ((a, 2), (b, 1), (c, 0))]
            value = value | (parts[0] & parts[1] & parts[2])
    return value


def _plop3(texts: list[str], mods: list[str]) -> Act:
    out, other, a, b, c, table, second = (Operand(text) for text in texts)

    def act(warp: Warp, lanes: Words) -> None:
        three = a.p(warp), b.p(warp), c.p(warp)
        out.put(warp, lanes, _looked_up(*three, table.number))
        other.put(warp, lanes, _looked_up(*three, second.number))

    return act


def _least(texts: list[str], mods: list[str], added: bool = False) -> Act:
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


def _plain(
    words: int, read: str, does: Callable[..., Any]
) -> Callable[[list[str], list[str]], Act]:
    """One result of sources that are read the same way."""

    def make(texts: list[str], mods: list[str]) -> Act:
        out, *sources = (Operand(text) for text in texts)

        def act(warp: Warp, lanes: Words) -> None:
            with np.errstate(all="ignore"):
                value = does(*(getattr(one, read)(warp) for one in sources))
            out.put(warp, lanes, _bits(value), words)

        return act

    return make


def _bits(value: Any) -> Any:
    value = np.atleast_1d(value)
    kind = {np.dtype("float32"): U32, np.dtype("float64"): U64}.get(value.dtype)
    return value.view(kind) if kind else value


def _select(read: str) -> Callable[[list[str], list[str]], Act]:
    def make(texts: list[str], mods: list[str]) -> Act:
        out, a, b, which = (Operand(text) for text in texts)

        def act(warp: Warp, lanes: Words) -> None:
            x, y = getattr(a, read)(warp), getattr(b, read)(warp)
            out.put(warp, lanes, _bits(np.where(which.p(warp), x, y)))

        return act

    return make


def _fmnmx(texts: list[str], mods: list[str]) -> Act:
    out, a, b, smaller = (Operand(text) for text in texts)

    def act(warp: Warp, lanes: Words) -> None:
        x, y = a.f(warp), b.f(warp)
        value = np.where(smaller.p(warp), np.fmin(x, y), np.fmax(x, y)).astype(np.float32)
        out.put(warp, lanes, _bits(value))

    return act


def _mufu(texts: list[str], mods: list[str]) -> Act:
    does: dict[str, Callable[[Any], Any]] = {
        "RCP": lambda x: np.float32(1) / x,
        "EX2": np.exp2,
        "LG2": np.log2,
        "RSQ": lambda x: np.float32(1) / np.sqrt(x),
        "SQRT": np.sqrt,
    }
    return _plain(1, "f", does[mods[0]])(texts, mods)


def _fma16(texts: list[str], mods: list[str]) -> Act:
    """Used to load a number: two float16, the upper one first."""
    if texts[1:3] != ["-RZ", "RZ"]:
        raise UnknownCodeError(f"HFMA2 {', '.join(texts)}")
    high, low = (int(np.float16(float(text)).view(np.uint16)) for text in texts[3:5])
    out = Operand(texts[0])
    return lambda warp, lanes: out.put(warp, lanes, U32(high << 16 | low))


def _i2f(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    double = "F64" in mods
    kind = np.float64 if double else np.float32
    wide = "U64" in mods or "S64" in mods

    def act(warp: Warp, lanes: Words) -> None:
        value = np.atleast_1d(source.raw(warp, 2) if wide else source.u(warp))
        if "U64" not in mods and "U32" not in mods:
            value = value.view(I64 if wide else I32)
        found = value.astype(kind)
        if "RP" in mods:  # rounded up
            low = found.astype(np.float64) < value.astype(np.float64)
            found = np.where(low, np.nextafter(found, kind(np.inf)), found).astype(kind)
        out.put(warp, lanes, _bits(found), 2 if double else 1)

    return act


def _f2i(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    words, signed = (2 if "U64" in mods or "S64" in mods else 1), "U32" not in mods

    def act(warp: Warp, lanes: Words) -> None:
        value = np.trunc(np.asarray(source.f(warp), np.float64))
        if words == 2:
            found = np.clip(value, 0, 2.0**64 - 2048).astype(U64)
        elif signed:
            found = np.clip(value, -(2.0**31), 2.0**31 - 1).astype(I64) & I64(_M)
        else:
            found = np.clip(value, 0, 2.0**32 - 1).astype(U64)
        out.put(warp, lanes, found, words)

    return act


def _f2f(texts: list[str], mods: list[str]) -> Act:
    to_double = mods[0] == "F64"
    kind = np.float64 if to_double else np.float32
    make = _plain(2 if to_double else 1, "f" if to_double else "d", lambda x: np.asarray(x, kind))
    return make(texts, mods)


def _special(texts: list[str], mods: list[str]) -> Act:
    out, name = Operand(texts[0]), texts[1]

    def act(warp: Warp, lanes: Words) -> None:
        words = 2 if name == "SRZ" and "32" not in mods else 1
        out.put(warp, lanes, np.asarray(warp.special.get(name, 0), U64), words)

    return act


def _load_constant(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    words = 2 if "64" in mods else 1
    return lambda warp, lanes: out.put(warp, lanes, source.raw(warp, words), words)


def _places(text: str, warp: Warp) -> Any:
    """Addresses of the lanes, of 64 bits."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise UnknownCodeError(f"address {text}")
    total = np.zeros(LANES, I64)
    for part in filter(None, match[1].split("+")):
        name, _, kind = part.partition(".")
        one = Operand(name)
        if one.kind == "number":
            total = total + (-one.number if one.negative else one.number)
        elif kind == "64":
            total = total + np.asarray(one.raw(warp, 2)).astype(I64)
        else:
            scale = int(kind[1:]) if kind[:1] == "X" else 1
            total = total + scale * _signed64(one.u(warp))
    return total


def _access(load: bool, shared: bool) -> Callable[[list[str], list[str]], Act]:
    def make(texts: list[str], mods: list[str]) -> Act:
        kind: Any = next((_SIZES[mod] for mod in mods if mod in _SIZES), U32)
        words = next((int(mod) // 32 for mod in mods if mod in ("64", "128")), 1)
        texts = [text for text in texts if not is_predicate(text)]
        place, register = (texts[1], texts[0]) if load else (texts[0], texts[1])
        first = Operand(register)

        def act(warp: Warp, lanes: Words) -> None:
            memory = warp.launch.shared if shared else warp.launch.global_
            view = memory.view(kind)
            at = (_places(place, warp)[lanes] - (0 if shared else BASE)) // view.itemsize
            if at.min() < 0 or at.max() + words > len(view):
                raise IndexError(f"{texts} is outside its memory")
            for i in range(words):
                one = first.number + i if first.number != 255 else 255
                if not load:
                    view[at + i] = warp.r[one][lanes].astype(kind)
                elif one != 255:
                    warp.r[one][lanes] = view[at + i].astype(I64) & I64(_M)

        return act

    return make


def _atomic(returns: bool, shared: bool) -> Callable[[list[str], list[str]], Act]:
    def make(texts: list[str], mods: list[str]) -> Act:
        texts = [text for text in texts if not is_predicate(text)]
        out = Operand(texts.pop(0)) if returns else None
        place = texts[0]
        value = Operand(texts[1]) if len(texts) > 1 else None  # else 1
        wide = "64" in mods or "F64" in mods
        floats = {"F32": np.float32, "F32x4": np.float32, "F64": np.float64}
        kind: Any = next((floats[mod] for mod in mods if mod in floats), U64 if wide else U32)
        count = 4 if "F32x4" in mods else 1
        if "ADD" not in mods and "INC" not in mods:
            raise UnknownCodeError(f"an atomic {mods}")

        def act(warp: Warp, lanes: Words) -> None:
            memory = warp.launch.shared if shared else warp.launch.global_
            view = memory.view(kind)
            at = (_places(place, warp)[lanes] - (0 if shared else BASE)) // view.itemsize
            if at.min() < 0 or at.max() + count > len(view):
                raise IndexError(f"{texts} is outside its memory")
            if out is not None and out.number != 255:
                old = np.zeros(LANES, U64)
                old[lanes] = _bits(view[at]).astype(U64)
                out.put(warp, lanes, old, 2 if wide else 1)
            for i in range(count):
                if value is None:
                    added = np.ones(LANES, kind)
                elif value.number == 255:
                    added = np.zeros(LANES, kind)
                else:
                    words = 2 if wide else 1
                    step = Operand(f"R{value.number + i}")
                    added = np.ascontiguousarray(step.raw(warp, words)).view(kind)
                np.add.at(view, at + i, added[lanes])

        return act

    return make


def _r2ur(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    return lambda warp, lanes: out.put(warp, lanes, source.u(warp))


_KNOWN: dict[str, Callable[[list[str], list[str]], Act]] = {
    "IADD3": _iadd3,
    "VIADD": _plain(1, "u", lambda a, b: np.add(a, b, dtype=U32)),
    "LEA": _lea,
    "IMAD": _imad,
    "SHF": _shf,
    "ISETP": _isetp,
    "FSETP": _setp_of("f"),
    "DSETP": _setp_of("d"),
    "LOP3": _lop3,
    "PLOP3": _plop3,
    "VIMNMX": _least,
    "VIMNMX3": _least,
    "IMNMX": _least,
    "VIADDMNMX": lambda texts, mods: _least(texts, mods, added=True),
    "MOV": _plain(1, "u", lambda a: a),
    "IABS": _plain(1, "u", lambda a: np.abs(np.atleast_1d(a).view(I32)).view(U32)),
    "SEL": _select("u"),
    "FSEL": _select("f"),
    "FADD": _plain(1, "f", operator.add),
    "FMUL": _plain(1, "f", operator.mul),
    "FFMA": _plain(1, "f", lambda a, b, c: (np.float64(1) * a * b + c).astype(np.float32)),
    "FMNMX": _fmnmx,
    "DMUL": _plain(2, "d", operator.mul),
    "POPC": _plain(1, "u", lambda a: np.bitwise_count(np.atleast_1d(a)).astype(U32)),
    "DADD": _plain(2, "d", operator.add),
    "MUFU": _mufu,
    "HFMA2": _fma16,
    "I2FP": _i2f,
    "I2F": _i2f,
    "F2I": _f2i,
    "F2F": _f2f,
    "S2R": _special,
    "S2UR": _special,
    "CS2R": _special,
    "R2UR": _r2ur,
    "LDC": _load_constant,
    "LDG": _access(load=True, shared=False),
    "STG": _access(load=False, shared=False),
    "LDS": _access(load=True, shared=True),
    "STS": _access(load=False, shared=True),
    "RED": _atomic(returns=False, shared=False),
    "REDG": _atomic(returns=False, shared=False),
    "ATOMG": _atomic(returns=True, shared=False),
    "ATOMS": _atomic(returns=True, shared=True),
}
