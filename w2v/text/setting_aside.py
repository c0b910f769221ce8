"""A text in two: sentences that are set aside, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.text.corpus import Corpus
from w2v.text.spool import Store

_LONGEST = 1000  # tokens of what is set aside or not, as word2vec.c cuts its lines
_SENTENCES = 1 << 12  # looked at together
_PIECES = 1 << 10

Chosen = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


def drawn(corpus: Corpus, chosen: Chosen) -> Corpus:
    """What `set_aside` would set aside; the text stays whole."""
    some = _Part()
    with some:
        for ids, lengths, here, last in _pieces(corpus, chosen):
            some.take(ids, lengths, here, last)
        corpus.forget_pages()
        return some.corpus(corpus)


def set_aside(corpus: Corpus, chosen: Chosen) -> tuple[Corpus, Corpus]:
    """The rest of a text and what is set aside of it, each with the whole vocabulary.

    A sentence of more than 1,000 tokens counts as several, since a text may be one line. Takes as
    much room on the disk as the text, and memory for a million tokens.

    Parameters
    ----------
    corpus : Corpus
    chosen : callable     Which to set aside, by number, counted from 0: int64 (n,) to bool (n,).
    """
    rest, aside = _Part(), _Part()
    with rest, aside:
        for ids, lengths, here, last in _pieces(corpus, chosen):
            rest.take(ids, lengths, ~here, last)
            aside.take(ids, lengths, here, last)
        corpus.forget_pages()
        return rest.corpus(corpus), aside.corpus(corpus)


def _pieces(corpus: Corpus, chosen: Chosen) -> Iterator[tuple[Any, ...]]:
    """Ids of some pieces, their lengths, which are chosen, and which end a sentence.

    Before and after one that is chosen a sentence ends.
    """
    corpus.check()
    number = 0
    for first in range(0, len(corpus.ends), _SENTENCES):
        ends = corpus.ends[first : first + _SENTENCES]
        starts = np.r_[corpus.ends[first - 1] if first else 0, ends[:-1]]
        counts = -(-(ends - starts) // _LONGEST)
        sentence = np.repeat(np.arange(len(ends)), counts)
        before = np.arange(len(sentence)) - np.repeat(counts.cumsum() - counts, counts)
        begins = starts[sentence] + before * _LONGEST
        stops = np.minimum(begins + _LONGEST, ends[sentence])
        here = chosen(np.arange(number, number + len(stops)))
        number += len(stops)
        last = (stops == ends[sentence]) | (here != np.r_[here[1:], False])
        for at in range(0, len(stops), _PIECES):
            some = slice(at, at + _PIECES)
            ids = corpus.ids[begins[at] : stops[some][-1]]
            yield ids, (stops - begins)[some], here[some], last[some]


class _Part(Store):
    """One of the two on its way to the disk."""

    def take(self, ids: Any, lengths: Any, mine: Any, last: Any) -> None:
        ends = self.tokens + lengths[mine].cumsum()
        self.add(ids[np.repeat(mine, lengths)], ends[last[mine]].astype(np.int64))

    def corpus(self, whole: Corpus) -> Corpus:
        stats = replace(whole.stats, tokens=self.tokens, rare=0, sentences=self.sentences)
        return Corpus(whole.vocabulary, *self.arrays(), stats, whole.seconds)
