"""CuPy: the same arrays on an NVIDIA GPU. The only file that imports CuPy."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from w2v.backends.base import Array, Backend, Rows, StepShape
from w2v.errors import BackendError


@dataclass(frozen=True)
class CupyBackend(Backend):
    """See `Backend`; the arrays are `cupy.ndarray`."""

    module: ModuleType
    device_id: int

    @property
    def xp(self) -> ModuleType:
        return self.module

    @property
    def max_workers(self) -> int | None:
        return 1

    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        return StepShape(block=32, shared=64, step=8192)

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        return self.xp.asarray(values, dtype)

    def to_numpy(self, array: Array) -> NDArray[Any]:
        host: NDArray[Any] = self.xp.asnumpy(array)
        return host

    def scatter_add(self, table: Array, ids: Array, rows: Array) -> None:
        self.xp.add.at(table, ids, rows)

    def synchronize(self) -> None:
        self.xp.cuda.Device(self.device_id).synchronize()

    def training(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self.xp.cuda.Device(self.device_id)
        return context

    def peak_memory_bytes(self) -> int:
        # the pool keeps what it once took, unless an allocation fails
        return int(self.xp.get_default_memory_pool().total_bytes())

    def total_memory_bytes(self) -> int:
        return int(self.xp.cuda.runtime.memGetInfo()[1])


def make() -> CupyBackend:
    """The CuPy backend on the current device.

    Raises
    ------
    BackendError
        CuPy is not installed, is broken, or sees no device: three messages.
    """
    cupy = _imported()
    try:
        cupy.cuda.runtime.getDeviceCount()
        device_id = cupy.cuda.Device().id
        properties = cupy.cuda.runtime.getDeviceProperties(device_id)
    except Exception as error:
        message = f"CuPy {cupy.__version__} is installed but sees no CUDA device ({error})."
        raise BackendError(message, "no device") from error
    try:
        one = cupy.ones((1, 1, 1), "float32")
        cupy.add.at(one, cupy.zeros(1, "int32"), one)
        (one @ one).get()  # needs the compiler and cuBLAS, which come apart from CuPy
    except Exception as error:
        message = f"CuPy {cupy.__version__} is installed but its first kernel failed: {error}."
        raise BackendError(message, "broken") from error
    name = properties["name"]
    device = name.decode() if isinstance(name, bytes) else str(name)
    return CupyBackend("cupy", cupy.__version__, device, cupy, device_id)


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
