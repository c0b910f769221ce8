"""Text as a table: cells between commas, tabs, semicolons or bars, quoted as in CSV."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from w2v.errors import CorpusError, quoted
from w2v.text.frames import Frame

_SEPARATORS = ",\t;|"
_BLOCK_BYTES = 1 << 23  # no row may be longer
_NOTHING = ["", r"\N"]  # how CSV, and the dumps of databases, write that there is nothing


class ByteStream(io.RawIOBase):
    """Blocks of bytes as a file that Arrow reads."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = bytearray()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._rest) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += block
        size = len(self._rest) if size < 0 else size
        data = bytes(self._rest[:size])
        del self._rest[:size]
        return data


def delimited(
    pieces: Iterator[str],
    name: str,
    done: Callable[[], int],
    separator: str | None,
    header: bool,
) -> Frame:
    """A table in a text that arrives in pieces; all cells are text, whatever they look like."""
    row, pieces = _first_row(pieces, name)
    separator = separator or _sniffed(row)
    columns = [cell.strip() for cell in _cells(row, separator, name)]
    if not header:
        columns = [str(number) for number in range(1, len(columns) + 1)]
        pieces = chain([row + "\n"], pieces)

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        return _read(pieces, name, separator, len(columns), numbers, header)

    return Frame(name, columns, read, done, has_header=header)


def _first_row(pieces: Iterator[str], name: str) -> tuple[str, Iterator[str]]:
    """The first row that is not empty, and the text after it."""
    text = ""
    for piece in pieces:
        text = (text + piece).lstrip("\r\n")
        for end in re.finditer(r"\r?\n|\r", text):
            if text.count('"', 0, end.start()) % 2 == 0:
                return text[: end.start()], chain([text[end.end() :]], pieces)
        if len(text) > _BLOCK_BYTES:
            break
    if text:
        raise CorpusError(
            f"{name}: the first row has no end: a quotation mark in it is not closed. "
            "Is it a table?"
        )
    raise CorpusError(f"{name} is empty; expected a table with a row at least.")


def _sniffed(row: str) -> str:
    """What stands most often between the cells of a row."""
    outside = re.sub(r'"[^"]*"', "", row)
    return max(_SEPARATORS, key=outside.count)  # a comma if none is there


def _cells(row: str, separator: str, name: str) -> list[str]:
    import pyarrow as pa
    from pyarrow import csv

    names = [f"f{number}" for number in range(row.count(separator) + 1)]
    try:
        table = csv.read_csv(
            io.BytesIO(f"{row}\n".encode()),
            csv.ReadOptions(autogenerate_column_names=True, block_size=_BLOCK_BYTES),
            csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowException as error:
        raise CorpusError(f"{name}: the first row cannot be read ({error}).") from error
    return [column[0].as_py() for column in table.columns]


def _read(
    pieces: Iterable[str],
    name: str,
    separator: str,
    width: int,
    numbers: list[int],
    header: bool,
) -> Iterator[list[Any]]:
    import pyarrow as pa
    from pyarrow import csv

    ragged: list[Any] = []

    def refuse(row: Any) -> str:
        ragged.append(row)
        return "error"

    names = list(map(str, range(width)))
    # a row that no text can have, since it holds NUL: seen last, unless a quoted cell swallows it
    end = separator.join(["\0"] * width) + "\n"
    blocks = (piece.encode() for piece in chain(pieces, [end]))
    ended = False
    try:
        reader = csv.open_csv(
            ByteStream(blocks),
            # without threads it can say which row is ragged, and is as fast
            csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=names),
            csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=refuse
            ),
            csv.ConvertOptions(
                include_columns=[names[number] for number in numbers],
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=True,
                null_values=_NOTHING,
            ),
        )
        held = None
        for batch in reader:
            if held is not None:
                yield held.columns
            held = batch
        if held is not None and (ended := _has_end(held)):
            yield [column[:-1] for column in held.columns]
    except pa.ArrowException as error:
        if ragged and ragged[0].text.endswith(end.rstrip("\n")):
            raise CorpusError(_not_closed(name)) from error
        if ragged:
            raise CorpusError(_is_ragged(name, ragged[0], header)) from error
        reason = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        raise CorpusError(
            f"{name} cannot be read as a table ({reason}). Is a quotation mark not closed?"
        ) from error
    if not ended:
        raise CorpusError(_not_closed(name))


def _has_end(batch: Any) -> bool:
    return len(batch) > 0 and batch.column(0)[-1].as_py() == "\0"


def _not_closed(name: str) -> str:
    return (
        f"{name}: a quotation mark is not closed, so that one cell goes on to the end of the "
        "file. Close it; a mark that is part of a cell is written twice, in a quoted cell."
    )


def _is_ragged(name: str, row: Any, header: bool) -> str:
    number = "" if row.number is None else f", row {row.number + header:,}"
    return (
        f"{name}{number}: {row.actual_columns} cells where the first row has "
        f"{row.expected_columns}, {quoted(row.text)}. Mend the row; cells that hold the separator "
        "must be quoted. Rows that differ in length are text: put spaces for the separator."
    )
