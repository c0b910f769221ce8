"""Launches what `cupy_kernels.cu` holds, with its arguments checked and its memory counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.backends.base import Array, FusedPlan, Sums, Text, start_of

CHUNKS_AT_ONCE = 64
"""Of a launch: enough to make the gaps between launches small, few enough to end soon."""
MARGIN = 1 << 12
"""Tokens before and after a piece that its windows may reach into, long before subsampling."""
_ELEMENTWISE = 256  # threads of a block that works on the tokens of a piece
_PIECE = 1 << 21  # tokens in so many chunks, at most
_BLOCKS = 4096  # of threads, at most, for the same
_STEP_THREADS = {"shared": 128, "path": 64}
_SOURCE = Path(__file__).with_name("cupy_kernels.cu")
_OPTIONS = ("--std=c++17", "--use_fast_math")
_FROZEN = 1 << 62  # parts of terms in flight of a row that stays as it is, as in the source
_CARVE_OUT = 100  # percent of the memory that is first cache or shared memory


class Kernels:
    """The compiled source on one device."""

    in_bulk = False
    """Rows come and go whole, by the copying unit that devices have from sm_90 on, where a row is
    of whole float4s. A variant of what is launched: no device has said yet which is faster."""

    def __init__(self, cupy: Any) -> None:
        self.cupy = cupy
        self._modules: dict[bool, Any] = {}
        self._functions: dict[tuple[str, bool], Any] = {}
        attributes = cupy.cuda.Device().attributes
        self.most_shared = int(attributes["MaxSharedMemoryPerBlockOptin"])
        self.processors = int(attributes["MultiProcessorCount"])

    def launch(
        self, name: str, blocks: int, threads: int, arguments: Sequence[Any], shared: int = 0
    ) -> None:
        """Hand a kernel to the device.

        Parameters
        ----------
        arguments : arrays of the device and NumPy scalars    Of the kernel's very types.
        shared : int                                          Bytes of shared memory of a block.
        """
        self.function(name)((blocks,), (threads,), tuple(arguments), shared_mem=shared)

    def function(self, name: str) -> Any:
        key = name, self.in_bulk
        if key not in self._functions:
            self._functions[key] = self._module().get_function(name)
        return self._functions[key]

    def _module(self) -> Any:
        if self.in_bulk not in self._modules:
            options = (*_OPTIONS, f"-DROWS_IN_BULK={self.in_bulk:d}")
            module = self.cupy.RawModule(code=_SOURCE.read_text("utf-8"), options=options)
            self._modules[self.in_bulk] = module
        return self._modules[self.in_bulk]

    def resident(self, name: str, threads: int, shared: int) -> int:
        """Blocks of threads that the device runs side by side, with all the memory there is.

        What is set here holds for the kernel, whichever run asks, so it is the most.
        """
        function = self.function(name)
        function.max_dynamic_shared_size_bytes = self.most_shared
        function.preferred_shared_memory_carveout = _CARVE_OUT
        pointer = function.kernel.ptr
        occupancy = self.cupy.cuda.driver.occupancyMaxActiveBlocksPerMultiprocessor
        return self.processors * max(1, int(occupancy(pointer, threads, shared)))

    def add_sorted(self, table: Array, ids: Array, rows: Array) -> None:
        """`Backend.scatter_add` with sums in the order of `ids`: equal input, equal bits."""
        cupy = self.cupy
        dim = table.shape[1] if table.ndim > 1 else 1
        flat = cupy.ascontiguousarray(ids).reshape(-1).astype("int32", copy=False)
        order = cupy.argsort(flat).astype("int64", copy=False)  # stable
        rows = cupy.ascontiguousarray(rows).reshape(-1)
        if flat.size:
            blocks, threads = min(flat.size, _BLOCKS), min(128, -(-dim // 32) * 32)
            sizes = _ints(dim, dim, flat.size)
            sorted_rows = (flat[order], order, rows, sizes[2])
            self.launch("add_sorted", blocks, threads, (table, *sizes[:2], *sorted_rows))


@dataclass(frozen=True)
class StepSize:
    """A step's kernel, and what a block of threads takes."""

    kernel: str
    threads: int
    shared: int
    """Bytes of shared memory."""


def step_size(
    dim: int, window: int, block: int, *, shared: int, longest: int, averaged: bool
) -> StepSize:
    """What a step takes, of `shared` noise words or of paths with `longest` nodes at most."""
    wide, span, lanes = 4 * (-(-dim // 4) | 1), block + 2 * window, _padded(block)
    if not longest:
        if averaged:
            count = block + shared
            floats = [1, count * lanes, span * wide, lanes * wide, lanes * wide, count * wide]
            floats += [span, count, span, count, block, block, span * lanes, lanes]
            floats += [span, count, span, count, lanes, lanes + count]
            return _size("cbow_shared", "shared", floats)
        count = span + shared
        floats = [1, count * lanes, lanes * wide, lanes * wide, count * wide, block, count]
        floats += [lanes, count, span, span, lanes, block, count]
        floats += [lanes, count, lanes + count]
        return _size("skipgram_shared", "shared", floats)
    most = 2 * window
    lanes = 1 if averaged else _padded(most)
    floats = [1, longest * lanes, _padded(most) * wide, wide if averaged else 0, lanes * wide]
    floats += [longest * wide, most, longest, _padded(most), most, longest]
    floats += [_padded(most), longest, lanes + longest]
    return _size("cbow_paths" if averaged else "skipgram_paths", "path", floats)


def _padded(count: int) -> int:
    return -(-count // 4) * 4


def _size(kernel: str, rows: str, floats: list[int]) -> StepSize:
    return StepSize(kernel, _STEP_THREADS[rows], 4 * sum(map(_padded, floats)))


def _ints(*values: int) -> tuple[Any, ...]:
    return tuple(map(np.int32, values))


def _margin(window: int) -> int:
    return max(MARGIN, 64 * window)


def text_bytes(tokens: int, sentences: int, window: int, most_bytes: int) -> dict[str, int]:
    """What a `DeviceText` takes of the device, by purpose."""
    room = min(_PIECE, tokens) + 2 * _margin(window)
    ids = 4 * tokens if 4 * tokens <= most_bytes else 2 * 4 * room
    return {"token ids": ids, "sentence ends": 8 * sentences, "a piece of text": 20 * room}


class DeviceText:
    """A corpus, cut into windows on the device, some chunks at a time.

    Its ids stay on the device where they take no more than `most_bytes`; else each piece is sent
    when it is needed, while the device works on the one before.
    """

    def __init__(self, kernels: Kernels, text: Text, most_bytes: int) -> None:
        self._kernels, self._text = kernels, text
        cupy = kernels.cupy
        self.at_once = CHUNKS_AT_ONCE
        self._margin = _margin(text.window)
        self._stays = text.ids.nbytes <= most_bytes
        self._ids = cupy.asarray(text.ids) if self._stays else None
        self._ends = cupy.asarray(text.ends)
        room = min(self.at_once * text.chunk, len(text.ids)) + 2 * self._margin
        self._kept = cupy.zeros(room, "int32")
        self._ranks = cupy.zeros(room, "int32")
        self._cut = cupy.zeros(room, "int32")
        self._left = cupy.zeros(room, "int16")
        self._right = cupy.zeros(room, "int16")
        self._sent = None if self._stays else _Sender(cupy, room)

    def cut(self, chunks: range, key: int) -> tuple[Any, ...]:
        """Draw and cut some chunks; the arguments of a step that say what it is to work on."""
        text, kernels = self._text, self._kernels
        first, last = chunks.start * text.chunk, min(chunks.stop * text.chunk, len(text.ids))
        begin, end = max(0, first - self._margin), min(last + self._margin, len(text.ids))
        size = end - begin
        if self._ids is not None:
            ids = self._ids[begin:end]
        else:
            assert self._sent is not None
            ids = self._sent(text.ids, begin, end)
        kept, ranks = self._kept[:size], self._ranks[:size]
        start = start_of(key)
        blocks = min(-(-size // _ELEMENTWISE), _BLOCKS)
        drawn = (ids, text.limits, start, np.int64(begin), np.int32(size), kept)
        kernels.launch("draw_kept", blocks, _ELEMENTWISE, drawn)
        kernels.cupy.cumsum(kept, dtype="int32", out=ranks)
        where = (ids, kept, ranks, self._ends, np.int64(len(text.ends)), start, np.int64(begin))
        shape = _ints(size, text.window, text.fixed)
        out = (self._cut, self._left, self._right)
        kernels.launch("cut_windows", blocks, _ELEMENTWISE, (*where, *shape, *out))
        counts = _ints(size, first - begin, last - first, text.chunk, len(chunks))
        return (*out, ranks, *counts, np.int64(chunks.start))


class _Sender:
    """Sends pieces of ids to the device, through memory it can read while others compute."""

    def __init__(self, cupy: Any, room: int) -> None:
        self._cupy = cupy
        self._stream = cupy.cuda.Stream(non_blocking=True)
        self._turn = 0
        self._slots = []
        for _ in range(2):
            memory = cupy.cuda.alloc_pinned_memory(4 * room)
            host = np.frombuffer(memory, np.int32, room)
            self._slots.append((host, cupy.zeros(room, "int32"), cupy.cuda.Event()))
        self._done = [cupy.cuda.Event(), cupy.cuda.Event()]
        for event in self._done:
            event.record()

    def __call__(self, ids: Any, begin: int, end: int) -> Array:
        host, device, sent = self._slots[self._turn]
        sent.synchronize()  # the copy before the last has left the host's memory
        host[: end - begin] = ids[begin:end]
        self._stream.wait_event(self._done[self._turn])  # and nobody works on it any more
        device[: end - begin].set(host[: end - begin], stream=self._stream)
        sent.record(self._stream)
        current = self._cupy.cuda.get_current_stream()
        current.wait_event(sent)
        self._turn = 1 - self._turn
        self._done[self._turn].record(current)  # all that was handed over so far
        return device[: end - begin]


class Training:
    """See `w2v.backends.base.Fused`."""

    def __init__(
        self, kernels: Kernels, plan: FusedPlan, text: DeviceText, size: StepSize, in_flight: int
    ) -> None:
        cupy = kernels.cupy
        self._kernels, self._plan, self._text, self._size = kernels, plan, text, size
        self._longest = np.int32(plan.longest)  # read from the device, so once
        self.at_once = text.at_once
        resident = kernels.resident(size.kernel, size.threads, size.shared)
        self._blocks = max(1, min(in_flight // plan.block, resident))
        self.in_flight = self._blocks * plan.block
        self._flight = [cupy.zeros(len(table), "uint64") for table in (plan.input, plan.output)]
        if plan.beside[0] is not None:  # one worker: others are none, or rows are frozen
            self._flight[0] += cupy.isinf(plan.beside[0]).astype("uint64") * np.uint64(_FROZEN)
        tables = (plan.input, plan.output)
        dims = _ints(plan.input.shape[1], *(table.shape[1] for table in tables))
        self._tables = (*tables, *dims, *self._flight)

    def __call__(
        self,
        chunks: range,
        *,
        token_key: int,
        key: int,
        alphas: tuple[float, float],
        loss_key: int,
        loss_every: int,
    ) -> Sums:
        plan, size = self._plan, self._size
        sums = self._kernels.cupy.zeros(4, "float64")
        text = self._text.cut(chunks, token_key)
        floats = alphas[0], (alphas[1] - alphas[0]) / len(chunks), plan.cap
        measured = np.int32(loss_every), start_of(loss_key)
        handed_out = self._kernels.cupy.zeros(1, "int32")
        rate = (*map(np.float32, floats), *measured, handed_out, sums)
        mean = plan.averaged == "mean"
        rest: tuple[Any, ...]
        if plan.noise is not None:
            accept, alias, negative, shared = plan.noise
            start = start_of(key)
            rest = (accept, alias, np.int32(len(alias)), start, *_ints(negative, shared), *rate)
            rest += _ints(plan.window, plan.block) + (_ints(mean) if plan.averaged else ())
        else:
            assert plan.paths is not None
            rest = (*plan.paths, self._longest, *rate)
            rest += _ints(plan.window, mean)
        arguments = (*self._tables, *text, *rest)
        self._kernels.launch(size.kernel, self._blocks, size.threads, arguments, size.shared)
        return _read_later(self._kernels.cupy, sums)


def _read_later(cupy: Any, sums: Array) -> Sums:
    """Copy sums behind what is under way: who reads them does not wait for what comes after."""
    host = np.frombuffer(cupy.cuda.alloc_pinned_memory(sums.nbytes), sums.dtype, sums.size)
    sums.get(out=host, blocking=False)
    copied = cupy.cuda.Event(disable_timing=True)
    copied.record()

    def read() -> NDArray[np.float64]:
        copied.synchronize()
        return host

    return read
