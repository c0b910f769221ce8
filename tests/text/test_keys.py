"""Tokens of any kind, and vocabularies chosen by a function."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v import CorpusError, Keys, Vocabulary, Word2Vec, read_corpus, read_sentences

SENTENCES: list[list[Any]] = [
    ["New York", ("a", 1), 5],
    [],
    ["New York", "", "half \ud800", None],
    [5, 5.0, "</s>", "5"],
]


def by_number(words: list[str], counts: NDArray[np.int64]) -> Vocabulary:
    return Vocabulary(tuple(words), counts)


def test_they_are_numbered_as_they_turn_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for batch in (1, 4, 1 << 18):
        monkeypatch.setattr("w2v.text.keys._BATCH_TOKENS", batch)
        keys = Keys()
        corpus = read_sentences(iter(SENTENCES), keys=keys, choose=by_number)
        expected: list[Hashable] = ["New York", ("a", 1), 5, "", "half \ud800", None, "</s>", "5"]
        assert list(keys) == expected
        assert len(keys) == 8
        assert None in keys
        assert "York" not in keys
        assert corpus.vocabulary.words == tuple("01234567")
        assert corpus.vocabulary.counts.tolist() == [2, 1, 3, 1, 1, 1, 1, 1]
        assert corpus.ids.tolist() == [0, 1, 2, 0, 3, 4, 5, 2, 2, 6, 7]
        assert corpus.ends.tolist() == [3, 7, 11]
        assert corpus.stats.lines == 4


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_they_are_those_of_a_loop(kind: Any) -> None:
    rng = np.random.default_rng(0)
    words = [f"word {i}" for i in range(50)]
    sentences = [[words[i] for i in rng.integers(0, 50, rng.integers(9))] for _ in range(200)]
    keys, known = Keys(["word 7", "none"]), {"word 7": 0, "none": 1}
    ids = [known.setdefault(token, len(known)) for some in sentences for token in some]
    corpus = read_sentences(
        (kind(some) for some in sentences),
        keys=keys,
        vocabulary=by_number([*map(str, range(52))], np.ones(52, np.int64)),
    )
    assert list(keys) == list(known)
    assert corpus.ids.tolist() == ids


def test_bytes_are_other_keys_than_text() -> None:
    keys = Keys()
    corpus = read_sentences([["a", b"a"], ["a"]], keys=keys, choose=by_number)  # type: ignore[arg-type]
    assert list(keys) == ["a", b"a"]
    assert corpus.ids.tolist() == [0, 1, 0]


def test_known_keys_come_first_and_others_are_left_out() -> None:
    keys = Keys(["b", "a"])
    vocabulary = Vocabulary(("1", "0"), np.array([2, 1]))
    corpus = read_sentences([["a", "c", "b"]], keys=keys, vocabulary=vocabulary)
    assert corpus.ids.tolist() == [0, 1]
    assert corpus.stats.rare == 1
    assert list(keys) == ["b", "a", "c"]


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="Keys must be distinct, 'a' is repeated"):
        Keys(["a", "b", "a"])
    with pytest.raises(TypeError, match="unhashable"):
        read_sentences([[["a"]]], keys=Keys())  # type: ignore[arg-type]
    bad: Any
    for bad in ("text", b"text", 7, (token for token in "ab")):
        with pytest.raises(TypeError, match="Sentence 2: expected a list of tokens, got"):
            read_sentences([["a"], bad], keys=Keys())
    with pytest.raises(TypeError, match="leave out `tokenizer`"):
        read_sentences([["a"]], keys=Keys(), tokenizer=object())  # type: ignore[arg-type]
    with pytest.raises(CorpusError, match="There is no token"):
        read_sentences([[], []], keys=Keys())


def test_a_function_chooses_the_words(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("b a c\nc b b\nd\n")
    seen: list[tuple[list[str], list[int]]] = []

    def choose(words: list[str], counts: NDArray[np.int64]) -> Vocabulary:
        seen.append((words, counts.tolist()))
        return Vocabulary(("c", "b"), np.array([2, 3]))

    for corpus in (
        read_corpus(path, choose=choose),
        read_sentences([["b", "a", "c"], ["c", "b", "b"], ["d"]], choose=choose),
    ):
        assert corpus.ids.tolist() == [1, 0, 0, 1, 1]
        assert corpus.vocabulary.words == ("c", "b")
        assert corpus.limits == {"min_count": None, "max_vocab": None}
    assert seen == [(["b", "a", "c", "d"], [3, 1, 2, 1])] * 2


def test_a_choice_is_the_only_one() -> None:
    with pytest.raises(TypeError, match="Give one of `vocabulary`, `known` and `choose`"):
        read_sentences([["a"]], choose=by_number, known=Vocabulary(("a",), np.array([1])))
    none = Vocabulary(("z",), np.array([1]))
    with pytest.raises(CorpusError, match="`choose` has left no word of the text"):
        read_sentences([["a"]], choose=lambda words, counts: none)


def test_pairs_of_each_epoch_are_reported() -> None:
    model = Word2Vec(dim=4, min_count=1, sample=0, epochs=2, window=1, fixed_window=True, workers=1)
    assert model.fit([["a", "b", "c"]] * 10).report["pairs"] == [40, 40]
    model.set_params(model="cbow")
    assert model.fit([["a", "b", "c"]] * 10).report["pairs"] == [30, 30]
