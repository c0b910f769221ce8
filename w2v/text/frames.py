"""Tables that a program has: data frames, data sets, columns and rows, by protocols alone.

No library of data frames is imported: what is not Arrow's already is asked for Arrow's form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

from w2v.errors import CorpusError

BATCH_ROWS = 1 << 14
_TO_READ = (
    "A table is a file, a data frame (pandas, Polars, Arrow), a Hugging Face data set, a "
    "dictionary of columns, or an iterable of dictionaries"
)


class Frame(NamedTuple):
    """A table that can be read once, some rows at a time."""

    name: str
    """What messages call it."""
    columns: list[str]
    read: Callable[[list[int]], Iterator[list[Any]]]
    """Arrow arrays of the columns with these numbers, for some rows after the others."""
    done: Callable[[], int] = lambda: 0
    """Bytes of the file that were read so far."""
    row_names: frozenset[str] = frozenset()
    """Columns that number the rows, as pandas writes them."""
    has_header: bool = False
    """Whether the columns are called what stands in the first row."""


class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


ArrowColumn = _ArrowArray | _ArrowStream
"""An array of Arrow, in one chunk or several, of whatever library."""


def is_column(source: object) -> bool:
    """Whether it is an Arrow array, with no columns of its own."""
    arrow = hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")
    return arrow and not isinstance(source, type) and column_names(source) is None


def column_names(source: object) -> list[str] | None:
    """The columns of a table that a program has; None for what is no table."""
    if isinstance(source, Mapping):
        return list(map(str, source))
    for attribute in ("column_names", "columns", "schema"):
        found = getattr(source, attribute, None)
        found = getattr(found, "names", found) if attribute == "schema" else found
        if found is not None and not callable(found) and _is_table(source):
            return [str(name) for name in found if isinstance(name, (str, int))]
    return None


def _is_table(source: object) -> bool:
    protocols = ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__", "with_format")
    return not isinstance(source, type) and any(hasattr(source, name) for name in protocols)


def frame_of(source: Any) -> Frame:
    """A table in memory, or rows that are made as they are asked for.

    Raises
    ------
    CorpusError
        A column is of no type that Arrow knows.
    TypeError
        It is no table.
    """
    import pyarrow as pa

    try:
        schema, batches = _reader(source)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        reason = "; ".join(map(str, error.args)).split("\n", maxsplit=1)[0]
        raise CorpusError(
            f"The table cannot be read: {reason}. Each column must hold values of one type."
        ) from error
    names = [str(name) for name in schema.names]

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        for batch in batches:
            yield from parts(batch, numbers)

    return Frame("the table", names, read, row_names=index_columns(schema))


def parts(batch: Any, numbers: list[int]) -> Iterator[list[Any]]:
    """Arrow arrays of the columns with these numbers, of a batch or table, `BATCH_ROWS` each."""
    for start in range(0, batch.num_rows, BATCH_ROWS):
        part = batch.slice(start, BATCH_ROWS)
        yield [_array(part.column(number)) for number in numbers]


def index_columns(schema: Any) -> frozenset[str]:
    """Columns that were the index of a frame of pandas."""
    found = (schema.pandas_metadata or {}).get("index_columns", [])
    return frozenset(name for name in found if isinstance(name, str))


def _array(column: Any) -> Any:
    import pyarrow as pa

    if not isinstance(column, pa.ChunkedArray):
        return column
    chunks = column.chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.nulls(0)


def _reader(source: Any) -> tuple[Any, Iterable[Any]]:
    """(schema, batches or tables)."""
    import pyarrow as pa

    if isinstance(source, Mapping):
        if tables := [name for name in source if column_names(source[name]) is not None]:
            names = ", ".join(map(repr, tables))
            raise TypeError(f"A dictionary of tables ({names}) is no table; give one of them.")
        table = pa.table({str(name): _column(name, source[name]) for name in source})
        return table.schema, table.to_batches()
    if hasattr(source, "with_format") and hasattr(source, "iter"):  # a Hugging Face data set
        return _first(source.with_format("arrow").iter(batch_size=BATCH_ROWS))
    if hasattr(source, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(source)
        return reader.schema, reader
    if hasattr(source, "__arrow_c_array__"):
        batch = pa.record_batch(source)
        return batch.schema, [batch]
    if hasattr(source, "__dataframe__"):
        from pyarrow.interchange import from_dataframe

        table = from_dataframe(source)
        return table.schema, table.to_batches()
    if isinstance(source, (str, bytes)) or not hasattr(source, "__iter__"):
        advice = " Give what its `collect` makes." if hasattr(source, "collect") else ""
        raise TypeError(f"{_TO_READ}; got {source!r:.60} ({type(source).__name__}).{advice}")
    return _first(_tables(iter(source)))


def _column(name: object, values: Any) -> Any:
    import pyarrow as pa

    if hasattr(values, "__arrow_c_stream__") and not hasattr(values, "__arrow_c_array__"):
        return pa.chunked_array(values)
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise CorpusError(
            f"The column {str(name)!r} is no list of values of one type: {error}."
        ) from error


def _first(tables: Iterator[Any]) -> tuple[Any, Iterable[Any]]:
    first = next(tables, None)
    if first is None:
        raise CorpusError(
            "The table has no rows. If it is an iterator that was used, make a new one."
        )
    names = first.schema.names
    return first.schema, chain([first], (table.select(names) for table in tables))


def _tables(items: Iterator[Any]) -> Iterator[Any]:
    """Batches as they are, and rows put together."""
    import pyarrow as pa

    for item in items:
        if isinstance(item, Mapping):
            rows = [item, *islice(items, BATCH_ROWS - 1)]
            names = list(dict.fromkeys(name for row in rows for name in row))
            yield pa.table({str(name): [row.get(name) for row in rows] for name in names})
        elif _is_table(item):
            schema, batches = _reader(item)
            yield pa.Table.from_batches(list(batches), schema)
        else:
            raise TypeError(
                f"{_TO_READ}; got an iterable with {item!r:.60} ({type(item).__name__}) in it."
            )
