"""What is made of a pickle: labels, lists and numbers, of which none can run anything.

A pickle is a program. What its names stand for is never looked up: of a short list of names each
is a label, a record of attributes, or one of a few makers below; all others are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = bytes | memoryview


class DamagedError(ValueError):
    """A pickle that is not as programs write it; says why."""


class Name:
    """What a pickle calls by name, such as a class: a label and no more."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Pairs(list[Any]):
    """A dictionary as keys and values by turns. Nothing is hashed, which could take for ever."""

    def named(self) -> dict[str, Any]:
        """Values by the keys that are str; of a key that is there twice the last."""
        keys = self[0::2]
        return {k: v for k, v in zip(keys, self[1::2], strict=True) if type(k) is str}


class Bag(list[Any]):
    """A set, as a list."""


class Record:
    """An object: the name of its class, and attributes as they were written."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = Pairs()

    def build(self, state: object) -> None:
        if isinstance(state, Pairs):
            self.state = state if not self.state else Pairs([*self.state, *state])
        elif self.name in READ:
            raise DamagedError(f"the state of {self.name} is no dictionary")


class Kind:
    """What the numbers of an array are: of a few types, or Python objects."""

    __slots__ = ("code", "order")

    def __init__(self, code: object) -> None:
        if not isinstance(code, str) or code not in _TYPES:
            what = code[:20] if isinstance(code, str) else "an odd type"
            raise DamagedError(f"an array of {what!r}, where numbers were expected")
        self.code = code
        self.order = "="

    def build(self, state: object) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 2 else ""
        if order not in ("<", ">", "|", "="):
            raise DamagedError("an array with an odd order of bytes")
        self.order = str(order)

    def dtype(self) -> np.dtype[Any]:
        order = "<" if self.order in "=|" else self.order  # as on all machines that there are
        return np.dtype(order + self.code)


_TYPES = {*("f2", "f4", "f8", "i1", "i2", "i4", "i8"), *("u1", "u2", "u4", "u8", "b1", "O8", "O4")}


class Packed:
    """An array: its bytes as they lie in the file, and how to look at them.

    Attributes
    ----------
    objects : list or None            What an array of Python objects holds, if it is one.
    """

    __slots__ = ("_data", "_fortran", "_kind", "_shape", "objects")

    def __init__(self) -> None:
        self._shape: tuple[int, ...] = (0,)
        self._kind = Kind("f4")
        self._data: Bytes | str = b""  # a str is how Python 2 wrote bytes
        self._fortran = False
        self.objects: list[Any] | None = None

    def build(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise DamagedError("an array without a shape")
        shape, kind, fortran, data = state[-4:]
        if not isinstance(shape, tuple) or len(shape) > 8 or not isinstance(kind, Kind):
            raise DamagedError("an array with an odd shape or type")
        if not all(type(size) is int and 0 <= size < 1 << 48 for size in shape):
            raise DamagedError("an array with an odd shape")
        held = data if isinstance(data, list) else None
        if (held is not None) != kind.code.startswith("O"):
            raise DamagedError("an array whose type and data do not fit")
        if held is None and not isinstance(data, Bytes | str):
            raise DamagedError("an array without bytes")
        size = len(data) if held is not None else len(data) / kind.dtype().itemsize
        if math.prod(shape) != size:
            raise DamagedError("an array that has not the size its shape says")
        self._shape, self._kind, self._fortran = shape, kind, bool(fortran)
        self.objects, self._data = held, b"" if held is not None else data

    def __len__(self) -> int:
        """How many numbers there are."""
        return math.prod(self._shape)

    def array(self) -> npt.NDArray[Any]:
        """The numbers, as they lie in the file and read-only."""
        if self.objects is not None:
            raise DamagedError("an array of Python objects, where numbers were expected")
        dtype = self._kind.dtype()
        if not len(self._data):
            return np.empty(self._shape if math.prod(self._shape) == 0 else (0,), dtype)
        order = "F" if self._fortran else "C"
        data = self._data.encode("latin-1") if isinstance(self._data, str) else self._data
        flat: npt.NDArray[Any] = np.frombuffer(data, dtype)
        return flat.reshape(self._shape, order=order)  # type: ignore[call-overload,no-any-return]


def _array(args: tuple[Any, ...]) -> Packed:
    if not args or not isinstance(args[0], Name) or args[0].text != "numpy.ndarray":
        raise DamagedError("an array of a class of its own")
    return Packed()


def _buffer(args: tuple[Any, ...]) -> Packed:
    data, kind, shape, order = args
    packed = Packed()
    packed.build((shape, kind, order == "F", data))
    return packed


def _number(args: tuple[Any, ...]) -> object:
    kind, data = args
    packed = Packed()
    packed.build(((), kind, False, data))
    return packed.array().item()


def _bytes(args: tuple[Any, ...]) -> bytes:
    if not args:
        return b""
    text, coding = args
    if not isinstance(text, str) or coding not in ("latin1", "latin-1"):
        raise DamagedError("bytes in an odd coding")
    return text.encode("latin-1")


def _bag(args: tuple[Any, ...]) -> Bag:
    if args and not isinstance(args[0], list | tuple):
        raise DamagedError("a set of no list")
    return Bag(args[0] if args else ())


MAKERS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "numpy.core.multiarray._reconstruct": _array,
    "numpy.core.multiarray.scalar": _number,
    "numpy.core.numeric._frombuffer": _buffer,
    "numpy.dtype": lambda args: Kind(args[0]),
    "_codecs.encode": _bytes,
    "builtins.bytes": _bytes,
    "builtins.set": _bag,
    "builtins.frozenset": _bag,
    "collections.defaultdict": lambda args: Pairs(),
    "collections.OrderedDict": lambda args: Pairs(),
}
"""What is done for calls of some names; each takes the arguments as a tuple."""

_MODELS = "gensim.models."
READ = frozenset(
    _MODELS + name
    for name in (
        *("word2vec.Word2Vec", "word2vec.Word2VecVocab", "word2vec.Word2VecTrainables"),
        *("keyedvectors.KeyedVectors", "keyedvectors.Word2VecKeyedVectors", "keyedvectors.Vocab"),
        *("keyedvectors.CompatVocab", "keyedvectors.FastTextKeyedVectors"),
        *("keyedvectors.EuclideanKeyedVectors", "keyedvectors.WordEmbeddingsKeyedVectors"),
        *("fasttext.FastText", "fasttext.FastTextVocab", "fasttext.FastTextTrainables"),
        *("fasttext.FastTextKeyedVectors", "phrases.Phrases", "phrases.Phraser"),
        "phrases.FrozenPhrases",
    )
)
"""Classes whose attributes are read."""

PASSED_OVER = frozenset(
    (
        *("numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__bit_generator_ctor"),
        "numpy.random.__RandomState_ctor",
    )
)
"""Calls of which nothing is needed: what a model drew numbers from."""

LABELS = frozenset(
    (
        *("builtins.int", "__builtin__.int", "__builtin__.long", "__builtin__.hash"),
        *("builtins.float", "builtins.hash", "builtins.object"),
        *("numpy.ndarray", "numpy.float32", "gensim.utils.call_on_class_only"),
        *("numpy.random._mt19937.MT19937", "numpy.random.mtrand.RandomState"),
        *("gensim.models.phrases.original_scorer", "gensim.models.phrases.npmi_scorer"),
    )
)
"""Names that stand in a file and are never called."""

_OTHERWISE = (  # how older and newer programs write the same name
    ("__builtin__.long", "builtins.int"),
    ("__builtin__.", "builtins."),
    ("numpy._core.", "numpy.core."),
)


def named(module: str, name: str) -> Name | None:
    """A name of those above; None for any other."""
    text = f"{module}.{name}"
    for start, other in _OTHERWISE:
        if text.startswith(start):
            text = other + text.removeprefix(start)
            break
    known = text in READ or text in LABELS or text in MAKERS or text in PASSED_OVER
    return Name(text) if known else None
