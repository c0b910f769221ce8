"""Keys of any kind in files: what `save` keeps, and what the rest of w2v reads of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import load
from w2v.errors import VectorFileError
from w2v.gensim import KeyedVectors, Word2Vec

ROWS = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
KEYS: dict[str, list[Any]] = {
    "spaces": ["New York", "a\ttab", " "],
    "numbers": [7, -3, "x"],
    "line breaks": ["a\nb", "b", ""],
    "pairs": [("0", 33), ("a", ("b", None)), 1.5],
    "one word twice": [7, "7", 8],
}


def saved(path: Path, keys: list[Any]) -> Path:
    keyed = KeyedVectors(4)
    keyed.add_vectors(keys, ROWS)
    keyed.save(path)
    return path


@pytest.mark.parametrize("name", KEYS)
def test_keys_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    again = KeyedVectors.load(saved(tmp_path / "v.kv", KEYS[name]))
    assert again.index_to_key == KEYS[name]
    assert list(map(type, again.index_to_key)) == list(map(type, KEYS[name]))
    assert np.array_equal(again.vectors, ROWS)


@pytest.mark.parametrize("name", ["spaces", "numbers"])
def test_words_and_numbers_are_read_by_the_rest(tmp_path: Path, name: str) -> None:
    """As of gensim's own files, numbers as decimals."""
    found = load(saved(tmp_path / "v.kv", KEYS[name]))
    assert found.words == tuple(map(str, KEYS[name]))
    assert np.array_equal(found.matrix, ROWS)


@pytest.mark.parametrize("name", ["line breaks", "pairs", "one word twice"])
def test_other_keys_are_for_the_class_that_wrote_them(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / "v.kv", KEYS[name])
    with pytest.raises(
        VectorFileError, match=r"pairs, say\. Load it by w2v\.gensim\.KeyedVectors\.load"
    ):
        load(path)


def test_a_model_is_for_the_class_that_wrote_it(tmp_path: Path) -> None:
    pages: list[list[Any]] = [["New York", ("item", 7)], ["New York", "Paris"]] * 20
    model = Word2Vec(pages, vector_size=4, min_count=1, sample=0, workers=1)
    model.save(tmp_path / "m")
    with pytest.raises(VectorFileError, match=r"a whole model.* by w2v\.gensim\.Word2Vec\.load"):
        load(tmp_path / "m")
    again = Word2Vec.load(tmp_path / "m")
    assert again.wv.index_to_key == model.wv.index_to_key
    assert np.array_equal(again.wv["New York"], model.wv["New York"])
    again.train(pages, total_examples=40, epochs=1)


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_files_refuse_keys_with_spaces(tmp_path: Path, binary: bool) -> None:
    keyed = KeyedVectors.load(saved(tmp_path / "v.kv", KEYS["spaces"]))
    with pytest.raises(VectorFileError, match=r"3 of 3 words cannot stand .* 'New York'"):
        keyed.save_word2vec_format(tmp_path / "v", binary=binary)
    assert not (tmp_path / "v").exists()
