"""Files as gensim could have written them: odd types, odd keys, and parts that do not fit."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim_files import KEYED, MODELS, instance, keyed_file, old_keyed_file, pickled
from vector_tables import COUNTS, TABLE, WORDS, assert_table, npy, written

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import read_gensim, read_gensim_phrases, read_vectors


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["<f4", "<f2", "<f8", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_protocols_types_and_orders(tmp_path: Path, protocol: int, dtype: str, order: Any) -> None:
    table = np.array([[0.5, -2.5], [0.25, 3], [-0.0, 1], [0, 2]], dtype, order=order)
    path = keyed_file(tmp_path / "v.kv", WORDS, table, COUNTS, protocol)
    found = load(path)
    assert_table(found, WORDS, table, COUNTS)
    assert found.matrix.flags.c_contiguous
    assert found.matrix.flags.aligned
    assert read_vectors(path).dtype == np.dtype(dtype).name


@pytest.mark.parametrize("rows", [3, 5_000])
def test_many_rows_are_views_of_the_file(tmp_path: Path, rows: int) -> None:
    table = np.random.default_rng(rows).normal(size=(rows, 20)).astype(np.float32)
    words = [f"w{row}" for row in range(rows)]
    assert_table(load(keyed_file(tmp_path / "v.kv", words, table)), words, table, None)


def test_a_compressed_file(tmp_path: Path) -> None:
    whole = keyed_file(tmp_path / "v.kv", WORDS, TABLE, COUNTS).read_bytes()
    found = read_vectors(written(tmp_path / "v.bin", gzip.compress(whole)))
    assert_table(found, WORDS, TABLE, COUNTS)
    assert (found.format, found.compression) == ("gensim vectors", "gzip")


def test_words_of_gensim_3_stand_where_their_rows_say(tmp_path: Path) -> None:
    found = load(old_keyed_file(tmp_path / "v.kv", WORDS, TABLE))
    assert_table(found, WORDS, TABLE, [9, 8, 7, 6])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": 0}, "the rows of the words are not one each"),
        ({"index": "1"}, "the rows of the words are not one each"),
        ({"index": 4}, "the rows of the words are not one each"),
        ({"count": -1}, "the count of a word is no whole number"),
        ({"count": 2.5}, "the count of a word is no whole number"),
        ({"count": 2**61}, r"counts below 0, or that add up to 2\*\*63 or more"),
        ({"code": np.ones(2, "u1"), "point": np.ones(3, "u4")}, "paths .* do not fit their codes"),
        ({"code": np.ones(1, "u1"), "point": np.full(1, 3)}, "leads past the inner nodes"),
        ({"code": np.full(1, 2), "point": np.ones(1, "u4")}, "other turns than 0 and 1"),
        ({"code": [1], "point": np.ones(1, "u4")}, "'code' is no array"),
    ],
)
def test_what_gensim_3_says_of_words_is_checked(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = old_keyed_file(tmp_path / "v.kv", WORDS, TABLE, **changes)
    with pytest.raises(VectorFileError, match=rf"v\.kv \(gensim's Word2VecKeyedVectors.*{message}"):
        read_gensim(path)


@pytest.mark.parametrize(
    ("words", "vectors", "counts", "message"),
    [
        (WORDS[:3], TABLE, None, "3 words for 4 vectors"),
        (WORDS, TABLE[0], None, r"'vectors' is float32 \(2,\); expected floating-point"),
        (WORDS, TABLE.astype(int), None, "'vectors' is int64"),
        (WORDS, None, None, "there is no array 'vectors'"),
        (WORDS, "a text", None, "'vectors' is no array"),
        (WORDS, np.array([["a"]] * 4, object), None, "'vectors' is an array of Python objects"),
        ([], TABLE[:0], None, r"holds no vectors: their shape is \(0, 2\)"),
        (WORDS, TABLE[:, :0], None, r"holds no vectors: their shape is \(4, 0\)"),
        (None, TABLE, None, "there is no list of words"),
        ([["a"], "b"], TABLE, None, "the key of a row is no str, number or short tuple"),
        ([("a", ("b",))], TABLE, None, "the key of a row is no str, number or short tuple"),
        (WORDS, TABLE, [1, 2, 3], r"'count' is int64 \(3,\), and not a count a word"),
        (WORDS, TABLE, [1.5] * 4, r"'count' is float64 \(4,\), and not a count a word"),
        (WORDS, TABLE, [-1, 1, 1, 1], "counts below 0"),
        (WORDS, TABLE, np.full(4, 2**63, "u8"), "add up to"),
    ],
)
def test_parts_that_do_not_fit(
    tmp_path: Path, words: Any, vectors: Any, counts: Any, message: str
) -> None:
    path = keyed_file(tmp_path / "v.kv", words, vectors, counts)
    for read in (read_gensim, load):
        with pytest.raises(VectorFileError, match=message) as caught:
            read(path)
        assert "v.kv" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_rows_without_a_word_and_repeated_words(tmp_path: Path) -> None:
    path = keyed_file(tmp_path / "v.kv", ["a", None, "a", 7], TABLE)
    assert read_gensim(path).words == ["a", None, "a", 7]
    with pytest.warns(UserWarning, match="left out 1 row") as caught:
        found = load(path)
    assert [str(one.message).split("left out ")[1] for one in caught] == [
        "1 row without a word.",
        "1 row with a word of an earlier row.",
    ]
    assert_table(found, ["a", "7"], TABLE[[0, 3]], None)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, ""),
        (b"bytes", "b'bytes'"),
        (True, "True"),
        (1.5, "1.5"),
        (("a" * 99, *range(9)), r"\('a{60}\.\.\.', 0, 1, 2, 3, \.\.\.\)"),
    ],
)
def test_keys_that_are_no_words(tmp_path: Path, key: object, shown: str) -> None:
    path = keyed_file(tmp_path / "v.kv", [key], TABLE[:1])
    assert read_gensim(path).words == [key]
    message = f"has the key {shown} for a row" if shown else "has no word"
    with pytest.raises(VectorFileError, match=message):
        load(path)


def test_words_that_no_file_can_hold(tmp_path: Path) -> None:
    path = keyed_file(tmp_path / "v.kv", ["a", "b\udc80"], TABLE[:2])
    with pytest.raises(VectorFileError, match=r"row 2: the word .* is not valid UTF-8"):
        load(path)
    assert load(path, errors="replace").words == ("a", "b\ufffd\ufffd\ufffd")
    path = keyed_file(tmp_path / "v.kv", ["a" * (2**20 + 1)], TABLE[:1])
    with pytest.raises(VectorFileError, match="a word of more than 1,048,576 characters"):
        load(path)


def model(**attributes: Any) -> Any:
    keyed = instance(KEYED, "KeyedVectors", index_to_key=WORDS, vectors=TABLE, expandos={})
    return instance(MODELS, "Word2Vec", **{"wv": keyed} | attributes), keyed


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"wv": None}, "there are no vectors, 'wv'"),
        ({"syn1neg": TABLE[:3]}, "'syn1neg' has 3 rows for 4 words"),
        ({"syn1": TABLE[:, :1]}, r"'syn1' is float32 \(4, 1\); expected .* \(rows, 2\)"),
    ],
)
def test_tables_of_a_model_are_checked(
    tmp_path: Path, attributes: dict[str, Any], message: str
) -> None:
    path = written(tmp_path / "v.model", pickled(*model(**attributes)))
    with pytest.raises(VectorFileError, match=message):
        read_gensim(path)


def test_old_names_of_settings_are_todays(tmp_path: Path) -> None:
    whole, keyed = model(iter=7, size=2, window=4, _hidden=1, many=[1])
    path = written(tmp_path / "v.model", pickled(whole, keyed))
    assert read_gensim(path).settings == {"epochs": 7, "vector_size": 2, "window": 4}


def test_what_python_2_wrote(tmp_path: Path) -> None:
    """Bytes are str there, and numbers beyond 32 bits decimals."""
    text = b"".join(b"U\x01" + letter for letter in (b"a", b"b"))
    state = (
        b"}(U\x0aindex2word](" + text + b"eU\x07vectorscnumpy.core.multiarray\n_reconstruct\n"
        b"(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K\x02K\x01tcnumpy\ndtype\n(U\x02f4K\x00K\x01tR"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U\x08\x00\x00\x80?\x00\x00\xc0\xbftb"
        b"U\x05vocab}U\x04seedI4294967297\nU\x02hsI01\nU\x06windowL12L\nu"
    )
    kind = b"cgensim.models.keyedvectors\nWord2VecKeyedVectors\n"
    whole = b"\x80\x02" + kind + b")\x81" + state.replace(b"U\x05vocab}", b"") + b"b."
    found = read_gensim(written(tmp_path / "v.kv", whole))
    assert found.words == ["a", "b"]
    assert found.vectors.tolist() == [[1.0], [-1.5]]
    assert found.settings == {"seed": 4294967297, "hs": True, "window": 12}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"\.npy is no array of NumPy's"),
        (npy((4, 2), bytes(31)), "has not the size that its header says"),
        (npy((4, 2), bytes(33)), "has not the size that its header says"),
        (npy((2**40, 2**40)), "has not the size that its header says"),
        (npy((3, 2), bytes(24)), "4 words for 3 vectors"),
        (
            npy(1, b"x", b"{'descr': '|O', 'fortran_order': False, 'shape': (4,)}\n"),
            "holds no numbers",
        ),
    ],
)
def test_damaged_arrays_beside_a_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = keyed_file(tmp_path / "v.kv", WORDS, None, None, 4, __numpys=["vectors"])
    written(tmp_path / "v.kv.vectors.npy", content)
    with pytest.raises(VectorFileError, match=message):
        read_gensim(path)


def test_arrays_beside_a_file(tmp_path: Path) -> None:
    path = keyed_file(tmp_path / "v.kv", WORDS, None, None, 4, __numpys=["vectors"])
    np.savez(tmp_path / "v.kv.vectors.npz", val=TABLE)
    assert_table(load(path), WORDS, TABLE, None)
    np.save(tmp_path / "v.kv.vectors.npy", np.asfortranarray(TABLE[::-1]))
    assert_table(load(path), WORDS, TABLE[::-1], None)
    written(tmp_path / "v.kv.vectors.npy", b"PK")
    (tmp_path / "v.kv.vectors.npy").unlink()
    written(tmp_path / "v.kv.vectors.npz", b"PK\3\4")
    with pytest.raises(VectorFileError, match=r"v\.kv\.vectors\.npz is damaged"):
        load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1 2\n", "is no file of gensim's save.*begins with b'a 1 2"),
        (b"", "is empty"),
        (pickled([1, 2]), "is a Python pickle of a list, and of no model of gensim"),
        (pickled({"a": 1}), "is a Python pickle of a dictionary"),
        (pickled(TABLE), "is a Python pickle of an array"),
        (pickled("text"), "is a Python pickle of something else"),
        (pickled(instance(MODELS, "Word2VecVocab")), "is a part of a model"),
        (pickled(instance("gensim.models.doc2vec", "Doc2Vec")), "'gensim.models.doc2vec.Doc2Vec'"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = written(tmp_path / "v.model", content)
    with pytest.raises(VectorFileError, match=message):
        read_gensim(path)
    if "is a part" not in message:
        with pytest.raises(VectorFileError, match=message):
            read_gensim_phrases(path)
    with pytest.raises(VectorFileError, match=r"Cannot read .*: No such file"):
        read_gensim(tmp_path / "nothing")
