"""A small table, and every kind of file that may hold it."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather, ipc, parquet

from w2v import Table

PLAYS: dict[str, list[Any]] = {
    "user": [7, 8, 7, None, 8],
    "at": [20, 10, 10, 1, None],
    "artist": ["The Beatles", "Moby", "Air", "Cher", "Air"],
}
GROUPED: dict[str, Any] = {"group": "user", "order": "at", "token": "artist"}
LINES = "Air The_Beatles\nMoby Air\n"
QUICK: dict[str, Any] = {"dim": 4, "min_count": 1, "workers": 1, "backend": "numpy", "epochs": 2}


def lines(source: Any, **options: Any) -> str:
    return "".join(Table(source, **options).pieces())


def plays_csv(separator: str = ",") -> bytes:
    rows = zip(*PLAYS.values(), strict=True)
    text = [separator.join(PLAYS)]
    text += [separator.join("" if cell is None else str(cell) for cell in row) for row in rows]
    return ("\n".join(text) + "\n").encode()


def as_parquet(path: Path) -> None:
    parquet.write_table(pa.table(PLAYS), path, row_group_size=2)


def as_feather(path: Path) -> None:
    feather.write_feather(pa.table(PLAYS), str(path))


def as_arrow_file(path: Path) -> None:
    with ipc.new_file(str(path), pa.table(PLAYS).schema) as writer:
        writer.write_table(pa.table(PLAYS), max_chunksize=2)


def as_arrow_stream(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, ipc.new_stream(file, pa.table(PLAYS).schema) as writer:
        writer.write_table(pa.table(PLAYS), max_chunksize=2)


def compressed(compress: Callable[[bytes], bytes], data: Callable[[Path], None]) -> Any:
    def write(path: Path) -> None:
        data(path)
        path.write_bytes(compress(path.read_bytes()))

    return write


def as_text(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def as_csv(path: Path) -> None:
    path.write_bytes(plays_csv())


FILES: dict[str, Callable[[Path], None]] = {
    "plays.csv": as_csv,
    "bom.csv": as_text(b"\xef\xbb\xbf" + plays_csv()),
    "windows.csv": as_text(plays_csv().replace(b"\n", b"\r\n")),
    "no-end.csv": as_text(plays_csv().rstrip(b"\n")),
    "plays.tsv": as_text(plays_csv("\t")),
    "semicolon.csv": as_text(plays_csv(";")),
    "bar.data": as_text(plays_csv("|")),
    "plays.csv.gz": compressed(gzip.compress, as_csv),
    "plays.csv.bz2": compressed(bz2.compress, as_csv),
    "plays.csv.xz": compressed(lzma.compress, as_csv),
    "plays.parquet": as_parquet,
    "plays.parquet.gz": compressed(gzip.compress, as_parquet),
    "no-extension": as_parquet,
    "plays.feather": as_feather,
    "plays.arrow": as_arrow_file,
    "plays.arrows": as_arrow_stream,
    "plays.arrows.gz": compressed(gzip.compress, as_arrow_stream),
}
