"""Workers that are processes of their own: what they do, and what becomes of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from corpora import zipf

from w2v import Callback, Progress, Word2Vec
from w2v.backends import get_backend
from w2v.config import Config
from w2v.errors import TrainingError
from w2v.text import read_sentences
from w2v.training import apart
from w2v.training.apart import WorkerApart
from w2v.training.step import Step
from w2v.training.step_plan import text_reader
from w2v.training.tables import make_tables
from w2v.training.worker import Stepped, Worker

if sys.platform == "win32":
    pytest.skip("there are no forks", allow_module_level=True)

pytestmark = pytest.mark.skipif(
    not get_backend("numpy").apart, reason="here they are threads, not processes"
)

TEXT = zipf(200_000)
QUICK: dict[str, Any] = {
    **{"dim": 8, "min_count": 1, "workers": 2, "sample": 0.01, "epochs": 2, "backend": "numpy"}
}


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the processes that were forked."""
    numbers: list[int] = []
    fork, one_at_a_time = os.fork, threading.Lock()

    def noted() -> int:
        with one_at_a_time:  # so that each knows how many were before it
            number = fork()
            if number:
                numbers.append(number)
        return number

    monkeypatch.setattr(os, "fork", noted)
    return numbers


def is_there(number: int) -> bool:
    """Whether a process is there, or has ended and nobody has asked how."""
    return Path(f"/proc/{number}").exists()


def killed(monkeypatch: pytest.MonkeyPatch, forked: list[int], after: int) -> None:
    """The one that is forked after so many is killed at its first step."""
    take = Step.take

    def step(step: Step, *args: Any, **options: Any) -> Any:
        if len(forked) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return take(step, *args, **options)

    monkeypatch.setattr(Step, "take", step)


def open_pipes() -> int:
    """Of both ends, in this process."""
    links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    return sum(os.readlink(link).startswith("socket:") for link in links if os.path.islink(link))


def check_gone(numbers: list[int]) -> None:
    assert len(numbers) >= 2
    assert not any(map(is_there, numbers))


@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_one_alone_does_what_a_worker_here_does(model: Any, loss: Any) -> None:
    backend = get_backend("numpy")
    corpus = read_sentences(TEXT[:400], min_count=1)
    config = Config(model=model, loss=loss, dim=8, min_count=1, seed=3)
    counts = corpus.vocabulary.counts
    keep = corpus.vocabulary.keep_probabilities(0.01)
    found: list[tuple[list[Stepped], bytes, bytes]] = []
    for kind in (Worker, WorkerApart):
        tables = make_tables(backend, config, counts, keep=keep, workers=2)
        reader = text_reader(backend, config, corpus, keep, 1024)
        worker = kind(backend, config, tables, reader, workers=2)
        steps: list[Stepped] = []
        with backend.training():  # or products have as many threads as they like
            for epoch in (0, 1):
                spans = (range(i, i + 1) for i in range(reader.chunks))
                steps += worker.train(
                    epoch, spans, key=7, learning_rate=lambda at: 0.05, loss_key=5, loss_every=2
                )
        assert steps[-1].end == reader.chunks > 2
        found.append((steps, tables.input.tobytes(), tables.output.tobytes()))
    assert found[0] == found[1]


def test_several_train_every_token_once_and_are_gone(forked: list[int]) -> None:
    pipes = open_pipes()
    model = Word2Vec(**QUICK).fit(TEXT)
    assert open_pipes() == pipes
    alone = Word2Vec(**{**QUICK, "workers": 1}).fit(TEXT)
    assert len(forked) == 4  # for each epoch
    check_gone(forked)
    assert model.report["tokens"] == alone.report["tokens"]
    assert np.allclose(model.report["loss"], alone.report["loss"], rtol=0.05)
    assert model.output.any()


def test_one_that_is_killed_ends_the_run_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, forked: list[int]
) -> None:
    killed(monkeypatch, forked, after=1)
    with pytest.raises(TrainingError, match=r"^A worker's process was ended by SIGKILL, .* Memory"):
        Word2Vec(**QUICK).fit(TEXT)
    check_gone(forked)


def test_in_a_program_that_waits_for_no_child(
    monkeypatch: pytest.MonkeyPatch, forked: list[int]
) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        Word2Vec(**QUICK).fit(TEXT)
        killed(monkeypatch, forked, after=5)
        with pytest.raises(TrainingError, match=r"^A worker's process has ended, and training can"):
            Word2Vec(**QUICK).fit(TEXT)
    finally:
        signal.signal(signal.SIGCHLD, before)
    check_gone(forked)


def test_after_a_kill_a_run_with_checkpoints_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: list[int]
) -> None:
    model = Word2Vec(**{**QUICK, "epochs": 5})
    with monkeypatch.context() as patch:
        killed(patch, forked, after=6)
        with pytest.raises(TrainingError, match="was ended by SIGKILL"):
            model.fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="1epoch")
    model.fit(resume=tmp_path / "run")
    assert len(model.report["parts"]) == 2
    assert len(model.report["tokens"]["kept"]) == 5
    check_gone(forked)


def test_what_goes_wrong_there_is_said_here(
    forked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_memory(*_: Any, **__: Any) -> Any:
        raise MemoryError("no room for 12 bytes")

    monkeypatch.setattr(Step, "take", without_memory)
    with pytest.raises(TrainingError, match=r"^Memory ran out in epoch 1 \(no room for 12 bytes\)"):
        Word2Vec(**QUICK).fit(TEXT)
    check_gone(forked)


def test_what_cannot_be_said_is_no_riddle_either(
    forked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class LocalError(Exception):
        """Which no other process knows."""

    class OddError(Exception):
        """Which is not made of its arguments."""

        def __init__(self, a: str, b: str) -> None:
            super().__init__(a + b)

    for error in (LocalError("at dawn"), OddError("at ", "dawn")):

        def fails(*_: Any, error: Exception = error, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(Step, "take", fails)
        said = f"^A worker has failed: {type(error).__name__}: at dawn$"
        with pytest.raises(TrainingError, match=said):
            Word2Vec(**QUICK).fit(TEXT)
    check_gone(forked)


def test_where_no_process_is_left_they_are_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    pipes = open_pipes()
    model = Word2Vec(**QUICK).fit(TEXT)
    assert sum(model.report["tokens"]["kept"]) > 100_000
    assert model.output.any()
    assert open_pipes() == pipes


def test_they_leave_when_the_run_is_stopped(forked: list[int]) -> None:
    class Stop(Callback):
        def on_step(self, progress: Progress) -> bool:
            return True

    model = Word2Vec(**{**QUICK, "epochs": 1000}).fit(TEXT, callbacks=[Stop()])
    assert model.report["stopped"]
    check_gone(forked)


def test_none_is_left_where_what_they_found_is_refused(forked: list[int]) -> None:
    """While whoever caught the error still holds it, and all that it was raised within."""
    diverging = {**QUICK, "alpha": 1e6, "row_cap": 1e9}
    with pytest.raises(TrainingError) as caught:
        Word2Vec(**diverging).fit(TEXT)
    assert "diverged" in str(caught.value)
    check_gone(forked)


class Once(Callback):
    """Does something once, in the midst of a run; then stops it, if that is true."""

    def __init__(self, do: Callable[[], object]) -> None:
        self.do, self.done = do, False

    def on_step(self, progress: Progress) -> bool:
        before, self.done = self.done, True
        return not before and bool(self.do())


def test_what_the_program_forks_meanwhile_keeps_none_of_them(forked: list[int]) -> None:
    def fork() -> bool:
        if not os.fork():
            time.sleep(60)
            os._exit(0)
        return True

    try:
        begun = time.monotonic()
        Word2Vec(**{**QUICK, "epochs": 1000}).fit(TEXT, callbacks=[Once(fork)])
        assert time.monotonic() - begun < 30
        assert [number for number in forked if is_there(number)] == [forked[-1]]
    finally:
        os.kill(forked[-1], signal.SIGKILL)
        os.waitpid(forked[-1], 0)


def test_one_that_was_put_to_sleep_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, forked: list[int]
) -> None:
    monkeypatch.setattr(apart, "_MOST_TO_END_S", 0.2)

    def stop() -> bool:
        os.kill(forked[-1], signal.SIGSTOP)
        return True

    Word2Vec(**{**QUICK, "epochs": 1000}).fit(TEXT * 5, callbacks=[Once(stop)])
    check_gone(forked)


def test_a_program_that_answers_a_signal_answers_it_alone(forked: list[int]) -> None:
    answered: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda *_: answered.append(os.getpid()))

    def send() -> None:
        for number in (os.getpid(), *forked[-2:]):
            os.kill(number, signal.SIGUSR2)

    try:
        Word2Vec(**{**QUICK, "epochs": 3}).fit(TEXT * 5, callbacks=[Once(send)])
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert answered == [os.getpid()]
    check_gone(forked)


def test_what_was_trained_is_shared_with_nobody() -> None:
    model = Word2Vec(**QUICK).fit(TEXT)
    known = model.output.copy(), model.vectors.matrix.copy()
    child = os.fork()
    if not child:
        try:
            model.output[:] = 7
            below: Any = model.vectors.matrix.base
            below.setflags(write=True)
            below[:] = 7
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert np.array_equal(model.output, known[0])
    assert np.array_equal(model.vectors.matrix, known[1])


ENDLESS = """
import os, sys, time
from corpora import zipf
import w2v

folder, forks = sys.argv[1:]

class Fork(w2v.Callback):
    def on_step(self, progress):
        global forks
        if forks == "1" and not os.fork():
            time.sleep(20)
            os._exit(0)
        forks = "done"

w2v.Word2Vec(dim=8, min_count=1, workers=2, sample=0.01, epochs=10_000, backend="numpy").fit(
    zipf(100_000),
    callbacks=[Fork()],
    **({"checkpoint": folder, "checkpoint_every": "1h"} if folder else {}),
)
"""


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def started(folder: object = "", forks: int = 0) -> tuple[subprocess.Popen[str], list[int]]:
    """A run without end in a process group of its own, and what it has forked."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(folder), str(forks)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[1:3]))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    run = psutil.Process(process.pid)
    found = until(lambda: found if len(found := run.children()) == 2 + forks else None)
    if found is None:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail(f"It forks no workers: {process.communicate()}")
    return process, [child.pid for child in found]


@pytest.mark.parametrize("forks", [0, 1])
def test_they_end_with_whoever_forked_them(forks: int) -> None:
    process, workers = started(forks=forks)
    process.kill()
    assert until(lambda: sum(map(is_there, workers)) == forks, seconds=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_to_all_of_a_group_leaves_a_checkpoint(tmp_path: Path, name: str) -> None:
    """As of Ctrl-C, and of launchers: workers leave it to whoever forked them."""
    process, workers = started(tmp_path / "run")
    time.sleep(0.5)
    os.killpg(process.pid, signal.Signals[name])
    _, said = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGINT if name == "SIGINT" else 143), said
    assert "TrainingError" not in said
    assert until(lambda: not any(map(is_there, workers)))
    assert list((tmp_path / "run").glob("checkpoint-*"))
