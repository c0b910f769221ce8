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
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ModelFileError, counted, quoted
from w2v.files import PathLike, check_name, replacing
from w2v.formats import ARCHIVE_ERRORS
from w2v.training.fitted import Fitted, Report
from w2v.training.huffman import HuffmanTree
from w2v.vectors import Vectors

_FORMAT = "w2v model"
_VERSION = 1
_TREE = ("offsets", "nodes", "codes")
_ASKED = ("model", "loss", "dim", "window", "cbow")  # options that a model is asked for later
_TYPES = {
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
    import json

    about = {
        "options": options,
        "trained_as": fitted.trained_as,
        "epochs": fitted.epochs,
        "report": fitted.report,
    }
    arrays: dict[str, Any] = {
        "format": np.array(_FORMAT),
        "version": np.int64(_VERSION),
        "about": _bytes(json.dumps(about)),
        "words": _bytes("\n".join(fitted.vectors.words)),
        "counts": fitted.vectors.counts,
        "input": fitted.vectors.matrix,
        "output": fitted.output,
    }
    if fitted.tree is not None:
        arrays |= {name: getattr(fitted.tree, name) for name in _TREE}
    with replacing(path, sum(array.nbytes for array in arrays.values())) as handle:
        np.savez(handle, allow_pickle=False, **arrays)


def load_model(path: PathLike) -> tuple[dict[str, Any], Fitted]:
    """The options and the model that `save` wrote.

    Raises
    ------
    ModelFileError
        The file is missing, foreign, damaged or of a later version.
    """
    import zipfile  # takes a while, and few need it

    name = check_name(path, "the model file", ModelFileError)
    try:
        with open(name, "rb") as file:  # `np.load` would leave a damaged one open
            archive = np.load(file, allow_pickle=False)
            return _checked(name, {key: archive[key] for key in _keys(name, archive)})
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}.") from error
    except ModelFileError:
        raise
    except (*ARCHIVE_ERRORS, KeyError, zipfile.BadZipFile) as error:
        kind = "damaged or cut short" if _is_zip(name) else "not a model saved by w2v"
        raise ModelFileError(
            f"{name} is {kind}. Expected a file that `Word2Vec.save_model` or --save-model wrote; "
            "vectors alone (.bin, .vec, .txt) are no model."
        ) from error


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _is_zip(name: str) -> bool:
    with open(name, "rb") as file:
        return file.read(2) == b"PK"


def _keys(name: str, archive: Any) -> list[str]:
    """The arrays of a model; `np.load` gives an array for a file of one array."""
    keys = getattr(archive, "files", [])
    if "format" not in keys or str(archive["format"]) != _FORMAT:
        raise ModelFileError(f"{name} is a NumPy file, but not a model saved by w2v.")
    version = int(archive["version"])
    if version > _VERSION:
        raise ModelFileError(
            f"{name} has version {version} of the model format, and this w2v knows {_VERSION}. "
            "Update w2v."
        )
    return list(keys)


def _checked(name: str, arrays: dict[str, Any]) -> tuple[dict[str, Any], Fitted]:
    """The model, if all of it fits together: compiled code trusts the places in it."""
    import json

    about = json.loads(arrays["about"].tobytes())
    words = arrays["words"].tobytes().decode().split("\n")
    for key, kind in _TYPES.items():
        if key in arrays and arrays[key].dtype != kind:
            raise ModelFileError(f"{name} is damaged: {key!r} holds {arrays[key].dtype} numbers.")
    rows, output, counts = len(words), arrays["output"], arrays["counts"]
    tree = HuffmanTree(*(arrays[key] for key in _TREE)) if "nodes" in arrays else None
    dim = arrays["input"].shape[-1] if arrays["input"].ndim else 0
    wanted = (max(rows - 1, 1) if tree else rows, dim)
    if output.shape != wanted or arrays["input"].shape != (rows, dim) or counts.shape != (rows,):
        raise ModelFileError(f"{name} is damaged: its tables do not fit its {rows:,} words.")
    if counts.min() < 1:
        bad = words[int(counts.argmin())]
        raise ModelFileError(
            f"{name} is damaged: the count of {quoted(bad)} is {counts.min()}, expected 1 or more."
        )
    for key in ("input", "output"):
        if bad_rows := int((~np.isfinite(arrays[key])).any(axis=1).sum()):
            found = f"{counted(bad_rows, 'row')} of {key!r} with NaN or infinity"
            raise ModelFileError(f"{name} is damaged: {found}. Such a model cannot go on.")
    if tree is not None and not _is_tree(tree, rows):
        raise ModelFileError(f"{name} is damaged: its Huffman tree does not fit its words.")
    if wrong := _wrong_about(about, dim, tree is not None):
        raise ModelFileError(f"{name} is damaged: what it says about its training {wrong}.")
    vectors = Vectors(words, arrays["input"], counts)
    fitted = Fitted(
        vectors, output, tree, Report(about["report"]), about["trained_as"], about["epochs"]
    )
    return dict(about["options"]), fitted


def _wrong_about(about: Any, dim: int, tree: bool) -> str:
    """What is wrong with what a model says about its training; empty if nothing."""
    kinds = {"options": dict, "trained_as": dict, "report": dict, "epochs": int}
    for key, kind in kinds.items():
        if not isinstance(about, dict) or type(about.get(key)) is not kind:
            return f"has no {key!r}, or of another kind"
    options = about["trained_as"]
    if missing := [key for key in _ASKED if key not in options]:
        return f"does not say with which {', '.join(map(repr, missing))}"
    if about["epochs"] < 0 or type(options["window"]) is not int or options["window"] < 1:
        return f"has {about['epochs']!r:.20} epochs and a window of {options['window']!r:.20}"
    if options["dim"] != dim or (options["loss"] == "hs") != tree:
        return f"({options['loss']!r:.20}, {options['dim']!r:.20} numbers) does not fit its tables"
    return ""


def _is_tree(tree: HuffmanTree, words: int) -> bool:
    offsets, nodes = tree.offsets, tree.nodes
    return bool(
        offsets.shape == (words + 1,)
        and offsets[0] == 0
        and (np.diff(offsets) >= (words > 1)).all()
        and nodes.shape == tree.codes.shape == (offsets[-1],)
        and (not len(nodes) or (nodes.min() >= 0 and nodes.max() < words - 1))
        and (not len(nodes) or tree.codes.max() <= 1)
    )
