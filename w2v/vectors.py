"""The result of training: words, their vectors, and questions about them.

It is long because it is a front door: every method says here what it takes and gives, and what it
does is done elsewhere.
"""

import functools
import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from w2v.backends import Backend, get_backend
from w2v.errors import QueryError, UnknownWordError, W2VError, counted, few, quoted, warn
from w2v.files import PathLike
from w2v.formats import (
    Matrix,
    Progress,
    Table,
    UniqueWords,
    from_gensim,
    read_vectors,
    to_gensim,
    write_vectors,
)
from w2v.queries import (
    Queries,
    UnitTable,
    as_query,
    rotation,
    search_backend,
    turned,
    unit_rows,
    unknown_words,
)
from w2v.renamed import name_elsewhere
from w2v.terminal import shown
from w2v.words import as_words

_SHOWN, _LONGEST_SHOWN = 10, 60  # words in a notebook, and letters of one


class Vectors(Queries):
    """Words and their vectors, to be asked (see `w2v.queries.Queries`) and saved.

    Behaves like a read-only mapping from word to vector; the order of the words
    is the order of the rows, most frequent first if they come from training.

    Parameters
    ----------
    words : sequence of str (V,)
        Unique. Integers, such as ids of items, become their decimals.
    matrix : float32 (V, D)
        One row a word; not copied when it is float32 already.
    counts : int64 (V,), optional
        How often each word stood in the corpus. Of the file formats only npz and safetensors keep
        them.

    Attributes
    ----------
    words : tuple of str (V,)
    matrix : float32 (V, D)           Read-only view.
    counts : int64 (V,) or None       Read-only view.
    dim : int                         D.
    backend : Backend                 Where the whole vocabulary is searched; NumPy's, see `on`.
    """

    def __init__(
        self,
        words: Sequence[str] | Sequence[int],
        matrix: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
    ) -> None:
        self.words = as_words(words)
        self.matrix = _rows_of(self.words, matrix)
        self.counts = None if counts is None else _read_only(np.asarray(counts, dtype=np.int64))
        if self.counts is not None and self.counts.shape != (len(self.words),):
            raise ValueError(f"`counts` must be ({len(self.words)},), got {self.counts.shape}.")
        known = isinstance(words, UniqueWords)
        if not known and len(set(self.words)) != len(self.words):
            raise ValueError(_name_repeated(self.words, self._rows))
        self._unit: Matrix | None = None
        self.backend = get_backend("numpy")

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
            self._unit = _read_only(unit_rows(self.matrix))
        return self._unit

    @functools.cached_property
    def table(self) -> UnitTable:
        """`unit` where it is searched; copied there when first used."""
        return UnitTable(self.backend, self.backend.asarray(self.unit))

    def on(self, backend: Backend | str) -> "Vectors":
        """The same vectors, to be searched on a backend: neighbours, analogies, ranks, distances.

        A GPU is worth it for many queries; it holds a copy of `unit`, made by the first. What only
        compares the words it is given stays on the CPU, as do copies and pickles.

        Parameters
        ----------
        backend : Backend or {"auto", "cupy", "numpy"}
            "auto" is CuPy where it can be used, and else NumPy.

        Raises
        ------
        BackendError
            It is unknown, or cannot be used here.
        """
        where = search_backend(backend)
        there = object.__new__(type(self))
        self.unit  # noqa: B018  made now, it is shared
        there.__dict__.update(self.__dict__, backend=where)
        there.__dict__.pop("table", None)
        return there

    def with_vectors(
        self, matrix: npt.ArrayLike, changed: npt.ArrayLike | None = None
    ) -> "Vectors":
        """The same words, counts and backend with other vectors, which are searched anew.

        For a matrix that changes while its words stay: neither the words nor a float32 matrix are
        copied, and the words are not looked at again.

        Parameters
        ----------
        matrix : float32 (V, D)
            One row a word; D may be another.
        changed : int (N,), optional
            The rows that are not what they were when `unit` was first used; only these are scaled
            again then. [all may be]

        Raises
        ------
        ValueError
            It has not one row a word.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, matrix=_rows_of(self.words, matrix), _unit=None)
        other.__dict__.pop("table", None)
        if changed is not None and self._unit is not None and other.dim == self.dim:
            rows = np.asarray(changed, np.intp)
            unit = self._unit.copy()
            unit[rows] = unit_rows(other.matrix[rows])
            other._unit = _read_only(unit)
        return other

    @functools.cached_property
    def _rows(self) -> dict[str, int]:
        """The row of each word; made when first used: of millions of words it costs a second."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return as_query(word) in self._rows

    def __getitem__(self, words: str | int | Sequence[str | int]) -> Matrix:
        """The vector of a word, float32 (D,), a read-only view; of a list of N words (N, D).

        7 is the word "7", not a row.
        """
        if not isinstance(words, list | tuple | np.ndarray):
            row: Matrix = self.matrix[self.index(words)]  # type: ignore[arg-type]
            return row
        unknown = [str(word) for word in words if word not in self]
        if unknown and all(isinstance(as_query(word), str) for word in words):
            raise UnknownWordError(unknown_words(unknown, self.words))
        rows: Matrix = self.matrix[np.array([self.index(word) for word in words], np.intp)]
        return rows

    if not TYPE_CHECKING:  # or every attribute would be there

        def __getattr__(self, name: str) -> object:
            """Only for names that are not there: what they are called here."""
            known = name_elsewhere("vectors", name)
            raise AttributeError(known or f"{type(self).__name__!r} has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<Vectors: {counted(len(self), 'word')}, {counted(self.dim, 'dimension')}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: how many, and the first words, with counts where known."""
        counts = [""] * _SHOWN if self.counts is None else [f"{n:,}" for n in self.counts[:_SHOWN]]
        words = [html.escape(shown(word[:_LONGEST_SHOWN])) for word in self.words[:_SHOWN]]
        rows = "".join(
            f"<tr><td>{word}</td><td>{count}</td></tr>"
            for word, count in zip(words, counts, strict=False)
        )
        head = "" if self.counts is None else "<tr><th>word</th><th>count</th></tr>"
        more = len(self) - len(words)
        rest = f"<tr><td>and {more:,} more</td><td></td></tr>" if more else ""
        title = f"{counted(len(self), 'word')}, {counted(self.dim, 'dimension')}"
        caption = f'<caption style="white-space: nowrap">Vectors: {title}</caption>'
        return f"<table>{caption}{head}{rows}{rest}</table>"

    def __reduce__(self) -> tuple[Any, ...]:
        # copies are made anew: read-only again, and without `unit`
        return type(self), (self.words, self.matrix, self.counts)

    def _indices(self, words: Sequence[str]) -> npt.NDArray[np.intp]:
        return np.array([self._rows[word] for word in words], np.intp)

    def index(self, word: str | int) -> int:
        """Row of a word; that of 7 is the row of the word "7".

        Raises
        ------
        UnknownWordError
            Its message searches the vocabulary for likely spellings; where many
            words may be unknown, ask ``word in vectors`` first.
        """
        word = as_query(word)
        if not isinstance(word, str):
            raise TypeError(f"A word must be a str or an int, got {word!r}.")
        row = self._rows.get(word)
        if row is None:
            raise UnknownWordError(unknown_words([word], self.words))
        return row

    def align(
        self, other: "Vectors", anchors: int | Sequence[str] | Sequence[int] | None = None
    ) -> "Vectors":
        """These vectors in the space of others, so that vectors of both can be compared.

        Two trainings give spaces that are turned against each other. The rotation that brings the
        words both have nearest to each other (orthogonal Procrustes on vectors of length 1, see
        `w2v.queries.rotation`) leaves the cosines among these vectors as they are.

        Parameters
        ----------
        other : Vectors
        anchors : int, or sequence of str or int, optional
            What is to lie near: so many of the words both have, in the order of `other`, which is
            by frequency after training; or words. [all that both have]

        Raises
        ------
        QueryError
            The dimensions differ, no anchor has a direction in both, or a word is not in both.

        Warns
        -----
        UserWarning
            There are fewer anchors than dimensions, which leaves the rotation open.
        """
        if self.dim != other.dim:
            raise QueryError(
                f"Only vectors of one dimension can be aligned, got {self.dim} and {other.dim}."
            )
        words = _anchors(self, other, anchors)
        left, right = (vectors.unit[vectors._indices(words)] for vectors in (self, other))
        usable = left.any(axis=1) & right.any(axis=1)
        if not usable.any():
            raise QueryError(
                "The two have no word in common that has a direction in both; nothing to align by."
            )
        if int(usable.sum()) < self.dim:
            warn(
                f"Aligned by {counted(int(usable.sum()), 'word')}, fewer than the {self.dim} "
                "dimensions: in the others the spaces stay turned by chance."
            )
        turn = rotation(left[usable], right[usable])
        return Vectors(self.words, turned(self.matrix, turn), self.counts)

    def to_pandas(self) -> Any:
        """A copy as `pandas.DataFrame` (V, D), float32, whose index is the words.

        Raises
        ------
        W2VError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise W2VError(
                "A DataFrame needs pandas, which is not installed. Run pip install pandas."
            ) from error
        index = pandas.Index(self.words, name="word")
        return pandas.DataFrame(self.matrix, index=index, copy=True)

    def save(
        self,
        path: PathLike,
        *,
        format: str | None = None,
        dtype: str = "float32",
        progress: Progress | None = None,
    ) -> None:
        """Write a file in the format its extension names, or in `format`; see `write_vectors`.

        `dtype` may be "float16" or "int8" for npz and safetensors.
        """
        words, matrix, counts = self.words, self.matrix, self.counts
        write_vectors(path, words, matrix, counts, format=format, dtype=dtype, progress=progress)

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


def load(
    path: PathLike,
    *,
    format: str | None = None,
    errors: str = "strict",
    limit: int | None = None,
    encoding: str = "utf-8",
    progress: Progress | None = None,
    check: bool = True,
) -> Vectors:
    """Read a file of vectors: word2vec, fastText, GloVe, npz, safetensors or gensim's `save`.

    What it is, its content says, whatever the extension. The vectors of npz and safetensors are
    memory-mapped; see `formats.read_vectors`. Nothing in a file of gensim's is run.

    Parameters
    ----------
    path : str or path
        May be compressed by gzip, bzip2, xz or zstd.
    format : {"text", "binary", "glove", "npz", "safetensors", "gensim", "fasttext"}, optional
        Instead of what the content says.
    errors : {"strict", "replace", "ignore"}
        ``"strict"`` refuses words that are not UTF-8, ``"replace"`` loads them with U+FFFD, and
        ``"ignore"`` without the bytes that are not.
    limit : int, optional
        Only the first so many rows: of text and binary, nothing behind them is read. Words stand
        in most files by how frequent they are. [all]
    encoding : str
        Of the words in text and binary, one that has ASCII as it is: "latin-1", say.
    progress : callable(bytes_read, total_bytes), optional
    check : bool
        Whether vectors that are mapped are read once, to compare their checksum (npz has one).
        Without that they are there at once, whatever the size of the file.

    Raises
    ------
    VectorFileError
        The file is missing, foreign, cut short, damaged or inconsistent.
    """
    table = read_vectors(
        path,
        format=format,
        errors=errors,
        limit=limit,
        encoding=encoding,
        progress=progress,
        check=check,
    )
    return Vectors(table.words, table.matrix, table.counts)


def _anchors(
    left: Vectors, right: Vectors, anchors: int | Sequence[str] | Sequence[int] | None
) -> Sequence[str]:
    """Words of both."""
    if isinstance(anchors, str):
        raise TypeError(f"`anchors` must be a number or a list of words, got {anchors!r:.60}.")
    if anchors is not None and not isinstance(anchors, int | np.integer):
        anchors = as_words(anchors)
        for vectors in (left, right):
            if unknown := [word for word in anchors if word not in vectors]:
                raise UnknownWordError(unknown_words(unknown, vectors.words))
        return anchors
    shared = [word for word in right.words if word in left]
    if anchors is not None and anchors < 1:
        raise ValueError(f"`anchors` must be at least 1, or words; got {anchors}.")
    return shared[:anchors]


def _rows_of(words: Sequence[str], matrix: npt.ArrayLike) -> Matrix:
    """A matrix with one row a word, as a read-only view."""
    rows: Matrix = _read_only(np.asarray(matrix, dtype=np.float32))
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(f"`matrix` must be 2-D, one row a word, and not empty; got {rows.shape}.")
    if len(words) != len(rows):
        sizes = f"{counted(len(words), 'word')} for {counted(len(rows), 'row')}"
        raise ValueError(f"`words` and `matrix` must have one length, got {sizes}.")
    return rows


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view: npt.NDArray[Any] = array.view()
    view.flags.writeable = False
    return view


def _name_repeated(words: Sequence[str], rows: dict[str, int]) -> str:
    repeated = dict.fromkeys(word for row, word in enumerate(words) if rows[word] != row)
    return f"`words` must be unique; repeated: {few(repeated, quoted)}."
