"""Each call that a run with checkpoints makes of the disk fails, or is the last: it goes on."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import zipf
from failing_disk import FailingDisk, each_call, killed_at_each_call, kills_of
from power_cut import may_be_after

from w2v import Word2Vec
from w2v.errors import CheckpointError, ConfigError, W2VError
from w2v.files import disk
from w2v.training.checkpoint_file import read_checkpoint, write_checkpoint

if sys.platform == "win32":
    pytest.skip("counts the calls that POSIX needs", allow_module_level=True)

TEXT = zipf(300)
QUICK: dict[str, Any] = {
    **{"dim": 4, "min_count": 1, "workers": 1, "sample": 0.01, "epochs": 2},
    "backend": "numpy",
}


def run(folder: Path) -> Word2Vec:
    """With a checkpoint after each epoch, from the beginning."""
    return Word2Vec(**QUICK).fit(TEXT, checkpoint=folder, checkpoint_every="1epoch")


def go_on(folder: Path) -> Word2Vec:
    """From where it stands, as a script of a cluster would; or from the beginning."""
    try:
        return Word2Vec(**QUICK).fit(resume=folder)
    except CheckpointError as error:
        if not re.search("There is no run in|ended before its text was read", str(error)):
            raise
        return run(folder)


def vectors(model: Word2Vec) -> bytes:
    return model.vectors.matrix.tobytes()


@pytest.fixture(scope="module")
def whole() -> bytes:
    return vectors(Word2Vec(**QUICK).fit(TEXT))


def strays(folder: Path) -> list[str]:
    """What is in the folder of a run and should not be."""
    ours = re.compile(r"run\.json|corpus|checkpoint-\d{6}")
    found = os.listdir(folder) if folder.exists() else []
    return [name for name in found if not ours.fullmatch(name)]


@pytest.mark.parametrize("trouble", ["ENOSPC", "EINTR", "short"])
def test_a_call_that_fails_costs_a_checkpoint_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bytes, trouble: str
) -> None:
    """A checkpoint that cannot be written is a warning; what a run needs to begin is an error."""
    ends: set[str] = set()
    for failing in each_call(monkeypatch, trouble, block=1 << 20):
        folder = tmp_path / f"run{failing.at}"
        error, warned, ended = tried(folder)
        assert ended == whole or error
        assert failing.reason in error or not error
        for message in warned:
            assert message.startswith("A checkpoint could not be written, and training goes on. ")
            assert failing.reason in message
            assert str(folder) in message
        ends.add("error" if error else "warning" if warned else "nothing")
        assert not strays(folder) or (failing.failed == "unlink" and trouble != "short")
        failing.mend()
        assert vectors(go_on(folder)) == whole
        assert not strays(folder)
        shutil.rmtree(folder)
    assert ends == ({"nothing"} if trouble == "short" else {"error", "warning", "nothing"})


def tried(folder: Path) -> tuple[str, list[str], bytes | None]:
    """The error a run ends with, what it has warned of, and its vectors."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            error, ended = "", vectors(run(folder))
        except W2VError as found:
            error, ended = str(found), None
    return error, [str(warning.message) for warning in said], ended


def test_a_disk_that_fails_for_good_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    for failing in each_call(monkeypatch, "EIO", lasting=True, block=1 << 20):
        folder = tmp_path / f"run{failing.at}"
        error, _, ended = tried(folder)
        assert ended == whole or failing.reason in error
        failing.mend()
        assert vectors(go_on(folder)) == whole
        assert not strays(folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("resuming", [False, True])
def test_a_kill_at_any_call_leaves_a_run_that_goes_on(tmp_path: Path, resuming: bool) -> None:
    """Of a run that begins, and of one that goes on."""
    (killed,) = kills_of(__file__, tmp_path, "resuming" * resuming)
    assert killed > (10 if resuming else 30)


def kill(root: str, resuming: str) -> None:
    vars(disk)["call"] = FailingDisk(0, "")  # which waits for no disk
    folder, begun = Path(root, "run"), Path(root, "begun")
    undisturbed = vectors(Word2Vec(**QUICK).fit(TEXT))
    if resuming:
        at = 0
        while not (begun / "checkpoint-000001").exists():
            shutil.rmtree(begun, ignore_errors=True)
            at += 1
            in_a_child(lambda: run(begun), FailingDisk(at, "kill"))
        shutil.copytree(begun, folder)

    def check() -> None:
        assert vectors(go_on(folder)) == undisturbed
        assert not strays(folder)

    def after() -> None:
        assert in_a_child(check, FailingDisk(0, "")) == 0
        shutil.rmtree(folder)
        if resuming:
            shutil.copytree(begun, folder)

    print(killed_at_each_call(functools.partial(go_on if resuming else run, folder), after))


def in_a_child(work: Callable[[], object], failing: FailingDisk) -> int:
    """The exit code of a process that does it on such a disk."""
    if not (child := os.fork()):
        vars(disk)["call"] = failing
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_power_cut_leaves_the_last_checkpoint_or_the_next(tmp_path: Path) -> None:
    """Of every file that may be there afterwards; none is in part, and one is always there."""
    Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="1epoch")
    names = sorted(name for name in os.listdir(tmp_path / "run") if name.startswith("checkpoint"))
    state, arrays = read_checkpoint(str(tmp_path / "run" / names[-1]))
    small = {name: array.ravel()[:99] for name, array in arrays.items()}
    folder = tmp_path / "small"
    folder.mkdir()
    path = folder / "checkpoint-000001"
    cuts = may_be_after(lambda: write(path, state, small, 1), path)
    assert cuts.seen == {None, path.read_bytes()}
    assert cuts.last == {path.read_bytes()}
    old = path.read_bytes()
    cuts = may_be_after(lambda: write(path, state, small, 2), path)
    assert cuts.seen == {old, path.read_bytes()}


def write(path: Path, state: dict[str, Any], arrays: dict[str, Any], factor: int) -> None:
    changed = {name: (array * factor).astype(array.dtype) for name, array in arrays.items()}
    write_checkpoint(str(path), state, changed)


def test_a_folder_of_another_run_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path / "run")
    with pytest.raises(ConfigError, match="holds checkpoints of a run"):
        run(tmp_path / "run")
    assert np.frombuffer(vectors(go_on(tmp_path / "run")), np.float32).any()
