"""Vectors to gensim and from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vector_tables import (
    COUNTS,
    FEW_ROWS,
    FEW_WORDS,
    PLAIN,
    TABLE,
    WORDS,
    assert_same,
    assert_table,
)

from w2v import Vectors
from w2v.errors import W2VError
from w2v.formats import read_vectors, write_vectors


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


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_ours_and_we_read_gensims(tmp_path: Path, binary: bool) -> None:
    models = pytest.importorskip("gensim.models")
    name = str(tmp_path / ("v.bin" if binary else "v.txt"))
    write_vectors(name, FEW_WORDS, FEW_ROWS)
    theirs = models.KeyedVectors.load_word2vec_format(name, binary=binary)
    assert_same((theirs.index_to_key, theirs.vectors), FEW_WORDS, FEW_ROWS)
    theirs.save_word2vec_format(name, binary=binary)
    assert_same(read_vectors(name), FEW_WORDS, FEW_ROWS)
