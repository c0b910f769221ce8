"""Files of gensim: those that are kept beside the tests, and others that are made without it."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np

DATA = Path(__file__).parent / "formats" / "data"
VERSIONS = ("gensim-3.8.3", "gensim-4.4.0")
MODELS, KEYED = "gensim.models.word2vec", "gensim.models.keyedvectors"
PHRASES = "gensim.models.phrases"


def instance(module: str, name: str, **attributes: Any) -> Any:
    """An object of a class of that name, which only `pickled` can find."""
    kind = type(name, (), {"__module__": module, "__qualname__": name})
    made = kind()
    vars(made).update(attributes)
    return made


def pickled(value: Any, *kinds: Any, protocol: int = 4) -> bytes:
    """A pickle of a value that holds the given objects of `instance`, or functions of gensim's."""
    modules = {name: ModuleType(name) for name in ("gensim", "gensim.models")}
    for one in (value, *kinds):
        kind = one if hasattr(one, "__qualname__") else type(one)
        if kind.__module__.startswith("gensim"):
            module = modules.setdefault(kind.__module__, ModuleType(kind.__module__))
            setattr(module, kind.__qualname__, kind)
    with patch.dict(sys.modules, modules):
        return pickle.dumps(value, protocol)


def keyed_file(
    path: Path, words: Any, vectors: Any, counts: Any = None, protocol: int = 4, **more: Any
) -> Path:
    """Vectors as gensim 4 saves them."""
    expandos = {} if counts is None else {"count": np.asarray(counts)}
    attributes = {"index_to_key": words, "vectors": vectors, "expandos": expandos, **more}
    path.write_bytes(pickled(instance(KEYED, "KeyedVectors", **attributes), protocol=protocol))
    return path


def old_keyed_file(path: Path, words: list[str], vectors: Any, **changes: Any) -> Path:
    """Vectors as gensim 3 saves them: an object a word."""
    vocab = {
        word: instance(KEYED, "Vocab", **{"index": row, "count": 9 - row} | changes)
        for row, word in enumerate(words)
    }
    one = type(next(iter(vocab.values())))
    for entry in vocab.values():
        entry.__class__ = one
    keyed = instance(KEYED, "Word2VecKeyedVectors", index2word=words, vectors=vectors, vocab=vocab)
    path.write_bytes(pickled(keyed, one, protocol=2))
    return path


def text(word: str) -> bytes:
    return b"\x8c" + bytes([len(word)]) + word.encode()


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


CALLED = named(KEYED, "KeyedVectors")
ARRAY = (
    named("numpy._core.multiarray", "_reconstruct")
    + named("numpy", "ndarray")
    + b"K\0\x85C\1b\x87R"
)
NUMBERS = named("numpy", "dtype") + text("f4") + b"\x89\x88\x87R(K\3" + text("<") + b"NNNtb"
"""Opcodes that push a class, an array to be filled, and a type of numbers."""
