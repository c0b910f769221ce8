"""Keys, the row of each, what else is known of it, and the table in which rows are searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.errors import counted, quoted, warn
from w2v.gensim.keyed_lengths import Array, directions, lengths, prep_vectors, unit
from w2v.gensim.keyed_names import KEYS, Gone, Key, UnknownKeyError
from w2v.gensim.keyed_table import SearchedRows
from w2v.vectors import Vectors


class KeyedRows:
    """A row of numbers for each key; see `KeyedVectors`."""

    vectors_lockf: Array
    vocab = Gone(
        "`key_to_index` and `index_to_key` have the keys, `get_vecattr(key, 'count')` the counts"
    )
    index2word = Gone("it is `index_to_key` now")
    index2entity = Gone("it is `index_to_key` now")
    syn0 = Gone("it is `vectors` now")
    vectors_norm = Gone("`get_normed_vectors()` gives it now")
    syn0norm = Gone("`get_normed_vectors()` gives it now")
    syn0_lockf = Gone("it is `vectors_lockf` now")
    wv = Gone("these are the vectors themselves")
    add = Gone("it is `add_vectors` now")
    accuracy = Gone("`evaluate_word_analogies` gives it now")
    get_keras_embedding = Gone("an embedding layer of any library takes `vectors`")

    def __init__(
        self,
        vector_size: int,
        count: int = 0,
        dtype: npt.DTypeLike = np.float32,
        mapfile_path: str | None = None,
    ) -> None:
        self.vector_size = vector_size
        self.index_to_key: list[Any] = [None] * count
        self.next_index = 0
        self.key_to_index: dict[Any, int] = {}
        self.expandos: dict[str, Array] = {}
        self.mapfile_path = mapfile_path
        self._norms: Array | None = None
        self._vectors: Array = np.zeros((count, vector_size), dtype=dtype)
        self._table = SearchedRows()

    @property
    def vectors(self) -> Array:
        """The rows, (V, D), to be read and edited; asking for them counts as a possible edit.

        The next search then compares a number of each row, made in a pass over the rows, with what
        it was, and scales the rows anew only if one differs. An edit through an array that was
        asked for before the last search is not seen before `fill_norms(force=True)`, `norms = None`
        or the next asking.
        """
        self._table.settled = False
        return self._vectors

    @vectors.setter
    def vectors(self, rows: Array) -> None:
        self._vectors = rows
        self.norms = None

    @property
    def norms(self) -> Array | None:
        """The length of each row (V,), as `fill_norms` found it; None before, and set to forget."""
        return self._norms

    @norms.setter
    def norms(self, norms: Array | None) -> None:
        self._norms = norms
        self._table.settled = False

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_table": SearchedRows()}

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, key: Key) -> bool:
        return self.has_index_for(key)

    def __getitem__(self, key_or_keys: Any) -> Array:
        """The vector of a key, (D,), read-only; of a list of N keys a copy of theirs, (N, D).

        A tuple that is no key is a list of keys. Raises `KeyError`.
        """
        if self._is_single(key_or_keys):
            return self.get_vector(key_or_keys)
        return self._vectors[[self.get_index(key) for key in key_or_keys]]

    def __setitem__(self, keys: Any, weights: Any) -> None:
        """Add keys, or replace the vectors of those that are there."""
        if not isinstance(keys, list):
            keys, weights = [keys], np.asarray(weights).reshape(1, -1)
        self.add_vectors(keys, weights, replace=True)

    def _is_single(self, key: Any) -> bool:
        """Whether it is one key, and no list of them."""
        try:
            return isinstance(key, KEYS) or key in self.key_to_index
        except TypeError:  # a list, an array, or a tuple with one
            return False

    def has_index_for(self, key: Key) -> bool:
        """Whether a key, or a number that is no key but a place, has a row."""
        return self.get_index(key, -1) >= 0

    def get_index(self, key: Any, default: int | None = None) -> int:
        """The row of a key; a whole number that is no key is a row itself.

        Raises
        ------
        KeyError
            There is none, and no `default`. The message looks for near spellings when it is read.
        """
        row = self.key_to_index.get(key)
        if row is not None:
            return row
        if isinstance(key, int | np.integer) and 0 <= key < len(self.index_to_key):
            return int(key)
        if default is None:
            raise UnknownKeyError(key, self.index_to_key)
        return default

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """The vector of a key (D,), read-only; with `norm` of length 1. Raises `KeyError`."""
        row: Array = self._vectors[self.get_index(key)]
        row = unit(row) if norm else row
        row.flags.writeable = False
        return row

    def add_vector(self, key: Key, vector: npt.ArrayLike) -> int:
        """Put a key into the next free row, or behind all; its row.

        Warns where there is no free row: all are copied then.
        """
        row = self.next_index
        if row < len(self) and self.index_to_key[row] is None:
            self.index_to_key[row] = key
            self.key_to_index[key] = row
            self._vectors[row] = vector
            self.norms = None
            self.next_index += 1
            return row
        row = len(self)
        warn(
            "Adding vectors one by one copies all rows each time; add many at once by "
            "`add_vectors`, or make room by `KeyedVectors(vector_size, count)`."
        )
        self.add_vectors([key], np.asarray(vector).reshape(1, -1))
        self.next_index = row + 1
        return row

    def add_vectors(
        self,
        keys: Any,
        weights: Any,
        extras: Mapping[str, Array] | None = None,
        replace: bool = False,
    ) -> None:
        """Add keys and their vectors behind all; those that are there stay, or are replaced.

        Parameters
        ----------
        keys : key, or list of keys (N,)
        weights : float (N, D)            Or (D,) for one key.
        extras : mapping, optional        Arrays (N, ...) of attributes, by their names.
        replace : bool

        Raises
        ------
        ValueError
            There is not one vector of `vector_size` numbers a key.
        """
        if isinstance(keys, KEYS):
            keys, weights = [keys], np.asarray(weights).reshape(1, -1)
        keys, rows = list(keys), np.asarray(weights)
        if rows.shape != (len(keys), self.vector_size) and keys:
            raise ValueError(
                f"{counted(len(keys), 'key')} of {self.vector_size} numbers each need vectors of "
                f"shape {(len(keys), self.vector_size)}, got {rows.shape}."
            )
        extras = {name: np.asarray(values) for name, values in (extras or {}).items()}
        self.allocate_vecattrs(list(extras), [values.dtype for values in extras.values()])
        new, known = [], []
        for place, key in enumerate(keys):
            if key in self.key_to_index:
                known.append(place)
                continue
            self.key_to_index[key] = len(self.index_to_key)
            self.index_to_key.append(key)
            new.append(place)
        if new:
            added = rows[new].astype(self._vectors.dtype)
            self._vectors = np.concatenate([self._vectors, added])
        self.allocate_vecattrs()
        chosen = [*new, *known] if replace else new
        at = [self.key_to_index[keys[place]] for place in chosen]
        if chosen:
            self._vectors[at] = rows[chosen]
            for name, values in extras.items():
                self.expandos[name][at] = values[chosen]
        self.norms = None

    def resize_vectors(self, seed: int = 0) -> None:
        """A row for each of `index_to_key`: those there are, and new ones drawn by `seed`."""
        shape = (len(self.index_to_key), self.vector_size)
        self.vectors = prep_vectors(shape, prior_vectors=self._vectors, seed=seed)
        self.allocate_vecattrs()

    def allocate_vecattrs(
        self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None
    ) -> None:
        """Make attributes as long as there are keys, with zeros; new ones of `types`.

        Without arguments those there are.

        Raises
        ------
        TypeError
            An attribute is of a type that cannot hold such a value.
        """
        if attrs is None:
            attrs = list(self.expandos)
            types = [self.expandos[name].dtype for name in attrs]
        for name, kind in zip(attrs, types or (), strict=True):
            dtype = np.dtype(object) if kind is str else np.dtype(np.int64 if kind is int else kind)
            dtype = np.dtype(object) if dtype.kind == "U" else dtype
            before = self.expandos.get(name)
            if before is None:
                self.expandos[name] = np.zeros(len(self), dtype)
                continue
            if not np.can_cast(dtype, before.dtype, "same_kind"):
                raise TypeError(
                    f"The attribute {quoted(name)} holds {before.dtype}, which cannot be {dtype}."
                )
            if len(before) != len(self):
                kept = min(len(before), len(self))
                self.expandos[name] = np.zeros((len(self), *before.shape[1:]), before.dtype)
                self.expandos[name][:kept] = before[:kept]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a key; the first value says of what type all are."""
        self.allocate_vecattrs([attr], [type(val)])
        self.expandos[attr][self.get_index(key)] = val

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """An attribute of a key. Raises `KeyError`."""
        return self.expandos[attr][self.get_index(key)]

    def fill_norms(self, force: bool = False) -> None:
        """Have the length of each row in `norms`; with `force` anew, after rows were edited."""
        if self._norms is None or force:
            self.norms = lengths(self._vectors)

    def get_normed_vectors(self) -> Array:
        """A copy of all rows, scaled to length 1, (V, D)."""
        return directions(self._vectors)

    def unit_normalize_all(self) -> None:
        """Scale all rows to length 1, for good."""
        self.vectors = directions(self._vectors)
        self.norms = np.ones(len(self._vectors))

    def sort_by_descending_frequency(self) -> None:
        """Put the keys into the order of their attribute "count", of equal ones the last first.

        Raises
        ------
        KeyError
            There is no such attribute.
        """
        if not len(self):
            return
        if "count" not in self.expandos:
            raise KeyError("There is no attribute 'count' to sort by; give one by `set_vecattr`.")
        counts = np.asarray(self.expandos["count"], np.int64)
        order = np.lexsort((-np.arange(len(counts)), -counts))
        self.allocate_vecattrs()
        self.expandos = {name: values[order] for name, values in self.expandos.items()}
        self.index_to_key = [self.index_to_key[row] for row in order.tolist()]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        if len(self._vectors):
            self.vectors = self._vectors[order]

    def _searched(self) -> Vectors:
        """The rows as `Vectors`, without a copy if they are float32; row 7 is the word "7"."""
        return self._table.of(self._vectors)
