"""The wheel holds the package, the backends inside it, and nothing at the top but `w2v`."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    done = subprocess.run(
        [*command, str(ROOT)], capture_output=True, text=True, check=False, cwd=folder
    )
    if done.returncode and "build dependencies" in done.stderr:
        pytest.skip("setuptools cannot be had to build the wheel")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"w2v", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}
    assert {"w2v/py.typed", "w2v/backends/__init__.py", "w2v/layers/logistic.py"} <= set(names)
    assert len(names) == len(set(names))


def test_runs_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "backends").mkdir()  # a folder of that name must not get in the way
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import w2v, w2v.backends; "
        "print(w2v.__file__, w2v.backends.get_backend('numpy').name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"{site}/w2v/__init__.py numpy\n"
