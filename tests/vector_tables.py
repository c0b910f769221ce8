"""Small tables of vectors, files made of them by hand, and what was read against them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

WORDS = ["the", "na\u00efve", "new york", "\u65e5\u672c"]
PLAIN = ["the", "na\u00efve", "new_york", "\u65e5\u672c"]
TABLE = np.array([[0.1, -2.5], [1e-20, 3], [-0.0, 1], [0, np.float32(1) / 3]], dtype=np.float32)
COUNTS = [2**40, 7, 7, 1]
LETTERS = np.frombuffer(b"a\nb", np.uint8)
FEW_WORDS = ["the", "naïve", "\u65e5\u672c"]
FEW_ROWS = np.array([[0.1, -2.5], [1e-20, 3], [0, np.float32(1) / 3]], dtype=np.float32)


def packed(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def assert_same(found: Any, words: list[str], table: Any) -> None:
    expected = np.asarray(table, dtype=np.float32)
    assert found[0] == words
    assert found[1].dtype == np.float32
    assert found[1].shape == expected.shape
    assert found[1].tobytes() == expected.tobytes()  # also tells -0.0 from 0.0


def assert_table(found: Any, words: list[str], table: Any, counts: list[int] | None) -> None:
    assert list(found.words) == words
    assert found.matrix.tobytes() == np.asarray(table, np.float32).tobytes()
    assert (None if found.counts is None else found.counts.tolist()) == counts


def packed_arrays(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def npy(shape: Any, data: bytes = b"", header: bytes = b"") -> bytes:
    """An array as NumPy stores it, whose header may say anything."""
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    header = header or repr(described).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def safetensors_file(path: Path, **arrays: Any) -> Path:
    safetensors.numpy.save_file({k: np.ascontiguousarray(a) for k, a in arrays.items()}, path)
    return path
