"""NumPy's npz: a zip archive of arrays, looked at before anything of it is read.

`numpy.savez` leaves arrays at any byte of the archive; here a field of padding in front of each
moves it to a multiple of 64, where every use of the mapped array is as fast as in memory.

The CRC-32 of a zip archive are of the arrays alone. A sealed archive ends in a comment with one of
all bytes before it, so that no bit of it can change unnoticed.
"""

from __future__ import annotations

import io
import lzma
import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.errors import W2VError, few, quoted
from w2v.files import held_at_most

if TYPE_CHECKING:
    import zipfile

Array = npt.NDArray[Any]

ARCHIVE_ERRORS = (
    *(ValueError, TypeError, RuntimeError, EOFError, OverflowError, KeyError),
    *(struct.error, zlib.error, lzma.LZMAError),
)
"""What NumPy and `zipfile` raise, besides `zipfile.BadZipFile`, where bytes are not as written."""

_ALIGNMENT = 64
_LOCAL_HEADER = 30  # bytes, then the name and the extra fields
_ZIP64_FIELD = 20
_PADDING_ID = 0xD935  # as Android's zipalign calls it
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes
_METHODS = (0, 8)  # stored and deflated; NumPy writes no other
NPY_HEADER = 1 << 14  # bytes; NumPy reads none of more than 10,000
_BLOCK_BYTES = 1 << 20
_SEAL = b"w2v crc-32 "
_SEAL_BYTES = len(_SEAL) + 8


def write_archive(handle: BinaryIO, arrays: Mapping[str, Array], *, sealed: bool = False) -> None:
    """Write arrays, stored as they are."""
    import zipfile

    sealing = _Sealing(handle) if sealed else None
    with zipfile.ZipFile(sealing or handle, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        place = 0
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            taken = place + _LOCAL_HEADER + len(info.filename) + _ZIP64_FIELD + 4
            padding = -taken % _ALIGNMENT
            info.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            place = archive.fp.tell() if archive.fp else 0
        if sealing:
            archive.comment = bytes(_SEAL_BYTES)  # for which `finish` writes the seal
    if sealing:
        sealing.finish()


class _Sealing:
    """A file whose last bytes, of what is written to it, become the checksum of all others."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._sum = 0
        self._held = b""

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        size = len(view)
        if len(view) < _SEAL_BYTES:
            view = memoryview(self._held + view.tobytes())
        else:
            self._pass(self._held)
        self._pass(view[:-_SEAL_BYTES])
        self._held = bytes(view[-_SEAL_BYTES:])
        return size

    def _pass(self, data: bytes | memoryview) -> None:
        self._sum = zlib.crc32(data, self._sum)
        self._handle.write(data)

    def flush(self) -> None:
        self._handle.flush()

    def finish(self) -> None:
        self._handle.write(_seal(self._sum))


def _seal(checksum: int) -> bytes:
    return _SEAL + b"%08x" % checksum


def is_sealed(path: str) -> bool:
    """Whether a file ends in the checksum of all that stands before it."""
    checksum, left = 0, os.path.getsize(path) - _SEAL_BYTES
    with open(path, "rb") as file:
        while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
            checksum = zlib.crc32(block, checksum)
            left -= len(block)
        return file.read() == _seal(checksum)


class Entry(NamedTuple):
    """An array of an archive, as its header says.

    Attributes
    ----------
    info : zipfile.ZipInfo
    shape : tuple of int
    dtype : numpy.dtype
    fortran : bool                    Whether columns lie together.
    start : int                       Bytes before the numbers.
    """

    info: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int


class Archive:
    """The arrays of an archive that is open.

    Parameters
    ----------
    archive : zipfile.ZipFile
    name : str                        What messages call it.
    error : type of W2VError          Raised where the archive lies.

    Attributes
    ----------
    arrays : tuple of str             Their names.
    others : tuple of str             Names of files that are no arrays.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, error: type[W2VError]) -> None:
        self._archive, self._name, self._error = archive, name, error
        names = archive.namelist()
        if len(set(names)) < len(names):
            twice = [entry for entry in set(names) if names.count(entry) > 1]
            raise error(f"{name} is damaged: it holds {few(sorted(twice), quoted)} more than once.")
        for info in archive.infolist():
            archive.open(info).close()  # compares its name with that in front of it
        self.arrays = tuple(n.removesuffix(".npy") for n in names if n.endswith(".npy"))
        self.others = tuple(n for n in names if not n.endswith(".npy"))

    def entry(self, array: str) -> Entry:
        """What the header of an array says, of which nothing else is read.

        Raises
        ------
        W2VError
            It would run code, is not of the size that it says, or expands beyond all measure.
        """
        info = self._archive.getinfo(f"{array}.npy")
        if info.compress_type not in _METHODS:
            raise self._fail(array, "is packed in a way that NumPy does not know")
        if info.file_size > held_at_most(info.compress_size):
            raise self._fail(array, "expands to more than 256 times its size, as no vectors do")
        with self._archive.open(info) as member:
            head = io.BytesIO(member.read(NPY_HEADER))
        try:
            shape, fortran, dtype = npy_header(head)
        except Exception as error:  # a parser of Python's, which raises anything
            raise self._fail(array, "is no array of NumPy's") from error
        if dtype.hasobject:
            raise self._error(
                f"{self._name}: '{array}' holds Python objects, which may run any code when they "
                "are read. Save it as strings or numbers."
            )
        # shapes are Python's integers, which do not overflow
        size = head.tell() + dtype.itemsize * math.prod(shape)
        if min(shape, default=0) < 0 or dtype.itemsize == 0 or size != info.file_size:
            raise self._fail(array, "has not the size its header says")
        return Entry(info, shape, dtype, fortran, head.tell())

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an array, some at a time; the last comes if its checksum is right."""
        with self._archive.open(entry.info) as member:
            member.read(entry.start)
            while block := member.read(_BLOCK_BYTES):
                yield block

    def read(self, entry: Entry) -> Array:
        """An array."""
        with self._archive.open(entry.info) as member:
            array: Array = np.lib.format.read_array(member, allow_pickle=False)
            return array

    def place(self, entry: Entry) -> int | None:
        """The byte of the file where the numbers of an array begin, if they are stored as such."""
        if entry.info.compress_type or entry.fortran:
            return None
        with open(self._name, "rb") as raw:
            raw.seek(entry.info.header_offset)
            name_bytes, extra_bytes = struct.unpack("<26xHH", raw.read(_LOCAL_HEADER))
        begin: int = entry.info.header_offset + _LOCAL_HEADER + name_bytes + extra_bytes
        return begin + entry.start

    def check(self, entry: Entry) -> None:
        """Compare the checksum of an array that is not read but mapped."""
        for _ in self.blocks(entry):
            pass

    def _fail(self, array: str, reason: str) -> W2VError:
        return self._error(f"{self._name}: '{array}' {reason}. The file may be damaged.")


def npy_header(head: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(head)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(head)
    return np.lib.format.read_array_header_2_0(head)
