"""The CuPy half of the tests on a CPU: `standin/cupy.py` refuses what CuPy would refuse.

It proves that no host and device arrays meet, that only names CuPy has are used, that float32
stays float32, and that kernels do what the layers do: g++ compiles them, and threads take turns
(`cuda_on_cpu.h`). It proves nothing about speed, races or CUDA's compiler. Where the real CuPy
works, that is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from w2v.backends import available_backends

TESTS = Path(__file__).parent
SELECTED = ["layers", "backends", "training/test_blocks.py", "training/test_draws.py"]
SELECTED += [
    "training/test_model.py",
    "training/test_trainer.py::test_words_of_a_topic_come_together",
    "training/test_trainer.py::test_deterministic_training_gives_the_same_bytes_on_every_backend",
    "training/test_fused.py::test_chunks_are_trained_on_as_the_layers_do",
    "training/test_fused.py::test_tokens_in_flight_share_the_cap",
    "queries/test_questions.py",
    "cli/test_query_commands.py",
    "evaluation/test_scoring.py",
    "training/test_memory_plan.py",
    "training/test_start.py",
]


def test_layers_and_trainer_run_on_the_stand_in() -> None:
    if any(state.name == "cupy" and state.backend for state in available_backends()):
        pytest.skip("the real CuPy can be used here")
    environment = {
        **os.environ,
        "PYTHONPATH": str(TESTS / "standin"),
        "W2V_REQUIRE_BACKENDS": "cupy",
        "CUPY_STRICT_DRIFT": "error",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "cupy"]
        + [str(TESTS / name) for name in SELECTED],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=TESTS.parent,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout
