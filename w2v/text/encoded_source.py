"""An encoded corpus in the place of text: as it is, or with fewer words."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from w2v.errors import ConfigError
from w2v.text.chosen_words import Chosen
from w2v.text.corpus import Corpus, Limits
from w2v.text.corpus_files import find_files
from w2v.text.decoding import Progress
from w2v.text.dictionary import Dictionary
from w2v.text.encoded import open_encoded
from w2v.text.encoded_draft import Draft, write_corpus
from w2v.text.encoded_files import FILES, is_encoded
from w2v.text.number_files import Int32s
from w2v.text.spool import Pieces, recoded, stored
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary


def encoded_folder(source: object) -> str | None:
    """The folder, if the only path of a source leads to an encoded corpus.

    Raises
    ------
    ConfigError
        It is one of several.
    """
    paths: Sequence[Any] = source if isinstance(source, list | tuple) else [source]
    found = next((path for path in paths if is_encoded(path)), None)
    if found is None:
        return None
    if len(paths) > 1:
        raise ConfigError(
            f"{os.fsdecode(found)} is an encoded corpus, and there is more beside it. Train on it "
            "alone, or encode all the texts together."
        )
    return os.fsdecode(found)


def find_corpus(paths: Sequence[str]) -> tuple[list[str], str | None]:
    """The files to be read, as `find_files`, and the folder if they are an encoded corpus."""
    if folder := encoded_folder(paths):
        return [os.path.join(folder, name) for name in FILES], folder
    return find_files(paths), None


def read_encoded(
    folder: str,
    chosen: Chosen,
    *,
    errors: str = "strict",
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
    draft: Draft | None = None,
) -> Corpus:
    """The corpus in a folder, with the words that are `chosen` of those it has.

    Where none is dropped it is used as it is; else tokens and sentences that are left go to
    temporary files, or to `draft`: as if the text was read.

    Raises
    ------
    CorpusError
        The folder is damaged, or no word is left.
    ConfigError
        A tokenizer or `errors` is given: the text was read with others already.
    """
    if errors != "strict" or (tokenizer is not None and not tokenizer.is_plain):
        raise ConfigError(
            f"{folder} is an encoded corpus: its text is cut into words already. Leave out the "
            "options of reading text, or encode the text again with them."
        )
    began = time.perf_counter()
    corpus = open_encoded(folder)
    vocabulary, final, kept = _narrowed(corpus, chosen)
    remark = _remark(corpus, chosen)
    about = {
        **corpus.about(),
        "vocabulary": vocabulary,
        "stats": replace(corpus.stats, rare=corpus.stats.tokens - kept),
        "limits": _limits(corpus, chosen),
    }
    found: Corpus = corpus
    corpus.limits = about["limits"]
    if final is None:
        if vocabulary is not corpus.vocabulary:
            found = corpus.renamed(about)
        found = found if draft is None else write_corpus(found, draft)
    else:
        pieces = recoded(_reporting(corpus, progress), final)
        if draft is not None:
            draft.write_arrays(pieces, kept, len(corpus.ends))
            found = draft.finish(about)
        else:
            ids, ends = stored(pieces)
            found = Corpus(ids=ids, ends=ends, **about)
    found.seconds, found.remark = {"open": time.perf_counter() - began}, remark
    return found


def _narrowed(corpus: Corpus, chosen: Chosen) -> tuple[Vocabulary, Int32s | None, int]:
    """The words that are chosen, the new id of each word (None: the same), and tokens that stay."""
    words = corpus.vocabulary
    if chosen.keeps_all(words):
        return words, None, len(corpus.ids)
    occurrences = np.zeros(len(words), np.int64)
    for ids, _ in corpus.pieces():
        occurrences += np.bincount(ids, minlength=len(words))
    dictionary = Dictionary(words.words)
    if chosen.given:
        given = frozenset(chosen.given)
        every = [*chosen.given, *(word for word in words.words if word not in given)]
        counts = np.zeros(len(every), np.int64)
        counts[dictionary.positions(every)] = occurrences
        vocabulary = chosen.vocabulary(Dictionary(every), counts)
    else:
        vocabulary = chosen.vocabulary(dictionary, words.counts)
    final = dictionary.positions(vocabulary.words)
    kept = chosen.kept(occurrences, final)
    same = np.array_equal(final, np.arange(len(words)))
    return vocabulary, None if same else final, kept


def _reporting(corpus: Corpus, progress: Progress | None) -> Pieces:
    """All of it, and how many bytes that is so far."""
    done = 0
    for ids, ends in corpus.pieces():
        yield ids, ends
        done += ids.nbytes
        if progress is not None:
            progress(done, corpus.ids.nbytes)


def _limits(corpus: Corpus, chosen: Chosen) -> Limits:
    """Those of the folder and those asked for together."""
    least = [n for n in (corpus.limits["min_count"], chosen.limits["min_count"]) if n is not None]
    most = [n for n in (corpus.limits["max_vocab"], chosen.limits["max_vocab"]) if n is not None]
    return {"min_count": max(least, default=None), "max_vocab": min(most, default=None)}


def _remark(corpus: Corpus, chosen: Chosen) -> str:
    """What to say where words are asked for that the folder may have lost; else nothing."""
    least, most = corpus.limits["min_count"], corpus.limits["max_vocab"]
    if corpus.stats.rare == corpus.stats.sentence_ends:
        return ""
    if chosen.given:
        missing = len(set(chosen.given).difference(corpus.vocabulary.words))
        asked = f"{missing:,} of the words given" if missing else ""
    else:
        lower = least is not None and (chosen.limits["min_count"] or 1) < least
        wider = most is not None and (chosen.limits["max_vocab"] or most + 1) > most
        asked = "Rarer words" if lower or wider else ""
    if not asked:
        return ""
    how = [f"--min-count {least}"] * (least is not None) + [f"--max-vocab {most}"] * (
        most is not None
    )
    encoded = f" with {' and '.join(how)}" if how else " with words of its own"
    verb = "is" if asked.startswith("1 ") else "are"
    return f"{asked} {verb} not in {corpus.folder}, which was encoded{encoded}."
