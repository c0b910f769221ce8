"""The `backend` fixture: every test that asks for it runs once per array library.

Where CuPy cannot be used, its turn is taken by `standin/cupy.py`, unless `W2V_REQUIRE_BACKENDS`
names it. Only these tests see the stand-in, and only while they run: to all others, and to every
process they start, CuPy is what it is on this machine.

And the folder, with or without a text, that commands are given in.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from w2v.backends import Backend, get_backend
from w2v.errors import BackendError

# asserts say what failed
pytest.register_assert_rewrite("benchmarked", "commands", "cut_off", "gradcheck", "vector_tables")

settings.register_profile("shared", deadline=None)  # no test has the machine to itself
settings.load_profile("shared")
STANDIN = Path(__file__).with_name("standin") / "cupy.py"
collect_ignore = ["standin"]  # no tests: a `cupy` for machines without a GPU
BACKENDS = ("numpy", "numba", "cupy")
REQUIRE = "W2V_REQUIRE_BACKENDS"
"""Environment variable: backends, by comma, that must be usable here: no skip, no stand-in."""


def required_backends() -> set[str]:
    """The names in `W2V_REQUIRE_BACKENDS`; an unknown one is an error."""
    names = {name.strip() for name in os.environ.get(REQUIRE, "").split(",")} - {""}
    if unknown := sorted(names.difference(BACKENDS)):
        raise pytest.UsageError(f"{REQUIRE} must name some of {BACKENDS}, got {unknown}.")
    return names


@pytest.fixture(autouse=True)
def _sigterm_as_it_was() -> Iterator[None]:
    """Ray, started in the first thread, would end later tests with 1."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if signal.getsignal(signal.SIGTERM) is not before and before is not None:
        signal.signal(signal.SIGTERM, before)


def pytest_configure() -> None:
    required_backends()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile each kernel once, where the processes of pytest-xdist would each do it."""
    if not getattr(session.config.option, "numprocesses", 0):
        return
    code = "from w2v.backends import get_backend; get_backend('numba').prepare({!r}, averaged={})"
    calls = [code.format(rows, averaged) for rows in ("shared", "path") for averaged in (0, 1)]
    children = [
        subprocess.Popen([sys.executable, "-c", call], stderr=subprocess.DEVNULL) for call in calls
    ]
    for child in children:
        child.wait()


def pytest_report_header() -> str:
    why = unusable("cupy")
    return "cupy: as installed" if why is None else f"cupy: the stand-in of tests/standin ({why})"


@cache
def unusable(name: str) -> BackendError | None:
    """Why a backend cannot be used on this machine; None where it can."""
    try:
        get_backend(name)
    except BackendError as error:
        return error
    return None


@cache
def stand_in() -> ModuleType:
    """The module of `standin/cupy.py`, of which `sys.modules` knows nothing."""
    spec = spec_from_file_location("cupy", STANDIN)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    if shutil.which("g++") is None:
        module.RawModule = without_compiler  # type: ignore[attr-defined]
    return module


def without_compiler(**_: Any) -> None:
    pytest.skip("no g++ on the PATH, which compiles the kernels where there is no GPU")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests of commands: `commands.topics_file`, to be read only."""
    from commands import topics_file

    return topics_file(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """A file of vectors of `corpus`, to be read only."""
    from commands import trained

    return trained(corpus, tmp_path_factory.mktemp("vectors"))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Each backend in turn; skipped, with the reason, where it cannot be used."""
    name: str = request.param
    if error := unusable(name):
        if name in required_backends():
            pytest.fail(f"{REQUIRE} names {name!r}: {error}", pytrace=False)
        if name != "cupy":
            pytest.skip(str(error))
        cupy = stand_in()
        monkeypatch.setattr(cupy, "_rng", np.random.default_rng(0))  # the same sums in any order
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        monkeypatch.setenv("CUPY_STRICT_DRIFT", "error")
    return get_backend(name)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def text(here: Path) -> Path:
    """A text in the current folder."""
    from commands import topics_file  # after its asserts are rewritten

    return topics_file(here)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops over parts of a text turn many times."""
    from reading import in_small_parts

    in_small_parts(monkeypatch)
