"""Writing a table in the format that a name, or the caller, asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.errors import ConfigError, counted
from w2v.files import (
    PathLike,
    check_compressor,
    check_name,
    check_target,
    compressing,
    compression_by_name,
    replacing,
    together,
)
from w2v.formats.arrays import DTYPES, check_numbers
from w2v.formats.npz import write_npz
from w2v.formats.projector import metadata_path, write_metadata, write_projector
from w2v.formats.safetensors import write_safetensors
from w2v.formats.table import Matrix, Progress, Table
from w2v.formats.word2vec_binary import write_binary
from w2v.formats.word2vec_text import write_glove, write_text
from w2v.formats.writable_words import refuse_words

_DECIMALS = 6  # bytes a number takes as text, at the least; most take twice as many
_BLOCK_BYTES = 1 << 20
_PACKED = 3  # bytes a number takes compressed: half of its bits are noise


class _Format(NamedTuple):
    extensions: tuple[str, ...]
    about: str
    write: Callable[..., None]
    lines: bool = True  # words end at a space, counts have no place, and it may be compressed
    arrays: bool = False  # of any type of number
    number: int = _DECIMALS  # bytes


class _Lines(NamedTuple):
    """How rows stand in a file of lines; see `write_vectors`."""

    header: int | None = None
    append: bool = False

    def check(self, path: PathLike, kind: _Format) -> None:
        if not kind.lines and self != _Lines():
            raise ConfigError(
                f"{os.fspath(path)} would be {kind.about}, which announces no rows and takes no "
                "more; expected text or binary for `header` and `append`."
            )


FORMATS = {
    "text": _Format((".txt", ".vec"), "word2vec text", write_text),
    "binary": _Format((".bin",), "word2vec binary", write_binary, number=4),
    "glove": _Format((), "text without a header", write_glove),
    "npz": _Format((".npz",), "NumPy npz", write_npz, False, True, 4),
    "safetensors": _Format((".safetensors",), "safetensors", write_safetensors, False, True, 4),
    "projector": _Format((".tsv",), "TensorBoard projector", write_projector, False),
}
_BY_EXTENSION = {extension: name for name, kind in FORMATS.items() for extension in kind.extensions}


def check_writable(path: PathLike, format: str | None = None, dtype: str = "float32") -> None:
    """Refuse a path that `write_vectors` could not write, before any work is done.

    Raises
    ------
    ConfigError
        The name is empty, its extension is not a known one and no format is given, or the format
        is not to be compressed or has no such type of number.
    OutputError
        See `files.check_target`.
    """
    kind, packing = _format(path, format)
    if dtype not in DTYPES:
        raise ConfigError(f"The type {dtype!r} is unknown; expected {', '.join(DTYPES)}.")
    if dtype != "float32" and not kind.arrays:
        raise ConfigError(
            f"{os.fspath(path)} would be {kind.about}, which has no {dtype}; expected .npz or "
            ".safetensors."
        )
    check_compressor(packing, os.fspath(path), ConfigError)
    for target in output_paths(path, format):
        check_target(target)


def output_paths(path: PathLike, format: str | None = None) -> list[str]:
    """The files that `write_vectors` would write: one, but two for the projector."""
    name = os.fsdecode(path)
    kind, _ = _format(path, format)
    return [name, metadata_path(name)] if kind is FORMATS["projector"] else [name]


def named_outputs(title: str, path: PathLike, format: str | None = None) -> dict[str, PathLike]:
    """`output_paths` as `files.check_distinct` takes them; `title` is what users call `path`."""
    titles = (title, f"{title} (its words)")
    return dict(zip(titles, output_paths(path, format), strict=False))


def least_bytes(path: PathLike, words: int, dim: int, format: str | None = None) -> int:
    """Bytes of disk that vectors will take in float32, at the least: of their numbers alone."""
    kind, packing = _format(path, format)
    return words * dim * (_PACKED if packing else kind.number)


def keeps_counts(path: PathLike, format: str | None = None) -> bool:
    """Whether a file that is to be written will hold the counts."""
    return not _format(path, format)[0].lines


def check_words(path: PathLike, words: Sequence[str], format: str | None = None) -> None:
    """Refuse words that the format cannot hold, for a file that is to be written later.

    Raises
    ------
    VectorFileError
        A word is empty or has a character that its readers would stumble over.
    """
    kind, _ = _format(path, format)
    refuse_words(path, words, "lines" if kind.lines else "arrays" if kind.arrays else "columns")


def write_vectors(
    path: PathLike,
    words: Sequence[str],
    matrix: Matrix,
    counts: npt.ArrayLike | None = None,
    *,
    format: str | None = None,
    dtype: str = "float32",
    header: int | None = None,
    append: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write words and vectors.

    The file appears whole or not at all; see `files.replacing`.

    Parameters
    ----------
    path : str or path
        Its extension names the format: ``.txt`` or ``.vec`` (word2vec text), ``.bin`` (word2vec
        binary), ``.npz``, ``.safetensors`` or ``.tsv`` (projector). Text and binary may be
        compressed: ``.txt.gz``, ``.bz2``, ``.xz``, ``.zst``.
    words : sequence of str (V,)
        Most frequent first. None empty, none with a line feed; for the projector none with a tab,
        CR or NUL, and in text and binary none of these, and no space.
    matrix : float32 (V, D)
        All formats give the same float32 back, bit for bit (text writes every
        NaN as ``nan``), unless `dtype` is another.
    counts : int64 (V,), optional
        Kept by npz and safetensors, and shown by the projector.
    format : {"text", "binary", "glove", "npz", "safetensors", "projector"}, optional
        Instead of what the extension says.
    dtype : {"float32", "float16", "int8"}
        Of the numbers in npz and safetensors: half the size, or a quarter, with a scale for each
        row. `docs/files.md` has what it costs.
    header : int, optional
        Rows that the first line of text or binary announces, where more than these will be in the
        file; 0 for no such line. [the rows that are written; 0 behind others]
    append : bool
        Whether the rows of text or binary come behind what is in the file, if there is one; it is
        replaced by old and new together.
    progress : callable(rows_written, rows), optional

    Raises
    ------
    ConfigError
        The name is empty, or its extension is not a known one, or it has no such `dtype`, no
        header, or no place for more rows.
    VectorFileError
        A word or a number cannot stand in such a file.
    OutputError
        The file cannot be written.
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    if matrix.ndim != 2 or len(words) != len(matrix):
        raise ValueError(
            f"A matrix of shape {matrix.shape} does not fit {counted(len(words), 'word')}."
        )
    kept = None if counts is None else np.asarray(counts, dtype=np.int64)
    table = Table(words, matrix, kept)
    lines = _Lines(header, append)
    write_table(path, table, format=format, dtype=dtype, lines=lines, progress=progress)


def write_table(
    path: PathLike,
    table: Table,
    *,
    format: str | None = None,
    dtype: str = "float32",
    lines: _Lines | None = None,
    progress: Progress | None = None,
) -> None:
    """Write a table; see `write_vectors`."""
    check_writable(path, format, dtype)
    lines = lines or _Lines()
    lines.check(path, _format(path, format)[0])
    check_words(path, table.words, format)
    check_numbers(path, table, dtype)
    kind, packing = _format(path, format)
    names = output_paths(path, format)
    more: dict[str, Any] = {"dtype": dtype} if kind.arrays else {}
    behind = lines.append and os.path.isfile(names[0])
    header = 0 if lines.header is None and behind else lines.header
    if header is not None and kind.write is not write_glove:
        more["header"] = header
    known = kind.number < _DECIMALS and not packing
    size = table.matrix.size * np.dtype(dtype).itemsize if known else None
    with together():
        with replacing(names[0], size) as file:
            if behind:
                with open(names[0], "rb") as old:
                    shutil.copyfileobj(old, file, _BLOCK_BYTES)
            with compressing(file, packing) as handle:
                kind.write(handle, table, progress, **more)
        for name in names[1:]:
            with replacing(name) as handle:
                write_metadata(handle, table)


def _format(path: PathLike, format: str | None) -> tuple[_Format, str]:
    """The format of a file to be written, and its compression."""
    name = check_name(path, "the vector file", ConfigError)
    if format is not None and format not in FORMATS:
        raise ConfigError(f"The format {format!r} is unknown; expected {', '.join(FORMATS)}.")
    whole = os.path.basename(name).lower()
    base, packing = compression_by_name(whole)
    if format is None:
        format = _format_by_extension(name, base)
    kind = FORMATS[format]
    if packing and not kind.lines:
        raise ConfigError(
            f"The vector file {name!r} would be {kind.about} compressed by {packing}, which no "
            f"tool reads; leave out {whole[len(base) :]!r}."
        )
    return kind, packing


def _format_by_extension(name: str, base: str) -> str:
    if base in _BY_EXTENSION:
        raise ConfigError(
            f"The vector file {name!r} has an extension and no name; expected 'vectors{base}', say."
        )
    extension = os.path.splitext(base)[1]
    if extension not in _BY_EXTENSION:
        known = ", ".join(
            f"{' or '.join(kind.extensions)} ({kind.about})"
            for kind in FORMATS.values()
            if kind.extensions
        )
        found = f"has the extension {extension!r}" if extension else "has no extension"
        raise ConfigError(f"The vector file {name!r} {found}; expected {known}.")
    return _BY_EXTENSION[extension]
