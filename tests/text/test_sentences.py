"""Sentences of a program: how lists and arrays are taken, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from reading import SENTENCES, sentences_of
from walks import ENDS, FLAT, LISTS, WALKS, rows

import w2v
from w2v.errors import CorpusError
from w2v.text import Sentences, read_corpus, read_sentences, read_source


def test_one_shot_iterators_and_reused_lists() -> None:
    def reusing() -> Iterator[list[str]]:
        tokens: list[str] = []
        for sentence in SENTENCES:
            tokens[:] = sentence
            yield tokens

    assert sentences_of(read_sentences(reusing(), min_count=1)) == SENTENCES
    assert sentences_of(read_sentences(map(tuple, SENTENCES), min_count=1)) == SENTENCES


def test_long_sentences_stay_whole() -> None:
    corpus = read_sentences([["a", "b"] * 20_000, ["c"] * 5])
    assert corpus.ends.tolist() == [40_000, 40_005]


def test_used_up_iterator() -> None:
    used = iter(SENTENCES)
    list(used)
    with pytest.raises(CorpusError, match=r"no token in the sentences\. If they are an iterator"):
        read_sentences(used)


@pytest.mark.usefixtures("small_parts")
def test_whole_numbers_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[object] = [[7, 8, 7], (9,), [], np.array([7, 10]), [np.int64(8)]]
    with read_sentences(numbers, min_count=1) as corpus:  # type: ignore[arg-type]
        assert corpus.vocabulary.words == ("7", "8", "10", "9")
        assert corpus.stats.tokens == 7
    monkeypatch.setattr("w2v.text.token_lists._BATCH_TOKENS", 1)  # each by itself
    for mixed in ([[7], ["a"]], [["a"], [], [7]]):
        with pytest.raises(TypeError, match=r"Sentence [23]: .* str.* number|number.* str"):
            read_sentences(mixed, min_count=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "error", "message"),
    [
        ("a b", TypeError, r"Sentence 4: a string was given where a list of tokens is expected"),
        (7, TypeError, r"Sentence 4: expected a list of tokens, got 7 \(int\)"),
        (["a", 7], TypeError, r"Sentence 4: a token is a number, 7 \(int\), and others are str"),
        ([7, True], TypeError, r"Sentence 4: a token is a number, 7 \(int\), and others"),
        ([True], TypeError, r"Sentence 4: a token must be a str or an int, got True \(bool\)"),
        ([7.0], TypeError, r"Sentence 4: a token must be a str or an int, got 7.0 \(float\)"),
        (
            ["a", b"b"],
            TypeError,
            r"Sentence 4: a token must be a str or an int, got b'b' \(bytes\)",
        ),
        (
            ["a", ["b"]],
            TypeError,
            r"Sentence 4: a token must be a str or an int, got \['b'\] \(list\)",
        ),
        (["a", ""], ValueError, r"Sentence 4: .* without white space or NUL, got '' \(str\)"),
        (
            ["new york"],
            ValueError,
            r"Sentence 4: .* without white space or NUL, got 'new york' \(str\)",
        ),
        (["\ud800"], ValueError, r"Sentence 4: .* UTF-8 text"),
        (["a\0b"], ValueError, r"Sentence 4: .* or NUL, got 'a\\x00b' \(str\)"),
        (Path("a"), TypeError, r"Sentence 4: expected a list .*\. To read files, give .* one path"),
        (np.array([1, 2]), TypeError, r"Sentence 4: a token is a number, 1 \(int\), and others"),
        (np.array([["a"]]), TypeError, r"Sentence 4: a token must be a str or an int, got \['a'\]"),
        (np.array("a"), TypeError, r"Sentence 4: a string was given"),
    ],
)
def test_sentences_that_are_none(sentence: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_sentences([*SENTENCES, sentence, ["more"]])  # type: ignore[arg-type]


def test_the_two_functions_point_at_each_other() -> None:
    with pytest.raises(TypeError, match="To read files, give `fit` or `read_corpus` one path"):
        read_sentences("corpus.txt")
    with pytest.raises(TypeError, match=r"Split each sentence, .*, or a list of pathlib\.Path\.$"):
        read_sentences(["a.txt", "b.txt"])
    with pytest.raises(TypeError, match="Lists of tokens are read with `read_sentences`"):
        read_corpus([["a", "b"]])
    with pytest.raises(TypeError, match="must be a path or a list of paths, got <generator"):
        read_corpus(text for text in ["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "shown"), [(None, r"None \(NoneType\)"), (5, r"5 \(int\)")])
def test_what_is_no_corpus_at_all(value: Any, shown: str) -> None:
    message = rf"^A corpus must be a path or an iterable of token lists, got {shown}\.$"
    with pytest.raises(TypeError, match=message):
        read_sentences(value)


def test_sentences_in_arrays() -> None:
    arrays = [np.array(sentence) for sentence in SENTENCES]
    corpus = read_sentences(arrays, min_count=1)
    assert sentences_of(corpus) == SENTENCES
    assert {type(word) for word in corpus.vocabulary.words} == {str}
    assert corpus.stats.files == 0


def test_an_error_of_the_iterator_passes_through() -> None:
    def failing() -> Iterator[list[str]]:
        yield ["a"]
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        read_sentences(failing())


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "one array": (
        lambda: FLAT,
        TypeError,
        r"^One array of ids does not say where sentences end: give w2v\.Sentences\(ids, ends\), or",
    ),
    "one Arrow array": (
        lambda: pa.array(FLAT),
        TypeError,
        r"^An Arrow array of int64 was given where .* w2v\.Sentences\(ids, ends\) says where",
    ),
    "floats": (
        lambda: rows(0).astype(float),
        TypeError,
        r"^An array of tokens must hold whole numbers or str, got float64\. Numbers that are whole "
        r"become so with `array\.astype\(np\.int64\)`\.$",
    ),
    "truth values": (lambda: rows(0) > 0, TypeError, "must hold whole numbers or str, got bool"),
    "bytes": (lambda: rows(0).astype("S"), TypeError, r"whole numbers or str, got \|S2"),
    "arrays of floats": (
        lambda: [WALKS[0], WALKS[2] / 2],
        TypeError,
        r"^Sentence 2: a token must be a str or an int, got [0-9.]+ \(float\)\.$",
    ),
    "no axis": (lambda: np.array(5), ValueError, r"a row for each sentence.*got the shape \(\)\.$"),
    "sentences in sentences": (
        lambda: Sentences(Sentences([["a"]])),
        TypeError,
        r"^A corpus must be a path or an iterable of token lists, got <Sentences: \[\['a'\]\]>",
    ),
    "a path in sentences": (
        lambda: Sentences("corpus.txt"),
        TypeError,
        r"^Sentences must be lists of tokens, got 'corpus\.txt' \(str\)\. To read files, give",
    ),
    "a table in sentences": (
        lambda: Sentences(pa.table({"a": [1], "b": [2]})),
        w2v.ConfigError,
        r"^A table has columns, a, b, .* Give w2v\.Table\(\.\.\., columns='all'\) instead",
    ),
    "three axes": (
        lambda: rows(0).reshape(2, 4, 30),
        ValueError,
        r"a row for each sentence, \(S, L\), .* got the shape \(2, 4, 30\)\.$",
    ),
    "padding that was not named": (
        lambda: rows(-1)[4:],
        ValueError,
        r"^Sentence 1: an id is -1, and ids are 0 or more\. If it fills short rows up, say so: "
        r"w2v\.Sentences\(\.\.\., padding=-1\)\.",
    ),
    "a negative number in a list": (
        lambda: [[3], [4, 5], [6, -2]],
        ValueError,
        r"^Sentence 3: an id is -2, .* `ids\.astype\(str\)` does\.$",
    ),
    "a negative number later": (
        lambda: Sentences(np.array([1, 2, 3, 4, 5, -9]), [1, 4, 6]),
        ValueError,
        r"^Sentence 3: an id is -9,",
    ),
    "numbers, then text": (
        lambda: [WALKS[0], ["a"]],
        TypeError,
        r"^Sentence 2: its tokens are str, and those before are numbers\. Make str of all\.$",
    ),
    "text, then numbers": (
        lambda: [["a"], WALKS[0]],
        TypeError,
        r"^Sentence 2: a token is a number, \d+ \(int\), and others are str\. Make str of all",
    ),
    "both in one list": (
        lambda: [[7, "a"]],
        TypeError,
        r"^Sentence 1: a token is a number, 7 \(int\), and others are str\.",
    ),
    "no word": (
        lambda: np.array([["a", "b"], ["a", "new york"]]),
        ValueError,
        r"^Sentence 2: a token must be UTF-8 text .*, got 'new york' \(str\)\.$",
    ),
    "a masked array": (
        lambda: np.ma.masked_equal(rows(-1), -1),
        TypeError,
        r"^A masked array was given, .* w2v\.Sentences\(array\.filled\(-1\), padding=-1\)\.$",
    ),
    "masked arrays": (
        lambda: [np.ma.masked_equal(row, -1) for row in rows(-1)],
        TypeError,
        "^A masked array was given",
    ),
    "ends that stop early": (
        lambda: Sentences(FLAT, ENDS[:-1]),
        ValueError,
        r"^`ends` must not fall, from 0 on, and its last must be the number of tokens, 66; got",
    ),
    "ends that fall": (lambda: Sentences(FLAT, [9, 3, 66]), ValueError, "^`ends` must not fall"),
    "negative ends": (lambda: Sentences(FLAT, [-1, 66]), ValueError, "^`ends` must not fall"),
    "ends that are shares": (
        lambda: Sentences(FLAT, [0.5, 1.0]),
        TypeError,
        r"^`ends` must be whole numbers along one axis, got float64 of the shape \(2,\)\.$",
    ),
    "ends of rows": (lambda: Sentences(rows(0), [8]), ValueError, r"one axis and `ends`, \(N,\)"),
    "ends of lists": (lambda: Sentences([["a"], ["b"]], [2]), ValueError, r"one axis and `ends`"),
    "padding that is none": (
        lambda: Sentences(WALKS, padding=1.5),  # type: ignore[arg-type]
        TypeError,
        r"^`padding` must be a token, an int or a str, got 1\.5 \(float\)\.$",
    ),
    "nothing but padding": (
        lambda: Sentences(np.full((3, 4), -1), padding=-1),
        w2v.CorpusError,
        r"^There is no token in the sentences\.",
    ),
    "no rows": (lambda: np.zeros((0, 80)), w2v.CorpusError, r"^There is no token in"),
    "a column of structs": (
        lambda: pa.array([[{"a": 1}]]),
        w2v.CorpusError,
        "The column 'sentences' holds struct",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        read_source(make(), min_count=1)


def test_ends_and_padding_are_not_for_texts() -> None:
    tokenizer = w2v.Tokenizer(lower=True)
    with pytest.raises(TypeError, match="With a `tokenizer` sentences are texts, without `ends`"):
        read_sentences(Sentences(["A b"], padding="b"), tokenizer=tokenizer)
    with read_sentences(Sentences(["A b", "B"]), tokenizer=tokenizer, min_count=1) as corpus:
        assert corpus.vocabulary.words == ("b", "a")
    with read_sentences(pa.array(["A b", "B"]), tokenizer=tokenizer, min_count=1) as corpus:
        assert corpus.vocabulary.words == ("b", "a")


def test_sentences_are_shown_by_what_was_given() -> None:
    assert repr(Sentences([["a"]])) == "<Sentences: [['a']]>"
    assert repr(Sentences(["a", "b"], [2])).endswith("ends=array([2])>")
    assert len(Sentences(FLAT, ENDS)) == len(Sentences(rows(0))) == len(Sentences(LISTS)) == 8
