"""Compiled kernels on disk: kept, found again, and no trouble when the disk makes trouble."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from w2v.backends import numba_cache

numba = pytest.importorskip("numba", exc_type=ImportError)


def add_one(x: Any) -> Any:
    return x + 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kernels are kept during a test."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba_cache, "unkept", [])
    return tmp_path


def hits(*sources: str) -> int:
    """How many kernels a new process would find on disk; compiles and keeps what it does not."""
    kernel = numba_cache.kept_on_disk(numba.njit(add_one), *sources)
    assert kernel(1) == 2
    return sum(kernel.stats.cache_hits.values())


def files(folder: Path, ending: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(ending)]


def test_second_time_nothing_is_compiled(folder: Path) -> None:
    assert [hits(), hits()] == [0, 1]
    assert not numba_cache.unkept


def test_change_of_another_source_is_noticed(folder: Path) -> None:
    source = folder / "vector.py"
    source.write_text("LANES = 8")
    assert [hits(str(source)), hits(str(source))] == [0, 1]
    source.write_text("LANES = 9")
    assert [hits(str(source)), hits(str(source))] == [0, 1]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def spoil(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [truncate, empty, spoil])
def test_damaged_file_is_written_anew(
    folder: Path, ending: str, damage: Callable[[Path], None]
) -> None:
    hits()
    (path,) = files(folder, ending)
    damage(path)
    assert [hits(), hits()] == [0, 1]


def test_file_that_cannot_be_read_or_written(folder: Path) -> None:
    hits()
    (path,) = files(folder, "nbi")
    path.unlink()
    path.mkdir()
    assert [hits(), hits()] == [0, 0]
    assert numba_cache.unkept


def test_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_data", full)
    assert [hits(), hits()] == [0, 0]
    assert [error.errno for error in numba_cache.unkept] == [errno.ENOSPC] * 2


def test_no_folder_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert [hits(), hits()] == [0, 0]
    assert add_one.__qualname__ == "add_one"


def test_only_what_has_to_be_compiled_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    for where in ("compiled", "loaded"):
        with numba_cache.misses(lambda where=where: told.append(where)):  # type: ignore[misc]
            hits()
    assert told == ["compiled"]
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    with numba_cache.misses(lambda: told.append("no folder")):
        hits()
    hits()  # nobody listens any more
    assert told == ["compiled", "no folder"]


def test_it_is_told_once(folder: Path) -> None:
    told: list[str] = []
    with numba_cache.misses(lambda: told.append("compiled")):
        hits()
        for path in files(folder, "nbi"):
            path.unlink()
        hits()
    assert told == ["compiled"]
    with numba_cache.misses(lambda: told.append("again")):
        hits()
    assert told == ["compiled"]


def test_a_run_says_what_it_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading, where that takes a while; compiling, only where it compiles."""
    from w2v.backends import numba_backend

    kernel = numba_cache.kept_on_disk(numba.njit(add_one))
    backend = numba_backend.make()

    def try_one(*_: object) -> None:
        kernel(1)
        time.sleep(0.3)

    monkeypatch.setattr(numba_backend.NumbaBackend, "_try_kernels", try_one)
    monkeypatch.setattr(numba_backend, "_A_WHILE_S", 0.1)
    said: list[str] = []
    backend.prepare("shared", averaged=False, waiting=said.append)
    assert [text.split()[0] for text in said] == ["compiling"]
    backend.prepare("shared", averaged=False, waiting=said.append)
    assert said[1:] == ["loading compiled steps"]
