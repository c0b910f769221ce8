"""Keys and vectors in files of word2vec's formats, read and written by `w2v.formats`."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from w2v.errors import VectorFileError, W2VError
from w2v.files import PathLike, read_lines, together, write_text
from w2v.formats import Table, read_vectors, write_vectors
from w2v.gensim.keyed_lengths import REAL
from w2v.gensim.keyed_rows import KeyedRows

_Keyed = TypeVar("_Keyed", bound=KeyedRows)

_logger = logging.getLogger(__name__)


@contextlib.contextmanager
def raising_as_gensim() -> Iterator[None]:
    """What the system or a decoder says stays an `OSError` or a `UnicodeDecodeError`."""
    try:
        yield
    except W2VError as error:
        cause = error.__cause__
        if isinstance(cause, OSError):
            raise OSError(cause.errno, str(error)) from error
        if isinstance(cause, UnicodeDecodeError):
            place = (cause.encoding, cause.object, cause.start, cause.end)
            raise UnicodeDecodeError(*place, f"{cause.reason}. {error}") from error
        raise


def load_word2vec(
    cls: type[_Keyed],
    fname: PathLike,
    fvocab: PathLike | None = None,
    binary: bool = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = sys.maxsize,
    datatype: npt.DTypeLike = REAL,
    no_header: bool = False,
) -> _Keyed:
    """Keys and vectors of a file; see `KeyedVectors.load_word2vec_format`."""
    if binary and no_header:
        raise NotImplementedError("A binary file has a header; `no_header` is for text.")
    with raising_as_gensim():
        counts = None if fvocab is None else _counts(fvocab, unicode_errors)
        form = "binary" if binary else "glove" if no_header else "text"
        table = _read(fname, form, encoding, unicode_errors, limit)
    keyed = cls(table.matrix.shape[1], 0, dtype=datatype)
    rows = table.matrix.astype(np.dtype(datatype), copy=not table.matrix.flags.writeable)
    fill(keyed, list(table.words), rows)
    places = np.arange(len(keyed), 0, -1)  # what stands for counts, in falling order
    if counts is not None:
        if missing := [word for word in table.words if word not in counts]:
            _logger.warning("%d words are not in %s; their count is 0", len(missing), fvocab)
        places = np.array([counts.get(word, 0) for word in table.words], np.int64)
    keyed.expandos["count"] = places.astype(np.int64)
    _logger.info("loaded %d vectors of %d numbers from %s", *table.matrix.shape, fname)
    return keyed


def fill(keyed: KeyedRows, keys: list[Any], rows: npt.NDArray[Any]) -> None:
    """Give an empty one its keys (V,) and rows (V, D), which are not copied."""
    keyed.vectors = rows
    keyed.index_to_key = keys
    keyed.key_to_index = {key: row for row, key in enumerate(keys) if key is not None}
    keyed.next_index = len(keys)


def _read(name: PathLike, form: str, encoding: str, errors: str, limit: int | None) -> Table:
    return read_vectors(name, format=form, encoding=encoding, errors=errors, limit=limit or None)


def _counts(path: PathLike, errors: str) -> dict[str, int]:
    """Words and how often they stood, as word2vec.c writes them with -save-vocab."""
    counts = {}
    lines = read_lines(path, "the vocabulary file", VectorFileError, errors=errors)
    for number, line in enumerate(lines, 1):
        word, _, count = line.strip().rpartition(" ")
        if not word or not count.isdecimal():
            raise VectorFileError(
                f"{path!s}, line {number}: expected a word and its count, got {line!r:.60}."
            )
        counts[word] = int(count)
    return counts


def save_word2vec(
    keyed: KeyedRows,
    fname: PathLike,
    fvocab: PathLike | None = None,
    binary: bool = False,
    total_vec: int | None = None,
    write_header: bool = True,
    prefix: str = "",
    append: bool = False,
    sort_attr: str = "count",
) -> None:
    """Write keys and vectors; see `KeyedVectors.save_word2vec_format`."""
    order = np.arange(len(keyed))
    attribute = keyed.expandos.get(sort_attr)
    if attribute is not None:
        keyed.allocate_vecattrs()
        attribute = keyed.expandos[sort_attr]
        order = np.argsort(-attribute, kind="stable")
    elif fvocab is not None:
        raise ValueError(
            f"`fvocab` needs the attribute {sort_attr!r}, which the keys have not; give it to them "
            "by `set_vecattr`."
        )
    words = [f"{prefix}{keyed.index_to_key[row]}" for row in order.tolist()]
    rows = keyed.vectors
    if not np.array_equal(order, np.arange(len(order))):
        rows = rows[order]
    header = (len(words) if total_vec is None else total_vec) if write_header else 0
    with raising_as_gensim(), together():
        if fvocab is not None and attribute is not None:
            values = attribute[order].tolist()
            lines = [f"{word} {value}\n" for word, value in zip(words, values, strict=True)]
            write_text(fvocab, _held(fvocab, append) + "".join(lines))
        write_vectors(
            fname,
            words,
            rows,
            format="binary" if binary else "text",
            header=header,
            append=append,
        )


def _held(path: PathLike, append: bool) -> str:
    """What a file of text holds, if there is one and it is to be kept."""
    if not append or not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def intersect_word2vec(
    keyed: KeyedRows,
    fname: PathLike,
    lockf: float = 0.0,
    binary: bool = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
) -> None:
    """Take over the vectors that a file has for keys that are there; see `KeyedVectors`."""
    with raising_as_gensim():
        table = _read(fname, "binary" if binary else "text", encoding, unicode_errors, None)
    width = table.matrix.shape[1]
    if width != keyed.vector_size:
        raise ValueError(f"{fname} has vectors of {width} numbers; expected {keyed.vector_size}.")
    pairs = [
        (row, place)
        for place, word in enumerate(table.words)
        if (row := keyed.key_to_index.get(word)) is not None
    ]
    rows, places = np.array(pairs, np.intp).reshape(-1, 2).T
    keyed.vectors[rows] = table.matrix[places]
    keyed.norms = None
    locks = keyed.__dict__.get("vectors_lockf")
    if locks is None or len(locks) != len(keyed):
        held = np.ones(1, REAL) if locks is None or not len(locks) else locks[:1]
        keyed.vectors_lockf = np.repeat(held, len(keyed))
    keyed.vectors_lockf[rows] = lockf
    _logger.info("took %d of %d vectors from %s", len(rows), len(table.words), fname)
