"""Weighted sentences: how often each stands in the text, and where.

A sentence of weight 3 stands in the text three times; one of weight 2.5 two or three times, as a
draw says that depends on nothing but its number. Its copies are spread evenly (`repeating`): in a
row, a step would meet the same words many times at once, and they would count for less than their
number (docs/decisions/weights.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.text.number_files import Int64s
from w2v.text.sentence_ends import split_sentences
from w2v.text.tokenizing import Lines, Tokenizer

_Some = TypeVar("_Some")

_STREAM = 1013  # of draws; the same for every training, so that a text is one text for all
_HEAVIEST = 2.0**40


class Copies:
    """How often each line is to stand in the text: told by who reads, asked by who counts words.

    Lines are counted as they come, and told of before they are asked about.

    Attributes
    ----------
    lines : int               Told of so far.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._bits = np.random.PCG64(_STREAM)
        self._waiting: deque[Int64s] = deque()
        self._taken = 0  # of the first that waits

    def put(self, weights: NDArray[np.float64]) -> None:
        """Tell the weights of the next lines, as `checked_weights` gives them."""
        whole = np.floor(weights)
        draws = (self._bits.random_raw(len(weights)) >> np.uint64(11)) * 2.0**-53
        if len(weights):
            self._waiting.append((whole + (draws < weights - whole)).astype(np.int64))
        self.lines += len(weights)

    def take(self, lines: int) -> Int64s:
        """How often the next lines are to stand there; they are over."""
        found = []
        while lines:
            some = self._waiting[0][self._taken : self._taken + lines]
            found.append(some)
            lines -= len(some)
            self._taken += len(some)
            if self._taken == len(self._waiting[0]):
                self._waiting.popleft()
                self._taken = 0
        return np.concatenate([np.zeros(0, np.int64), *found])

    def of_next(self) -> int:
        """How often the line after those is, of which there is something already."""
        return int(self._waiting[0][self._taken])


def checked_weights(values: ArrayLike, name: str, first: int = 1) -> NDArray[np.float64]:
    """Weights as they should be: finite numbers, 0 or more.

    Parameters
    ----------
    name : str        What messages call them.
    first : int       Number of the first.

    Raises
    ------
    TypeError
        They are no numbers.
    ValueError
        One is NaN, infinite, negative or too large.
    """
    weights = np.asarray(values)
    if weights.ndim != 1 or (weights.size and weights.dtype.kind not in "iufb"):
        raise TypeError(
            f"{name} must be numbers along one axis, got {weights.dtype} of the shape "
            f"{weights.shape}."
        )
    weights = weights.astype(np.float64)
    good = (weights >= 0) & (weights <= _HEAVIEST)
    if not good.all():
        at = int(np.argmin(good))
        raise ValueError(
            f"{name} must be finite numbers, from 0 to {_HEAVIEST:,.0f}; number {first + at:,} is "
            f"{weights[at]:g}."
        )
    return weights


def told(
    found: Iterable[tuple[_Some, NDArray[np.float64] | None]], copies: Copies | None
) -> Iterator[_Some]:
    """What was found, once `copies` knows the weights of it."""
    for some, weights in found:
        if copies is not None and weights is not None:
            copies.put(weights)
        yield some


def weighted_texts(
    tokenizer: Tokenizer, texts: Iterable[tuple[str, float]], copies: Copies
) -> Lines:
    """As `Tokenizer.lines_of`, of texts and weights; each line has that of the text it is of."""

    def lines() -> Iterator[str]:
        for text, weight in texts:
            some = text.replace("\n", " ") + "\n"
            if tokenizer.split_sentences:
                some = "".join(split_sentences([text]))
            copies.put(np.full(some.count("\n"), weight))
            yield some

    return Lines(tokenizer, lines())
