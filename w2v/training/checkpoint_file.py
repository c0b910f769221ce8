"""One checkpoint in one file: a header, arrays, and a checksum of each part of all of it.

16 bytes     magic
8 bytes      length of the header, little-endian, as all numbers
header       UTF-8 JSON: version, state, and of each array its name, type, shape; spaces at the
             end, so that what follows begins at a multiple of 64
arrays       one after the other, rows of all columns in order, the widest numbers first; zeros
             before one of 4 MiB or more, so that it begins at a multiple of 4096
manifest     UTF-8 JSON: CRC-32 of the header and, for each array, of each 4 MiB of it
8 bytes      length of the manifest
4 bytes      CRC-32 of the magic, of both lengths and of the manifest
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CheckpointError
from w2v.files import replacing

MAGIC = b"\x89w2v checkpoint\n"
VERSION = 2
"""2: words of one count stand elsewhere in Huffman trees, which are made anew from the corpus."""

_BLOCK = 1 << 22  # bytes
_PAGE = 1 << 12
_LONGEST_TEXT = 1 << 28  # bytes of a header or a manifest
_KINDS = {kind: np.dtype(kind) for kind in ("float32", "int64", "int32", "uint8", "bool")}


def write_checkpoint(
    path: str, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> int:
    """Write a checkpoint; the file appears whole or not at all. The bytes of it are returned.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    widest_first = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    pieces = {name: np.ascontiguousarray(arrays[name]) for name in widest_first}
    listed = [[name, a.dtype.name, list(a.shape)] for name, a in pieces.items()]
    header = json.dumps({"version": VERSION, "state": state, "arrays": listed}).encode()
    header += b" " * (-(len(MAGIC) + 8 + len(header)) % 64)
    start = MAGIC + len(header).to_bytes(8, "little")
    crcs: dict[str, Any] = {"header": zlib.crc32(header), "arrays": {}}
    crcs["arrays"] = {name: [0] * -(-a.nbytes // _BLOCK) for name, a in pieces.items()}
    room = len(start) + len(header) + sum(a.nbytes + _PAGE for a in pieces.values())
    room += len(json.dumps(crcs)) + 12
    with replacing(path, size=room, past_cache=True) as file:
        at = file.write(start + header)
        for name, array in pieces.items():
            at += file.write(bytes(_gap(at, array.nbytes))) + array.nbytes
            crcs["arrays"][name] = [_write(file, block) for block in _blocks(array)]
        manifest = json.dumps(crcs).encode()
        end = len(manifest).to_bytes(8, "little")
        whole = zlib.crc32(start + manifest + end)
        return at + file.write(manifest + end + whole.to_bytes(4, "little"))


def read_checkpoint(path: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """State and arrays of a checkpoint, all of whose bytes are as they were written.

    Raises
    ------
    CheckpointError
        The file is missing, foreign, damaged, cut short or of another version.
    """
    try:
        with open(path, "rb") as file:
            return _read(file, path)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:  # forged
        raise _damaged(path) from error


def _read(file: BinaryIO, path: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(len(MAGIC) + 8)
    if start[: len(MAGIC)] != MAGIC:
        raise CheckpointError(f"{path} is no checkpoint of w2v, or its beginning is damaged.")
    file.seek(max(size - 12, 0))
    end = file.read(12)
    header_bytes, manifest_bytes = (
        int.from_bytes(length, "little") for length in (start[len(MAGIC) :], end[:8])
    )
    if max(header_bytes, manifest_bytes) > min(size - 12, _LONGEST_TEXT):
        raise _damaged(path)
    file.seek(size - 12 - manifest_bytes)
    manifest = file.read(manifest_bytes)
    if zlib.crc32(start + manifest + end[:8]).to_bytes(4, "little") != end[8:]:
        raise _damaged(path)
    crcs = json.loads(manifest)
    file.seek(len(start))
    header = file.read(header_bytes)
    if zlib.crc32(header) != crcs["header"]:
        raise _damaged(path)
    about = json.loads(header)
    if about["version"] != VERSION:
        raise CheckpointError(
            f"{path} is of version {about['version']} and this w2v reads version {VERSION}. "
            "Go on with the w2v that wrote it."
        )
    at = file.tell()
    for _, kind, shape in about["arrays"]:
        length = _KINDS[kind].itemsize * math.prod(shape)
        at += _gap(at, length) + length
    if at + manifest_bytes + 12 != size:
        raise _damaged(path)
    arrays = {}
    for name, kind, shape in about["arrays"]:
        array = arrays[name] = new_array(shape, kind)
        if any(file.read(_gap(file.tell(), array.nbytes))):
            raise _damaged(path)
        for block, crc in zip(_blocks(array), crcs["arrays"][name], strict=True):
            if file.readinto(block) != len(block) or zlib.crc32(block) != crc:  # type: ignore[attr-defined]
                raise CheckpointError(f"{path} is damaged, in {name!r}.")
    return about["state"], arrays


def new_array(shape: Sequence[int], kind: str) -> NDArray[Any]:
    """An array of any values, which begins where a page does: it goes to the disk as it is."""
    dtype = _KINDS[kind]
    size = dtype.itemsize * math.prod(shape)
    room = np.empty(size + _PAGE, np.uint8)
    first = -room.ctypes.data % _PAGE
    return room[first : first + size].view(dtype).reshape(shape)


def _gap(at: int, size: int) -> int:
    """Zeros between a place in the file and an array of so many bytes."""
    return -at % _PAGE if size >= _BLOCK else 0


def _blocks(array: NDArray[Any]) -> list[memoryview]:
    flat = array.reshape(-1).view(np.uint8).data
    return [flat[first : first + _BLOCK] for first in range(0, len(flat), _BLOCK)]


def _write(file: BinaryIO, block: memoryview) -> int:
    file.write(block)
    return zlib.crc32(block)


def _damaged(path: str) -> CheckpointError:
    return CheckpointError(f"{path} is damaged or cut short.")
