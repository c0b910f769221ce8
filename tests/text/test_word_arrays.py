"""Arrays of words: Python's lists do what Arrow does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.text import arrow_words, plain_words
from w2v.text.tokenizing import Tokenizer
from w2v.text.word_arrays import Coded, WordArrays

KINDS: list[WordArrays] = [arrow_words, plain_words]
_LETTERS = st.sampled_from("abAé日😀İ")
_WORDS = st.lists(st.text(_LETTERS, min_size=1, max_size=3), max_size=12)
_TEXT = st.text(st.sampled_from("abé日\n \t\x1c\x85\u00a0\u3000\u2028\ufeff"), max_size=40)


def spelled(arrays: WordArrays, found: Coded) -> tuple[list[int], list[str]]:
    assert found.ids.dtype == np.int32
    return found.ids.tolist(), arrays.listed(found.words)


@given(_TEXT)
def test_text_is_split_as_python_does_it(text: str) -> None:
    lines = [line.split() for line in text.split("\n")]
    for arrays in KINDS:
        lengths, words = arrays.split(text.encode())
        assert lengths.tolist() == [len(line) for line in lines]
        assert arrays.listed(words) == [word for line in lines for word in line]


@given(st.lists(_WORDS, min_size=1, max_size=4))
def test_words_are_numbered_as_they_turn_up(lists: list[list[str]]) -> None:
    every = [word for words in lists for word in words]
    different = list(dict.fromkeys(every))
    for arrays in KINDS:
        given = [arrays.strings(words) for words in lists]
        ids, words = spelled(arrays, arrays.numbered(given))
        assert words == different
        assert [words[place] for place in ids] == every
        merged, places = arrays.unified([arrays.numbered([one]).words for one in given])
        assert arrays.listed(merged) == different
        for one, found in zip(lists, places, strict=True):
            assert arrays.taken(merged, found) == list(dict.fromkeys(one))


@given(_WORDS, _WORDS)
def test_places_and_ends(some: list[str], others: list[str]) -> None:
    for arrays in KINDS:
        words, among = arrays.strings(some), arrays.strings(others)
        expected = [others.index(word) if word in others else -1 for word in some]
        assert arrays.places(words, among).tolist() == expected
        assert arrays.listed(arrays.ended_with(words, among)) == some + others
        assert arrays.listed(words) == some


@given(st.binary(max_size=8) | _TEXT.map(str.encode))
def test_what_is_utf8(data: bytes) -> None:
    assert arrow_words.is_utf8(data) == plain_words.is_utf8(data)


@given(_WORDS, st.booleans(), st.booleans())
def test_stretches_are_cut_as_the_tokenizer_does_it(
    stretches: list[str], lower: bool, turkish: bool
) -> None:
    tokenizer = Tokenizer(tokens="unicode", lower=lower, turkish=lower and turkish)
    stretches = [*dict.fromkeys(stretches), "--"]  # without a token
    expected = [tokenizer.tokens_of(stretch) for stretch in stretches]
    for arrays in KINDS:
        sizes, tokens = arrays.cut(
            arrays.strings(stretches),
            tokenizer.known(),
            lower=tokenizer.lower,
            turkish=tokenizer.turkish,
        )
        ids, words = spelled(arrays, tokens)
        assert sizes.tolist() == [len(found) for found in expected]
        assert [words[place] for place in ids] == [word for found in expected for word in found]


@pytest.mark.parametrize("arrays", KINDS)
@pytest.mark.parametrize(
    ("tokens", "padding", "kept"),
    [
        (["b", "a", "b"], "b", ["a"]),
        (["b", "a"], 7, ["b", "a"]),
        ([3, -1, 3, 10**30], -1, ["3", "3", str(10**30)]),
        ([3, 5], "x", ["3", "5"]),
        (np.array([4, 4, 0], ">u2"), 0, ["4", "4"]),
        (np.array(["é", "b"]), "b", ["é"]),
        ([], 0, []),
    ],
)
def test_tokens_of_a_program(
    arrays: WordArrays, tokens: Sequence[object], padding: object, kept: list[str]
) -> None:
    found = arrays.tokens(tokens)
    ids, words = spelled(arrays, arrays.coded(found))
    every = [str(token) for token in np.asarray(tokens, object).tolist()]
    assert [words[place] for place in ids] == every
    for word in every:
        assert arrays.place_of(word, found) == every.index(word)
    choice = arrays.but(padding, found)
    rest = found if choice is None else arrays.chosen(found, choice)
    assert arrays.listed(arrays.coded(rest).words) == list(dict.fromkeys(kept))


@pytest.mark.parametrize("arrays", KINDS)
def test_half_of_a_surrogate_pair_is_no_token(arrays: WordArrays) -> None:
    with pytest.raises(UnicodeEncodeError):
        arrays.tokens(["a", "\ud800"])


@pytest.mark.parametrize("arrays", KINDS)
def test_lines(arrays: WordArrays) -> None:
    words, ids, ends = arrays.strings(["a", "é"]), np.array([1, 0, 0], np.int32), [0, 2, 2, 3]
    assert arrays.lines(words, ids, np.array(ends)) == "é a\n\na"
