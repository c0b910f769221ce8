"""Files to text: finding, opening, decompressing and decoding, in bounded memory.

A text arrives as pieces of some ten thousand words, small enough that the
words of a piece are looked up while they are still in the cache. No piece
cuts a word, and the last piece of a file ends with a newline, so a sentence
never runs on from one file into the next.
"""

import bz2
import codecs
import glob
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from w2v.errors import CorpusError

Progress = Callable[[int, int | None], None]

STDIN = "-"
ERROR_MODES = ("strict", "replace")

_PIECE_BYTES = 1 << 16
_REPORT_BYTES = 1 << 20
_LONGEST_WORD = 1 << 20  # characters; a longer one is a sign of something that is not text
_BZ2_MAGIC = (b"1AY&SY", b"\x17rE8P\x90")  # first block, or the end of an empty file


def find_files(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Names of the files that `paths` stand for, in reading order.

    Parameters
    ----------
    paths : sequence of str or path-like
        A file is itself and `-` is standard input. A folder is every regular
        file below it in order of name, without hidden ones. A name that does
        not exist is tried as a glob pattern, where `**` crosses folders.

    Raises
    ------
    CorpusError
        Nothing exists under a name, or a folder holds no file.
    """
    if not paths:
        raise CorpusError("No corpus was given. Name at least one file, folder or pattern.")
    files: list[str] = []
    for path in [os.fspath(path) for path in paths]:
        if path == STDIN or os.path.exists(path):
            matches = [path]
        else:
            matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            raise CorpusError(f"There is no file {path!r}, and no file matches it as a pattern.")
        found = [file for match in matches for file in _files_below(match)]
        if not found:
            raise CorpusError(f"The folder {path!r} holds no files, hidden ones not counted.")
        files += found
    return files


def _files_below(path: str) -> list[str]:
    if path == STDIN or not os.path.isdir(path):
        return [path]
    files = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return sorted(filter(os.path.isfile, files))


def source_name(file: str) -> str:
    """How messages call a file of `find_files`."""
    return "standard input" if file == STDIN else file


def read_pieces(
    files: Sequence[str], *, errors: str = "strict", progress: Progress | None = None
) -> Iterator[str]:
    """Text of all `files`, in pieces that end at white space.

    Parameters
    ----------
    files : sequence of str
        As `find_files` gives them. Compression by gzip, bzip2, xz or zstd is
        recognised by the first bytes, not by the name.
    errors : {"strict", "replace"}
        What to do with bytes that are not UTF-8: raise, or read U+FFFD.
    progress : callable(bytes_read, total_bytes), optional
        Called about once a MiB and at the end, in bytes of the files as they
        are stored; the total is None when a file has no size.

    Yields
    ------
    str
        The pieces of a file add up to its text, without a byte order mark and
        with one newline added at its end.

    Raises
    ------
    CorpusError
        A file cannot be read, decompressed or decoded.
    """
    if errors not in ERROR_MODES:
        raise ValueError(f"`errors` must be 'strict' or 'replace', got {errors!r}.")
    total = _total_bytes(files)
    done = reported = 0
    for file in files:
        with _opened(file) as source:
            for piece in _pieces(_blocks(source, source_name(file)), source_name(file), errors):
                yield piece
                if progress is not None and done + source.count - reported >= _REPORT_BYTES:
                    reported = done + source.count
                    progress(reported, total)
            done += source.count
    if progress is not None:
        progress(done, total)


def _total_bytes(files: Iterable[str]) -> int | None:
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


class _Source(io.RawIOBase):
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
def _opened(file: str) -> Iterator[_Source]:
    if file == STDIN:
        yield _Source(sys.stdin.buffer)
        return
    try:
        opened = open(file, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}.") from error
    with opened:
        yield _Source(opened)


def _blocks(source: _Source, name: str) -> Iterator[bytes]:
    """Decompressed bytes of `source`; whatever goes wrong becomes a CorpusError."""
    kind = ""
    try:
        stream = io.BufferedReader(source, _PIECE_BYTES)
        kind = _compression(stream.peek(10)[:10])
        if kind == "zstd":
            yield from _zstd_blocks(stream, name)
            return
        opened = _decompressed(stream, kind)
        while block := opened.read(_PIECE_BYTES):
            yield block
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise CorpusError(f"{name} cannot be read: {error.strerror}.") from error
        raise CorpusError(f"{name} is a damaged or cut short {kind} file: {error}.") from error


def _compression(head: bytes) -> str:
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] in _BZ2_MAGIC:
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else ""


def _decompressed(stream: BinaryIO, kind: str) -> Any:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream)
    if kind == "bzip2":
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if kind == "xz" else stream


def _zstd_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Frames one after the other; zstandard's own reader is silent about a cut."""
    try:
        import zstandard
    except ImportError as error:
        raise CorpusError(
            f"{name} is compressed with zstd. Run pip install 'w2v[zstd]' to read such files."
        ) from error
    frame = None
    while block := stream.read(_PIECE_BYTES // 4):
        while block:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                yield frame.decompress(block)
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
            block = frame.unused_data
            if frame.eof:
                frame = None
    if frame is not None:
        raise EOFError("the last frame has no end")


def _pieces(blocks: Iterable[bytes], name: str, errors: str) -> Iterator[str]:
    """Decode `blocks` and cut the text at white space; `line` is for messages."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors)
    line = 1
    rest = ""
    for block in blocks:
        decoded = _decode(decoder, block, name, line)
        text = rest + decoded
        if not text:
            continue
        rest = "" if text[-1].isspace() else text.rsplit(maxsplit=1)[-1]
        line += decoded.count("\n")
        if len(rest) > _LONGEST_WORD:
            raise CorpusError(
                f"{name}, line {line}: more than {_LONGEST_WORD:,} characters without white space."
                " Words must be separated by white space; is this a text file?"
            )
        if len(rest) < len(text):
            yield text[: len(text) - len(rest)]
    yield rest + _decode(decoder, b"", name, line) + "\n"


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, name: str, line: int) -> str:
    """Decode `block`, which starts in `line`; an empty block ends the file."""
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        raise CorpusError(
            f"{name}, line {line}: the byte 0x{error.object[error.start]:02x} is not valid UTF-8"
            f" ({error.reason}). Convert the file to UTF-8, or pass `--errors replace` to go on"
            " with U+FFFD in place of such bytes."
        ) from error
