"""Files to text: opened, decompressed, decoded and cut into pieces, in bounded memory.

No piece cuts a word, and the last piece of a file ends with a newline, so a sentence
never runs on from one file into the next. Who counts words asks for stretches, which
are decoded on many threads; else a text arrives as pieces of some ten thousand words.
"""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from w2v.errors import CorpusError
from w2v.files import LONGEST_MAGIC, compression, decompressed
from w2v.text.corpus_files import STDIN, source_name
from w2v.text.spans import Span
from w2v.text.stretches import Stretch, TextError, TextFile, cut, text_of
from w2v.text.tokenizing import Tokenizer, check_tokenizer
from w2v.threads import read_ahead
from w2v.words import LONGEST_WORD

Progress = Callable[[int, int | None], None]

ERROR_MODES = ("strict", "replace", "ignore")

_PIECE_BYTES = 1 << 16
_BLOCKS_AHEAD = 32  # of that size, which are decompressed before they are asked for
REPORT_BYTES = 1 << 20
_LONGEST_UNCUT = 64 * LONGEST_WORD  # before a tokenizer cuts it: Chinese has no spaces


def read_pieces(
    files: Sequence[str | Span],
    *,
    errors: str = "strict",
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
    look: Callable[[str], None] | None = None,
) -> Iterable[str]:
    """Text of all `files`, in pieces that end at white space.

    Parameters
    ----------
    files : sequence of str
        As `find_files` gives them, or a `Span` of one. Compression by gzip, bzip2, xz or zstd is
        recognised by the first bytes, not by the name.
    errors : {"strict", "replace", "ignore"}
        What to do with bytes that are not UTF-8: raise, read U+FFFD, or leave them out.
    tokenizer : Tokenizer, optional
        Makes tokens and lines of the text.
    progress : callable(bytes_read, total_bytes), optional
        Called about once a MiB and at the end, in bytes of the files as they
        are stored; the total is None when a file has no size.
    look : callable(str), optional
        Called with the first piece, as it is stored.

    Yields
    ------
    str
        The pieces of a file add up to its text, or to what a tokenizer makes of it, without byte
        order marks and with a newline added at its end where there is none.

    Raises
    ------
    CorpusError
        A file cannot be read, decompressed or decoded.
    """
    if errors not in ERROR_MODES:
        raise ValueError(f"`errors` must be 'strict', 'replace' or 'ignore', got {errors!r}.")
    check_tokenizer(tokenizer)
    if tokenizer is None or tokenizer.is_plain:
        return Pieces(files, errors, progress, look)
    longest = LONGEST_WORD if tokenizer.tokens == "whitespace" else _LONGEST_UNCUT
    end = "\n" if tokenizer.split_sentences else ""  # else a sentence could go on in the next file
    return tokenizer.lines(Pieces(files, errors, progress, look, longest, end))


class Pieces:
    """The text of some files, read as it is asked for, once.

    Parameters
    ----------
    files, errors, progress, look : see `read_pieces`
    longest : int                 Bytes that a word may have.
    end : str                     To be added to each file that is not empty.
    """

    def __init__(
        self,
        files: Sequence[str | Span],
        errors: str,
        progress: Progress | None = None,
        look: Callable[[str], None] | None = None,
        longest: int = LONGEST_WORD,
        end: str = "",
    ) -> None:
        self.errors, self.longest = errors, longest
        self._files, self._look, self._end = files, look, end
        self._progress = progress
        self._total = total_bytes([name for name in files if not isinstance(name, Span)])
        self._read = 0
        self._reported: int | None = None

    def __iter__(self) -> Iterator[str]:
        file = None
        for stretch, done in self.stretches(_PIECE_BYTES):
            if self._end and stretch.begins and file is not None:
                yield self._end
            file = stretch.file
            text = _located(stretch, self.errors, self.longest)
            if text:
                yield text
            self.report(done)
        if self._end and file is not None:
            yield self._end
        self.report(None)

    def stretches(self, size: int) -> Iterator[tuple[Stretch, int]]:
        """Stretches of some `size` bytes, and how much was read of the files by then.

        Who takes them decodes them, adds to the lines of their file, and reports.
        """
        for given in self._files:
            name, span = (given.name, given) if isinstance(given, Span) else (given, None)
            with opened(name) as source:
                file = TextFile(source_name(name), span.lines if span else 0)
                begins = ends = True
                if span:
                    blocks, begins, ends = span.blocks(source.file, size)
                else:
                    blocks = blocks_of(source, file.name, size, ahead=_is_regular(name))
                for stretch in cut(blocks, file, size, self.longest, begins=begins, ends=ends):
                    if self._look is not None:
                        self._look(self._beginning(stretch))
                        self._look = None
                    yield stretch, self._read + source.count
                self._read += source.count

    @property
    def total(self) -> int | None:
        """Bytes of the files as they are stored; None where that is not known."""
        return self._total

    def report(self, done: int | None) -> None:
        """Tell how many bytes of the files were worked on, if that is news; None at the end."""
        if self._progress is None:
            return
        at = self._read if done is None else done
        if at - (self._reported or 0) >= REPORT_BYTES or (done is None and at != self._reported):
            self._reported = at
            self._progress(at, self._total)

    def _beginning(self, stretch: Stretch) -> str:
        few = cut([stretch.data], stretch.file, _PIECE_BYTES, self.longest)
        try:
            return text_of(next(few), self.errors, self.longest)
        except TextError as error:
            raise error.error() from error


def _is_regular(file: str) -> bool:
    return file != STDIN and os.path.isfile(file)


def total_bytes(files: Iterable[str]) -> int | None:
    total = 0
    for file in files:
        if file == STDIN:
            return None
        try:
            status = os.stat(file)
        except OSError:
            return None  # opening it will say why
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


class CountedFile(io.RawIOBase):
    """A binary file that counts the bytes read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count: int = self.file.readinto(buffer)  # type: ignore[attr-defined]
        self.count += count
        return count


@contextmanager
def opened(file: str) -> Iterator[CountedFile]:
    if file == STDIN:
        if sys.stdin is None:
            raise CorpusError("Standard input is closed. Pipe a text into it, or name a file.")
        yield CountedFile(sys.stdin.buffer)
        return
    try:
        opened = open(file, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}.") from error
    with opened:
        yield CountedFile(opened)


def blocks_of(
    source: CountedFile, name: str, size: int = _PIECE_BYTES, *, ahead: bool = False
) -> Iterator[bytes]:
    """Bytes of `source`, decompressed if need be, with `ahead` on a thread; else `size` at a time.

    Not of a pipe, since nothing wakes a thread that waits for one.
    """
    try:
        stream = io.BufferedReader(source, _PIECE_BYTES)
        kind = compression(stream.peek(LONGEST_MAGIC))
        if kind:
            blocks = decompressed(stream, kind, name, CorpusError)
            yield from read_ahead(blocks, _BLOCKS_AHEAD) if ahead else blocks
        while block := stream.read(size):
            yield block
    except OSError as error:
        raise CorpusError(f"{name} cannot be read: {error.strerror}.") from error


def text_pieces(blocks: Iterable[bytes], name: str, errors: str) -> Iterator[str]:
    """Decode `blocks` and cut the text at white space."""
    for stretch in cut(blocks, TextFile(name), _PIECE_BYTES, LONGEST_WORD):
        if text := _located(stretch, errors, LONGEST_WORD):
            yield text


def _located(stretch: Stretch, errors: str, longest: int) -> str:
    """The text of a stretch, whose file counts its lines."""
    try:
        text = text_of(stretch, errors, longest)
    except TextError as error:
        raise error.error() from error
    stretch.file.lines += text.count("\n")
    return text
