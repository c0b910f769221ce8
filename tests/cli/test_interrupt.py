"""Ctrl-C and other signals at any moment: their code, one line, no traceback, no file."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that heeds Ctrl-C, also where this one does not, as in `make test &`."""
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, heeded)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def after(child: subprocess.Popen[str], begin: str, more: int) -> None:
    """Wait for a line on standard error that names `begin`, and for some more."""
    assert child.stderr is not None
    assert any(begin in line for line in child.stderr)
    for _ in range(more):
        next(child.stderr)


@pytest.mark.parametrize(
    ("name", "pause"), [("SIGINT", 0.1), ("SIGINT", 0.9), ("SIGTERM", 0.9), ("SIGUSR1", 0.1)]
)
def test_while_kernels_are_compiled(
    tmp_path: Path, name: str, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLVM calls functions of Python, which lose an exception that is raised in them."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    corpus, output = tmp_path / "corpus.txt", tmp_path / "v.vec"
    corpus.write_text("a b c d e f g h\n" * 100)
    output.write_text("old")
    options = ["--epochs", "1000000", "--backend", "numba"]
    with started("-m", "w2v", "train", str(corpus), "-o", str(output), *options) as child:
        after(child, "compiling", 0)
        time.sleep(pause)
        child.send_signal(signal.Signals[name])
        _, rest = child.communicate(timeout=60)
        assert child.returncode == 128 + signal.Signals[name]
        told = "\nInterrupted.\n" if name == "SIGINT" else f"\nEnded by {name}.\n"
        assert rest == told  # and nothing of exceptions that were ignored, or objects half made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "corpus.txt", "v.vec"]
    assert output.read_text() == "old"


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("imports", [0, 10, 40, 150, 300])
def test_while_modules_are_imported(imports: int, presses: int) -> None:
    """From the first import after the handler is there, before any command can catch anything."""
    with started("-X", "importtime", "-m", "w2v", "demo") as child:
        after(child, "click", imports)
        for _ in range(presses):
            child.send_signal(signal.SIGINT)
        _, rest = child.communicate(timeout=60)
        assert child.returncode == 130
        assert "Interrupted." in rest
        assert "Traceback" not in rest


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.2, 1.5])
def test_twice_while_training(tmp_path: Path, pause: float) -> None:
    corpus, output = tmp_path / "corpus.txt", tmp_path / "v.vec"
    corpus.write_text("a b c d e f g h\n" * 30_000)
    options = ["--epochs", "1000000", "--backend", "numpy", "--workers", "2", "--sample", "0"]
    with started("-m", "w2v", "train", str(corpus), "-o", str(output), *options) as child:
        after(child, "epoch", 0)
        child.send_signal(signal.SIGINT)
        time.sleep(pause)
        child.send_signal(signal.SIGINT)
        _, rest = child.communicate(timeout=60)
        assert child.returncode == 130
        assert "Interrupted." in rest
        assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == [corpus]
