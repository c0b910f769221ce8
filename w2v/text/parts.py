"""A part of a text as numbers: what all that is read becomes, text, lists and arrays alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.text.arrow_or_not import word_arrays
from w2v.text.number_files import Int32s
from w2v.text.word_arrays import Words


class Part(NamedTuple):
    """Some lines of a text."""

    lengths: Int32s
    """Words of each line; the last one goes on in the next part."""
    ids: Int32s
    """Of each word, its place among the words of this part."""
    words: Words


def end_to_end(lengths: Sequence[Int32s]) -> Int32s:
    """Lengths of the lines of several parts, the last of each goes on in the next part."""
    found = np.concatenate(lengths)
    firsts = np.cumsum([len(some) for some in lengths])[:-1]
    for first in firsts.tolist():
        found[first] += found[first - 1]
    return np.delete(found, firsts - 1)


def part_of(lengths: ArrayLike, tokens: Any) -> Part:
    """Tokens of `WordArrays.tokens` as a part.

    Parameters
    ----------
    lengths : int (lines + 1,)    The last is 0 where no line goes on.
    """
    return Part(np.asarray(lengths, np.int32), *word_arrays().coded(tokens))


def without(padding: object, lengths: ArrayLike, tokens: Any) -> tuple[NDArray[np.int64], Any]:
    """(lengths, tokens) where what is padding is left out, wherever it stands."""
    arrays = word_arrays()
    lengths = np.asarray(lengths, np.int64)
    kept = arrays.but(padding, tokens)
    if kept is None:
        return lengths, tokens
    before = np.concatenate([[0], kept.cumsum()])
    bounds = np.concatenate([[0], lengths.cumsum()])
    return np.diff(before[bounds]), arrays.chosen(tokens, kept)
