"""The novels are what their page says."""

from __future__ import annotations

import bz2
import re

from w2v.text import AUSTEN, novels


def test_the_text_is_what_its_page_says() -> None:
    with bz2.open(AUSTEN, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    words = [word for line in lines for word in line.split(" ")]
    assert novels.__doc__ is not None
    sizes = re.findall(r"\d+,\d{3}", novels.__doc__)
    assert [f"{len(lines):,}", f"{len(words):,}", f"{len(set(words)):,}"] == sizes
    assert all(re.fullmatch(r"[^\W\d_]+(?:['-][^\W\d_]+)*", word) for word in set(words))
    assert all(word == word.lower() for word in set(words))
    assert min(len(line.split()) for line in lines) == 2
    assert "it is a truth universally acknowledged that a single man in possession" in (
        " ".join(words)
    )
    assert not {"gutenberg", "ebook", "copyright", "transcriber"} & set(words)
