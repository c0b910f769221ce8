"""What instructions on floating-point numbers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.gpu.sass_registers import COMPARE, I32, I64, U32, U64, Make, bits, plain, put_both
from benchmarks.gpu.sass_warps import Act, Operand, UnknownCodeError, Warp, Words

_M = U64(0xFFFFFFFF)


def setp_of(read: str) -> Make:
    def make(texts: list[str], mods: list[str]) -> Act:
        out, other, a, b, also = (Operand(text) for text in texts)
        name = mods[0]

        def act(warp: Warp, lanes: Words) -> None:
            x, y = getattr(a, read)(warp), getattr(b, read)(warp)
            unordered = np.isnan(x) | np.isnan(y)
            if name[-1] == "U":
                found = unordered | COMPARE[name[:2]](x, y)
            else:
                found = ~unordered & COMPARE[name](x, y)
            put_both(warp, lanes, (out, other), found, also.p(warp), "OR" in mods)

        return act

    return make


def fmnmx(texts: list[str], mods: list[str]) -> Act:
    out, a, b, smaller = (Operand(text) for text in texts)

    def act(warp: Warp, lanes: Words) -> None:
        x, y = a.f(warp), b.f(warp)
        value = np.where(smaller.p(warp), np.fmin(x, y), np.fmax(x, y)).astype(np.float32)
        out.put(warp, lanes, bits(value))

    return act


def mufu(texts: list[str], mods: list[str]) -> Act:
    does: dict[str, Callable[[Any], Any]] = {
        "RCP": lambda x: np.float32(1) / x,
        "EX2": np.exp2,
        "LG2": np.log2,
        "RSQ": lambda x: np.float32(1) / np.sqrt(x),
        "SQRT": np.sqrt,
    }
    return plain(1, "f", does[mods[0]])(texts, mods)


def fma16(texts: list[str], mods: list[str]) -> Act:
    """Used to load a number: two float16, the upper one first."""
    if texts[1:3] != ["-RZ", "RZ"]:
        raise UnknownCodeError(f"HFMA2 {', '.join(texts)}")
    high, low = (int(np.float16(float(text)).view(np.uint16)) for text in texts[3:5])
    out = Operand(texts[0])
    return lambda warp, lanes: out.put(warp, lanes, U32(high << 16 | low))


def i2f(texts: list[str], mods: list[str]) -> Act:
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
        out.put(warp, lanes, bits(found), 2 if double else 1)

    return act


def f2i(texts: list[str], mods: list[str]) -> Act:
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


def f2f(texts: list[str], mods: list[str]) -> Act:
    to_double = mods[0] == "F64"
    kind = np.float64 if to_double else np.float32
    make = plain(2 if to_double else 1, "f" if to_double else "d", lambda x: np.asarray(x, kind))
    return make(texts, mods)
