"""Sentences with their phrases joined: what `Phrases` and `FrozenPhrases` have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any, ClassVar

from w2v.phrases import Scorer, neighbours

Candidate = tuple[str, float] | tuple[None, None]
_OLD_NAMES = {
    "common_terms": "`connector_words`",
    "learn_vocab": "`add_vocab(sentences)`",
    "score_item": "`score_candidate(word_a, word_b, in_between)`",
}

Finder = Callable[[list[str]], list[int]]
"""Finds which of the names of pairs may be phrases."""
Join = tuple[int, int, str, float]
"""Words of a sentence, from one place up to another, the phrase they are, and its score."""


class Narrowing:
    """Finds names in a set that is made when so many were looked for that it is worth it.

    Parameters
    ----------
    first : Finder      Until then.
    names : callable    Gives the set.
    after : int         How many names.
    """

    def __init__(self, first: Finder, names: Callable[[], set[str]], after: int) -> None:
        self._first, self._names, self._left = first, names, after
        self._set: set[str] | None = None

    def likely(self, names: list[str]) -> list[int]:
        if self._set is None:
            self._left -= len(names)
            if self._left > 0:
                return self._first(names)
            self._set = self._names()
        known = self._set
        return [place for place, name in enumerate(names) if name in known]


class TransformedCorpus:
    """Sentences of a corpus with their phrases joined, each time that it is gone through.

    Attributes
    ----------
    obj : what joins them.
    corpus : iterable of iterable of str
    """

    def __init__(self, obj: PhrasesTransformation, corpus: Any, chunksize: Any = None) -> None:
        self.obj, self.corpus, self.chunksize = obj, corpus, chunksize

    def __len__(self) -> int:
        return len(self.corpus)

    def __iter__(self) -> Iterator[Any]:
        return self.obj._going_through(self.corpus)

    def __getitem__(self, place: Any) -> Any:
        if not hasattr(self.corpus, "__getitem__"):
            kind = type(self.corpus).__name__
            raise RuntimeError(f"A corpus of type {kind} has no places to ask for. Make it a list.")
        return self.obj[self.corpus[place]]


class PhrasesTransformation:
    """Joins what `score_candidate` calls a phrase."""

    delimiter: str
    min_count: float
    threshold: float
    scoring: Scorer

    _own_candidate: ClassVar[Any] = None
    """The `score_candidate` that `_likely` goes with."""

    def __init__(self, connector_words: Iterable[str]) -> None:
        self.connector_words = frozenset(connector_words)

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> Candidate:
        """The phrase these words make and its score, or (None, None)."""
        raise NotImplementedError(f"{type(self).__name__} has to say what is a phrase.")

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        """Each phrase with its score, each other word with None.

        From left to right, as far as the next word that is no connector word: what is joined is in
        no second phrase. Empty words are left out.
        """
        held: list[str] = []  # what may begin a phrase, with the connector words after it
        for word in sentence:
            if word in self.connector_words:
                if held:
                    held.append(word)
                else:
                    yield word, None
                continue
            if held:
                phrase, score = self.score_candidate(held[0], word, held[1:])
                if phrase is not None and score is not None:
                    yield phrase, score
                    held = []
                    continue
                yield from zip(held, repeat(None))
            held = [word] if word else []
        yield from zip(held, repeat(None))

    def __getitem__(self, sentence: Iterable[Any]) -> Any:
        """A sentence, a list of str, with its phrases joined; of a corpus a `TransformedCorpus`."""
        return self._item(sentence, self._likely if self._is_own() else None)

    def _going_through(self, corpus: Iterable[Any]) -> Iterator[Any]:
        """What each sentence of a corpus is made into."""
        if type(self).__getitem__ is not PhrasesTransformation.__getitem__:
            return map(self.__getitem__, corpus)
        likely = self._finder() if self._is_own() else None
        return (self._item(sentence, likely) for sentence in corpus)

    def find_phrases(self, sentences: Iterable[Iterable[str]]) -> dict[str, float]:
        """The phrases in these sentences and their scores."""
        result: dict[str, float] = {}
        likely = self._finder() if self._is_own() else None
        for words in map(list, sentences):
            found = self._found(words, likely)
            if found is not None:
                result.update([(phrase, score) for _, _, phrase, score in found])
            else:
                scores = self.analyze_sentence(words)
                result.update((token, score) for token, score in scores if score is not None)
        return result

    def _likely(self, names: list[str]) -> list[int]:
        """Which of the names of pairs may be phrases; all others are none."""
        raise NotImplementedError

    def _finder(self) -> Finder:
        """A `_likely` for a text of many sentences, which it is asked for one after the other."""
        raise NotImplementedError

    def _item(self, sentence: Iterable[Any], likely: Finder | None) -> Any:
        """What `__getitem__` gives."""
        items = iter(sentence)
        for first in items:
            if isinstance(first, str):
                return self._joined([first, *items], likely)
            rest = chain([first], items) if items is sentence else sentence
            return TransformedCorpus(self, rest)
        return []

    def _joined(self, words: list[str], likely: Finder | None) -> list[str]:
        found = self._found(words, likely)
        if found is None:
            return [token for token, _ in self.analyze_sentence(words)]
        if not found:
            return words
        joined, free = [], 0
        for start, stop, phrase, _ in found:
            joined += words[free:start]
            joined.append(phrase)
            free = stop
        return joined + words[free:]

    def _found(self, words: list[str], likely: Finder | None) -> list[Join] | None:
        """What `analyze_sentence` joins, found all at once; None where it has to be asked."""
        if likely is None or "" in words:
            return None
        try:
            places, names = neighbours(words, self.delimiter, self.connector_words)
        except TypeError:  # there are words that are no str: they are in no phrase
            return None
        found, free = [], 0
        for pair in likely(names):
            first, last = places[pair], places[pair + 1]
            if first >= free:
                between = words[first + 1 : last]
                phrase, score = self.score_candidate(words[first], words[last], between)
                if phrase is not None and score is not None:
                    free = last + 1
                    found.append((first, free, phrase, score))
        return found

    def _is_own(self) -> bool:
        """Whether no class below has its own idea of what is joined."""
        kind = type(self)
        analyzes = kind.analyze_sentence is PhrasesTransformation.analyze_sentence
        return analyzes and kind.score_candidate is kind._own_candidate

    def __getattr__(self, name: str) -> Any:
        if name in _OLD_NAMES:
            raise AttributeError(f"`{name}` of gensim 3 is {_OLD_NAMES[name]} since gensim 4.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
