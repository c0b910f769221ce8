"""What a text looks like: raw, a table, or without spaces between words.

Told by the lines it begins with and by the words that were counted, so that it costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from w2v.text.vocabulary import Vocabulary

_DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_FEWEST_LINES = 10
_MOST = 0.9  # of the lines
_WORDS_LOOKED_AT = 20_000  # the most frequent: most of a text
_ENDS = ".,;:!?…\"”’»)]}'"
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LONG_STRETCH = 8  # characters; Chinese words have two or three


class Layout(NamedTuple):
    """The first lines of a text."""

    columns: int = 0
    """Of a table, or 0."""
    delimiter: str = ""
    """What is between them, in the plural: commas."""
    single: bool = False
    """Whether lines have one token each."""
    unspaced: bool = False
    """Whether it is Chinese or Japanese without spaces between words."""


def layout(text: str) -> Layout:
    """What the beginning of a text says of the whole."""
    lines = [line for line in text.split("\n") if line.strip()][:-1]  # the last one may be cut
    stretches = text.split()
    characters = len(_UNSPACED.findall(text))
    unspaced = 2 * characters > len("".join(stretches)) > _LONG_STRETCH * len(stretches)
    if len(lines) < _FEWEST_LINES:
        return Layout(unspaced=unspaced)
    for delimiter, name in _DELIMITERS.items():
        found, times = Counter(line.count(delimiter) for line in lines).most_common(1)[0]
        if found and times >= _MOST * len(lines):
            return Layout(columns=found + 1, delimiter=name)
    single = sum(len(line.split()) == 1 for line in lines) >= _MOST * len(lines)
    return Layout(single=single and not unspaced, unspaced=unspaced)


class Rawness(NamedTuple):
    """Shares of the tokens among the most frequent words, each from 0 to 1."""

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
