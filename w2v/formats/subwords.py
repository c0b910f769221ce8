"""Vectors of words from those of their n-grams, as fastText makes them.

A word stands between ``<`` and ``>``, and each run of `shortest` to `longest` characters of that
is an n-gram. Which row an n-gram has, its hash says (FNV-1a of 32 bits, with bytes as signed
numbers); several may share one. (Bojanowski et al. 2017, arXiv:1607.04606.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from w2v.errors import UnknownWordError, quoted
from w2v.formats.table import BATCH_BYTES, Matrix

Ids = npt.NDArray[np.intp]

_OFFSET, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_MOST, _LONGEST_CHARACTER = 64, 4  # characters of an n-gram, bytes of one
_MOST_EACH = 1000  # n-grams, for a row
_BATCH = 1 << 16  # bytes of words taken at a time
_CONTINUED, _CONTINUATION = np.uint8(0xC0), np.uint8(0x80)  # bytes of UTF-8 inside a character


class Subwords:
    """Rows of words, rows of n-grams, and what words are made of.

    Parameters
    ----------
    own : float32 (V, D)              Rows of the words themselves; not copied.
    grams : float32 (B, D)            Rows of n-grams; not copied.
    shortest, longest : int           Characters of an n-gram; a longest of 0 for none.
    line_end : bytes, optional        A word that has no n-grams.

    Raises
    ------
    ValueError
        n-grams of more than 64 characters or fewer than 0.
    """

    def __init__(
        self, own: Matrix, grams: Matrix, shortest: int, longest: int, line_end: bytes | None = None
    ) -> None:
        if type(shortest) is not int or type(longest) is not int or min(shortest, longest) < 0:
            raise ValueError("the sizes of n-grams are no whole numbers of at least 0")
        if longest > _MOST:
            raise ValueError(f"n-grams of up to {longest:,} characters; {_MOST} are the most")
        self.own, self.grams = own, grams
        self.shortest, self.longest = shortest, longest
        self._line_end = line_end

    def too_many(self, words: Sequence[bytes]) -> bool:
        """Whether words may have more n-grams than 1,000 for each row that there is.

        Real ones have some 30. More of rows of many numbers, few words of a file can ask for.
        """
        sizes = max(0, self.longest - max(self.shortest, 1) + 1) if len(self.grams) else 0
        most = sum(len(word) + 2 for word in words) * sizes
        return most > _MOST_EACH * (len(self.own) + len(self.grams))

    def vectors(self, words: Sequence[bytes]) -> Matrix:
        """Float32 (W, D): for each word the mean of its own row and those of its n-grams.

        Parameters
        ----------
        words : sequence of bytes (W,)    In UTF-8: those of the first W rows, in order.
        """
        found = np.empty((len(words), self.own.shape[1]), np.float32)
        for begin, end in _batches(words):
            sums, counts = self._sums(words[begin:end])
            sums += self.own[begin:end]
            np.divide(sums, (counts + 1)[:, np.newaxis], out=found[begin:end])
        return found

    def vector_of(self, word: str) -> Matrix:
        """Float32 (D,): the mean of a word's n-grams, whether it has a row of its own or not.

        Raises
        ------
        UnknownWordError
            It has no n-grams.
        """
        sums, counts = self._sums([word.encode("utf-8", "surrogatepass")])
        if not counts[0]:
            raise UnknownWordError(
                f"{quoted(word)} has no n-grams of {self.shortest} to {self.longest} characters, "
                "of which a vector could be made."
            )
        found: Matrix = sums[0] / counts[0]
        return found

    def _sums(self, words: Sequence[bytes]) -> tuple[Matrix, npt.NDArray[np.float32]]:
        """The sums of the rows of their n-grams, float32 (W, D), and how many there are (W,)."""
        sums = np.zeros((len(words), self.grams.shape[1]), np.float32)
        counts = np.zeros(len(words), np.float32)
        if not self.longest or not len(self.grams):
            return sums, counts
        step = max(1, BATCH_BYTES // (4 * self.grams.shape[1] or 1))
        for which, hashes in self._hashed(words):
            counts += np.bincount(which, minlength=len(words)).astype(np.float32)
            rows = (hashes % np.uint32(len(self.grams))).astype(np.intp)
            for at in range(0, len(rows), step):
                part = which[at : at + step]
                firsts = np.flatnonzero(np.diff(part, prepend=-1))
                sums[part[firsts]] += np.add.reduceat(self.grams[rows[at : at + step]], firsts)
        return sums, counts

    def _hashed(self, words: Sequence[bytes]) -> Iterator[tuple[Ids, npt.NDArray[np.uint32]]]:
        """Word, in ascending order, and hash of each n-gram, those of as many bytes together."""
        marked = [b"" if word == self._line_end else b"<" + word + b">" for word in words]
        text = np.frombuffer(b"".join(marked), np.uint8)
        lengths = np.fromiter(map(len, marked), np.intp, len(marked))
        signed = text.view(np.int8).astype(np.int32).view(np.uint32)
        begins = np.append((text & _CONTINUED) != _CONTINUATION, True)
        at = np.flatnonzero(begins[:-1])
        ends = np.cumsum(lengths)
        word = np.repeat(np.arange(len(words)), lengths)[at]
        first, end = at == (ends - lengths)[word], ends[word]
        state, chars = np.full(len(at), _OFFSET), np.zeros(len(at), np.intp)
        for _ in range(_LONGEST_CHARACTER * self.longest):  # more have none of UTF-8
            if not len(at):
                break
            state = (state ^ signed[at]) * _PRIME
            at = at + 1
            whole = begins[at]
            chars = chars + whole
            mark = (chars == 1) & (first | (at == end))  # "<" or ">" alone
            taken = whole & (chars >= self.shortest) & ~mark
            if taken.any():
                yield word[taken], state[taken]
            on = (at < end) & (chars < self.longest)
            at, word, first, end = at[on], word[on], first[on], end[on]
            state, chars = state[on], chars[on]


def _batches(words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Stretches of words of some KiB together."""
    begin, size = 0, 0
    for at, word in enumerate(words):
        size += len(word) + 2
        if size >= _BATCH:
            yield begin, at + 1
            begin, size = at + 1, 0
    if begin < len(words):
        yield begin, len(words)
