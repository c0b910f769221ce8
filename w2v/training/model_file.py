"""A trained model in a file: all that scoring and further training need.

A NumPy archive (``.npz``) without pickled objects, so that loading one runs nothing. Its arrays:

    format     text: "w2v model"
    version    1
    about      UTF-8 bytes: JSON of the options, of the report, and of how much was trained
    words      UTF-8 bytes: a word a line
    counts     int64 (V,)
    input      float32 (V, D): the word vectors
    output     float32 (V, D), or (V - 1, D) inner nodes (one row at least)
    offsets, nodes, codes    for hierarchical softmax: see `HuffmanTree`

It ends in a checksum of all its bytes. Compiled code trusts the places in a model, and a run that
goes on with one may read text for hours first, so nothing of a file is believed unchecked: what its
headers say before its arrays are read, and all that is in these before they are used.
"""

from __future__ import annotations

import os
import stat
from typing import Any

import numpy as np

from w2v.errors import CorpusError, ModelFileError, counted, few, quoted
from w2v.files import PathLike, check_name, replacing
from w2v.formats import (
    ARCHIVE_ERRORS,
    Archive,
    Entry,
    UniqueWords,
    is_sealed,
    write_archive,
)
from w2v.training.fitted import Fitted, check_trainable
from w2v.training.huffman import HuffmanTree
from w2v.training.model_about import from_json, report_of, to_json
from w2v.vectors import Vectors

_FORMAT = "w2v model"
_VERSION = 1
_TREE = ("offsets", "nodes", "codes")
_LONGEST_FORMAT = 64  # characters
_TYPES: dict[str, Any] = {
    "version": np.int64,
    "about": np.uint8,
    "words": np.uint8,
    "counts": np.int64,
    "input": np.float32,
    "output": np.float32,
    "offsets": np.int64,
    "nodes": np.int32,
    "codes": np.uint8,
}


def save_model(path: PathLike, options: dict[str, Any], fitted: Fitted) -> None:
    """Write a model and the options it was made with; the file appears whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    arrays: dict[str, Any] = {
        "format": np.array(_FORMAT),
        "version": np.array(_VERSION, np.int64),
        "about": np.frombuffer(to_json(os.fspath(path), options, fitted), np.uint8),
        "words": np.frombuffer("\n".join(fitted.vectors.words).encode(), np.uint8),
        "counts": fitted.vectors.counts,
        "input": fitted.vectors.matrix,
        "output": fitted.output,
    }
    if fitted.tree is not None:
        arrays |= {name: getattr(fitted.tree, name) for name in _TREE}
    with replacing(path, sum(array.nbytes for array in arrays.values())) as handle:
        write_archive(handle, arrays, sealed=True)


def load_model(path: PathLike) -> tuple[dict[str, Any], Fitted]:
    """The options and the model that `save_model` wrote.

    Raises
    ------
    ModelFileError
        The file is missing, foreign, damaged or of a later version.
    """
    import zipfile  # takes a while, and few need it

    name = check_name(path, "the model file", ModelFileError)
    try:
        if stat.S_ISCHR(mode := os.stat(name).st_mode) or stat.S_ISFIFO(mode):
            raise ModelFileError(f"{name} cannot be read: it is not a regular file.")
        with zipfile.ZipFile(name) as file:
            options, fitted = _read(name, Archive(file, name, ModelFileError))
        if not is_sealed(name):
            raise ModelFileError(
                f"{name} is damaged: it does not end in the checksum of its bytes, with which "
                "`Word2Vec.save_model` writes it. Copy it again, or train anew."
            )
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}.") from error
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        kind = "damaged or cut short" if _is_zip(name) else "not a model saved by w2v"
        raise ModelFileError(
            f"{name} is {kind}. Expected a file that `Word2Vec.save_model` or --save-model wrote; "
            "vectors alone (.bin, .vec, .txt) are no model."
        ) from error
    return options, fitted


def _is_zip(name: str) -> bool:
    with open(name, "rb") as file:
        return file.read(2) == b"PK"


def _read(name: str, archive: Archive) -> tuple[dict[str, Any], Fitted]:
    """The model, if all of it fits together."""
    entries = _entries(name, archive)
    words = archive.read(entries["words"]).tobytes().decode().split("\n")
    _check_shapes(name, entries, len(words))
    dim, has_tree = entries["input"].shape[1], "nodes" in entries
    about = from_json(name, archive.read(entries["about"]).tobytes(), dim, has_tree)
    arrays = {
        key: np.ascontiguousarray(archive.read(entry))
        for key, entry in entries.items()
        if key in ("counts", "input", "output", *_TREE)
    }
    try:
        check_trainable(words, arrays["counts"])
    except (ValueError, CorpusError) as error:
        raise ModelFileError(f"{name} is damaged: {error!s:.200}") from error
    for key in ("input", "output"):
        if bad_rows := int((~np.isfinite(arrays[key])).any(axis=1).sum()):
            found = f"{counted(bad_rows, 'row')} of {key!r} with NaN or infinity"
            raise ModelFileError(f"{name} is damaged: {found}. Such a model cannot go on.")
    tree = HuffmanTree(*(arrays[key] for key in _TREE)) if has_tree else None
    if tree is not None and not tree.is_one(len(words)):
        raise ModelFileError(f"{name} is damaged: its Huffman tree does not fit its words.")
    fitted = Fitted(
        Vectors(UniqueWords(words), arrays["input"], arrays["counts"]),
        arrays["output"],
        tree,
        report_of(about),
        about["trained_as"],
        about["epochs"],
    )
    return about["options"], fitted


def _entries(name: str, archive: Archive) -> dict[str, Entry]:
    """The arrays of a model as their headers say, if they are those of one."""
    keys = set(archive.arrays)
    if "format" not in keys or not _is_model(archive):
        raise ModelFileError(f"{name} is a NumPy file, but not a model saved by w2v.")
    entries = {key: archive.entry(key) for key in sorted(keys & {*_TYPES})}
    if "version" in entries and _is(entries["version"], "version", 0):
        version = int(archive.read(entries["version"]))
        if version > _VERSION:
            raise ModelFileError(
                f"{name} has version {version} of the model format, and this w2v knows "
                f"{_VERSION}. Update w2v."
            )
        if version < _VERSION:
            raise ModelFileError(f"{name} is damaged: its version is {version}.")
    needed = {*_TYPES} - (set() if keys & {*_TREE} else {*_TREE})
    if missing := sorted(needed - keys):
        raise ModelFileError(f"{name} is damaged or cut short: it has no {few(missing, quoted)}.")
    if more := sorted(keys - needed - {"format"}) + sorted(archive.others):
        raise ModelFileError(f"{name} is damaged: it holds {few(more, quoted)}, as no model does.")
    for key, entry in entries.items():
        if entry.dtype != _TYPES[key]:
            raise ModelFileError(f"{name} is damaged: {key!r} holds {entry.dtype!s:.40} numbers.")
        if entry.info.compress_type:
            raise ModelFileError(f"{name} is damaged: {key!r} is compressed, as in no model.")
    return entries


def _is_model(archive: Archive) -> bool:
    entry = archive.entry("format")
    small = entry.dtype.kind == "U" and entry.dtype.itemsize <= 4 * _LONGEST_FORMAT
    return small and entry.shape == () and str(archive.read(entry)) == _FORMAT


def _is(entry: Entry, key: str, dimensions: int) -> bool:
    return bool(entry.dtype == _TYPES[key]) and len(entry.shape) == dimensions


def _check_shapes(name: str, entries: dict[str, Entry], rows: int) -> None:
    """Refuse tables that are not of so many words, before they are read."""
    shapes = {key: entry.shape for key, entry in entries.items()}
    dim = shapes["input"][-1] if shapes["input"] else 0
    expected = {
        "version": (),
        "about": shapes["about"][:1],
        "words": shapes["words"][:1],
        "counts": (rows,),
        "input": (rows, dim),
        "output": (max(rows - 1, 1) if "nodes" in shapes else rows, dim),
    }
    if not dim or any(shapes[key] != shape for key, shape in expected.items()):
        raise ModelFileError(f"{name} is damaged: its tables do not fit its {rows:,} words.")
