"""What a text looks like that is none, or is raw.

Told by the lines it begins with and by the words that were counted, so that it costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from w2v.text.vocabulary import Vocabulary

_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|mediawiki|rss|tei)\b", re.IGNORECASE)
_DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_FEWEST_LINES = 10
_MOST = 0.9  # of the lines
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
_LONG_STRETCH = 8  # characters; a word of these scripts has two or three
_ENDS = ".,;:!?…\"”’»)]}'،؟।"
_WORDS_LOOKED_AT = 20_000  # the most frequent: most of a text


def looks_like(text: str, *, cut: bool = False) -> str:
    """A sentence on what the beginning of a text looks like, if that is not words; else nothing.

    Parameters
    ----------
    text : str                    The beginning, as it is stored.
    cut : bool                    Whether a tokenizer cuts up what has no spaces.
    """
    if _MARKUP.match(text):
        return (
            "It looks like a web page or XML, whose tags are trained as words; take the text out."
        )
    if not _unspaced(text):
        return _lines_look_like([line.strip() for line in text.split("\n") if line.strip()][:-1])
    if cut:
        return ""
    return (
        "It looks like a text without spaces between words: tokens='characters' (--tokens "
        "characters) makes words of its characters; docs/text.md shows how to find words."
    )


def _lines_look_like(lines: list[str]) -> str:
    """Of lines with something in them."""
    if len(lines) < _FEWEST_LINES:
        return ""
    if _share(line[0] + line[-1] == "{}" for line in lines) >= _MOST:
        return "It looks like JSON, whose braces are trained as words; take the text out."
    for delimiter, name in _DELIMITERS.items():
        count, times = Counter(line.count(delimiter) for line in lines).most_common(1)[0]
        if count and times >= _MOST * len(lines):
            return (
                f"It looks like a table of {count + 1} columns between {name}: say which hold the "
                "words (--group and --token, --columns or --text; in a program w2v.Table)."
            )
    if _share(len(line.split()) == 1 for line in lines) >= _MOST:
        return (
            "It has one word a line, and words are learnt from others on their line: put what "
            "belongs together on one line."
        )
    return ""


def _unspaced(text: str) -> bool:
    stretches = text.split()
    size = sum(map(len, stretches))
    return 2 * len(_UNSPACED.findall(text)) > size > _LONG_STRETCH * len(stretches)


def _share(what: Iterable[bool]) -> float:
    found = list(what)
    return sum(found) / len(found)


class Rawness(NamedTuple):
    """Shares of the tokens of the most frequent words, from 0 to 1."""

    punctuated: float
    """Letters or digits with punctuation at their end: `king,`."""
    capitalised: float
    """With a capital, and more often without: `The`."""


def rawness(vocabulary: Vocabulary) -> Rawness:
    """How much of a text is words in a form that is not their own."""
    words = vocabulary.words[:_WORDS_LOOKED_AT]
    counts = dict(zip(words, vocabulary.counts[: len(words)].tolist(), strict=True))
    punctuated = capitalised = 0
    for word, count in counts.items():
        if word[-1] in _ENDS and word.rstrip(_ENDS)[-1:].isalnum():
            punctuated += count
        elif word[0].isupper() and counts.get(word.lower(), 0) > count:
            capitalised += count
    total = sum(counts.values())
    return Rawness(punctuated / total, capitalised / total)
