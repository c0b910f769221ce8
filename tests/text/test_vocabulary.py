"""Vocabularies: order, pruning, keep probabilities, and the file they are kept in."""

import os
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.errors import ConfigError, CorpusError, OutputError
from w2v.text.vocabulary import Vocabulary, is_word

words = st.text(min_size=1, max_size=8).filter(is_word)
counts_of_words = st.dictionaries(words, st.integers(1, 2**40), min_size=1, max_size=30)


def test_order_is_count_descending_then_the_word() -> None:
    vocabulary = Vocabulary.from_counts({"b": 2, "é": 2, "a": 2, "Z": 2, "rare": 1, "top": 9})
    assert vocabulary.words == ("top", "Z", "a", "b", "é", "rare")
    assert vocabulary.counts.tolist() == [9, 2, 2, 2, 2, 1]
    assert vocabulary.counts.dtype == np.int64
    assert len(vocabulary) == 6
    assert vocabulary.total == 18


def test_index_and_membership() -> None:
    vocabulary = Vocabulary.from_counts(["x", "y"], [1, 5])
    assert vocabulary.index == {"y": 0, "x": 1}
    assert vocabulary.index is vocabulary.index
    assert "x" in vocabulary
    assert "z" not in vocabulary


def test_pruning_by_count_and_by_size() -> None:
    counts = {"a": 5, "b": 4, "c": 4, "d": 1}
    assert Vocabulary.from_counts(counts, min_count=4).words == ("a", "b", "c")
    assert Vocabulary.from_counts(counts, max_vocab=2).words == ("a", "b")
    assert Vocabulary.from_counts(counts, min_count=5, max_vocab=2).words == ("a",)


@given(counts_of_words, st.integers(1, 100), st.none() | st.integers(1, 10))
def test_pruning_laws(counts: dict[str, int], min_count: int, max_vocab: int | None) -> None:
    expected = sorted((word for word in counts if counts[word] >= min_count), key=str)
    expected = sorted(expected, key=lambda word: -counts[word])[:max_vocab]
    if not expected:
        with pytest.raises(CorpusError, match="No word occurs"):
            Vocabulary.from_counts(counts, min_count=min_count, max_vocab=max_vocab)
        return
    vocabulary = Vocabulary.from_counts(counts, min_count=min_count, max_vocab=max_vocab)
    assert list(vocabulary.words) == expected
    assert vocabulary.counts.tolist() == [counts[word] for word in expected]


def test_equality_is_by_value() -> None:
    vocabulary = Vocabulary.from_counts({"a": 2, "b": 1})
    assert vocabulary == Vocabulary(("a", "b"), np.array([2, 1]))
    assert vocabulary != Vocabulary(("a", "b"), np.array([2, 2]))
    assert vocabulary != Vocabulary(("a", "c"), np.array([2, 1]))
    assert vocabulary != "a b"


def test_counts_are_a_read_only_copy() -> None:
    counts = np.array([2, 1])
    vocabulary = Vocabulary(("a", "b"), counts)
    counts[0] = 7
    assert vocabulary.counts[0] == 2
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 3


def test_keep_probabilities_worked_by_hand() -> None:
    # f = .9, .09, .01 and s = .09: s/f = .1, 1, 9
    vocabulary = Vocabulary.from_counts({"a": 90, "b": 9, "c": 1})
    keep = vocabulary.keep_probabilities(0.09)
    assert keep.dtype == np.float64
    np.testing.assert_allclose(keep, [0.1 + 0.1**0.5, 1, 1], rtol=1e-14)


def test_sample_zero_keeps_everything() -> None:
    keep = Vocabulary.from_counts({"a": 10**9, "b": 1}).keep_probabilities(0)
    assert keep.tolist() == [1.0, 1.0]


@given(counts_of_words, st.floats(1e-9, 1))
def test_rarer_words_are_kept_at_least_as_often(counts: dict[str, int], sample: float) -> None:
    keep = Vocabulary.from_counts(counts).keep_probabilities(sample)
    assert ((keep > 0) & (keep <= 1)).all()
    assert (np.diff(keep) >= -1e-12).all()


@pytest.mark.parametrize("sample", [-1e-3, float("nan"), float("inf")])
def test_sample_out_of_range(sample: float) -> None:
    with pytest.raises(ConfigError, match="`sample` must be 0 or a small positive number, got"):
        Vocabulary.from_counts({"a": 1}).keep_probabilities(sample)


def test_nothing_reaches_min_count() -> None:
    with pytest.raises(CorpusError, match=r"No word occurs 5 times: .* 'aa', occurs 3 times"):
        Vocabulary.from_counts({"b": 3, "aa": 3, "c": 1}, min_count=5)
    message = r"No word occurs 2 times: .* 'a', occurs once\. Lower min_count \(--min-count\)"
    with pytest.raises(CorpusError, match=message):
        Vocabulary.from_counts({"a": 1}, min_count=2)
    with pytest.raises(CorpusError, match=r"No word occurs once: .* 'a', occurs 0 times"):
        Vocabulary.from_counts({"a": 0})
    with pytest.raises(CorpusError, match="no words"):
        Vocabulary.from_counts({})


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"min_count": 0}, "`min_count` must be at least 1, got 0"),
        ({"max_vocab": 0}, "`max_vocab` must be at least 1, or None for all, got 0"),
    ],
)
def test_limits_out_of_range(limits: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Vocabulary.from_counts({"a": 1}, **limits)


@pytest.mark.parametrize("word", ["", "new york", " a", "a\n", "a\u00a0b", "\ud800", "a\0"])
def test_words_no_file_could_hold(word: str) -> None:
    with pytest.raises(ValueError, match="without white space"):
        Vocabulary.from_counts({word: 1, "b": 2})


def test_calling_mistakes() -> None:
    with pytest.raises(ValueError, match="'a' is repeated"):
        Vocabulary.from_counts(["b", "a", "a"], [1, 2, 1])
    with pytest.raises(ValueError, match=r"shape \(2,\), one for each word, got \(1,\)"):
        Vocabulary.from_counts(["a", "b"], [1])
    with pytest.raises(ValueError, match="whole numbers"):
        Vocabulary.from_counts(["a"], [1.5])
    with pytest.raises(TypeError, match="leave out `counts`"):
        Vocabulary.from_counts({"a": 1}, [1])
    with pytest.raises(ValueError, match=r"must have shape \(1,\)"):
        Vocabulary(("a",), np.array([1, 2]))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Vocabulary(("a",), np.array([0]))


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
    path.write_text("</s> 0\nof 3\nthe 7\nand 3")
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
        ("a 5\nb\0 2\n", "is not a vocabulary: A word must be .* NUL, got .*b"),
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
    with pytest.raises(CorpusError, match="none cannot be read: No such file"):
        Vocabulary.load(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"caf\xe9 3\n")
    with pytest.raises(CorpusError, match="latin is not a vocabulary: not valid UTF-8"):
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


def test_counter_is_a_mapping() -> None:
    assert Vocabulary.from_counts(Counter("abca")).words == ("a", "b", "c")
