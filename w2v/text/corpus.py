"""Text to token ids: read once, counted, pruned, and kept in a memory-mapped file.

Memory is bounded by the number of different words and not by the length of the
text, and a pipe or a one-shot iterator serves as well as a file: see `spool`.
"""

import mmap
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.text.decoding import Progress, find_files, read_pieces, source_name
from w2v.text.splitting import Dictionary, release_memory
from w2v.text.spool import Int32s, Int64s, Spool
from w2v.text.vocabulary import Vocabulary, are_words, is_word

_BATCH_TOKENS = 1 << 14
_SCANNED_AT_ONCE = 1 << 20
_TO_READ_FILES = "To read files, give `fit` or `read_corpus` one path, or a list of pathlib.Path."


@dataclass(frozen=True)
class CorpusStats:
    """What was read: nothing is dropped without being counted here."""

    tokens: int
    """Tokens read."""
    rare: int
    """Tokens read that are not in the vocabulary, and so not in `Corpus.ids`."""
    sentences: int
    """Sentences read that had a token; those of rare tokens only are not in `Corpus.ends`."""
    types: int
    """Different tokens read."""
    lines: int = 0
    """Sentences read, those without a token too."""
    files: int = 0
    """Files read, standard input being one; 0 for sentences given by a program."""

    @property
    def kept(self) -> int:
        """Tokens in `Corpus.ids`."""
        return self.tokens - self.rare


class Corpus:
    """A text as token ids, on disk.

    Attributes
    ----------
    vocabulary : Vocabulary
    ids : int32 (N,)              Memory-mapped, read-only, each in [0, V).
    ends : int64 (S,)             Memory-mapped, read-only: sentence s is
                                  ids[ends[s - 1]:ends[s]], the first starts at 0;
                                  strictly increasing, the last is N.
    stats : CorpusStats
    seconds : dict                Time taken to "count" (read) and to "encode".

    Notes
    -----
    `close`, or leaving a `with` block, lets go of the arrays. The disk space is
    free again once nobody else holds them.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ids: Int32s,
        ends: Int64s,
        stats: CorpusStats,
        seconds: dict[str, float],
    ) -> None:
        self.vocabulary = vocabulary
        self.stats = stats
        self.seconds = seconds
        self._arrays: tuple[Int32s, Int64s] | None = (ids, ends)

    @property
    def ids(self) -> Int32s:
        return self._open()[0]

    @property
    def ends(self) -> Int64s:
        return self._open()[1]

    def first_seen(self) -> NDArray[np.int64]:
        """Where in `ids` each word first stands, int64 (V,); N for a word that is not there."""
        ids = self.ids
        first = np.full(len(self.vocabulary), len(ids), np.int64)
        starts = range(0, len(ids), _SCANNED_AT_ONCE)
        for start in reversed(starts):  # of several places assigned to a word the last one stays
            some = ids[start : start + _SCANNED_AT_ONCE]
            first[some[::-1]] = np.arange(start + len(some) - 1, start - 1, -1)
        self.forget_pages()
        return first

    def forget_pages(self) -> None:
        """Let the system take back the memory behind what was read of the arrays."""
        if sys.platform == "win32":
            return  # nothing to ask it with
        for array in self._open():
            mapping = getattr(array.base, "obj", None)
            if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
                mapping.madvise(mmap.MADV_DONTNEED)  # it is read again where it is asked for

    def close(self) -> None:
        """Let go of the arrays; what was taken from here before stays valid."""
        self._arrays = None

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self) -> tuple[Int32s, Int64s]:
        if self._arrays is None:
            raise ValueError("The corpus was closed. Use it inside its `with` block.")
        return self._arrays


def read_corpus(
    source: str | os.PathLike[str] | list[Any] | tuple[Any, ...],
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    vocabulary: Vocabulary | None = None,
    known: Vocabulary | None = None,
    errors: str = "strict",
    progress: Progress | None = None,
) -> Corpus:
    r"""Read text files: a sentence a line, words between white space.

    Only `\n` ends a line, and a line may be of any length. White space is
    what `str.split` takes for it.

    Parameters
    ----------
    source : path, or list or tuple of paths
        Files, folders, glob patterns, or `-` for standard input; see `textio.find_files`.
    min_count : int               Rarer words are dropped.
    max_vocab : int, optional     Only so many of the most frequent words are kept.
    vocabulary : Vocabulary, optional
        Take words, counts and order from here; the two limits above have no say then.
    known : Vocabulary, optional
        Words to have in any case, and their counts so far, to which those of the text are added;
        the limits are for other words. Not together with `vocabulary`.
    errors : {"strict", "replace"}
        What to do with bytes that are not UTF-8: raise, or read U+FFFD.
    progress : callable(bytes_read, total_bytes), optional
        Called now and then; the total is None where it is not known.

    Raises
    ------
    CorpusError
        The text cannot be read or has no token, no word is frequent enough, or
        the folder for temporary files is full.
    TypeError
        `source` is not made of paths.
    """
    files = find_files(_paths(source))
    pieces = read_pieces(files, errors=errors, progress=progress)
    nothing = f"There is no word in {_few(files)}."
    return _read(pieces, nothing, min_count, max_vocab, vocabulary, known, len(files))


def read_sentences(
    sentences: Iterable[list[str] | tuple[str, ...] | NDArray[np.str_]],
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    vocabulary: Vocabulary | None = None,
    known: Vocabulary | None = None,
) -> Corpus:
    """Read sentences that are split already; they are asked for once.

    Parameters
    ----------
    sentences : iterable of list, tuple or array of str
        An iterator will do. A sentence may be empty or of any length.
    min_count, max_vocab, vocabulary, known
        As for `read_corpus`.

    Raises
    ------
    CorpusError
        There is no token, or no word is frequent enough, or the folder for
        temporary files is full.
    TypeError
        A sentence is not a list, tuple or array, or a token is not a str.
    ValueError
        A token is empty or has white space or NUL in it, so that no file could hold it.
    """
    if isinstance(sentences, (str, bytes, os.PathLike)):
        raise TypeError(
            f"Sentences must be lists of tokens, got {_short(sentences)}. {_TO_READ_FILES}"
        )
    if not hasattr(sentences, "__iter__") and not hasattr(sentences, "__getitem__"):
        raise TypeError(
            f"A corpus must be a path or an iterable of token lists, got {_short(sentences)}."
        )
    nothing = (
        "There is no token in the sentences. If they are an iterator that was used before, make a "
        "new one."
    )
    return _read(as_text(sentences), nothing, min_count, max_vocab, vocabulary, known)


def _read(
    pieces: Iterable[str],
    nothing: str,
    min_count: int,
    max_vocab: int | None,
    vocabulary: Vocabulary | None,
    known: Vocabulary | None,
    files: int = 0,
) -> Corpus:
    """Number words as they turn up, choose the vocabulary, and give the tokens their final ids."""
    if vocabulary is not None and known is not None:
        raise TypeError("Give `vocabulary` or `known`, not both.")
    given = vocabulary or known
    dictionary = Dictionary(given.words if given is not None else ())
    with Spool(len(dictionary)) as spool:
        for lengths, ids in dictionary.encode(pieces):
            spool.add(lengths, ids)
        if not spool.tokens:
            raise CorpusError(nothing)
        counted = time.perf_counter()
        counts = spool.counts[: len(dictionary)]
        if vocabulary is None:
            old = 0 if known is None else len(known)
            frequent = old + np.flatnonzero(counts[old:] >= min(min_count, counts.max()))
            some = dictionary.take(frequent), counts[frequent]
            limits: dict[str, Any] = {"min_count": min_count, "max_vocab": max_vocab}
            if known is None:
                vocabulary = Vocabulary.from_counts(*some, **limits)
            else:
                vocabulary = known.extended(counts[:old], *some, **limits)
        final = dictionary.positions(vocabulary.words)
        kept = int(counts[final >= 0].sum())
        if not kept:
            raise CorpusError(_unknown(spool.tokens, None if known is None else min_count))
        del dictionary
        release_memory()
        ids, ends = spool.encode(final)
        stats = CorpusStats(
            tokens=spool.tokens,
            rare=spool.tokens - kept,
            sentences=spool.sentences,
            types=int(np.count_nonzero(counts)),
            lines=spool.lines,
            files=files,
        )
        seconds = {"count": counted - spool.started, "encode": time.perf_counter() - counted}
        return Corpus(vocabulary, ids, ends, stats, seconds)


def is_path(source: object) -> bool:
    """Whether `source` names files: one path, or a list of `pathlib.Path`; else it is sentences."""
    if isinstance(source, list | tuple) and source:
        return all(isinstance(item, os.PathLike) for item in source)
    return isinstance(source, str | os.PathLike)


def _unknown(tokens: int, min_count: int | None) -> str:
    """What to say of a text without a word of a vocabulary, or of one that `min_count` enlarges."""
    if min_count is None:
        return (
            f"No word of the text is in the given vocabulary; tokens read: {tokens:,}. "
            "Was it (--vocab) made from text in another language or another case?"
        )
    return (
        f"No word of the text is known to the model, and none occurs {min_count} times; "
        f"tokens read: {tokens:,}. Lower min_count (--min-count) or give more text."
    )


def _paths(source: object) -> list[str | os.PathLike[str]]:
    paths: list[str | os.PathLike[str]] = []
    for path in source if isinstance(source, (list, tuple)) else [source]:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"A corpus must be a path or a list of paths, got {_short(path)}. "
                "Lists of tokens are read with `read_sentences`."
            )
        paths.append(path)
    return paths


def as_text(sentences: Iterable[object]) -> Iterator[str]:
    """Sentences as lines of text, some at a time."""
    for first, batch in batches(sentences):
        try:
            fit = are_words(list(set(chain.from_iterable(batch))))
        except TypeError:  # a token that is no str
            fit = False
        if not fit:
            _refuse_token(first, batch)
        yield "".join([" ".join(sentence) + "\n" for sentence in batch])


def batches(sentences: Iterable[object]) -> Iterator[tuple[int, list[list[str]]]]:
    """(number of the first sentence, copies of some sentences)."""
    first = 1
    batch: list[list[str]] = []
    size = 0
    for number, sentence in enumerate(sentences, start=1):
        if isinstance(sentence, np.ndarray):
            sentence = sentence.tolist()  # noqa: PLW2901 (plain str for np.str_)
        if not isinstance(sentence, (list, tuple)):
            _refuse_sentence(number, sentence)
        batch.append(list(sentence))
        size += len(sentence) + 1
        if size >= _BATCH_TOKENS:
            yield first, batch
            first, batch, size = number + 1, [], 0
    yield first, batch


def _refuse_sentence(number: int, sentence: object) -> NoReturn:
    if isinstance(sentence, str):
        raise TypeError(
            f"Sentence {number}: a string was given where a list of tokens is expected, "
            f"{_short(sentence)}. Split each sentence, as `text.split()` does. {_TO_READ_FILES}"
        )
    advice = f" {_TO_READ_FILES}" if isinstance(sentence, os.PathLike) else ""
    raise TypeError(
        f"Sentence {number}: expected a list of tokens, got {_short(sentence)}.{advice}"
    )


def _refuse_token(first: int, sentences: list[list[str]]) -> NoReturn:
    """Name the first token that is not a word."""
    for number, sentence in enumerate(sentences, start=first):
        for token in sentence:
            if not isinstance(token, str):
                raise TypeError(f"Sentence {number}: a token must be a str, got {_short(token)}.")
            if not is_word(token):
                raise ValueError(
                    f"Sentence {number}: a token must be UTF-8 text without white space or NUL, "
                    f"got {_short(token)}."
                )
    raise AssertionError("every token is a word")


def _short(value: object) -> str:
    """A value of any size and its type, for a message."""
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} ({type(value).__name__})"


def _few(files: list[str]) -> str:
    first = source_name(files[0])
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
