"""Folders that appear whole, locks, and what killed runs leave behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from w2v.errors import OutputError
from w2v.files import drafts, locked, making_folder, replacing, sweep, write_text

if sys.platform == "win32":
    pytest.skip("locks and signals of POSIX", allow_module_level=True)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def killed_while_writing(code: str, folder: Path) -> None:
    """Run `code` in another process, which prints when it is to be killed."""
    program = f"from w2v.files import *\nimport sys, time\n{code}"
    child = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"now\n"
    sweep(folder)  # of a living process
    assert len(os.listdir(folder)) == 1
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)
    assert len(os.listdir(folder)) == 1


WAIT = "print('now', flush=True); time.sleep(60)"


# folders


@pytest.mark.parametrize("before", ["nothing", "empty folder", "link to an empty folder"])
def test_a_folder_appears_whole(tmp_path: Path, before: str) -> None:
    place = tmp_path / "corpus"
    if before != "nothing":
        place.mkdir(mode=0o710)
    if before.startswith("link"):
        place.rename(tmp_path / "real")
        place.symlink_to("real")
    with making_folder(place) as draft:
        assert os.path.dirname(draft) == str(tmp_path)
        write_text(os.path.join(draft, "a"), "first")
        os.mkdir(os.path.join(draft, "inner"))
        write_text(os.path.join(draft, "inner", "b"), "second")
        assert not place.exists() or not os.listdir(place)
    assert sorted(os.listdir(place)) == ["a", "inner"]
    assert (place / "inner" / "b").read_text(encoding="utf-8") == "second"
    assert place.is_symlink() == before.startswith("link")
    if before != "nothing":
        assert stat.S_IMODE(place.stat().st_mode) == 0o710
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".w2v")]


@pytest.mark.parametrize("trouble", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_a_folder_that_fails_is_not_there(tmp_path: Path, trouble: BaseException) -> None:
    (tmp_path / "empty").mkdir()

    def fail(place: Path) -> None:
        with making_folder(place) as draft:
            write_text(os.path.join(draft, "a"), "first")
            os.mkdir(os.path.join(draft, "inner"))
            os.symlink(tmp_path, os.path.join(draft, "inner", "link"))
            raise trouble

    expected = OutputError if isinstance(trouble, OSError) else type(trouble)
    for name in ("new", "empty"):
        with pytest.raises(expected):
            fail(tmp_path / name)
        assert os.listdir(tmp_path) == ["empty"]
        assert not os.listdir(tmp_path / "empty")


def test_folders_that_cannot_be_made_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "keep").write_text("kept", encoding="utf-8")
    refused = {
        "full": r"full: the folder is not empty\. Give the name of a new folder\.$",
        "full/keep": r"it is a file\. Give the name of a folder\.$",
        "none/new": r"none is not a folder\. Create it first\.$",
        "n" * 300: "File name too long",
        "/proc": "a disk is mounted there",
    }
    for name, message in refused.items():
        with pytest.raises(OutputError, match=message), making_folder(tmp_path / name):
            raise AssertionError("entered")
    assert content(tmp_path / "full") == {"keep": "kept"}
    with pytest.raises(OutputError, match="name of the output folder is empty"), making_folder(""):
        pass


# drafts of the dead


@pytest.mark.parametrize("opened", ["replacing('v.bin') as file", "making_folder('v') as folder"])
def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path, opened: str) -> None:
    uses: list[Callable[[], None]] = [
        lambda: sweep(tmp_path),
        lambda: write_text(tmp_path / "new", "here"),
    ]
    for use in uses:
        fill = "write_text(folder + '/a', 'x' * 9)" if "folder" in opened else "file.write(b'x')"
        killed_while_writing(f"with {opened}:\n    {fill}; {WAIT}", tmp_path)
        use()
    assert content(tmp_path) == {"new": "here"}
    killed_while_writing(f"with {opened}:\n    {WAIT}", Path(os.fspath(make(tmp_path / "sub"))))
    with making_folder(tmp_path / "sub" / "folder"):
        assert len(os.listdir(tmp_path / "sub")) == 1
    assert os.listdir(tmp_path / "sub") == ["folder"]


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_only_drafts_are_removed(tmp_path: Path) -> None:
    names = [".w2v-lock", ".w2v-0123.tmp", "w2v-0123456789abcdef.tmp", ".w2v-" + "g" * 16 + ".tmp"]
    for name in names:
        (tmp_path / name).write_text("kept", encoding="utf-8")
    link = Path(drafts.draft_name(str(tmp_path)))
    link.symlink_to(names[0])
    sweep(tmp_path)
    sweep(tmp_path / "none")
    assert sorted(os.listdir(tmp_path)) == sorted([*names, link.name])


def test_drafts_of_another_machine_stay_for_a_day(tmp_path: Path) -> None:
    """Not every disk that machines share tells them of each other's locks."""
    draft = tmp_path / ".w2v-0123456789abcdef.tmp"
    folder = make(tmp_path / ".w2v-fedcba9876543210.tmp")
    inner = folder / "ids.npy"
    for path in (draft, inner):
        path.write_text("theirs", encoding="utf-8")
    day, now = 24 * 3600, time.time()
    os.utime(draft, (now - day + 60, now - day + 60))
    os.utime(folder, (now - 2 * day, now - 2 * day))  # but not what is in it
    sweep(tmp_path)
    assert len(os.listdir(tmp_path)) == 2
    for path in (draft, inner):
        os.utime(path, (now - day - 60, now - day - 60))
    sweep(tmp_path)
    assert not os.listdir(tmp_path)


def test_where_files_cannot_be_locked_drafts_stay_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "take_lock", lambda _: None)
    draft = Path(drafts.draft_name(str(tmp_path)))
    draft.write_text("perhaps written to", encoding="utf-8")
    sweep(tmp_path)
    assert draft.exists()
    os.utime(draft, (0, 0))
    sweep(tmp_path)
    assert not draft.exists()


def test_a_draft_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another run does between the two calls that make and lock a file or folder."""
    took = []

    def swept(descriptor: int) -> bool | None:
        took.append(descriptor)
        if len(took) == 1:
            monkeypatch.setattr("w2v.files.draft_files.take_lock", drafts.take_lock)
            sweep(tmp_path)
        return drafts.take_lock(descriptor)

    monkeypatch.setattr("w2v.files.draft_files.take_lock", swept)
    with replacing(tmp_path / "file") as handle:
        handle.write(b"whole")
    took.clear()
    monkeypatch.setattr("w2v.files.draft_files.take_lock", swept)
    with making_folder(tmp_path / "folder") as draft:
        write_text(os.path.join(draft, "a"), "whole")
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert content(tmp_path / "folder") == {"a": "whole"}
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


# one process at a time


def held(folder: str, ready: str) -> None:
    with locked(folder):
        Path(ready).touch()
        time.sleep(60)


def test_a_folder_is_locked_by_one_at_a_time(tmp_path: Path) -> None:
    message = f"Another run is at work in {tmp_path}. Wait until it ends, or give another folder."
    with locked(tmp_path):
        with pytest.raises(OutputError) as caught, locked(tmp_path):
            raise AssertionError("entered")
        assert str(caught.value) == message
    assert not os.listdir(tmp_path)
    ready = tmp_path.with_name("ready")
    child = multiprocessing.get_context("spawn").Process(
        target=held, args=[str(tmp_path), str(ready)]
    )
    child.start()
    while not ready.exists():
        assert child.is_alive()
        time.sleep(0.01)
    with pytest.raises(OutputError, match="Another run is at work"), locked(tmp_path):
        pass
    child.kill()
    child.join()
    with locked(tmp_path):  # a dead process locks nothing
        pass
    assert not os.listdir(tmp_path)


def test_a_folder_that_cannot_be_locked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = rf"Cannot write into the folder {tmp_path}/none: No such file or directory\."
    with pytest.raises(OutputError, match=message), locked(tmp_path / "none"):
        pass
    monkeypatch.setattr(drafts, "take_lock", lambda _: None)  # a file system without locks
    with locked(tmp_path), locked(tmp_path / "."):
        pass
