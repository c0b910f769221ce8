"""Words and pairs counted by name, against loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.phrases import count_names, neighbours, prune_names

CONNECTORS = frozenset({"of", "the"})
TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "a_b", "", "of", "the"]), max_size=9))


def loops(sentences: list[list[str]], delimiter: str, most: float) -> tuple[dict[str, int], int]:
    """The oracle: counts in the order in which names turn up, and the least count that stays."""
    counts: dict[str, int] = {}
    least = 1
    for words in sentences:
        content = [k for k in range(len(words)) if words[k] not in CONNECTORS]
        for n, place in enumerate(content):
            seen = [words[place]]
            if n > 0:
                seen.append(delimiter.join(words[content[n - 1] : place + 1]))
            for name in seen:
                counts[name] = counts.get(name, 0) + 1
        if len(counts) > most:
            counts = {name: count for name, count in counts.items() if count >= least}
            least += 1
    return counts, least


@given(TEXTS, st.sampled_from(["_", " ", "--"]), st.sampled_from([0, 3, 5, 8, 1000]))
def test_counts_are_those_of_loops(sentences: list[list[str]], delimiter: str, most: int) -> None:
    found = count_names(iter(sentences), delimiter=delimiter, connector_words=CONNECTORS, most=most)
    counts, least = loops(sentences, delimiter, most)
    assert list(found.counts.items()) == list(counts.items())
    assert type(found.counts) is dict
    assert (found.tokens, found.least) == (sum(map(len, sentences)), least)


def test_any_number_of_connector_words_and_sentences_of_any_kind() -> None:
    def sentence() -> Iterator[str]:
        yield from ["of", "eye", *["of", "the"] * 4, "beholder", "the"]

    found = count_names([sentence(), ("x",), "yz"], connector_words=CONNECTORS)
    long = "eye" + "_of_the" * 4 + "_beholder"
    words = {"eye": 1, "beholder": 1, long: 1, "x": 1, "y": 1, "z": 1, "y_z": 1}
    assert found == (words, 15, 1)


def test_the_first_time_too_many_names_are_all_kept() -> None:
    assert count_names([["a", "b"]], most=2) == ({"a": 1, "b": 1, "a_b": 1}, 2, 2)
    assert count_names([["a", "b"], ["a"]], most=2) == ({"a": 2}, 3, 3)


def test_pruning() -> None:
    counts = {"a": 1, "b": 3, "c": 2}
    prune_names(counts, 2)
    assert counts == {"b": 3, "c": 2}


def test_neighbours() -> None:
    assert neighbours(["a", "b", "c"], "_", CONNECTORS) == (range(3), ["a_b", "b_c"])
    assert neighbours(["the", "a", "of", "b"], "_", CONNECTORS) == ([1, 3], ["a_of_b"])
    assert neighbours(["of", "the"], "_", CONNECTORS) == ([], [])
    assert neighbours([], "_", CONNECTORS) == (range(0), [])


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ([["a"], 5], r"Sentence 2: expected a list of words, got 5 \(int\)\."),
        ([["a", 5]], r"Sentence 1: a token must be a str, got 5 \(int\)\. Make str of all"),
        ([["a", "of", b"b"]], r"Sentence 1: a token must be a str, got b'b' \(bytes\)"),
        ([[["a", "b"]]], r"Sentence 1: a token must be a str, got \['a', 'b'\] \(list\)"),
    ],
)
def test_what_is_no_sentence(sentences: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        count_names(sentences, connector_words=CONNECTORS)


def test_trouble_of_who_gives_the_words_is_not_ours() -> None:
    def words() -> Iterator[str]:
        yield "a"
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        count_names([words()])
