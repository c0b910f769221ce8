"""The stand-in for CuPy is as strict as a GPU, and none but the `backend` fixture sees it.

With it the CuPy half of the tests proves that no host and device arrays meet, that only names CuPy
has are used, that float32 stays float32, and that kernels do what the layers do: g++ compiles them,
and threads take turns, fair ones or such as show what fair ones hide (`standin/kernels.py`). It
proves nothing about speed or CUDA's compiler. Where the real CuPy works, that is tested.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from conftest import stand_in, unusable, without_compiler

from w2v.backends import Backend, available_backends, get_backend

on_cupy = pytest.mark.parametrize("backend", ["cupy"], indirect=True)
nowhere = pytest.mark.skipif(unusable("cupy") is None, reason="the real CuPy can be used here")
KERNEL = """
extern "C" __global__ void twice(float* values, int size) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x)
        values[i] *= 2;
}
"""


@on_cupy
def test_host_and_device_arrays_do_not_meet(backend: Backend) -> None:
    there, here = backend.asarray([1.0, 2.0], "float32"), np.ones(2, "float32")
    for meeting in (
        lambda: there + here,
        lambda: here + there,
        lambda: there @ here,
        lambda: np.asarray(there),
        lambda: np.exp(there),
        lambda: backend.scatter_add(there, np.zeros(1, int), here[:1]),
        lambda: backend.xp.concatenate([there, here]),
    ):
        with pytest.raises(TypeError):
            meeting()
    with pytest.raises(AttributeError):
        _ = backend.xp.einsum_path  # CuPy has none


@on_cupy
@nowhere
def test_float64_by_accident_is_an_error(backend: Backend) -> None:
    single, whole = backend.asarray([1.0], "float32"), backend.asarray([1], "int64")
    with pytest.raises(TypeError, match=r"multiply of .* gives float64"):
        _ = single * whole
    assert (single * 2).dtype == "float32"
    assert (single * whole.astype("float32")).dtype == "float32"


@on_cupy
def test_arguments_of_kernels_have_their_types(backend: Backend) -> None:
    twice = backend.xp.RawModule(code=KERNEL).get_function("twice")
    values = backend.xp.arange(40, dtype="float32")
    twice((2,), (8,), (values, np.int32(40)))
    assert backend.to_numpy(values).tolist() == list(range(0, 80, 2))


@on_cupy
@nowhere
@pytest.mark.parametrize("size", [np.int64(40), 40.0])
def test_arguments_of_other_types_are_refused(backend: Backend, size: Any) -> None:
    twice = backend.xp.RawModule(code=KERNEL).get_function("twice")
    with pytest.raises((TypeError, AttributeError)):
        twice((2,), (8,), (backend.xp.arange(40, dtype="float32"), size))


@on_cupy
def test_all_that_asks_for_cupy_gets_this_one(backend: Backend) -> None:
    assert get_backend("cupy").xp is backend.xp
    assert get_backend("auto").xp is backend.xp
    assert (backend.xp is stand_in()) == (unusable("cupy") is not None)


@nowhere
def test_no_other_test_sees_it() -> None:
    stand_in()
    assert {state.name: state.backend for state in available_backends()}["cupy"] is None
    assert get_backend("auto").name != "cupy"
    assert sys.modules.get("cupy") is not stand_in()


@nowhere
@on_cupy
def test_no_other_process_sees_it(backend: Backend) -> None:
    code = "from w2v.backends import get_backend; print(get_backend('auto').name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout != "cupy\n"


def test_kernels_without_a_compiler_are_skipped_with_the_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"no g\+\+ on the PATH"):
        without_compiler(code="", options=())
