"""Files of numbers: temporary ones without a name, and arrays mapped from any.

The system takes the space of a temporary file back when the last array on it is gone, whatever
ended the process.
"""

import mmap
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.files import Scratch, temporary_folder

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]


def temporary_file(folder: str | None = None) -> IO[bytes]:
    """A file without a name, in a folder or where temporary files are.

    Raises
    ------
    CorpusError
        None can be made.
    """
    try:
        return Scratch("w2v-", folder)
    except OSError as error:
        raise CorpusError(
            f"No temporary file can be made in {_place(folder)}: {error.strerror}. "
            + ("Give another folder." if folder else "Set TMPDIR to a folder with space.")
        ) from error


def append_to(file: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array where the file stands; raises `CorpusError`, as on a full disk."""
    data = array.view(np.uint8).data
    with _writing(file):
        while data:
            data = data[file.write(data) :]


def cut(file: IO[bytes], size: int) -> None:
    """Leave so many bytes of a file; raises `CorpusError`."""
    with _writing(file):
        file.truncate(size)


@contextmanager
def _writing(file: IO[bytes]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = getattr(file, "folder", None)
        raise CorpusError(
            f"Temporary data cannot be written to the folder {_place(folder)}: {error.strerror}. "
            f"Free some space there, or {'give' if folder else 'set TMPDIR to'} another folder."
        ) from error


def _place(folder: str | None) -> str:
    """What messages call the folder of a temporary file: a draft is gone by then."""
    return os.path.dirname(folder) if folder else temporary_folder()


def mapped(file: IO[bytes], dtype: np.dtype[Any], offset: int = 0) -> NDArray[Any]:
    """The numbers of a file from a byte on, memory-mapped and read-only."""
    if os.fstat(file.fileno()).st_size == offset:
        return np.zeros(0, dtype)  # which the system does not map
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype, offset=offset)


def forget(array: NDArray[Any]) -> None:
    """Let the system take back the memory behind what was read of a mapped array."""
    if sys.platform == "win32":
        return  # nothing to ask it with
    mapping = getattr(array.base, "obj", None)
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)  # it is read again where it is asked for
