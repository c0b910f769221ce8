"""A run that is told to end: its exit code, its files, and that `w2v resume` ends in its bytes."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import QUICK, topics_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX")

NAMES = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"]
OUTPUTS = ("v.bin", "m.npz", "words.txt")
PROGRAM = """
import os, sys
from w2v.__main__ import main
from w2v.files import disk

number, at, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
del sys.argv[1:4]
calls, call = 0, disk.call

def counted(function, *given, **named):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), number)
    return call(function, *given, **named)

disk.call = counted
try:
    main()
finally:
    with open(log, "w") as file:
        print(calls, file=file)
"""


def start(folder: Path, *command: object) -> subprocess.Popen[str]:
    """A process that heeds all signals, whatever this one does."""
    with contextlib.ExitStack() as stack:
        for name in NAMES:
            number = signal.Signals[name]
            default = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            stack.callback(signal.signal, number, signal.signal(number, default))
        return subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


def train(corpus: Path, *more: object) -> list[object]:
    files = ["-o", "v.bin", "--save-model", "m.npz", "--save-vocab", "words.txt"]
    return ["train", corpus, *files, "--report", "run.json", *QUICK, *more]


def files_of(folder: Path) -> dict[str, bytes]:
    """What a run made, but for what it says of its time."""
    found = {name: (folder / name).read_bytes() for name in OUTPUTS if name != "m.npz"}
    report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {**found, "loss": json.dumps(report["loss"]).encode()}


def resumed(folder: Path) -> dict[str, bytes]:
    child = start(folder, "-m", "w2v", "resume", "run")
    _, told = child.communicate(timeout=120)
    assert child.returncode == 0, told
    return files_of(folder)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return topics_file(tmp_path_factory.mktemp("corpus"))


EPOCHS = 500
"""Some seconds: an epoch of this text takes NumPy some milliseconds."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    command = train(corpus, "--checkpoint", "run", "--checkpoint-every", "1h", "--epochs", EPOCHS)
    child = start(folder, "-m", "w2v", *command)
    _, told = child.communicate(timeout=120)
    assert child.returncode == 0, told
    return files_of(folder)


@pytest.mark.parametrize("name", NAMES)
def test_while_training(
    corpus: Path, tmp_path: Path, undisturbed: dict[str, bytes], name: str
) -> None:
    """With a checkpoint the run goes on from where it was; without, nothing is changed."""
    number, chance = signal.Signals[name], random.Random(name)
    for more in (["--checkpoint", "run", "--checkpoint-every", "1h"], []):
        for output in (*OUTPUTS, "run.json"):
            (tmp_path / output).write_text("old")
        child = start(tmp_path, "-m", "w2v", *train(corpus, "--epochs", EPOCHS, *more))
        assert child.stderr is not None
        assert any("backend  " in line for line in child.stderr)  # the first step is next
        time.sleep(chance.uniform(0.1, 0.5))
        child.send_signal(number)
        _, told = child.communicate(timeout=60)
        assert child.returncode == 128 + number
        assert told.endswith("\nInterrupted.\n" if name == "SIGINT" else f"\nEnded by {name}.\n")
        assert "Traceback" not in told
        assert ("w2v resume run goes on" in told) == bool(more)
        assert {(tmp_path / o).read_text() for o in (*OUTPUTS, "run.json")} == {"old"}
        if more:
            assert resumed(tmp_path) == undisturbed
            parts = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["parts"]
            assert [part["done"] > 0 for part in parts] in ([False, True], [False])
    assert sorted(os.listdir(tmp_path)) == sorted([*OUTPUTS, "run.json", "run"])


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> tuple[dict[str, bytes], int]:
    """What a short run makes, and how many calls that change the disk that takes."""
    folder = tmp_path_factory.mktemp("short")
    options = ["--checkpoint", "run", "--checkpoint-every", "1epoch", "--epochs", 3]
    child = start(folder, "-c", PROGRAM, 0, 0, folder / "log", *train(corpus, *options))
    _, told = child.communicate(timeout=120)
    assert child.returncode == 0, told
    return files_of(folder), int((folder / "log").read_text())


@pytest.mark.parametrize("place", range(5))
def test_while_something_is_written(
    corpus: Path, tmp_path: Path, short: tuple[dict[str, bytes], int], place: int
) -> None:
    """The text, a checkpoint, or what comes out: each is there whole, or not at all."""
    expected, calls = short
    chance = random.Random(place)
    at = round((place + chance.random()) * calls / 5)
    number = signal.Signals[chance.choice(NAMES)]
    options = ["--checkpoint", "run", "--checkpoint-every", "1epoch", "--epochs", 3]
    log = tmp_path.parent / f"log-{place}"
    child = start(tmp_path, "-c", PROGRAM, int(number), at, log, *train(corpus, *options))
    _, told = child.communicate(timeout=120)
    assert child.returncode in (0, 128 + number), told  # 0 where all came to its end first
    assert "Traceback" not in told
    if child.returncode == 0:
        assert files_of(tmp_path) == expected
    else:
        assert len({(tmp_path / name).exists() for name in (*OUTPUTS, "run.json")}) == 1
    if (tmp_path / "run").exists():
        assert resumed(tmp_path) == expected
        assert sorted(os.listdir(tmp_path)) == sorted([*OUTPUTS, "run.json", "run"])
        assert not [name for name in os.listdir(tmp_path / "run") if name.startswith(".w2v-")]
    else:
        assert not os.listdir(tmp_path)


def test_a_signal_after_the_last_epoch_keeps_all_of_it(corpus: Path, tmp_path: Path) -> None:
    """In a program that uses the library: it ends, and what was trained is in the checkpoint."""
    from w2v import Callback, Progress, Word2Vec
    from w2v.training import known_run

    class Press(Callback):
        def on_epoch_end(self, progress: Progress) -> bool | None:
            if progress.epoch == progress.epochs:
                signal.raise_signal(signal.SIGINT)
            return None

    options = {"dim": 8, "epochs": 2, "min_count": 1, "workers": 1, "backend": "numpy"}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        model = Word2Vec(**options)  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            model.fit(corpus, checkpoint=tmp_path / "run", callbacks=[Press()])
    finally:
        signal.signal(signal.SIGINT, before)
    with known_run(tmp_path / "run") as run:
        assert run.left == 1
