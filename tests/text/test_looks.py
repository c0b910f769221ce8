"""What a text is said to look like, told by its first lines and by its words."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from w2v import CorpusError, Tokenizer, Vocabulary, W2VError, Word2Vec
from w2v.text import rawness, read_corpus
from w2v.text.looks import looks_like

PROSE = """It was the time of year, as he said, when boats
came in; and nobody, not even she,
looked up.
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("session,item,time\n" + "1,2,3\n" * 20, "a table of 3 columns between commas"),
        ("1\tA sentence, or two\n" * 20, "a table of 2 columns between tabs"),
        ("a;b\n" * 20, "a table of 2 columns between semicolons"),
        ("item1\nitem2\n" * 20, "has one word a line"),
        ("\n\nitem1\n\n\nitem2\n" * 20, "has one word a line"),
        ("<!DOCTYPE html>\n<p>a</p>\n", "a web page or XML"),
        ('\n<?xml version="1.0"?>\n<a>b</a>', "a web page or XML"),
        ('{"text": "a, b"}\n' * 20, "JSON"),
        ("我来到北京清华大学，他来到了网易。\n" * 20, "without spaces between words"),
        ("東京タワーへ行ったのは昨日でした。\n", "without spaces between words"),
        ("ฉันรักภาษาไทย แต่เขาไม่รู้\n" * 20, "without spaces between words"),
    ],
)
def test_what_is_no_text_of_words(text: str, said: str) -> None:
    assert said in looks_like(text)


@pytest.mark.parametrize(
    "text",
    [
        PROSE * 20,
        "",
        "\n \n",
        "a,b\n" * 5,  # too few to tell
        "user1 logged in from the main web page\n" * 20,
        "the king, the queen\nand so on\n" * 20,
        "我 来到 北京 清华大学\n" * 20,
        "<b> is a word here\n" * 20,
        "यह हिन्दी है और वह भी\n" * 20,
        "one line only " * 5000,
    ],
)
def test_what_is_one(text: str) -> None:
    assert looks_like(text) == ""


def test_a_tokenizer_cuts_what_has_no_spaces() -> None:
    assert looks_like("我来到北京清华大学，他来到了网易。\n" * 20, cut=True) == ""
    assert looks_like("a,b\n" * 20, cut=True)


def test_raw_words() -> None:
    counts = {"the": 50, "The": 10, "king": 20, "king,": 5, "Paris": 9, "May": 3, "may": 2,
              "--": 4, "e.g.": 1, "«ja»": 1, "5%": 5}  # fmt: skip
    punctuated, capitalised = rawness(Vocabulary.from_counts(counts))
    assert punctuated == pytest.approx((5 + 1 + 1) / 110)
    assert capitalised == pytest.approx(10 / 110)


def test_it_stands_in_the_corpus_and_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("s,item\n" + "1,2\n" * 30)
    corpus = read_corpus(tmp_path / "a")
    assert corpus.looks.startswith("It looks like a table of 2 columns between commas")
    (tmp_path / "b").write_text("".join(f"{i},2\n" for i in range(30)))
    with pytest.raises(CorpusError, match=r"No word occurs 5 times: .* It looks like a table of"):
        read_corpus(tmp_path / "b")
    (tmp_path / "c").write_text("我来到北京清华大学他来到了网易。\n" * 20)
    assert "without spaces" in read_corpus(tmp_path / "c").looks
    assert read_corpus(tmp_path / "c", tokenizer=Tokenizer(tokens="characters")).looks == ""


def test_the_library_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Word2Vec, "train", lambda self, *_, **__: self)
    (tmp_path / "a").write_text("s,item,x y\n" + "1,2,3 4\n" * 30)
    model = Word2Vec(backend="numpy")
    warned = pytest.warns(UserWarning, match="It looks like a table of 3 columns between commas")
    with warned, contextlib.suppress(W2VError):  # nothing was trained
        model.fit(tmp_path / "a")
