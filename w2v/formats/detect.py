"""What kind of vector file it is, told by its content, and reading it as that kind."""

from __future__ import annotations

import re

from w2v.compression import compression
from w2v.errors import VectorFileError
from w2v.formats.binary import read_binary
from w2v.formats.npz import read_npz
from w2v.formats.safetensors import is_safetensors, read_safetensors
from w2v.formats.source import Source
from w2v.formats.table import Table, counted
from w2v.formats.text import is_numeric, read_text, trailing_numbers

_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*(?:\r?\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_FOREIGN = (  # where, what bytes, what they mean
    (0, b"\xba\x16\x4f\x2f", "a fastText model; ask fastText for its .vec file"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\x93NUMPY", "a NumPy array without words"),
    (0, b"\x80", "a Python pickle; save it as word2vec text or binary first"),
    (0, b"\xff\xfe", "UTF-16 text; convert it to UTF-8 first"),
    (0, b"\xfe\xff", "UTF-16 text; convert it to UTF-8 first"),
    (257, b"ustar", "a tar archive; unpack it first"),
)


def read_table(source: Source) -> Table:
    """Read a source as what it is; raises `VectorFileError` if that is no vector file."""
    head = source.head
    if source.compression and (inside := compression(head)):
        raise VectorFileError(
            f"{source.name} is compressed twice, with {inside} inside. Decompress it once."
        )
    if is_safetensors(head) or head.startswith(_ZIP):
        if source.compression:
            kind = f"a {source.compression} file with a zip, npz or safetensors file inside"
            raise VectorFileError(f"{source.name} is {kind}; decompress it first.")
        return read_npz(source) if head.startswith(_ZIP) else read_safetensors(source)
    for place, magic, what in _FOREIGN:
        if head.startswith(magic, place):
            raise VectorFileError(f"{source.name} is {what}.")
    return _read_rows(source)


def _read_rows(source: Source) -> Table:
    """Read word2vec text or binary, or GloVe text."""
    head = source.head
    start = len(_BOM) if head.startswith(_BOM) else 0
    found = _HEADER.match(head, start)
    rows = _first_lines(head[found.end() if found else start :])
    text = not rows or sum(map(is_numeric, rows)) * 2 > len(rows)
    if found:
        count, dim, start = int(found[1]), int(found[2]), found.end()
        if count == 0 or dim == 0:
            shape = f"{counted(count, 'row')} of {counted(dim, 'number')}"
            raise VectorFileError(f"{source.name} holds no vectors: its header announces {shape}.")
        if source.size is not None and dim > source.size:
            reason = f"a header of {dim:,} numbers a row, more than the file has bytes."
            raise source.fail("line 1", reason)
        if not text:
            return read_binary(source, count, dim, start)
        return read_text(source, count, dim, start)
    dim = trailing_numbers(rows[0]) if text and rows else 0
    if dim == 0:
        raise VectorFileError(f"{source.name} is not a word2vec text or binary file.")
    return read_text(source, None, dim, start)


def _first_lines(head: bytes) -> list[bytes]:
    """A few lines; of the last only the beginning may be in sight."""
    whole = head.rpartition(b"\n")[0]
    return [line for line in (whole if whole.strip() else head).split(b"\n") if line.strip()][:8]
