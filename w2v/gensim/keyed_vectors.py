"""Keys and their vectors by gensim's names: `KeyedVectors`, and what stands beside it there."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from w2v.files import PathLike
from w2v.gensim.keyed_archive import from_arrays as _from_arrays
from w2v.gensim.keyed_archive import read_keyed, to_arrays, write_keyed
from w2v.gensim.keyed_evaluation import KeyedEvaluation
from w2v.gensim.keyed_lengths import REAL, Array, prep_vectors, pseudorandom_weak_vector
from w2v.gensim.keyed_word2vec import (
    fill,
    intersect_word2vec,
    load_word2vec,
    raising_as_gensim,
    save_word2vec,
)

__all__ = [
    "REAL",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "from_arrays",
    "load_word2vec_format",
    "prep_vectors",
    "pseudorandom_weak_vector",
    "to_arrays",
]

_Keyed = TypeVar("_Keyed", bound="KeyedVectors")

_logger = logging.getLogger(__name__)


class KeyedVectors(KeyedEvaluation):
    """Keys and their vectors, by the names, defaults and returns of gensim 4.4.

    Keys may be anything that a dict takes. A whole number that is no key is a row. What is near is
    found by `w2v.Vectors`, in the memory of `vectors` itself and a copy of it scaled to length 1.

    `vectors` may be edited: each asking for it lets the next search look whether rows have changed,
    in one pass over them; see there.

    Parameters
    ----------
    vector_size : int                     D.
    count : int                           Rows to begin with, without keys, for `add_vector`.
    dtype : type                          Of `vectors`.
    mapfile_path : str, optional          Kept, and not looked at.

    Attributes
    ----------
    vectors : float (V, D)
    index_to_key : list (V,)
    key_to_index : dict                   Of each key the row.
    expandos : dict                       Attributes of the keys by name, arrays (V,): "count" after
                                          training or loading.
    norms : float (V,) or None            After `fill_norms`.
    vector_size : int                     D.
    next_index : int                      The row of the next `add_vector`.
    vectors_lockf : float (V,)            Where a model or `intersect_word2vec_format` set it.
    """

    def add_lifecycle_event(
        self, event_name: str, log_level: int = logging.INFO, **event: Any
    ) -> None:
        """Note an event in the list `lifecycle_events`, with the time, and log it."""
        noted = {**event, "datetime": datetime.now(timezone.utc).isoformat(), "event": event_name}
        self.__dict__.setdefault("lifecycle_events", []).append(noted)
        _logger.log(log_level, "%s: %s", event_name, noted)

    def vectors_for_all(
        self, keys: Iterable[Any], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """New keyed vectors of some keys, each once, unknown ones left out.

        Parameters
        ----------
        keys : iterable of keys
        allow_inference : bool
            Whether what is in these vectors without being a key counts, such as a row number.
        copy_vecattrs : bool
            Whether attributes come along; "count" otherwise falls from the number of keys to 1.
        """
        among: Any = self if allow_inference else self.key_to_index
        chosen = [key for key in dict.fromkeys(keys) if key in among]
        rows = [self.get_index(key) for key in chosen]
        found = KeyedVectors(self.vector_size, 0, dtype=self._vectors.dtype)
        fill(found, chosen, self._vectors[rows])
        found.expandos["count"] = np.arange(len(chosen), 0, -1)
        if copy_vecattrs:
            self.allocate_vecattrs()
            found.expandos |= {name: values[rows] for name, values in self.expandos.items()}
        return found

    def save_word2vec_format(
        self,
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """Write a word2vec file, most frequent keys first; it appears whole or not at all.

        Parameters
        ----------
        fname : path                      May end in .gz, .bz2, .xz or .zst.
        fvocab : path, optional           For a line of each key and its `sort_attr`.
        binary : bool                     Or text.
        total_vec : int, optional         What the header announces. [the number of keys]
        write_header : bool               Or rows alone.
        prefix : str                      In front of each key.
        append : bool                     Behind what the file holds.
        sort_attr : str                   Largest first; without it in the order of the rows.

        Raises
        ------
        VectorFileError
            A key has a space, say, and would not be read as it is.
        ValueError
            `fvocab` is given, and the keys have no `sort_attr`.
        """
        options = (fvocab, binary, total_vec, write_header, prefix, append, sort_attr)
        save_word2vec(self, fname, *options)

    @classmethod
    def load_word2vec_format(
        cls: type[_Keyed],
        fname: PathLike,
        fvocab: PathLike | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: npt.DTypeLike = REAL,
        no_header: bool = False,
    ) -> _Keyed:
        """Keys and vectors of a word2vec file.

        Parameters
        ----------
        fname : path                      Compressed or not.
        fvocab : path, optional           Lines of a word and its count. Without, counts fall from
                                          the number of keys to 1.
        binary : bool                     Or text.
        encoding : str                    Of the words.
        unicode_errors : {"strict", "replace", "ignore"}
            What is done with words that are not in the encoding.
        limit : int, optional             Only the first so many rows.
        datatype : type                   Of the vectors, which are read as float32.
        no_header : bool                  Of text that begins with a row, as GloVe's does.

        Raises
        ------
        VectorFileError
            The file is damaged or something else; one that is cut short is an `EOFError` as well.
        OSError, UnicodeDecodeError
            The file cannot be read; or a word.
        """
        options = (fvocab, binary, encoding, unicode_errors, limit, datatype, no_header)
        return load_word2vec(cls, fname, *options)

    def intersect_word2vec_format(
        self,
        fname: PathLike,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Take over what a word2vec file has of keys that are there, and lock these vectors.

        `lockf`, 0 for locked and 1 for free, is put into `vectors_lockf`, which is made, or as long
        as there are keys, if it is not. The other options are those of `load_word2vec_format`.

        Raises
        ------
        ValueError
            The file has vectors of another size.
        """
        intersect_word2vec(self, fname, lockf, binary, encoding, unicode_errors)

    def save(
        self,
        fname_or_handle: PathLike | BinaryIO,
        separately: Any = None,
        sep_limit: int = 0,
        ignore: Any = frozenset(),
        pickle_protocol: int = 0,
    ) -> None:
        """Write a file of all that is here, whole or not at all; nothing in it is a pickle.

        Keys may be words, numbers, None, and tuples of these. The other options are for pickles.

        Raises
        ------
        VectorFileError, OutputError
            A key, or an attribute, cannot stand in the file; or it cannot be written.
        """
        write_keyed(fname_or_handle, self)

    @classmethod
    def load(cls: type[_Keyed], fname: PathLike, mmap: str | None = None) -> _Keyed:
        """What `save` wrote, here or in gensim; of a model the vectors. No code in it is run.

        Parameters
        ----------
        fname : path
        mmap : str, optional
            Whatever it is, the vectors stay in the file, and can be read only. [they are read]

        Raises
        ------
        OSError, VectorFileError
            The file is missing; or foreign or damaged.
        """
        with raising_as_gensim():
            return read_keyed(fname, cls, mmap is not None)


Word2VecKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = KeyedVectors
EuclideanKeyedVectors = KeyedVectors


class CompatVocab:
    """What gensim 3 knew of a word: `count`, and whatever else it is made with."""

    count: int = 0

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update({"count": 0, **kwargs})

    def __lt__(self, other: CompatVocab) -> bool:
        return self.count < other.count

    def __str__(self) -> str:
        known = sorted(name for name in self.__dict__ if not name.startswith("_"))
        values = ", ".join(f"{name}:{self.__dict__[name]!r}" for name in known)
        return f"{type(self).__name__}<{values}>"


Vocab = CompatVocab


def load_word2vec_format(*args: Any, **kwargs: Any) -> KeyedVectors:
    """`KeyedVectors.load_word2vec_format`."""
    return KeyedVectors.load_word2vec_format(*args, **kwargs)


def _load_word2vec_format(
    cls: type[_Keyed], fname: PathLike, *args: Any, binary_chunk_size: int = 0, **kwargs: Any
) -> _Keyed:
    """`load_word2vec_format` of a class; files are read in pieces of their own size."""
    return cls.load_word2vec_format(fname, *args, **kwargs)


def from_arrays(arrays: dict[str, Array], cls: type[_Keyed] | None = None) -> KeyedVectors:
    """Keyed vectors of what `to_arrays` gave, which takes them apart into arrays of no objects.

    Raises
    ------
    VectorFileError
        The arrays are others, or do not fit together.
    """
    return _from_arrays(arrays, cls or KeyedVectors)
