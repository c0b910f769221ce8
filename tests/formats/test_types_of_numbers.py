"""float16, int8 and float64 in npz and safetensors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from commands import run
from vector_tables import (
    COUNTS,
    LETTERS,
    PLAIN,
    TABLE,
    WORDS,
    assert_table,
    packed_arrays,
    safetensors_file,
)

from w2v import Vectors, load
from w2v.errors import ConfigError, VectorFileError
from w2v.formats import read_vectors, write_vectors

ROWS = np.random.default_rng(23).normal(0, 0.3, (50, 20)).astype(np.float32)
NAMES = [f"w {row}" for row in range(50)]


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors"])
def test_float16_is_the_nearest_and_half_the_size(tmp_path: Path, name: str) -> None:
    write_vectors(tmp_path / "full", NAMES, ROWS, format=name[2:])
    Vectors(NAMES, ROWS, range(50)).save(tmp_path / name, dtype="float16")
    found = read_vectors(tmp_path / name)
    assert_table(found, NAMES, ROWS.astype(np.float16), list(range(50)))
    assert found.dtype == "float16"
    table = np.tile(ROWS, (40, 1))
    words = [str(row) for row in range(len(table))]
    sizes = {}
    for dtype in ("float32", "float16", "int8"):
        write_vectors(tmp_path / name, words, table, dtype=dtype)
        sizes[dtype] = (tmp_path / name).stat().st_size
    assert 2 * len(table) * 20 < sizes["float16"] < 0.6 * sizes["float32"]
    assert (1 * 20 + 4) * len(table) < sizes["int8"] < 0.42 * sizes["float32"]


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors"])
def test_int8_is_within_half_a_step_of_each_row(tmp_path: Path, name: str) -> None:
    table = ROWS * np.logspace(-30, 30, 50)[:, np.newaxis].astype(np.float32)
    table[7] = 0
    table[8, 0] = np.finfo(np.float32).max
    table[9] = [-1] + [1] * 19
    write_vectors(tmp_path / name, NAMES, table, COUNTS + [1] * 46, dtype="int8")
    found = read_vectors(tmp_path / name)
    assert found.dtype == "int8"
    assert found.words == NAMES
    assert found.counts is not None
    assert found.matrix.dtype == np.float32
    step = np.abs(table).max(axis=1, keepdims=True).astype(np.float64) / 127
    assert (np.abs(found.matrix - table.astype(np.float64)) <= 0.5001 * step).all()
    assert not found.matrix[7].any()
    assert found.matrix[9].tolist() == table[9].tolist()
    write_vectors(tmp_path / f"again-{name}", NAMES, found.matrix, dtype="int8")
    again = read_vectors(tmp_path / f"again-{name}").matrix  # nothing more is lost
    np.testing.assert_allclose(again, found.matrix, rtol=1e-6)


def test_int8_by_hand_as_documented(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.npz", WORDS, TABLE, dtype="int8")
    with np.load(tmp_path / "v.npz") as file:
        assert (file["vectors"].dtype, file["scales"].dtype) == (np.int8, np.float32)
        made = file["vectors"] * file["scales"][:, np.newaxis]
    assert made.tobytes() == load(tmp_path / "v.npz").matrix.tobytes()
    tensors = safetensors.numpy.load_file(
        safetensors_file(tmp_path / "v.safetensors", **np.load(tmp_path / "v.npz"))
    )
    assert tensors["vectors"].dtype == np.int8
    assert load(tmp_path / "v.safetensors").matrix.tobytes() == made.tobytes()


def test_what_smaller_numbers_cannot_hold_is_refused(tmp_path: Path) -> None:
    for odd, dtype, message in [
        (70_000, "float16", "as float16: 1 row with numbers beyond 65,504. Write float32"),
        (np.nan, "int8", "as int8: 1 row with NaN or infinite numbers"),
        (-np.inf, "int8", "as int8: 1 row with NaN or infinite numbers"),
    ]:
        table = TABLE.copy()
        table[1, 1] = odd
        with pytest.raises(VectorFileError, match=message):
            write_vectors(tmp_path / "v.npz", WORDS, table, dtype=dtype)
    table[1] = [np.nan, np.inf]
    write_vectors(tmp_path / "v.npz", WORDS, table, dtype="float16")
    np.testing.assert_array_equal(read_vectors(tmp_path / "v.npz").matrix[1], table[1])
    for name in ("v.bin", "v.txt", "v.tsv"):
        with pytest.raises(ConfigError, match=r", which has no int8; expected \.npz or \.safetens"):
            write_vectors(tmp_path / name, PLAIN, TABLE, dtype="int8")
    with pytest.raises(ConfigError, match="'int4' is unknown; expected float32, float16, int8"):
        write_vectors(tmp_path / "v.npz", PLAIN, TABLE, dtype="int4")
    assert os.listdir(tmp_path) == ["v.npz"]


def test_int8_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    steps = np.ones((2, 2), np.int8)
    for scales, message in [
        ({}, r"'vectors' is int8 \(2, 2\); expected floating-point .* or int8 beside 'scales'"),
        ({"scales": np.ones(3, "f4")}, r"'scales' is float32 \(3,\); expected floating-point"),
        ({"scales": np.ones(2, "i4")}, r"'scales' is int32 \(2,\)"),
    ]:
        path = packed_arrays(tmp_path / "v.npz", vectors=steps, words=LETTERS, **scales)
        with pytest.raises(VectorFileError, match=message):
            read_vectors(path)


def test_convert_and_info_know_the_types_of_numbers(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.bin", PLAIN, TABLE)
    done = run("convert", tmp_path / "v.bin", tmp_path / "v.npz", "--dtype", "int8")
    assert done.exit_code == 0, done.output
    assert run("info", tmp_path / "v.npz").stdout.startswith("format   NumPy npz of int8\n")
    assert json.loads(run("info", tmp_path / "v.npz", "--json").stdout)["dtype"] == "int8"
    done = run("convert", tmp_path / "v.bin", tmp_path / "v.vec", "--dtype", "float16")
    assert done.exit_code == 2
    assert "word2vec text, which has no float16; expected .npz" in done.stderr


def test_numbers_beyond_float32_are_infinite_with_a_warning(tmp_path: Path) -> None:
    table = np.array([[1, 2], [1e300, np.inf], [np.nan, -1e39]])
    path = packed_arrays(tmp_path / "v.npz", vectors=table, words=["a", "b", "c"])
    with pytest.warns(UserWarning, match="2 rows with numbers beyond float32, which are infinite"):
        found = read_vectors(path)
    np.testing.assert_array_equal(found.matrix, [[1, 2], [np.inf, np.inf], [np.nan, -np.inf]])
    packed_arrays(path, vectors=np.array([[np.inf, 2.0]]), words=["a"])
    assert read_vectors(path).matrix.tolist() == [[np.inf, 2]]
