"""Compressed vector files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard
from vector_tables import PLAIN, TABLE, WORDS, assert_table

from w2v import load
from w2v.errors import ConfigError, VectorFileError
from w2v.formats import read_vectors, write_vectors

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("kind", [".txt", ".bin"])
def test_compression_is_found_by_content(tmp_path: Path, packing: str, kind: str) -> None:
    rng = np.random.default_rng(7)
    table = rng.normal(size=(1900, 300)).astype(np.float32)  # more than a window
    words = [f"w{row}" for row in range(1900)]
    write_vectors(tmp_path / f"v{kind}", words, table)
    content = (tmp_path / f"v{kind}").read_bytes()
    (tmp_path / "odd.name").write_bytes(PACKERS[packing](content))
    found = read_vectors(tmp_path / "odd.name")
    assert_table(found, words, table, None)
    assert found.compression
    write_vectors(tmp_path / f"v{kind}{packing}", words[:9], table[:9])
    assert_table(load(tmp_path / f"v{kind}{packing}"), words[:9], table[:9], None)


def test_compressed_binary_cut_short_or_lying_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.bin.gz"
    row = b"a " + struct.pack("<2f", 1, 2)
    for content, message in [
        (b"9 2\n" + row, "row 2: the file ends in this row"),
        (b"1 900000000000\n" + row, "line 1: a header of 900,000,000,000 numbers a row, of which"),
        (b"900000000000 2\n" + row, "row 2: the file ends in this row"),
        (b"1 2\n" + row + b"more", "row 2: 4 bytes left over"),
    ]:
        path.write_bytes(gzip.compress(content))
        with pytest.raises(VectorFileError, match=message):
            read_vectors(path)


def test_arrays_are_not_compressed(tmp_path: Path) -> None:
    for name in ("v.npz.gz", "v.safetensors.xz", "v.tsv.zst"):
        with pytest.raises(ConfigError, match=r"would be .* compressed by .*; leave out '\."):
            write_vectors(tmp_path / name, WORDS, TABLE)
    write_vectors(tmp_path / "v.npz", WORDS, TABLE)
    (tmp_path / "v.gz").write_bytes(gzip.compress((tmp_path / "v.npz").read_bytes()))
    with pytest.raises(VectorFileError, match="gzip file with a zip, npz or safetensors file ins"):
        read_vectors(tmp_path / "v.gz")


def test_without_zstandard_it_is_said_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(
        ConfigError, match=r"v\.vec\.zst is to be .*Run pip install zstandard to wri"
    ):
        write_vectors(tmp_path / "v.vec.zst", PLAIN, TABLE)
    assert not list(tmp_path.iterdir())
