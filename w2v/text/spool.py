"""Token ids on their way to the disk.

Words get provisional ids as they turn up, and the ids go to a temporary file.
Once the text has ended and the vocabulary is known, one pass over the file
replaces provisional by final ids and drops the tokens of pruned words.

The temporary files have no name: the system takes the space back when the last
array on them is gone, whatever ended the process.
"""

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

import numpy as np

from w2v.errors import CorpusError, OutputError, counted
from w2v.files import check_room, temporary_folder
from w2v.text.copies import Copies
from w2v.text.dictionary import Numbered
from w2v.text.number_files import Int32s, Int64s, append_to, cut, mapped, temporary_file
from w2v.text.repeating import gathered, in_order
from w2v.text.side_by_side import side_by_side

Pieces = Iterator[tuple[Int32s, Int64s]]

_PIECE_TOKENS = 1 << 18
_MOST_TOKENS = 1 << 36  # that weights may make of a text: 256 GiB


class Spool:
    """Tokens and sentence ends in the order they are read; a context manager.

    Parameters
    ----------
    types : int                   Provisional ids that are given before anything is read.
    copies : Copies, optional     How often each line is to stand in the text, if not once.
    folder : str, optional        Where its files are, in place of the one for temporary files.

    Attributes
    ----------
    counts : int64                Of each provisional id, and zeros for some more.
    tokens, sentences : int       Read so far, each as often as it is to stand there; empty
                                  sentences are not counted.
    lines : int                   As `sentences`, with empty ones.
    read_tokens, read_sentences : int
                                  The same, each once.
    left_out : int                Lines that are to stand there not at all.
    started : float               `time.perf_counter` when the spool was made.
    """

    def __init__(self, types: int, copies: Copies | None = None, folder: str | None = None) -> None:
        self.counts = np.zeros(max(types, 1 << 16), np.int64)
        self.tokens = self.sentences = self.lines = 0
        self.read_tokens = self.read_sentences = self.left_out = 0
        self.started = time.perf_counter()
        self._last_end = 0
        self._ids, self._ends = _pair(temporary_file(folder), folder)
        self._copies = copies
        self._copies_of = temporary_file(folder) if copies else None

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *exception: object) -> None:
        self._ids.close()
        self._ends.close()
        if self._copies_of is not None:
            self._copies_of.close()

    def add(self, some: Numbered) -> None:
        """Append tokens; each of its lengths ends a sentence, except the last, which stays open."""
        lengths, ids = np.asarray(some.lengths, np.int64), some.ids
        ends = self.read_tokens + lengths[:-1].cumsum()
        new = np.diff(ends, prepend=self._last_end) > 0
        append_to(self._ids, ids)
        if (types := int(some.words.max(initial=-1)) + 1) > len(self.counts):
            self.counts = np.pad(self.counts, (0, types))
        if self._copies is None:
            self.counts[some.words] += some.times
            self.tokens += len(ids)
            self.lines += len(new)
            self.sentences += int(np.count_nonzero(new))
        else:
            self._add_copies(self._copies, lengths, ids, new)
        ends = ends[new]
        self.read_tokens += len(ids)
        self.read_sentences += len(ends)
        if len(ends):
            append_to(self._ends, ends)
            self._last_end = int(ends[-1])

    def _add_copies(self, copies: Copies, lengths: Int64s, ids: Int32s, new: Any) -> None:
        """Count what is added as often as it is to stand there."""
        done = copies.take(len(new))
        each = np.append(done, copies.of_next() if lengths[-1] else 0)
        np.add.at(self.counts, ids, np.repeat(each, lengths))
        self.tokens += int(each @ lengths)
        self.lines += int(done.sum())
        self.sentences += int(done[new].sum())
        self.left_out += int(np.count_nonzero(done == 0))
        assert self._copies_of is not None
        append_to(self._copies_of, done[new])
        if self.tokens > _MOST_TOKENS:
            raise CorpusError(
                f"The weights make more than {_MOST_TOKENS:,} tokens of {self.read_tokens:,}, "
                "which no disk should hold. Divide them all by one number: only their ratios "
                "matter, and of a fraction of a sentence one is drawn."
            )

    def read_once(self) -> dict[str, int]:
        """What `CorpusStats` says of sentences with weights; nothing of others."""
        names = ("read_tokens", "read_sentences", "left_out")
        return {name: getattr(self, name) for name in names} if self._copies else {}

    def nothing(self) -> str:
        """What to say where the weights leave nothing of the text; else nothing."""
        if not self._copies or not self.read_tokens:
            return ""
        return (
            f"By their weights none of {counted(self.read_sentences, 'sentence')} stands in the "
            "text: a weight says how often, and of a fraction it is drawn. Multiply them all by "
            "one number, so that they are about 1 or more."
        )

    def check_room(self, tokens: int) -> None:
        """Raise `CorpusError` where so many tokens are more than temporary files have room for.

        Of sentences with weights: others take no more than is taken already.
        """
        if self._copies is None:
            return
        folder = temporary_folder()
        try:
            check_room({os.path.join(folder, "w2v"): 4 * tokens + 8 * self.sentences})
        except OutputError as error:
            raise CorpusError(
                f"The weights make {tokens:,} tokens of {self.read_tokens:,}. {error} Or divide "
                "the weights by one number."
            ) from error

    def pieces(self, final: Int32s) -> Pieces:
        """The tokens with their final ids, as often as they are to stand there; see `recoded`."""
        return recoded(self._pieces() if self._copies is None else self._repeated(), final)

    def _repeated(self) -> Pieces:
        """Each sentence as often as it is to stand there, in that order."""
        ids = mapped(self._ids, np.dtype(np.int32))
        ends = mapped(self._ends, np.dtype(np.int64))
        assert self._copies_of is not None
        copies = mapped(self._copies_of, np.dtype(np.int64))
        done = 0
        for numbers in in_order(copies):
            stops = ends[numbers]
            starts = np.where(numbers, ends[numbers - 1], 0)
            for some, here in gathered(ids, starts, stops, _PIECE_TOKENS):
                yield some, here + done
                done += len(some)

    def _pieces(self) -> Pieces:
        """What was added; the place in the files may be moved meanwhile."""
        ends = np.zeros(0, np.int64)
        self._ends.seek(0)
        for start in range(0, self.read_tokens, _PIECE_TOKENS):
            self._ids.seek(4 * start)
            ids = np.fromfile(self._ids, np.int32, _PIECE_TOKENS)
            stop = start + len(ids)
            while not len(ends) or ends[-1] <= stop:
                more = np.fromfile(self._ends, np.int64, _PIECE_TOKENS)
                if not len(more):
                    break
                ends = np.concatenate([ends, more])
            here = int(np.searchsorted(ends, stop, side="right"))
            yield ids, ends[:here]
            ends = ends[here:]

    def encode(self, final: Int32s) -> tuple[Int32s, Int64s]:
        """Give the tokens their final ids.

        The ids are replaced in their own file, if each stands there once: those kept never outrun
        the reading.

        Parameters
        ----------
        final : int32 (words,)        Final id of each provisional one, -1 to drop it.

        Returns
        -------
        ids : int32 (N,)              Memory-mapped, as `ends`.
        ends : int64 (S,)             Of the sentences that have a token left.
        """
        return stored(self.pieces(final), self._ids if self._copies is None else None)


class Store:
    """Ids and sentence ends in temporary files; a context manager.

    Parameters
    ----------
    ids : file, optional          To be written from its beginning, in place of a new one.
    """

    def __init__(self, ids: IO[bytes] | None = None) -> None:
        self.tokens = self.sentences = 0
        self._ids, self._ends = _pair(ids or temporary_file())

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self._ids.close()
        self._ends.close()

    def add(self, ids: Int32s, ends: Int64s) -> None:
        """Append tokens, and the sentence ends among them, counted from the first token of all."""
        self._ids.seek(4 * self.tokens)
        append_to(self._ids, ids)
        append_to(self._ends, ends)
        self.tokens += len(ids)
        self.sentences += len(ends)

    def arrays(self) -> tuple[Int32s, Int64s]:
        """All of them, memory-mapped."""
        cut(self._ids, 4 * self.tokens)
        return mapped(self._ids, np.dtype(np.int32)), mapped(self._ends, np.dtype(np.int64))


def stored(pieces: Pieces, ids: IO[bytes] | None = None) -> tuple[Int32s, Int64s]:
    """The arrays of all pieces, memory-mapped; `ids` as for `Store`."""
    with Store(ids) as store:
        for piece in pieces:
            store.add(*piece)
        return store.arrays()


def recoded(pieces: Pieces, final: Int32s) -> Pieces:
    """Tokens with other ids.

    Parameters
    ----------
    pieces : iterable of (int32, int64)
        Ids, and the sentence ends among them, counted from the first token of all.
    final : int32 (words,)        The new id of each, -1 to drop it.

    Yields
    ------
    ids : int32
    ends : int64                  Of the sentences that have a token left.
    """
    kept = last_end = 0
    for _, (ids, places) in side_by_side(partial(_recoded, final), _with_starts(pieces), ahead=2):
        ends = places + kept
        ends = ends[np.diff(ends, prepend=last_end) > 0]
        yield ids, ends
        kept += len(ids)
        last_end = int(ends[-1]) if len(ends) else last_end


def _with_starts(pieces: Pieces) -> Iterator[tuple[int, Int32s, Int64s]]:
    start = 0
    for ids, ends in pieces:
        yield start, ids, ends
        start += len(ids)


def _recoded(final: Int32s, piece: tuple[int, Int32s, Int64s]) -> tuple[Int32s, Int64s]:
    """The tokens of a piece that stay, and the sentence ends among these."""
    start, old_ids, old_ends = piece
    ids = final.take(old_ids)
    known = ids >= 0
    ends = known.cumsum(dtype=np.int32)[old_ends - (start + 1)]
    return ids.compress(known), ends.astype(np.int64)


def _pair(first: IO[bytes], folder: str | None = None) -> tuple[IO[bytes], IO[bytes]]:
    """A file, and another one beside it."""
    try:
        return first, temporary_file(folder)
    except BaseException:
        first.close()
        raise
