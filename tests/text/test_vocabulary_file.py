"""The file a vocabulary is kept in."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.errors import CorpusError, OutputError
from w2v.text.vocabulary import Vocabulary, is_word

words = st.text(min_size=1, max_size=8).filter(is_word)
counts_of_words = st.dictionaries(words, st.integers(1, 2**40), min_size=1, max_size=30)


def test_file_form(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    Vocabulary.from_counts({"naïve": 3, "the": 12}).save(path)
    assert path.read_bytes() == "the 12\nnaïve 3\n".encode()
    assert os.listdir(tmp_path) == ["vocab.txt"]


@given(counts_of_words)
def test_save_and_load_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]
) -> None:
    counts.pop("</s>", None)
    counts["more"] = 1
    path = tmp_path_factory.mktemp("vocab") / "v"
    vocabulary = Vocabulary.from_counts(counts)
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary


def test_load_takes_files_of_word2vec_c(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("</s> 0\nof 3\nthe 7\nand 3\n")
    assert Vocabulary.load(path) == Vocabulary.from_counts({"the": 7, "and": 3, "of": 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 2\nb\n", "line 2: expected a word and a count .*, got 'b'"),
        ("a 2\n\n", "line 2: expected a word and a count .*, got ''"),
        ("a b 2\n", "line 1: expected a word and a count .*, got 'a b 2'"),
        ("a 0\n", "line 1: expected a word and a count of at least 1 .*, got 'a 0'"),
        ("a 2.5\n", "line 1: expected a word and a count .*, got 'a 2.5'"),
        ("a 99999999999999999999\n", "line 1: expected a word and a count .*below"),
        ("a -3\n", "line 1: expected a word and a count of at least 1 .*, got 'a -3'"),
        ("a 5\nb\0 2\n", "line 2: there is a NUL byte"),
        ("a 2\nb 1\na 1\n", "line 3: 'a' was listed before"),
        ("</s> 3\n", "holds no words"),
        ("", "holds no words"),
    ],
)
def test_malformed_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text(text)
    with pytest.raises(CorpusError, match=f"{path}.*{message}"):
        Vocabulary.load(path)


def test_counts_that_overflow_in_sum(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text(f"a {2**62}\nb {2**62 - 1}\n")
    assert Vocabulary.load(path).keep_probabilities(1e-3).min() > 0
    path.write_text(f"a {2**62}\nb {2**62}\n")
    message = r"vocab\.txt is not a vocabulary: The counts add up to 9223372036854775808, .*2\*\*63"
    with pytest.raises(CorpusError, match=message):
        Vocabulary.load(path)
    with pytest.raises(ValueError, match="add up to"):
        Vocabulary.from_counts({"a": 2**62, "b": 2**62})


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Cannot read .*none: No such file"):
        Vocabulary.load(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"caf\xe9 3\n")
    with pytest.raises(CorpusError, match="latin is not a UTF-8 text file"):
        Vocabulary.load(tmp_path / "latin")


def test_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("old 1\n")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match=r"Cannot write .*vocab\.txt: No space left"):
        Vocabulary.from_counts({"new": 2}).save(path)
    assert path.read_text() == "old 1\n"
    assert os.listdir(tmp_path) == ["vocab.txt"]
    with pytest.raises(OutputError, match="is not a folder"):
        Vocabulary.from_counts({"new": 2}).save(tmp_path / "none" / "vocab.txt")


def test_save_writes_through_links_and_into_pipes(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_counts({"a": 2})
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    vocabulary.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "a 2\n"
    if sys.platform == "win32":
        return  # no named pipes
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=vocabulary.save, args=[tmp_path / "pipe"])
    writer.start()
    assert (tmp_path / "pipe").read_text() == "a 2\n"
    writer.join()
    assert (tmp_path / "pipe").is_fifo()
