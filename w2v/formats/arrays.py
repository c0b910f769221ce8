"""What npz and safetensors have in common: `vectors`, `words` and, where known, `counts`.

The words stand in one array of bytes, UTF-8 with a newline between two words: an array of strings
would give each word the room of the longest.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError, counted
from w2v.formats.byte_source import Source
from w2v.formats.table import Table

Array = npt.NDArray[Any]


def to_arrays(table: Table) -> dict[str, Array]:
    """Little-endian arrays: `counts` (V,) if there are any, `vectors` (V, D), `words` (bytes)."""
    arrays: dict[str, Array] = (
        {} if table.counts is None else {"counts": table.counts.astype("<i8")}
    )
    arrays["vectors"] = np.ascontiguousarray(table.matrix, dtype="<f4")
    arrays["words"] = np.frombuffer("\n".join(table.words).encode(), dtype=np.uint8)
    return arrays


def from_arrays(source: Source, arrays: dict[str, Array], name: str) -> Table:
    """A table of arrays with those names; `words` may also be an array of strings.

    Raises
    ------
    VectorFileError
        Something is missing or of another kind or size.
    """
    for needed in ("vectors", "words"):
        if needed not in arrays:
            has = ", ".join(sorted(arrays)[:8]) or "nothing"
            raise VectorFileError(
                f"{source.name} has no array '{needed}'; expected 'vectors' and 'words', "
                f"found {has}."
            )
    vectors = arrays["vectors"]
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise _odd(source, "vectors", vectors, "floating-point numbers (V, D)")
    if 0 in vectors.shape:
        raise VectorFileError(f"{source.name} holds no vectors: their shape is {vectors.shape}.")
    words = _words(source, arrays["words"])
    if len(words) != len(vectors):
        sizes = f"{counted(len(words), 'word')} for {counted(len(vectors), 'vector')}"
        raise VectorFileError(f"{source.name} has {sizes}. The file may be damaged.")
    counts = arrays.get("counts")
    if counts is not None and (counts.shape != (len(words),) or counts.dtype.kind not in "iu"):
        raise _odd(source, "counts", counts, f"integers ({len(words)},)")
    with np.errstate(over="ignore"):  # beyond float32 is infinity, as in text
        matrix = vectors.astype(np.float32, copy=False)
    return Table(words, matrix, None if counts is None else counts.astype(np.int64), name)


def _words(source: Source, words: Array) -> list[str]:
    if words.ndim == 1 and words.dtype == np.uint8:
        return source.decode_lines(words.tobytes())
    if words.ndim == 1 and words.dtype.kind == "U":
        return [str(word) for word in words.tolist()]
    if words.ndim == 1 and words.dtype.kind == "S":
        return [source.decode(w, f"word {row}") for row, w in enumerate(words.tolist(), 1)]
    raise _odd(source, "words", words, "strings (V,), or bytes of UTF-8, one word a line")


def _odd(source: Source, name: str, found: Array, expected: str) -> VectorFileError:
    shape = f"{found.dtype} {found.shape}"
    return VectorFileError(f"{source.name}: '{name}' is {shape}; expected {expected}.")


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
