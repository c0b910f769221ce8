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

from w2v.errors import ModelFileError
from w2v.files import PathLike, check_name, replacing
from w2v.formats import ARCHIVE_ERRORS
from w2v.training.fitted import Fitted
from w2v.training.huffman import HuffmanTree
from w2v.vectors import Vectors

_FORMAT = "w2v model"
_VERSION = 1
_TREE = ("offsets", "nodes", "codes")
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
    with replacing(path) as handle:
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
    rows, output = len(words), arrays["output"]
    tree = HuffmanTree(*(arrays[key] for key in _TREE)) if "nodes" in arrays else None
    wanted = (max(rows - 1, 1) if tree else rows, arrays["input"].shape[-1])
    if output.shape != wanted or len(arrays["counts"]) != rows:
        raise ModelFileError(f"{name} is damaged: its tables do not fit its {rows:,} words.")
    if tree is not None and not _is_tree(tree, rows):
        raise ModelFileError(f"{name} is damaged: its Huffman tree does not fit its words.")
    vectors = Vectors(words, arrays["input"], arrays["counts"])
    fitted = Fitted(
        vectors, output, tree, about["report"], about["trained_as"], int(about["epochs"])
    )
    return dict(about["options"]), fitted


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
