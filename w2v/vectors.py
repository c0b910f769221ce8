"""The result of training: words, their vectors, and questions about them."""

import difflib
import functools
import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any, SupportsFloat

import numpy as np
import numpy.typing as npt

from w2v.errors import UnknownWordError
from w2v.files import PathLike
from w2v.formats import (
    Matrix,
    Progress,
    Table,
    UniqueWords,
    counted,
    from_gensim,
    quoted,
    read_vectors,
    to_gensim,
    write_vectors,
)

Query = str | npt.NDArray[np.floating[Any]]


class Vectors:
    """Words and their vectors.

    Behaves like a read-only mapping from word to vector; the order of the words
    is the order of the rows, most frequent first if they come from training.

    Parameters
    ----------
    words : sequence of str (V,)
        Unique.
    matrix : float32 (V, D)
        One row a word; not copied when it is float32 already.
    counts : int64 (V,), optional
        How often each word stood in the corpus. Of the file formats only npz and safetensors keep
        them.

    Attributes
    ----------
    words : list of str (V,)
    matrix : float32 (V, D)           Read-only view.
    counts : int64 (V,) or None       Read-only view.
    dim : int                         D.
    """

    def __init__(
        self,
        words: Sequence[str],
        matrix: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
    ) -> None:
        self.words = list(words)
        self.matrix: Matrix = _read_only(np.asarray(matrix, dtype=np.float32))
        if self.matrix.ndim != 2 or 0 in self.matrix.shape:
            raise ValueError(
                f"`matrix` must be 2-D, one row a word, and not empty; got {self.matrix.shape}."
            )
        if len(self.words) != len(self.matrix):
            sizes = f"{counted(len(self.words), 'word')} for {counted(len(self.matrix), 'row')}"
            raise ValueError(f"`words` and `matrix` must have one length, got {sizes}.")
        self.counts = None if counts is None else _read_only(np.asarray(counts, dtype=np.int64))
        if self.counts is not None and self.counts.shape != (len(self.words),):
            raise ValueError(f"`counts` must be ({len(self.words)},), got {self.counts.shape}.")
        known = isinstance(words, UniqueWords)
        if not known and len(set(self.words)) != len(self.words):
            raise ValueError(_name_repeated(self.words, self._rows))
        self._unit: Matrix | None = None

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def unit(self) -> Matrix:
        """Rows scaled to length 1, float32 (V, D), read-only; computed once, when first used.

        Rows without a direction (all zero, or with NaN or infinity) are zero,
        so that their cosine with anything is 0.
        """
        if self._unit is None:
            self._unit = _read_only(_unit_rows(self.matrix))
        return self._unit

    @functools.cached_property
    def _rows(self) -> dict[str, int]:
        """The row of each word; made when first used: of millions of words it costs a second."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __getitem__(self, word: str) -> Matrix:
        """The vector of a word, float32 (D,), a read-only view."""
        row: Matrix = self.matrix[self.index(word)]
        return row

    def __repr__(self) -> str:
        return f"<Vectors: {counted(len(self), 'word')}, {counted(self.dim, 'dimension')}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # copies are made anew: read-only again, and without `unit`
        return type(self), (self.words, self.matrix, self.counts)

    def index(self, word: str) -> int:
        """Row of a word.

        Raises
        ------
        UnknownWordError
            Its message searches the vocabulary for likely spellings; where many
            words may be unknown, ask ``word in vectors`` first.
        """
        if not isinstance(word, str):
            raise TypeError(f"A word must be a str, got {word!r}.")
        row = self._rows.get(word)
        if row is None:
            raise UnknownWordError(_unknown([word], self.words))
        return row

    def most_similar(
        self,
        positive: Query | Sequence[Query],
        negative: Query | Sequence[Query] = (),
        n: int = 10,
        restrict_vocab: int | None = None,
    ) -> list[tuple[str, float]]:
        """Words whose vectors have the largest cosine with the query.

        The query is the mean of the unit vectors of `positive` and of the
        reversed unit vectors of `negative`: ``most_similar(["king", "woman"],
        "man")`` asks what is to woman as king is to man.

        Parameters
        ----------
        positive, negative : word, vector (D,), or list of them
        n : int
            How many; fewer come back when there are fewer words.
        restrict_vocab : int, optional
            Answer only with the first so many words.

        Returns
        -------
        list of (word, cosine)
            Best first, ties in row order; words of the query are left out.
        """
        n = _at_least_1("n", n)
        if restrict_vocab is not None:
            restrict_vocab = _at_least_1("restrict_vocab", restrict_vocab)
        plus, minus = _as_list(positive), _as_list(negative)
        if not plus and not minus:
            raise ValueError("`positive` and `negative` are both empty; expected a word or vector.")
        self._check_known(plus + minus)
        directions = [self._direction(item) for item in plus]
        directions += [-self._direction(item) for item in minus]
        query = _unit_rows(np.sum(directions, axis=0, keepdims=True))[0]
        scores = self.unit[:restrict_vocab] @ query
        asked = {self._rows[item] for item in plus + minus if isinstance(item, str)}
        asked = {row for row in asked if row < len(scores)}
        scores[list(asked)] = -np.inf
        best = _largest(scores, min(n, len(scores) - len(asked)))
        return [(self.words[row], _cosine(scores[row])) for row in best.tolist()]

    def similarity(self, a: Query, b: Query) -> float:
        """Cosine of two words or vectors, in [-1, 1]; 0 if one has no direction."""
        self._check_known([a, b])
        return _cosine(np.vdot(self._direction(a), self._direction(b)))

    def save(
        self, path: PathLike, *, format: str | None = None, progress: Progress | None = None
    ) -> None:
        """Write a file in the format its extension names, or in `format`; see `write_vectors`."""
        write_vectors(path, self.words, self.matrix, self.counts, format=format, progress=progress)

    def to_gensim(self) -> Any:
        """A copy as `gensim.models.KeyedVectors`, with the counts if there are any.

        Raises
        ------
        W2VError
            gensim is not installed.
        """
        return to_gensim(Table(self.words, self.matrix, self.counts))

    @classmethod
    def from_gensim(cls, model: Any) -> "Vectors":
        """A copy of gensim's `KeyedVectors`, or of those of a model such as `gensim`'s `Word2Vec`.

        Counts that gensim invented, for a file without any, are left out.

        Raises
        ------
        TypeError
            It is something else, or has keys that are not words.
        """
        table = from_gensim(model)
        return cls(table.words, table.matrix, table.counts)

    def _check_known(self, items: Sequence[Query]) -> None:
        words = dict.fromkeys(item for item in items if isinstance(item, str))
        unknown = [word for word in words if word not in self._rows]
        if unknown:
            raise UnknownWordError(_unknown(unknown, self.words))

    def _direction(self, item: Query) -> Matrix:
        """Unit vector (D,) of a word or vector."""
        if isinstance(item, str):
            unit: Matrix = self.unit[self.index(item)]
            return unit
        vector = np.asarray(item)
        if vector.dtype.kind not in "fiu":
            raise TypeError(_not_a_query(item))
        vector = vector.astype(np.float32)
        if vector.shape != (self.dim,):
            raise ValueError(
                f"A vector must have shape ({self.dim},), got {vector.shape}. "
                "Pass several vectors as a list of arrays."
            )
        if not np.isfinite(vector).all():
            raise ValueError("A query vector must be finite, got NaN or infinity in it.")
        return _unit_rows(vector[np.newaxis]).reshape(-1)


def load(path: PathLike, *, errors: str = "strict", progress: Progress | None = None) -> Vectors:
    """Read a word2vec text or binary, GloVe, npz or safetensors file, whatever the extension.

    The vectors of npz and safetensors are memory-mapped; see `formats.read_vectors`.

    Parameters
    ----------
    path : str or path
        May be compressed by gzip, bzip2, xz or zstd.
    errors : {"strict", "replace"}
        ``"strict"`` refuses words that are not UTF-8, ``"replace"`` loads them.
    progress : callable(bytes_read, total_bytes), optional

    Raises
    ------
    VectorFileError
        The file is missing, foreign, cut short or inconsistent.
    """
    table = read_vectors(path, errors=errors, progress=progress)
    return Vectors(table.words, table.matrix, table.counts)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view: npt.NDArray[Any] = array.view()
    view.flags.writeable = False
    return view


def _unit_rows(matrix: Matrix) -> Matrix:
    # dividing by the largest number first keeps squares within float32
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    usable = np.isfinite(largest) & (largest > 0)
    unit: Matrix = np.divide(matrix, largest, out=np.zeros_like(matrix), where=usable)
    length = np.sqrt(np.einsum("vd,vd->v", unit, unit))[:, np.newaxis]
    np.divide(unit, length, out=unit, where=usable)
    return unit


def _largest(scores: Matrix, n: int) -> npt.NDArray[np.intp]:
    """Places of the `n` largest scores, best first, ties in order."""
    if n < 1:
        return np.empty(0, dtype=np.intp)
    least = np.partition(scores, len(scores) - n)[len(scores) - n]
    at = np.flatnonzero(scores >= least)
    return at[np.argsort(-scores[at], kind="stable")][:n]


def _cosine(score: SupportsFloat) -> float:
    return min(1.0, max(-1.0, float(score)))


def _as_list(items: Query | Sequence[Query]) -> list[Query]:
    if isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim == 1):
        return [items]
    try:
        return list(items)
    except TypeError as error:
        raise TypeError(_not_a_query(items)) from error


def _not_a_query(item: object) -> str:
    return f"A query must be a word, a vector (D,), or a list of them, got {item!r:.60}."


def _at_least_1(name: str, number: int) -> int:
    try:
        number = operator.index(number)
    except TypeError as error:
        raise TypeError(f"`{name}` must be an integer, got {number!r}.") from error
    if number < 1:
        raise ValueError(f"`{name}` must be at least 1, got {number}.")
    return number


def _name_repeated(words: list[str], rows: dict[str, int]) -> str:
    repeated = dict.fromkeys(word for row, word in enumerate(words) if rows[word] != row)
    some = ", ".join(map(quoted, itertools.islice(repeated, 5)))
    return f"`words` must be unique; repeated: {some}{', ...' if len(repeated) > 5 else ''}."


def _unknown(unknown: list[str], words: list[str]) -> str:
    """What to say of some words that are not among `words`; near spellings of the first five."""
    shown = unknown[:5]
    some = ", ".join(map(quoted, shown)) + (", ..." if len(unknown) > 5 else "")
    verb = "is" if len(unknown) == 1 else "are"
    message = f"{some} {verb} not among the {counted(len(words), 'word')} of the vocabulary."
    for word in shown:
        if near := ", ".join(map(quoted, _closest(word, words))):
            message += f" Close to {quoted(word) if len(unknown) > 1 else 'it'}: {near}."
    return message


def _closest(word: str, words: list[str], n: int = 3) -> list[str]:
    """Likely spellings of a word: other cases first, then small differences.

    Compared are only words of about its length that begin or end as it does, and
    of these the first thousands, so that it stays quick in large vocabularies.
    """
    target = word.casefold()
    size, third = len(target), max(1, len(target) // 3)
    head, tail = target[:third], target[-third:]
    cases: list[str] = []
    near: dict[str, str] = {}
    for candidate in words:
        if not size - 2 <= len(candidate) <= size + 2:
            continue
        folded = candidate.casefold()
        if folded == target:
            cases.append(candidate)
        elif len(near) < 4000 and (folded.startswith(head) or folded.endswith(tail)):
            near.setdefault(folded, candidate)
    if len(cases) >= n:
        return cases[:n]
    similar = difflib.get_close_matches(target, near, n - len(cases), cutoff=0.7)
    return cases + [near[folded] for folded in similar]
