"""CuPy: the same arrays on an NVIDIA GPU. The only file that imports CuPy."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from w2v.backends.base import Array, Backend, FusedChunks, FusedPlan, Rows, StepShape, Text
from w2v.backends.cupy_kernels import DeviceText, Kernels, step_size, text_bytes
from w2v.backends.cupy_kernels import FusedChunks as CupyChunks
from w2v.errors import BackendError

_STEP = 8192
_SHARE_OF_TEXT = 2  # a half of what is free may hold the corpus
_ON_PATHS = {False: 2048, True: 1024}  # tokens in flight; with averages vectors want fewer


@cache
def _kernels(cupy: Any, device_id: int) -> Kernels:
    return Kernels(cupy)


@dataclass(frozen=True)
class CupyBackend(Backend):
    """See `Backend`; the arrays are `cupy.ndarray`."""

    module: ModuleType
    device_id: int
    ordered: bool = False
    """Sums have one order; see `in_order`."""

    @property
    def xp(self) -> ModuleType:
        return self.module

    @property
    def max_workers(self) -> int | None:
        return 1

    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        if rows == "path" and not self.ordered:
            return StepShape(block=1, shared=32, step=_ON_PATHS[averaged])
        return StepShape(block=16, shared=32, step=_STEP)

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        return self.xp.asarray(values, dtype)

    def to_numpy(self, array: Array) -> NDArray[Any]:
        host: NDArray[Any] = self.xp.asnumpy(array)
        return host

    def scatter_add(self, table: Array, ids: Array, rows: Array) -> None:
        if self.ordered:
            self.kernels.add_sorted(table, ids, rows)
        else:
            self.xp.add.at(table, ids, rows)

    def in_order(self) -> Backend:
        return replace(self, ordered=True)

    @property
    def kernels(self) -> Kernels:
        return _kernels(self.module, self.device_id)

    def takes_chunks(self, dim: int, window: int, shape: StepShape, longest: int) -> bool:
        if self.ordered or (longest and shape.block > 1):
            return False
        needed = [
            step_size(
                dim, window, shape.block, shared=shape.shared, longest=longest, averaged=averaged
            ).shared
            for averaged in (False, True)
        ]
        return max(needed) <= self.kernels.most_shared

    def text_bytes(self, tokens: int, sentences: int, room: int) -> dict[str, int]:
        return text_bytes(tokens, sentences, room // _SHARE_OF_TEXT)

    def fused_chunks(self, plan: FusedPlan, text: Text, in_flight: int) -> FusedChunks | None:
        dim, longest = plan.input.shape[1], plan.longest if plan.paths else 0
        shared = plan.noise[3] if plan.noise else 0
        shape = StepShape(plan.block, shared, in_flight)
        if not self.takes_chunks(dim, plan.window, shape, longest):
            return None
        size = step_size(
            dim,
            plan.window,
            plan.block,
            shared=shared,
            longest=longest,
            averaged=bool(plan.averaged),
        )
        held = DeviceText(self.kernels, text, self._free() // _SHARE_OF_TEXT)
        return CupyChunks(self.kernels, plan, held, size, in_flight)

    def synchronize(self) -> None:
        self.xp.cuda.Device(self.device_id).synchronize()

    def training(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self.xp.cuda.Device(self.device_id)
        return context

    def peak_memory_bytes(self) -> int:
        # the pool keeps what it once took, unless an allocation fails
        return int(self.xp.get_default_memory_pool().total_bytes())

    def devices(self) -> list[tuple[str, int, int]]:
        runtime = self.xp.cuda.runtime
        found = []
        for number in range(runtime.getDeviceCount()):
            with self.xp.cuda.Device(number):
                free, total = runtime.memGetInfo()
            found.append((_name(runtime.getDeviceProperties(number)), int(free), int(total)))
        return found

    def free_memory_bytes(self) -> int | None:
        return self._free()

    def _free(self) -> int:
        pool = self.xp.get_default_memory_pool()
        return int(self.xp.cuda.runtime.memGetInfo()[0]) + int(pool.free_bytes())

    def total_memory_bytes(self) -> int:
        return int(self.xp.cuda.runtime.memGetInfo()[1])


def make(device: int | None = None) -> CupyBackend:
    """The CuPy backend on a device, which is made the current one; without a number, on that.

    Raises
    ------
    BackendError
        CuPy is not installed, is broken, sees no device, or not this one: four messages.
    """
    cupy = _imported()
    try:
        count = cupy.cuda.runtime.getDeviceCount()
        device_id = cupy.cuda.Device().id if device is None else device
        if device_id < count:
            properties = cupy.cuda.runtime.getDeviceProperties(device_id)
            cupy.cuda.Device(device_id).use()
    except Exception as error:
        message = f"CuPy {cupy.__version__} is installed but sees no CUDA device ({error})."
        raise BackendError(message, "no device") from error
    if device_id >= count:
        numbers = "only 0" if count == 1 else f"0 to {count - 1}"
        raise BackendError(f"there is no device {device_id}: there is {numbers}.", "no device")
    try:
        one = cupy.ones((1, 1, 1), "float32")
        cupy.add.at(one, cupy.zeros(1, "int32"), one)
        (one @ one).get()  # needs the compiler and cuBLAS, which come apart from CuPy
    except Exception as error:
        message = f"CuPy {cupy.__version__} is installed but its first kernel failed: {error}."
        raise BackendError(message, "broken") from error
    return CupyBackend("cupy", cupy.__version__, _name(properties), cupy, device_id)


def _name(properties: dict[str, Any]) -> str:
    name = properties["name"]
    return name.decode() if isinstance(name, bytes) else str(name)


def _imported() -> Any:
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name == "cupy":
            raise BackendError(
                "CuPy is not installed. Install it for your CUDA version with "
                "pip install 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]').",
                "not installed",
            ) from error
        raise BackendError(f"CuPy is installed but broken: {error}.", "broken") from error
    except Exception as error:  # a broken installation fails in many ways
        raise BackendError(f"CuPy is installed but broken: {error}.", "broken") from error
    return cupy
