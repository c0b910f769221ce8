"""Text as numbers and back: lines in, phrases joined, lines out, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from w2v.phrases.bigrams import LINE_END, Joiner
from w2v.text import Int32s, Part, Words, word_arrays


def with_line_ends(lengths: ArrayLike, ids: Int32s) -> Int32s:
    """Ids with `LINE_END` after each line; the last of `lengths` is of a line that goes on."""
    ends = np.asarray(lengths, np.int64)[:-1].cumsum()
    return np.insert(ids.astype(np.int32, copy=False), ends, LINE_END)


class Chain:
    """Joins the phrases of several passes in a text that flows by.

    Parameters
    ----------
    passes : for each pass a sequence of (words, phrase)

    Attributes
    ----------
    words : array of words (T,)   All words of the phrases, and the phrases; ids below T.
    """

    def __init__(self, passes: Sequence[Sequence[tuple[tuple[str, ...], str]]]) -> None:
        index: dict[str, int] = {}
        for found in passes:
            for words, phrase in found:
                for word in (*words, phrase):
                    index.setdefault(word, len(index))
        self._arrays = word_arrays()
        self.words = self._arrays.strings(index)
        self._joiners = []
        for found in passes:
            last = {tuple(index[word] for word in words): index[phrase] for words, phrase in found}
            joined = np.array(list(last.values()), np.int32)
            self._joiners.append(Joiner(len(index), list(last), joined))

    def number(self, part: Part) -> Int32s:
        """Ids of all tokens; words in no phrase get T and more."""
        known = self._arrays.places(part.words, self.words)
        own = np.arange(len(known), dtype=np.int32) + np.int32(len(self.words))
        return np.where(known < 0, own, known)[part.ids]

    def words_with(self, part: Part) -> Words:
        """The word of each id of `number`."""
        return self._arrays.ended_with(self.words, part.words)

    def feed(self, ids: Int32s) -> Int32s:
        """The text so far, but for words at its end that may be joined to what follows."""
        for joiner in self._joiners:
            ids = joiner.join(ids)
        return ids

    def end(self) -> Int32s:
        """What is left, as the text is over; ids below T."""
        ids = np.empty(0, np.int32)
        for joiner in self._joiners:
            ids = np.concatenate([joiner.join(ids), joiner.end()])
        return ids


class Lines:
    """Writes ids as lines of text, with single spaces between words."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._begun = False  # a line that has words

    def write_all(self, blocks: Iterable[tuple[Int32s, Words]]) -> None:
        for ids, words in blocks:
            self.write(ids, words)

    def write(self, ids: Int32s, words: Words) -> None:
        """Write a block of any size; `words` has the word of each id."""
        ends = np.flatnonzero(ids == LINE_END)
        some = ids[ids != LINE_END]
        offsets = np.concatenate([[0], ends - np.arange(len(ends)), [len(some)]])
        text = word_arrays().lines(words, some, offsets)
        if self._begun and offsets[1] > 0:
            text = " " + text
        self._begun = bool(offsets[-1] > offsets[-2]) or (self._begun and not len(ends))
        self._handle.write(text.encode())
