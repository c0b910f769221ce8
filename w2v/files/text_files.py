"""Small files of text that people write by hand, compressed or not."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

from w2v.errors import W2VError
from w2v.files.compression import LONGEST_MAGIC, compression, decompressed
from w2v.files.foreign import HEAD_BYTES, refuse_foreign
from w2v.files.outputs import PathLike, check_name


def read_lines(path: PathLike, what: str, error: type[W2VError]) -> Iterator[str]:
    """Lines of a UTF-8 file, without their ends and without a byte order mark.

    Parameters
    ----------
    path : str or path
        May be compressed by gzip, bzip2, xz or zstd; its content says.
    what : str
        What messages call it where its name is not one: "the file of words".
    error : type of W2VError
        Raised when it cannot be read, or is something else.
    """
    name = check_name(path, what, error)
    try:
        with open(name, "rb") as file:
            content = file.read()
    except OSError as trouble:
        raise error(f"Cannot read {name}: {trouble.strerror or trouble}.") from trouble
    if kind := compression(content[:LONGEST_MAGIC]):
        content = b"".join(decompressed(io.BytesIO(content), kind, name, error))
    refuse_foreign(content[:HEAD_BYTES], name, "UTF-8 text", error)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        raise error(
            f"{name} is not a UTF-8 text file. If it is text in Latin-1, say, convert it: "
            "iconv -f latin1 -t utf-8."
        ) from trouble
    for line in io.StringIO(text, newline=None):
        yield line.rstrip("\n")


def readable(path: PathLike) -> str:
    """The name of a file as people and JSON can read it: what is not UTF-8 in it as ``\\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
