"""Registers and memory of warps of an NVIDIA device, as `sass_program` runs them on the CPU."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANES = 32
BASE = 1 << 33  # where global memory begins
WINDOW = 0x400  # where shared memory begins, on sm_90
_M = 0xFFFFFFFF
_RZ, _PT, _URZ = 255, 7, 63
Words = NDArray[Any]
Act = Callable[["Warp", Words], None]


class UnknownCodeError(Exception):
    """An instruction that is not known here; says which."""


class Warp:
    """Registers of the lanes of a warp, and where each lane is."""

    def __init__(self, number: int, threads: int, block: int, launch: Launch) -> None:
        self.launch = launch
        self.r = np.zeros((256, LANES), np.uint32)
        self.p = np.zeros((8, LANES), bool)
        self.p[_PT] = True
        self.ur = np.zeros(64, np.uint32)
        self.up = np.zeros(8, bool)
        self.up[_PT] = True
        self.at = np.zeros(LANES, np.int64)
        self.tid = (LANES * number + np.arange(LANES)).astype(np.uint32)
        self.over = self.tid >= threads
        self.waits = np.zeros(LANES, bool)
        self.special = {"SR_TID.X": self.tid, "SR_CTAID.X": block, "SR_LANEID": self.tid % LANES}


class Launch:
    """The memory of a launch: constants, global memory, and that of the block that runs."""

    def __init__(self, constants: bytes, memory: Words, shared: int) -> None:
        self.constants = constants
        self.global_ = memory
        self.shared_bytes = WINDOW + shared
        self.shared = np.zeros(0, np.uint8)
        self.under_way = 0  # bytes that a block's bulk copies bring, less those it expects
        self.passes: Counter[int] = Counter()  # over shared memory, by address of the instruction
        self.least: Counter[int] = Counter()  # the same without conflicts of banks

    def clear(self) -> None:
        self.shared = np.full(-(-self.shared_bytes // 16) * 16, 0xFF, np.uint8)


class Operand:
    """A register, predicate, number or constant, with its sign."""

    def __init__(self, text: str) -> None:
        text = text.removesuffix(".reuse")
        self.text = text
        self.negative, self.inverted = text[:1] == "-", text[:1] in "~!"
        bare = text.lstrip("-~!+")
        self.absolute = bare[:1] == "|"
        bare = bare.strip("|").split(".reuse")[0]
        self.kind, self.number = "number", 0
        if match := re.fullmatch(r"(UR|UP|R|P)(\d+|Z|T)(?:\.\w+)?", bare):
            self.kind = match[1]
            last = {"R": _RZ, "UR": _URZ}.get(self.kind, _PT)
            self.number = last if match[2] in "ZT" else int(match[2])
        elif match := re.fullmatch(r"c\[0x0\]\[(?:(0x[0-9a-f]+)|U?RZ)\]", bare):
            self.kind, self.number = "constant", int(match[1] or "0", 16)
        elif match := re.fullmatch(r"0x[0-9a-f]+", bare):
            self.number = int(bare, 16)
        else:
            self.kind = "float"

    def raw(self, warp: Warp, words: int = 1) -> Any:
        """One or two words as unsigned integers, without their sign."""
        if self.kind in ("R", "UR"):
            file, last = (warp.r, _RZ) if self.kind == "R" else (warp.ur, _URZ)
            low = file[self.number]
            if words == 1:
                return low
            high = file[self.number + (self.number != last)]
            return low.astype(np.uint64) | (high.astype(np.uint64) << np.uint64(32))
        if self.kind == "constant":
            at = warp.launch.constants[self.number : self.number + 4 * words]
            return np.frombuffer(at, np.uint32 if words == 1 else np.uint64)[0]
        if self.kind == "number":
            return np.uint32(self.number) if words == 1 else np.uint64(self.number)
        raise UnknownCodeError(f"operand {self.text}")

    def u(self, warp: Warp) -> Any:
        """An unsigned integer of 32 bits."""
        value = self.raw(warp)
        if self.negative:
            return (~value + np.uint32(1)).astype(np.uint32)
        return ~value if self.inverted else value

    def wide(self, warp: Warp) -> Any:
        """The same in 64 bits, where a negative one is a sum that may carry."""
        value = self.raw(warp).astype(np.uint64)
        if self.negative:
            return (~value & np.uint64(_M)) + np.uint64(1)
        return ~value & np.uint64(_M) if self.inverted else value

    def f(self, warp: Warp) -> Any:
        """A float32."""
        if self.kind == "float":
            return np.float32(self.text.replace("QNAN", "nan"))
        if self.kind == "number":  # a whole one, and its sign belongs to it
            return np.float32(-self.number if self.negative else self.number)
        return self._signed(np.atleast_1d(self.raw(warp)).view(np.float32))

    def d(self, warp: Warp) -> Any:
        """A float64."""
        if self.kind == "float":
            return np.float64(self.text)
        return self._signed(np.atleast_1d(self.raw(warp, 2)).view(np.float64))

    def p(self, warp: Warp) -> Any:
        """A predicate."""
        value = warp.p[self.number] if self.kind == "P" else warp.up[self.number]
        return ~value if self.inverted else value

    def _signed(self, value: Any) -> Any:
        value = np.abs(value) if self.absolute else value
        return -value if self.negative else value

    def put(self, warp: Warp, lanes: Words, value: Any, words: int = 1) -> None:
        """Words into the lanes of registers, or a predicate."""
        if self.kind == "P":
            if self.number != _PT:
                np.copyto(warp.p[self.number], value, where=lanes)
        elif self.kind == "UP":
            if self.number != _PT:
                warp.up[self.number] = np.broadcast_to(value, LANES)[np.argmax(lanes)]
        elif self.kind == "UR":
            one = int(np.broadcast_to(value, LANES)[np.argmax(lanes)])
            for i in range(words if self.number != _URZ else 0):
                warp.ur[self.number + i] = one >> 32 * i & _M
        elif self.number != _RZ:
            value = np.asarray(value)
            if words == 1:
                np.copyto(warp.r[self.number], value, where=lanes, casting="unsafe")
                return
            low, high = value & np.uint64(_M), value >> np.uint64(32)
            np.copyto(warp.r[self.number], low, where=lanes, casting="unsafe")
            np.copyto(warp.r[self.number + 1], high, where=lanes, casting="unsafe")


def is_predicate(text: str) -> bool:
    return re.fullmatch(r"!?U?P[\dT]", text) is not None
