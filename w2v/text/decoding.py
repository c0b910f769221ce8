"""Files to text: opened, decompressed, decoded and cut into pieces, in bounded memory.

A text arrives as pieces of some ten thousand words, small enough that the
words of a piece are looked up while they are still in the cache. No piece
cuts a word, and the last piece of a file ends with a newline, so a sentence
never runs on from one file into the next.
"""

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from w2v.errors import CorpusError
from w2v.files import HEAD_BYTES, LONGEST_MAGIC, compression, decompressed, refuse_foreign
from w2v.text.corpus_files import STDIN, source_name
from w2v.text.tokenizing import Tokenizer, check_tokenizer
from w2v.words import LONGEST_WORD

Progress = Callable[[int, int | None], None]

ERROR_MODES = ("strict", "replace")

TABLES = {  # how they begin
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\xff\xff\xff\xff": "stream",  # of Arrow, with a schema first
}

_BYTE_ORDER_MARK = "\ufeff"  # also where files with one were put together
_PIECE_BYTES = 1 << 16
REPORT_BYTES = 1 << 20
_LONGEST_UNCUT = 64 * LONGEST_WORD  # before a tokenizer cuts it: Chinese has no spaces


def read_pieces(
    files: Sequence[str],
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
        As `find_files` gives them. Compression by gzip, bzip2, xz or zstd is
        recognised by the first bytes, not by the name.
    errors : {"strict", "replace"}
        What to do with bytes that are not UTF-8: raise, or read U+FFFD.
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
        raise ValueError(f"`errors` must be 'strict' or 'replace', got {errors!r}.")
    check_tokenizer(tokenizer)
    if tokenizer is None or tokenizer.is_plain:
        return _looked_at(_read(files, errors, progress), look)
    longest = LONGEST_WORD if tokenizer.tokens == "whitespace" else _LONGEST_UNCUT
    end = "\n" if tokenizer.split_sentences else ""  # else a sentence could go on in the next file
    return tokenizer.lines(_looked_at(_read(files, errors, progress, longest, end), look))


def _looked_at(pieces: Iterator[str], look: Callable[[str], None] | None) -> Iterator[str]:
    for piece in pieces:
        if look is not None:
            look(piece)
            look = None
        yield piece


def _read(
    files: Sequence[str],
    errors: str,
    progress: Progress | None,
    longest: int = LONGEST_WORD,
    end: str = "",
) -> Iterator[str]:
    """The pieces as they are, with `end` after the last of each file."""
    total = total_bytes(files)
    done = reported = 0
    for file in files:
        with opened(file) as source:
            name = source_name(file)
            for piece in text_pieces(blocks_of(source, name), name, errors, longest):
                yield piece
                if progress is not None and done + source.count - reported >= REPORT_BYTES:
                    reported = done + source.count
                    progress(reported, total)
            done += source.count
        if end:
            yield end
    if progress is not None:
        progress(done, total)


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
        block = self.file.read(len(buffer))
        buffer[: len(block)] = block
        self.count += len(block)
        return len(block)


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


def blocks_of(source: CountedFile, name: str) -> Iterator[bytes]:
    """Bytes of `source`, decompressed if need be."""
    try:
        stream = io.BufferedReader(source, _PIECE_BYTES)
        kind = compression(stream.peek(LONGEST_MAGIC))
        if kind:
            yield from decompressed(stream, kind, name, CorpusError)
        while block := stream.read(_PIECE_BYTES):
            yield block
    except OSError as error:
        raise CorpusError(f"{name} cannot be read: {error.strerror}.") from error


def text_pieces(
    blocks: Iterable[bytes], name: str, errors: str, longest: int = LONGEST_WORD
) -> Iterator[str]:
    """Decode `blocks` and cut the text at white space."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    line = 1
    open_line = False
    rest = ""
    head = b""
    for block in blocks:
        if len(head) < HEAD_BYTES:
            head += block[:HEAD_BYTES]
            refuse_foreign(head, name, "plain text", CorpusError)
            if head.startswith(tuple(TABLES)):
                raise CorpusError(
                    f"{name} is a table, and no text. Say which of its columns hold the words: "
                    "--group and --token, --columns, or --text (in a program by w2v.Table)."
                )
        decoded = _decode(decoder, block, name, line)
        held, text = rest, rest + decoded
        if not text:
            continue
        rest = "" if text[-1].isspace() else text.rsplit(maxsplit=1)[-1]
        line += decoded.count("\n")
        open_line = not text.endswith("\n")
        word = text.split(maxsplit=1)[0] if len(held) >= _PIECE_BYTES else rest
        if 4 * len(word) > longest and len(word.encode()) > longest:
            raise CorpusError(
                f"{name}, line {line}: more than {longest:,} bytes without white space."
                " Words must be separated by white space; is this a text file?"
            )
        if len(rest) < len(text):
            yield text[: len(text) - len(rest)]
    rest += _decode(decoder, b"", name, line)
    if rest or open_line:
        yield rest + "\n"


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, name: str, line: int) -> str:
    """Decode `block`, which starts in `line`; an empty block ends the file."""
    if b"\0" in block:
        line += block.count(b"\n", 0, block.index(b"\0"))
        raise CorpusError(
            f"{name}, line {line}: there is a NUL byte, which no text holds; this looks like a "
            "binary file. Give plain UTF-8 text."
        )
    try:
        return decoder.decode(block, final=not block).replace(_BYTE_ORDER_MARK, "")
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        raise CorpusError(
            f"{name}, line {line}: the byte 0x{error.object[error.start]:02x} is not valid UTF-8"
            f" ({error.reason}). Convert the file to UTF-8, or pass errors='replace'"
            " (--errors replace) to go on with U+FFFD in place of such bytes."
        ) from error
