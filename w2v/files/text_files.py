"""Small files of text that people write by hand, compressed or not."""

from __future__ import annotations

import io
import itertools
import os
import stat
from collections.abc import Iterator
from functools import partial

from w2v.errors import W2VError, warn
from w2v.files.compression import (
    LONGEST_MAGIC,
    BlockStream,
    bounded,
    compression,
    decompressed,
)
from w2v.files.foreign import HEAD_BYTES, refuse_foreign
from w2v.files.outputs import PathLike, check_name

_LONGEST_LINE = 1 << 24  # characters; of a word there are a million bytes at the most


def read_lines(
    path: PathLike,
    what: str,
    error: type[W2VError],
    *,
    ends_in_break: bool = False,
    encoding: str = "utf-8-sig",
    errors: str = "strict",
) -> Iterator[str]:
    """Lines of a text file, without their ends and without a byte order mark.

    Parameters
    ----------
    path : str or path
        May be compressed by gzip, bzip2, xz or zstd; its content says. A pipe or device may give 64
        MiB, and what is compressed expand to as much or to 256 times its size.
    what : str
        What messages call it where its name is not one: "the file of words".
    error : type of W2VError
        Raised when it cannot be read, or is something else.
    ends_in_break : bool
        Whether a file without a line break at its end is warned of: it is made by a program that
        writes one, and may be cut short.
    encoding, errors : str
        As `open` takes them. [UTF-8, with or without a mark; what is not, is refused]
    """
    name = check_name(path, what, error)
    try:
        with open(name, "rb") as file:
            lines = _lines(file, name, error, (encoding, errors))
            last = "\n"
            for last in lines:
                yield last.removesuffix("\n")
    except OSError as trouble:
        raise error(f"Cannot read {name}: {trouble.strerror or trouble}.") from trouble
    except UnicodeDecodeError as trouble:
        if encoding != "utf-8-sig":
            raise error(f"{name} is not text in {encoding}: {trouble}.") from trouble
        raise error(
            f"{name} is not a UTF-8 text file. If it is text in Latin-1, say, convert it: "
            "iconv -f latin1 -t utf-8."
        ) from trouble
    if ends_in_break and not last.endswith("\n"):
        warn(f"{name} has no line break at its end. It may be cut short.")


def _lines(
    file: io.BufferedReader, name: str, error: type[W2VError], decoding: tuple[str, str]
) -> Iterator[str]:
    """Lines with their ends, as they are read; a file without any is refused before it is held."""
    status = os.fstat(file.fileno())
    stored = status.st_size if stat.S_ISREG(status.st_mode) else 0
    head = file.peek(LONGEST_MAGIC)[:LONGEST_MAGIC]
    blocks = iter(partial(file.read, io.DEFAULT_BUFFER_SIZE), b"")
    if kind := compression(head):
        blocks = decompressed(file, kind, name, error)
    if kind or not stored:
        blocks = bounded(blocks, stored, name, error)
    stream = io.BufferedReader(BlockStream(blocks))
    refuse_foreign(stream.peek(HEAD_BYTES)[:HEAD_BYTES], name, "UTF-8 text", error)
    text = io.TextIOWrapper(stream, *decoding, newline=None)
    for number in itertools.count(1):
        line = text.readline(_LONGEST_LINE)
        if "\0" in line:
            raise error(
                f"{name}, line {number}: there is a NUL byte, which no text holds. Give UTF-8 text."
            )
        if len(line) == _LONGEST_LINE:
            raise error(
                f"{name}, line {number}: more than {_LONGEST_LINE:,} characters without a line "
                "break. Is this a text file?"
            )
        if not line:
            return
        yield line


def readable(path: PathLike) -> str:
    """The name of a file as people and JSON can read it: what is not UTF-8 in it as ``\\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
