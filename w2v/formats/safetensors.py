"""safetensors: the length of a header, the header in JSON, then the numbers of each tensor.

The format is so small that reading it here costs less than a dependency, and maps the vectors
into memory, which the library's NumPy side does not. https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import Any, BinaryIO

import numpy as np

from w2v.errors import VectorFileError
from w2v.formats.arrays import NAMES, Array, from_arrays, map_array, to_arrays
from w2v.formats.byte_source import Source
from w2v.formats.table import BATCH_BYTES, Progress, Table

_LONGEST_HEADER = 100_000_000  # bytes, as the library has it
_LONGEST_READ = 1 << 20  # a few tensors take some hundred bytes, thousands of a large model less
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I8": "i1",
    "U8": "u1",
}
_CODES = {np.dtype(code): name for name, code in _TYPES.items()}
_ALIGNMENT = 8


def write_safetensors(
    handle: BinaryIO, table: Table, progress: Progress | None = None, dtype: str = "float32"
) -> None:
    """Write `vectors`, `words` and `counts`; see `arrays`."""
    arrays = to_arrays(table, dtype)
    tensors: dict[str, Any] = {"__metadata__": {"words": "UTF-8, a newline between two words"}}
    end = 0
    for name, array in arrays.items():
        offsets = [end, end := end + array.nbytes]
        tensors[name] = {
            "dtype": _CODES[array.dtype],
            "shape": array.shape,
            "data_offsets": offsets,
        }
    header = json.dumps(tensors, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    handle.write(struct.pack("<Q", len(header)) + header)
    for array in arrays.values():
        data = array.reshape(-1).view(np.uint8)
        for at in range(0, len(data), BATCH_BYTES):
            handle.write(data[at : at + BATCH_BYTES].data)
    if progress is not None:
        progress(len(table.words), len(table.words))


def is_safetensors(head: bytes) -> bool:
    """Whether a file that begins so is in this format: a length, then JSON."""
    return 2 <= int.from_bytes(head[:8], "little") <= _LONGEST_HEADER and head[8:9] == b"{"


def read_safetensors(source: Source) -> Table:
    """Read a file that holds `vectors` and `words`; see `arrays`.

    Raises
    ------
    VectorFileError
        It is damaged or holds something else.
    """
    with open(source.name, "rb") as raw:
        start = 8 + struct.unpack("<Q", raw.read(8))[0]
        if start - 8 > _LONGEST_READ:
            raise VectorFileError(
                f"{source.name} has a header of {start - 8:,} bytes; expected {_LONGEST_READ:,} at "
                "the most, since a few tensors take some hundred. The file may be damaged."
            )
        try:
            tensors = json.loads(raw.read(start - 8))
            tensors.pop("__metadata__", None)
            arrays = {
                name: _map(source, name, tensor, start)
                for name, tensor in tensors.items()
                if name in NAMES
            } or dict.fromkeys(tensors, np.empty(0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise VectorFileError(
                f"{source.name} is a damaged safetensors file ({error!r:.80}). Make it again."
            ) from error
    return from_arrays(source, arrays, "safetensors")


def _map(source: Source, name: str, tensor: dict[str, Any], start: int) -> Array:
    """A tensor of the file; raises ValueError or KeyError if it cannot be as described."""
    if re.fullmatch(r"[A-Z]\w*", tensor["dtype"]) and tensor["dtype"] not in _TYPES:
        expected = f"expected one of {', '.join(_TYPES)}"
        raise VectorFileError(f"{source.name}: '{name}' is {tensor['dtype']}; {expected}.")
    dtype = np.dtype(_TYPES[tensor["dtype"]])
    shape, (begin, end) = tuple(tensor["shape"]), tensor["data_offsets"]
    if not all(type(size) is int and size >= 0 for size in (*shape, begin, end)):
        raise ValueError(f"{tensor} has odd numbers")
    if end - begin != dtype.itemsize * math.prod(shape):
        raise ValueError(f"{tensor} does not add up")
    if start + end > (source.size or 0):
        raise ValueError("it ends before its numbers do")
    return map_array(source.name, dtype, shape, start + begin)
