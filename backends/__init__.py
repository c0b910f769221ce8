"""The array shim: one small `Backend` value per array library."""

if __name__ != "w2v.backends":
    raise ImportError(
        f"this package is imported as 'w2v.backends', not as {__name__!r}: "
        "write `from w2v import backends`"
    )

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from w2v.backends.base import (
    GAMMA,
    Array,
    Backend,
    Fused,
    FusedPlan,
    Left,
    Memory,
    Rows,
    Sizes,
    StepShape,
    Sums,
    Text,
    mixed,
)
from w2v.backends.others import Others
from w2v.backends.processor_name import processor
from w2v.cpus import usable_cores, usable_threads
from w2v.errors import BackendError, warn

__all__ = [
    "GAMMA",
    "Array",
    "Backend",
    "BackendState",
    "Fused",
    "FusedPlan",
    "Left",
    "Memory",
    "Others",
    "Rows",
    "Sizes",
    "StepShape",
    "Sums",
    "Text",
    "available_backends",
    "choose_backend",
    "devices",
    "get_backend",
    "kernel_clocks",
    "kernel_loops",
    "lanes",
    "mixed",
    "processor",
    "usable_cores",
    "usable_threads",
]


def _cupy(device: int | None, in_order: bool) -> Backend:
    from w2v.backends import cupy_backend

    return cupy_backend.make(device, in_order)


def _numba(device: None, in_order: bool) -> Backend:
    from w2v.backends import numba_backend

    return numba_backend.make()


def _numpy(device: None, in_order: bool) -> Backend:
    from w2v.backends import numpy_backend

    return numpy_backend.make()


_MAKERS: dict[str, Callable[[Any, bool], Backend]] = {  # fastest first
    "cupy": _cupy,
    "numba": _numba,
    "numpy": _numpy,
}
_WITH_DEVICES = "cupy"


@dataclass(frozen=True)
class BackendState:
    """What is known of one backend on this machine."""

    name: str
    backend: Backend | None
    """None where the backend cannot be used."""
    state: str
    """"usable", "not installed", "broken" or "no device"."""
    reason: str
    """Why it cannot be used and what to do; empty where it can."""


def available_backends() -> list[BackendState]:
    """Every backend with its state, fastest first."""
    return [_state(name) for name in _MAKERS]


def lanes() -> int | None:
    """Floats in a vector of the compiled steps; None where Numba cannot be used."""
    try:
        from w2v.backends import numba_llvm
    except Exception:  # Numba checks the versions of what it needs as it is imported
        return None
    return numba_llvm.LANES


def kernel_clocks(backend: Backend) -> Any:
    """Of the Numba backend: one whose kernels say where their time goes, see `numba_clocks`.

    None of others, and where the processor's cycle counter cannot be read.
    """
    from w2v.backends import numba_backend, numba_clocks

    return numba_clocks.clocks(backend) if isinstance(backend, numba_backend.NumbaBackend) else None


def kernel_loops() -> ModuleType:
    """Pieces of Numba's kernels in loops of their own, see `numba_loops`."""
    from w2v.backends import numba_loops

    return numba_loops


def devices(backend: Backend) -> list[tuple[str, int, int]]:
    """Name, free and total bytes of each device there is; empty where that is the CPU."""
    if backend.name != _WITH_DEVICES:
        return []
    from w2v.backends import cupy_backend

    return cupy_backend.devices(backend.xp)


def choose_backend(
    name: str = "auto", device: int | None = None, *, in_order: bool = False
) -> tuple[Backend, str]:
    """A backend, and in a line which it is and why.

    "auto" takes the fastest usable one; a name is obeyed or fails.

    Parameters
    ----------
    device : int, optional    Number of the GPU; with "auto" it asks for CuPy.
    in_order : bool           See `get_backend`.

    Raises
    ------
    BackendError
        The name is unknown, or the backend cannot be used here; says why.
    """
    if name != "auto" or device is not None:
        backend = get_backend(name, device, in_order=in_order)
        return backend, _described(backend)
    passed_over: list[str] = []
    why_not = ""
    for state in (_state(name, in_order) for name in _MAKERS):
        if state.backend is not None:
            if state.name == "numpy":
                _say_slow(why_not)
            return state.backend, "; ".join([_described(state.backend), *passed_over])
        why_not = state.reason
        why = f" ({state.reason.rstrip('.')})" if state.state == "broken" else ""
        passed_over.append(f"{state.name}: {state.state}{why}")
    raise BackendError(f"No backend can be used ({'; '.join(passed_over)}).")


def get_backend(
    name: str = "auto", device: int | None = None, *, in_order: bool = False
) -> Backend:
    """The backend of that name, or with "auto" the fastest usable one.

    Parameters
    ----------
    device : int, optional    Number of the GPU; with "auto" it asks for CuPy.
    in_order : bool           `scatter_add` sums in a fixed order, as it always does on a CPU: equal
                              input gives equal bits. On a GPU that is slower.

    Raises
    ------
    BackendError
        The name is unknown, or the backend cannot be used here; says why.
    """
    if name == "auto":
        if device is None:
            return choose_backend(in_order=in_order)[0]
        name = _WITH_DEVICES
    if name not in _MAKERS:
        known = ", ".join(["auto", *_MAKERS])
        raise BackendError(f"`backend` must be one of {known}; got {name!r}.")
    if device is not None and name != _WITH_DEVICES:
        raise BackendError(
            f"`device` {device} was asked for, but backend {name!r} has no devices. Leave `device` "
            f"out, or take backend {_WITH_DEVICES!r}."
        )
    try:
        return _MAKERS[name](device, in_order)
    except BackendError as error:
        raise BackendError(
            f"Backend {name!r} was asked for, but {error} Pass --backend numpy for the CPU.",
            error.state,
        ) from error


@cache
def _say_slow(why_not: str) -> None:
    """Once in a process."""
    warn(f"{why_not} NumPy computes in its place, several times slower.")


def _described(backend: Backend) -> str:
    return f"{backend.name} {backend.version} on {backend.device}"


def _state(name: str, in_order: bool = False) -> BackendState:
    try:
        return BackendState(name, _MAKERS[name](None, in_order), "usable", "")
    except BackendError as error:
        return BackendState(name, None, error.state, str(error))
