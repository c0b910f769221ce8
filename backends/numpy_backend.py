"""NumPy: the backend that is always there, and the reference for the others."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import threadpoolctl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from w2v.backends import machine
from w2v.backends.base import Array, Backend, Memory, Rows, Sizes, StepShape

_LARGEST_KEPT = 2**25 - 2**16  # bytes

_PAIR_OF = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}


class _OneBlasThread:
    """One BLAS thread per caller while anybody is inside.

    The limit is the process's: only the first to come sets it and the last to go lifts it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limits: threadpool_limits | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                _let_go()
                self._limits = threadpool_limits(1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._limits is not None:
                _let_go()
                self._limits.restore_original_limits()
                _let_go()


def _let_go() -> None:
    """Have threadpoolctl heed this thread: since 3.8 it heeds only the first that has set a limit.

    Others are ignored without a word, and who lifts it here need not be who has set it.
    """
    library = getattr(threadpoolctl, "OpenBLASController", None)
    if clear := getattr(library, "clear_controlling_thread", None):
        clear(force=True)


_ONE_BLAS_THREAD = _OneBlasThread()


class NumpyBackend(Backend):
    """See `Backend`; the arrays are plain `numpy.ndarray`."""

    @property
    def xp(self) -> ModuleType:
        return np

    def step_shape(self, rows: Rows, *, averaged: bool) -> StepShape:
        if rows == "path":
            return StepShape(block=16, shared=32, step=64 if averaged else 512)
        if rows == "shared" and averaged:
            return StepShape(block=32, shared=32, step=256, groups=2)
        return StepShape(block=32, shared=24, step=1024)

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        return np.asarray(values, dtype)

    def to_numpy(self, array: Array) -> NDArray[Any]:
        return np.asarray(array)

    def scatter_add(self, table: Array, ids: Array, rows: Array) -> None:
        """`np.add.at`, in the form that is quick.

        On rows it costs 640 ns a row of 100 floats, on one flat axis 150 ns, and 95 ns where two
        neighbouring floats are added as one complex number.
        """
        if table.ndim == 1:
            np.add.at(table, ids.reshape(-1), rows.reshape(-1))
            return
        dim = table.shape[1]
        pair = _PAIR_OF.get(table.dtype)
        if pair is not None and dim % 2 == 0 and table.dtype == rows.dtype:
            rows = np.ascontiguousarray(rows).view(pair)
            table = table.view(pair)
            dim //= 2
        flat = ids.reshape(-1, 1).astype(np.intp) * dim + np.arange(dim)
        np.add.at(table.reshape(-1), flat.reshape(-1), rows.reshape(-1))

    @property
    def apart(self) -> bool:
        """Where Python has its lock, and a process with threads can be forked with good reason."""
        locked = getattr(sys, "_is_gil_enabled", lambda: True)()
        return sys.platform == "linux" and locked and hasattr(os, "fork")

    def synchronize(self) -> None:
        """Nothing to wait for: NumPy returns when it is done."""

    @contextmanager
    def training(self) -> Iterator[None]:
        _keep_freed_memory()
        with _ONE_BLAS_THREAD, np.errstate(all="ignore"):
            yield

    def memory(self, run: Sizes | None = None) -> Memory:
        return Memory(
            machine.peak_memory_bytes(),
            machine.total_memory_bytes(),
            held=machine.held_memory_bytes(),
            left=machine.memory_left(),
        )


def _keep_freed_memory() -> None:
    """Have the arrays of a step stand where those of the last one stood.

    glibc gives freed memory back to the system, a large array at once, and the next step gets it
    page by page: with hierarchical softmax that took longer than all else. But it keeps what is
    smaller than the largest array it has seen freed, up to 32 MiB, and twice that at the end of its
    memory. So one is made, which nobody writes to, and freed (`man mallopt`, M_MMAP_THRESHOLD).
    """
    np.empty(_LARGEST_KEPT, np.uint8)


@cache
def make() -> NumpyBackend:
    """The NumPy backend of this process."""
    return NumpyBackend(name="numpy", version=np.__version__, device=machine.cpu())
