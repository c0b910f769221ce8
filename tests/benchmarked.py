"""Benchmarks as tests run them: tiny, and within this process where they can be."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from benchmarks import harness

ROOT = Path(__file__).parents[1]
FORKING = {"kill"}


def run(module: str, results: Path, *options: object) -> tuple[str, dict[str, Any]]:
    """What a benchmark prints, and the result it keeps."""
    arguments = [*map(str, options), "--results", str(results), "--name", "result"]
    printed = apart(module, arguments) if module in FORKING else here(module, arguments)
    found: dict[str, Any] = json.loads((results / "result.json").read_text(encoding="utf-8"))
    machine = found["environment"]
    assert machine["commit"]
    assert 1 <= machine["cores"] <= machine["threads"]
    assert machine["others"] is None or 0 <= machine["others"] <= 1
    assert machine["cpu"] in harness.about(machine)
    drawn = module in {"peers", "scaling"} and "--workers" not in options[-3:]
    drawn = drawn and find_spec("matplotlib") is not None
    assert (results / "result.png").exists() == drawn
    return printed, found


def apart(module: str, arguments: list[str]) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def here(module: str, arguments: list[str]) -> str:
    """In this process, which starts sooner."""
    printed = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # as of a program
        patch.setattr(sys, "argv", [module, *arguments])
        patch.setattr(harness, "stay_on", lambda _: [])  # other tests may have all cores
        patch.chdir(ROOT)
        importlib.import_module(f"benchmarks.{module}").main()
    return printed.getvalue()
