"""Words with spaces, tabs and other signs: kept as they are, or refused, format by format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import run
from vector_tables import assert_table

from w2v import Vectors, load
from w2v.errors import VectorFileError
from w2v.formats import read_vectors, write_vectors

ROWS = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
SPACES = ["New York", " in front", "behind ", "two  of them"]
TABS = ["a\ttab", "a\rreturn", "a\0nul"]
SIGNS = ["a\x01sign", "a\x1cseparator", "next\x85line", "line\u2028separator", "no\xa0break"]
LINES = ["a\nline feed", "", "half a pair \ud800"]

HELD = {  # by the extension
    "vec": SIGNS,
    "bin": SIGNS,
    "tsv": [*SIGNS, *SPACES],
    "npz": [*SIGNS, *SPACES, *TABS],
    "safetensors": [*SIGNS, *SPACES, *TABS],
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("word", [*SPACES, *TABS, *SIGNS, *LINES])
def test_a_format_keeps_a_word_or_refuses_it(tmp_path: Path, name: str, word: str) -> None:
    path, words = tmp_path / f"v.{name}", ["x", word, "y"]
    if word not in HELD[name]:
        with pytest.raises(VectorFileError, match="1 of 3 words cannot stand in a vector file"):
            write_vectors(path, words, ROWS)
        assert not path.exists()
        return
    write_vectors(path, words, ROWS)
    if name == "tsv":  # which nothing here reads
        assert (tmp_path / "v.metadata.tsv").read_bytes().decode().split("\n") == [*words, ""]
    else:
        assert_table(read_vectors(path), words, ROWS, None)


@pytest.mark.parametrize("word", SPACES + TABS)
def test_which_format_would_keep_it_is_said(tmp_path: Path, word: str) -> None:
    with pytest.raises(VectorFileError, match=r"by '_', or write \.npz, which keeps them\.$"):
        write_vectors(tmp_path / "v.bin", ["x", word, "y"], ROWS)


@pytest.mark.parametrize("word", LINES)
def test_no_format_is_offered_where_none_would_keep_it(tmp_path: Path, word: str) -> None:
    with pytest.raises(VectorFileError, match=r"for instance by '_'\.$"):
        write_vectors(tmp_path / "v.bin", [word, "New York", "y"], ROWS)


def test_words_with_signs_answer_and_are_converted_to_other_arrays(tmp_path: Path) -> None:
    vectors = Vectors(["New York", "a\ttab", "y"], ROWS, [3, 2, 1])
    vectors.save(tmp_path / "v.npz")
    assert run("convert", tmp_path / "v.npz", tmp_path / "v.safetensors").exit_code == 0
    again = load(tmp_path / "v.safetensors")
    assert again.words == vectors.words
    assert again.most_similar("New York") == vectors.most_similar("New York")
