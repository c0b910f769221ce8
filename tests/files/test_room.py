"""Room on the disk, taken before it is needed, and bytes that all arrive."""

from __future__ import annotations

import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from w2v.errors import OutputError
from w2v.files import check_room, replacing

if sys.platform == "win32":
    pytest.skip("a file is moved while it is open", allow_module_level=True)

Usage = namedtuple("Usage", "total used free")


def test_what_does_not_fit_is_refused_with_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(4 << 30, 3 << 30, 1 << 30))
    one, two = str(tmp_path / "v.bin"), str(tmp_path / "m.npz")
    check_room({one: 1 << 29, two: 1 << 29})
    check_room({os.devnull: 1 << 50, tmp_path / "none" / "v": 1 << 50, "a\0": 1 << 50})
    with pytest.raises(OutputError) as caught:
        check_room({one: 5 << 28})
    assert str(caught.value) == (
        f"Cannot write {one}: it needs 1.2 GiB, and 1.0 GiB of the disk are free. Make room, or "
        "give another folder."
    )
    with pytest.raises(OutputError, match=rf"Cannot write {one}, {two}: together they need 1\.1 G"):
        check_room({one: 1 << 30, two: 100 << 20})
    with pytest.raises(OutputError, match="it needs"), replacing(one, 2 << 30):
        raise AssertionError("entered")
    assert not os.listdir(tmp_path)
    (tmp_path / "empty").mkdir()  # a folder may take its place
    with pytest.raises(OutputError, match="empty: it needs"):
        check_room({tmp_path / "empty": 2 << 30})


def test_unknown_room_is_no_reason_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 0))
    check_room({tmp_path / "v.bin": 1 << 50})

    def unknown(_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(shutil, "disk_usage", unknown)
    check_room({tmp_path / "v.bin": 1 << 50})


@pytest.mark.parametrize("knows", [True, False])
def test_room_is_taken_at_once_and_what_is_too_much_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("no posix_fallocate")
    if not knows:
        monkeypatch.setattr(os, "posix_fallocate", refused)
    for size in (0, 3, 1 << 20):
        with replacing(tmp_path / "v", size) as handle:
            draft = os.stat(next(tmp_path.glob(".w2v*")))
            assert draft.st_size == (size if knows else 0)
            handle.write(b"12345")
            handle.seek(1)
            handle.write(b"x")
        assert (tmp_path / "v").read_bytes() == b"1x345"


def refused(*_: object) -> None:
    raise OSError(95, "Operation not supported")


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, memoryview(data)[:7]))
    with replacing(tmp_path / "v") as handle:
        for _ in range(100):
            handle.write(b"0123456789")
    assert (tmp_path / "v").read_bytes() == b"0123456789" * 100


def test_nothing_writes_past_the_file(tmp_path: Path) -> None:
    """Libraries that ask for its number would write to it themselves, as `ndarray.tofile` does."""
    with replacing(tmp_path / "v") as handle, pytest.raises(OSError, match="fileno"):
        handle.fileno()
