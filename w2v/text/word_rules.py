"""What becomes of a stretch of text without white space: its tokens, by the rules of Unicode.

The boundaries of words (UAX #29) are those of the library `regex`, which follows each version of
the standard. It is imported by who is called.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

Cut = Callable[[str], Iterable[str]]

# what nobody sees: soft hyphen, byte order mark, direction marks; and a space without a width
_INVISIBLE: dict[int, str | None] = {
    **dict.fromkeys([0xAD, 0x61C, 0x200E, 0x200F, 0xFEFF]),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2060, 0x206A)]),
    0x200B: " ",
}
_ANY_INVISIBLE = re.compile(f"[{''.join(map(chr, _INVISIBLE))}]")
_APOSTROPHE = re.compile("[‘’＇]")


def rules(
    *,
    tokens: str,
    lower: bool,
    turkish: bool,
    strip_punctuation: bool,
    strip_accents: bool,
    **_: Any,
) -> Callable[[str], str]:
    """A function from a stretch without white space to its tokens, single spaces between them.

    Parameters
    ----------
    As of `Tokenizer`.
    """
    cut = str.split if tokens == "whitespace" else _words(tokens == "characters")
    strip = _stripped() if strip_punctuation else None
    bare = _without_accents() if strip_accents else None

    def apply(stretch: str) -> str:
        ascii_only = stretch.isascii()
        if not ascii_only:
            if _ANY_INVISIBLE.search(stretch):
                stretch = stretch.translate(_INVISIBLE)
            stretch = unicodedata.normalize("NFC", stretch)
        if turkish:
            stretch = stretch.replace("I", "ı")
        if lower:  # else İ would become i with a second dot
            stretch = stretch.replace("İ", "i").lower()
        if ascii_only and stretch.isalnum():
            return stretch
        found = cut(stretch)
        if strip is not None:
            found = map(strip, found)
        if bare is not None and not ascii_only:
            found = map(bare, found)
        return " ".join(filter(None, found))

    return apply


def _words(characters: bool) -> Cut:
    """Cut at the boundaries of words, and keep those with a letter, a digit or an emoji."""
    import regex

    emoji = r"\p{Emoji_Presentation}|\p{RI}|\p{Emoji}(?=\uFE0F)"
    word = regex.compile(rf"\b(?:\w|{emoji})(?:\B.)*+", regex.WORD | regex.V1)
    sounded = regex.compile(rf"[\p{{Alphabetic}}\p{{N}}]|{emoji}", regex.V1)
    single = regex.compile(r"[\p{Katakana}ー]\p{M}*|[^\p{Katakana}ー]+", regex.V1)

    def cut(stretch: str) -> list[str]:
        found: list[str] = word.findall(stretch)
        for i, part in enumerate(found):
            if not part.isalnum():  # else it is nothing but letters
                found[i] = _APOSTROPHE.sub("'", part) if sounded.search(part) else ""
        if characters:  # the one script without spaces whose words the standard keeps together
            found = [one for part in found for one in single.findall(part)]
        return found

    return cut


def _stripped() -> Callable[[str], str]:
    """Cut punctuation and symbols off both ends, with the marks that belong to them."""
    import regex

    start = regex.compile(r"[\p{P}\p{S}\p{M}\p{Cf}]+", regex.V1)
    end = regex.compile(r"(?r)(?:[\p{P}\p{S}][\p{M}\p{Cf}]*)+", regex.V1)

    def strip(word: str) -> str:
        if word.isalnum():
            return word
        if begin := start.match(word):
            word = word[begin.end() :]
        if rest := end.match(word):
            word = word[: rest.start()]
        return word

    return strip


def _without_accents() -> Callable[[str], str]:
    """Take the marks off letters of Latin and Greek, and stress marks off those of Cyrillic."""
    import regex

    marked = regex.compile(r"(?<=[\p{Latin}\p{Greek}])\p{Mn}+", regex.V1)
    stressed = regex.compile(r"(?<=\p{Cyrillic})[\u0300\u0301]+", regex.V1)

    def bare(word: str) -> str:
        word = marked.sub("", unicodedata.normalize("NFD", word))
        plain: str = stressed.sub("", unicodedata.normalize("NFC", word))
        return plain

    return bare
