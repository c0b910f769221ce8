"""Raw text to tokens: known answers in many languages, and laws."""

from __future__ import annotations

import re
import tracemalloc
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2v import ConfigError, Tokenizer
from w2v.text import TOKENS, Dictionary, tokenizing
from w2v.text.splitting import split_ahead

UNICODE = Tokenizer(tokens="unicode")
LOWER = Tokenizer(tokens="unicode", lower=True)
STRIP = Tokenizer(strip_punctuation=True)
BARE = Tokenizer(strip_accents=True)
CHARACTERS = Tokenizer(tokens="characters")


@pytest.mark.parametrize(
    ("tokenizer", "text", "expected"),
    [
        (LOWER, "Don't panic: it’s 3.14, not 1,000!", "don't panic it's 3.14 not 1,000"),
        (LOWER, "A well-known house—in the U.S.A.", "a well known house in the u.s.a"),
        (LOWER, "Die Straße, das ÖL und STRAẞE.", "die straße das öl und straße"),
        (LOWER, "İstanbul'da ISI", "istanbul'da isi"),
        (Tokenizer(lower=True, turkish=True), "İstanbul'da ISI", "istanbul'da ısı"),
        (LOWER, "ΟΔΟΣ, Σίσυφος", "οδος σίσυφος"),
        (LOWER, "السلام عليكم، كيف حالك؟", "السلام عليكم كيف حالك"),
        (LOWER, "मैं हिन्दी में लिखता हूँ।", "मैं हिन्दी में लिखता हूँ"),
        (LOWER, "한국어 문장, 둘.", "한국어 문장 둘"),
        (UNICODE, "我爱北京。", "我 爱 北 京"),
        (UNICODE, "東京タワー", "東 京 タワー"),
        (CHARACTERS, "2008年我用Python写了API。", "2008 年 我 用 Python 写 了 API"),
        (CHARACTERS, "東京タワー", "東 京 タ ワ ー"),
        (CHARACTERS, "ภูมิ", "ภู มิ"),
        (UNICODE, "foo_bar(camelCase, __init__)", "foo_bar camelCase __init__"),
        (UNICODE, "👍🏽 so 😀😀 ❤️🇩🇪© ->", "👍🏽 so 😀 😀 ❤️ 🇩🇪"),
        (Tokenizer(lower=True), "I said: “No!”", "i said: “no!”"),
        (STRIP, "“Oh,” -- (he) well-known, $5 a.b.", "Oh he well-known 5 a.b"),
        (STRIP, "_Very_ है। ❤️ +", "Very है"),
        (BARE, "Café ÅNGSTRÖM ñ ø ß đ việt", "Cafe ANGSTROM n ø ß đ viet"),
        (BARE, "ά Ή й ё за\u0301мок", "α Η й ё замок"),
        (BARE, "हिन्दी مُدَرِّس ภูมิ שָׁלוֹם", "हिन्दी مُدَرِّس ภูมิ שָׁלוֹם"),
        (STRIP, "cafe\u0301 café co\u00adop \ufeffx \u200ey", "café café coop x y"),
    ],
)  # fmt: skip
def test_known_answers(tokenizer: Tokenizer, text: str, expected: str) -> None:
    assert " ".join(tokenizer.tokens_of(text)) == expected
    assert "".join(tokenizer.lines([text + "\n"])) == expected + "\n"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One line\nand the same. Two! Three?", ["One line and the same.", "Two!", "Three?"]),
        ("CHAPTER I.\n\nIt began", ["CHAPTER I.", "It began"]),
        ("No stop\n \t\n\nhere", ["No stop", "here"]),
        ("Mr. Smith met J. R. Jones, e.g. in the U.S. West.", None),
        ("It was 3.14 on 12. Mai, z.B. dort", None),
        ("It was 1999. Then 2000.", ["It was 1999.", "Then 2000."]),
        ('"What?" she said. "Oh!" So', ['"What?" she said.', '"Oh!"', "So"]),
        ("我爱你。他说：“走吧！”然后走了。", ["我爱你。", "他说：“走吧！”", "然后走了。"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("كيف حالك؟ أنا بخير.", ["كيف حالك؟", "أنا بخير."]),
        ("...", ["..."]),
        (" \n\n ", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_sentences(text: str, sentences: list[str] | None, size: int) -> None:
    """None stands for one; however the text is cut, inside a word too."""
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    found = "".join(Tokenizer(split_sentences=True).lines(pieces))
    assert found == "".join(f"{line}\n" for line in ([text] if sentences is None else sentences))


def tokenizers() -> st.SearchStrategy[Tokenizer]:
    flags = {name: st.booleans() for name in ("lower", "strip_punctuation", "strip_accents")}
    return st.builds(Tokenizer, tokens=st.sampled_from(TOKENS), **flags)


TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \n\t .,'’-_!aAbİIiΣσé\u0301\u200b\u200d\ufeff我ター😀🇩1।ภูक\u093f"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=40,
)


@given(tokenizers(), TEXTS)
def test_laws(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokens_of(text)
    joined = " ".join(tokens)
    assert joined.split() == tokens
    assert tokenizer.tokens_of(joined) == tokens
    assert "".join(tokenizer.lines([text])).split() == tokens
    assert [line.split() for line in "".join(tokenizer.lines([text])).split("\n")] == [
        tokenizer.tokens_of(line) for line in text.split("\n")
    ]


@given(
    st.text(
        st.sampled_from("aB1.,:;'’_-!éİ\u0301\u200d\ufe0fשג\"我タ한ก์😀👍🏽🇩❤#1\u20e3अि"),
        max_size=12,
    )
)
def test_words_are_those_between_the_boundaries_of_unicode(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    parts = regex.split(r"(?wV1)\b", text)
    emoji = r"\p{Emoji_Presentation}|\p{RI}|\p{Emoji}\uFE0F"
    word = rf"(?:\w|{emoji}).*(?<=[\p{{Alphabetic}}\p{{N}}]|{emoji}).*"
    expected = [part.replace("’", "'") for part in parts if regex.fullmatch(word, part)]
    assert UNICODE.tokens_of(text) == expected


@given(st.lists(TEXTS), st.booleans())
def test_pieces_make_no_difference(pieces: list[str], sentences: bool) -> None:
    """Pieces of a text that is cut at white space."""
    tokenizer = Tokenizer(tokens="unicode", lower=True, split_sentences=sentences)
    pieces = [f"{piece} " for piece in pieces]
    assert "".join(tokenizer.lines(pieces)) == "".join(tokenizer.lines(["".join(pieces)]))


@given(TEXTS)
def test_a_plain_one_changes_no_token(text: str) -> None:
    assert Tokenizer().tokens_of(text) == text.split()
    assert "".join(Tokenizer().lines([text])) == "\n".join(
        " ".join(line.split()) for line in text.split("\n")
    )


@given(st.lists(TEXTS), tokenizers(), st.booleans())
def test_texts_by_themselves(texts: list[str], tokenizer: Tokenizer, sentences: bool) -> None:
    found = "".join(tokenizer.lines_of(texts)).split()
    assert found == [token for text in texts for token in tokenizer.tokens_of(text)]


def test_texts_do_not_run_on() -> None:
    lines = "".join(Tokenizer(split_sentences=True).lines_of(["a b", "C. d", "e"]))
    assert lines == "a b\nC. d\ne\n"
    assert "".join(Tokenizer(lower=True).lines_of(["A\nb", "", "c"])) == "a b\n\nc\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"tokens": "words"},
            "`tokens` must be one of whitespace, unicode, characters; got 'words'",
        ),
        ({"lower": "tr"}, "`lower` must be True or False, got 'tr'"),
        ({"turkish": True}, "`turkish` has a meaning only with `lower`"),
    ],
)
def test_options_that_are_none(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Tokenizer(**options)  # type: ignore[arg-type]


def test_long_stretches_of_punctuation_take_no_time() -> None:
    """What is tried again from each place would take minutes here."""
    tokenizer = Tokenizer(strip_punctuation=True)
    assert tokenizer.tokens_of("a" + "-" * 300_000 + "b" + "-" * 300_000) == [
        "a" + "-" * 300_000 + "b"
    ]
    assert Tokenizer(tokens="unicode").tokens_of("-" * 300_000) == []


def test_memory_does_not_grow_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """One paragraph in which each stretch is new."""
    monkeypatch.setattr(tokenizing, "_MOST_KNOWN", 1 << 12)
    tokenizer = Tokenizer(tokens="unicode", lower=True, split_sentences=True)

    def peak(pieces: int) -> int:
        text = ("".join(f"W{1000 * piece + i},\n" for i in range(1000)) for piece in range(pieces))
        tracemalloc.start()
        try:
            words = sum(piece.count(" ") for piece in tokenizer.lines(text))
            assert words == 1000 * pieces - 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(60) < 1.2 * peak(12)


def words_of_lines(pieces: Iterable[str]) -> list[list[str]]:
    """What a dictionary makes of a text, a list for each line that has words."""
    dictionary = Dictionary()
    lines: list[list[int]] = [[]]
    for lengths, ids, *_ in dictionary.encode(split_ahead(pieces)):
        at = 0
        for number, length in enumerate(lengths):
            if number:
                lines.append([])
            lines[-1] += ids[at : at + length].tolist()
            at += length
    words = dictionary.take(np.arange(len(dictionary)))
    return [[words[one] for one in line] for line in lines if line]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    "options",
    [
        {"lower": True},
        {"tokens": "unicode", "lower": True, "turkish": True},
        {"tokens": "unicode", "split_sentences": True},
        {"tokens": "characters", "strip_accents": True},
        {"strip_punctuation": True, "split_sentences": True},
    ],
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(alphabet="aI İé.,!-'_7\n \u00a0我“”", max_size=200))
def test_counted_words_are_those_of_the_text(
    options: dict[str, Any], size: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who counts takes a quicker way than through the text."""
    monkeypatch.setattr("w2v.text.splitting._CUT_CHARACTERS", size)
    tokenizer = Tokenizer(**options)
    pieces = re.findall(r"\S*\s|\S+$", text)
    whole = "".join(tokenizer.lines(pieces))
    expected = [line.split() for line in whole.split("\n") if line.split()]
    assert words_of_lines(tokenizer.lines(pieces)) == expected
