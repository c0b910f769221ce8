"""Reading any vector file, by its content."""

from __future__ import annotations

import codecs
import operator

import numpy as np

from w2v.errors import VectorFileError, counted, warn
from w2v.files import PathLike, check_name
from w2v.formats.byte_source import Source, opened
from w2v.formats.detect import READABLE, read_table
from w2v.formats.table import Progress, Table, UniqueWords

_ERRORS = ("strict", "replace", "ignore")
_ASCII = " \n+-.0123456789e"  # of what separates words from numbers, and of these


def read_vectors(
    path: PathLike,
    *,
    format: str | None = None,
    errors: str = "strict",
    limit: int | None = None,
    encoding: str = "utf-8",
    progress: Progress | None = None,
    check: bool = True,
) -> Table:
    """Read a file of vectors: word2vec, fastText, GloVe, npz, safetensors or gensim's `save`.

    Parameters
    ----------
    path : str or path
        The format is found from the content, whatever the extension.
    format : {"text", "binary", "glove", "npz", "safetensors", "gensim", "fasttext"}, optional
        What the file is, if its content must not say: bytes that are a word2vec binary file and
        text at once (few, and of odd numbers) are taken for text.
    errors : {"strict", "replace", "ignore"}
        What to do with words that are not UTF-8: raise, read U+FFFD, or leave out the bytes that
        are not.
    limit : int, optional
        Only the first so many rows, those without a word or with an earlier one counted. Of text
        and binary nothing behind them is read, nor found to be damaged. [all]
    encoding : str
        Of the words in text and binary, in place of UTF-8; one that has ASCII as it is.
    progress : callable(bytes_read, total_bytes), optional
        Called every few MiB, in bytes of the file as it is stored; never for a file that is mapped.
    check : bool
        Whether the vectors of an npz file that are mapped are compared with their checksum: 0.4 s
        for each GB, and as long as the disk takes. False leaves that out, and what is damaged in
        them unnoticed.

    Returns
    -------
    Table
        Of a word that is there more than once the first is kept, and rows without a word are left
        out, each with a warning. NaN and infinity are kept as found; numbers beyond float32 become
        infinite, with a warning. The vectors of npz and safetensors are memory-mapped where they
        lie in the file as float32, so they take no memory and are shared by all processes that look
        at them; the file must not be changed meanwhile, only replaced (as `write_vectors` does).

    Raises
    ------
    VectorFileError
        The file is missing, foreign, empty, cut short or inconsistent; the
        message names the file and the line (text) or row (binary).
    """
    if errors not in _ERRORS:
        raise ValueError(f"`errors` must be one of {', '.join(_ERRORS)}; got {errors!r}.")
    if format is not None and format not in READABLE:
        raise ValueError(f"`format` must be one of {', '.join(READABLE)}; got {format!r}.")
    if limit is not None and operator.index(limit) < 1:
        raise ValueError(f"`limit` must be at least 1, or None for all rows; got {limit}.")
    encoding = _checked(encoding)
    name = check_name(path, "the vector file", VectorFileError)
    try:
        with opened(name) as raw:
            source = Source(
                raw, name, errors, progress, check=check, limit=limit, encoding=encoding
            )
            table = read_table(source, format)
    except OSError as error:
        raise VectorFileError(f"Cannot read {name}: {error.strerror or error}.") from error
    if limit is not None and len(table.words) > limit:
        table = table.only(slice(limit), table.words[:limit])
    return first_of_each(name, table)


def _checked(encoding: str) -> str:
    """The name of an encoding; raises `ValueError` if its spaces and digits are not ASCII."""
    try:
        name = codecs.lookup(encoding).name
        fits = _ASCII.encode(name) == _ASCII.encode("ascii")
    except (LookupError, UnicodeError):
        fits = False
    if not fits:
        raise ValueError(
            f"`encoding` must name an encoding of text that has ASCII as it is, such as 'utf-8' or "
            f"'latin-1'; got {encoding!r}."
        )
    return name


def first_of_each(name: str, table: Table) -> Table:
    """A table without rows that have no word, or that of another, with a warning for these."""
    if "" in table.words:
        table = _with_words(name, table)
    words = table.words
    hashes = np.fromiter(map(hash, words), np.int64, len(words))
    hashes.sort()  # a third of the time that a set of the words takes
    if not (hashes[1:] == hashes[:-1]).any():  # equal words have equal hashes
        return table._replace(words=UniqueWords(words))
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    repeated = len(words) - len(first)
    if not repeated:
        return table._replace(words=UniqueWords(words))
    warn(f"{name}: left out {counted(repeated, 'row')} with a word of an earlier row.")
    return table.only(list(first.values()), UniqueWords(first))


def _with_words(name: str, table: Table) -> Table:
    rows = [row for row, word in enumerate(table.words) if word]
    if not rows:
        raise VectorFileError(f"{name} has no word: all of its rows begin with white space.")
    warn(f"{name}: left out {counted(len(table.words) - len(rows), 'row')} without a word.")
    return table.only(rows, [table.words[row] for row in rows])
