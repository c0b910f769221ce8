"""The compiled kernels with a clock in each of their parts, to see where the time goes.

A kernel is compiled once more, from the same Python, with every piece that it calls wrapped: the
cycle counter of the processor is read before and after, and the difference added up. So the parts
are those of the kernel as it is, on its own data. What is measured is what a piece takes from one
reading to the next; the processor, which works ahead, may do some of it before or after.
"""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic
from numba.extending import intrinsic
from numpy.typing import NDArray

from w2v.backends.numba_backend import NumbaBackend

_KERNELS = ("skipgram_shared", "cbow_shared", "skipgram_paths", "cbow_paths")
_SMALL = ("numba_compiling", "numba_steps")  # modules of pieces of a few instructions: no clocks
_NUMBERS = ("read_", "write_")  # pieces for one number
_MOST = 64  # parts
_DISTURBED = 1 << 19  # ticks, some 200 us: no part takes so long unless the core did other work
_ENDLESS = 1 << 62
_EMPTY, _EMPTY_CALLS = "", 100_000


class Clocks:
    """A backend with clocks, and what they say.

    Attributes
    ----------
    backend : NumbaBackend    To train with, one worker at a time.
    """

    def __init__(self, backend: NumbaBackend) -> None:
        # ticks and calls that were not disturbed, and all calls
        self._sums: NDArray[np.int64] = np.zeros((_MOST, 3), np.int64)
        self._labels: list[str] = []
        self._options: dict[str, Any] = {}
        kernels = ModuleType("clocked kernels")
        kernels.__dict__.update(vars(backend.kernels))
        windows = backend.kernels.windows
        self._options = _options(windows)
        kernels.windows = self._clocked(windows, "windows", _ENDLESS)  # type: ignore
        for name in _KERNELS:
            setattr(kernels, name, self._rebuilt(getattr(backend.kernels, name)))
        self.backend = replace(backend, kernels=kernels)
        self._overhead = 0.0
        calls = njit(**self._options)(_calls)
        calls(self._clocked(njit(**self._options)(_nothing), _EMPTY), _EMPTY_CALLS)
        ticks, counted, _ = self._sums[self._labels.index(_EMPTY)].tolist()
        self._overhead = ticks / counted
        self.start()

    def start(self) -> None:
        """All clocks to zero."""
        self._sums[:] = 0
        self._began = time.perf_counter_ns(), _now()

    def parts(self) -> dict[str, tuple[float, int]]:
        """Nanoseconds of a call, and calls, of each part that was called since `start`.

        Calls that were disturbed, as by other work on the core, count as long as the others.
        """
        a_tick = (time.perf_counter_ns() - self._began[0]) / max(_now() - self._began[1], 1)
        found = {}
        for label, (ticks, undisturbed, calls) in zip(
            self._labels, self._sums.tolist(), strict=False
        ):
            if undisturbed:
                found[label] = max(0.0, ticks / undisturbed - self._overhead) * a_tick, calls
        return found

    def _rebuilt(self, piece: Any) -> Any:
        """A piece whose pieces have clocks."""
        python = piece.py_func
        code, names = python.__code__, dict(python.__globals__)
        for name in code.co_names:
            if name in names:
                names[name] = self._with_clock(names[name], name, code.co_names)
        cells = [
            CellType(self._with_clock(cell.cell_contents, name, code.co_names))
            for name, cell in zip(code.co_freevars, python.__closure__ or (), strict=True)
        ]
        made = FunctionType(code, names, python.__name__, python.__defaults__, tuple(cells))
        return njit(**_options(piece))(made)

    def _with_clock(self, value: Any, name: str, used: tuple[str, ...]) -> Any:
        """What a kernel finds under a name: a piece, or a module of pieces; else as it is."""
        if isinstance(value, ModuleType) and value.__name__.startswith(__package__ or "w2v"):
            module = ModuleType(value.__name__)
            module.__dict__.update(vars(value))
            for part in set(used) & set(vars(value)):
                setattr(module, part, self._with_clock(getattr(value, part), part, ()))
            return module
        if not isinstance(value, Dispatcher):
            is_part = isinstance(value, _Intrinsic) and not name.startswith(_NUMBERS)
            return self._clocked(value, name) if is_part else value
        if value.py_func.__module__.rpartition(".")[2] in _SMALL:
            return value
        if value.py_func.__closure__:  # put together of pieces: those are the parts
            return self._rebuilt(value)
        return self._clocked(value, name)

    def _clocked(self, piece: Any, label: str, most: int = _DISTURBED) -> Any:
        label = label.lstrip("_")
        if label not in self._labels:
            self._labels.append(label)
        place = self._sums.ctypes.data + self._labels.index(label) * self._sums.strides[0]

        def part(*arguments: Any) -> Any:
            begin = _ticks()
            result = piece(*arguments)
            _count(place, _ticks() - begin, most)
            return result

        return njit(**self._options)(part)


def clocks(backend: NumbaBackend) -> Clocks | None:
    """None where a process cannot read the cycle counter."""
    return Clocks(backend) if platform.machine() in ("x86_64", "AMD64") else None


def _options(piece: Any) -> dict[str, Any]:
    return {name: value for name, value in piece.targetoptions.items() if name != "nopython"}


def _nothing() -> None:
    pass


def _calls(piece: Any, number: int) -> None:
    for _ in range(number):
        piece()


@intrinsic
def _ticks(_context: Any) -> Any:
    """The cycle counter."""

    def codegen(_context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [])
        counter = cgutils.get_or_insert_function(builder.module, kind, "llvm.readcyclecounter")
        return builder.call(counter, [])

    return types.int64(), codegen


@intrinsic
def _count(_context: Any, place: Any, ticks: Any, most: Any) -> Any:
    """Ticks, if there are not more than `most`, and one call to where those of a part stand."""

    def codegen(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        place, ticks, most = values
        sums = builder.inttoptr(place, ir.IntType(64).as_pointer())
        undisturbed = builder.icmp_signed("<=", ticks, most)
        one, none = ir.Constant(ir.IntType(64), 1), ir.Constant(ir.IntType(64), 0)
        counts = builder.select(undisturbed, one, none)
        for number, more in enumerate((builder.mul(ticks, counts), counts, one)):
            at = builder.gep(sums, [ir.Constant(ir.IntType(64), number)])
            builder.store(builder.add(builder.load(at), more), at)
        return _context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@njit
def _now() -> Any:
    return _ticks()
