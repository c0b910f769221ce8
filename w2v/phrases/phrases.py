"""Phrases: words that stand side by side more often than by chance, joined to one word.

A text is read once, as numbers, into a temporary file; pairs are counted there exactly (see
`bigrams`), the best are joined, and so on for as many passes as asked for. What was found can be
kept and applied to other text as it flows by.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

import numpy as np

from w2v.errors import ConfigError, CorpusError, W2VError
from w2v.files import PathLike, check_writing, writing
from w2v.phrases.association import (
    Scoring,
    score_of,
    scoring_name,
    scoring_named,
    thresholds,
)
from w2v.phrases.bigrams import LINE_END, TokenFile
from w2v.phrases.options import connectors, whole_number
from w2v.phrases.passes import PassStats, Search, find_and_join
from w2v.phrases.phrase_table import Phrase, arranged, read_table, write_table
from w2v.phrases.rewriting import Chain, Lines, with_line_ends
from w2v.renamed import names_checked
from w2v.text import (
    Dictionary,
    Progress,
    Source,
    Tokenizer,
    is_word,
    parts_of,
    parts_of_lists,
    release_memory,
    word_arrays,
)

_MOST_PASSES = 30  # each can double the words of a phrase


class Phrases:
    """Finds phrases in a text, and joins them in that text or another.

    Parameters
    ----------
    scoring : {"word2phrase", "gensim", "npmi"} or Scorer
        See Equation. A function is given the counts of each pair that is not rarer than `min_count`
        by the names of a `w2v.phrases.Scorer`, and gives its score.
    threshold : float, or one for each pass
        A pair is a phrase when its score is above; 100, 10 or 0.5 for the three scores. A
        function has none of its own.
    min_count : int
        Rarer pairs are no phrases; the first two scores also take it off each pair's count.
    passes : int
        How many times phrases are looked for and joined. Phrases of the first pass have two
        words, of the second up to four, and so on.
    delimiter : str
        Between the words of a phrase.
    connector_words : iterable of str
        Words that a phrase may have inside (up to three), and neither begins nor ends with.

    Attributes
    ----------
    table : tuple of tuple of Phrase      After `fit`: the phrases of each pass, best first.
    stats : tuple of PassStats            After `fit`: what each pass did.

    Equation
    --------
    With counts ab of the pair, a and b of its words, N tokens in all:

    * word2phrase: (ab - min_count) / (a b) N, as word2phrase.c computes it; without the factor N
      it is the score of Mikolov et al. 2013 (arXiv:1310.4546), eq. 6.
    * gensim: (ab - min_count) / (a b) T, where T counts the different words and different pairs
      together; gensim calls it "default".
    * npmi: ln(ab N / (a b)) / -ln(ab / N), from -1 to 1 (Bouma 2009).

    Pairs do not reach over a line end. word2phrase.c joins none there either, but its counts do
    include the last word of a line with the first of the next.

    Raises
    ------
    ConfigError
        An option is out of range.

    Examples
    --------
    >>> sentences = [["new", "york", "is", "big"], ["old", "new", "york"]] * 3
    >>> phrases = Phrases(scoring="npmi", threshold=0.6, min_count=3).fit(sentences)
    >>> phrases[["in", "new", "york"]]
    ['in', 'new_york']
    """

    @names_checked(
        {"sentences": "the text goes to `fit`: Phrases(...).fit(sentences)"},
        positional="Phrases takes its options by name: Phrases(min_count=5).fit(sentences).",
    )
    def __init__(
        self,
        *,
        scoring: Scoring = "word2phrase",
        threshold: float | Sequence[float] | None = None,
        min_count: int = 5,
        passes: int = 1,
        delimiter: str = "_",
        connector_words: Iterable[str] = (),
    ) -> None:
        score_of(scoring)
        self.scoring = scoring
        self.min_count = whole_number("min_count", min_count, 0)
        self.passes = whole_number("passes", passes, 1, _MOST_PASSES)
        self.thresholds = thresholds(scoring, threshold, self.passes)
        if not isinstance(delimiter, str) or not is_word(delimiter):
            raise ConfigError(
                f"`delimiter` must be text without white space and not empty, got {delimiter!r}."
            )
        self.delimiter = delimiter
        self.connector_words = connectors(connector_words)
        self._table: tuple[tuple[Phrase, ...], ...] | None = None
        self._stats: tuple[PassStats, ...] = ()

    @property
    def table(self) -> tuple[tuple[Phrase, ...], ...]:
        if self._table is None:
            raise W2VError("No phrases were looked for yet. Call `fit` with a text first.")
        return self._table

    @property
    def stats(self) -> tuple[PassStats, ...]:
        return self._stats

    def fit(
        self,
        source: Source,
        *,
        output: PathLike | BinaryIO | None = None,
        errors: str = "strict",
        tokenizer: Tokenizer | None = None,
        progress: Progress | None = None,
        on_pass: Callable[[PassStats], None] | None = None,
    ) -> Phrases:
        """Find phrases.

        Parameters
        ----------
        source : path, list of `pathlib.Path`, Table, or iterable of token lists
            As for `Word2Vec.fit`; it is read once.
        output : path or binary file, optional
            Where to write the text with its phrases joined: a line for each line, single spaces
            between words. A file appears whole or not at all.
        errors : {"strict", "replace", "ignore"}
            What to do with bytes that are not UTF-8: refuse them, put U+FFFD, or leave
            them out.
        tokenizer : Tokenizer, optional
            As for `Word2Vec.fit`.
        progress : callable(bytes_read, total_bytes), optional
        on_pass : callable(PassStats), optional

        Returns
        -------
        Phrases
            This object.

        Raises
        ------
        CorpusError
            The text cannot be read or has no word, or there is no space for temporary files.
        OutputError
            `output` cannot be written; if it could not be seen before, the phrases are found.
        """
        check_writing(output)

        search = Search(self.scoring, self.min_count, self.delimiter, len(self.connector_words))
        words = Dictionary(self.connector_words)
        with TokenFile() as text:
            for some in words.encode(parts_of(source, errors, tokenizer, progress)):
                text.append(with_line_ends(some.lengths, some.ids))
            release_memory()
            table: list[list[Phrase]] = []
            stats: list[PassStats] = []
            for threshold in self.thresholds:
                phrases, done = find_and_join(text, words, search, threshold)
                table.append(phrases)
                stats.append(done)
                if on_pass is not None:
                    on_pass(done)
            self._table, self._stats = tuple(map(tuple, table)), tuple(stats)
            if output is not None:
                with writing(output) as handle:
                    Lines(handle).write_all((ids, words.words) for ids in text.blocks())
        return self

    def apply(
        self,
        source: Source,
        output: PathLike | BinaryIO,
        *,
        errors: str = "strict",
        tokenizer: Tokenizer | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Join the phrases of `table` in another text, as it is read: a filter.

        Parameters and errors as for `fit`.
        """
        chain = Chain(self._rules())
        parts = (
            (chain.feed(with_line_ends(part.lengths, chain.number(part))), chain.words_with(part))
            for part in parts_of(source, errors, tokenizer, progress)
        )
        with writing(output) as handle:
            lines = Lines(handle)
            lines.write_all(parts)
            lines.write(chain.end(), chain.words)

    def transform(self, sentences: Iterable[list[str] | tuple[str, ...]]) -> Iterator[list[str]]:
        """Sentences with their phrases joined, one for each of `sentences`, some at a time.

        Raises
        ------
        TypeError, ValueError
            What is no sentence or no token for `fit` is none here either.
        """
        chain, arrays = Chain(self._rules()), word_arrays()
        for part in parts_of_lists(sentences):
            ids = chain.feed(with_line_ends(part.lengths, chain.number(part)))
            ends = np.flatnonzero(ids == LINE_END)
            joined = arrays.taken(chain.words_with(part), ids[ids != LINE_END])
            starts = (ends - np.arange(len(ends))).tolist()
            for start, end in zip([0, *starts], starts, strict=False):
                yield joined[start:end]

    def __getitem__(self, sentence: list[str] | tuple[str, ...]) -> list[str]:
        """A sentence with its phrases joined; for many, `transform` is quicker."""
        return next(self.transform([sentence]))

    @property
    def scores(self) -> dict[str, float]:
        """Each phrase and its score, best first."""
        ranked = sorted(
            (phrase for found in self.table for phrase in found), key=lambda p: -p.score
        )
        return {phrase.phrase: phrase.score for phrase in ranked}

    def save(self, path: PathLike) -> None:
        """Write what was found as a table of text, which `load` reads; see docs/phrases.md.

        Raises
        ------
        ConfigError
            `scoring` is a function that no file can name, such as a lambda.
        OutputError
            The file cannot be written.
        """
        options = {
            "scoring": scoring_name(self.scoring),
            "threshold": self.thresholds,
            "min_count": self.min_count,
            "passes": self.passes,
            "delimiter": self.delimiter,
            "connector_words": self.connector_words,
        }
        write_table(path, options, self.table)

    @classmethod
    def load(cls, path: PathLike) -> Phrases:
        """Read what `save` wrote; lines may have been changed, added or left out by hand.

        Raises
        ------
        CorpusError
            The file cannot be read, or is no table of phrases; its message names the line.
        """
        options, rows = read_table(path)
        try:
            if "scoring" in options:
                options["scoring"] = scoring_named(options["scoring"])
            phrases = cls(**options)
        except (TypeError, ConfigError) as error:
            told = repr(str(error)[:200])[1:-1]  # names of options come from the file as they are
            reason = f"the options in its first line do not fit: {told}"
            raise CorpusError(f"{os.fspath(path)} is not a table of phrases: {reason}") from error
        phrases._table = arranged(path, rows, phrases.passes)
        return phrases

    def _rules(self) -> list[list[tuple[tuple[str, ...], str]]]:
        return [[(phrase.words, phrase.phrase) for phrase in found] for found in self.table]
