"""CuPy: the same arrays on an NVIDIA GPU. The only file that imports CuPy."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from w2v.backends.base import (
    Array,
    Backend,
    Fused,
    FusedPlan,
    Memory,
    Rows,
    Sizes,
    StepShape,
    Text,
)
from w2v.backends.cupy_kernels import (
    DeviceText,
    Kernels,
    StepSize,
    Training,
    step_size,
    text_bytes,
)
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
    """Sums have one order; see `get_backend`."""

    @property
    def xp(self) -> ModuleType:
        return self.module

    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        if rows == "path" and not self.ordered:
            return StepShape(block=1, shared=32, step=_ON_PATHS[averaged], most_workers=1)
        return StepShape(block=16, shared=32, step=_STEP, most_workers=1)

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

    @property
    def kernels(self) -> Kernels:
        return _kernels(self.module, self.device_id)

    def fused(self, plan: FusedPlan, text: Text, in_flight: int) -> Fused | None:
        longest = plan.longest if plan.paths else 0
        shape = StepShape(plan.block, plan.noise[3] if plan.noise else 0, in_flight)
        averaged = bool(plan.averaged)
        sizes = Sizes(plan.input.shape[1], plan.window, averaged, shape, longest, 0, 0, 0)
        if not self._has_way(sizes):
            return None
        held = DeviceText(self.kernels, text, self._free() // _SHARE_OF_TEXT)
        return Training(self.kernels, plan, held, _step_size(sizes), in_flight)

    def _has_way(self, run: Sizes) -> bool:
        """Whether the kernels do such steps, and what a block takes fits a multiprocessor."""
        if self.ordered or (run.longest and run.shape.block > 1):
            return False
        return _step_size(run).shared <= self.kernels.most_shared

    def synchronize(self) -> None:
        self.xp.cuda.Device(self.device_id).synchronize()

    def training(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self.xp.cuda.Device(self.device_id)
        return context

    def memory(self, run: Sizes | None = None) -> Memory:
        # the pool keeps what it once took, unless an allocation fails
        peak = int(self.xp.get_default_memory_pool().total_bytes())
        free, text = self._free(), None
        if run is not None and self._has_way(run):
            room = (free - run.other_bytes) // _SHARE_OF_TEXT
            text = text_bytes(run.tokens, run.sentences, run.window, room)
        return Memory(peak, int(self.xp.cuda.runtime.memGetInfo()[1]), free, text)

    def _free(self) -> int:
        pool = self.xp.get_default_memory_pool()
        return int(self.xp.cuda.runtime.memGetInfo()[0]) + int(pool.free_bytes())


def _step_size(run: Sizes) -> StepSize:
    block, shared = run.shape.block, run.shape.shared
    return step_size(
        run.dim, run.window, block, shared=shared, longest=run.longest, averaged=run.averaged
    )


def make(device: int | None = None, in_order: bool = False) -> CupyBackend:
    """The CuPy backend on a device, which is made the current one; without a number, on that.

    Raises
    ------
    BackendError
        CuPy is not installed, is broken, is for AMD's GPUs, sees no device, or not this one: five
        messages.
    """
    cupy = _imported()
    if getattr(cupy.cuda.runtime, "is_hip", False):
        message = f"CuPy {cupy.__version__} is for AMD GPUs (ROCm), and w2v runs on NVIDIA's only."
        raise BackendError(message, "no device")
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
    return CupyBackend("cupy", cupy.__version__, _name(properties), cupy, device_id, in_order)


def devices(cupy: Any) -> list[tuple[str, int, int]]:
    """See `w2v.backends.devices`."""
    runtime = cupy.cuda.runtime
    found = []
    for number in range(runtime.getDeviceCount()):
        with cupy.cuda.Device(number):
            free, total = runtime.memGetInfo()
        found.append((_name(runtime.getDeviceProperties(number)), int(free), int(total)))
    return found


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
