"""npz and safetensors: ours, those of others, and those that lie or are damaged."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from vector_tables import (
    COUNTS,
    LETTERS,
    PLAIN,
    TABLE,
    WORDS,
    assert_table,
    npy,
    packed_arrays,
    safetensors_file,
)

from w2v import Word2Vec, load
from w2v.errors import VectorFileError
from w2v.formats import read_vectors, write_vectors


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


def test_npz_of_python_objects_is_refused(tmp_path: Path) -> None:
    words = np.array(["a", "b"], dtype=object)
    path = packed_arrays(tmp_path / "v.npz", words=words, vectors=np.eye(2, dtype="f4"))
    with pytest.raises(VectorFileError, match=r"'words' holds Python objects, which may run"):
        read_vectors(path)


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
