"""What kind of vector file it is, told by its content, and reading it as that kind."""

from __future__ import annotations

import codecs
import os
import re

from w2v.errors import VectorFileError, counted
from w2v.files import refuse_foreign
from w2v.formats.byte_source import Source
from w2v.formats.fasttext import MAGIC, fasttext_table
from w2v.formats.gensim_file import gensim_table
from w2v.formats.gensim_parts import is_pickle
from w2v.formats.npz import read_npz
from w2v.formats.number_fields import (
    POINT,
    is_comma_number,
    is_number,
    is_numeric,
    trailing_numbers,
)
from w2v.formats.projector import metadata_path
from w2v.formats.safetensors import is_safetensors, read_safetensors
from w2v.formats.table import Table
from w2v.formats.word2vec_binary import read_binary
from w2v.formats.word2vec_text import read_text

_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*(?:\r?\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_PRINTABLE = re.compile(rb"[^\0-\x08\x0e-\x1f\x7f]*")
_MOST_NUMBERS = 1 << 24  # in a row of a compressed file, where its size tells nothing
_LONGEST_LINE = 1 << 24  # bytes in which the first line without a header must end
_ZIP = b"PK\x03\x04"
_FOREIGN = (  # what is no corpus either stands in w2v.files.foreign
    (b"\x93NUMPY", "a NumPy array without words"),
    (b"\x80", "a Python pickle of an odd kind; save it as word2vec text or binary first"),
    (b"PAR1", "a Parquet table; write its words and vectors by w2v.Vectors(words, matrix).save"),
    (b"ARROW1", "an Arrow table; write its words and vectors by w2v.Vectors(words, matrix).save"),
    (b"\x89HDF", "an HDF5 file; write its words and vectors by w2v.Vectors(words, matrix).save"),
    (b"SQLite format 3", "an SQLite database"),
    (b"GGUF", "a GGUF model"),
)
_COMMAS = re.compile(rb"[ \t][+-]?\d+[.,;]\d+(?:[,;][+-]?\d+)*[ \t\r]*\Z")
_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|\?xml)", re.IGNORECASE)

READABLE = ("text", "binary", "glove", "npz", "safetensors", "gensim", "fasttext")
"""What a file may be read as."""

_SEEN = {  # kinds that their first bytes show, and that are no rows
    "npz": read_npz,
    "safetensors": read_safetensors,
    "gensim": gensim_table,
    "fasttext": fasttext_table,
}


def read_table(source: Source, format: str | None = None) -> Table:
    """Read a source as what it is, or as a format; raises `VectorFileError` if it is not that."""
    head = source.head
    if kind := _seen(head):
        if source.compression and kind in ("npz", "safetensors"):
            packed = f"a {source.compression} file with a zip, npz or safetensors file inside"
            raise VectorFileError(f"{source.name} is {packed}; decompress it first.")
        if format in (None, kind):
            return _SEEN[kind](source)
        asked = f"the {format} file that was asked for"
        raise VectorFileError(f"{source.name} is not {asked}; it is {kind}.")
    refuse_foreign(head, source.name, "word vectors", VectorFileError)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise VectorFileError(f"{source.name} is {what}.")
    if _PAGE.match(head):
        raise VectorFileError(
            f"{source.name} is a web page, perhaps one that says why a download failed."
        )
    if format in _SEEN:
        raise VectorFileError(f"{source.name} is not the {format} file that was asked for.")
    return _read_rows(source, format)


def _seen(head: bytes) -> str:
    """Which of the kinds of `_SEEN` a file is that begins so; an empty string for none."""
    if head.startswith(_ZIP):
        return "npz"
    if is_safetensors(head):
        return "safetensors"
    if head.startswith(MAGIC):
        return "fasttext"
    return "gensim" if is_pickle(head) else ""


def _read_rows(source: Source, format: str | None) -> Table:
    """Read word2vec text or binary, or GloVe text."""
    start = len(_BOM) if source.head.startswith(_BOM) else 0
    found = _HEADER.match(source.head, start)
    if format == "glove" or (found is None and format is None):
        return _read_headless(source, start, format)
    if found is None:
        raise source.fail("line 1", f"no header (rows, numbers a row), which {format} begins with.")
    count, dim, start = int(found[1]), int(found[2]), found.end()
    if count == 0 or dim == 0:
        shape = f"{counted(count, 'row')} of {counted(dim, 'number')}"
        raise VectorFileError(f"{source.name} holds no vectors: its header announces {shape}.")
    if dim > (_MOST_NUMBERS if source.size is None else source.size):
        most = (
            "of which nobody makes vectors"
            if source.size is None
            else "more than the file has bytes"
        )
        raise source.fail("line 1", f"a header of {dim:,} numbers a row, {most}.")
    if format == "text" or (format is None and _is_text(source, count, dim, start)):
        return read_text(source, count, dim, start)
    return read_binary(source, count, dim, start)


def _read_headless(source: Source, start: int, format: str | None) -> Table:
    rows = _first_lines(source.head[start:])
    numeric = _are_numeric(rows)
    while numeric and b"\n" not in source.head[start:] and len(source.head) < _LONGEST_LINE:
        if not source.look_on():
            break
        rows = _first_lines(source.head[start:])
    _refuse_commas(source, rows)
    dim = _likely_numbers(source, rows) if numeric and rows else 0
    if dim == 0:
        kind = "GloVe text" if format else "a word2vec text or binary file"
        raise VectorFileError(f"{source.name} is not {kind}: it begins with {source.head[:40]!r}.")
    _refuse_numbers_alone(source, rows)
    return read_text(source, None, dim, start)


def _is_text(source: Source, count: int, dim: int, start: int) -> bool:
    """Whether text follows a header, or binary.

    Nearly always a look at some bytes tells. Where all of few numbers happen to be printable, what
    fits the header decides; if both do, it is text.
    """
    while True:  # the first word may be longer than what is in sight
        body = source.head[start:]
        printable = _is_printable(body)
        if b"\n" in body or not printable or len(body) > _LONGEST_LINE or not source.look_on():
            break
    rows = _first_lines(body)
    likely = _are_numeric(rows) or (printable and all(len(row.split()) >= 2 for row in rows))
    if not source.whole or not rows:
        return likely
    if not likely and not printable:
        return False
    if _fits_text(body, count, dim) or any(map(_COMMAS.search, rows)):
        return True
    return likely and not _fits_binary(body, count, dim)


def _are_numeric(rows: list[bytes]) -> bool:
    return not rows or sum(map(is_numeric, rows)) * 2 > len(rows)


def _fits_text(body: bytes, count: int, dim: int) -> bool:
    """Whether lines are as many rows of as many numbers as announced; a word may be one too."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    return len(lines) == count and all(trailing_numbers(line) == dim for line in lines)


def _fits_binary(body: bytes, count: int, dim: int) -> bool:
    """Whether there are as many words and numbers as announced, and nothing else."""
    at = 0
    for _ in range(count):
        while body[at : at + 1] == b"\n":
            at += 1
        space = body.find(b" ", at)
        end = space + 1 + 4 * dim
        if space < 0 or end > len(body):
            return False
        if not _is_printable(body[at:space]):
            return False
        at = end
    return not body[at:].strip(b"\n")


def _refuse_commas(source: Source, rows: list[bytes]) -> None:
    """Refuse text whose numbers have decimal commas: words with spaces would be made of them."""
    found = [next(filter(is_comma_number, row.split()[1:]), None) for row in rows]
    commas = [field for field in found if field]
    if 2 * len(commas) > len(rows):
        raise source.fail(
            "line 1", f"numbers with decimal commas ({commas[0].decode()!r}). {POINT}"
        )


def _refuse_numbers_alone(source: Source, rows: list[bytes]) -> None:
    """Refuse lines of numbers without a word: the first number would be taken for one."""
    firsts = [row.split(b"\t")[0].strip() for row in rows if b"\t" in row]
    if len(firsts) < len(rows) or not all(map(is_number, firsts)):
        return
    words = metadata_path(source.name)
    fractions = sum(not first.lstrip(b"+-").isdigit() for first in firsts)
    if 2 * fractions >= len(firsts) or os.path.exists(words):
        raise VectorFileError(
            f"{source.name} holds numbers without words, as TensorBoard's projector takes them "
            f"(its words stand in another file, {os.path.basename(words)}, say). Give the file "
            "that it was made from."
        )


def _first_lines(head: bytes) -> list[bytes]:
    """A few lines; of the last only the beginning may be in sight."""
    whole = head.rpartition(b"\n")[0]
    return [line for line in (whole if whole.strip() else head).split(b"\n") if line.strip()][:8]


def _is_printable(body: bytes) -> bool:
    """Whether bytes are text; float32 numbers, unless they are very few, are not."""
    if not _PRINTABLE.fullmatch(body):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)  # the end may cut a character
    except UnicodeDecodeError:
        return False
    return True


def _likely_numbers(source: Source, rows: list[bytes]) -> int:
    """How many numbers a row has, where no header says so; 0 if none.

    Raises
    ------
    VectorFileError
        The first line is neither a header nor a row.
    """
    found = [trailing_numbers(row) for row in rows]
    dim = max(found, key=lambda size: (found.count(size), size))
    if 0 < found[0] < dim and found[0] <= 2:
        reason = f"it is neither a header (rows, numbers a row) nor a row of {dim:,} numbers: "
        raise source.fail("line 1", f"{reason}{rows[0][:60].decode(errors='replace')!r}.")
    return dim
