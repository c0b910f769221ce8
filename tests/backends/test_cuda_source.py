"""The CUDA source compiles, for old and new devices, where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from w2v.backends import cupy_kernels

SOURCE = Path(cupy_kernels.__file__).with_name("cupy_kernels.cu")
KERNELS = {
    "draw_kept",
    "cut_windows",
    "skipgram_shared",
    "cbow_shared",
    "skipgram_paths",
    "cbow_paths",
    "add_sorted",
}


@pytest.mark.parametrize(("architecture", "in_bulk"), [("sm_75", 1), ("sm_90", 0), ("sm_90", 1)])
def test_source_compiles_without_a_warning(architecture: str, in_bulk: int, tmp_path: Path) -> None:
    """Where rows cannot come in bulk, the option changes nothing."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("no nvcc here; NVRTC compiles the source on a machine with a GPU")
    whole = "-cubin" if in_bulk else "-ptx"  # to machine code once for each kind: it takes seconds
    options = ["-arch", architecture, whole, "-Werror", "all-warnings", "-std=c++17"]
    options.append(f"-DROWS_IN_BULK={in_bulk}")
    done = subprocess.run(
        [nvcc, *options, "-o", str(tmp_path / "kernels.cubin"), str(SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_kernels_are_those_that_are_launched() -> None:
    text = SOURCE.read_text("utf-8")
    assert {name for name in KERNELS if f"__global__ void {name}(" in text} == KERNELS
    assert text.count("__global__ void") == len(KERNELS)


def test_a_step_that_does_not_fit_is_known_before() -> None:
    for averaged in (False, True):
        sizes = [
            cupy_kernels.step_size(dim, 5, 16, shared=32, longest=0, averaged=averaged).shared
            for dim in (100, 300)
        ]
        assert 20_000 < sizes[0] < 64_000
        assert 2.5 * sizes[0] < sizes[1] < 3 * sizes[0]
