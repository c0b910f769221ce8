"""Files of the nearest words of many words: a row for each word and each of its neighbours."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from w2v.errors import ConfigError, OutputError, quoted
from w2v.files import (
    EXTENSIONS,
    PathLike,
    check_compressor,
    check_target,
    compressing,
    compression_by_name,
    replacing,
)
from w2v.installed import check_installed

COLUMNS = ("word", "rank", "neighbour", "cosine")

_GROUP = 1 << 20  # rows of a Parquet file that are written together
_DIGITS = 6

Ids = npt.NDArray[np.intp]
Block = tuple[Ids, Ids, npt.NDArray[np.float64]]
"""Rows of words (B,), of their neighbours (B, n), -1 for none, and cosines (B, n)."""


def check_neighbours_path(path: PathLike) -> None:
    """Refuse a file that cannot be written, or whose name says no format.

    Raises
    ------
    ConfigError
        The name says no format.
    OutputError
        It cannot be written.
    """
    kind, compressed = _kind(path)
    check_target(path)
    if kind == "parquet":
        check_installed("pyarrow", f"Writing {os.fsdecode(path)}", OutputError)
    check_compressor(compressed, os.fsdecode(path), OutputError)
    if kind == "parquet" and compressed:
        raise ConfigError(
            f"Cannot write {os.fsdecode(path)}: Parquet is compressed inside. Name it .parquet."
        )


def write_neighbours(path: PathLike, words: Sequence[str], blocks: Iterable[Block]) -> int:
    """Write .parquet, .tsv or .jsonl, the last two also compressed; the number of rows.

    In all of them a row has `COLUMNS`: a word, 1 for the nearest, that word, and the cosine. Memory
    is that of a block, of Parquet some 2**20 rows.

    Raises
    ------
    ConfigError
        The name says no such format.
    OutputError
        The file cannot be written, or a word holds a tab or a line break, which .tsv cannot tell
        from its own.
    """
    kind, compressed = _kind(path)
    check_neighbours_path(path)
    write = {"parquet": _write_parquet, "tsv": _write_tsv, "jsonl": _write_jsonl}[kind]
    with replacing(path) as handle, compressing(handle, compressed) as out:
        return write(out, words, _long(blocks))


def _kind(path: PathLike) -> tuple[str, str]:
    """Format, and compression or an empty string, by the name."""
    name = os.fsdecode(path)
    base, compressed = compression_by_name(name)
    kind = os.path.splitext(base)[1].removeprefix(".").lower()
    if kind not in ("parquet", "tsv", "jsonl"):
        raise ConfigError(
            f"Cannot tell the format of {name}. Name it .parquet, .tsv or .jsonl; the last two may "
            f"be followed by {', '.join(EXTENSIONS)}."
        )
    return kind, compressed


Long = tuple[Ids, Ids, Ids, npt.NDArray[np.float64]]


def _long(blocks: Iterable[Block]) -> Iterator[Long]:
    """Rows of words, ranks, rows of neighbours and cosines, all of one length."""
    for rows, ids, cosines in blocks:
        there = ids >= 0
        ranks = np.broadcast_to(np.arange(1, ids.shape[1] + 1), ids.shape)
        yield np.repeat(rows, there.sum(axis=1)), ranks[there], ids[there], cosines[there]


def _write_parquet(out: BinaryIO, words: Sequence[str], parts: Iterable[Long]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.int32(), pa.string(), pa.float32())
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
    names = pa.array(words, pa.large_string())
    written, held, waiting = 0, 0, []

    def batch(part: Long) -> Any:
        word, rank, other, cosine = part
        columns = [names.take(word), rank, names.take(other), cosine]
        arrays = [pa.array(c).cast(t) for c, t in zip(columns, types, strict=True)]
        return pa.record_batch(arrays, schema=schema)

    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for part in parts:
            waiting.append(batch(part))
            held += len(part[0])
            if held >= _GROUP:
                writer.write_table(pa.Table.from_batches(waiting, schema), held)
                written, held, waiting = written + held, 0, []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema), max(held, 1))
    return written + held


def _write_tsv(out: BinaryIO, words: Sequence[str], parts: Iterable[Long]) -> int:
    for word in words:
        if not {"\t", "\n", "\r"}.isdisjoint(word):
            raise OutputError(
                f"{quoted(word)} holds a tab or a line break, which .tsv cannot tell from its own. "
                "Write .parquet or .jsonl."
            )
    out.write(("\t".join(COLUMNS) + "\n").encode())
    return _write_lines(out, words, parts, "{}\t{}\t{}\t{}\n")


def _write_jsonl(out: BinaryIO, words: Sequence[str], parts: Iterable[Long]) -> int:
    names = [json.dumps(word, ensure_ascii=False) for word in words]
    line = ", ".join(f'"{column}": {{}}' for column in COLUMNS)
    return _write_lines(out, names, parts, f"{{{{{line}}}}}\n")


def _write_lines(out: BinaryIO, names: Sequence[str], parts: Iterable[Long], line: str) -> int:
    written = 0
    for part in parts:
        word, rank, other, cosine = (column.tolist() for column in part)
        lines = [
            line.format(names[w], r, names[o], round(c, _DIGITS))
            for w, r, o, c in zip(word, rank, other, cosine, strict=True)
        ]
        out.write("".join(lines).encode())
        written += len(lines)
    return written
