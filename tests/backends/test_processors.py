"""Products compiled for kinds of processor: right sums, all of them in registers."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")

HERE = Path(__file__).parent
TO_THE_STACK = r"\sv?mov[au]p[sd]\s+%[xyz]mm\d+, -?\d*\(%r[sb]p\)|\sst[rp]\s+q\d+,.*\[sp"
INNER = (30, 9)


def products() -> dict[str, Any]:
    """Of both widths, for numbers of rows with and without a rest: errors, and spilled vectors."""
    from w2v.backends import numba_llvm as ll
    from w2v.backends import numba_products as made

    rng = np.random.default_rng(0)
    ahead = np.zeros(4, np.int64)  # nothing to ask for
    worst, spilled = 0.0, 0
    pieces = [
        (made.multiply_one, made.ROWS, ll.LANES),
        (made.multiply_wide, made.ROWS, made.WIDE * ll.LANES),
    ]
    if ll.HALF.count < ll.LANES:
        pieces.append((made.multiply_half, made.HALF_ROWS, ll.HALF.count))
    for piece, most, wide in pieces:
        run = numba.njit(error_model="numpy", fastmath={"contract", "nsz"})(_calling(piece))
        for inner in INNER:
            for rows in range(most, 3 * most + 1):
                left = rng.normal(size=(rows, inner)).astype(np.float32)
                right = rng.normal(size=(inner, wide)).astype(np.float32)
                out = np.full((rows + 1, wide), 7, np.float32)
                places = np.array([row.ctypes.data for row in left])
                at = [array.ctypes.data for array in (out, places, right, ahead)]
                run(at[0], wide, rows, at[1], at[2], inner, at[3])
                worst = max(worst, float(np.abs(out[:rows] - left.astype(float) @ right).max()))
                assert (out[rows] == 7).all()
        (code,) = run.inspect_asm().values()
        itself = code.partition("\t.size\t")[0]  # what follows is for calls by the interpreter
        assert len(re.findall("fmadd|fmla|mulps", itself)) > 10
        spilled += len(re.findall(TO_THE_STACK, itself))
    return {"shape": (ll.LANES, ll.REGISTERS), "worst": worst, "spilled": spilled}


def _calling(piece: Any) -> Any:
    def run(out: Any, wide: Any, rows: Any, left: Any, right: Any, inner: Any, ahead: Any) -> None:
        piece(out, wide, rows, left, right, wide, inner, ahead)

    return run


def test_products_on_this_processor() -> None:
    found = products()
    assert found["worst"] < 1e-4
    assert found["spilled"] == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="this processor is of another family")
@pytest.mark.parametrize(("cpu", "shape"), [("haswell", [8, 16]), ("x86-64", [8, 8])])
def test_products_on_lesser_processors(cpu: str, shape: list[int]) -> None:
    """Compiled for them, and run here."""
    code = "import json, test_processors; print(json.dumps(test_processors.products()))"
    found = json.loads(run_as(cpu, ["-c", code]))
    assert found["shape"] == shape
    assert found["worst"] < 1e-4
    assert found["spilled"] == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="this processor is of another family")
def test_steps_on_a_lesser_processor(tmp_path: Path) -> None:
    """Steps against paths are the layers' also where vectors have no halves, in a shape with rests.

    Those against noise words are of the products above, and take as long again to compile.
    """
    tests = HERE.parent / "training" / "test_fused.py"
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "composed_step and numba and hs and 37",
    ]
    out = run_as("haswell", ["-m", "pytest", str(tests), *options], NUMBA_CACHE_DIR=str(tmp_path))
    assert re.search(r"^3 passed", out, re.MULTILINE)


def run_as(cpu: str, command: list[str], **environment: str) -> str:
    """What Python prints, with kernels compiled for a kind of processor."""
    places = {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])}
    kind = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    ran = subprocess.run(
        [sys.executable, *command],
        env=os.environ | kind | places | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
