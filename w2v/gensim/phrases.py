"""Phrases by the names, defaults and results of `gensim.models.phrases`, version 4.

Words and pairs are counted in a dictionary that can be looked at, added to and pruned, `vocab`,
and a sentence that is asked for is joined at once. `w2v.Phrases` counts in arrays, without a limit,
and joins many sentences at a time: use it where a program is written anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from math import inf
from numbers import Real
from typing import Any

from w2v.errors import ConfigError
from w2v.files import PathLike
from w2v.gensim import phrases_file
from w2v.gensim.phrases_joining import Candidate, Finder, Narrowing, TransformedCorpus
from w2v.gensim.phrases_joining import PhrasesTransformation as _PhrasesTransformation
from w2v.gensim.phrases_scorers import (
    ENGLISH_CONNECTOR_WORDS,
    SCORERS,
    npmi_scorer,
    original_scorer,
    scorer,
)
from w2v.phrases import Scorer, count_names, prune_names
from w2v.renamed import names_checked

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "TransformedCorpus",
    "npmi_scorer",
    "original_scorer",
]


class _Saved(_PhrasesTransformation):
    """Is written to a file, and read."""

    def save(self, fname_or_handle: Any, **options: Any) -> None:
        """Write a file for `load`: whole or not at all, and without pickle.

        `separately`, `sep_limit`, `ignore` and `pickle_protocol` may be given and change nothing.

        Raises
        ------
        ConfigError
            `scoring` is a function that no file can name, such as a lambda.
        OutputError
            The file cannot be written.
        """
        phrases_file.check_options(options)
        kind = Phrases if isinstance(self, Phrases) else FrozenPhrases
        phrases_file.write(fname_or_handle, kind.__name__, self, SCORERS)

    @classmethod
    def load(cls, fname: PathLike, mmap: Any = None) -> Any:
        """Read what `save` wrote: `Phrases` or `FrozenPhrases`, whichever it was.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ModelFileError
            It cannot be read, or is no file of `save`; or its `scoring` function is not there.
        """
        kind, attributes = phrases_file.read(fname, SCORERS)
        made = next(known for known in (Phrases, FrozenPhrases) if known.__name__ == kind)
        model = object.__new__(cls if issubclass(cls, made) else made)
        vars(model).update(attributes)
        return model


class Phrases(_Saved):
    """Counts words and pairs, and joins the pairs that score above a threshold.

    Parameters
    ----------
    sentences : iterable of iterable of str, optional
        To count at once; `add_vocab` counts more.
    min_count : float
        The two scores take it for the count of a pair that is too rare.
    threshold : float
        A pair is a phrase when its score is above.
    max_vocab_size : int
        Names to hold in `vocab`; when there are more, the rarest are pruned.
    delimiter : str
        Between the words of a phrase.
    progress_per : int
        Changes nothing.
    scoring : {"default", "npmi"} or Scorer
        `original_scorer`, `npmi_scorer`, or a function of the same arguments.
    connector_words : iterable of str
        Words that a phrase may have inside, any number, and neither begins nor ends with.

    Attributes
    ----------
    vocab : dict of str to int    How often each word and each pair, by its name, was counted.
    min_reduce : int              Pruned is what has a lower count.
    corpus_word_count : int       Words that were counted, repeated ones too.

    Raises
    ------
    ConfigError
        An option is out of range, or written as for gensim 3.
    TypeError
        A sentence is no iterable, or a token of a pair no str.
    """

    vocab: dict[str, int]

    @names_checked({"common_terms": "it is called `connector_words` since gensim 4"})
    def __init__(
        self,
        sentences: Iterable[Iterable[str]] | None = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str = "_",
        progress_per: int = 10_000,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = frozenset(),
    ) -> None:
        super().__init__(connector_words)
        for name, value in (("min_count", min_count), ("threshold", threshold)):
            if not isinstance(value, Real):
                raise ConfigError(f"`{name}` must be a number, got {value!r}.")
        self.min_count, self.threshold = min_count, threshold
        if min_count <= 0:
            raise ConfigError(f"`min_count` must be above 0, got {min_count}.")
        if scoring == "default" and threshold <= 0:
            raise ConfigError(
                f'`threshold` must be above 0 for scoring="default", got {threshold}.'
            )
        if scoring == "npmi" and not -1 <= threshold <= 1:
            raise ConfigError(f'`threshold` must be from -1 to 1 for "npmi", got {threshold}.')
        if not isinstance(delimiter, str):
            raise ConfigError(
                f"`delimiter` is a str since gensim 4, got {delimiter!r}. Write delimiter='_'."
            )
        self.delimiter = delimiter
        self.scoring = scorer(scoring)
        self.max_vocab_size = max_vocab_size
        self.progress_per = progress_per
        self.vocab = {}
        self.min_reduce = 1
        self.corpus_word_count = 0
        if sentences is not None:
            self.add_vocab(sentences)

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.vocab)} vocab, min_count={self.min_count}, "
            f"threshold={self.threshold}, max_vocab_size={self.max_vocab_size}>"
        )

    def add_vocab(self, sentences: Iterable[Iterable[str]]) -> None:
        """Count these sentences too: by themselves, so that what is new in them is not pruned for
        what was there before, and then together.
        """
        new = count_names(
            sentences,
            delimiter=self.delimiter,
            connector_words=self.connector_words,
            most=self.max_vocab_size,
        )
        self.corpus_word_count += new.tokens
        if not self.vocab:
            self.vocab = new.counts
            return
        self.min_reduce = max(self.min_reduce, new.least)
        known = self.vocab
        for name, count in new.counts.items():
            known[name] = known.get(name, 0) + count
        if len(known) > self.max_vocab_size:
            prune_names(known, self.min_reduce)
            self.min_reduce += 1

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> Candidate:
        """The phrase these words make and its score, or (None, None)."""
        count = self.vocab.get
        a, b = count(word_a, 0), count(word_b, 0)
        if a <= 0 or b <= 0:
            return None, None
        phrase = self.delimiter.join((word_a, *in_between, word_b))
        both = count(phrase, 0)
        if both <= 0:
            return None, None
        score = self.scoring(
            worda_count=a,
            wordb_count=b,
            bigram_count=both,
            len_vocab=len(self.vocab),
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )
        return (None, None) if score <= self.threshold else (phrase, score)

    _own_candidate = score_candidate

    @names_checked(
        {
            "sentences": "`find_phrases(sentences)` looks in sentences",
            "out_delimiter": "names have the `delimiter` of Phrases",
            "as_tuples": "`find_phrases(sentences)` has names",
        },
        positional="export_phrases takes no sentences since gensim 4; find_phrases(sentences) does",
    )
    def export_phrases(self) -> dict[str, float]:
        """All phrases of `vocab` and their scores."""
        found, least = {}, self._least()
        for name, count in self.vocab.items():
            if count >= least and len(words := name.split(self.delimiter)) > 1:
                phrase, score = self.score_candidate(words[0], words[-1], words[1:-1])
                if phrase is not None and score is not None:
                    found[phrase] = score
        return found

    def freeze(self) -> FrozenPhrases:
        """Its phrases without the counts, for use."""
        return FrozenPhrases(self)

    def _least(self) -> float:
        """Pairs with a lower count are no phrases."""
        known = self.scoring is npmi_scorer or (
            self.scoring is original_scorer and self.threshold >= 0
        )
        return self.min_count if known and self._is_own() else 1

    def _finder(self) -> Finder:
        """In a long text the few names that may be phrases are looked for, not all in `vocab`."""
        return Narrowing(self._likely, self._narrowed, len(self.vocab) // 4).likely

    def _narrowed(self) -> set[str]:
        """Names that may be phrases: those that can only be of one pair are scored already."""
        least, narrow = self._least(), set()
        for name, count in self.vocab.items():
            if count >= least:
                words = name.split(self.delimiter) if len(self.delimiter) == 1 else name
                if len(words) != 2 or self.score_candidate(words[0], words[1], [])[1] is not None:
                    narrow.add(name)
        return narrow

    def _likely(self, names: list[str]) -> list[int]:
        least = self._least()
        counts = map(self.vocab.get, names, repeat(0))
        return [place for place, count in enumerate(counts) if count >= least]


class FrozenPhrases(_Saved):
    """The phrases of a `Phrases`, without its counts: smaller, and no more can be counted.

    Attributes
    ----------
    phrasegrams : dict of str to float    Each phrase and its score.
    """

    phrasegrams: dict[str, float]

    def __init__(self, phrases_model: Phrases) -> None:
        super().__init__(phrases_model.connector_words)
        self.threshold = phrases_model.threshold
        self.min_count = phrases_model.min_count
        self.delimiter = phrases_model.delimiter
        self.scoring = phrases_model.scoring
        self.phrasegrams = phrases_model.export_phrases()

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.phrasegrams)} phrases, min_count={self.min_count}, "
            f"threshold={self.threshold}>"
        )

    def score_candidate(self, word_a: str, word_b: str, in_between: list[str]) -> Candidate:
        """The phrase these words make and its score, or (None, None)."""
        phrase = self.delimiter.join((word_a, *in_between, word_b))
        score = self.phrasegrams.get(phrase, -inf)
        return (phrase, score) if score > self.threshold else (None, None)

    _own_candidate = score_candidate

    def _finder(self) -> Finder:
        return self._likely

    def _likely(self, names: list[str]) -> list[int]:
        known = self.phrasegrams
        return [place for place, name in enumerate(names) if name in known]


Phraser = FrozenPhrases
