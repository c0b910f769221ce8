"""The words that are trained, and how often each occurs."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.errors import ConfigError, CorpusError, quoted
from w2v.files import write_text
from w2v.text.vocabulary_file import SENTENCE_END, counts_text, read_counts
from w2v.words import LONGEST_WORD, as_words, is_whole_number

A_WORD = f"UTF-8 text of at most {LONGEST_WORD:,} bytes, without white space or NUL"

_CHECKED_WORDS = 1 << 16  # at a time: many, but no copy of the vocabulary


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words and their counts; the position of a word is its id.

    `from_counts` and `load` order words by count, most frequent first, and
    words of one count as plain strings, so equal counts give equal ids. Both leave
    out `</s>`, the sentence end of word2vec.c, which is never trained.

    Parameters
    ----------
    words : tuple of str (V,)
    counts : int64 (V,)           Each at least 1, their sum below 2**63. Made read-only.
    """

    words: tuple[str, ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        counts = np.array(self.counts, dtype=np.int64)
        counts.flags.writeable = False
        object.__setattr__(self, "words", as_words(self.words))
        object.__setattr__(self, "counts", counts)
        if counts.shape != (len(self.words),):
            raise ValueError(
                f"`counts` must have shape ({len(self.words)},), one for each word, "
                f"got {counts.shape}."
            )
        if len(counts) and counts.min() < 1:
            raise ValueError(f"`counts` must be at least 1, got {counts.min()}.")
        if (total := sum(counts.tolist())) >= 2**63:
            raise ValueError(f"The counts add up to {total}, which is not below 2**63.")

    @classmethod
    def from_counts(
        cls,
        words: Mapping[str, int] | Mapping[int, int] | Iterable[str] | Iterable[int],
        counts: ArrayLike | None = None,
        *,
        min_count: int = 1,
        max_vocab: int | None = None,
    ) -> "Vocabulary":
        """Prune and order words.

        Parameters
        ----------
        words : mapping of word to count, or iterable of distinct words
            Integers, such as ids of items, become their decimals.
        counts : int (V,), optional   Only with an iterable of words.
        min_count : int               Rarer words are left out.
        max_vocab : int, optional     Only so many words are kept, in vocabulary order.

        Raises
        ------
        CorpusError
            No word occurs `min_count` times.
        ConfigError
            `min_count` or `max_vocab` is below 1.
        ValueError
            A word is repeated, empty or has white space or NUL in it, or the counts are too large.
        """
        check_limits(min_count, max_vocab)
        if isinstance(words, Mapping):
            if counts is not None:
                raise TypeError("`words` is a mapping and has its own counts; leave out `counts`.")
            counts = list(words.values())
        words = as_words(words)
        every = _whole_numbers([] if counts is None else counts)
        if every.shape != (len(words),):
            raise ValueError(
                f"`counts` must have shape ({len(words)},), one for each word, got {every.shape}."
            )
        every = _without_sentence_end(words, every)
        kept = np.flatnonzero(every >= min_count)
        if not len(kept):
            raise CorpusError(_too_rare(words, every, min_count))
        order = kept[np.argsort(-every[kept], kind="stable")]
        ordered = _alphabetic(np.array(words, object)[order].tolist(), every[order])
        vocabulary = cls(tuple(ordered[:max_vocab]), every[order[:max_vocab]])
        _check_words(vocabulary)
        return vocabulary

    def extended(
        self,
        counts: ArrayLike,
        words: Iterable[str],
        word_counts: ArrayLike,
        *,
        min_count: int = 1,
        max_vocab: int | None = None,
    ) -> "Vocabulary":
        """This vocabulary after more text: no word is lost, counts add up, new words come in.

        Parameters
        ----------
        counts : int (V,)             How often each word of this vocabulary is in the new text.
        words : iterable of str       Others that are in it.
        word_counts : int             How often.
        min_count : int               Of the others, rarer ones are left out.
        max_vocab : int, optional     So many words at most; it turns no word out.
        """
        check_limits(min_count, max_vocab)
        words, others = list(words), _whole_numbers(word_counts)
        others = _without_sentence_end(words, others)
        room = None if max_vocab is None else max(0, max_vocab - len(self))
        all_words, all_counts = self.words, self.counts + _whole_numbers(counts)
        if room != 0 and (others >= min_count).any():
            more = Vocabulary.from_counts(words, others, min_count=min_count, max_vocab=room)
            all_words += more.words
            all_counts = np.concatenate((all_counts, more.counts))
        return Vocabulary.from_counts(all_words, all_counts)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Whether a word is there; 7 is the word "7"."""
        return (str(int(word)) if is_whole_number(word) else word) in self.index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def index(self) -> dict[str, int]:
        """Id of each word; built when first asked for."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def total(self) -> int:
        """Sum of the counts."""
        return int(self.counts.sum())

    def keep_probabilities(self, sample: float) -> NDArray[np.float64]:
        """Probability that one occurrence of a word survives subsampling.

        Parameters
        ----------
        sample : float                Share of the text above which words are thinned; 0 keeps all.

        Returns
        -------
        keep : float64 (V,)

        Equation
        --------
        keep = min(1, (sqrt(f / s) + 1) * s / f), with f = count / total and s = sample.
        This is what word2vec.c computes; the paper (arXiv:1310.4546, eq. 5) has sqrt(s / f).
        """
        if not 0 <= sample < np.inf:
            raise ConfigError(f"`sample` must be 0 or a small positive number, got {sample}.")
        if sample == 0:
            return np.ones(len(self))
        allowed = sample * self.total
        keep = (np.sqrt(self.counts / allowed) + 1) * allowed / self.counts
        return cast(NDArray[np.float64], np.minimum(keep, 1.0))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one `word count` a line, UTF-8; the file appears whole or not at all.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        write_text(path, checked_text(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Vocabulary":
        """Read what `save` or word2vec.c's `-save-vocab` wrote, in any order of lines.

        The sentence end `</s>` that word2vec.c counts as a word is left out.

        Raises
        ------
        CorpusError
            The file cannot be read, or a line is not a new word and its count,
            or the counts add up to more than 2**63.
        """
        counts = read_counts(path)
        try:
            return cls.from_counts(counts)
        except ValueError as error:
            raise CorpusError(f"{os.fspath(path)} is not a vocabulary: {error}") from error


def checked_text(vocabulary: Vocabulary) -> str:
    """One `word count` a line; `ValueError` where a word is none, or stands there twice."""
    _check_words(vocabulary)
    return counts_text(vocabulary.words, vocabulary.counts)


def are_words(tokens: list[str]) -> bool:
    """Whether a text and a vector file can hold each token.

    White space, NUL and nothing at all cannot be held, nor more than `LONGEST_WORD` bytes.
    """
    text = "".join(tokens)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    if "" in tokens or "\0" in text or text.split() != [text] * bool(text):
        return False
    return size <= LONGEST_WORD or max(len(token.encode()) for token in tokens) <= LONGEST_WORD


def is_word(token: str) -> bool:
    """Whether a text and a vector file can hold `token`."""
    return are_words([token])


def _whole_numbers(counts: ArrayLike) -> NDArray[np.int64]:
    numbers = np.asarray(counts)
    if numbers.size and not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(f"Counts must be whole numbers below 2**63, got {numbers.dtype} numbers.")
    return numbers.astype(np.int64)


def _alphabetic(words: list[str], counts: NDArray[np.int64]) -> list[str]:
    """Words in order of count, those of one count in that of the alphabet: sorted by themselves.

    Copies of them, which lie side by side in memory: that takes half the time.
    """
    copies = "\n".join(words).split("\n")
    words = copies if len(copies) == len(words) else words  # some are none, which is told elsewhere
    starts = np.concatenate(([0], np.flatnonzero(np.diff(counts)) + 1, [len(counts)]))
    several = np.flatnonzero(np.diff(starts) > 1)
    for start, stop in zip(starts[several].tolist(), starts[several + 1].tolist(), strict=True):
        words[start:stop] = sorted(words[start:stop])
    return words


def _without_sentence_end(words: Sequence[str], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counts with 0 for what is no word."""
    if SENTENCE_END not in words:
        return counts
    return np.where([word == SENTENCE_END for word in words], 0, counts)


def _check_words(vocabulary: Vocabulary) -> None:
    if len(set(vocabulary.words)) < len(vocabulary):
        word = Counter(vocabulary.words).most_common(1)[0][0]
        raise ValueError(f"Words must be distinct, {word!r} is repeated.")
    for start in range(0, len(vocabulary), _CHECKED_WORDS):
        words = list(vocabulary.words[start : start + _CHECKED_WORDS])
        if not are_words(words):
            word = next(word for word in words if not is_word(word))
            raise ValueError(f"A word must be {A_WORD}, got {quoted(word)}.")


def check_limits(min_count: int, max_vocab: int | None) -> None:
    """Raise `ConfigError` for limits by which no word could be chosen."""
    if min_count < 1:
        raise ConfigError(f"`min_count` must be at least 1, got {min_count}.")
    if max_vocab is not None and max_vocab < 1:
        raise ConfigError(f"`max_vocab` must be at least 1, or None for all, got {max_vocab}.")


def _too_rare(words: tuple[str, ...], counts: NDArray[np.int64], min_count: int) -> str:
    if {*words} <= {SENTENCE_END}:
        return "There are no words to make a vocabulary of."
    most = int(counts.max())
    word = min(words[i] for i in np.flatnonzero(counts == most).tolist())
    return (
        f"No word occurs {_times(min_count)}: the most frequent, {word!r}, occurs {_times(most)}. "
        "Lower min_count (--min-count) or give more text."
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
