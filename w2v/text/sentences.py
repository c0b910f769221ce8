"""Sentences that a program has: lists of tokens, arrays of ids, texts, Arrow's arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.text.arrow_or_not import word_arrays
from w2v.text.copies import Copies, checked_weights, weighted_texts
from w2v.text.parts import Part, without
from w2v.text.splitting import split_ahead
from w2v.text.token_lists import (
    TO_READ_FILES,
    checked_part,
    parts_of_lists,
    refuse_masked,
    shown,
)
from w2v.text.tokenizing import Tokenizer
from w2v.text.unnamed_tables import refuse_frame
from w2v.words import is_whole_number

_PART_TOKENS = 1 << 20


class Sentences:
    """Sentences of a program, with what an array of ids does not say by itself.

    `fit`, `partial_fit`, `read_sentences` and `Phrases` take it. A list of lists or arrays of
    tokens, and a 2-D array whose rows are sentences, need it only for `padding` or `weights`.

    Parameters
    ----------
    sentences : array or iterable of lists or arrays
        One array (N,) of all tokens, with `ends`; or (S, L), a row a sentence; or what `fit` takes.
        Of whole numbers, 0 or more, or of str.
    ends : int (S,), optional
        Where each sentence ends in `sentences`: sentence s is ``sentences[ends[s - 1]:ends[s]]``,
        the first starts at 0, the last of them is N. Offsets that begin with 0, such as the
        `indptr` of a sparse matrix, serve as well: 0 is an empty sentence.
    padding : int or str, optional
        A token that is left out, wherever it stands: what fills short rows up.
    weights : float (S,), optional
        How often each sentence is to stand in the text, 0 or more; of a fraction it is drawn, so
        that 2.5 is two or three times. See docs/ids.md.

    Raises
    ------
    TypeError, ValueError
        The arguments are of other kinds or shapes, or do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> walks = np.array([[5, 7, 5], [7, 9, -1]])
    >>> from w2v import read_sentences
    >>> corpus = read_sentences(Sentences(walks, padding=-1), min_count=1)
    >>> corpus.vocabulary.words, corpus.ends.tolist()
    (('5', '7', '9'), [3, 5])
    """

    def __init__(
        self,
        sentences: Any,
        ends: ArrayLike | None = None,
        *,
        padding: int | str | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        _check_kind(sentences)
        if ends is not None and not isinstance(sentences, np.ndarray):
            sentences = np.asarray(sentences)
        self.sentences = _as_array(sentences)
        self.ends = None if ends is None else _checked_ends(ends, self.sentences)
        self.padding = _checked_padding(padding)
        self.weights = None if weights is None else checked_weights(weights, "`weights`")
        self._check()

    def __repr__(self) -> str:
        named = {name: getattr(self, name) for name in ("ends", "padding", "weights")}
        more = [f", {name}={it!r:.40}" for name, it in named.items() if it is not None]
        return f"<Sentences: {self.sentences!r:.60}{''.join(more)}>"

    def __len__(self) -> int:
        """How many; `TypeError` of an iterator."""
        return len(self.sentences if self.ends is None else self.ends)

    def _check(self) -> None:
        given = self.sentences
        if isinstance(given, np.ndarray) and given.dtype != object:
            _check_array(given, self.ends)
        if self.weights is not None and hasattr(given, "__len__"):
            _check_count(len(self), len(self.weights))

    def copies(self) -> Copies | None:
        """For `parts`, to tell how often each sentence is to stand there; none without weights."""
        return None if self.weights is None else Copies()

    def parts(
        self, tokenizer: Tokenizer | None = None, copies: Copies | None = None
    ) -> Iterator[Part]:
        """All tokens, some at a time; with a tokenizer each sentence is a text."""
        if tokenizer is not None:
            return split_ahead(self._lines(tokenizer, copies))
        if copies is not None and self.weights is not None:
            copies.put(self.weights)
        given = self.sentences
        if isinstance(given, np.ndarray) and given.dtype.kind in "iuU" and given.ndim:
            if self.ends is not None:
                return self._numbered(_of_one(given, self.ends))
            if given.ndim == 2:
                return self._numbered(_of_rows(given))
        return parts_of_lists(self._each(), self.padding)

    def _each(self) -> Iterator[Any]:
        """The sentences, as many as there are weights."""
        number = 0
        for number, sentence in enumerate(self.sentences, start=1):
            if self.weights is not None and number > len(self.weights):
                _check_count(number, len(self.weights))
            yield sentence
        if self.weights is not None:
            _check_count(number, len(self.weights))

    def _lines(self, tokenizer: Tokenizer, copies: Copies | None) -> Iterable[str]:
        if self.ends is not None or self.padding is not None:
            raise TypeError("With a `tokenizer` sentences are texts, without `ends` and `padding`.")
        found = _texts(self._each())
        if copies is None or self.weights is None:
            return tokenizer.lines_of(found)
        return weighted_texts(tokenizer, zip(found, self.weights, strict=False), copies)

    def _numbered(self, stretches: Iterable[tuple[int, Any, NDArray[Any]]]) -> Iterator[Part]:
        for first, lengths, ids in stretches:
            tokens = word_arrays().tokens(ids)
            if self.padding is not None:
                lengths, tokens = without(self.padding, lengths, tokens)  # noqa: PLW2901
            yield checked_part(first, lengths, tokens, whole=ids.dtype.kind != "U")


def _of_rows(rows: NDArray[Any]) -> Iterator[tuple[int, Any, NDArray[Any]]]:
    """(number of the first sentence, lengths, tokens) of some rows at a time."""
    width = rows.shape[1]
    step = max(1, _PART_TOKENS // max(1, width))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        yield start + 1, np.append(np.full(len(some), width), 0), some.reshape(-1)


def _of_one(ids: NDArray[Any], ends: NDArray[np.int64]) -> Iterator[tuple[int, Any, NDArray[Any]]]:
    """The same of stretches of an array, the last sentence of which may go on in the next."""
    done = 0
    for start in range(0, len(ids), _PART_TOKENS):
        some = ids[start : start + _PART_TOKENS]
        stop = start + len(some)
        last = len(ends) if stop == len(ids) else int(np.searchsorted(ends, stop, side="right"))
        bounds = np.concatenate([[start], ends[done:last], [stop]])
        yield done + 1, np.diff(bounds), some
        done = last


def _check_kind(sentences: Any) -> None:
    """Raise where something is no sentences, whatever they hold."""
    if isinstance(sentences, str | bytes | os.PathLike):
        raise TypeError(
            f"Sentences must be lists of tokens, got {shown(sentences)}. {TO_READ_FILES}"
        )
    if not hasattr(sentences, "__iter__") and not hasattr(sentences, "__getitem__"):
        raise TypeError(
            f"A corpus must be a path or an iterable of token lists, got {shown(sentences)}."
        )
    refuse_frame(sentences)


def _check_count(sentences: int, weights: int) -> None:
    if sentences != weights:
        more = "at least " if sentences > weights else ""
        raise ValueError(
            f"`weights` must have a number for each sentence, {more}{sentences:,}; it has "
            f"{weights:,}."
        )


def _as_array(source: Any) -> Any:
    """An array of any library as NumPy's; all else as it is."""
    if not isinstance(source, np.ndarray) and hasattr(source, "__array__"):
        source = np.asarray(source)
    return refuse_masked(source) if isinstance(source, np.ndarray) else source


def _check_array(array: NDArray[Any], ends: NDArray[np.int64] | None) -> None:
    """Raise where an array is not tokens, or nothing says what its sentences are."""
    if array.size and array.dtype.kind not in "iuU":
        raise TypeError(
            f"An array of tokens must hold whole numbers or str, got {array.dtype}. Numbers that "
            "are whole become so with `array.astype(np.int64)`."
        )
    if ends is None and array.ndim == 1 and array.dtype.kind in "iu":
        raise TypeError(
            "One array of ids does not say where sentences end: give w2v.Sentences(ids, ends), or "
            "a list of arrays, or an array with a row for each sentence."
        )
    if array.ndim not in (1, 2) or (ends is not None and array.ndim != 1):
        raise ValueError(
            "An array of tokens must have a row for each sentence, (S, L), or one axis and `ends`, "
            f"(N,); got the shape {array.shape}."
        )


def _checked_ends(ends: ArrayLike, ids: NDArray[Any]) -> NDArray[np.int64]:
    found = np.asarray(ends)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise TypeError(
            f"`ends` must be whole numbers along one axis, got {found.dtype} of the shape "
            f"{found.shape}."
        )
    found = found.astype(np.int64)
    if (np.diff(found, prepend=0) < 0).any() or (found[-1] if len(found) else 0) != len(ids):
        raise ValueError(
            "`ends` must not fall, from 0 on, and its last must be the number of tokens, "
            f"{len(ids):,}; got {found!r:.60}."
        )
    return found


def _checked_padding(padding: Any) -> int | str | None:
    if padding is None or isinstance(padding, str):
        return padding
    if is_whole_number(padding):
        return int(padding)
    raise TypeError(f"`padding` must be a token, an int or a str, got {shown(padding)}.")


def _texts(values: Iterable[object]) -> Iterator[str]:
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
