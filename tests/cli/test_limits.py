"""Limits that systems, containers and shells set: one line, an exit code, and never a hang."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commands import QUICK, refused, run, topics_file

from w2v.backends import Left, get_backend, machine, numba_cache
from w2v.errors import BackendError, W2VError, ran_out

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems set no such limits")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return topics_file(tmp_path)


def limited(name: str, size: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command under a limit of the process, that of addresses (`ulimit -v`) for one."""
    resource = pytest.importorskip("resource")
    number = getattr(resource, name)
    return subprocess.run(
        [sys.executable, "-m", "w2v", *map(str, arguments)],
        preexec_fn=lambda: resource.setrlimit(number, (size, size)),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@linux
@pytest.mark.parametrize("size", [330, 450, 650, 800, 950])
def test_few_addresses_end_training_in_a_line(corpus: Path, tmp_path: Path, size: int) -> None:
    output = tmp_path / "v.bin"
    done = limited("RLIMIT_AS", size * MIB, "train", corpus, "-o", output, "-q", "--min-count", "1")
    assert "Traceback" not in done.stderr
    if "bad_alloc" in done.stderr:  # Arrow's threads end the process themselves, here and there
        assert not output.exists()
        return
    assert done.returncode in (0, 1), done.stderr
    assert output.exists() == (done.returncode == 0)
    lines = [line for line in done.stderr.splitlines() if "Error" in line]
    assert len(lines) == done.returncode, done.stderr


@linux
def test_numba_loads_no_second_blas() -> None:
    code = (
        "import sys; from w2v.backends import get_backend\n"
        "get_backend('numba').prepare('shared', averaged=False)\n"
        "assert 'scipy' in sys.modules and 'scipy.linalg' not in sys.modules\n"
        "import numba, numpy as np\n"  # the code of others finds it all the same
        "assert numba.njit(lambda a: a @ a)(np.eye(3)).sum() == 3\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@linux
@pytest.mark.parametrize("files", [5, 6, 7, 8])
def test_few_open_files(corpus: Path, tmp_path: Path, files: int) -> None:
    done = limited("RLIMIT_NOFILE", files, "train", corpus, "-o", tmp_path / "v.bin", *QUICK)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert done.returncode == 1
        assert done.stderr.endswith("\n")
        assert "Too many open files" in done.stderr.splitlines()[-1]


@linux
def test_files_that_may_not_grow(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "v.bin"
    done = limited("RLIMIT_FSIZE", 100, "train", corpus, "-o", output, *QUICK)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Temporary data cannot be written to the folder ")
    assert not output.exists()


def test_no_more_threads(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    result = run("train", corpus, "-o", tmp_path / "v.bin", *QUICK)
    refused(result, 1, r"^Error: No more threads can be started: .* \(ulimit -u\)")


@pytest.mark.parametrize("what", ["missing", "file.txt"])
def test_temporary_files_go_nowhere_else(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    (tmp_path / "file.txt").write_text("", encoding="utf-8")
    monkeypatch.setenv("TMPDIR", str(tmp_path / what))
    for command in (["train", corpus, "-o", tmp_path / "v.bin"], ["phrases", corpus]):
        refused(run(*command), 1, rf"made in .*{what}: .*directory\. Set TMPDIR")
    result = run("bench", "--tokens", "1000", "--seconds", "0.01", "--words", "10")
    refused(result, 1, f"^Error: No temporary folder can be made in .*{what}")
    assert not os.path.exists(tmp_path / "v.bin")


def test_what_ran_out() -> None:
    assert ran_out(MemoryError()) == "Not enough memory."
    assert ran_out(MemoryError("3 GiB.")) == "Not enough memory: 3 GiB."
    missing = ImportError("libarrow.so: failed to map segment from shared object")
    assert ran_out(missing).startswith("A library cannot be loaded: libarrow.so: failed to map")
    assert ran_out(OSError(24, "Too many open files")) == "Cannot go on: Too many open files."
    for other in (RuntimeError("a bug"), ImportError("No module named x"), OSError(2, "no file")):
        assert ran_out(other) == ""


def test_compiling_waits_for_no_abort_of_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def load_overload(self, *_: object) -> None: ...

    cache = numba_cache._Forgiving(Missing())
    assert cache.load_overload() is None
    monkeypatch.setattr(machine, "memory_left", lambda: Left(20 * MIB, 0, "ulimit -v"))
    message = "Compiling takes some 160 MiB of memory, and ulimit -v leaves 20 MiB"
    with pytest.raises(BackendError, match=message):
        cache.load_overload()
    assert issubclass(BackendError, W2VError)
    assert get_backend("numba").name == "numba"


def test_a_memory_error_without_a_size_says_none(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_tables(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("w2v.training.trainer.make_tables", make_tables)
    result = run("train", corpus, "-o", tmp_path / "v.bin", *QUICK)
    refused(result, 1, r"Memory ran out in epoch 1\. Lower --dim")
