"""Sentences that a program gives, lists of tokens: checked, and made into lines of text."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NoReturn

import numpy as np

from w2v.text.vocabulary import A_WORD, are_words, is_word
from w2v.words import is_whole_number

TO_READ_FILES = "To read files, give `fit` or `read_corpus` one path, or a list of pathlib.Path."

_BATCH_TOKENS = 1 << 14


def as_text(sentences: Iterable[object]) -> Iterator[str]:
    """Sentences as lines of text, some at a time."""
    for batch in checked_sentences(sentences):
        yield "".join([" ".join(sentence) + "\n" for sentence in batch])


def checked_sentences(sentences: Iterable[object]) -> Iterator[list[list[str]]]:
    """Copies of some sentences at a time; whole numbers are words, where all tokens are.

    Raises
    ------
    TypeError
        A sentence is no list, tuple or array, or a token is no str nor int.
    ValueError
        A token is one that no file could hold.
    """
    numbers: bool | None = None
    for first, batch in _batches(sentences):
        try:
            fit, whole = are_words(list(set(chain.from_iterable(batch)))), False
        except TypeError:  # a token that is no str
            fit = whole = all(map(is_whole_number, chain.from_iterable(batch)))
        if any(batch):
            fit = fit and numbers in (None, whole)
            numbers = whole
        if not fit:
            _refuse_token(first, batch)
        yield [list(map(str, sentence)) for sentence in batch] if whole else batch


def texts(values: Iterable[object]) -> Iterator[str]:
    """Texts that a tokenizer is to read, each a str."""
    for number, value in enumerate(values, start=1):
        if not isinstance(value, str):
            raise TypeError(
                f"Text {number}: with a tokenizer each text must be a str, got {shown(value)}. "
                "Tokens in lists are read without one."
            )
        if "\0" in value or not _is_utf8(value):
            raise ValueError(f"Text {number}: must be UTF-8 text without NUL, got {shown(value)}.")
        yield value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _batches(sentences: Iterable[object]) -> Iterator[tuple[int, list[list[str]]]]:
    """(number of the first sentence, copies of some sentences)."""
    first = 1
    batch: list[list[str]] = []
    size = 0
    for number, sentence in enumerate(sentences, start=1):
        if isinstance(sentence, np.ndarray):
            sentence = sentence.tolist()  # noqa: PLW2901 (plain str for np.str_)
        if not isinstance(sentence, (list, tuple)):
            _refuse_sentence(number, sentence)
        batch.append(list(sentence))
        size += len(sentence) + 1
        if size >= _BATCH_TOKENS:
            yield first, batch
            first, batch, size = number + 1, [], 0
    yield first, batch


def _refuse_sentence(number: int, sentence: object) -> NoReturn:
    if isinstance(sentence, str):
        raise TypeError(
            f"Sentence {number}: a string was given where a list of tokens is expected, "
            f"{shown(sentence)}. Split each sentence, as `text.split()` does, or give a "
            f"`tokenizer`. {TO_READ_FILES}"
        )
    advice = f" {TO_READ_FILES}" if isinstance(sentence, os.PathLike) else ""
    raise TypeError(f"Sentence {number}: expected a list of tokens, got {shown(sentence)}.{advice}")


def _refuse_token(first: int, sentences: list[list[str]]) -> NoReturn:
    """Name the first token that is not a word, or is none of the kind of those before."""
    for number, sentence in enumerate(sentences, start=first):
        for token in sentence:
            if is_whole_number(token):
                raise TypeError(
                    f"Sentence {number}: a token is a number, {shown(token)}, and others are str. "
                    "Make str of all, as `str(token)` does."
                )
            if not isinstance(token, str):
                raise TypeError(
                    f"Sentence {number}: a token must be a str or an int, got {shown(token)}."
                )
            if not is_word(token):
                raise ValueError(
                    f"Sentence {number}: a token must be {A_WORD}, got {shown(token)}."
                )
    raise TypeError(
        f"Sentence {first}: its tokens are str, and those before are numbers. Make str of all."
    )


def shown(value: object) -> str:
    """A value of any size and its type, for a message."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
