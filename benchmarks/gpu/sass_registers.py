"""What instructions have in common that work on registers: how they are read and written."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.gpu.sass_warps import LANES, Act, Operand, UnknownCodeError, Warp, Words

Make = Callable[[list[str], list[str]], Act]
"""Of operands and modifiers, what an instruction does with a warp and its active lanes."""
U32, U64, I32, I64 = np.uint32, np.uint64, np.int32, np.int64
_M = U64(0xFFFFFFFF)
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
}


def signed64(value: Any) -> Any:
    return np.asarray(value).astype(U32).view(I32).astype(I64)


def put_both(
    warp: Warp, lanes: Words, outs: tuple[Operand, Operand], found: Any, also: Any, either: bool
) -> None:
    for out, value in zip(outs, (found, ~found), strict=True):
        out.put(warp, lanes, value | also if either else value & also)


def plain(words: int, read: str, does: Callable[..., Any]) -> Make:
    """One result of sources that are read the same way."""

    def make(texts: list[str], mods: list[str]) -> Act:
        out, *sources = (Operand(text) for text in texts)

        def act(warp: Warp, lanes: Words) -> None:
            with np.errstate(all="ignore"):
                value = does(*(getattr(one, read)(warp) for one in sources))
            out.put(warp, lanes, bits(value), words)

        return act

    return make


def bits(value: Any) -> Any:
    value = np.atleast_1d(value)
    kind = {np.dtype("float32"): U32, np.dtype("float64"): U64}.get(value.dtype)
    return value.view(kind) if kind else value


def select(read: str) -> Make:
    def make(texts: list[str], mods: list[str]) -> Act:
        out, a, b, which = (Operand(text) for text in texts)

        def act(warp: Warp, lanes: Words) -> None:
            x, y = getattr(a, read)(warp), getattr(b, read)(warp)
            out.put(warp, lanes, bits(np.where(which.p(warp), x, y)))

        return act

    return make


def special(texts: list[str], mods: list[str]) -> Act:
    out, name = Operand(texts[0]), texts[1]

    def act(warp: Warp, lanes: Words) -> None:
        words = 2 if name == "SRZ" and "32" not in mods else 1
        out.put(warp, lanes, np.asarray(warp.special.get(name, 0), U64), words)

    return act


def load_constant(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    words = 2 if "64" in mods else 1
    return lambda warp, lanes: out.put(warp, lanes, source.raw(warp, words), words)


def vote(texts: list[str], mods: list[str]) -> Act:
    """Whether a predicate holds in all lanes that are active, or in any, as a uniform one."""
    if len(texts) != 2 or mods not in (["ALL"], ["ANY"]):
        raise UnknownCodeError(f"a vote {mods} on {texts}")
    out, source = (Operand(text) for text in texts)
    together = np.all if mods == ["ALL"] else np.any

    def act(warp: Warp, lanes: Words) -> None:
        held = np.broadcast_to(source.p(warp), LANES)[lanes]
        out.put(warp, lanes, np.full(LANES, together(held)))

    return act


def r2ur(texts: list[str], mods: list[str]) -> Act:
    out, source = (Operand(text) for text in texts)
    return lambda warp, lanes: out.put(warp, lanes, source.u(warp))


def elect(texts: list[str], mods: list[str]) -> Act:
    """One of the active lanes; the bits of all are not kept."""
    out = Operand(texts[0])
    if texts[1:] != ["URZ", "PT"]:
        raise UnknownCodeError(f"an election by {texts}")
    return lambda warp, lanes: out.put(warp, lanes, np.arange(LANES) == np.argmax(lanes))


def predicates(texts: list[str], mods: list[str]) -> Act:
    """The predicates of a mask as bits; others are those of a register."""
    out, other, mask = (Operand(text) for text in (texts[0], texts[2], texts[3]))

    def act(warp: Warp, lanes: Words) -> None:
        held = sum(warp.p[i].astype(U32) << U32(i) for i in range(7))
        chosen = mask.u(warp)
        out.put(warp, lanes, (held & chosen) | (other.u(warp) & ~chosen))

    return act


def permute(texts: list[str], mods: list[str]) -> Act:
    """Bytes of two registers."""
    out, a, chosen, b = (Operand(text) for text in texts)
    if mods or chosen.kind != "number" or chosen.number & 0x8888:
        raise UnknownCodeError(f"a permutation {mods} by {texts}")

    def act(warp: Warp, lanes: Words) -> None:
        both = np.asarray(a.u(warp)).astype(U64) | np.asarray(b.u(warp)).astype(U64) << U64(32)
        picked = (chosen.number >> 4 * i & 7 for i in range(4))
        moved = ((both >> U64(8 * at) & U64(0xFF)) << U64(8 * i) for i, at in enumerate(picked))
        out.put(warp, lanes, sum(moved, U64(0)))

    return act
