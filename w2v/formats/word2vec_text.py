"""word2vec text, with a header line or (GloVe) without: a row a line, a word and its D numbers.

Blocks of lines are parsed by Arrow, some ten times as fast as Python does it. Where it is not
installed, all is parsed by a loop, as is whatever Arrow does not take as it is (spaces in words,
tabs, signs, damage): it knows every case and says in which line something is wrong. A run of spaces
and tabs counts as one space, wherever it stands, and for nothing at the ends of a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO

import numpy as np

from w2v.cpus import usable_threads
from w2v.errors import counted, warn
from w2v.formats.byte_source import Source, Window
from w2v.formats.number_fields import GAP, POINT, is_comma_number, is_number
from w2v.formats.row_memory import Rows
from w2v.formats.table import Matrix, Progress, Table
from w2v.installed import is_installed
from w2v.words import LONGEST_WORD

_MOST_COLUMNS = 10_000
_LONGEST_NUMBER = 64  # bytes, white space with it
_BOM = b"\xef\xbb\xbf"
_FIXED = re.compile(rb"[+-]?\d+\.\d+")
_LEAST = 3  # decimals, as many for all numbers
_NUMBER_AHEAD = re.compile(rb"[+-]?\.?\d")


def write_text(
    handle: BinaryIO, table: Table, progress: Progress | None = None, header: int | None = None
) -> None:
    """As `write_glove`, below a header that announces so many rows; 0 for none."""
    if header != 0:
        handle.write(b"%d %d\n" % (header or len(table.matrix), table.matrix.shape[1]))
    write_glove(handle, table, progress)


def write_glove(handle: BinaryIO, table: Table, progress: Progress | None = None) -> None:
    """Write the rows alone, in decimals that give the same float32 back."""
    write_lines(handle, table, " ", table.words, progress)


def write_lines(
    handle: BinaryIO,
    table: Table,
    separator: str,
    words: Sequence[str] | None,
    progress: Progress | None,
) -> None:
    """Write a line for each row of a table: its word if there are words, and its numbers.

    The decimals are the shortest that read back as the same float32.
    """
    from w2v.threads import in_order

    lines = _lines if is_installed("pyarrow") else _lines_by_python

    def lines_of(rows: slice) -> bytes:
        return lines(table.matrix[rows], separator, words[rows] if words is not None else None)

    for rows, data in in_order(lines_of, table.batches(), usable_threads()):
        handle.write(data)
        if progress is not None:
            progress(rows.stop, len(table.words))


def _lines(matrix: Matrix, separator: str, words: Sequence[str] | None) -> bytes:
    import pyarrow as pa
    from pyarrow import compute

    rows, dim = matrix.shape
    numbers = pa.array(np.ascontiguousarray(matrix).reshape(-1)).cast(pa.string())
    ends = pa.array(np.arange(0, rows * dim + 1, dim, dtype=np.int32))
    lines = compute.binary_join(pa.ListArray.from_arrays(ends, numbers), separator)
    if words is not None:
        lines = compute.binary_join_element_wise(pa.array(words, pa.string()), lines, separator)
    lines = compute.binary_join_element_wise(lines, "", "\n")  # a newline after each
    _, offsets, data = lines.buffers()
    start, end = np.frombuffer(offsets, np.int32)[[lines.offset, lines.offset + rows]]
    return bytes(data[start:end])


def _lines_by_python(matrix: Matrix, separator: str, words: Sequence[str] | None) -> bytes:
    # NumPy's scalars give the shortest
    rows = [[str(number).removesuffix(".0") for number in row] for row in matrix]
    if words is not None:
        rows = [[word, *row] for word, row in zip(words, rows, strict=True)]
    return "".join(f"{separator.join(row)}\n" for row in rows).encode()


def read_text(source: Source, count: int | None, dim: int, start: int) -> Table:
    """Read rows of `dim` numbers that begin at byte `start`; see `formats.read_vectors`.

    Parameters
    ----------
    source : Source
    count : int or None
        Rows announced by the header; None if there is no header.
    dim, start : int
    """
    from w2v.threads import in_order

    most = sys.maxsize if source.limit is None else source.limit
    likely = 0 if source.size is None else min(count or 0, most, source.size // (2 * dim) + 1)
    matrix = Rows(dim, likely)
    words: list[str] = []
    beyond: list[int] = []
    line = 0 if count is None else 1
    blocks = _blocks_of_lines(source, start, dim, line)
    quickly = partial(_parse_quickly if is_installed("pyarrow") else _not_at_all, source, dim)
    before = block = b""
    for block, quick in in_order(quickly, blocks, usable_threads()):
        parsed = quick or _parse(source, block, dim, line, beyond)
        words += parsed[0]
        if parsed[0]:
            matrix.take(len(parsed[0]))[:] = parsed[1]
        line += block.count(b"\n") + (not block.endswith(b"\n"))
        before = block if block.endswith(b"\n") else before
        if len(words) >= most:
            break
    else:
        _compare(source, len(words), count, line)
    if words and len(words) < most and not block.endswith(b"\n"):
        lines, _, last = block.rpartition(b"\n")
        before = (lines or before).rstrip(b"\n").rpartition(b"\n")[2]
        _check_end(source, before, last, dim, line)
    if beyond:
        source.warn_beyond(len(beyond), f" (the first in line {beyond[0]})")
    name = "GloVe text" if count is None else "word2vec text"
    return Table(words, matrix.finish(), None, name, source.compression)


def _compare(source: Source, found: int, announced: int | None, line: int) -> None:
    """Refuse a file that ends too early, and warn of one with more rows than it says."""
    if announced is None or found == announced:
        return
    rows = counted(found, "row")
    if found < announced:
        reason = f"the file ends after {rows}, its header announces {announced:,}."
        raise source.cut_short(f"line {line}", reason)
    warn(f"{source.name} holds {rows}, its header announces {announced:,}; all were read.")


def _check_end(source: Source, before: bytes, last: bytes, dim: int, line: int) -> None:
    """Warn of a last line without a line break, and refuse it if its last number is cut.

    All programs that we know of write one. Without it nobody can say whether 0.12 was 0.123; that
    is clear where all other numbers have as many decimals, or lines end in a space.
    """
    others = [*GAP.split(before.strip(b" \t\r"))[-dim:], *GAP.split(last.strip(b" \t\r"))[-dim:]]
    cut = others.pop()
    decimals = {len(number.rpartition(b".")[2]) for number in others if b"." in number}
    fixed = len(decimals) == 1 and all(map(_FIXED.fullmatch, others)) and min(decimals) >= _LEAST
    shorter = fixed and len(cut.partition(b".")[2]) < min(decimals)
    if shorter or cut.endswith(b".") or (before.rstrip(b"\r").endswith(b" ") > last.endswith(b" ")):
        raise source.fail(
            f"line {line}", f"the file ends in the number {cut.decode()}. It is cut short."
        )
    warn(
        f"{source.name} has no line break at its end. It may be cut short; then its last number, "
        f"{cut.decode(errors='replace')}, is wrong."
    )


def _blocks_of_lines(source: Source, start: int, dim: int, line: int) -> Iterator[bytes]:
    """Blocks of whole lines, the first of which comes after `line` others."""
    longest = LONGEST_WORD + _LONGEST_NUMBER * dim
    window = Window(source, start)
    used = 0
    while window.move(used):
        used = window.data.rfind(b"\n", 0, window.have) + 1
        if used:
            yield bytes(window.data[:used])
            line += window.data.count(b"\n", 0, used)
        elif window.have > longest:
            reason = f"no line break in {counted(window.have, 'byte')}, too many for a word and"
            raise source.fail(f"line {line + 1}", f"{reason} {counted(dim, 'number')}.")
    if window.have:
        yield bytes(window.data[: window.have])


def _parse_quickly(source: Source, dim: int, block: bytes) -> tuple[list[str], Matrix] | None:
    """Words and numbers of lines in which nothing is unusual, else None."""
    import pyarrow as pa
    from pyarrow import csv

    block = block.replace(b"\r\n", b"\n")
    if dim > _MOST_COLUMNS or any(odd in block for odd in (b"\r", b"\0", b"\t")):
        return None  # columns have a cost
    if block.startswith(_BOM):  # it would be dropped
        return None
    first = block.lstrip(b"\n").partition(b"\n")[0]
    trailing = first.endswith(b" ")
    names = [str(column) for column in range(dim + 1 + trailing)]
    types = {name: pa.float32() for name in names[1 : dim + 1]}
    types |= {name: pa.string() for name in names[dim + 1 :]}
    strict = source.errors == "strict" and source.encoding == "utf-8"
    types |= {names[0]: pa.string() if strict else pa.binary()}
    try:
        rows = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            csv.ParseOptions(delimiter=" ", quote_char=False),
            csv.ConvertOptions(column_types=types, null_values=[]),
        ).combine_chunks()
    except pa.ArrowInvalid:
        return None
    columns = [column.to_numpy() for column in rows.columns]
    if trailing and any(columns.pop()):
        return None
    words = columns[0].tolist()
    if not strict:
        try:
            words = [word.decode(source.encoding, source.errors) for word in words]
        except UnicodeDecodeError:
            return None  # the loop says where
    matrix = np.empty((rows.num_rows, dim), dtype=np.float32)
    for place, column in enumerate(columns[1:]):
        matrix[:, place] = column
    return None if np.isinf(matrix).any() else (words, matrix)


def _not_at_all(source: Source, dim: int, block: bytes) -> None:
    pass


def _parse(
    source: Source, block: bytes, dim: int, line: int, beyond: list[int]
) -> tuple[list[str], Matrix]:
    """Words and numbers of any lines, of which the first comes after `line` others.

    To `beyond` are added the lines with numbers that are infinite only as float32.
    """
    words: list[str] = []
    numbers: list[list[float]] = []
    lines: list[int] = []
    for number, raw in enumerate(block.split(b"\n"), line + 1):
        fields = GAP.split(raw.rstrip(b" \t\r").lstrip(b" \t"))
        if fields == [b""]:
            continue
        where = f"line {number}"
        if len(fields) == dim and raw[:1] in (b" ", b"\t"):
            fields.insert(0, b"")
        word = fields[0] if len(fields) == dim + 1 else _spaced_word(source, where, fields, dim)
        tail = fields[-dim:]
        bad = next((field for field in tail if not is_number(field)), None)
        if bad is not None:
            expected = f"expected {counted(dim, 'number')}, found"
            reason = f"{expected} {bad.decode(errors='replace')[:40]!r} there."
            raise source.fail(where, reason + f" {POINT}" * is_comma_number(bad))
        if b"\r" in word or b"\0" in word:
            odd = "NUL character" if b"\0" in word else "carriage return"
            reason = f"there is a {odd} in the word {word[:40]!r}. The file may be damaged."
            raise source.fail(where, reason)
        numbers.append(list(map(float, tail)))
        words.append(source.decode(word, where))
        lines.append(number)
    wide = np.array(numbers, dtype=np.float64).reshape(-1, dim)
    with np.errstate(over="ignore"):  # 1e39 is infinity to a float32
        matrix = wide.astype(np.float32)
    over = np.flatnonzero((np.isinf(matrix) & np.isfinite(wide)).any(axis=1))
    beyond += [lines[row] for row in over.tolist()]
    return words, matrix


def _spaced_word(source: Source, where: str, fields: list[bytes], dim: int) -> bytes:
    """The word of a row that has not one field more than numbers."""
    extra = fields[1:-dim]
    if not extra or all(map(is_number, extra)):
        reason = f"expected {counted(dim, 'number')}, found {len(fields) - 1:,}."
        raise source.fail(where, reason + " The file may be cut short." * (not extra))
    if is_comma_number(extra[-1]):
        reason = f"there is a decimal comma in {extra[-1].decode()!r}. {POINT}"
        raise source.fail(where, reason)
    run = next(at for at, field in enumerate(extra) if not is_number(field))
    run += bool(_NUMBER_AHEAD.match(extra[run])) and not is_number(extra[run])
    if run >= max(2, dim) and not any(b"\r" in field for field in extra):
        reason = (
            f"two rows, or more, in one line: {b' '.join(fields)[:60].decode(errors='replace')!r}."
        )
        raise source.fail(where, f"{reason} A line break may be lost.")
    return b" ".join(fields[:-dim])
