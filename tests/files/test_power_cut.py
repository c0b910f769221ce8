"""A power cut between any two calls leaves the old file or the new, and after saving the new."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import pytest
from power_cut import PowerCuts, Tree, may_be_after
from test_failing_disk import SAVES, WHOLE, make, save_vectors

from w2v.files import disk, replacing

if sys.platform == "win32":
    pytest.skip("a model of POSIX", allow_module_level=True)

FOLDER: Tree = tuple((name, data.encode()) for name, data in WHOLE.items())


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "BLOCK_BYTES", 512)


def read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize("name", SAVES)
@pytest.mark.parametrize("before", [True, False])
def test_files_are_old_or_new(tmp_path: Path, name: str, before: bool) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / name
    if before:
        SAVES[name](path, 1)
    old = read(path)
    cuts = may_be_after(functools.partial(SAVES[name], path, 2), path)
    assert cuts.seen == {old, read(path)}
    assert cuts.last == {read(path)}
    assert "write" in cuts.calls


@pytest.mark.parametrize("name", ["v.tsv", "v.metadata.tsv"])
def test_each_of_two_files_that_belong_together_is_old_or_new(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / name
    save_vectors(folder / "v.tsv", 1)
    old = read(path)
    cuts = may_be_after(functools.partial(save_vectors, folder / "v.tsv", 2), path)
    assert cuts.seen == {old, read(path)}
    assert cuts.last == {read(path)}


@pytest.mark.parametrize("size", [0, 9, 5000])
def test_a_file_whose_size_is_known_is_old_or_new(tmp_path: Path, size: int) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"old")
    cuts = may_be_after(functools.partial(write, path, size), path)
    assert cuts.seen == {b"old", b"x" * 1500}
    assert cuts.last == {b"x" * 1500}
    assert ("posix_fallocate" in cuts.calls) == (size > 0)


def write(path: Path, size: int) -> None:
    with replacing(path, size) as handle:
        for _ in range(3):
            handle.write(b"x" * 500)


@pytest.mark.parametrize("before", [True, False])
def test_a_folder_is_whole_or_not_there(tmp_path: Path, before: bool) -> None:
    place = tmp_path / "corpus"
    if before:
        place.mkdir()
    cuts = may_be_after(lambda: make(place), place)
    assert cuts.seen == {() if before else None, FOLDER}
    assert cuts.last == {FOLDER}


# the model sees what must not be


def test_without_fsync_files_and_folders_are_neither_old_nor_new(tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"old")
    cuts = may_be_after(lambda: write(path, 0), path, ignored="file")
    assert {b"old", b"", b"x" * 500, b"\0" * 500 + b"x" * 500, b"x" * 1500} < cuts.seen
    cuts = may_be_after(lambda: make(tmp_path / "a"), tmp_path / "a", ignored="file")
    assert (("a", b""), ("b", b"second" * 200)) in cuts.seen


def test_without_fsync_of_the_folder_what_is_saved_may_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"old")
    cuts = may_be_after(lambda: write(path, 0), path, ignored="folder")
    assert cuts.last == {b"old", b"x" * 1500}
    cuts = may_be_after(lambda: make(tmp_path / "a"), tmp_path / "a", ignored="folder")
    assert {None, (), (("a", b"first"),), FOLDER} < cuts.last


def test_a_file_written_in_its_place_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(b"old")

    cuts = PowerCuts(path)
    descriptor = cuts(os.open, str(path), os.O_WRONLY, 0o666)
    cuts(os.ftruncate, descriptor, 0)
    cuts(os.write, descriptor, b"new!")
    cuts(os.fsync, descriptor)
    os.close(descriptor)
    assert cuts.seen == {b"old", b"", b"ne", b"new!"}
