"""Standard input, output or error closed, as some schedulers and shells start programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import QUICK, topics_file, trained

from w2v import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes them")
CLOSED = "Error: Cannot go on: standard output is closed."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    trained(topics_file(folder), folder)
    return folder


def closed(folder: Path, streams: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command without some of its streams: `0`, `1` and `2` by their numbers."""

    def close() -> None:
        for number in map(int, streams):
            os.close(number)

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-m", "w2v", *arguments],
        preexec_fn=close, cwd=folder, env=environment,
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("streams", "arguments", "message"),
    [
        ("1", "phrases corpus.txt -q", CLOSED),
        ("1", "tokenize corpus.txt", CLOSED),
        ("1", "nearest vectors.bin the", CLOSED),
        ("1", "--version", CLOSED),
        ("1", "convert vectors.bin /dev/stdout --to text", "Cannot write /dev/stdout"),
        ("0", "nearest vectors.bin -", "Standard input is closed"),
        ("0", "shell vectors.bin", "Standard input is closed"),
        ("0", "train - -o new.bin", "Standard input is closed"),
        ("0", "compute-accuracy vectors.bin", "Standard input is closed"),
        ("2", "info missing.bin", ""),
        ("012", "info missing.bin", ""),
    ],
)
def test_what_cannot_go_on_says_so(
    folder: Path, streams: str, arguments: str, message: str
) -> None:
    done = closed(folder, streams, *arguments.split())
    assert (done.returncode, done.stdout) == (1, "")
    errors = [line for line in done.stderr.splitlines() if "Error: " in line]
    assert len(errors) == bool(message)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("streams", ["0", "1", "2", "012"])
def test_what_needs_no_stream_goes_on(folder: Path, tmp_path: Path, streams: str) -> None:
    output = tmp_path / "vectors.bin"
    done = closed(folder, streams, "train", "corpus.txt", "-o", str(output), *QUICK)
    assert done.returncode == 0
    assert output.read_bytes() == (folder / "vectors.bin").read_bytes()
    assert len(load(output)) > 1
