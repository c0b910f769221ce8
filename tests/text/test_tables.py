"""Tables as sentences: cells as words and as texts, and training on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from plays import GROUPED, LINES, PLAYS, QUICK, lines

from w2v import ConfigError, CorpusError, Phrases, Table, Tokenizer, Word2Vec


class TestWords:
    def test_types(self) -> None:
        import datetime
        import decimal

        day = datetime.date(2024, 1, 31)
        table = {
            "int": pa.array([7, None]),
            "float": pa.array([7.0, 2.5]),
            "large": pa.array([1e15, float("nan")]),
            "half": pa.array([np.float16(3), None], pa.float16()),
            "bool": [True, None],
            "day": [day, None],
            "time": [datetime.datetime(2024, 1, 31, 9, 5), None],
            "decimal": [decimal.Decimal("7.50"), None],
            "category": pa.array(["x y", None]).dictionary_encode(),
            "bytes": pa.array([b"abc", None]),
            "view": pa.array(["v", None], pa.string_view()),
            "nothing": pa.nulls(2),
            "blank": ["  ", ""],
        }
        assert lines(table, columns="all") == (
            "7 7 1000000000000000 3 true 2024-01-31 2024-01-31_09:05:00.000000 7.50 x_y abc v\n"
            "2.5\n"
        )

    def test_white_space_of_every_kind(self) -> None:
        table = Table({"t": ["\u3000a\u00a0 b\n", "c", "\t", "d\u2028e"]}, columns="all")
        assert "".join(table.pieces()) == "a_b\nc\nd_e\n"
        assert table.stats.spaced == 2
        assert dict(table.stats.dropped) == {"a word": 1}

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            (pa.array([{"a": 1}]), r"'c' holds struct<a: int64>, and a word must be"),
            (pa.array([b"\xff"]), r"'c' \(binary\) cannot be read as text: Invalid UTF8"),
            (pa.array([[1]]), r"'c' holds list<"),
            (pa.array(["a\0b"]), r"NUL character in a cell, after 'a'"),
        ],
    )
    def test_what_is_no_word(self, column: Any, message: str) -> None:
        with pytest.raises(CorpusError, match=message):
            lines(pa.table({"c": column}), columns=["c"])

    def test_lists(self) -> None:
        table = pa.table(
            {
                "user": [1, 2, 1, 3],
                "at": [2, 1, 1, 1],
                "items": [[5, 6], [7, None], [], None],
            }
        )
        assert lines(table, token="items") == "5 6\n7\n\n\n"
        found = Table(table, group="user", order="at", token="items")
        assert "".join(found.pieces()) == "5 6\n7\n"
        assert dict(found.stats.dropped) == {"items": 2}
        fixed = pa.table({"items": pa.array([["a b", "c"], ["d", "e"]], pa.list_(pa.string(), 2))})
        assert lines(fixed, token="items") == "a_b c\nd e\n"

    def test_columns_of_a_dictionary_hold_one_type(self) -> None:
        with pytest.raises(CorpusError, match=r"column 'a' is no list of values of one type"):
            lines({"a": [1, "x"]}, columns="all")
        with pytest.raises(CorpusError, match=r"column 'a' is no list of values of one type"):
            lines({"a": [2**63]}, columns="all")


class TestText:
    TEXTS = pa.table({"body": ["One. Two\nthree!", None, "Four", ""]})

    def test_each_cell_is_a_line(self) -> None:
        table = Table(self.TEXTS, text="body")
        assert "".join(table.pieces()) == "One. Two three!\nFour\n"
        assert dict(table.stats.dropped) == {"body": 2}

    def test_tokenizer(self) -> None:
        tokenizer = Tokenizer(tokens="unicode", lower=True)
        table = Table(self.TEXTS, text="body")
        assert "".join(table.pieces(tokenizer=tokenizer)) == "one two three\nfour\n"
        split = Tokenizer(lower=True, strip_punctuation=True, split_sentences=True)
        text = "".join(table.pieces(tokenizer=split))
        assert [line for line in text.split("\n") if line] == ["one", "two three", "four"]

    def test_words_are_not_cut_again(self) -> None:
        with pytest.raises(ConfigError, match="whose cells are words"):
            Table(PLAYS, **GROUPED).pieces(tokenizer=Tokenizer(lower=True))
        assert "".join(Table(PLAYS, **GROUPED).pieces(tokenizer=Tokenizer())) == LINES


class TestEverywhere:
    def test_a_table_and_the_text_made_of_it_give_the_same_vectors(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        frame = {"g": rng.integers(0, 300, 4000), "t": rng.integers(0, 99, 4000)}
        frame["w"] = rng.integers(0, 50, 4000)
        table = Table(frame, group="g", order="t", token="w")
        (tmp_path / "text.txt").write_text("".join(table.pieces()))
        a, b = (Word2Vec(**QUICK).fit(source) for source in (table, tmp_path / "text.txt"))
        assert a.vectors.words == b.vectors.words
        assert a.vectors.matrix.tobytes() == b.vectors.matrix.tobytes()
        assert a.report["table"]["rows"] == 4000
        assert a.report["table"]["groups"] == a.report["sentences"] == 300
        assert b.report["table"] is None
        more = a.partial_fit(table)
        assert more.report["tokens"]["read"] == 4000

    def test_phrases(self, tmp_path: Path) -> None:
        frame = {"g": [i // 3 for i in range(60)], "w": ["new", "york", "x"] * 20}
        table = Table(frame, group="g", token="w")
        phrases = Phrases(min_count=5, threshold=1).fit(table, output=tmp_path / "out.txt")
        assert (tmp_path / "out.txt").read_text().startswith("new_york")
        phrases.apply(table, tmp_path / "again.txt")
        assert (tmp_path / "again.txt").read_text() == (tmp_path / "out.txt").read_text()


def test_a_table_is_shown_by_its_columns() -> None:
    table = Table({"a": [1], "b": [2]}, group="a", token="b")
    assert repr(table) == "<Table: group='a', token='b'>"
