"""What instructions do that load, store and add in memory."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from benchmarks.gpu.sass_code import Instruction
from benchmarks.gpu.sass_registers import I64, U32, U64, Make, bits, signed64
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

_M = U64(0xFFFFFFFF)
_SIZES: dict[str, Any] = {"U8": np.uint8, "S8": np.int8, "U16": np.uint16, "S16": np.int16}
_ADDRESS = re.compile(r"(?:desc\[UR\d+\])?\[(.*)\]")


def waved(act: Act, one: Instruction, mods: list[str]) -> Act:
    """Counts the passes that an access to shared memory takes: lanes that want other words of one
    bank wait for each other; of wide accesses a half or a quarter of the lanes come at a time."""
    (place,) = (text for text in one.operands if "[" in text)
    words = next((int(mod) // 32 for mod in mods if mod in ("64", "128")), 1)

    def counted(warp: Warp, lanes: Words) -> None:
        first = places(place, warp) // 4
        for group in np.split(np.arange(LANES), words):
            wanted = np.unique((first[group][lanes[group]][:, None] + np.arange(words)).ravel())
            if len(wanted):
                warp.launch.passes[one.address] += int(np.bincount(wanted % 32).max())
                warp.launch.least[one.address] += 1
        act(warp, lanes)

    return counted


def places(text: str, warp: Warp) -> Any:
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
            total = total + scale * signed64(one.u(warp))
    return total


def access(load: bool, shared: bool) -> Make:
    def make(texts: list[str], mods: list[str]) -> Act:
        kind: Any = next((_SIZES[mod] for mod in mods if mod in _SIZES), U32)
        words = next((int(mod) // 32 for mod in mods if mod in ("64", "128")), 1)
        texts = [text for text in texts if not is_predicate(text)]
        place, register = (texts[1], texts[0]) if load else (texts[0], texts[1])
        first = Operand(register)

        def act(warp: Warp, lanes: Words) -> None:
            view, at = _reached(place, warp, lanes, kind, words, shared=shared)
            for i in range(words):
                one = first.number + i if first.number != 255 else 255
                if not load:
                    view[at + i] = warp.r[one][lanes].astype(kind)
                elif one != 255:
                    warp.r[one][lanes] = view[at + i].astype(I64) & I64(_M)

        return act

    return make


def _reached(
    place: str, warp: Warp, lanes: Words, kind: Any, count: int, *, shared: bool
) -> tuple[Words, Words]:
    """Memory as numbers of a kind, and where each lane begins with so many of them."""
    view = (warp.launch.shared if shared else warp.launch.global_).view(kind)
    at = (places(place, warp)[lanes] - (0 if shared else BASE)) // view.itemsize
    if at.min() < 0 or at.max() + count > len(view):
        raise IndexError(f"{place} is outside its memory")
    return view, at


def atomic(returns: bool, shared: bool) -> Make:
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
            view, at = _reached(place, warp, lanes, kind, count, shared=shared)
            if out is not None and out.number != 255:
                old = np.zeros(LANES, U64)
                old[lanes] = bits(view[at]).astype(U64)
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
