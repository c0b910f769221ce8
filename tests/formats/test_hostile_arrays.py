"""npz and safetensors that are damaged, or made to take much memory: noticed, and before."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from vector_tables import (
    COUNTS,
    TABLE,
    WORDS,
    assert_table,
    npy,
    packed_arrays,
    safetensors_file,
    written,
)

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import read_vectors, write_vectors


def test_a_flipped_bit_in_mapped_vectors_is_noticed(tmp_path: Path) -> None:
    path, rng = tmp_path / "v.npz", np.random.default_rng(1)
    table = rng.normal(size=(9_000, 90)).astype(np.float32)  # 3 MB
    write_vectors(path, [str(row) for row in range(9_000)], table)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    for command in (
        ["info", path],
        ["convert", path, tmp_path / "other.bin"],
        ["eval", path, "--pairs", written(tmp_path / "pairs", b"1 2 3\n" * 20)],
        ["nearest", path, "1"],
    ):
        done = run(*command)
        assert done.exit_code == 1
        assert "v.npz is a damaged or foreign npz file (Bad CRC-32" in done.stderr
    with pytest.raises(VectorFileError, match="Bad CRC-32"):
        load(path)
    assert (load(path, check=False).matrix != table).sum() == 1
    assert not (tmp_path / "other.bin").exists()


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_any_bit_of_the_arrays_is_noticed(tmp_path: Path, dtype: str) -> None:
    """What no checksum covers is dates, padding and the like: then all is as it was."""
    path = tmp_path / "v.npz"
    write_vectors(path, WORDS, TABLE, COUNTS, dtype=dtype)
    expected = read_vectors(path)
    whole, noticed = path.read_bytes(), 0
    for bit in range(0, 8 * len(whole), 7):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            found = read_vectors(path)
        except VectorFileError:
            noticed += 1
            continue
        assert_table(found, WORDS, expected.matrix, COUNTS)
    assert noticed > 4 * len(whole) // 7


def bomb(path: Path, **members: tuple[Any, str, int]) -> Path:
    """A file of some kB: each member says its shape and type, and has so many equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (shape, descr, byte) in members.items():
            size = int(np.prod(shape)) * np.dtype(descr).itemsize
            told = {"descr": descr, "fortran_order": False, "shape": shape}
            header = npy(shape, header=repr(told).encode() + b"\n")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(header)
                for _ in range(0, size, 1 << 20):
                    member.write(bytes([byte]) * min(size, 1 << 20))
    return path


MILLION = 1 << 20
FEW = ((2,), "|u1", 97)
TWO = ((2, 2), "<f4", 0)
BOMBS: list[tuple[dict[str, tuple[Any, str, int]], str]] = [
    ({"words": ((300_000_000,), "|S0", 0), "vectors": TWO}, "'words' has not the size its header"),
    ({"words": ((300_000_000,), "<U0", 0), "vectors": TWO}, "'words' has not the size its header"),
    ({"words": ((60 * MILLION,), "|u1", 10), "vectors": TWO}, "more than 2 words for 2 vectors"),
    ({"words": ((60 * MILLION,), "|u1", 97), "vectors": TWO}, "an endless word for 2 vectors"),
    ({"words": ((99 * MILLION,), "|u1", 10), "vectors": TWO}, "'words' expands to more than 256"),
    ({"words": ((3 * MILLION,), "|S16", 0), "vectors": TWO}, "3,145,728 words for 2 vectors"),
    ({"words": ((2, MILLION), "|S16", 0), "vectors": TWO}, r"'words' is \|S16 \(2, 1048576\)"),
    ({"words": FEW, "vectors": ((10 * MILLION, 1), "<f4", 0)}, "has 1 word for 10,485,760 vectors"),
    ({"words": FEW, "vectors": ((MILLION, 99), "<f4", 0)}, "'vectors' expands to more than 256"),
    ({"words": FEW, "vectors": TWO, "counts": ((7 * MILLION,), "<i8", 0)}, "'counts' is int64"),
    ({"words": FEW, "vectors": TWO, "other": ((99 * MILLION,), "|u1", 0)}, "1 word for 2 vectors"),
]


@pytest.mark.parametrize(("members", "message"), BOMBS)
def test_a_small_file_takes_little_memory(
    tmp_path: Path, members: dict[str, tuple[Any, str, int]], message: str
) -> None:
    path = bomb(tmp_path / "v.npz", **members)
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError, match=message):
            read_vectors(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_header_without_end_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "v.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        head = b"\x93NUMPY\2\0" + struct.pack("<I", 60 << 20)
        archive.writestr("vectors.npy", head + b" " * (60 << 20))
        archive.writestr("words.npy", npy((2,), bytes(8)))
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError, match="'vectors' is no array of NumPy's"):
            read_vectors(tmp_path / "v.npz")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("header", [b"{'descr': (", b"(" * 3000, b"{'descr': [('a'", b"L" * 100])
@pytest.mark.filterwarnings("ignore")
def test_a_header_that_no_parser_takes_is_refused(tmp_path: Path, header: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        archive.writestr("vectors.npy", npy((), header=header))
        archive.writestr("words.npy", npy((2,), bytes(8)))
    with pytest.raises(VectorFileError, match="'vectors' is no array of NumPy's"):
        read_vectors(tmp_path / "v.npz")


def test_a_safetensors_header_that_is_too_long_is_not_parsed(tmp_path: Path) -> None:
    header = b"{" + b'"a":[],' * (10 << 20) + b'"b":0}'
    path = written(tmp_path / "v.safetensors", struct.pack("<Q", len(header)) + header)
    tracemalloc.start()
    try:
        with pytest.raises(
            VectorFileError, match=r"a header of 73,400,327 bytes; expected 1,048,5"
        ):
            read_vectors(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    nested = b'{"vectors":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    written(path, struct.pack("<Q", len(nested)) + nested)
    with pytest.raises(VectorFileError, match="damaged safetensors file"):
        read_vectors(path)


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
@pytest.mark.parametrize("counts", [[-1, 5], [2**62, 2**62]])
def test_counts_that_are_none_are_refused(tmp_path: Path, kind: str, counts: list[int]) -> None:
    path = tmp_path / f"v.{kind}"
    arrays = {"vectors": TABLE[:2], "words": np.frombuffer(b"a\nb", "u1"), "counts": counts}
    (packed_arrays if kind == "npz" else safetensors_file)(path, **arrays)
    with pytest.raises(VectorFileError, match="'counts' holds numbers below 0, or adds up to 2"):
        read_vectors(path)


def test_words_that_are_more_than_vectors_are_counted_before_they_are_split(tmp_path: Path) -> None:
    path = safetensors_file(
        tmp_path / "v.safetensors", vectors=TABLE, words=np.full(20 << 20, 10, "u1")
    )
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError, match="has 20,971,521 words for 4 vectors"):
            read_vectors(path)
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("order", "<>")
def test_strings_of_no_characters_are_refused(tmp_path: Path, order: str) -> None:
    letters = np.array([[97, 0x10FFFF], [98, 0x110000]], f"{order}u4")
    words = letters.view(f"{order}U2").reshape(-1)
    path = packed_arrays(tmp_path / "v.npz", words=words, vectors=TABLE[:2])
    with pytest.raises(VectorFileError, match="'words' holds what is no text"):
        read_vectors(path)
    path = packed_arrays(tmp_path / "v.npz", words=words[:1], vectors=TABLE[:1])
    assert read_vectors(path).words == ["a\U0010ffff"]
