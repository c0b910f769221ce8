"""Runs machine code of an NVIDIA device on the CPU, warp by warp, and counts what is executed.

Only what the kernels of w2v are made of is known; of anything else it says so. Lanes of a warp that
stand at the same instruction go on together, those that are behind first, and so lanes that were
parted meet again. Floating-point functions are those of NumPy, so that last bits differ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.gpu.sass_code import Function, Instruction
from benchmarks.gpu.sass_meanings import meaning
from benchmarks.gpu.sass_warps import BASE, LANES, Launch, Operand, Warp, Words

PARAMETERS = {"sm_80": 0x160, "sm_90": 0x210}
"""Where the arguments of a kernel begin in its constants."""
_CONTROL = {"BRA", "EXIT", "BAR", "CALL", "RET"}
_NOTHING = {"NOP", "BSSY", "BSYNC", "BREAK", "WARPSYNC", "YIELD", "DEPBAR", "MEMBAR"}
_NOTHING |= {"FENCE", "CCTL", "UTMACMDFLUSH"}  # copies in bulk are done at once
_SPACE = 256  # bytes that arrays begin on


class Program:
    """A kernel that can be launched."""

    def __init__(self, function: Function) -> None:
        self._index = {one.address: i for i, one in enumerate(function.code)}
        self._labels = function.labels
        self._code = [self._decoded(one) for one in function.code]
        self.executed = np.zeros(len(function.code), np.int64)
        """By instruction, how often a warp has executed it."""
        self.lanes = np.zeros(len(function.code), np.int64)
        """And by how many of its lanes in all."""

    def run(self, grid: int, threads: int, launch: Launch) -> None:
        """One thread block after the other.

        Raises
        ------
        UnknownCodeError
        """
        for block in range(grid):
            launch.clear()
            warps = [Warp(i, threads, block, launch) for i in range(-(-threads // LANES))]
            while not all(warp.over.all() for warp in warps):
                for warp in warps:
                    self._until_barrier(warp)
                for warp in warps:
                    warp.waits[:] = False
            if launch.under_way:
                raise RuntimeError(f"{launch.under_way} bytes of bulk copies that nobody expects")

    def _decoded(self, one: Instruction) -> tuple[str, Any, Any]:
        name = one.name.split(".")[0]
        guard = None if one.guard is None else (Operand(one.guard[0]), one.guard[1])
        if name in _CONTROL:
            return name, guard, one
        if name in _NOTHING:
            return "", guard, None
        return "", guard, meaning(one)

    def _until_barrier(self, warp: Warp) -> None:
        while True:
            able = ~(warp.over | warp.waits)
            if not able.any():
                return
            at = int(warp.at[able].min())
            together = able & (warp.at == at)
            others = able & ~together
            end = int(warp.at[others].min()) if others.any() else len(self._code)
            self._straight(warp, at, end, together)

    def _straight(self, warp: Warp, at: int, end: int, lanes: Words) -> None:
        """Some lanes from an instruction on, until they part, or meet those at `end`."""
        code, executed, present = self._code, self.executed, int(lanes.sum())
        while at < end:
            name, guard, what = code[at]
            executed[at] += 1
            self.lanes[at] += present
            active = lanes
            if guard is not None:
                value = guard[0].p(warp)
                active = lanes & (~value if guard[1] else value)
            if name:
                warp.at[lanes] = at + 1
                together = active.any() and what.name.endswith(".ANY")
                self._control(warp, name, what, lanes if together else active)
                return
            if what is not None and active.any():
                what(warp, active)
            at += 1
        warp.at[lanes] = at

    def _control(self, warp: Warp, name: str, one: Instruction, active: Words) -> None:
        if name == "EXIT":
            warp.over |= active
        elif name == "BAR":
            warp.waits |= active
        elif name == "RET":
            (register,) = one.operands[0].split()[:1]
            for lane in np.flatnonzero(active):
                warp.at[lane] = self._index[int(Operand(register).u(warp)[lane])]
        else:
            *conditions, target = one.operands
            for condition in conditions:
                active = active & Operand(condition).p(warp)
            label = re.sub(r"[`()]", "", target)
            warp.at[active] = self._index[self._labels[label]]


class Kernel:
    """A kernel to be called as one of CuPy's is, with arrays of the tests' stand-in for CuPy.

    Parameters
    ----------
    architecture : str    One of `PARAMETERS`.
    """

    max_dynamic_shared_size_bytes = 0
    preferred_shared_memory_carveout = 0

    def __init__(self, function: Function, architecture: str) -> None:
        self.code = function.code
        self.program = Program(function)
        self.passes: Counter[int] = Counter()
        self.least: Counter[int] = Counter()
        self.kernel = self
        self.ptr = 0
        self._begin = PARAMETERS[architecture]

    def __call__(
        self, grid: Sequence[int], block: Sequence[int], args: Sequence[Any], *, shared_mem: int = 0
    ) -> None:
        constants = bytearray(self._begin)
        for place, value in ((0x0, block[0]), (0x4, 1), (0x8, 1), (0xC, grid[0])):
            constants[place : place + 4] = int(value).to_bytes(4, "little")
        arrays: list[tuple[Any, int]] = []
        size = 0
        for value in args:
            inner = getattr(value, "_a", None)
            one = np.uint64(BASE + size) if inner is not None else value
            constants += bytes(-len(constants) % one.itemsize) + one.tobytes()
            if inner is not None:
                arrays.append((inner, size))
                size += -(-inner.nbytes // _SPACE) * _SPACE
        memory = np.zeros(size, np.uint8)
        for inner, at in arrays:
            memory[at : at + inner.nbytes] = np.frombuffer(inner.tobytes(), np.uint8)
        launch = Launch(bytes(constants), memory, shared_mem)
        with np.errstate(all="ignore"):
            self.program.run(grid[0], block[0], launch)
        self.passes.update(launch.passes)
        self.least.update(launch.least)
        for inner, at in arrays:
            if inner.flags.writeable:
                inner[...] = memory[at : at + inner.nbytes].view(inner.dtype).reshape(inner.shape)
