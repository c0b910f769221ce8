"""A corpus as gensim's users give it: lists of tokens that may be anything, or a file of lines."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator
from types import GeneratorType
from typing import Any

from w2v.gensim.sentences import LineSentence
from w2v.text import Corpus, Keys, read_corpus, read_sentences

logger = logging.getLogger(__name__)

Source = Iterable[Iterable[Hashable]]


def check_source(sentences: Source | None, corpus_file: str | None) -> None:
    """Raise `TypeError` unless there is one of both, which can be read again."""
    if sentences is not None and corpus_file is not None:
        raise TypeError("Give `sentences` (`corpus_iterable`) or `corpus_file`, not both.")
    if sentences is None and corpus_file is None:
        raise TypeError("Give `sentences` (`corpus_iterable`) or `corpus_file`.")
    if isinstance(sentences, GeneratorType):
        raise TypeError(
            "`sentences` is a generator, which can be read once only, and counting and training "
            "take two passes. Give a list, or an object that can be iterated over again."
        )


def each(sentences: Source | None) -> Iterable[Iterable[Hashable]]:
    """The sentences, a string as its letters, of which a line is logged."""
    assert sentences is not None
    if isinstance(sentences, list | tuple) and not any(isinstance(one, str) for one in sentences):
        return sentences
    return _with_letters(sentences)


def _with_letters(sentences: Source) -> Iterator[Iterable[Hashable]]:
    told = False
    for sentence in sentences:
        if isinstance(sentence, str):
            if not told:
                logger.warning(
                    "A sentence is a string, %.60r, and its letters are taken for its tokens. "
                    "Give lists of words, as `text.split()` does.",
                    sentence,
                )
                told = True
            yield list(sentence)
        else:
            yield sentence


def lines(path: str) -> Iterator[list[str]]:
    """The words of each line."""
    return iter(LineSentence(path))


def read(
    sentences: Source | None, corpus_file: str | None, keys: Keys | None, **chosen: Any
) -> Corpus:
    """The corpus, by the limits `chosen`; with `keys` its words are their numbers.

    Raises
    ------
    CorpusError
        There is no token, or none is in the vocabulary.
    """
    if corpus_file is not None:
        return read_corpus(corpus_file, errors="replace", **chosen)
    return read_sentences(each(sentences), keys=keys, **chosen)  # type: ignore[arg-type]
