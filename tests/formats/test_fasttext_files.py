"""fastText's `.bin`: known answers, a loop to compare with, and files that are refused."""

from __future__ import annotations

import gzip
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from fasttext_files import (
    COUNTS,
    WORDS,
    fasttext_bytes,
    fasttext_file,
    gram_hash,
    grams_of,
    matrix,
    rows,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_tables import written

from w2v import load
from w2v.errors import UnknownWordError, VectorFileError
from w2v.formats import Subwords, read_fasttext, read_vectors


def expected(word: str, table: Any, sizes: tuple[int, int] = (2, 3), words: Any = None) -> Any:
    """The vector of a word by a loop."""
    words = WORDS if words is None else words
    own = [table[words.index(word)]] if word in words else []
    grams = table[len(words) :]
    if word != "</s>" and len(grams):
        own += [grams[gram_hash(gram) % len(grams)] for gram in grams_of(word, *sizes)]
    return np.mean(own, axis=0, dtype=np.float64)


def test_the_hash_of_an_n_gram() -> None:
    assert gram_hash("a") == 0xE40C292C  # of the authors' own test vectors
    assert gram_hash("foobar") == 0xBF9CF968


def test_the_grams_of_a_word() -> None:
    assert grams_of("tea", 3, 4) == ["<te", "<tea", "tea", "tea>", "ea>"]
    assert grams_of("猫", 1, 2) == ["<猫", "猫", "猫>"]


@pytest.mark.parametrize("version", [11, 12])
def test_words_and_vectors(tmp_path: Path, version: int) -> None:
    path, table = tmp_path / "cc.bin", rows(11)
    found = read_fasttext(fasttext_file(path, table=table, version=version))
    assert found.words == WORDS
    assert found.counts.tolist() == COUNTS
    assert found.vectors.dtype == np.float32
    assert found.vectors == pytest.approx(np.array([expected(word, table) for word in WORDS]))
    assert found.vectors[0].tolist() == table[0].tolist()  # a line end has no n-grams
    assert found.settings == {
        "vector_size": 3,
        "window": 5,
        "epochs": 2,
        "min_count": 1,
        "negative": 4,
        "word_ngrams": 1,
        "loss": "ns",
        "model": "skipgram",
        "bucket": 7,
        "min_n": 2,
        "max_n": 3,
        "lr_update_rate": 100,
        "sample": 1e-4,
        "corpus_total_words": 19,
        "version": version,
    }
    vectors = load(path)
    assert list(vectors.words) == WORDS
    assert vectors.matrix.tobytes() == found.vectors.tobytes()
    assert vectors.counts is not None
    assert vectors.counts.tolist() == COUNTS


def test_the_first_words_alone(tmp_path: Path) -> None:
    path = fasttext_file(tmp_path / "cc.bin")
    table, whole = read_vectors(path, limit=2), read_fasttext(path)
    assert list(table.words) == WORDS[:2]
    assert table.matrix.tobytes() == whole.vectors[:2].tobytes()
    assert table.counts is not None
    assert table.counts.tolist() == COUNTS[:2]
    assert len(read_vectors(path, limit=99).words) == len(WORDS)


def test_words_that_are_not_there(tmp_path: Path) -> None:
    table = rows(11)
    found = read_fasttext(fasttext_file(tmp_path / "cc.bin", table=table))
    for word in ("teas", "猫猫", "x", "naïveté", ""):
        assert found.vector_of(word) == pytest.approx(expected(word, table))
    for row, word in enumerate(WORDS):
        assert found.vector_of(word) == pytest.approx(found.vectors[row])


def test_without_n_grams(tmp_path: Path) -> None:
    table = rows(4)
    path = fasttext_file(tmp_path / "cc.bin", table=table, bucket=0, minn=0, maxn=0)
    found = read_fasttext(path)
    assert found.vectors.tolist() == table.tolist()
    assert found.vector_of("tea").tolist() == table[1].tolist()
    with pytest.raises(UnknownWordError, match="'teas' has no n-grams of 0 to 0 characters"):
        found.vector_of("teas")


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.text("ab猫é\u0301<>", max_size=9), min_size=1, max_size=6),
    shortest=st.integers(0, 4),
    more=st.integers(0, 4),
    buckets=st.integers(1, 5),
)
def test_any_words_as_a_loop_makes_them(
    words: list[str], shortest: int, more: int, buckets: int
) -> None:
    table = rows(len(words) + buckets)
    sizes = (shortest, shortest + more)
    subwords = Subwords(table[: len(words)], table[len(words) :], *sizes)
    found = subwords.vectors([word.encode() for word in words])
    for row, word in enumerate(words):
        grams = [table[len(words) + gram_hash(one) % buckets] for one in grams_of(word, *sizes)]
        one = np.mean([table[row], *grams], axis=0, dtype=np.float64)
        assert found[row] == pytest.approx(one, abs=1e-6)
        if grams:
            alone = np.mean(grams, axis=0, dtype=np.float64)
            assert subwords.vector_of(word) == pytest.approx(alone, abs=1e-6)


def test_many_words_are_as_few(tmp_path: Path) -> None:
    words = [f"w{number * 7919}" for number in range(20_000)]
    table = rows(20_050, 40)
    found = Subwords(table[:20_000], table[20_000:], 3, 6).vectors([w.encode() for w in words])
    for row in (0, 1, 9_999, 19_999):
        assert found[row] == pytest.approx(expected(words[row], table, (3, 6), words), abs=1e-6)


def test_the_table_is_mapped_and_not_held(tmp_path: Path) -> None:
    path = fasttext_file(tmp_path / "cc.bin", table=rows(200_004, 40), dim=40, bucket=200_000)
    tracemalloc.start()
    try:
        found = read_fasttext(path)
        assert found.vector_of("teas").shape == (40,)
        assert found.vectors.shape == (4, 40)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # the file has 32 MB
    finally:
        tracemalloc.stop()


def test_a_command_converts_it(tmp_path: Path) -> None:
    path = fasttext_file(tmp_path / "cc.bin")
    done = run("convert", path, tmp_path / "v.npz")
    assert done.exit_code == 0
    assert load(tmp_path / "v.npz").matrix.tobytes() == load(path).matrix.tobytes()
    assert "fastText model" in run("info", path).stdout
    assert run("info", path, "--from", "fasttext").exit_code == 0


def test_words_that_are_not_utf_8(tmp_path: Path) -> None:
    table = rows(9)
    path = fasttext_file(tmp_path / "cc.bin", ["a", b"\xff"], table=table)
    for read in (read_fasttext, load):
        with pytest.raises(VectorFileError, match=r"cc\.bin, word 2: the word b'\\xff' is not val"):
            read(path)
    assert read_vectors(path, encoding="latin-1").words == ["a", "ÿ"]
    found = load(path, errors="replace")
    assert found.words == ("a", "\ufffd")
    assert found.matrix[0] == pytest.approx(expected("a", table, words=["a", ""]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": 3}, r"is a fastText classifier \(supervised\)"),
        ({"quantized": True}, r"is a quantized fastText model \(\.ftz\)"),
        ({"output": matrix([[0.0]], quantized=True)}, "is a quantized fastText model"),
        ({"sizes": (4, 4, 0, 19, 0)}, "is a quantized fastText model"),
        ({"version": 13}, "of version 13; 11 and 12 are read"),
        ({"version": 10}, "of version 10; 11 and 12 are read"),
        ({"loss": 9}, "loss 9 and model 2"),
        ({"model": 0}, "loss 2 and model 0"),
        ({"dim": 0}, "0 numbers a row"),
        ({"bucket": -1, "table": rows(3)}, "-1 n-grams"),
        ({"bucket": 8, "table": rows(11)}, r"a table of 11 by 3, and not \(12, 3\)"),
        ({"maxn": 65}, "n-grams of up to 65 characters; 64 are the most"),
        ({"words": ["a" * 2**16], "maxn": 64, "minn": 1}, "more n-grams than words have"),
        ({"minn": -1}, "the sizes of n-grams are no whole numbers"),
        ({"sizes": (4, 3, 1, 19, -1)}, "4 entries, 3 words and 1 labels"),
        ({"sizes": (0, 0, 0, 19, -1)}, "0 entries, 0 words"),
        ({"sizes": (2**31 - 1, 2**31 - 1, 0, 19, -1)}, "2,147,483,647 words"),
        ({"sizes": (9, 9, 0, 19, -1)}, "word .* stood .* times and is of kind"),
        ({"kinds": [0, 1, 0, 0]}, "word 2 stood 5 times and is of kind 1"),
        ({"words": [b"a" * (2**20 + 1)]}, "word 1 has no end"),
        ({"output": b""}, "is a damaged fastText model"),
        ({"output": matrix(rows(4)) + b"x"}, "49 bytes at its end, and 48 expected"),
        ({"output": matrix(rows(4))[:-1]}, "47 bytes at its end, and 48 expected"),
    ],
)
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = fasttext_file(tmp_path / "cc.bin", **changes)
    for read in (read_fasttext, load):
        with pytest.raises(VectorFileError, match=message) as caught:
            read(path)
        assert "cc.bin" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "cc.bin", b"2 2\na 1 2\n")
    with pytest.raises(VectorFileError, match=r"is no fastText model: it begins with b'2 2"):
        read_fasttext(path)
    path = written(tmp_path / "cc.bin.gz", gzip.compress(fasttext_bytes()))
    for read in (read_fasttext, load):
        with pytest.raises(VectorFileError, match="is a gzip file with a fastText model inside; d"):
            read(path)
    with pytest.raises(VectorFileError, match="Cannot read"):
        read_fasttext(tmp_path / "nothing")


def test_damaged_files(tmp_path: Path) -> None:
    whole = fasttext_bytes()
    rng = np.random.default_rng(3)
    cut = [whole[:size] for size in range(4, len(whole))]
    changed = []
    for _ in range(1_500):
        other = bytearray(whole)
        other[rng.integers(4, len(whole) - 48)] = rng.integers(256)
        changed.append(bytes(other))
    for content in (*cut, *changed):
        path = written(tmp_path / "cc.bin", content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                table = load(path).matrix
            except VectorFileError as error:
                said = str(error)
            else:
                assert len(content) == len(whole)
                assert table.shape[1] == 3
                continue
        assert "cc.bin" in said
        assert "\n" not in said
