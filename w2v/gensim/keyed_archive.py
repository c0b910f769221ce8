"""Keys, vectors and attributes as arrays of numbers, and in a file of these.

A NumPy archive (``.npz``) without pickled objects, so that loading one runs nothing. Its arrays:

    format          text: "w2v keyed vectors 1"
    keys            bytes: JSON of the rest, of the keys too where these are not all words
    words           bytes: a word a line, and whole numbers as decimals, for `w2v.load`; nothing
                    where a key is something else
    vectors         float (V, D)
    attribute.0, attribute.1, ...    (V, ...), each of an attribute of the keys; objects as JSON
    vectors_lockf   float, where a model set it

It ends in a checksum of all its bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, TypeVar

import numpy as np

from w2v.errors import VectorFileError
from w2v.files import PathLike, check_name, replacing
from w2v.formats import (
    ARCHIVE_ERRORS,
    Archive,
    is_sealed,
    map_array,
    read_gensim,
    write_archive,
)
from w2v.gensim.keyed_lengths import Array
from w2v.gensim.keyed_rows import KeyedRows
from w2v.gensim.keyed_word2vec import fill
from w2v.words import as_words

_Keyed = TypeVar("_Keyed", bound=KeyedRows)

_FORMAT = "w2v keyed vectors 1"


def to_arrays(keyed: KeyedRows) -> dict[str, Array]:
    """All that is in keyed vectors as arrays that need no pickle; `from_arrays` is the way back.

    Raises
    ------
    VectorFileError
        A key, or an object among the attributes, is none that JSON can hold: no text, number,
        truth value, None, or tuple or list of these.
    """
    keyed.allocate_vecattrs()
    keys = keyed.index_to_key
    words = _words(keys)
    plain = words is not None and set(map(type, keys)) == {str}
    objects = [name for name, values in keyed.expandos.items() if values.dtype == object]
    about = {
        "vector_size": keyed.vector_size,
        "next_index": keyed.next_index,
        "attributes": list(keyed.expandos),
        "objects": objects,
        "keys": None if plain else [_packed(key) for key in keys],
    }
    arrays = {
        "format": np.array(_FORMAT),
        "keys": _bytes(json.dumps(about)),
        "words": _bytes("\n".join(words or "")),
        "vectors": keyed.vectors,
    }
    for number, (name, values) in enumerate(keyed.expandos.items()):
        arrays[f"attribute.{number}"] = (
            _bytes(json.dumps(_packed(values.tolist()))) if name in objects else values
        )
    if (locks := keyed.__dict__.get("vectors_lockf")) is not None:
        arrays["vectors_lockf"] = np.asarray(locks)
    return arrays


def from_arrays(arrays: Mapping[str, Array], cls: type[_Keyed]) -> _Keyed:
    """Keyed vectors of arrays that `to_arrays` gave.

    Raises
    ------
    VectorFileError
        The arrays are others, or do not fit together.
    """
    try:
        return _from_arrays(arrays, cls)
    except (*ARCHIVE_ERRORS, AttributeError, IndexError) as error:
        raise VectorFileError(
            f"The arrays are no keyed vectors, or damaged ({error!r:.80}). Make them again."
        ) from error


def _from_arrays(arrays: Mapping[str, Array], cls: type[_Keyed]) -> _Keyed:
    if str(arrays["format"]) != _FORMAT:
        raise ValueError(f"their format is {arrays['format']!s:.40}")
    about = json.loads(arrays["keys"].tobytes())
    words = arrays["words"].tobytes().decode("utf-8", "surrogatepass").split("\n")
    keys = words if about["keys"] is None else [_unpacked(key) for key in about["keys"]]
    rows = arrays["vectors"]
    if rows.dtype.kind != "f" or rows.shape != (len(keys), about["vector_size"]):
        raise ValueError(f"vectors of shape {rows.shape} for {len(keys)} keys")
    keyed = cls(about["vector_size"], 0, dtype=rows.dtype)
    fill(keyed, keys, rows)
    keyed.next_index = int(about["next_index"])
    for number, name in enumerate(about["attributes"]):
        values = arrays[f"attribute.{number}"]
        if name in about["objects"]:
            objects = [_unpacked(value) for value in json.loads(values.tobytes())]
            values = np.empty(len(objects), object)
            values[:] = objects
        if len(values) != len(keys):
            raise ValueError(f"{len(values)} values of {name!r:.40} for {len(keys)} keys")
        keyed.expandos[name] = values
    if "vectors_lockf" in arrays:
        keyed.vectors_lockf = arrays["vectors_lockf"]
    return keyed


def write_keyed(target: PathLike | BinaryIO, keyed: KeyedRows) -> None:
    """Write a file, which appears whole or not at all, or to an open one.

    Raises
    ------
    VectorFileError
        See `to_arrays`.
    OutputError
        The file cannot be written.
    """
    arrays = to_arrays(keyed)
    if not isinstance(target, str | os.PathLike):
        write_archive(target, arrays, sealed=True)
        return
    with replacing(target, sum(array.nbytes for array in arrays.values())) as handle:
        write_archive(handle, arrays, sealed=True)


def read_keyed(path: PathLike, cls: type[_Keyed], mapped: bool = False) -> _Keyed:
    """What `write_keyed` wrote, or gensim's `save`.

    Parameters
    ----------
    path : path
    cls : type
    mapped : bool    Whether the vectors stay in the file, to be read only; the checksum of all is
                     not compared then.

    Raises
    ------
    VectorFileError
        The file is missing, foreign, damaged or of a later version.
    """
    import zipfile  # takes a while, and few need it

    name = check_name(path, "the file of keyed vectors", VectorFileError)
    try:
        with open(name, "rb") as raw:
            is_archive = raw.read(2) == b"PK"
        if not is_archive:
            return _of_gensim(name, cls, mapped)
        with zipfile.ZipFile(name) as file:
            archive = Archive(file, name, VectorFileError)
            arrays = {array: _read(archive, name, array, mapped) for array in archive.arrays}
        if "format" not in arrays or not (mapped or is_sealed(name)):
            raise VectorFileError(
                f"{name} is damaged, or no keyed vectors: it does not end in the checksum of its "
                "bytes, with which `KeyedVectors.save` writes it. Files of vectors are read by "
                "`load_word2vec_format`, or `w2v.load`."
            )
    except OSError as error:
        raise VectorFileError(f"{name} cannot be read: {error.strerror or error}.") from error
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        raise VectorFileError(
            f"{name} is damaged, or not written by `KeyedVectors.save` ({error!s:.80}). Files of "
            "vectors (.bin, .vec, .txt) are read by `load_word2vec_format`."
        ) from error
    return from_arrays(arrays, cls)


def _read(archive: Archive, name: str, array: str, mapped: bool) -> Array:
    entry = archive.entry(array)
    place = archive.place(entry) if mapped and array == "vectors" else None
    if place is None:
        return archive.read(entry)
    return map_array(name, entry.dtype, entry.shape, place)


def _of_gensim(name: str, cls: type[_Keyed], mapped: bool) -> _Keyed:
    """The keys, vectors and counts of what gensim has saved, a model or vectors alone."""
    found = read_gensim(name)
    keyed = cls(found.vectors.shape[1])
    fill(keyed, list(found.words), found.vectors if mapped else np.array(found.vectors))
    counts = np.arange(len(keyed), 0, -1) if found.counts is None else found.counts
    keyed.expandos["count"] = np.array(counts, np.int64)
    return keyed


def _words(keys: list[Any]) -> Sequence[str] | None:
    """The keys as a file of vectors has them; None where one is no word."""
    try:
        words = as_words(keys)
    except TypeError:
        return None
    if not words or any("\n" in word for word in words) or len(set(words)) < len(words):
        return None
    return words


def _bytes(text: str) -> Array:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


def _packed(value: Any) -> Any:
    """As JSON has it: what has no form of its own there in a dict with the name of its type."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple | list):
        items = [_packed(item) for item in value]
        return {"tuple": items} if isinstance(value, tuple) else items
    if value is None or isinstance(value, str | int | float):
        return value
    raise VectorFileError(
        f"A key or an attribute is {value!r:.60} of type {type(value).__name__}, which a file "
        "without pickles does not hold; expected text, a number, None, or a tuple or list of these."
    )


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(_unpacked(item) for item in value["tuple"])
    return [_unpacked(item) for item in value] if isinstance(value, list) else value
