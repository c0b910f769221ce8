"""NumPy's npz: a zip archive of arrays, stored as they are, so that vectors can be memory-mapped.

`numpy.savez` leaves arrays at any byte of the archive; here a field of padding in front of each
moves it to a multiple of 64, where every use of the mapped array is as fast as in memory.
"""

from __future__ import annotations

import lzma
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from w2v.errors import VectorFileError
from w2v.formats.arrays import NAMES, Array, from_arrays, map_array, to_arrays
from w2v.formats.byte_source import Source
from w2v.formats.table import Progress, Table

if TYPE_CHECKING:
    import zipfile

_ALIGNMENT = 64
_LOCAL_HEADER = 30  # bytes, then the name and the extra fields
_ZIP64_FIELD = 20
_PADDING_ID = 0xD935  # as Android's zipalign calls it
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same vectors give the same bytes
_MODEL = {"format", "about", "words", "input", "output"}  # as w2v.training.model_file writes it
ARCHIVE_ERRORS = (
    *(ValueError, TypeError, RuntimeError, EOFError, OverflowError),
    *(struct.error, zlib.error, lzma.LZMAError),
)
"""What NumPy and `zipfile` raise, besides `zipfile.BadZipFile`, where bytes are not as written."""


def write_npz(
    handle: BinaryIO, table: Table, progress: Progress | None = None, dtype: str = "float32"
) -> None:
    """Write `vectors`, `words` and `counts`; see `arrays`."""
    import zipfile

    with zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
        place = 0
        for name, array in to_arrays(table, dtype).items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            taken = place + _LOCAL_HEADER + len(info.filename) + _ZIP64_FIELD + 4
            padding = -taken % _ALIGNMENT
            info.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
            place = archive.fp.tell() if archive.fp else 0
    if progress is not None:
        progress(len(table.words), len(table.words))


def read_npz(source: Source) -> Table:
    """Read an archive that holds `vectors` and `words`, whoever wrote it; see `arrays`.

    Raises
    ------
    VectorFileError
        It is damaged, holds something else, or an array of Python objects.
    """
    import zipfile

    try:
        with zipfile.ZipFile(source.name) as archive:
            names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
            if not names:
                raise VectorFileError(
                    f"{source.name} is a zip archive without NumPy arrays; unpack it first."
                )
            if set(names) >= _MODEL:
                raise VectorFileError(
                    f"{source.name} is a whole model, not vectors alone. Load it by "
                    "w2v.Word2Vec.load_model, whose `vectors` can be saved, or go on training it "
                    "by w2v train --continue."
                )
            arrays = {n: _read(source, archive, n) for n in names if n in NAMES}
            return from_arrays(source, arrays or dict.fromkeys(names, np.empty(0)), "NumPy npz")
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        raise VectorFileError(
            f"{source.name} is a damaged or foreign npz file ({error!s:.100}). Make it again."
        ) from error


def _read(source: Source, archive: zipfile.ZipFile, name: str) -> Array:
    """An array of the archive; if it is stored as it is, mapped."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as member:
        shape, fortran, dtype = _npy_header(member)
        header = member.tell()
    if dtype.hasobject:
        raise VectorFileError(
            f"{source.name}: '{name}' holds Python objects, which may run any code when they are "
            "read. Save it as strings or numbers."
        )
    # before memory is asked for; shapes are Python's integers, which do not overflow
    if min(shape, default=0) < 0 or header + dtype.itemsize * math.prod(shape) != info.file_size:
        raise VectorFileError(f"{source.name}: '{name}' has not the size its header says.")
    if name != "vectors" or info.compress_type or fortran:  # 0 is stored
        with archive.open(info) as member:
            array: Array = np.lib.format.read_array(member, allow_pickle=False)
            return array
    with open(source.name, "rb") as raw:
        raw.seek(info.header_offset)
        name_bytes, extra_bytes = struct.unpack("<26xHH", raw.read(_LOCAL_HEADER))
    start = info.header_offset + _LOCAL_HEADER + name_bytes + extra_bytes + header
    return map_array(source.name, dtype, shape, start)


def _npy_header(member: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(member)
    return np.lib.format.read_array_header_2_0(member)
