"""What `import w2v` gives, and what it costs."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import w2v
import w2v.backends
import w2v.layers
from w2v import library


@pytest.mark.parametrize("module", [w2v, w2v.layers, w2v.backends], ids=lambda m: m.__name__)
def test_every_public_name_is_there_and_documented(module: object) -> None:
    names = module.__all__  # type: ignore[attr-defined]
    assert len(names) == len(set(names))
    for name in names:
        value = getattr(module, name)
        if isinstance(value, type) or inspect.isfunction(value):
            assert value.__doc__, name


def seconds(code: str, compiled: Path) -> float:
    """Of the processor, in the quickest of a few fresh processes; others may be busy beside.

    The first one keeps in the folder `compiled` what Python compiles, wherever it is told not to.
    """
    if sys.platform == "win32":
        pytest.skip("nothing says what a child took of the processor")
    import resource

    kept = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    times = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=kept)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_import_is_quick(tmp_path: Path) -> None:
    """What comes on top of NumPy: 0.17 s of the processor, 0.12 s for who waits."""
    alone = seconds("import numpy", tmp_path)
    assert seconds("import w2v; w2v.Word2Vec", tmp_path) - alone < 0.25


def test_import_alone_loads_nothing() -> None:
    """So that help is quick, and Ctrl-C has a meaning before NumPy is loaded."""
    code = "import sys, w2v; print('numpy' in sys.modules, 'Word2Vec' in dir(w2v))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


def test_names_are_those_of_the_library() -> None:
    assert w2v.__all__ == ["__version__", *library.__all__]


def test_rooms_are_there_when_asked_for() -> None:
    code = "import w2v; print(w2v.text.__name__, w2v.layers.__name__, hasattr(w2v, 'wv'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "w2v.text w2v.layers False\n"


@pytest.mark.parametrize("room", ["training", "text", "formats", "evaluation", "layers", "cli"])
def test_a_room_may_be_imported_first(room: str) -> None:
    subprocess.run([sys.executable, "-c", f"import w2v.{room}"], check=True)


def test_import_loads_no_optional_library() -> None:
    code = (
        "import sys, w2v; w2v.Word2Vec; heavy = {'cupy', 'numba', 'click', 'gensim', 'pyarrow', "
        "'scipy', 'zstandard', 'matplotlib', 'sklearn'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_backends_is_imported_under_one_name_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import backends"],
        capture_output=True,
        text=True,
        check=False,
        cwd=w2v.__path__[0] + "/..",
    )
    assert done.returncode == 1
    assert "imported as 'w2v.backends'" in done.stderr
