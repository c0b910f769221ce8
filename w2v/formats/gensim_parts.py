"""The parts of a file that gensim's `save` has written: objects, their attributes and arrays."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError, quoted
from w2v.formats.arrays import as_float32
from w2v.formats.byte_source import Source
from w2v.formats.npy import read_beside
from w2v.formats.pickle_reader import read_pickle
from w2v.formats.pickle_values import READ, Bag, DamagedError, Packed, Pairs, Record
from w2v.formats.table import Matrix

Array = npt.NDArray[Any]
Scalar = int | float | str | bool | None

_PIECE_BYTES = 1 << 20
_PICKLE, _OLDEST, _NEWEST = 0x80, 2, 5  # first byte, and protocols
_LONGEST_KEY = 16  # parts of a tuple
_SIMPLE = {str, int, float, bool, bytes, type(None)}


def is_pickle(head: bytes) -> bool:
    """Whether a file that begins so is a pickle of a kind that gensim writes."""
    return len(head) > 1 and head[0] == _PICKLE and _OLDEST <= head[1] <= _NEWEST


class Part:
    """An object in a file of gensim.

    Parameters
    ----------
    source : Source
    record : Record
    size : int                        Bytes of the file, decompressed.
    place : str                       Where it stands: "wv", say; empty for the whole.

    Attributes
    ----------
    kind : str                        The name of its class, without the module.
    """

    def __init__(self, source: Source, record: Record, size: int, place: str = "") -> None:
        self.source, self.size = source, size
        self.kind = record.name.rpartition(".")[2]
        self._values = record.state.named()
        self._place = place

    def get(self, *names: str) -> Any:
        """The first attribute of these names that is there and not None."""
        return next((v for n in names if (v := self._values.get(n)) is not None), None)

    def part(self, name: str) -> Part | None:
        found = self.get(name)
        return Part(self.source, found, self.size, name) if isinstance(found, Record) else None

    def scalars(self) -> dict[str, Scalar]:
        """Attributes that are a number, a str, a truth value or None."""
        kinds = (int, float, str, bool, type(None))
        return {
            name: value
            for name, value in self._values.items()
            if type(value) in kinds and not name.startswith("_")
        }

    def pairs(self, name: str) -> Pairs | None:
        found = self.get(name)
        if found is not None and not isinstance(found, Pairs):
            raise self.fail(f"'{name}' is no dictionary")
        return found

    def numbers(self, name: str) -> Array | None:
        """An array, from the file or one beside it; None if there is none."""
        apart = self._values.get("__numpys")
        found = self.get(name)
        if found is None and isinstance(apart, list) and any(_is(one, name) for one in apart):
            return read_beside(self.source.name, f"{self._place}.{name}".lstrip("."))
        if found is None:
            return None
        return self.unpacked(name, found)

    def matrix(self, name: str, width: int | None = None) -> Matrix | None:
        """A table of numbers as float32, each row of them `width`; None if there is none."""
        found = self.numbers(name)
        return None if found is None else self.as_matrix(name, found, width)

    def as_matrix(self, name: str, found: Array, width: int | None = None) -> Matrix:
        """An array as a table of float32, whose rows lie one after the other."""
        if found.ndim != 2 or found.dtype.kind != "f" or width not in (None, found.shape[1]):
            expected = f"(rows, {'numbers' if width is None else width})"
            raise self.fail(
                f"'{name}' is {found.dtype} {found.shape}; expected floating-point {expected}"
            )
        rows = as_float32(self.source, found)
        return rows if rows.flags.aligned and rows.flags.c_contiguous else np.array(rows, order="C")

    def unpacked(self, name: str, found: object) -> Array:
        """The numbers of an array that stands in the file."""
        try:
            if isinstance(found, Packed):
                return found.array()
            raise DamagedError("no array")
        except ValueError as error:
            reason = str(error) if isinstance(error, DamagedError) else "an odd array"
            raise self.fail(f"'{name}' is {reason}") from error

    def check_total(self, sizes: Iterable[int], what: str) -> None:
        """Refuse what would be copied to more than the file has: a value that is there once may
        be meant a thousand times.
        """
        if sum(sizes) > self.size:
            raise self.fail(f"{what} would take more bytes than the file has")

    def fail(self, reason: str) -> VectorFileError:
        whole = f"{self.kind}, '{self._place}'" if self._place else self.kind
        return VectorFileError(
            f"{self.source.name} (gensim's {whole}): {reason}. The file may be damaged."
        )


def _is(value: object, text: str) -> bool:
    return isinstance(value, str) and value == text


def read_parts(source: Source) -> Part:
    """The object that a file of gensim holds.

    Raises
    ------
    VectorFileError
        It is no pickle, is damaged, or one of something else.
    """
    if not is_pickle(source.head):
        begins = f"it begins with {source.head[:20]!r}"
        raise VectorFileError(f"{source.name} is no file of gensim's save(): {begins}.")
    data = _whole(source)
    found = read_pickle(data, source.name)
    if not isinstance(found, Record) or found.name not in READ:
        kinds = {Pairs: "a dictionary", Bag: "a set", Packed: "an array", list: "a list"}
        what = kinds.get(type(found), "something else")
        raise VectorFileError(
            f"{source.name} is a Python pickle of {what}, and of no model of gensim. Save it as "
            "word2vec text or binary first."
        )
    return Part(source, found, len(data))


def _whole(source: Source) -> memoryview:
    """All bytes of a source; mapped, and not read, if they lie in the file as such."""
    if not source.compression:
        with open(source.name, "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    data = bytearray(source.head)
    piece = bytearray(_PIECE_BYTES)
    while got := source.readinto(memoryview(piece)):
        data += piece[:got]
    return memoryview(data)


def as_key(part: Part, key: object) -> object:
    """What gensim calls a row: a str, a whole number, or whatever else a program has chosen.

    Raises
    ------
    VectorFileError
        It is a list or an object, which no program can look up.
    """
    if type(key) in _SIMPLE:
        return key
    if not isinstance(key, tuple) or len(key) > _LONGEST_KEY or {*map(type, key)} - _SIMPLE:
        raise part.fail("the key of a row is no str, number or short tuple of such")
    return key


def key_text(key: object) -> str:
    """A key as messages show it, without looking at all of a long one."""
    if isinstance(key, str):
        return quoted(key)
    if isinstance(key, tuple):
        return f"({', '.join(key_text(one) for one in key[:5])}{', ...' * (len(key) > 5)})"
    return repr(key[:40] if isinstance(key, bytes) else key)
