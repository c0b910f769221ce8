"""What goes to the disk past the system's cache is what it would be through it."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from w2v.files import disk, replacing
from w2v.training.checkpoint_file import new_array

MIB = 1 << 20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has O_DIRECT")


class Calls:
    """Notes how each piece was written; refuses those past the cache, if told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refuse: bool = False) -> None:
        self.direct: list[int] = []
        self.plain: list[int] = []
        self._refuse, self._write = refuse, os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, descriptor: int, data: memoryview) -> int:
        direct = 0
        if sys.platform == "linux":
            import fcntl

            direct = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT
        (self.direct if direct else self.plain).append(len(data))
        if direct and self._refuse:
            raise OSError(errno.EINVAL, "Invalid argument")
        return self._write(descriptor, data)


def written(path: Path, past_cache: bool = True) -> bytes:
    numbers = np.random.default_rng(1).integers(0, 256, 3 * MIB + 5, np.uint8)
    pages = new_array(numbers.shape, "uint8")
    pages[:] = numbers
    whole = bytes(4096) + numbers.tobytes()
    with replacing(path, len(whole) + 99, past_cache=past_cache) as file:
        file.write(bytes(4096))
        file.write(pages[: 2 * MIB].data)
        file.write(pages[2 * MIB :].data)
    assert path.read_bytes() == whole
    return whole


def test_large_pieces_of_whole_pages_go_past_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    written(tmp_path / "a")
    if not calls.direct:
        pytest.skip("this file system has no O_DIRECT")
    assert calls.direct == [2 * MIB]
    assert sum(calls.plain) == 4096 + MIB + 5


def test_where_they_cannot_they_go_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch, refuse=True)
    written(tmp_path / "a")
    assert len(calls.direct) <= 1
    assert sum(calls.plain) == 4096 + 3 * MIB + 5


def test_only_what_asks_for_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    written(tmp_path / "a", past_cache=False)
    assert not calls.direct


def test_a_failing_disk_is_no_reason_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = disk.File(disk.create(str(tmp_path / "a")))
    file.past_cache = True

    def failing(descriptor: int, data: memoryview) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(OSError, match="Input/output error"):
        file.write(new_array((MIB,), "uint8").data)
    file.close()
