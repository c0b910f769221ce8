"""Phrases: counted, scored and joined as plain loops do it, and as gensim does."""

from __future__ import annotations

import gzip
import io
import math
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v import ConfigError, CorpusError, OutputError, Phrases, W2VError
from w2v.cli import main
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


class TestTable:
    def fitted(self) -> Phrases:
        text = [["bank", "of", "new", "york"], ["bank", "of", "new", "york", "city"]] * 3
        return Phrases(
            scoring="npmi", threshold=[0.3, 0.2], min_count=3, passes=2, connector_words=["of"]
        ).fit(text)

    def test_what_is_saved_is_loaded(self, tmp_path: Path) -> None:
        phrases = self.fitted()
        phrases.save(tmp_path / "table.tsv")
        again = Phrases.load(tmp_path / "table.tsv")
        for found, expected in zip(again.table, phrases.table, strict=True):
            assert [(p.words, p.phrase, p.count) for p in found] == [
                (p.words, p.phrase, p.count) for p in expected
            ]
            assert [p.score for p in found] == pytest.approx([p.score for p in expected], rel=1e-5)
        assert any(len(p.words) == 3 for p in phrases.table[0] + phrases.table[1])
        assert again.thresholds == [0.3, 0.2]
        assert again.connector_words == ("of",)
        again.save(tmp_path / "again.tsv")
        assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "table.tsv").read_bytes()

    def test_tables_of_other_systems_and_packed_ones_are_read(self, tmp_path: Path) -> None:
        phrases = self.fitted()
        phrases.save(tmp_path / "table.tsv")
        content = (tmp_path / "table.tsv").read_bytes()
        for other in (
            content.replace(b"\n", b"\r\n"),
            b"\xef\xbb\xbf" + content,
            gzip.compress(content),
        ):
            (tmp_path / "other.tsv").write_bytes(other)
            again = Phrases.load(tmp_path / "other.tsv")
            again.save(tmp_path / "again.tsv")
            assert (tmp_path / "again.tsv").read_bytes() == content

    def test_a_table_of_a_later_version_says_so(self, tmp_path: Path) -> None:
        self.fitted().save(tmp_path / "table.tsv")
        content = (tmp_path / "table.tsv").read_bytes()
        (tmp_path / "table.tsv").write_bytes(content.replace(b"phrases 1\t", b"phrases 2\t", 1))
        with pytest.raises(
            CorpusError, match=r"has version 2 of the table of phrases, and this w2"
        ):
            Phrases.load(tmp_path / "table.tsv")

    def test_scores_are_best_first(self) -> None:
        scores = list(self.fitted().scores.values())
        assert scores == sorted(scores, reverse=True)
        assert len(scores) >= 2

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("1\ta_b\ta b\t5", "line 3: expected a pass from 1, a phrase"),
            ("3\ta_b\ta b\t5\t1.0", "line 3: expected a pass from 1 to 2"),
            ("1\ta_b\ta\t5\t1.0", "its 2 to 5 words"),
            ("1\ta b\ta b\t5\t1.0", "got '1.ta b"),
            ("1\ta_b\ta b\tmany\t1.0", "line 3"),
        ],
    )
    def test_damaged_lines(self, tmp_path: Path, line: str, message: str) -> None:
        path = tmp_path / "table.tsv"
        self.fitted().save(path)
        head = path.read_text().split("\n")[:2]
        path.write_text("\n".join([*head, line, ""]))
        with pytest.raises(CorpusError, match=message):
            Phrases.load(path)

    @pytest.mark.parametrize(
        "text", ["", "the 5\n", '#w2v-phrases 1\t{"scoring": "x"}\n', "#w2v-phrases 1\t[1]\n"]
    )
    def test_other_files(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "other").write_text(text)
        with pytest.raises(CorpusError, match="is not a table of phrases"):
            Phrases.load(tmp_path / "other")

    def test_files_that_cannot_be_read_or_written(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"Cannot read .*none\.tsv: No such file"):
            Phrases.load(tmp_path / "none.tsv")
        for content, message in [
            (b"caf\xe9", "is not a UTF-8 text file"),
            (b"\xff\xfe", "is UTF-16 text"),
            (b"", "is not a table of phrases"),
        ]:
            (tmp_path / "odd").write_bytes(content)
            with pytest.raises(CorpusError, match=message):
                Phrases.load(tmp_path / "odd")
        with pytest.raises(OutputError, match="is not a folder"):
            self.fitted().save(tmp_path / "none" / "table.tsv")


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


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["phrases", *map(str, arguments)], input=stdin)


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


class TestCommand:
    @pytest.fixture
    def corpus(self, tmp_path: Path) -> Path:
        path = tmp_path / "corpus.txt"
        path.write_text("i love new york city\nnew york city is big\n\nbig apple\n" * 4)
        return path

    def test_flags_of_word2phrase(self, corpus: Path, tmp_path: Path) -> None:
        out = tmp_path / "corpus-phrase"
        result = run(
            "-train", corpus, "-output", out, "-threshold", 2, "-min-count", 2, "-debug", 2
        )
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert re.search(
            r"found     \d phrases among \d pairs of words in a text of 48 words", result.stderr
        )
        assert out.read_text().startswith(
            "i_love new_york city\nnew_york city_is big\n\nbig_apple\n"
        )
        quiet = run("-train", corpus, "-output", out, "-threshold", 2, "-debug", 0)
        assert (quiet.exit_code, quiet.output) == (0, "")

    def test_a_filter(self, corpus: Path, tmp_path: Path) -> None:
        table = tmp_path / "table.tsv"
        options = ["--threshold", 4, "--threshold", 3.2, "--min-count", 2, "--passes", 2]
        text = corpus.read_bytes()
        found = run("-", *options, "--save", table, stdin=text)
        assert found.exit_code == 0, found.output
        assert found.stdout_bytes.count(b"\n") == text.count(b"\n")
        assert b"new_york_city" in found.stdout_bytes
        again = run("-", "--load", table, stdin=text)
        assert again.stdout_bytes == found.stdout_bytes
        assert run(corpus, "-o", "-", *options).stdout_bytes == found.stdout_bytes
        assert sorted(os.listdir(tmp_path)) == ["corpus.txt", "table.tsv"]

    def test_one_threshold_for_each_pass(self, corpus: Path, tmp_path: Path) -> None:
        table = tmp_path / "table.tsv"
        options = ["--passes", 2, "--threshold", 2, "--threshold", 3, "--min-count", 2]
        assert run(corpus, *options, "--save", table, "-q").exit_code == 0
        assert Phrases.load(table).thresholds == [2.0, 3.0]

    def test_connectors_and_delimiter(self, tmp_path: Path) -> None:
        text = b"the bank of america\na bank of america\n" * 5
        options = ["--connectors", "of the a", "--delimiter", "-", "--score", "npmi"]
        result = run("-", *options, stdin=text)
        assert result.stdout.startswith("the bank-of-america\na bank-of-america\n")

    @pytest.mark.parametrize(
        ("options", "code", "message"),
        [
            (["--threshold", "-1"], 2, "--threshold of the score word2phrase must be a finite"),
            (["--score", "default"], 2, "'default' is not one of"),
            (["--passes", "2", "--threshold", "1", "--threshold", "2", "--threshold", "3"], 2,
             "--threshold must be one number, or one for each of 2 passes"),
            (["--min-count", "-1"], 2, "--min-count must be at least 0, got -1"),
            (["--load", "table.tsv", "--passes", "2"], 2, "--passes has no meaning beside --load"),
            (["--load", "none.tsv"], 1, "Cannot read none.tsv"),
            (["-o", "none/out.txt"], 1, "is not a folder"),
            (["-o", "corpus.txt"], 2, "--output would overwrite the input"),
            (["-o", "same", "--save", "same"], 2, "--output and --save are the same file"),
        ],
    )  # fmt: skip
    def test_refusals(
        self, corpus: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int,
        message: str,
    ) -> None:  # fmt: skip
        monkeypatch.chdir(corpus.parent)
        result = run("corpus.txt", *options)
        assert result.exit_code == code, result.output
        assert re.search(message, result.stderr), result.stderr
        assert result.stdout == ""
        assert "Traceback" not in result.output
        assert os.listdir(corpus.parent) == ["corpus.txt"]

    def test_no_text(self) -> None:
        result = run()
        assert result.exit_code == 2
        assert "No text was given" in result.stderr

    def test_a_reader_that_leaves(self, tmp_path: Path) -> None:
        command = (
            f"yes 'a b c d' | head -n 400000 | {sys.executable} -m w2v phrases - -q | head -n 1"
        )
        done = subprocess.run(
            ["bash", "-c", command + "; exit ${PIPESTATUS[2]}"],
            capture_output=True, text=True, check=False, cwd=Path(w2v.__file__).parents[1],
        )  # fmt: skip
        assert done.stdout == "a b c d\n"
        assert "Traceback" not in done.stderr
