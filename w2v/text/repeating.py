"""Sentences that stand in a text several times: in which order, and brought together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from w2v.text.number_files import Int32s, Int64s

_COPIES_AT_ONCE = 1 << 18
_SENTENCES_AT_ONCE = 1 << 20


def in_order(copies: Int64s) -> Iterator[Int64s]:
    """Numbers of sentences, each as often as it is to stand there, in the order of the text.

    A sentence at the place x of the text, from 0 to 1, of which there are n, stands at (x + j) / n,
    j from 0 to n - 1: the text goes by once for a sentence that is there once, twice in the same
    time for one that is there twice. Where all are there once it stays as it is.

    Yields
    ------
    int64                         Some of them, in bounded memory but for 8 bytes a sentence.
    """
    slices = max(1, -(-int(copies.sum()) // _COPIES_AT_ONCE))
    for number in range(slices):
        found = [
            _between(copies, start, number / slices, (number + 1) / slices)
            for start in range(0, len(copies), _SENTENCES_AT_ONCE)
        ]
        sentences, places = (np.concatenate(each) for each in zip(*found, strict=True))
        yield sentences[np.argsort(places, kind="stable")]


def _between(copies: Int64s, first: int, begin: float, end: float) -> tuple[Int64s, Any]:
    """(sentences from `first` on, places) of what stands from `begin` to `end`."""
    some = copies[first : first + _SENTENCES_AT_ONCE]
    numbers = np.arange(first, first + len(some))
    places = (numbers + 0.5) / len(copies)
    before, until = (
        np.clip(np.ceil(some * at - places), 0, some).astype(np.int64) for at in (begin, end)
    )
    here = until - before
    which = np.repeat(np.arange(len(some)), here)
    copy = np.arange(len(which)) - np.repeat(here.cumsum() - here - before, here)
    return numbers[which], (places[which] + copy) / some[which]


def gathered(
    ids: Int32s, starts: Int64s, stops: Int64s, tokens: int
) -> Iterator[tuple[Int32s, Int64s]]:
    """The ids of some sentences, at most so many at a time, and where sentences end among them."""
    before = np.concatenate([[0], (stops - starts).cumsum()])
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(before, before[first] + tokens, side="right")) - 1
        if last > first:
            here = before[first : last + 1] - before[first]
            at = np.arange(here[-1]) + np.repeat(starts[first:last] - here[:-1], np.diff(here))
            yield ids[at], here[1:]
        else:  # one that is longer than a piece
            last = first + 1
            for start in range(starts[first], stops[first], tokens):
                some = ids[start : min(start + tokens, stops[first])]
                is_over = start + len(some) == stops[first]
                yield some, np.array([len(some)] if is_over else [], np.int64)
        first = last
