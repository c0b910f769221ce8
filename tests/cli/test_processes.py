"""Commands as processes: signals, streams that are closed or full, encodings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import QUICK

from w2v import Vectors


@pytest.fixture(scope="module")
def long_corpus(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """An epoch is soon over, and its loss said, as of ten each is; ten outlast any signal."""
    path = tmp_path_factory.mktemp("corpus") / "long.txt"
    path.write_text(400 * f"{corpus.read_text(encoding='utf-8')}\n", encoding="utf-8")
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a signal ends a process at once there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_signals_that_end_a_process_leave_no_half_file(
    long_corpus: Path, tmp_path: Path, name: str
) -> None:
    number = signal.Signals[name]
    out = tmp_path / "v.bin"
    out.write_bytes(b"old")
    command = [sys.executable, "-m", "w2v", "train", str(long_corpus), "-o", str(out)]
    command += ["--epochs", "10", "--workers", "2", "--backend", "numpy"]
    usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    heeded = signal.signal(number, usual)  # it may be ignored here: nohup make test &
    try:
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(number, heeded)
    assert child.stderr is not None
    for line in child.stderr:
        if "loss" in line:  # of an epoch: training is under way
            break
    child.send_signal(number)
    started = time.monotonic()
    rest = child.communicate(timeout=30)[1]
    assert child.returncode == 128 + number
    assert time.monotonic() - started < 10
    assert rest.endswith("\nInterrupted.\n" if name == "SIGINT" else f"\nEnded by {name}.\n")
    assert "Traceback" not in rest
    assert os.listdir(tmp_path) == ["v.bin"]
    assert out.read_bytes() == b"old"


def test_ignored_hangups_stay_ignored(corpus: Path, tmp_path: Path) -> None:
    """nohup w2v train ... outlives its terminal."""
    if sys.platform == "win32":
        pytest.skip("no hangups")
    line = f"trap '' HUP; exec {sys.executable} -m w2v train {corpus} -o {tmp_path}/v.bin "
    child = subprocess.Popen(line + " ".join(QUICK), shell=True, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    child.stderr.readline()
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert (tmp_path / "v.bin").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_streams_that_are_full(corpus: Path, vectors: Path, tmp_path: Path) -> None:
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line, shell=True, capture_output=True, text=True, check=False, executable="/bin/bash"
        )

    w2v = f"{sys.executable} -m w2v"
    done = shell(f"{w2v} nearest {vectors} the >/dev/full")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    done = shell(f"{w2v} --help >/dev/full")
    assert (done.returncode, done.stderr) == (1, "Error: Cannot go on: No space left on device.\n")
    out = tmp_path / "v.bin"
    done = shell(f"{w2v} train {corpus} -o {out} {' '.join(QUICK)} 2>/dev/full")
    assert done.returncode == 0  # a log that is full does not end the training
    assert out.exists()


def test_words_print_in_any_encoding(tmp_path: Path) -> None:
    Vectors(["caf\u00e9", "\u0436\u0443\u043a"], [[1, 0], [1, 1]]).save(tmp_path / "v.txt")
    done = subprocess.run(
        [sys.executable, "-m", "w2v", "nearest", str(tmp_path / "v.txt"), "caf\u00e9"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin1", "PYTHONUTF8": "1"},
    )
    assert done.stdout.splitlines()[:1] == ["caf\u00e9".encode("latin1")]
    assert done.stdout.splitlines()[1].startswith(rb"  \u0436\u0443\u043a")
