"""Sentences that a program gives one after the other, lists or arrays of tokens: checked, numbered.

In Python each sentence is looked at, and each different token; all else is left to arrays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from numbers import Integral
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from w2v.text.arrow_or_not import word_arrays
from w2v.text.parts import Part, part_of, without
from w2v.text.vocabulary import A_WORD, are_words, is_word
from w2v.words import is_whole_number

TO_READ_FILES = "To read files, give `fit` or `read_corpus` one path, or a list of pathlib.Path."

_BATCH_TOKENS = 1 << 18


class _Batch(NamedTuple):
    """Some whole sentences: all that have a token are arrays of one integer type, or none is."""

    first: int
    """Number of the first sentence, from 1."""
    sentences: list[Any]
    of_ids: bool


def parts_of_lists(sentences: Iterable[object], padding: int | str | None = None) -> Iterator[Part]:
    """Some whole sentences at a time; whole numbers are words, where all tokens are.

    Parameters
    ----------
    padding : int or str, optional      A token that is left out.

    Raises
    ------
    TypeError
        A sentence is no list, tuple or array, a token is no str nor int, or some are one and some
        the other.
    ValueError
        A token is one that no file could hold, or an id is below 0.
    """
    numbers: bool | None = None
    for batch in _batches(sentences):
        tokens, whole = _tokens(batch)
        if len(tokens):
            if numbers not in (None, whole):
                _refuse_token(batch)
            numbers = whole
        lengths = np.array([*map(len, batch.sentences), 0])
        if padding is not None:
            lengths, tokens = without(padding, lengths, tokens)
        yield checked_part(batch.first, lengths, tokens, whole=whole)


def checked_part(first: int, lengths: NDArray[Any], tokens: Any, *, whole: bool) -> Part:
    """Tokens as a part; the first of its sentences has that number.

    Raises
    ------
    ValueError
        Of whole numbers one is below 0; of others one is no word.
    """
    part, arrays = part_of(lengths, tokens), word_arrays()
    words = arrays.listed(part.words)
    if whole:
        bad = next((word for word in words if word.startswith("-")), None)
    else:
        bad = None if are_words(words) else next(word for word in words if not is_word(word))
    if bad is not None:
        place = arrays.place_of(bad, tokens)
        number = first + int(np.searchsorted(lengths.cumsum(), place, side="right"))
        refuse = _refuse_negative if whole else _refuse_word
        refuse(number, bad)
    return part


def _tokens(batch: _Batch) -> tuple[Any, bool]:
    """(all tokens, whether they are whole numbers)."""
    arrays = word_arrays()
    if batch.of_ids:
        return arrays.tokens(np.concatenate([ids for ids in batch.sentences if len(ids)])), True
    tokens = list(chain.from_iterable(batch.sentences))
    kinds = set(map(type, tokens))
    if all(issubclass(kind, str) for kind in kinds):
        try:
            return arrays.tokens(tokens), False
        except UnicodeEncodeError:  # half of a surrogate pair
            _refuse_token(batch)
    if bool in kinds or not all(issubclass(kind, Integral) for kind in kinds):
        _refuse_token(batch)
    return arrays.tokens(tokens), True


def _batches(sentences: Iterable[object]) -> Iterator[_Batch]:
    """Copies of the sentences, since who gives them may use a list again."""
    batch = _Batch(1, [], of_ids=False)
    size, kind = 0, None
    for number, sentence in enumerate(sentences, start=1):
        tokens = _copy(number, sentence)
        its_kind = tokens.dtype if isinstance(tokens, np.ndarray) else None
        if len(tokens):
            if size and its_kind != kind:
                yield batch
                batch, size = _Batch(number, [], of_ids=False), 0
            batch, kind = batch._replace(of_ids=its_kind is not None), its_kind
        batch.sentences.append(tokens)
        size += len(tokens)
        if size + len(batch.sentences) >= _BATCH_TOKENS:
            yield batch
            batch, size = _Batch(number + 1, [], of_ids=False), 0
    yield batch


def _copy(number: int, sentence: object) -> list[Any] | NDArray[np.integer[Any]]:
    """Its tokens; an array of ids stays one."""
    if hasattr(sentence, "__array__") and not isinstance(sentence, np.ndarray):
        sentence = np.asarray(sentence)  # a tensor, or what other libraries have
    if isinstance(sentence, np.ndarray):
        sentence = refuse_masked(sentence)
        if sentence.ndim == 1 and sentence.dtype.kind in "iu":
            return sentence.astype(sentence.dtype.newbyteorder("="))
        sentence = sentence.tolist()  # plain str for np.str_
    if not isinstance(sentence, (list, tuple)):
        _refuse_sentence(number, sentence)
    return list(sentence)


def refuse_masked(array: NDArray[Any]) -> NDArray[Any]:
    """The array; `TypeError` where some of it is masked, which would be read all the same."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            "A masked array was given, and what is masked is read by no one. Fill it and say with "
            "what: w2v.Sentences(array.filled(-1), padding=-1)."
        )
    return array


def _refuse_negative(number: int, word: str) -> NoReturn:
    raise ValueError(
        f"Sentence {number}: an id is {word}, and ids are 0 or more. If it fills short rows up, "
        f"say so: w2v.Sentences(..., padding={word}). If it is meant, make text of all ids, as "
        "`ids.astype(str)` does."
    )


def _refuse_word(number: int, token: object) -> NoReturn:
    raise ValueError(f"Sentence {number}: a token must be {A_WORD}, got {shown(token)}.")


def _refuse_sentence(number: int, sentence: object) -> NoReturn:
    if isinstance(sentence, str):
        raise TypeError(
            f"Sentence {number}: a string was given where a list of tokens is expected, "
            f"{shown(sentence)}. Split each sentence, as `text.split()` does, or give a "
            f"`tokenizer`. {TO_READ_FILES}"
        )
    advice = f" {TO_READ_FILES}" if isinstance(sentence, os.PathLike) else ""
    raise TypeError(f"Sentence {number}: expected a list of tokens, got {shown(sentence)}.{advice}")


def _refuse_token(batch: _Batch) -> NoReturn:
    """Name the first token that is not a word, or is none of the kind of those before."""
    for number, sentence in enumerate(batch.sentences, start=batch.first):
        for token in sentence.tolist() if isinstance(sentence, np.ndarray) else sentence:
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
                _refuse_word(number, token)
    raise TypeError(
        f"Sentence {batch.first}: its tokens are str, and those before are numbers. Make str of "
        "all."
    )


def shown(value: object) -> str:
    """A value of any size and its type, for a message."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
