"""The file that `Word2Vec.save` writes, and models that gensim itself has saved.

A NumPy archive (``.npz``) without pickled objects, so that loading one runs nothing. Its arrays:

    model                    text: "w2v gensim model 1"
    about                    bytes: JSON of the settings
    wv.*                     as of `KeyedVectors.save`
    output                   float32 (V, D), if there is an output table
    offsets, nodes, codes    of hierarchical softmax, see `w2v.training.HuffmanTree`

It ends in a checksum of all its bytes.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from w2v.errors import ModelFileError
from w2v.files import PathLike, check_name, replacing
from w2v.formats import ARCHIVE_ERRORS, Archive, GensimFile, is_sealed, read_gensim, write_archive
from w2v.gensim.keyed_vectors import KeyedVectors, from_arrays, to_arrays
from w2v.training import HuffmanTree

_FORMAT = "w2v gensim model 1"
_TREE = ("offsets", "nodes", "codes")
_PATHS = ("code", "point")
"""Attributes of keys that the tree says."""
SETTINGS = (
    *("vector_size", "window", "alpha", "min_alpha", "min_count", "max_vocab_size"),
    *("max_final_vocab", "sorted_vocab", "sample", "seed", "workers", "sg", "hs", "negative"),
    *("ns_exponent", "cbow_mean", "epochs", "shrink_windows", "compute_loss", "comment"),
    *("null_word", "batch_words", "effective_min_count", "corpus_count", "corpus_total_words"),
    *("running_training_loss", "train_count", "total_train_time", "min_alpha_yet_reached"),
    "_epochs",
)
"""Attributes of a model that its file keeps."""


def save(path: PathLike, model: Any) -> None:
    """Write all of a model; the file appears whole or not at all.

    Raises
    ------
    OutputError, VectorFileError
        It cannot be written, or a key is none that JSON can hold.
    """
    keyed, paths = model.wv, {name: model.wv.expandos.pop(name, None) for name in _PATHS}
    try:
        arrays = {f"wv.{name}": array for name, array in to_arrays(keyed).items()}
    finally:
        keyed.expandos |= {name: told for name, told in paths.items() if told is not None}
    about = {name: getattr(model, name) for name in SETTINGS}
    arrays["model"] = np.array(_FORMAT)
    arrays["about"] = np.frombuffer(json.dumps(about, default=_plain).encode(), np.uint8)
    if hasattr(model, name := _output_of(model)):
        arrays["output"] = getattr(model, name)
    if model._tree is not None:
        arrays |= {name: getattr(model._tree, name) for name in _TREE}
    with replacing(path, sum(array.nbytes for array in arrays.values())) as handle:
        write_archive(handle, arrays, sealed=True)


def load(path: PathLike, model: Any) -> None:
    """Fill a model, which has the settings of a new one.

    Raises
    ------
    ModelFileError
        The file is missing, foreign or damaged, or holds vectors alone.
    VectorFileError
        It is of gensim, and cannot be read.
    """
    name = check_name(path, "the model file", ModelFileError)
    try:
        with open(name, "rb") as file:
            is_archive = file.read(2) == b"PK"
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}.") from error
    if is_archive:
        _fill(name, model, _arrays(name))
    else:
        _take(model, read_gensim(name))


def _arrays(name: str) -> dict[str, Any]:
    import zipfile  # takes a while, and few need it

    try:
        with zipfile.ZipFile(name) as file:
            archive = Archive(file, name, ModelFileError)
            if "model" not in archive.arrays:
                raise AttributeError(
                    f"{name} is no model that `Word2Vec.save` wrote; vectors alone are none."
                )
            found = {key: archive.read(archive.entry(key)) for key in archive.arrays}
        if not is_sealed(name):
            raise ModelFileError(f"{name} is damaged: it does not end in its checksum.")
    except (*ARCHIVE_ERRORS, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{name} is damaged or cut short. Copy it again.") from error
    return found


def _fill(name: str, model: Any, arrays: dict[str, Any]) -> None:
    try:
        if str(arrays["model"]) != _FORMAT:
            raise ModelFileError(f"{name} is of another version of w2v: {arrays['model']!s:.40}.")
        about = json.loads(arrays["about"].tobytes())
        vars(model).update({key: about[key] for key in SETTINGS})
        keyed = {key[3:]: array for key, array in arrays.items() if key.startswith("wv.")}
        model.wv = from_arrays(keyed, KeyedVectors)
        words = len(model.wv.index_to_key)
        output = arrays.get("output")
        if output is not None:
            if output.shape != (words, model.vector_size) or output.dtype != np.float32:
                raise ValueError(f"an output table of {output.shape}")
            setattr(model, _output_of(model), output)
        if "nodes" in arrays:
            tree = HuffmanTree(*(arrays[key] for key in _TREE))
            if not tree.is_one(words):
                raise ValueError("a Huffman tree that does not fit")
            model._tree = tree
            model._tell_tree()
    except (*ARCHIVE_ERRORS, AttributeError) as error:
        raise ModelFileError(f"{name} is damaged ({error!r:.80}). Copy it again.") from error


def _take(model: Any, found: GensimFile) -> None:
    """What gensim has saved, as a model that can be trained on."""
    if found.kind != "word2vec":
        raise AttributeError(
            f"The file holds gensim's {found.kind}, and no Word2Vec. Vectors are read by "
            "`KeyedVectors.load`."
        )
    known = {key: value for key, value in found.settings.items() if key in SETTINGS}
    known["corpus_total_words"] = found.settings.get("corpus_total_words")
    vars(model).update({key: value for key, value in known.items() if not key.startswith("_")})
    model.effective_min_count = known.get("effective_min_count", model.min_count)
    model.min_alpha_yet_reached = float(known.get("min_alpha_yet_reached", model.alpha))
    keys, counts = found.words, found.counts
    model.wv = KeyedVectors(found.vectors.shape[1])
    model.wv.add_vectors(keys, found.vectors)
    counts = np.arange(len(keys), 0, -1) if counts is None else counts
    model._tell_counts(np.array(counts, np.int64))
    model.wv.vectors_lockf = np.ones(1, np.float32)
    model._epochs = int(model.epochs) if found.output is not None or found.inner is not None else 0
    if model.hs and found.inner is not None and found.tree is not None:
        model._tree = HuffmanTree(*found.tree)
        model.syn1 = np.array(found.inner, np.float32)
        model._tell_tree()
    elif found.output is not None:
        model.hs = 0
        model.syn1neg = np.array(found.output, np.float32)


def _output_of(model: Any) -> str:
    return "syn1" if model.hs else "syn1neg"


def _plain(value: Any) -> Any:
    """Numbers of NumPy as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r:.60} is no number or text")
