"""Files that hold tables: CSV and TSV, Parquet, Arrow's own; told by name and first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

from w2v.errors import CorpusError
from w2v.files import compression, compression_by_name
from w2v.installed import check_installed
from w2v.text.corpus_files import STDIN, source_name
from w2v.text.decoding import CountedFile, blocks_of, opened, text_pieces
from w2v.text.delimited import ByteStream, delimited
from w2v.text.frames import BATCH_ROWS, Frame, index_columns, parts
from w2v.text.number_files import append_to, temporary_file
from w2v.text.stretches import TABLES

_REFUSED = {
    b"PARE": "a Parquet file with an encrypted footer. Decrypt it",
    b"FEA1": "a Feather file of version 1. Write it again, as version 2 or Parquet",
    b"ORC": "an ORC file. Write it as Parquet",
    b"Obj\x01": "an Avro file. Write it as Parquet",
    b"SQLite format 3": "an SQLite database. Write the table as Parquet or CSV",
}
_BOOKKEEPING = re.compile(r"_(SUCCESS|(common_)?metadata|committed_.*|started_.*)")


def looks_like_table(file: str) -> bool:
    """Whether a file is called .csv or .tsv (compressed too), or is Parquet or Arrow's."""
    ending = os.path.splitext(compression_by_name(file)[0])[1].lower()
    if file == STDIN or not os.path.isfile(file):
        return False  # a pipe can be read only once
    if ending in (".csv", ".tsv"):
        return True
    try:
        with open(file, "rb") as handle:
            head = handle.read(16)
    except OSError:
        return False  # reading it will say why
    return _kind(head) != ""


def data_files(files: list[str]) -> list[str]:
    """Without the files that Spark and others leave in a folder of tables."""
    return [f for f in files if not _BOOKKEEPING.fullmatch(os.path.basename(f))] or files


def _kind(head: bytes) -> str:
    return next((kind for magic, kind in TABLES.items() if head.startswith(magic)), "")


@contextmanager
def opened_table(
    file: str, *, separator: str | None = None, header: bool = True, errors: str = "strict"
) -> Iterator[Frame]:
    """A file of `find_files` as a table.

    Parameters
    ----------
    separator : str, optional     Between the cells of a line of text. [what its first line shows]
    header : bool                 Whether its first line names the columns; else they are 1, 2, ...
    errors : {"strict", "replace", "ignore"}

    Raises
    ------
    CorpusError
        The file is foreign, damaged or ragged; also while it is read.
    """
    name = source_name(file)
    check_installed("pyarrow", f"Reading {name}, a table,", CorpusError)
    with opened(file) as source:
        blocks = blocks_of(source, name)
        first = next(blocks, b"")
        for magic, what in _REFUSED.items():
            if first.startswith(magic):
                raise CorpusError(f"{name} is {what}.")
        blocks = chain([first], blocks)
        kind = _kind(first)
        if kind == "stream":
            yield _arrow_stream(ByteStream(blocks), name, source)
        elif kind:
            with _seekable(file, source, blocks) as handle:
                yield (_parquet if kind == "parquet" else _arrow_file)(handle, name, source)
        else:
            pieces = text_pieces(blocks, name, errors)
            yield delimited(pieces, name, lambda: source.count, separator, header)


@contextmanager
def _seekable(file: str, source: CountedFile, blocks: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """The file itself, or a copy of what is compressed or comes through a pipe."""
    if file != STDIN and os.path.isfile(file):
        with open(file, "rb") as handle:
            if not compression(handle.read(16)):
                source.count = os.path.getsize(file)
                handle.seek(0)
                yield handle
                return
    import numpy as np

    with temporary_file() as copy:
        for block in blocks:
            append_to(copy, np.frombuffer(block, np.uint8))
        copy.seek(0)
        yield copy


@contextmanager
def _read_by_arrow(name: str, kind: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        raise CorpusError(
            f"{name} is a damaged {kind} file, or of a kind that is not read here ({reason}). "
            "Copy or write it again."
        ) from error


def _parquet(handle: IO[bytes], name: str, source: CountedFile) -> Frame:
    from pyarrow import parquet

    kind, size = "Parquet", source.count
    done = 0
    with _read_by_arrow(name, kind):
        file = parquet.ParquetFile(handle, buffer_size=1 << 20, pre_buffer=False)
        names, rows = file.schema_arrow.names, int(file.metadata.num_rows)

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        nonlocal done
        wanted = [names[number] for number in numbers]
        with _read_by_arrow(name, kind):
            some: list[list[int] | None] = [None]  # all at once
            if any(_has_dictionary(file.schema_arrow.field(one).type) for one in wanted):
                some = [[group] for group in range(file.num_row_groups)]
            for groups in some:
                for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=wanted):
                    yield [batch.column(batch.schema.get_field_index(one)) for one in wanted]
                    done += batch.num_rows

    def share() -> int:
        return size * done // max(1, rows)

    return Frame(name, names, read, share, index_columns(file.schema_arrow))


def _has_dictionary(kind: Any) -> bool:
    """Whether it is lists of values with a dictionary: Arrow joins no two row groups of these."""
    from pyarrow import types

    return bool(kind.num_fields) and bool(types.is_dictionary(kind.field(0).type))


def _arrow_file(handle: IO[bytes], name: str, source: CountedFile) -> Frame:
    from pyarrow import ipc

    kind, size = "Arrow", source.count
    done = 0
    with _read_by_arrow(name, kind):
        file = ipc.open_file(handle)
    count = int(file.num_record_batches)

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        nonlocal done
        for done in range(count):
            with _read_by_arrow(name, kind):
                batch = file.get_batch(done)
            yield from parts(batch, numbers)
        done = count

    names = file.schema.names
    return Frame(
        name, names, read, lambda: size * done // max(1, count), index_columns(file.schema)
    )


def _arrow_stream(stream: ByteStream, name: str, source: CountedFile) -> Frame:
    from pyarrow import ipc

    kind = "Arrow"
    with _read_by_arrow(name, kind):
        reader = ipc.open_stream(stream)

    def read(numbers: list[int]) -> Iterator[list[Any]]:
        while True:
            with _read_by_arrow(name, kind):
                batch = next(reader, None)
            if batch is None:
                return
            yield from parts(batch, numbers)

    names = reader.schema.names
    return Frame(name, names, read, lambda: source.count, index_columns(reader.schema))
