"""Without pyarrow Python reads text: the same, and what it cannot read says what to install."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reading import TEXT, assert_same

from w2v import (
    Keys,
    Phrases,
    Sentences,
    Table,
    Tokenizer,
    Vectors,
    load,
    read_corpus,
    read_sentences,
)
from w2v.errors import CorpusError, OutputError
from w2v.formats import check_neighbours_path
from w2v.text import Corpus, word_arrays


@contextmanager
def without_arrow() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        word_arrays.cache_clear()
        try:
            with pytest.warns(UserWarning, match="pyarrow is not installed, so that Python reads"):
                word_arrays()
            yield
        finally:
            word_arrays.cache_clear()


_LISTS: Any = [["b", "a", "b"], [], ["é", "a"]]
_IDS: Any = [[3, 1], np.array([1, 1], np.int8), (2**70,)]
_KEYS: Any = [["New York", ("a", 1)], ["New York", "b"]]
_ODD = "Ab, b.\n\n" + "c\u00a0d é " * 9 + "\r\nlast\x1cline"
READ: dict[str, Callable[[Path], Corpus]] = {
    "a file": lambda path: read_corpus(path / "good" / "a.txt", min_count=1),
    "files": lambda path: read_corpus(path / "good", min_count=1),
    "bad bytes": lambda path: read_corpus(path / "b", min_count=1, errors="replace"),
    "a tokenizer": lambda path: read_corpus(
        path / "good", min_count=1, tokenizer=Tokenizer("unicode", lower=True, split_sentences=True)
    ),
    "lists": lambda _: read_sentences(_LISTS, min_count=1),
    "texts": lambda _: read_sentences(["A b", "c"], min_count=1, tokenizer=Tokenizer(lower=True)),
    "ids": lambda _: read_sentences(_IDS, min_count=1),
    "rows": lambda _: read_sentences(
        Sentences(np.array([[3, 1], [1, -1]]), padding=-1), min_count=1
    ),
    "ends": lambda _: read_sentences(Sentences(np.arange(5) % 3, [2, 5]), min_count=1),
    "weights": lambda _: read_sentences(Sentences(_LISTS, weights=[2, 1, 0.5]), min_count=1),
    "keys": lambda _: read_sentences(_KEYS, min_count=1, keys=Keys()),
    "keys that are str": lambda _: read_sentences([["a b", "c"], ["c"]], min_count=1, keys=Keys()),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.usefixtures("small_parts")
def test_the_same_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.txt").write_bytes(TEXT.encode())
    (tmp_path / "good" / "b.txt.gz").write_bytes(gzip.compress(_ODD.encode()))
    (tmp_path / "b").write_bytes(b"a b\xffc\n\xfe a")
    expected = READ[name](tmp_path)
    with without_arrow():
        assert_same(READ[name](tmp_path), expected)


def refused() -> dict[str, tuple[Callable[[Path], Any], type[Exception], str]]:
    import pyarrow as pa

    column = pa.array([["a"]])
    return {
        "a table": (lambda _: Table({"text": ["a"]}, text="text"), CorpusError, "A table"),
        "a file of a table": (
            lambda path: read_corpus(path / "a.csv"),
            CorpusError,
            r"Reading \S*a.csv, a table,",
        ),
        "a column": (lambda _: read_sentences(column), CorpusError, "A column of Arrow"),
        "neighbours": (
            lambda path: check_neighbours_path(path / "n.parquet"),
            OutputError,
            r"Writing \S*n.parquet",
        ),
    }


@pytest.mark.parametrize("name", ["a table", "a file of a table", "a column", "neighbours"])
def test_what_needs_it_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("text\na b\n")
    call, kind, what = refused()[name]
    message = f"{what} needs pyarrow, which is not installed. Run pip install pyarrow."
    with without_arrow(), pytest.raises(kind, match=message):
        call(tmp_path)


def test_phrases(tmp_path: Path) -> None:
    sentences = [["new", "york", "is", "big"], ["old", "new", "york"]] * 3
    options: dict[str, Any] = {"scoring": "npmi", "threshold": 0.6, "min_count": 3}

    def found(name: str) -> tuple[object, ...]:
        phrases = Phrases(**options).fit(sentences, output=tmp_path / name)
        (tmp_path / "in.txt").write_text("in new york\n\nnew new york")
        phrases.apply(tmp_path / "in.txt", tmp_path / f"{name}2")
        texts = (tmp_path / name).read_text(), (tmp_path / f"{name}2").read_text()
        return *texts, phrases.table, [*phrases.transform([*sentences, []])]

    expected = found("with")
    assert "new_york" in expected[0]  # type: ignore[operator]
    with without_arrow():
        assert found("without") == expected


def test_vectors_as_text(tmp_path: Path) -> None:
    words = ["a", "New_York", "é"]
    matrix = np.array([[1, -0.1, 1e-30], [3e38, 1 / 3, -0.0], [np.nan, 2, 1e-5]], np.float32)
    vectors = Vectors(words, matrix)
    vectors.save(tmp_path / "with.txt")
    with without_arrow():
        vectors.save(tmp_path / "without.txt")
        found = [load(tmp_path / name) for name in ("with.txt", "without.txt")]
    for one in [*found, load(tmp_path / "without.txt")]:
        assert list(one.words) == words
        assert np.asarray(one.matrix).tobytes() == matrix.tobytes()
