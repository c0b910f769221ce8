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
SHAPES = [(30, -30, 30, 0), (26, 0, 10, 5), (9, -4, 0, 3)]  # inner, below, above, more


def products() -> dict[str, Any]:
    """Of both widths, for numbers of rows with and without a rest: errors, and spilled vectors."""
    from w2v.backends import numba_llvm as ll
    from w2v.backends import numba_products as made

    rng = np.random.default_rng(0)
    ahead = np.zeros(4, np.int64)  # nothing to ask for
    worst, spilled = 0.0, 0
    for piece, wide in ((made.multiply_one, ll.LANES), (made.multiply_wide, made.WIDE * ll.LANES)):
        run = numba.njit(error_model="numpy", fastmath={"contract", "nsz"})(_calling(piece))
        for inner, below, above, more in SHAPES:
            k = np.arange(inner + more)
            for rows in range(made.ROWS, 3 * made.ROWS + 1):
                i = np.arange(rows)[:, None]
                near = ((k >= i + below) & (k <= i + above)) | (k >= inner)
                left = rng.normal(size=(rows, inner + more)).astype(np.float32) * near
                right = rng.normal(size=(inner + more, wide)).astype(np.float32)
                out = np.full((rows + 1, wide), 7, np.float32)
                out_at, left_at, right_at = (array.ctypes.data for array in (out, left, right))
                at = ahead.ctypes.data
                run(out_at, wide, rows, left_at, len(k), right_at, inner, below, above, more, at)
                worst = max(worst, float(np.abs(out[:rows] - left.astype(float) @ right).max()))
                assert (out[rows] == 7).all()
        (code,) = run.inspect_asm().values()
        itself = code.partition("\t.size\t")[0]  # what follows is for calls by the interpreter
        assert len(re.findall("fmadd|fmla|mulps", itself)) > 10
        spilled += len(re.findall(TO_THE_STACK, itself))
    return {"shape": (ll.LANES, ll.REGISTERS), "worst": worst, "spilled": spilled}


def _calling(piece: Any) -> Any:
    def run(
        out: Any, wide: Any, rows: Any, left: Any, columns: Any, right: Any,
        inner: Any, below: Any, above: Any, more: Any, ahead: Any,
    ) -> None:  # fmt: skip
        piece(out, wide, rows, left, columns, 1, right, wide, inner, below, above, more, ahead)

    return run


def test_products_on_this_processor() -> None:
    found = products()
    assert found["worst"] < 1e-4
    assert found["spilled"] == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="this processor is of another family")
@pytest.mark.parametrize(("cpu", "shape"), [("haswell", [8, 16]), ("x86-64", [8, 8])])
def test_products_on_lesser_processors(cpu: str, shape: list[int]) -> None:
    """Compiled for them, and run here."""
    environment = os.environ | {
        "NUMBA_CPU_NAME": cpu,
        "NUMBA_CPU_FEATURES": "",
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
    }
    code = "import json, test_processors; print(json.dumps(test_processors.products()))"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["shape"] == shape
    assert found["worst"] < 1e-4
    assert found["spilled"] == 0
