"""Which words of a text become its vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from w2v.errors import ConfigError, CorpusError
from w2v.text.dictionary import Dictionary
from w2v.text.number_files import Int32s, Int64s
from w2v.text.vocabulary import Vocabulary, check_limits

Choose = Callable[[list[str], Int64s], Vocabulary]
"""Makes a vocabulary of all different words of a text and of how often each is there, (V,)."""


class Chosen:
    """How words are to be chosen; see `read_corpus`.

    Attributes
    ----------
    given : tuple of str          Words that have the first ids of a dictionary.
    limits : dict                 The "min_count" and "max_vocab" that have a say.
    """

    def __init__(
        self,
        min_count: int,
        max_vocab: int | None,
        vocabulary: Vocabulary | None,
        known: Vocabulary | None,
        choose: Choose | None = None,
    ) -> None:
        if (vocabulary is not None) + (known is not None) + (choose is not None) > 1:
            raise TypeError("Give one of `vocabulary`, `known` and `choose`.")
        check_limits(min_count, max_vocab)
        self._min_count, self._max_vocab = min_count, max_vocab
        self._vocabulary, self._known, self._choose = vocabulary, known, choose
        words = vocabulary or known
        self.given = words.words if words is not None else ()
        self.limits: dict[str, int | None] = {"min_count": None, "max_vocab": None}
        if vocabulary is None and choose is None:
            self.limits["min_count"] = int(min_count)
            self.limits["max_vocab"] = None if max_vocab is None else int(max_vocab)

    def keeps_all(self, words: Vocabulary) -> bool:
        """Whether all of these words are chosen for sure, and no others."""
        if self._choose:
            return False
        enough = self._max_vocab is None or self._max_vocab >= len(words)
        return not self.given and enough and int(words.counts.min()) >= self._min_count

    def vocabulary(self, dictionary: Dictionary, counts: Int64s) -> Vocabulary:
        """Those words of a dictionary that are frequent enough, and the known ones, if any are.

        Parameters
        ----------
        dictionary : Dictionary       It begins with those `given`.
        counts : int64                How often each of its words is in the text.
        """
        if self._vocabulary is not None:
            return self._vocabulary
        if self._choose:
            return self._choose(dictionary.take(np.arange(len(counts))), counts)
        known, old = self._known, len(self.given)
        frequent = old + np.flatnonzero(counts[old:] >= min(self._min_count, counts.max()))
        some = dictionary.take(frequent), counts[frequent]
        limits: dict[str, Any] = {"min_count": self._min_count, "max_vocab": self._max_vocab}
        try:
            if known is None:
                return Vocabulary.from_counts(*some, **limits)
            return known.extended(counts[:old], *some, **limits)
        except ConfigError:
            raise
        except ValueError as error:  # a word that a tokenizer or a table has made too long
            raise CorpusError(str(error)) from error

    def kept(self, counts: Int64s, final: Int32s) -> int:
        """How many tokens have a word of the vocabulary.

        Raises
        ------
        CorpusError
            None has.
        """
        if kept := int(counts[final >= 0].sum()):
            return kept
        tokens = int(counts.sum())
        if self._vocabulary is not None:
            raise CorpusError(
                f"No word of the text is in the given vocabulary; tokens read: {tokens:,}. "
                "Was it (--vocab) made from text in another language or another case?"
            )
        if self._choose:
            raise CorpusError(f"`choose` has left no word of the text; tokens read: {tokens:,}.")
        raise CorpusError(
            f"No word of the text is known to the model, and none occurs {self._min_count} times; "
            f"tokens read: {tokens:,}. Lower min_count (--min-count) or give more text."
        )
