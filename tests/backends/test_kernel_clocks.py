"""Kernels with clocks, and pieces of them in loops: what `benchmarks.kernels` measures with."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from w2v.backends import get_backend, kernel_clocks, kernel_loops

numba = pytest.importorskip("numba")


def _slow(values: Any, times: Any) -> Any:
    total = 0.0
    for _ in range(times):
        for value in values:
            total += np.sqrt(value + total)
    return total


_loop = numba.njit(_slow)


def _kernel(values: Any, blocks: Any) -> Any:
    total = 0.0
    for number in range(blocks):
        total += _loop(values, number % 2 + 1)
    return total


def test_parts_of_a_kernel() -> None:
    backend = get_backend("numba")
    clocks = kernel_clocks(backend)
    if clocks is None:
        pytest.skip("the cycle counter of this processor cannot be read")
    values = np.ones(1000)
    kernel = numba.njit(_kernel)
    clocked = clocks._rebuilt(kernel)
    assert clocked(values, 2) == kernel(values, 2)
    clocks.start()
    started = time.thread_time()
    clocked(values, 400)
    took = time.thread_time() - started
    parts = clocks.parts()
    assert list(parts) == ["loop"]
    nanoseconds, calls = parts["loop"]
    assert calls == 400
    assert nanoseconds * calls == pytest.approx(1e9 * took, rel=0.5)
    clocks.start()
    assert clocks.parts() == {}


def test_every_kernel_is_there_with_clocks() -> None:
    backend: Any = get_backend("numba")
    clocks = kernel_clocks(backend)
    if clocks is None:
        pytest.skip("the cycle counter of this processor cannot be read")
    kernels = clocks.backend.kernels
    assert isinstance(kernels, ModuleType)
    for name in ("windows", "skipgram_shared", "cbow_shared", "skipgram_paths", "cbow_paths"):
        assert getattr(kernels, name) is not getattr(backend.kernels, name)
    labels = set(clocks._labels)
    parts = {"windows", "fetch_list", "score", "change", "add", "path", "scores", "update"}
    assert parts <= labels
    assert not [label for label in labels if label.startswith(("read_", "write_"))]


def test_other_backends_have_no_clocks() -> None:
    assert kernel_clocks(get_backend("numpy")) is None


def test_pieces_run() -> None:
    loops = kernel_loops()
    pieces = {piece.name: piece for piece in loops.pieces(8, 2, 16, 32)}
    assert next(iter(pieces)) == loops.CEILING
    for name in (loops.CEILING, "scores of a path, 1 at once", "changes of a path, 1 at once"):
        pieces[name].repeat(2)
        assert pieces[name].flops > 0
    assert {"scores of a block", "changes of noise words", "sum of a window"} <= set(pieces)
    assert set(loops.kinds()) <= {"haswell", "x86-64"}
