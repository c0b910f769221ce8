"""The file of a checkpoint: what it holds, and what is noticed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

from w2v import files
from w2v.errors import CheckpointError, OutputError
from w2v.training import checkpoint_file
from w2v.training.checkpoint_file import read_checkpoint, write_checkpoint

SMALL = {
    "input": np.arange(6, dtype=np.float32).reshape(3, 2),
    "output": np.ones((2, 2), np.float32),
    "frozen": np.array([True, False, True]),
    "offsets": np.arange(4),
    "codes": np.array([1, 0, 1], np.uint8),
}


def test_a_checkpoint_holds_what_was_put_in(tmp_path: Path) -> None:
    state = {"a": [1, None, "x\n"], "b": 0.1}
    path = str(tmp_path / "c")
    assert write_checkpoint(path, state, SMALL) == os.path.getsize(path)
    found, arrays = read_checkpoint(path)
    assert found == state
    assert arrays.keys() == SMALL.keys()
    for name, array in SMALL.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_large_arrays_begin_at_pages_in_the_file_and_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that they go to the disk as they are; see `replacing`."""
    monkeypatch.setattr(checkpoint_file, "_BLOCK", 1 << 13)
    path = tmp_path / "c"
    arrays = {name: np.full((700, 7), i, np.float32) for i, name in enumerate("ab")}
    size = write_checkpoint(str(path), {}, arrays)
    data = path.read_bytes()
    assert size == len(data)
    for start, i in ((4096, 0), (4096 + 20480, 1)):  # 19,600 bytes each
        np.testing.assert_array_equal(np.frombuffer(data, "<f4", 4900, start), i)
    for name, array in read_checkpoint(str(path))[1].items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.ctypes.data % 4096 == 0
        assert array.flags.writeable


@pytest.mark.parametrize("block", [checkpoint_file._BLOCK, 8])
def test_every_flipped_bit_and_every_cut_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(checkpoint_file, "_BLOCK", block)
    monkeypatch.setattr(checkpoint_file, "_PAGE", 128)  # at which large arrays begin
    path = tmp_path / "c"
    write_checkpoint(str(path), {"a": 1}, SMALL)
    whole = path.read_bytes()
    assert len(whole) < 1500

    def noticed(data: bytes | bytearray) -> bool:
        path.write_bytes(data)
        with pytest.raises(CheckpointError):
            read_checkpoint(str(path))
        return True

    for place in range(8 * len(whole)):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises((CheckpointError, ValueError, TypeError, LookupError)):
            checkpoint_file._read(io.BytesIO(data), "c")
        assert place % 200 or noticed(data)
    for size in range(len(whole)):
        with pytest.raises((CheckpointError, ValueError, TypeError, LookupError)):
            checkpoint_file._read(io.BytesIO(whole[:size]), "c")
        assert size % 40 or noticed(whole[:size])
    assert noticed(whole + b"\0")


def test_a_forged_size_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "c")
    forged = {"input": np.broadcast_to(np.float32(0), (1 << 20, 1 << 20))}
    monkeypatch.setattr("w2v.training.checkpoint_file.np.ascontiguousarray", lambda array: array)
    monkeypatch.setattr(checkpoint_file, "_blocks", lambda _: [])
    monkeypatch.setattr(checkpoint_file, "_BLOCK", 1 << 60)
    with pytest.raises(OutputError, match=r"it needs 4096\.0 GiB"):
        write_checkpoint(path, {}, forged)
    plain = files.replacing
    monkeypatch.setattr(checkpoint_file, "replacing", lambda path, size, past_cache: plain(path))
    write_checkpoint(path, {}, forged)
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        read_checkpoint(path)


@pytest.mark.parametrize("other", [checkpoint_file.VERSION - 1, checkpoint_file.VERSION + 1])
def test_another_version_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: int
) -> None:
    path, ours = str(tmp_path / "c"), checkpoint_file.VERSION
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_file, "VERSION", other)
        write_checkpoint(path, {}, SMALL)
    with pytest.raises(CheckpointError, match=f"version {other} and this w2v reads version {ours}"):
        read_checkpoint(path)
