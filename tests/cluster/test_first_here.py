"""Training begins here, and goes on where a cluster that was started is ready."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from corpora import zipf

from w2v import Word2Vec, read_sentences
from w2v.backends import Backend
from w2v.cluster import first_here
from w2v.cluster.first_here import FirstHere
from w2v.errors import TrainingError
from w2v.text import Corpus
from w2v.training import Here, Shard

QUICK: dict[str, Any] = {"dim": 10, "min_count": 1, "workers": 1, "epochs": 3, "shards": 3}
TEXT = zipf(60_000)


class Ready(Here):
    """A crew that is ready once it was asked often enough."""

    can_train = False

    def __init__(self, backend: Backend, asked: int) -> None:
        super().__init__(backend)
        self.left = asked
        self.rounds: list[dict[str, Any]] = []

    def prepare(self) -> None:
        self.left -= 1
        self.can_train = self.left <= 0

    def hand_out(self, shards: list[Shard]) -> None:  # type: ignore[override]
        self.rounds.append({"shards": len(shards)})
        super().hand_out(shards)

    def told(self) -> dict[str, Any]:
        return {"workers": [], "lost": 0, "rounds": self.rounds}


class Joint:
    """A cluster that is started."""

    threads = 1

    def __init__(self, asked: int, error: Exception | None = None, workers: int = 1) -> None:
        self.asked, self.error, self.workers = asked, error, workers
        self.ended = 0

    def reachable(self, corpus: Corpus) -> Corpus:
        return corpus

    def crew(self, backend: Backend) -> FirstHere:
        def there() -> Any:
            if self.error:
                raise self.error
            return Ready(backend, self.asked)

        opened: Future[None] = Future()
        opened.set_result(None)
        size = self.workers, self.threads
        return FirstHere(backend, "local", *size, there, lambda: opened, self.end)

    def end(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("asked", "workers"), [(0, 1), (1, 2), (3, 1), (10_000, 2)])
def test_the_same_bytes_whenever_it_is_ready(
    asked: int, workers: int, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.training.rounds._ALONE", 1 << 12)
    if large:
        monkeypatch.setattr(first_here, "_LARGE", 0)
    alone = Word2Vec(**QUICK).fit(TEXT)
    joint = Joint(asked, workers=workers)
    model = Word2Vec(**QUICK)
    with model_corpus() as corpus:
        model.train(corpus, cluster=joint)
    assert np.array_equal(model.vectors.matrix, alone.vectors.matrix)
    rounds = model.report["rounds"]["rounds"]
    here = [each.get("here", False) for each in rounds]
    assert here == sorted(here, reverse=True)
    assert all(here) == (asked == 10_000 and not large)
    assert joint.ended == 1


def model_corpus() -> Corpus:
    return read_sentences(TEXT, min_count=1)


def test_a_cluster_that_does_not_start_ends_the_run() -> None:
    joint = Joint(0, TrainingError("There is no cluster."))
    with model_corpus() as corpus, pytest.raises(TrainingError, match="There is no cluster"):
        Word2Vec(**QUICK).train(corpus, cluster=joint)
    assert joint.ended == 1


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal of POSIX")
def test_sigterm_ends_a_command_with_its_code(tmp_path: Path) -> None:
    """Ray has handlers of its own, one of them in C, which would end it with 1 and a stack."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'w2v[cluster]'")
    text = tmp_path / "text.txt"
    lines = np.random.default_rng(0).integers(0, 900, (20_000, 15))
    text.write_text("\n".join(" ".join(map(str, line)) for line in lines.tolist()))
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
    code += "from w2v.__main__ import main; main()"
    options = ["--cluster", "local:1", "--epochs", "2000", "--workers", "1", "-o", "v.bin"]
    command = [sys.executable, "-c", code, "train", str(text), *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        told = ""
        while not any(there_of(child.pid)):
            assert child.poll() is None, told + child.stderr.read()
            time.sleep(0.1)
        child.terminate()
        told += child.stderr.read()
    assert child.returncode == 128 + signal.SIGTERM, told
    assert told.endswith("Ended by SIGTERM.\n")
    assert "***" not in told
    assert not (tmp_path / "v.bin").exists()


def there_of(process: int) -> Iterator[psutil.Process]:
    """Workers of Ray that a process has, and that have begun."""
    for one in psutil.Process(process).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "ShardActor" in " ".join(one.cmdline()):
                yield one
