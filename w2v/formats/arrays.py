"""What npz and safetensors have in common: `vectors`, `words` and, where known, `counts`.

The words stand in one array of bytes, UTF-8 with a newline between two words: an array of strings
would give each word the room of the longest. Vectors of int8 have an array `scales`, float32 (V,):
row i is `vectors[i] * scales[i]`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError, counted, few, quoted
from w2v.files import PathLike
from w2v.formats.byte_source import Source
from w2v.formats.table import Matrix, Table

Array = npt.NDArray[Any]

DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "i1"}
"""What a number of a vector may be in a file."""

NAMES = ("vectors", "words", "counts", "scales")
"""Arrays of a file that are read; others are passed over."""

_STEPS = 127  # of int8, to each side of zero
_LARGEST_HALF = np.finfo(np.float16).max
_LARGEST_SCALE = np.nextafter(np.finfo(np.float32).max / np.float32(_STEPS), np.float32(0))


def to_arrays(table: Table, dtype: str) -> dict[str, Array]:
    """Little-endian arrays, widest numbers first, so that all are aligned.

    `counts` (V,) if there are any, `scales` (V,) of int8, `vectors` (V, D), `words` (bytes).
    """
    arrays: dict[str, Array] = (
        {} if table.counts is None else {"counts": table.counts.astype("<i8")}
    )
    if dtype == "int8":
        arrays["scales"], arrays["vectors"] = _in_steps(table)
    else:
        arrays["vectors"] = np.ascontiguousarray(table.matrix, dtype=DTYPES[dtype])
    arrays["words"] = np.frombuffer("\n".join(table.words).encode(), dtype=np.uint8)
    return arrays


def _in_steps(table: Table) -> tuple[Array, Array]:
    """Scales, float32 (V,), and numbers of steps, int8 (V, D): their product is near each row.

    The largest number of a row is 127 steps, so that none is off by more than half a step.
    """
    scales = np.zeros(len(table.matrix), "<f4")
    steps = np.zeros(table.matrix.shape, "i1")
    for rows in table.batches():
        block = table.matrix[rows].astype(np.float64)
        scales[rows] = np.minimum(np.abs(block).max(axis=1) / _STEPS, _LARGEST_SCALE)
        divisor = np.where(scales[rows] > 0, scales[rows], 1).astype(np.float64)[:, np.newaxis]
        steps[rows] = np.clip(np.rint(block / divisor), -_STEPS, _STEPS)
    return scales, steps


def check_numbers(path: PathLike, table: Table, dtype: str) -> None:
    """Raise `VectorFileError` if rows have numbers that a file of `dtype` cannot hold."""
    if dtype == "float32":
        return
    bad = 0
    for rows in table.batches():
        block = table.matrix[rows]
        finite = np.isfinite(block)
        odd = ~finite if dtype == "int8" else finite & (np.abs(block) > _LARGEST_HALF)
        bad += int(odd.any(axis=1).sum())
    if bad:
        what = "NaN or infinite numbers" if dtype == "int8" else "numbers beyond 65,504"
        raise VectorFileError(
            f"Cannot write {os.fspath(path)} as {dtype}: {counted(bad, 'row')} with {what}. Write "
            "float32."
        )


class Described(Protocol):
    """An array, or what is known of one before it is read."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...


def check_sizes(source: Source, arrays: Mapping[str, Described | None]) -> None:
    """Refuse arrays that do not fit together, by their types and shapes alone.

    Raises
    ------
    VectorFileError
        Something is missing or of another kind or size.
    """
    vectors, words = arrays.get("vectors"), arrays.get("words")
    if vectors is None or words is None:
        needed = "words" if "vectors" in arrays else "vectors"
        has = few(sorted(arrays), lambda n: n if n.isprintable() else quoted(n)) or "nothing"
        raise VectorFileError(
            f"{source.name} has no array '{needed}'; expected 'vectors' and 'words', found {has}."
        )
    in_steps = vectors.dtype == np.int8 and "scales" in arrays
    if len(vectors.shape) != 2 or not (vectors.dtype.kind == "f" or in_steps):
        raise _odd(
            source, "vectors", vectors, "floating-point numbers (V, D), or int8 beside 'scales'"
        )
    if 0 in vectors.shape:
        raise VectorFileError(f"{source.name} holds no vectors: their shape is {vectors.shape}.")
    rows = vectors.shape[0]
    if len(words.shape) != 1 or not (words.dtype == np.uint8 or words.dtype.kind in "US"):
        raise _odd(source, "words", words, "strings (V,), or bytes of UTF-8, one word a line")
    if words.dtype != np.uint8 and words.shape[0] != rows:
        raise other_number(source, words.shape[0], rows)
    counts = arrays.get("counts")
    if counts is not None and (counts.shape != (rows,) or counts.dtype.kind not in "iu"):
        raise _odd(source, "counts", counts, f"integers ({rows},)")
    scales = arrays.get("scales") if in_steps else None
    if scales is not None and (scales.shape != (rows,) or scales.dtype.kind != "f"):
        raise _odd(source, "scales", scales, f"floating-point numbers ({rows},)")


def from_arrays(source: Source, arrays: dict[str, Array], name: str) -> Table:
    """A table of arrays with those names; `words` may also be an array of strings.

    Raises
    ------
    VectorFileError
        Something is missing or of another kind or size; see `check_sizes`.
    """
    check_sizes(source, arrays)
    vectors, counts = arrays["vectors"], arrays.get("counts")
    words = _words(source, arrays["words"], len(vectors))
    if counts is not None and (counts.min() < 0 or counts.sum(dtype=np.float64) >= 2**63):
        raise VectorFileError(
            f"{source.name}: 'counts' holds numbers below 0, or adds up to 2**63 or more. The file "
            "may be damaged."
        )
    return Table(
        words,
        as_float32(source, vectors, arrays["scales"] if vectors.dtype == np.int8 else None),
        None if counts is None else counts.astype(np.int64),
        name,
        dtype=vectors.dtype.name,
    )


def as_float32(source: Source, vectors: Array, scales: Array | None = None) -> Matrix:
    """The rows; as they lie in the file if that is float32.

    Warns of rows with numbers beyond float32.
    """
    if vectors.dtype == np.float32 and vectors.dtype.isnative:
        return vectors
    matrix = np.empty(vectors.shape, np.float32)
    beyond = 0
    for rows in Table((), matrix).batches():
        block = vectors[rows]
        with np.errstate(over="ignore"):
            matrix[rows] = block if scales is None else block * scales[rows, np.newaxis]
        if vectors.dtype.itemsize > matrix.itemsize:
            beyond += int((np.isinf(matrix[rows]) & np.isfinite(block)).any(axis=1).sum())
    if beyond:
        source.warn_beyond(beyond)
    return matrix


def _words(source: Source, words: Array, rows: int) -> list[str]:
    if words.dtype == np.uint8:
        raw = words.tobytes()
        if (lines := raw.count(b"\n") + 1) != rows:
            raise other_number(source, lines, rows)
        return source.decode_lines(raw)
    if words.dtype.kind == "U":
        letters = np.ascontiguousarray(words).view(words.dtype.byteorder + "u4")
        if letters.max() > sys.maxunicode:  # Python makes strings of them that break later
            raise VectorFileError(f"{source.name}: 'words' holds what is no text. It is damaged.")
        return [str(word) for word in words.tolist()]
    return [source.decode(w, f"word {row}") for row, w in enumerate(words.tolist(), 1)]


def other_number(source: Source, words: int, vectors: int) -> VectorFileError:
    """The error of a file with so many words and vectors."""
    sizes = f"{counted(words, 'word')} for {counted(vectors, 'vector')}"
    return VectorFileError(f"{source.name} has {sizes}. The file may be damaged.")


def _odd(source: Source, name: str, found: Described, expected: str) -> VectorFileError:
    shape = f"{found.dtype} {found.shape}"
    return VectorFileError(f"{source.name}: '{name}' is {shape:.80}; expected {expected}.")


def map_array(path: str, dtype: npt.DTypeLike, shape: tuple[int, ...], offset: int) -> Array:
    """An array that lies in a file, read-only: its pages are read when they are looked at.

    What is not aligned is read instead, since every use of it would be slow.
    """
    dtype = np.dtype(dtype)
    if 0 in shape:
        return np.empty(shape, dtype)
    if offset % dtype.alignment:
        count = int(np.prod(shape, dtype=np.int64))
        return np.fromfile(path, dtype, count, offset=offset).reshape(shape)
    return np.asarray(np.memmap(os.fspath(path), dtype, "r", offset, shape))
