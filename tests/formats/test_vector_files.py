"""npz, safetensors, projector, compression, conversion, and other people's programs."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy
import zstandard
from click.testing import CliRunner, Result
from commands import run_line

from w2v import Vectors, Word2Vec, load
from w2v.cli import main
from w2v.errors import ConfigError, OutputError, VectorFileError, W2VError
from w2v.formats import byte_source, convert, describe, read_vectors, write_vectors

Table = npt.NDArray[np.float32]
WORDS = ["the", "na\u00efve", "new york", "\u65e5\u672c"]
PLAIN = ["the", "na\u00efve", "new_york", "\u65e5\u672c"]
TABLE = np.array([[0.1, -2.5], [1e-20, 3], [-0.0, 1], [0, np.float32(1) / 3]], dtype=np.float32)
COUNTS = [2**40, 7, 7, 1]
DOCUMENT = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def assert_table(found: Any, words: list[str], table: Any, counts: list[int] | None) -> None:
    assert list(found.words) == words
    assert found.matrix.tobytes() == np.asarray(table, np.float32).tobytes()
    assert (None if found.counts is None else found.counts.tolist()) == counts


def packed_arrays(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


# npz and safetensors


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors"])
def test_arrays_keep_spaces_and_counts_and_are_mapped(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_vectors(path, WORDS, TABLE, COUNTS)
    found = read_vectors(path)
    assert_table(found, WORDS, TABLE, COUNTS)
    assert isinstance(found.matrix.base, np.memmap)
    assert found.matrix.flags.aligned
    assert not found.matrix.flags.writeable
    write_vectors(path, PLAIN, TABLE + 1)  # a file in use may be replaced
    assert_table(found, WORDS, TABLE, COUNTS)
    assert_table(load(path), PLAIN, TABLE + 1, None)


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors", "v.bin.gz", "v.txt.xz"])
def test_the_same_vectors_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_vectors(tmp_path / folder / name, PLAIN, TABLE, COUNTS)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_numpy_reads_our_npz(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.npz", WORDS, TABLE, COUNTS)
    with np.load(tmp_path / "v.npz") as file:
        assert set(file) == {"vectors", "words", "counts"}
        assert bytes(file["words"]).decode().split("\n") == WORDS
        np.testing.assert_array_equal(file["vectors"], TABLE)
        assert file["counts"].tolist() == COUNTS


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "words",
    [
        np.array(WORDS),
        np.array([word.encode() for word in WORDS]),
        np.frombuffer("\n".join(WORDS).encode(), np.uint8),
    ],
)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2"])
def test_npz_of_others_is_read(
    tmp_path: Path, save: Callable[..., None], words: Any, dtype: str
) -> None:
    table = np.asfortranarray(TABLE.astype(dtype)) if dtype == ">f4" else TABLE.astype(dtype)
    save(tmp_path / "v.npz", words=words, vectors=table, counts=np.array(COUNTS))
    assert_table(read_vectors(tmp_path / "v.npz"), WORDS, table.astype(np.float32), COUNTS)


@pytest.mark.parametrize("odd", range(8))
def test_any_place_in_the_archive_gives_the_same_numbers(tmp_path: Path, odd: int) -> None:
    path = packed_arrays(tmp_path / "v.npz", **{"x" * (odd + 1): [1]}, words=WORDS, vectors=TABLE)
    assert_table(read_vectors(path), WORDS, TABLE, None)


def test_safetensors_library_and_we_read_each_other(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    write_vectors(path, WORDS, TABLE, COUNTS)
    found = safetensors.numpy.load_file(path)
    assert found["vectors"].tobytes() == TABLE.tobytes()
    assert found["words"].tobytes().decode().split("\n") == WORDS
    assert found["counts"].tolist() == COUNTS
    safetensors.numpy.save_file({**found, "more": np.zeros(3)}, path)
    assert_table(read_vectors(path), WORDS, TABLE, COUNTS)
    safetensors.numpy.save_file({**found, "vectors": TABLE.astype("f2")}, path)
    assert_table(read_vectors(path), WORDS, TABLE.astype("f2"), COUNTS)


LETTERS = np.frombuffer(b"a\nb", np.uint8)


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": TABLE}, "no array 'words'; expected 'vectors' and 'words', found vectors"),
        ({"weights": TABLE}, "no array 'vectors'; expected .*, found weights"),
        ({"vectors": TABLE, "words": LETTERS}, "has 2 words for 4 vectors"),
        ({"vectors": TABLE[0], "words": LETTERS}, r"'vectors' is float32 \(2,\); expected float"),
        ({"vectors": np.eye(2, dtype="i4"), "words": LETTERS}, r"'vectors' is int32 \(2, 2\)"),
        ({"vectors": np.ones((2, 0), "f4"), "words": LETTERS}, r"no vectors.*\(2, 0\)"),
        ({"vectors": TABLE, "words": np.ones(4)}, r"'words' is float64 \(4,\); expected strings"),
        ({"vectors": TABLE[:1], "words": LETTERS[:1], "counts": np.ones(2, "i8")}, "'counts' is"),
        ({"vectors": TABLE[:2], "words": np.frombuffer(b"a\n\xff", "u1")}, "word 2: the word"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, kind: str, arrays: dict[str, Any], message: str
) -> None:
    path = tmp_path / f"v.{kind}"
    (packed_arrays if kind == "npz" else safetensors_file)(path, **arrays)
    with pytest.raises(VectorFileError, match=message) as caught:
        read_vectors(path)
    assert str(path) in str(caught.value)


def safetensors_file(path: Path, **arrays: Any) -> Path:
    safetensors.numpy.save_file({k: np.ascontiguousarray(a) for k, a in arrays.items()}, path)
    return path


def test_npz_of_python_objects_is_refused(tmp_path: Path) -> None:
    words = np.array(["a", "b"], dtype=object)
    path = packed_arrays(tmp_path / "v.npz", words=words, vectors=np.eye(2, dtype="f4"))
    with pytest.raises(VectorFileError, match=r"'words' holds Python objects, which may run"):
        read_vectors(path)


def npy(shape: Any, data: bytes = b"", header: bytes = b"") -> bytes:
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    header = header or repr(described).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize(
    "vectors",
    [
        npy((10**12, 300)),
        npy((2**40, 2**40)),
        npy((10**30, 2)),
        npy((-1, 3)),
        npy((-2, -2), bytes(16)),
        npy((2, 2), bytes(20)),
        npy((True, 2), bytes(8)),
        npy(None),
        npy((), header=b"{[]: 1}\n"),
        b"",
    ],
)
def test_npz_with_a_header_that_lies_is_refused(
    tmp_path: Path, packing: int, vectors: bytes
) -> None:
    with zipfile.ZipFile(tmp_path / "v.npz", "w", packing) as archive:
        archive.writestr("vectors.npy", vectors)
        archive.writestr("words.npy", npy((2,), bytes(8)))
    with pytest.raises(VectorFileError, match=r"v\.npz"):
        read_vectors(tmp_path / "v.npz")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_with_damaged_data_is_refused(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(tmp_path / "v.npz", "w", packing) as archive:
        archive.writestr("vectors.npy", npy((2, 2), bytes(16)))
    whole = (tmp_path / "v.npz").read_bytes()
    for place in range(41, 110):
        (tmp_path / "v.npz").write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        with pytest.raises(VectorFileError, match=r"v\.npz"):
            read_vectors(tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "BF16"}, "'vectors' is BF16; expected one of F64, F32"),
        ({"shape": [2**64, 1]}, "damaged safetensors file"),
        ({"shape": [2**40, 2**40], "data_offsets": [0, 0]}, "damaged safetensors file"),
        ({"shape": [-1, -4]}, "damaged safetensors file"),
        ({"shape": [float("inf"), 2]}, "damaged safetensors file"),
        ({"shape": [2.0, 2.0]}, "damaged safetensors file"),
        ({"dtype": 3}, "damaged safetensors file"),
        ({"data_offsets": [-16, 0]}, "damaged safetensors file"),
        ({"data_offsets": [2**65, 2**65 + 16]}, "damaged safetensors file"),
    ],
)
def test_safetensors_with_a_header_that_lies_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    vectors = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **change}
    words = {"dtype": "U8", "shape": [3], "data_offsets": [16, 19]}
    header = json.dumps({"vectors": vectors, "words": words}).encode()
    content = struct.pack("<Q", len(header)) + header + bytes(16) + b"a\nb"
    (tmp_path / "v.safetensors").write_bytes(content)
    with pytest.raises(VectorFileError, match=message):
        read_vectors(tmp_path / "v.safetensors")


def test_a_whole_model_is_told_from_vectors(tmp_path: Path) -> None:
    model = Word2Vec(dim=4, min_count=1, epochs=9, sample=0, alpha=0.3, backend="numpy", workers=1)
    model.fit([["a", "b"], ["b", "a"]] * 9).save_model(tmp_path / "model.npz")
    with pytest.raises(VectorFileError, match=r"is a whole model, .*w2v\.Word2Vec\.load_model"):
        load(tmp_path / "model.npz")
    assert Word2Vec.load_model(tmp_path / "model.npz").vectors.words == ("a", "b")


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("glove.txt", "a 1\n")
    with pytest.raises(VectorFileError, match="zip archive without NumPy arrays; unpack it first"):
        read_vectors(tmp_path / "glove.zip")


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors"])
def test_cut_anywhere_or_with_a_byte_changed_it_is_read_or_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    write_vectors(path, WORDS, TABLE, COUNTS)
    whole = path.read_bytes()
    for size in range(1, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(VectorFileError, match=re.escape(name)):
            read_vectors(path)
    rng = np.random.default_rng(5)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + rng.bytes(1) + whole[place + 1 :])
        try:
            assert len(read_vectors(path).matrix) > 0
        except VectorFileError as error:
            assert name in str(error)  # noqa: PT017 (either outcome is right)


# smaller numbers

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


def test_a_file_may_be_read_as_what_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"1 2\na 1234 567\n")
    about = json.loads(run("info", tmp_path / "v", "--json", "--from", "binary").stdout)
    assert about["format"] == "word2vec binary"
    run("convert", tmp_path / "v", tmp_path / "w.npz", "--from", "binary")
    table = np.frombuffer(b"1234 567", "<f4")
    assert load(tmp_path / "w.npz").matrix[0].tolist() == table.tolist()
    assert load(tmp_path / "v", format="binary").matrix[0].tolist() == table.tolist()


@pytest.mark.parametrize("numbers", [TABLE, np.arange(12).reshape(4, 3)])
def test_our_own_projector_file_is_no_glove_text(tmp_path: Path, numbers: Any) -> None:
    write_vectors(tmp_path / "cats.tsv", WORDS, numbers)
    with pytest.raises(
        VectorFileError, match=r"holds numbers without words, .*cats\.metadata\.tsv"
    ):
        read_vectors(tmp_path / "cats.tsv")


def test_integers_may_be_the_words_of_text_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "items.tsv").write_text("12\t0.5\t1\n7\t0.25\t2\n")
    assert load(tmp_path / "items.tsv").words == ("12", "7")


# compression

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


# long files: windows, and rows that cross them


@pytest.mark.parametrize("newline", [b"", b"\n", b"\n\n"])
def test_rows_across_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newline: bytes
) -> None:
    rng = np.random.default_rng(11)
    table = np.frombuffer(rng.choice(list(b"\n \0\x3f"), 4 * 500 * 3).astype("u1"), "<f4")
    table = table.reshape(500, 3)  # newlines and spaces wherever numbers are
    words = [f"{'x' * int(rng.integers(0, 40))}{row}" for row in range(500)]
    rows = zip(words, table, strict=True)
    content = b"500 3\n" + b"".join(b"%b %b" % (w.encode(), r.tobytes()) + newline for w, r in rows)
    (tmp_path / "v.bin").write_bytes(content)
    text = "500 3\n" + "".join(f"{w} 1 2 {row}\n" for row, w in enumerate(words))
    (tmp_path / "v.txt").write_text(text)
    for window, head in [(1, 64), (100, 64), (4096, 4096)]:
        monkeypatch.setattr(byte_source, "_WINDOW_BYTES", max(window, head))
        monkeypatch.setattr(byte_source, "_HEAD_BYTES", head)
        assert_table(read_vectors(tmp_path / "v.bin"), words, table, None)
        found = read_vectors(tmp_path / "v.txt")
        assert found.words == words
        np.testing.assert_array_equal(found.matrix[:, 2], np.arange(500))


def test_the_row_of_an_error_counts_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_source, "_WINDOW_BYTES", 100)
    monkeypatch.setattr(byte_source, "_HEAD_BYTES", 100)
    lines = "".join(f"w{row} 1 2\n" for row in range(200))
    (tmp_path / "v.txt").write_text("201 2\n" + lines + "bad 1\n")
    with pytest.raises(VectorFileError, match="line 202: expected 2 numbers, found 1"):
        read_vectors(tmp_path / "v.txt")
    rows = b"".join(b"w%d %b" % (row, bytes(4)) for row in range(200))
    (tmp_path / "v.bin").write_bytes(b"201 1\n" + rows + b"b\xff \0\0\0\0")
    with pytest.raises(VectorFileError, match=r"row 201: the word b'b\\xff' is not valid UTF-8"):
        read_vectors(tmp_path / "v.bin")


def test_decimals_of_both_readers_are_the_nearest_float32(tmp_path: Path) -> None:
    rng = np.random.default_rng(13)
    bits = rng.integers(0, 2**32, 20_000, dtype=np.uint32)
    edges = np.array([0, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF], np.uint32)
    table = np.concatenate([edges, edges | 0x80000000, bits]).view(np.float32)
    table = table[np.isfinite(table)]
    table = table[: len(table) // 10 * 10].reshape(-1, 10)
    words = [f"w{row}" for row in range(len(table))]
    for form in ("{}", "{:.9g}", "{:.8e}"):
        lines = [" ".join([w, *map(form.format, r)]) for w, r in zip(words, table, strict=True)]
        (tmp_path / "fast").write_text("\n".join(lines))
        (tmp_path / "slow").write_text("\n".join(lines).replace(" ", "\t"))
        for name in ("fast", "slow"):
            assert_table(read_vectors(tmp_path / name), words, table, None)


# projector


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_projector_has_a_header_only_above_two_columns(
    tmp_path: Path, counts: list[int] | None
) -> None:
    Vectors(WORDS, TABLE, counts).save(tmp_path / "v.tsv")
    lines = (tmp_path / "v.metadata.tsv").read_text(encoding="utf-8").splitlines()
    if counts is None:
        assert lines == WORDS
    else:
        pairs = [f"{w}\t{c}" for w, c in zip(WORDS, counts, strict=True)]
        assert lines == ["word\tcount", *pairs]
    numbers = np.loadtxt(tmp_path / "v.tsv", delimiter="\t", dtype=np.float32)
    assert numbers.tobytes() == TABLE.tobytes()


def test_projector_writes_both_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "v.metadata.tsv").mkdir()
    with pytest.raises(OutputError, match=r"v\.metadata\.tsv: it is a folder"):
        Vectors(WORDS, TABLE).save(tmp_path / "v.tsv")
    assert os.listdir(tmp_path) == ["v.metadata.tsv"]


# conversion


@pytest.mark.parametrize("first", ["a.txt", "a.bin", "a.vec.gz", "a.npz", "a.safetensors"])
@pytest.mark.parametrize("second", ["b.txt", "b.bin.xz", "b.npz", "b.safetensors"])
def test_convert_loses_no_bit(tmp_path: Path, first: str, second: str) -> None:
    write_vectors(tmp_path / first, PLAIN, TABLE, COUNTS)
    result = run("convert", tmp_path / first, tmp_path / second)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "4 words, 2 dimensions" in result.stderr
    arrays = (".npz", ".safetensors")
    kept = first.endswith(arrays) and second.endswith(arrays)
    assert_table(load(tmp_path / second), PLAIN, TABLE, COUNTS if kept else None)
    assert ("counts    left out" in result.stderr) == (
        first.endswith(arrays) and not second.endswith(arrays)
    )


def test_convert_to_a_format_by_name(tmp_path: Path) -> None:
    write_vectors(tmp_path / "a.npz", PLAIN, TABLE)
    assert run("convert", tmp_path / "a.npz", tmp_path / "g.txt", "--to", "glove").exit_code == 0
    assert (tmp_path / "g.txt").read_bytes().startswith(b"the 0.1 -2.5\n")
    assert read_vectors(tmp_path / "g.txt").format == "GloVe text"
    assert_table(load(tmp_path / "g.txt"), PLAIN, TABLE, None)


def test_both_files_of_the_projector_are_kept_from_inputs_and_other_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.metadata.tsv").write_text("a b c\n" * 20)
    for command, found in [
        (
            ("convert", "a.metadata.tsv", "a.tsv"),
            r"The output \(its words\) would overwrite the inp",
        ),
        (("train", "a.metadata.tsv", "-o", "a.tsv"), r"--output \(its words\) would overwrite the"),
        (
            ("train", "a.metadata.tsv", "-o", "b.tsv", "--report", "b.metadata.tsv"),
            r"--output \(its words\) and --report are the same file, b\.metadata\.tsv",
        ),
    ]:
        result = run(*command)
        assert result.exit_code == 2, result.output
        assert re.search(found, result.stderr), result.stderr
    assert os.listdir(tmp_path) == ["a.metadata.tsv"]


def test_convert_limits_and_replaces(tmp_path: Path) -> None:
    write_vectors(tmp_path / "a.npz", WORDS, TABLE, COUNTS)
    result = run("convert", tmp_path / "a.npz", tmp_path / "b.bin")
    assert result.exit_code == 1
    assert re.search(r"b\.bin: 1 of 4 words cannot .* with a space.*'new york'", result.stderr)
    done = run("convert", tmp_path / "a.npz", tmp_path / "b.bin", "--replace-spaces", "_")
    assert done.exit_code == 0
    assert list(load(tmp_path / "b.bin").words) == PLAIN
    assert run("convert", tmp_path / "a.npz", tmp_path / "b.npz", "--limit", "2").exit_code == 0
    assert_table(load(tmp_path / "b.npz"), WORDS[:2], TABLE[:2], COUNTS[:2])
    words = ["a b", "a_b", "c", "d"]
    write_vectors(tmp_path / "a.npz", words, TABLE, COUNTS)
    with pytest.warns(UserWarning, match="left out 1 row with a word of an earlier row"):
        table = convert(tmp_path / "a.npz", tmp_path / "b.npz", replace_spaces="_")
    assert_table(table, ["a_b", "c", "d"], TABLE[[0, 2, 3]], [COUNTS[0], *COUNTS[2:]])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a.npz", "a.npz"), 2, r"would overwrite the input .*a\.npz"),
        (("a.npz", "b.doc"), 2, r"extension '\.doc'; expected \.txt or \.vec .*\.tsv \(Tensor"),
        (("a.npz", "none/b.bin"), 1, "Create it first"),
        (("none.npz", "b.bin"), 1, "No such file"),
        (
            ("bad.txt", "b.bin"),
            1,
            r"bad\.txt, line 1: the word .* not valid UTF-8.*--errors replac",
        ),
        (("a.npz", "b.bin", "--to", "word"), 2, "Invalid value for '--to'"),
    ],
)
def test_convert_refuses(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    write_vectors(tmp_path / "a.npz", PLAIN, TABLE)
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9 1 2\n")
    before = sorted(os.listdir(tmp_path))
    names = [tmp_path / a if "." in a else a for a in arguments]
    result = run("convert", *names)
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert sorted(os.listdir(tmp_path)) == before


def test_info(tmp_path: Path) -> None:
    table = np.array([[3, 4], [0, 0], [np.nan, 1], [1e30, 1e30]], np.float32)
    write_vectors(tmp_path / "v.npz", WORDS, table, COUNTS)
    about = json.loads(run("info", tmp_path / "v.npz", "--json").stdout)
    assert about == describe(read_vectors(tmp_path / "v.npz"))
    assert about["norms"] == pytest.approx(
        {"min": 0, "median": 5, "mean": (5 + 2**0.5 * 1e30) / 3, "max": 2**0.5 * 1e30}
    )
    assert (about["zero_rows"], about["rows_not_finite"]) == (1, 1)
    assert (about["words"], about["dim"], about["first"]) == (4, 2, WORDS)
    assert about["counts"] == {"sum": sum(COUNTS), "min": 1, "max": 2**40}
    lines = run("info", tmp_path / "v.npz", "--words", 3).stdout.splitlines()
    assert lines[0] == "format   NumPy npz"
    assert lines[4] == "first    the na\u00efve 'new york'"
    assert lines[5:] == ["odd      1 row of zeros alone", "odd      1 row with NaN or infinity"]
    write_vectors(tmp_path / "n.bin.gz", ["a"], np.full((1, 1), np.nan, np.float32))
    lines = run("info", tmp_path / "n.bin.gz").stdout.splitlines()
    assert lines[0] == "format   word2vec binary, compressed by gzip"
    assert lines[2:4] == ["counts   none in this file", "norms    none: no row is finite"]


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    table = np.zeros((30_000, 100), np.float32)
    words = [str(row) for row in range(30_000)]
    seen: list[tuple[int, int | None]] = []
    for name in ("v.bin", "v.txt.gz"):
        seen.clear()
        write_vectors(tmp_path / name, words, table, progress=lambda *at: seen.append(at))
        assert seen[-1] == (30_000, 30_000)
        assert len(seen) > 2
        seen.clear()
        load(tmp_path / name, progress=lambda *at: seen.append(at))
        size = (tmp_path / name).stat().st_size
        assert seen == sorted(seen)
        assert seen[-1] == (size, size)


# gensim


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_gensim_in_memory_both_ways(counts: list[int] | None) -> None:
    models = pytest.importorskip("gensim.models")
    ours = Vectors(WORDS, TABLE, counts)
    theirs = ours.to_gensim()
    assert isinstance(theirs, models.KeyedVectors)
    assert theirs.index_to_key == WORDS
    assert theirs.key_to_index == {word: row for row, word in enumerate(WORDS)}
    assert theirs.vectors.tobytes() == TABLE.tobytes()
    assert theirs.similarity("the", "new york") == pytest.approx(ours.similarity("the", "new york"))
    if counts:
        assert [theirs.get_vecattr(word, "count") for word in WORDS] == counts
    theirs.vectors[0] = 9  # a copy
    assert ours.matrix[0, 0] == TABLE[0, 0]
    again = Vectors.from_gensim(theirs)
    assert_table(again, WORDS, theirs.vectors, counts)


def test_counts_that_gensim_made_up_are_left_out(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    write_vectors(tmp_path / "v.bin", PLAIN, TABLE)
    theirs = models.KeyedVectors.load_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    assert theirs.get_vecattr("the", "count") == 4
    assert Vectors.from_gensim(theirs).counts is None


def test_a_trained_gensim_model_keeps_its_counts() -> None:
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec(
        [["a", "b", "a", "a"]] * 9, vector_size=4, min_count=1, seed=1, workers=1
    )
    vectors = Vectors.from_gensim(model)
    assert vectors.words == ("a", "b")
    assert vectors.counts is not None
    assert vectors.counts.tolist() == [27, 9]
    assert vectors.matrix.tobytes() == model.wv.vectors.tobytes()


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.vec.gz", "v.bin.gz", "v.bin.bz2"])
def test_gensim_reads_what_we_write(tmp_path: Path, name: str) -> None:
    models = pytest.importorskip("gensim.models")
    write_vectors(tmp_path / name, PLAIN, TABLE)
    theirs = models.KeyedVectors.load_word2vec_format(str(tmp_path / name), binary="bin" in name)
    assert theirs.index_to_key == PLAIN
    assert theirs.vectors.tobytes() == TABLE.tobytes()


def test_from_gensim_refuses_others() -> None:
    class Keyed:
        index_to_key: tuple[Any, ...] = ("a", None)
        vectors = np.zeros((2, 1))
        expandos: dict[str, Any] = {}  # noqa: RUF012

    with pytest.raises(TypeError, match=r"must be a word \(str\), got None"):
        Vectors.from_gensim(Keyed())
    with pytest.raises(TypeError, match=r"expected KeyedVectors of gensim 4.*, got dict"):
        Vectors.from_gensim({})


def test_to_gensim_without_gensim_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(W2VError, match=r"Run pip install gensim\."):
        Vectors(WORDS, TABLE).to_gensim()


# docs/files.md


def test_examples_of_the_document_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"w{row}" for row in range(20)]
    write_vectors(tmp_path / "vectors.bin", words, np.ones((20, 3), np.float32))
    (tmp_path / "glove.840B.300d.txt").write_text(". . . 1 2\nthe 3 4\n")
    lines = re.findall(r"^    (w2v \w+.*)$", DOCUMENT, re.MULTILINE)
    assert len(lines) == 6
    for line in lines:
        run_line(line, tmp_path)
    assert load(tmp_path / "glove.bin").words == ("._._.", "the")
    assert (tmp_path / "cats.metadata.tsv").read_text().splitlines() == words
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(examples) == 3
    for example in examples[:2]:
        exec(compile(example, "docs/files.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] == "True"
    pytest.importorskip("gensim")
    exec(compile(examples[2], "docs/files.md", "exec"), {})
