"""A text as token ids, kept in memory-mapped files, and what was counted when it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from w2v.errors import counted
from w2v.text.checks import BlockSums, Checks, Sums, fingerprint
from w2v.text.number_files import Int32s, Int64s, forget
from w2v.text.table_stats import TableStats
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.text.vocabulary_file import counts_text

Limits = dict[str, int | None]

_PIECE_TOKENS = 1 << 20


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
    sentence_ends: int = 0
    """Tokens read that are `</s>`, which is never trained; among `rare`."""
    table: TableStats | None = None
    """What was read of a table, if it was one."""
    read_tokens: int = 0
    """Where sentences have weights, by which all above is counted, tokens read, each once; else 0.
    """
    read_sentences: int = 0
    """The same of sentences."""
    left_out: int = 0
    """Of the lines, those that stand in the text not at all, as a weight of 0 or a draw says."""

    @property
    def weighted(self) -> str:
        """What to say of sentences with weights; nothing of others."""
        if not self.read_tokens:
            return ""
        left_out = f", {self.left_out:,} of them not at all" if self.left_out else ""
        return (
            f"{counted(self.read_sentences, 'sentence')} with a weight, of "
            f"{counted(self.read_tokens, 'word')}, stand there "
            f"{counted(self.sentences, 'time')}{left_out}"
        )

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
    tokenizer : Tokenizer or None  What made tokens of the text; None for white space.
    looks : str                   A sentence, if the text begins like something else than words.
    limits : dict                 The "min_count" and the "max_vocab" that the words were chosen by,
                                  each None if by none.
    seconds : dict                Time taken to "count" (read) and to "encode"; or to "open" an
                                  encoded corpus.
    folder : str or None          Where it is kept, if in an encoded corpus.
    remark : str                  A sentence, if words were asked for that an encoded corpus may
                                  have lost.

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
        tokenizer: Tokenizer | None = None,
        *,
        looks: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._set(vocabulary, stats, seconds, tokenizer, looks, limits)
        self._checks: Checks | None = Checks(ids, ends, len(vocabulary), None, "The corpus")

    def _set(
        self,
        vocabulary: Vocabulary,
        stats: CorpusStats,
        seconds: dict[str, float],
        tokenizer: Tokenizer | None,
        looks: str,
        limits: Limits | None,
    ) -> None:
        """All but the arrays."""
        self.vocabulary = vocabulary
        self.stats = stats
        self.seconds = seconds
        self.tokenizer = tokenizer
        self.looks = looks
        self.limits: Limits = limits or {"min_count": None, "max_vocab": None}
        self.folder: str | None = None
        self.remark = ""
        self._closed = False

    def about(self) -> dict[str, Any]:
        """All but the arrays and the folder."""
        names = ("vocabulary", "stats", "seconds", "tokenizer", "looks", "limits")
        return {name: getattr(self, name) for name in names}

    @property
    def is_opened(self) -> bool:
        """Whether it comes from an encoded corpus, and no text was read for it."""
        return "open" in self.seconds

    @property
    def ids(self) -> Int32s:
        return self._open().ids

    @property
    def ends(self) -> Int64s:
        return self._open().ends

    def check(self, tokens: int | None = None) -> None:
        """See to it that the ids before a position can be used, by compiled code too.

        Before it returns, all ends and each id up to there were looked at once; of an encoded
        corpus also whether they are what was written.

        Parameters
        ----------
        tokens : int, optional        All, if left out.

        Raises
        ------
        CorpusError
            They are not.
        """
        checks = self._open()
        checks.before(len(checks.ids) if tokens is None else tokens)

    def fingerprint(self) -> str:
        """Equal for the same tokens in the same sentences, with the same words and counts.

        SHA-256 of their checksums, as hexadecimal digits. A text takes a second for each billion
        of tokens, an encoded corpus no time.
        """
        return fingerprint(self._sums())

    def _sums(self) -> Sums:
        ids, ends = (BlockSums([array]).sums for array in (self.ids, self.ends))
        self.forget_pages()
        return Sums(ids, ends, words_sums(self.vocabulary))

    def pieces(self) -> Iterator[tuple[Int32s, Int64s]]:
        """All ids, some at a time, and the sentence ends among them, once they were checked."""
        ids, ends = self.ids, self.ends
        for start in range(0, len(ids), _PIECE_TOKENS):
            stop = min(start + _PIECE_TOKENS, len(ids))
            self.check(stop)
            first, last = np.searchsorted(ends, [start, stop], side="right")
            yield ids[start:stop], ends[first:last]
            self.forget_pages()

    def first_seen(self) -> Int64s:
        """Where in `ids` each word first stands, int64 (V,); N for a word that is not there."""
        first = np.full(len(self.vocabulary), len(self.ids), np.int64)
        unseen = np.ones(len(self.vocabulary), np.bool_)
        start = 0
        for ids, _ in self.pieces():
            places = np.flatnonzero(unseen[ids])[::-1]
            words = ids[places]
            first[words] = start + places  # of several assigned to a word the last one stays
            unseen[words] = False
            start += len(ids)
        return first

    def forget_pages(self) -> None:
        """Let the system take back the memory behind what was read of the arrays."""
        forget(self.ids)
        forget(self.ends)

    def close(self) -> None:
        """Let go of the arrays; what was taken from here before stays valid."""
        self._checks, self._closed = None, True

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self) -> Checks:
        """The arrays, and what of them was checked."""
        if self._closed:
            raise ValueError("The corpus was closed. Use it inside its `with` block.")
        assert self._checks is not None
        return self._checks


def words_sums(vocabulary: Vocabulary) -> list[int]:
    """Checksums of the text of a vocabulary."""
    text = counts_text(vocabulary.words, vocabulary.counts)
    return BlockSums([text.encode(errors="surrogatepass")]).sums
