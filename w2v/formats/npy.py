"""A NumPy array that stands alone in a file, beside one that belongs to it."""

from __future__ import annotations

import io
import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError
from w2v.formats.archive import ARCHIVE_ERRORS, NPY_HEADER, Archive, npy_header
from w2v.formats.arrays import map_array

Array = npt.NDArray[Any]

_PACKED = "val"  # what gensim calls the one array of an archive


def read_beside(name: str, what: str) -> Array:
    """An array of numbers that gensim has left beside a file: `NAME.WHAT.npy`, mapped.

    Where the file itself is compressed it is `NAME.WHAT.npz`, and read.

    Parameters
    ----------
    name : str                        The file.
    what : str                        "wv.vectors", say.

    Raises
    ------
    VectorFileError
        There is none, or it is damaged or of Python objects.
    """
    plain, packed = f"{name}.{what}.npy", f"{name}.{what}.npz"
    try:
        if os.path.exists(packed) and not os.path.exists(plain):
            return _unpacked(packed)
        return _mapped(plain)
    except FileNotFoundError as error:
        raise VectorFileError(
            f"{name} has its largest arrays in files beside it, and {plain} is not there. Put it "
            "there, by the name that it was saved under."
        ) from error
    except OSError as error:
        raise VectorFileError(f"Cannot read {plain}: {error.strerror or error}.") from error


def _mapped(path: str) -> Array:
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = io.BytesIO(file.read(NPY_HEADER))
        try:
            shape, fortran, dtype = npy_header(head)
        except Exception as error:  # a parser of Python's, which raises anything
            raise VectorFileError(f"{path} is no array of NumPy's. Copy it again.") from error
        start = head.tell()
    if dtype.hasobject or dtype.itemsize == 0 or dtype.kind not in "fiu":
        raise VectorFileError(f"{path} holds no numbers ({dtype!s:.60}), as gensim's arrays do.")
    if min(shape, default=0) < 0 or start + dtype.itemsize * math.prod(shape) != size:
        raise VectorFileError(
            f"{path} has not the size that its header says. It may be cut short; copy it again."
        )
    if fortran:
        turned: Array = map_array(path, dtype, shape[::-1], start).T
        return turned
    return map_array(path, dtype, shape, start)


def _unpacked(path: str) -> Array:
    import zipfile

    try:
        with zipfile.ZipFile(path) as file:
            archive = Archive(file, path, VectorFileError)
            return np.asarray(archive.read(archive.entry(_PACKED)))
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        raise VectorFileError(f"{path} is damaged ({error!s:.100}). Copy it again.") from error
