"""What compiled kernels take and execute: arithmetic, parsing, and machine code run on the CPU."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarked import ROOT

from benchmarks.gpu import compiling, occupancy, resources, sass_code
from benchmarks.gpu.sass_program import Kernel
from w2v import Backend, Config
from w2v.training import Trainer, throughput


@pytest.mark.parametrize(
    ("arch", "taken", "blocks", "by"),
    [
        ("sm_80", (256, 32, 0), 8, "warps"),
        ("sm_90", (1024, 32, 0), 2, "warps"),
        ("sm_90", (32, 16, 0), 32, "blocks"),
        ("sm_80", (256, 64, 0), 4, "registers"),
        ("sm_80", (128, 255, 0), 2, "registers"),
        ("sm_80", (128, 117, 0), 4, "registers"),  # 17 warps have room, but come by four
        ("sm_80", (128, 32, 40 * 1024), 4, "shared memory"),  # 41 KiB with what the system has
        ("sm_90", (128, 32, 227 * 1024), 1, "shared memory"),
        ("sm_80", (128, 32, 164 * 1024), 0, "shared memory"),
    ],
)
def test_what_keeps_blocks_of_threads_from_a_multiprocessor(
    arch: str, taken: tuple[int, int, int], blocks: int, by: str
) -> None:
    assert occupancy.resident(occupancy.LIMITS[arch], *taken) == (blocks, by)


SAID = """
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'add_sorted' for 'sm_90'
ptxas info    : Function properties for add_sorted
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 24 registers, used 0 barriers
ptxas info    : Compiling entry function 'steps' for 'sm_90'
ptxas info    : Function properties for steps
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 72 registers, used 1 barriers, 256 bytes smem
"""


def test_what_the_compiler_says_is_read() -> None:
    found = compiling.used(SAID)
    assert found["add_sorted"]["registers"] == 24
    assert found["add_sorted"]["spill_bytes"] == 0
    steps = {"registers": 72, "stack_bytes": 16, "spill_bytes": 20, "static_shared_bytes": 256}
    assert found["steps"] == steps


SOURCE = """__device__ int half(int x) {
    return x / 2;
}
__device__ int much(int x) {
    int sum = 0;
    for (int i = 0; i < x; i++) {
        sum += half(i);
        if (i > 3) {
            break;
        }
    }
    return sum;
}
extern "C" __global__ void kernel(
    int x
) {
    much(x);
}
"""
SASS = """
//--------------------- .text.kernel          --------------------------
kernel:
.text.kernel:
	//## File "k.cu", line 17
        /*0000*/                   LDC R1, c[0x0][0x28] ;
.L_x_1:
	//## File "/include/intrinsics.hpp", line 5 inlined at "k.cu", line 2
	//## File "k.cu", line 2 inlined at "k.cu", line 7
	//## File "k.cu", line 7 inlined at "k.cu", line 17
	//## File "k.cu", line 17
        /*0010*/              @!P0 LDG.E R2, desc[UR4][R2.64+0x8] ;
        /*0020*/                   BRA `(.L_x_1);
"""


def test_machine_code_is_counted_for_the_functions_it_comes_from() -> None:
    function = sass_code.read(SASS, "k.cu")["kernel"]
    assert function.labels[".L_x_1"] == 0x10
    first, load, branch = function.code
    assert load.guard == ("P0", True)
    assert load.operands == ["R2", "desc[UR4][R2.64+0x8]"]
    assert branch.places == load.places == (2, 7, 17)
    known = sass_code.parts(SOURCE)
    assert [part[:3] for part in known] == [("half", 1, 3), ("much", 4, 13), ("kernel", 14, 18)]
    assert sass_code.part_of(first.places, known, "kernel") == "kernel"
    assert sass_code.part_of(load.places, known, "kernel") == "much"


def test_an_earlier_result_stands_beside() -> None:
    row = {"arch": "sm_90", "case": "cbow-ns", "dim": 100, "instructions": 1500.0, "lanes": 25}
    row |= {"by_part": {"fetch": 900, "few": 3}, "shared_passes": 30, "passes_by_conflicts": 4}
    unknown = {"arch": "sm_90", "case": "cbow-hs", "dim": 100, "not_counted": "UBLKCP"}
    before = {"executed": [{**row, "instructions": 3000.0}, unknown]}
    _, table = resources.tables({"occupancy": [], "executed": [row, unknown]}, before)
    assert (
        "| cbow-ns, 100 | 1500, 0.50 of 3000 | 25.0 | 30, 4 of them by conflicts | fetch 900 |"
        in table
    )
    assert "| cbow-hs, 100 | - | - | - | not counted: UBLKCP |" in table


@pytest.fixture(scope="module")
def compilers() -> tuple[str, str]:
    try:
        return compiling.programs()
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("backend", ["cupy"], indirect=True)
@pytest.mark.parametrize("case", ["skipgram-ns", "cbow-ns", "skipgram-hs", "cbow-hs"])
@pytest.mark.parametrize("arch", ["sm_80", "sm_90", "sm_90 in bulk"])
def test_machine_code_trains_as_the_source_does(
    backend: Backend, compilers: tuple[str, str], case: str, arch: str, tmp_path: Path
) -> None:
    """The source as g++ compiles it for the stand-in: so what is counted is what would run."""
    if not backend.device.startswith("no device"):
        pytest.skip("the real CuPy has no arrays of NumPy inside")
    arch, _, way = arch.partition(" ")
    sass = compiling.compiled(*compilers, arch, tmp_path, in_bulk=bool(way))[1]
    functions = sass_code.read(sass, compiling.SOURCE.name)
    model, loss = case.split("-")
    step = 16 if loss == "ns" else 1
    options: dict[str, Any] = {"sample": 0.0, "epochs": 1, "min_count": 1, "step_tokens": step}
    config = Config(model=model, loss=loss, dim=24 if way else 20, alpha=0.5, **options)
    corpus = throughput.zipf_corpus(24, 12)
    with warnings.catch_warnings(), resources.chunks_of(24):
        warnings.simplefilter("ignore")  # nothing is learnt from so little
        source = Trainer(config, corpus, backend).run()
        with resources.launching(backend, lambda name: Kernel(functions[name], arch)):
            code = Trainer(config, corpus, backend).run()
    assert code.kept == source.kept == [24]
    assert code.loss == pytest.approx(source.loss, rel=1e-5)
    assert np.abs(source.output).max() > 0.01
    np.testing.assert_allclose(code.vectors, source.vectors, rtol=0, atol=1e-5)
    np.testing.assert_allclose(code.output, source.output, rtol=0, atol=1e-5)


def test_the_whole_table(compilers: tuple[str, str], tmp_path: Path) -> None:
    options = ["--tiny", "--archs", "sm_90", "--dims", "8", "1000", "--executed", "8"]
    options += ["--cases", "skipgram-ns", "--results", str(tmp_path)]
    command = [sys.executable, "-m", "benchmarks.gpu.resources", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "gpu-resources.json").read_text(encoding="utf-8"))
    row, too_wide = found["occupancy"]
    assert row["kernel"] == "skipgram_shared"
    assert row["registers"] == found["kernels"]["sm_90"]["skipgram_shared"]["registers"] > 16
    assert row["blocks"] * row["threads"] <= 2048
    assert too_wide["kernel"] is None
    (counted,) = found["executed"]
    assert counted["instructions"] == pytest.approx(sum(counted["by_part"].values()))
    assert counted["instructions"] == pytest.approx(sum(counted["by_kind"].values()))
    assert 8 < counted["lanes"] <= 32
    assert counted["shared_passes"] >= counted["passes_by_conflicts"] >= 0
    assert "fetch" in counted["by_part"]
