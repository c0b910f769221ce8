"""Phrases: counted, scored and joined as plain loops do it, and as gensim does."""

from __future__ import annotations

import io
import math
import os
import tracemalloc
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v import ConfigError, CorpusError, Phrases, W2VError
from w2v.phrases import bigrams as pairs
from w2v.text import decoding, splitting

Sentences = list[list[str]]
CONNECTORS = ["of", "the"]


def text_of(sentences: Sentences) -> bytes:
    return "".join(" ".join(sentence) + "\n" for sentence in sentences).encode()


def candidates(sentence: list[str], connectors: list[str]) -> Iterator[tuple[int, int]]:
    """Places of words that are neighbours but for connector words."""
    content = [i for i, word in enumerate(sentence) if word not in connectors]
    for left, right in pairwise(content):
        if right - left - 1 <= 3:
            yield left, right


def one_pass(
    sentences: Sentences, scoring: str, threshold: float, least: int, connectors: list[str]
) -> tuple[dict[tuple[str, ...], float], Sentences]:
    """The oracle: phrases and their scores, and the text with them joined."""
    words = Counter(word for sentence in sentences for word in sentence)
    found = Counter(tuple(s[a : b + 1]) for s in sentences for a, b in candidates(s, connectors))
    n, t = words.total(), len(words) + len(found)
    scores = {}
    for phrase, ab in found.items():
        a, b = words[phrase[0]], words[phrase[-1]]
        score = {
            "word2phrase": (ab - least) / (a * b) * n,
            "gensim": (ab - least) / (a * b) * t,
            "npmi": math.log(ab * n / (a * b)) / -math.log(ab / n) if n > 1 else 0,
        }[scoring]
        assert abs(score - threshold) > 1e-9  # else rounding would decide
        if ab >= least and score > threshold:
            scores[phrase] = score
    return scores, [join(sentence, scores, connectors) for sentence in sentences]


def join(
    sentence: list[str], table: Collection[tuple[str, ...]], connectors: list[str]
) -> list[str]:
    """The oracle: a sentence with its phrases joined."""
    out, at, ends = [], 0, dict(candidates(sentence, connectors))
    while at < len(sentence):
        end = ends.get(at, -1)
        phrase = tuple(sentence[at : end + 1])
        out.append("_".join(phrase) if phrase in table else sentence[at])
        at = end + 1 if phrase in table else at + 1
    return out


@st.composite
def texts(draw: st.DrawFn) -> Sentences:
    words = st.sampled_from(["a", "b", "c", "d", "e", "of", "the", "É"])
    sentences = draw(st.lists(st.lists(words, max_size=12), min_size=1, max_size=12))
    return [*sentences, ["a", "b"]]


class TestFit:
    @settings(max_examples=150, deadline=None)
    @given(
        texts(),
        st.sampled_from(["word2phrase", "gensim", "npmi"]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.booleans(),
        st.integers(1, 9),
    )
    def test_as_loops_do_it_in_blocks_of_any_size(
        self, sentences: Sentences, scoring: str, least: int, passes: int, connect: bool, size: int
    ) -> None:
        connectors = CONNECTORS if connect else []
        threshold = 0.23456 if scoring == "npmi" else 0.54321
        phrases = Phrases(
            scoring=scoring,
            threshold=threshold,
            min_count=least,
            passes=passes,
            connector_words=connectors,
        )
        out = io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pairs, "_BLOCK_TOKENS", size)
            patch.setattr(pairs, "_PAIRS_AT_ONCE", 7)
            phrases.fit(sentences, output=out)
        expected = sentences
        for found in phrases.table:
            scores, expected = one_pass(expected, scoring, threshold, least, connectors)
            assert {p.words: p.score for p in found} == pytest.approx(scores)
            assert all(p.phrase == "_".join(p.words) for p in found)
        assert out.getvalue() == text_of(expected)

    def test_numbers_of_a_pass(self) -> None:
        text = [["new", "york", "new"], [], ["new", "york"]]
        stats = Phrases(threshold=0.1, min_count=1).fit(text).stats
        assert len(stats) == 1
        assert (stats[0].tokens, stats[0].words, stats[0].pairs) == (5, 2, 2)
        assert (stats[0].phrases, stats[0].joined) == (1, 2)

    def test_a_phrase_that_is_a_word_of_the_text_already(self) -> None:
        text = [["new_york", "state"], ["new", "york", "state"]] * 3
        phrases = Phrases(scoring="npmi", threshold=[0.9, 0.1], passes=2, min_count=3).fit(text)
        assert phrases[["new", "york", "state"]] == ["new_york_state"]
        assert phrases.table[1][0].count == 6

    def test_pairs_stop_at_line_ends_of_files_too(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_bytes(b"x y")
        (tmp_path / "b.txt").write_bytes(b"z\n\n x  y \r\nz")
        out = tmp_path / "out.txt"
        Phrases(threshold=0.1, min_count=1).fit(str(tmp_path), output=out)
        assert out.read_bytes() == b"x_y\nz\n\nx_y\nz\n"

    def test_words_joined_are_in_no_second_phrase(self) -> None:
        phrases = Phrases(scoring="npmi", threshold=-0.9, min_count=1).fit([["a"] * 7, ["b"]])
        assert phrases[["a"] * 7] == ["a_a", "a_a", "a_a", "a"]

    @pytest.mark.parametrize(("together", "others"), [(2, 1), (2, 16), (3, 24), (4, 2), (5, 7)])
    def test_no_npmi_is_above_what_words_always_together_have(
        self, together: int, others: int
    ) -> None:
        text = [["new", "york"]] * together + [["other"]] * others  # rounded, some are above 1
        assert Phrases(scoring="npmi", threshold=1.0, min_count=1).fit(text).table[0] == ()
        [found] = Phrases(scoring="npmi", threshold=0.999, min_count=1).fit(text).table[0]
        assert found.score == 1.0

    def test_memory_does_not_grow_with_the_text(self, tmp_path: Path) -> None:
        path = tmp_path / "long.txt"  # one line
        rng = np.random.default_rng(0)
        words = [f"w{i}" for i in range(500)]
        path.write_text(" ".join(words[i] for i in rng.integers(0, 500, 3_000_000)))
        phrases = Phrases(threshold=50)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pairs, "_PAIRS_AT_ONCE", 1 << 17)
            patch.setattr(pairs, "_BLOCK_TOKENS", 1 << 16)
            tracemalloc.start()
            try:
                phrases.fit(str(path))
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert 249_900 < phrases.stats[0].pairs <= 250_000
        assert peak < 60_000_000  # the pairs of the text would take 24 MB, and as much to sort

    def test_no_word(self, tmp_path: Path) -> None:
        (tmp_path / "empty.txt").write_text("\n \n")
        with pytest.raises(CorpusError, match="no word in the text"):
            Phrases().fit(str(tmp_path / "empty.txt"), output=tmp_path / "out.txt")
        assert os.listdir(tmp_path) == ["empty.txt"]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"scoring": "default"}, "`scoring` must be one of word2phrase, gensim, npmi; got"),
            (
                {"threshold": -1},
                "`threshold` of the score word2phrase must be a finite number, at least 0; got -1",
            ),
            ({"scoring": "npmi", "threshold": 10}, "must be from -1 to 1; got 10"),
            ({"threshold": math.nan}, "must be a finite number, at least 0; got nan"),
            ({"threshold": "9"}, "`threshold` must be a number, got '9'"),
            ({"threshold": [1, 2]}, "one number, or one for each of 1 passes"),
            ({"passes": 0}, "`passes` must be at least 1"),
            ({"passes": 10**30}, "`passes` must be at most 30"),
            ({"min_count": -1}, "`min_count` must be at least 0"),
            ({"min_count": 1.5}, "`min_count` must be a whole number, got 1.5"),
            ({"delimiter": " "}, "`delimiter` must be text without white space"),
            ({"connector_words": None}, "`connector_words` must be a list of words, got None"),
            ({"connector_words": "of the"}, "`connector_words` must be a list of words"),
            ({"connector_words": ["of the"]}, "`connector_words` must be words.*'of the'"),
        ],
    )
    def test_bad_options(self, options: dict[str, object], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            Phrases(**options)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("source", "message"),
        [(5, "an iterable of token lists, got 5"), (b"new york", "must be lists of tokens, got b")],
    )
    def test_what_is_no_text(self, source: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            Phrases().fit(source)

    def test_numbers_of_numpy(self) -> None:
        assert Phrases(threshold=np.float32(3)).thresholds == [3.0]
        assert Phrases(threshold=np.array([2.0, 1.0]), passes=2).thresholds == [2.0, 1.0]  # type: ignore[arg-type]

    def test_too_many_connector_words(self) -> None:
        text = [[f"w{i}" for i in range(3000)]]
        many = [f"c{i}" for i in range(100_000)]
        with pytest.raises(CorpusError, match="more pairs than can be numbered"):
            Phrases(connector_words=many, min_count=1).fit(text)


class TestApply:
    @settings(max_examples=60, deadline=None)
    @given(texts(), texts(), st.booleans())
    def test_other_text_is_joined_as_loops_do_it(
        self, learned: Sentences, other: Sentences, connect: bool
    ) -> None:
        connectors = CONNECTORS if connect else []
        phrases = Phrases(
            min_count=1, threshold=[0.54321, 0.43219], passes=2, connector_words=connectors
        ).fit(learned)
        expected = other
        for found in phrases.table:
            table = {p.words for p in found}
            expected = [join(sentence, table, connectors) for sentence in expected]
        assert list(phrases.transform(iter(other))) == expected
        assert [phrases[sentence] for sentence in other] == expected
        out = io.BytesIO()
        phrases.apply(other, out)
        assert out.getvalue() == text_of(expected)

    def test_over_the_borders_of_what_is_read_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rng = np.random.default_rng(1)
        vocabulary = ["new", "york", "city", "of", "x", "unseen"]
        sentences = [[str(w) for w in rng.choice(vocabulary, 30)] for _ in range(200)]
        found: list[list[tuple[str, ...]]]
        found = [[("new", "york"), ("york", "of", "x")], [("new_york", "city")]]
        rows = [
            f"{number}\t{'_'.join(words)}\t{' '.join(words)}\t1\t1.0\n"
            for number, some in enumerate(found, 1)
            for words in some
        ]
        head = '#w2v-phrases 1\t{"passes": 2}\npass\tphrase\twords\tcount\tscore\n'
        (tmp_path / "table.tsv").write_text(head + "".join(rows))
        phrases = Phrases.load(tmp_path / "table.tsv")
        expected = sentences
        for some in found:
            expected = [join(sentence, some, ["of"]) for sentence in expected]
        (tmp_path / "text").write_bytes(text_of(sentences))
        monkeypatch.setattr(decoding, "_PIECE_BYTES", 16)
        monkeypatch.setattr(splitting, "_PART_CHARACTERS", 11)
        phrases.apply(tmp_path / "text", tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == text_of(expected)
        phrases.fit(tmp_path / "text")  # which reads the same text
        assert phrases.stats[0].tokens == 6000

    def test_before_fit(self) -> None:
        with pytest.raises(W2VError, match="No phrases were looked for yet"):
            Phrases()[["a"]]

    def test_a_sentence_that_is_a_string(self) -> None:
        phrases = Phrases(threshold=0.1, min_count=1).fit([["a", "b"]])
        with pytest.raises(TypeError, match="list of tokens"):
            phrases["a b"]  # type: ignore[index]


class TestPeers:
    """gensim 4 on its own test text; word2phrase.c by what it printed for a text of ours."""

    @pytest.mark.parametrize(
        ("scoring", "theirs", "threshold"), [("gensim", "default", 10.0), ("npmi", "npmi", 0.4)]
    )
    @pytest.mark.parametrize("connectors", [[], ["of", "the", "in", "and", "a", "to"]])
    def test_gensim(
        self, scoring: str, theirs: str, threshold: float, connectors: list[str]
    ) -> None:
        gensim = pytest.importorskip("gensim", reason="gensim is in the bench extra")
        path = Path(gensim.__file__).parent / "test" / "test_data" / "lee_background.cor"
        sentences = [line.lower().split() for line in path.read_text().splitlines()]
        model = gensim.models.phrases.Phrases(
            sentences,
            min_count=3,
            threshold=threshold,
            scoring=theirs,
            connector_words=frozenset(connectors),
        )
        ours = Phrases(
            scoring=scoring, threshold=threshold, min_count=3, connector_words=connectors
        ).fit(sentences)
        expected = model.export_phrases()
        assert len(expected) > 50
        # pairs with more than three connector words inside are not counted among ours
        assert ours.scores == pytest.approx(expected, rel=1e-3 if connectors else 1e-9)
        assert list(ours.transform(sentences)) == [model[sentence] for sentence in sentences]

    def test_word2phrase(self) -> None:
        line = list("abcabdabceadebc")
        out = io.BytesIO()
        Phrases(min_count=1, threshold=1.5).fit([line], output=out)
        # word2phrase -min-count 1 -threshold 1.5, which puts a space before a line
        assert out.getvalue() == b"a_b c a_b d a_b c e a d e b_c\n"


@pytest.mark.parametrize(
    ("sentence", "error"),
    [
        ([["new", "york"]], TypeError),
        ([None], TypeError),
        ([b"new"], TypeError),
        ([1, "a"], TypeError),
        ([""], ValueError),
        (["new\nyork"], ValueError),
        ("new york", TypeError),
        (None, TypeError),
    ],
)
def test_what_is_no_sentence_to_fit_is_none_to_use(sentence: Any, error: type[Exception]) -> None:
    phrases = Phrases(scoring="npmi", threshold=0.5, min_count=1).fit([["new", "york"]] * 3)
    with pytest.raises(error, match="Sentence 1: ") as at_fit:
        Phrases().fit([sentence])
    with pytest.raises(error) as at_use:
        phrases[sentence]
    assert str(at_use.value) == str(at_fit.value)
    with pytest.raises(error, match="Sentence 2: "):
        list(phrases.transform([["a"], sentence]))
    assert phrases[[1, 2]] == ["1", "2"]  # type: ignore[list-item]
