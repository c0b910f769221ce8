"""Corpora that gensim's users iterate over, and its ways to make words of a text."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from w2v.text import find_files, read_pieces

MAX_WORDS_IN_BATCH = 10_000
_LETTERS = re.compile(r"((?!\d)\w)+")


class LineSentence:
    """A sentence a line, words between white space; may be iterated over again.

    Parameters
    ----------
    source : path, or file open for reading     Compressed files are decompressed.
    max_sentence_length : int                   Longer lines are cut into several sentences.
    limit : int, optional                       Only so many lines.
    """

    def __init__(
        self,
        source: Any,
        max_sentence_length: int = MAX_WORDS_IN_BATCH,
        limit: int | None = None,
    ) -> None:
        self.source, self.max_sentence_length, self.limit = source, max_sentence_length, limit

    def __iter__(self) -> Iterator[list[str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            found: Iterable[Any] = self.source
        elif hasattr(self.source, "read"):
            found = self.source
        else:
            found = _lines_of(self.source)
        for line in islice(found, self.limit):
            yield from _cut(to_unicode(line).split(), self.max_sentence_length)


class PathLineSentences:
    """`LineSentence` of all files of a folder, in the order of their names, or of one file."""

    def __init__(
        self,
        source: str | os.PathLike[str],
        max_sentence_length: int = MAX_WORDS_IN_BATCH,
        limit: int | None = None,
    ) -> None:
        self.source, self.max_sentence_length, self.limit = source, max_sentence_length, limit
        path = os.fspath(source)
        if os.path.isdir(path):
            names = (os.path.join(path, name) for name in sorted(os.listdir(path)))
            self.input_files = [name for name in names if os.path.isfile(name)]
        elif os.path.isfile(path):
            self.input_files = [path]
        else:
            raise ValueError(f"{path} is no file and no folder. Give one that is there.")

    def __iter__(self) -> Iterator[list[str]]:
        for name in self.input_files:
            yield from LineSentence(name, self.max_sentence_length, self.limit)


class Text8Corpus:
    """One long line of words, such as text8, cut into sentences of equal length."""

    def __init__(self, fname: Any, max_sentence_length: int = MAX_WORDS_IN_BATCH) -> None:
        self.fname, self.max_sentence_length = fname, max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        words: list[str] = []
        for piece in read_pieces(_files(self.fname)):
            words += piece.split()
            while len(words) >= self.max_sentence_length:
                yield words[: self.max_sentence_length]
                del words[: self.max_sentence_length]
        if words:
            yield words


def simple_preprocess(
    doc: str | bytes, deacc: bool = False, min_len: int = 2, max_len: int = 15
) -> list[str]:
    """The words of a text in lower case, without numbers, and those that are short or long.

    Parameters
    ----------
    deacc : bool               Whether accents are left out.
    min_len, max_len : int     Letters of a word.
    """
    words = tokenize(doc, lower=True, deacc=deacc, errors="ignore")
    return [word for word in words if min_len <= len(word) <= max_len and word[0] != "_"]


def tokenize(
    text: str | bytes, lower: bool = False, deacc: bool = False, errors: str = "strict"
) -> Iterator[str]:
    """Runs of letters of a text, without digits."""
    text = to_unicode(text, errors=errors)
    text = text.lower() if lower else text
    for found in _LETTERS.finditer(deaccent(text) if deacc else text):
        yield found.group()


def deaccent(text: str | bytes) -> str:
    """The text without accents."""
    parts = unicodedata.normalize("NFD", to_unicode(text))
    kept = "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", kept)


def to_unicode(text: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """A text that may be bytes."""
    return text if isinstance(text, str) else str(text, encoding, errors=errors)


def _files(source: Any) -> list[str]:
    return find_files([source])


def _lines_of(source: Any) -> Iterator[str]:
    """Lines of a file, however long they are."""
    rest = ""
    for piece in read_pieces(_files(source)):
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest


def _cut(words: list[str], most: int) -> Iterator[list[str]]:
    """A line as sentences of so many words; none of an empty one."""
    for first in range(0, len(words), most):
        yield words[first : first + most]
