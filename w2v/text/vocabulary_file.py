"""Words in a file: one a line, with its count where it is a vocabulary's."""

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError, quoted
from w2v.files import read_lines

SENTENCE_END = "</s>"
"""The first line of every vocabulary that word2vec.c writes; no word, in a text neither."""


def counts_text(words: Iterable[str], counts: NDArray[np.int64]) -> str:
    """One `word count` a line."""
    return "".join(f"{word} {count}\n" for word, count in zip(words, counts.tolist(), strict=True))


def read_counts(path: str | os.PathLike[str]) -> dict[str, int]:
    """Words and counts that `counts_text` or word2vec.c gave, without the sentence end of that.

    Raises
    ------
    CorpusError
        The file cannot be read or holds no words, or a line is not a new word and its count.
    """
    name = os.fspath(path)
    counts: dict[str, int] = {}
    lines = read_lines(path, "the vocabulary", CorpusError, ends_in_break=True)
    for number, line in enumerate(lines, start=1):
        word, count = _parse(line, f"{name}, line {number}")
        if word in counts:
            raise CorpusError(f"{name}, line {number}: {quoted(word)} was listed before.")
        counts[word] = count
    counts.pop(SENTENCE_END, None)
    if not counts:
        raise CorpusError(f"{name} holds no words; expected lines of a word and its count.")
    return counts


def read_words(path: str | os.PathLike[str]) -> list[str]:
    """Words of a file, one a line; a count after it, as `Vocabulary.save` writes, is passed over.

    Raises
    ------
    CorpusError
        The file cannot be read, holds no words, or a line is something else.
    """
    name = os.fspath(path)
    words = []
    for number, line in enumerate(read_lines(path, "the list of words", CorpusError), start=1):
        fields = line.split()
        if len(fields) > 2 or (len(fields) == 2 and not fields[1].isdecimal()):
            found = quoted(line.strip())
            raise CorpusError(f"{name}, line {number}: expected one word, got {found}.")
        words += fields[:1]
    if not words:
        raise CorpusError(f"{name} holds no words; expected one a line.")
    return words


def _parse(line: str, place: str) -> tuple[str, int]:
    fields = line.split()
    try:
        word, count = fields[0], int(fields[1])
        fits = len(fields) == 2 and (1 if word != SENTENCE_END else 0) <= count < 2**63
    except (IndexError, ValueError):
        fits = False
    if not fits:
        raise CorpusError(
            f"{place}: expected a word and a count of at least 1 (and below 2**63), got "
            f"{quoted(line.strip())}."
        )
    return word, count
