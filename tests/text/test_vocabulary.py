"""Vocabularies: order, pruning, keep probabilities."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.errors import ConfigError, CorpusError
from w2v.text.vocabulary import Vocabulary, is_word
from w2v.words import LONGEST_WORD

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


def test_counter_is_a_mapping() -> None:
    assert Vocabulary.from_counts(Counter("abca")).words == ("a", "b", "c")


def test_integers_become_words_and_can_be_saved(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_counts({1: 5, 20: 7})
    assert vocabulary.words == ("20", "1")
    vocabulary.save(tmp_path / "v.txt")
    assert Vocabulary.load(tmp_path / "v.txt") == vocabulary
    for key in (None, b"a", 1.5):
        with pytest.raises(TypeError, match=r"A word must be a str, or an integer"):
            Vocabulary.from_counts({key: 5})  # type: ignore[arg-type]


def test_the_sentence_end_of_word2vec_is_no_word() -> None:
    counts = {"</s>": 9, "a": 3, "b": 2}
    expected = Vocabulary.from_counts({"a": 3, "b": 2})
    assert Vocabulary.from_counts(counts) == expected
    assert Vocabulary.from_counts(list(counts), list(counts.values())) == expected
    assert expected.extended([1, 1], ["</s>"], [8]) == Vocabulary.from_counts({"a": 4, "b": 3})
    assert Vocabulary.from_counts(counts, max_vocab=1).words == ("a",)
    with pytest.raises(CorpusError, match="There are no words"):
        Vocabulary.from_counts({"</s>": 9})
    with pytest.raises(CorpusError, match="the most frequent, 'a', occurs 3 times"):
        Vocabulary.from_counts(counts, min_count=5)


def test_words_may_not_be_too_long() -> None:
    longest = LONGEST_WORD // 4 * "\U0001f600"
    assert is_word(longest)
    assert not is_word(longest + "a")
    assert is_word(LONGEST_WORD * "a")
    with pytest.raises(ValueError, match="of at most 1,048,576 bytes, without white space or NUL"):
        Vocabulary.from_counts({longest + "a": 1})
