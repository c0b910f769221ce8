"""What kind of vector file it is, told by its content, and reading it as that kind."""

from __future__ import annotations

import codecs
import re

from w2v.errors import VectorFileError, counted
from w2v.files import refuse_foreign
from w2v.formats.byte_source import Source
from w2v.formats.npz import read_npz
from w2v.formats.safetensors import is_safetensors, read_safetensors
from w2v.formats.table import Table
from w2v.formats.word2vec_binary import read_binary
from w2v.formats.word2vec_text import is_numeric, read_text, trailing_numbers

_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*(?:\r?\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_PRINTABLE = re.compile(rb"[^\0-\x08\x0e-\x1f\x7f]*")
_MOST_NUMBERS = 1 << 24  # in a row of a compressed file, where its size tells nothing
_LONGEST_LINE = 1 << 24  # bytes in which the first line without a header must end
_ZIP = b"PK\x03\x04"
_FOREIGN = (  # what is no corpus either stands in w2v.files.foreign
    (b"\xba\x16\x4f\x2f", "a fastText model; ask fastText for its .vec file"),
    (b"\x93NUMPY", "a NumPy array without words"),
    (b"\x80", "a Python pickle; save it as word2vec text or binary first"),
)


def read_table(source: Source) -> Table:
    """Read a source as what it is; raises `VectorFileError` if that is no vector file."""
    head = source.head
    if is_safetensors(head) or head.startswith(_ZIP):
        if source.compression:
            kind = f"a {source.compression} file with a zip, npz or safetensors file inside"
            raise VectorFileError(f"{source.name} is {kind}; decompress it first.")
        return read_npz(source) if head.startswith(_ZIP) else read_safetensors(source)
    refuse_foreign(head, source.name, "word vectors", VectorFileError)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise VectorFileError(f"{source.name} is {what}.")
    return _read_rows(source)


def _read_rows(source: Source) -> Table:
    """Read word2vec text or binary, or GloVe text."""
    head = source.head
    start = len(_BOM) if head.startswith(_BOM) else 0
    found = _HEADER.match(head, start)
    body = head[found.end() if found else start :]
    rows = _first_lines(body)
    numeric = not rows or sum(map(is_numeric, rows)) * 2 > len(rows)
    if found:
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
        if numeric or _is_printable(body, rows):
            return read_text(source, count, dim, start)
        return read_binary(source, count, dim, start)
    while numeric and b"\n" not in source.head[start:] and len(source.head) < _LONGEST_LINE:
        if not source.look_on():
            break
        rows = _first_lines(source.head[start:])
    dim = _likely_numbers(source, rows) if numeric and rows else 0
    if dim == 0:
        raise VectorFileError(f"{source.name} is not a word2vec text or binary file.")
    return read_text(source, None, dim, start)


def _first_lines(head: bytes) -> list[bytes]:
    """A few lines; of the last only the beginning may be in sight."""
    whole = head.rpartition(b"\n")[0]
    return [line for line in (whole if whole.strip() else head).split(b"\n") if line.strip()][:8]


def _is_printable(body: bytes, rows: list[bytes]) -> bool:
    """Whether bytes are lines of text; float32 numbers, unless they are very few, are not."""
    if any(len(row.split()) < 2 for row in rows):
        return False
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
