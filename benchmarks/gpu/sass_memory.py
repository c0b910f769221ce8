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


def bulk(adds: bool) -> Make:
    """A copy from global to shared memory, or a sum the other way, of a row; and at once."""

    def make(texts: list[str], mods: list[str]) -> Act:
        if mods != (["G", "S", "ADD", "F32", "RN"] if adds else ["S", "G"]):
            raise UnknownCodeError(f"a bulk copy {mods}")
        target, source, size = (Operand(text.strip("[]")) for text in texts)

        def act(warp: Warp, lanes: Words) -> None:
            launch = warp.launch
            count = 4 * int(size.raw(warp) & U32(0xFFFF))  # of 16 bytes, and so floats
            table, row = (target, source) if adds else (source, target)
            begin = int(table.raw(warp, 2)) - BASE
            place = launch.global_.view(np.float32)[begin // 4 :][:count]
            shared = launch.shared.view(np.float32)[int(row.raw(warp)) // 4 :][:count]
            if begin < 0 or not len(place) == len(shared) == count:
                raise IndexError(f"{texts} is outside its memory")
            if adds:
                place += shared
            else:
                shared[:] = place
                launch.under_way += 4 * count

        return act

    return make


def barrier(texts: list[str], mods: list[str]) -> Act:
    """One for bulk copies, which are done already where it is asked for."""
    if mods[0] == "PHASECHK":
        over = Operand(texts[0])
        return lambda warp, lanes: over.put(warp, lanes, np.ones(LANES, bool))
    if mods[0] == "ARRIVE":
        expected = Operand(texts[2])

        def arrive(warp: Warp, lanes: Words) -> None:
            warp.launch.under_way -= int(np.broadcast_to(expected.u(warp), LANES)[lanes].sum())

        return arrive
    if mods[0] == "EXCH":
        return lambda warp, lanes: None
    raise UnknownCodeError(f"a barrier {mods}")
