"""Spellings that are offered for words that there are not."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from w2v.queries.spelling import close_words, slips, unknown_words


def distance(a: str, b: str) -> int:
    """By the definition: the cheapest way to the ends of both, with no letter touched twice."""
    if not a or not b:
        return len(a) + len(b)
    ways = [
        distance(a[:-1], b) + 1,
        distance(a, b[:-1]) + 1,
        distance(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    ]
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        ways.append(distance(a[:-2], b[:-2]) + 1)
    return min(ways)


def test_slips_are_counted_as_by_the_definition() -> None:
    rng = random.Random(4)
    words = ["".join(rng.choices("abc", k=rng.randint(0, 6))) for _ in range(25)]
    for (a, b), most in itertools.product(itertools.product(words, words), (1, 2, 7)):
        expected = distance(a, b)
        found = slips(a, b, most)
        assert found == expected if expected <= most else found > most, (a, b, most)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lvoe", ["love"]),  # two letters swapped; vote, voce and sloe are two slips away
        ("lov", ["love"]),
        ("loove", ["love"]),
        ("lovr", ["love", "Love"]),  # of as many slips the more frequent first
        ("LOVE", ["love", "Love", "lover"]),  # cases come before slips
        ("knowlegde", ["knowledge"]),
        ("xyzzy", []),
        ("", []),
    ],
)
def test_what_was_meant_comes_first(word: str, expected: list[str]) -> None:
    words = ["the", "vote", "voce", "sloe", "love", "Love", "lover", "knowledge"]
    assert close_words(word, words)[: len(expected) or 1] == expected


def test_long_words_and_large_vocabularies_are_quick() -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("etaoinsh", k=rng.randint(3, 9))) for _ in range(100_000)]
    started = time.process_time()
    assert close_words("a" * 70_000 + "b", ["a" * 70_000, "a" * 69_999 + "b"])
    assert "theta" in close_words("thetta", ["theta", *words])
    assert time.process_time() - started < 5  # 0.3 s; all pairs of letters would be hours


def test_spellings_are_offered_for_each_of_several_words() -> None:
    message = unknown_words(["lvoe", "hte"], ["the", "love"])
    assert message.endswith("Close to 'lvoe': 'love'. Close to 'hte': 'the'.")


def test_words_that_are_one_word_with_low_lines() -> None:
    said = unknown_words(["The", "Kinks"], ("The_Beatles", "The_Kinks"))
    assert said.endswith("As one word there is 'The_Kinks'.")
