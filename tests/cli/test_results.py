"""Files that a command has made belong together, also after a kill."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import names, topics_file

import w2v
from w2v import Word2Vec, interrupts, load
from w2v.cli import results
from w2v.files import disk


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return topics_file(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def models(corpus: Path) -> list[Word2Vec]:
    """Of two runs."""
    options: dict[str, Any] = {"dim": 8, "epochs": 1, "min_count": 1, "workers": 1}
    return [Word2Vec(backend="numpy", seed=seed, **options).fit(corpus) for seed in (1, 2)]


def save_all(model: Word2Vec) -> dict[str, str]:
    counts = model.vectors.counts
    assert counts is not None
    vocabulary = w2v.Vocabulary(tuple(model.vectors.words), counts)
    made = results.of_training(model, vocabulary, "v.tsv", "m.npz", "words.txt")
    return results.save(made, "run.json", model.report)


def numbers(path: str) -> bytes:
    """Of vectors that are in their place, for the projector, or rescued."""
    if path.endswith(".tsv"):
        return np.loadtxt(path, np.float32, delimiter="\t").tobytes()
    return load(path).matrix.tobytes()


def sums_agree() -> bool:
    """What a user finds who holds a report against the files that it names."""
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    return all(
        hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"]
        for file in report["files"]
    )


def generations(runs: list[dict[str, bytes]]) -> set[int]:
    """Of which runs the files here are; each is whole, or this fails."""
    found = {name: Path(name).read_bytes() for name in runs[0]}
    return {
        next(i for i, run in enumerate(runs) if run[name] == content)
        for name, content in found.items()
        if any(run[name] != content for run in runs)  # the words of both are the same
    }


def test_the_report_has_the_sums_of_the_files(here: Path, models: list[Word2Vec]) -> None:
    assert not save_all(models[0])
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    paths = [file["path"] for file in report["files"]]
    assert paths == ["words.txt", "v.tsv", "v.metadata.tsv", "m.npz"]
    for file in report["files"]:
        assert file["bytes"] == os.path.getsize(file["path"])
    assert sums_agree()
    models[1].save("v.tsv")
    assert not sums_agree()


def counting(monkeypatch: pytest.MonkeyPatch, act: Callable[[int, Any], None]) -> None:
    """Call `act` with the number of each call that changes the disk, before it, and the call."""
    call, number = disk.call, 0

    def counted(function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        nonlocal number
        number += 1
        act(number, function)
        return call(function, *given, **named)

    monkeypatch.setattr(disk, "call", counted)


def kill_at(last: int, number: int, _: object) -> None:
    if number == last:
        os.kill(os.getpid(), signal.Signals["SIGKILL"])


def test_a_kill_between_any_two_calls_is_seen(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files are there or the new ones, and where both are, the sums tell."""
    if sys.platform == "win32":
        pytest.skip("no forks")
    monkeypatch.setattr("w2v.word2vec.time.perf_counter", lambda: 0.0)  # seconds are in reports
    runs = []
    for model in reversed(models):
        assert not save_all(model)
        runs.append({name: Path(name).read_bytes() for name in names(here)})
    mixed, seen = 0, set()
    for killed in itertools.count(1):
        for name, content in runs[0].items():
            Path(name).write_bytes(content)
        child = os.fork()
        if not child:
            counting(monkeypatch, partial(kill_at, killed))
            save_all(models[0])
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        of = generations(runs)
        assert of
        assert sums_agree() == (len(of) == 1)
        mixed += len(of) > 1
        seen |= of
    assert generations(runs) == {1}
    assert seen == {0, 1}
    assert 1 <= mixed < len(runs[0])  # between the moves alone
    assert killed > 20
    assert names(here) == sorted(runs[0])  # what the killed have left is swept away


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_whatever_call_fails_nothing_is_lost(
    here: Path, models: list[Word2Vec], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call fails: every file is there, where it belongs or where it is said to be."""
    assert not save_all(models[1])
    vectors = models[0].vectors.matrix.tobytes()
    for failing in itertools.count(1):
        failed: list[int] = []

        def fail(at: int, _: object, when: int = failing, failed: list[int] = failed) -> None:
            if at == when:
                failed.append(at)
                raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            counting(patched, fail)
            lost = save_all(models[0])
        if not failed:
            break
        places = {name: name for name in ("v.tsv", "m.npz", "run.json", "words.txt")}
        for name, told in lost.items():
            assert os.strerror(number) in told
            places[name] = told.partition("What it was to hold is in ")[2].rstrip(".")
            places[name] = places[name].partition(", and w2v convert")[0]
        assert numbers(places["v.tsv"]) == vectors
        assert Word2Vec.load_model(places["m.npz"]).vectors.matrix.tobytes() == vectors
        assert json.loads(Path(places["run.json"]).read_text(encoding="utf-8"))["done"] == 1
        assert w2v.Vocabulary.load(places["words.txt"]).total == 2400
        for name in names(here):
            if "rescued" in name:
                os.unlink(name)
    assert failing > 20


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_a_finished_training_is_written(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Who presses Ctrl-C wants an end; a machine that goes away may leave the time."""
    if not hasattr(os, "fork"):
        pytest.skip("sends signals of POSIX")
    number = signal.Signals[name]
    assert not save_all(models[1])
    old = {name: Path(name).read_bytes() for name in names(here)}
    sent: list[bool] = []

    def send(_: int, function: object) -> None:
        if function is os.fsync and not sent:
            sent.append(True)
            signal.raise_signal(number)

    counting(monkeypatch, send)
    with interrupts.install():
        if name == "SIGINT":
            with pytest.raises(KeyboardInterrupt):
                save_all(models[0])
            assert {name: Path(name).read_bytes() for name in names(here)} == old
        else:
            assert not save_all(models[0])
            assert numbers("v.tsv") == models[0].vectors.matrix.tobytes()
            assert sums_agree()
            assert interrupts.pending() == number
    assert sent


def test_a_signal_while_a_file_is_rescued_waits(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be moved is written again, elsewhere, and that is not cut off."""
    if not hasattr(os, "fork"):
        pytest.skip("sends signals of POSIX")
    failed: list[bool] = []
    plain = results._Saving.elsewhere

    def fail_once(_: int, function: object) -> None:
        if function is os.replace and not failed:
            failed.append(True)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def interrupted(saving: results._Saving, result: results.Result) -> str:
        signal.raise_signal(signal.SIGTERM)
        return plain(saving, result)

    counting(monkeypatch, fail_once)
    monkeypatch.setattr(results._Saving, "elsewhere", interrupted)
    with interrupts.install():
        lost = save_all(models[0])
        assert interrupts.pending() == signal.SIGTERM
    assert [name for name in names(here) if "rescued" in name]
    assert ["What it was to hold is in" in told for told in lost.values()] == [True]


def test_a_file_that_cannot_be_read_again_has_no_sum(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("w2v.files.group.open", fail, raising=False)
    assert not save_all(models[0])
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert [file["sha256"] for file in report["files"]] == [None] * 4


def test_a_signal_between_the_moves_is_held(
    here: Path, models: list[Word2Vec], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not save_all(models[1])

    def interrupt(_: int, function: object) -> None:
        if function is os.replace:
            signal.raise_signal(signal.SIGINT)

    counting(monkeypatch, interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert not save_all(models[0])
        assert sums_agree()
        assert numbers("v.tsv") == models[0].vectors.matrix.tobytes()
        assert interrupts.pending() == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interrupts.ask()
    finally:
        signal.signal(signal.SIGINT, before)
