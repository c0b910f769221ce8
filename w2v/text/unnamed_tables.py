"""Tables of which it is not said where the words are: refused, or read where that is clear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from w2v.errors import ConfigError, CorpusError
from w2v.installed import check_installed
from w2v.text.columns import likely, listed
from w2v.text.frames import column_names
from w2v.text.table import Table
from w2v.text.table_files import looks_like_table, opened_table


def refuse_tables(files: Sequence[str]) -> None:
    """Raise `ConfigError` where a file is a table, which read as text would be garbage."""
    file = next(filter(looks_like_table, files), None)
    if file is None:
        return
    with opened_table(file) as frame:
        columns = frame.columns
    options = likely(columns)
    flags = " ".join(f"--{name} {_quoted(column)}" for name, column in options.items())
    flags = flags or "--group COLUMN --token COLUMN, --columns all, or --text COLUMN"
    keywords = ", ".join(f"{name}={column!r}" for name, column in options.items())
    raise ConfigError(
        f"{file} is a table, with the columns {listed(columns)}. Say which hold the words, as in: "
        f"w2v train {_quoted(file)} {flags} (in a program w2v.Table({file!r}, "
        f"{keywords or 'columns=...'})). To read it as text all the same, pipe it into `-`."
    )


def table_of_column(column: Any) -> Table:
    """A table of one column, of Arrow: lists of words, or texts."""
    check_installed("pyarrow", "A column of Arrow", CorpusError)
    import pyarrow as pa

    from w2v.text.cells import is_list, is_text

    array = pa.chunked_array(column) if hasattr(column, "__arrow_c_stream__") else pa.array(column)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not is_list(kind) and not is_text(kind):
        raise TypeError(
            f"An Arrow array of {array.type} was given where one of lists of words, or of texts, "
            "is expected. Of one array of ids w2v.Sentences(ids, ends) says where sentences end."
        )
    name = "sentences"
    options: dict[str, Any] = {"token": name} if is_list(kind) else {"text": name}
    return Table({name: array}, **options)


def refuse_frame(source: object) -> None:
    """Raise `ConfigError` for a table in memory that stands where sentences are expected."""
    columns = column_names(source)
    if columns is not None:
        options = likely(columns) or {"columns": "all"}
        keywords = ", ".join(f"{name}={column!r}" for name, column in options.items())
        raise ConfigError(
            f"A table has columns, {listed(columns)}, and which hold the words is not said. "
            f"Give w2v.Table(..., {keywords}) instead of it."
        )


def _quoted(column: str) -> str:
    """As a shell needs it, about."""
    return column if re.fullmatch(r"[\w./-]+", column) else f'"{column}"'
