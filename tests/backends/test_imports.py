"""Who may import an array library."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = sorted((ROOT / "w2v" / "layers").glob("*.py"))
LIBRARIES = {"numpy", "cupy", "cupyx", "numba", "scipy"}


def imported(source: str) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def test_the_check_sees_every_form() -> None:
    source = "import numpy as np\ndef f():\n    from cupyx.scipy import special\n"
    assert imported(source) == {"numpy", "cupyx"}


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.name)
def test_layers_import_no_array_library(path: Path) -> None:
    assert not imported(path.read_text(encoding="utf-8")) & LIBRARIES


def test_only_one_file_imports_cupy() -> None:
    sources = [*(ROOT / "w2v").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
    assert {
        path.name
        for path in sources
        if imported(path.read_text(encoding="utf-8")) & {"cupy", "cupyx"}
    } == {"cupy_backend.py"}


def test_importing_the_layers_loads_no_cupy() -> None:
    code = "import sys, w2v.layers; print({'cupy', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
