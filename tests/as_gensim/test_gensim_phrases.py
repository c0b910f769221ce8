"""Phrases by gensim's names: against loops, and against gensim where it is.

The folder is not called `gensim`: where that is not installed, tests would take it for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrase_loops import CONNECTORS, TEXT, Loops, Sentences, half

from w2v import ConfigError, Word2Vec
from w2v.gensim.phrases import (
    ENGLISH_CONNECTOR_WORDS,
    FrozenPhrases,
    Phraser,
    Phrases,
    npmi_scorer,
    original_scorer,
)

ANY: Any = Phrases  # whose calls are wrong on purpose
WORDS = st.sampled_from(["a", "b", "c", "d", "a_b", "b_c", "of", "the", ""])
TEXTS = st.lists(st.lists(WORDS, max_size=12), max_size=12)


@given(
    TEXTS,
    TEXTS,
    st.sampled_from([("default", 0.54321), ("npmi", 0.14321), (half, 0.61803)]),
    st.integers(1, 3),
)
def test_results_are_those_of_loops(
    learned: Sentences, other: Sentences, score: tuple[Any, float], least: int
) -> None:
    scoring, threshold = score
    ours = Phrases(
        learned,
        min_count=least,
        threshold=threshold,
        scoring=scoring,
        connector_words=CONNECTORS,
    )
    loops = Loops(learned, scoring, threshold, least)
    assert list(ours.vocab.items()) == list(loops.counts.items())
    assert (ours.corpus_word_count, ours.min_reduce) == (loops.tokens, 1)
    exported = loops.phrases()
    assert ours.export_phrases() == pytest.approx(exported, rel=1e-12)
    assert list(ours.export_phrases()) == list(exported)

    analyzed = [loops.join(words) for words in other]
    joined = [[token for token, _ in words] for words in analyzed]
    assert [ours[words] for words in other] == joined
    assert [*ours[other]] == joined
    found = {token: score for words in analyzed for token, score in words if score is not None}
    assert ours.find_phrases(other) == pytest.approx(found, rel=1e-12)
    one_by_one = [[*ours.analyze_sentence(words)] for words in other]
    assert [[token for token, _ in words] for words in one_by_one] == joined

    frozen = ours.freeze()
    assert frozen.phrasegrams == ours.export_phrases()
    assert [frozen[words] for words in other] == [
        [token for token, _ in frozen.analyze_sentence(words)] for words in other
    ]
    assert [*frozen[other]] == [frozen[words] for words in other]


def test_known_scores() -> None:
    """new york: 3 times, as often as new and as york; bank of england 2, 2 and 2."""
    bigrams = Phrases(TEXT, min_count=1, threshold=0.1, connector_words=["of", "in", "the"])
    words = {"new": 3, "york": 3, "is": 1, "big": 1, "bank": 2, "england": 2}
    pairs = {"new_york": 3, "york_is": 1, "is_big": 1, "bank_of_england": 2, "england_in_new": 1}
    assert bigrams.vocab == words | pairs
    assert bigrams.corpus_word_count == 16
    scores = {"new_york": 2 / 9 * 11, "bank_of_england": 1 / 4 * 11}
    assert bigrams.find_phrases(TEXT) == pytest.approx(scores)
    assert bigrams.export_phrases() == pytest.approx(scores)
    assert bigrams[TEXT[1]] == ["bank_of_england", "in", "new_york"]
    npmi = Phrases(TEXT, min_count=2, threshold=0.9, scoring="npmi", connector_words=["of"])
    assert npmi.export_phrases() == pytest.approx({"new_york": 1, "bank_of_england": 1})


class TestScorers:
    def test_by_hand(self) -> None:
        assert original_scorer(4, 5, 7, 100, 2, 1000) == (7 - 2) / 20 * 100
        assert npmi_scorer(10, 10, 10, 0, 1, 100) == pytest.approx(1)
        assert npmi_scorer(10, 10, 1, 0, 1, 100) == pytest.approx(0)

    def test_what_never_occurs_is_no_phrase(self) -> None:
        assert original_scorer(0, 5, 7, 100, 2, 1000) == -math.inf
        assert npmi_scorer(0, 5, 7, 100, 2, 1000) == -math.inf
        assert npmi_scorer(5, 5, 0, 100, 0, 1000) == -math.inf
        assert npmi_scorer(5, 5, 1, 100, 2, 1000) == -math.inf


class TestSentences:
    def bigrams(self) -> Phrases:
        return Phrases(TEXT, min_count=1, threshold=0.1)

    def test_a_corpus_is_joined_each_time_it_is_gone_through(self) -> None:
        joined = self.bigrams()[TEXT]
        assert [*joined] == [*joined] == [self.bigrams()[words] for words in TEXT]
        assert len(joined) == 4
        assert joined[3] == ["new_york"]
        assert [*joined[2:]] == [*joined][2:]

    def test_it_is_joined_when_it_is_read(self) -> None:
        def sentences() -> Iterator[list[str]]:
            yield ["new", "york"]
            yield 1 / 0  # type: ignore[misc]

        joined = iter(self.bigrams()[sentences()])
        assert next(joined) == ["new_york"]
        with pytest.raises(ZeroDivisionError):
            next(joined)

    def test_generators_are_used_once(self) -> None:
        made = Phrases(((w for w in words) for words in TEXT), min_count=1, threshold=0.1)
        assert made.vocab == self.bigrams().vocab
        joined = made[((w for w in words) for words in TEXT)]
        assert [*joined] == [made[words] for words in TEXT]
        assert [*joined] == []
        with pytest.raises(TypeError):
            len(joined)
        with pytest.raises(RuntimeError, match=r"has no places to ask for. Make it a list"):
            joined[0]

    def test_empty_and_odd_sentences(self) -> None:
        bigrams = self.bigrams()
        assert bigrams[[]] == bigrams[iter([])] == bigrams[""] == []
        assert [*bigrams[[[], ["new", "york"], ()]]] == [[], ["new_york"], []]
        assert bigrams[("new", "york")] == bigrams[iter(["new", "york"])] == ["new_york"]
        assert bigrams[np.array(["new", "york"])] == ["new_york"]
        assert bigrams[["new", 5, "new", "york"]] == ["new", 5, "new_york"]
        assert bigrams[["new", "", "york"]] == ["new", "york"]

    def test_a_string_is_its_characters(self) -> None:
        assert Phrases("ab a").vocab == {"a": 2, "b": 1, " ": 1}
        assert Phrases(["ab", "ab"]).vocab == {"a": 2, "b": 2, "a_b": 2}
        assert Phrases(["ab"] * 9, threshold=0.1)["abc"] == ["a_b", "c"]

    def test_a_second_pass_and_training_on_it(self) -> None:
        bigrams = self.bigrams()
        trigrams = Phrases(bigrams[TEXT], min_count=1, threshold=0.1)
        assert trigrams.vocab["new_york"] == 3
        model = Word2Vec(dim=4, min_count=1, sample=0, epochs=1, workers=1)
        assert "new_york" in model.fit(bigrams[TEXT * 50])

    def test_a_delimiter_of_several_signs_or_a_space(self) -> None:
        for delimiter in (" ", "--", "_._"):
            made = Phrases(TEXT * 50, min_count=1, threshold=0.1, delimiter=delimiter)
            assert made[["new", "york"]] == [f"new{delimiter}york"]
            assert f"new{delimiter}york" in made.export_phrases()
            assert [*made[TEXT * 50]][3] == [f"new{delimiter}york"]

    def test_options_changed_later_hold(self) -> None:
        bigrams = self.bigrams()
        long = TEXT * 99
        assert [*bigrams[long]][3] == ["new_york"]
        bigrams.threshold = 100
        assert [*bigrams[long]][3] == bigrams[TEXT[3]] == ["new", "york"]
        bigrams.threshold, bigrams.vocab["new_york"] = 0.1, 1
        assert [*bigrams[long]][3] == bigrams[TEXT[3]] == ["new", "york"]


class TestCounting:
    def test_more_sentences(self) -> None:
        parts = Phrases(TEXT[:2], min_count=1)
        parts.add_vocab(iter(TEXT[2:]))
        whole = Phrases(min_count=1)
        assert (whole.vocab, whole.corpus_word_count) == ({}, 0)
        whole.add_vocab(TEXT)
        assert parts.vocab == whole.vocab
        assert parts.corpus_word_count == whole.corpus_word_count == 16

    def test_pruning(self) -> None:
        """Counted apart, then together: each has its own least count."""
        made = Phrases([["a", "b"], ["a"], ["c"]], max_vocab_size=2)
        assert (made.vocab, made.min_reduce) == ({"a": 2, "c": 1}, 1)
        made.add_vocab([["a", "b"], ["a"]])  # in itself pruned twice, so that 3 is the least
        assert (made.vocab, made.min_reduce) == ({"a": 4, "c": 1}, 3)
        made.add_vocab([["d"]])
        assert (made.vocab, made.min_reduce) == ({"a": 4}, 4)
        assert made.corpus_word_count == 8

    def test_as_text(self) -> None:
        made = Phrases([["a", "b"]], min_count=1, threshold=0.5)
        text = "<3 vocab, min_count=1, threshold=0.5, max_vocab_size=40000000>"
        assert str(made) == f"Phrases{text}"
        assert str(made.freeze()) == "FrozenPhrases<0 phrases, min_count=1, threshold=0.5>"


class TestClassesBelow:
    """Classes below may say for themselves what is joined."""

    def test_a_candidate(self) -> None:
        class Doubles(Phrases):
            def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> Any:
                return (word_a + word_b, 1) if word_a == word_b else (None, None)

        doubles = Doubles()
        sentences = [["a", "b", "b", "b"], ["c", "c"]]
        assert [*doubles[sentences]] == [["a", "bb", "b"], ["cc"]]
        assert doubles.find_phrases(sentences) == {"bb": 1, "cc": 1}

    def test_a_sentence(self) -> None:
        class Loud(FrozenPhrases):
            def analyze_sentence(self, sentence: Any) -> Iterator[tuple[str, float | None]]:
                for word, score in super().analyze_sentence(sentence):
                    yield word.upper(), score

        loud = Loud(Phrases(TEXT, min_count=1, threshold=0.1))
        assert loud[["new", "york", "city"]] == ["NEW_YORK", "CITY"]
        assert [*loud[[["new", "york"]]]] == [["NEW_YORK"]]

    def test_an_item(self) -> None:
        class Marked(Phrases):
            def __getitem__(self, sentence: Any) -> Any:
                joined = super().__getitem__(sentence)
                return [*joined, "."] if isinstance(joined, list) else joined

        marked = Marked(TEXT, min_count=1, threshold=0.1)
        assert [*marked[[["new", "york"]]]] == [["new_york", "."]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "`min_count` must be above 0, got 0"),
        ({"min_count": "5"}, "`min_count` must be a number, got '5'"),
        ({"threshold": 0}, "`threshold` must be above 0 for scoring=.default., got 0"),
        ({"threshold": None}, "`threshold` must be a number, got None"),
        ({"threshold": 2, "scoring": "npmi"}, "`threshold` must be from -1 to 1 for .npmi., got 2"),
        ({"scoring": "pmi"}, "`scoring` must be 'default', 'npmi' or a function, got 'pmi'"),
        ({"scoring": None}, "`scoring` must be 'default', 'npmi' or a function, got None"),
        ({"scoring": abs}, "is given, by their names, worda_count, .*this one does not take them"),
        ({"delimiter": b"_"}, "`delimiter` is a str since gensim 4, got b'_'. Write delimiter='_'"),
    ],
)
def test_refused_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        Phrases(TEXT, **options)
    assert isinstance(caught.value, ValueError)


class TestGensim3:
    """Names of gensim 3 are refused with those of gensim 4."""

    def test_options(self) -> None:
        with pytest.raises(TypeError, match="`common_terms`: it is called `connector_words` since"):
            ANY(TEXT, common_terms=["of"])
        with pytest.raises(TypeError, match=r"export_phrases takes no sentences .*; find_phrases"):
            ANY(TEXT).export_phrases(TEXT)
        with pytest.raises(TypeError, match="`as_tuples`: `find_phrases"):
            ANY(TEXT).export_phrases(sentences=TEXT, as_tuples=True)

    @pytest.mark.parametrize("name", ["common_terms", "learn_vocab", "score_item"])
    def test_attributes(self, name: str) -> None:
        for made in (Phrases(TEXT), Phrases(TEXT).freeze()):
            with pytest.raises(
                AttributeError, match=f"`{name}` of gensim 3 is `.*` since gensim 4"
            ):
                getattr(made, name)
        assert not hasattr(Phrases(), "nothing_of_that_name")


def test_names() -> None:
    assert Phraser is FrozenPhrases
    assert {"of", "the", "without"} <= ENGLISH_CONNECTOR_WORDS
    assert len(ENGLISH_CONNECTOR_WORDS) == 15


class TestPeer:
    """gensim itself, where it is installed."""

    @pytest.mark.parametrize("connect", [False, True])
    @pytest.mark.parametrize(("scoring", "threshold"), [("default", 10.0), ("npmi", 0.4)])
    @pytest.mark.parametrize("most", [40_000_000, 5000])
    def test_results_are_gensims(
        self, scoring: str, threshold: float, connect: bool, most: int
    ) -> None:
        theirs = pytest.importorskip("gensim.models.phrases", reason="gensim is in the bench extra")
        data = Path(theirs.__file__).parents[1] / "test" / "test_data"
        text = (data / "lee_background.cor").read_text(encoding="utf-8")
        sentences = [line.lower().split() for line in text.splitlines()]
        options = {
            "min_count": 3,
            "threshold": threshold,
            "scoring": scoring,
            "max_vocab_size": most,
            "connector_words": theirs.ENGLISH_CONNECTOR_WORDS if connect else frozenset(),
        }
        one, other = Phrases(sentences[:200], **options), theirs.Phrases(sentences[:200], **options)
        for made in (one, other):
            made.add_vocab(sentences[200:])
        assert list(one.vocab.items()) == list(other.vocab.items())
        for name in ("min_reduce", "corpus_word_count", "__str__"):
            ours, its = getattr(one, name), getattr(other, name)
            assert ours() == its() if callable(ours) else ours == its
        exported = other.export_phrases()
        assert one.export_phrases() == pytest.approx(exported, rel=1e-9)
        assert list(one.export_phrases()) == list(exported)
        assert one.find_phrases(sentences) == pytest.approx(other.find_phrases(sentences), rel=1e-9)
        for ours, its in ((one, other), (one.freeze(), other.freeze())):
            assert [*ours[sentences]] == [*its[sentences]]
            assert ours[sentences[0]] == its[sentences[0]]

    def test_connector_words_and_defaults(self) -> None:
        theirs = pytest.importorskip("gensim.models.phrases", reason="gensim is in the bench extra")
        assert theirs.ENGLISH_CONNECTOR_WORDS == ENGLISH_CONNECTOR_WORDS
        for ours, its in ((Phrases, theirs.Phrases), (FrozenPhrases, theirs.FrozenPhrases)):
            defaults = [
                [(name, one.default) for name, one in signature(kind).parameters.items()]
                for kind in (ours, its)
            ]
            assert defaults[0] == defaults[1]
        public = [name for name in dir(theirs.Phrases) if not name.startswith("_")]
        assert {*public} - {*dir(Phrases)} == {"add_lifecycle_event"}
