"""Vector files: the text and binary formats of word2vec.

Written so that every tool we know of reads them: header, single spaces, no
trailing space, shortest decimals that give the same float32 back, and in binary
a newline after each vector, as word2vec.c does and old readers require. Read as
they are found: with or without header (GloVe), byte order mark, CRLF, trailing
spaces, newlines between binary vectors. What kind a file is, its content says.
"""

import mmap
import os
import re
import stat
import warnings
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.errors import ConfigError, VectorFileError
from w2v.files import PathLike, check_name, check_target, replacing

Matrix = npt.NDArray[np.float32]

_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*(?:\r?\n|\Z)")
_UNWRITABLE = re.compile(r"[ \t\r\n\0\ud800-\udfff]|\A\Z")  # lone surrogates have no UTF-8
_LONGEST_SHOWN = 60  # characters of a word in a message
_BOM = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\x1f\x8b": "a gzip file; decompress it first",
    b"BZh91AY&SY": "a bzip2 file; decompress it first",
    b"\xfd7zXZ": "an xz file; decompress it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard file; decompress it first",
    b"PK\x03\x04": "a zip or npz file; unpack it first",
    b"\xba\x16\x4f\x2f": "a fastText model; ask fastText for its .vec file",
    b"\x89PNG": "a PNG image",
    b"\x93NUMPY": "a NumPy array without words",
    b"\x80": "a Python pickle; save it as word2vec text or binary first",
}


def _write_text(handle: BinaryIO, words: Sequence[str], matrix: Matrix) -> None:
    for word, row in zip(words, matrix, strict=True):
        # str of a NumPy float32 is the shortest decimal that reads back the same
        handle.write(f"{word} {' '.join(map(str, row))}\n".encode())


def _write_binary(handle: BinaryIO, words: Sequence[str], matrix: Matrix) -> None:
    for word, row in zip(words, matrix.astype("<f4", copy=False), strict=True):
        handle.write(b"%b %b\n" % (word.encode(), row.tobytes()))


_FORMATS = {"text": _write_text, "binary": _write_binary}
_WRITERS: dict[str, Callable[[BinaryIO, Sequence[str], Matrix], None]] = {
    ".txt": _write_text,
    ".vec": _write_text,
    ".bin": _write_binary,
}


def check_writable(path: PathLike) -> None:
    """Refuse a path that `write_vectors` could not write, before any work is done.

    Raises
    ------
    ConfigError
        The name is empty, or its extension is not a known one.
    OutputError
        See `files.check_target`.
    """
    _writer(path)
    check_target(path)


def check_words(path: PathLike, words: Sequence[str]) -> None:
    """Refuse words that no vector file can hold, for a file that is to be written later.

    Raises
    ------
    VectorFileError
        A word is empty or has a character that its readers would stumble over.
    """
    bad = [word for word in words if _UNWRITABLE.search(word)]
    if bad:
        some = ", ".join(map(quoted, bad[:5])) + (", ..." if len(bad) > 5 else "")
        raise VectorFileError(
            f"Cannot write {os.fspath(path)}: {len(bad)} of {counted(len(words), 'word')} cannot "
            "stand in a vector file, being empty or with a space, tab, line break, NUL or lone "
            f"surrogate in them: {some}. Replace these characters, for instance by '_'."
        )


def quoted(word: str) -> str:
    """A word as messages show it: in quotes, escaped, and not endless."""
    return repr(word[:_LONGEST_SHOWN] + "..." * (len(word) > _LONGEST_SHOWN))


def counted(count: int, noun: str) -> str:
    """A number and its noun: 1 word, 2,000 words."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def write_vectors(
    path: PathLike, words: Sequence[str], matrix: Matrix, *, format: str | None = None
) -> None:
    """Write words and vectors in the format that the extension names.

    The file appears whole or not at all; see `files.replacing`.

    Parameters
    ----------
    path : str or path
        ``.txt`` or ``.vec`` for word2vec text, ``.bin`` for word2vec binary.
    words : sequence of str (V,)
        Most frequent first. None empty, none with a space, tab, CR, LF or NUL.
    matrix : float32 (V, D)
        Both formats give the same float32 back, bit for bit (text writes every
        NaN as ``nan``).
    format : {"text", "binary"}, optional
        For a path whose extension does not name it.

    Raises
    ------
    ConfigError
        The name is empty, or its extension is not a known one.
    VectorFileError
        A word cannot stand in such a file.
    OutputError
        The file cannot be written.
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    if matrix.ndim != 2 or len(words) != len(matrix):
        raise ValueError(
            f"A matrix of shape {matrix.shape} does not fit {counted(len(words), 'word')}."
        )
    write = _FORMATS[format] if format else _writer(path)
    check_target(path)
    check_words(path, words)
    with replacing(path) as handle:
        handle.write(b"%d %d\n" % matrix.shape)
        write(handle, words, matrix)


def _writer(path: PathLike) -> Callable[[BinaryIO, Sequence[str], Matrix], None]:
    name = check_name(path, "the vector file", ConfigError)
    base = os.path.basename(name).lower()
    if base in _WRITERS:
        raise ConfigError(
            f"The vector file {name!r} has an extension and no name; expected 'vectors{base}', say."
        )
    extension = os.path.splitext(base)[1]
    if extension not in _WRITERS:
        known = ".txt or .vec (word2vec text), .bin (word2vec binary)"
        found = f"has the extension {extension!r}" if extension else "has no extension"
        raise ConfigError(f"The vector file {name!r} {found}; expected {known}.")
    return _WRITERS[extension]


class _Header(NamedTuple):
    """What is known before the first row; no header, no number of rows."""

    rows: int | None
    dim: int
    end: int


class _Source(NamedTuple):
    name: str
    data: mmap.mmap
    errors: str

    def fail(self, where: str, reason: str) -> VectorFileError:
        return VectorFileError(f"{self.name}, {where}: {reason}")

    def decode(self, raw: bytes, where: str, hint: str = "") -> str:
        try:
            return raw.decode("utf-8", self.errors)
        except UnicodeDecodeError as error:
            reason = f"the word {raw[:40]!r} is not valid UTF-8.{hint}"
            option = 'In Python, w2v.load(..., errors="replace") loads it anyway.'
            raise self.fail(where, f"{reason} {option}") from error


def read_vectors(path: PathLike, *, errors: str = "strict") -> tuple[list[str], Matrix]:
    """Read a word2vec text or binary file, or a GloVe text file.

    Parameters
    ----------
    path : str or path
        The format is found from the content, whatever the extension.
    errors : {"strict", "replace"}
        What to do with words that are not UTF-8: raise, or read U+FFFD.

    Returns
    -------
    words : list of str (V,)
        Of a word that is there more than once the first is kept, with a warning.
    matrix : float32 (V, D)
        NaN and infinity are kept as found.

    Raises
    ------
    VectorFileError
        The file is missing, foreign, empty, cut short or inconsistent; the
        message names the file and the line (text) or row (binary).
    """
    if errors not in ("strict", "replace"):
        raise ValueError(f"`errors` must be 'strict' or 'replace', got {errors!r}.")
    name = check_name(path, "the vector file", VectorFileError)
    try:
        status = os.stat(name)
        if not stat.S_ISREG(status.st_mode):
            raise VectorFileError(f"Cannot read {name}: it is not a regular file.")
        if status.st_size == 0:
            raise VectorFileError(f"{name} is empty; expected word vectors.")
        with (
            open(name, "rb") as handle,
            mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            words, matrix = _parse(_Source(name, data, errors))
    except OSError as error:
        raise VectorFileError(f"Cannot read {name}: {error.strerror or error}.") from error
    return _first_of_each(name, words, matrix)


def _parse(source: _Source) -> tuple[list[str], Matrix]:
    data = source.data
    for magic, what in _FOREIGN.items():
        if data[: len(magic)] == magic:
            raise VectorFileError(f"{source.name} is {what}.")
    start = len(_BOM) if data[: len(_BOM)] == _BOM else 0
    found = _HEADER.match(data, start)
    rows = _first_lines(data, found.end() if found else start)
    text = not rows or sum(map(_is_numeric, rows)) * 2 > len(rows)
    if found:
        header = _Header(int(found[1]), int(found[2]), found.end())
        if header.rows == 0 or header.dim == 0:
            raise VectorFileError(f"{source.name} holds no vectors: {_announced(header)}")
    else:
        header = _Header(None, _trailing_numbers(rows[0]) if text and rows else 0, start)
        if header.dim == 0:
            raise VectorFileError(f"{source.name} is not a word2vec text or binary file.")
    if header.dim > len(data):
        reason = f"a header of {header.dim:,} numbers a row, more than the file has bytes."
        raise source.fail("line 1", reason)
    return (_read_text if text else _read_binary)(source, header)


def _announced(header: _Header) -> str:
    shape = f"{counted(header.rows or 0, 'row')} of {counted(header.dim, 'number')}"
    return f"its header announces {shape}."


def _first_lines(data: mmap.mmap, start: int) -> list[bytes]:
    lines = data[start : start + (1 << 16)].split(b"\n")
    return [line for line in lines if line.strip()][:8]


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_numeric(line: bytes) -> bool:
    """Whether a line is a word and numbers, a few of them perhaps damaged."""
    fields = line.split()[1:]
    return 2 * sum(map(_is_number, fields)) >= len(fields) > 0


def _trailing_numbers(line: bytes) -> int:
    fields = line.split()[1:]
    words = [at for at, field in enumerate(fields, 1) if not _is_number(field)]
    return len(fields) - max(words, default=0)


def _read_text(source: _Source, header: _Header) -> tuple[list[str], Matrix]:
    data, dim = source.data, header.dim
    words: list[str] = []
    likely = header.rows or 1 << 16
    matrix = np.empty((min(likely, len(data) // (2 * dim) + 1), dim), dtype=np.float32)
    data.seek(header.end)
    number = 0 if header.rows is None else 1
    with np.errstate(over="ignore"):  # 1e39 is infinity to a float32
        for line in iter(data.readline, b""):
            number += 1
            fields = line.rstrip(b" \t\r\n").split(b" ")
            if fields == [b""]:
                continue
            if len(words) == len(matrix):
                matrix.resize((2 * len(matrix), dim), refcheck=False)
            where = f"line {number}"
            raw = fields[0] if len(fields) == dim + 1 else _spaced_word(source, where, fields, dim)
            try:
                matrix[len(words)] = list(map(float, fields[-dim:]))
            except ValueError:
                bad = next(field for field in fields[-dim:] if not _is_number(field))
                expected = f"expected {counted(dim, 'number')}, found"
                reason = f"{expected} {bad.decode(errors='replace')[:40]!r} there."
                raise source.fail(where, reason) from None
            words.append(source.decode(raw, where))
    count = len(words) if header.rows is None else header.rows
    if len(words) < count:
        rows = counted(len(words), "row")
        reason = f"the file ends after {rows}, its header announces {count:,}."
        raise source.fail(f"line {number}", f"{reason} It may be cut short.")
    if len(words) > count:
        warnings.warn(
            f"{source.name} holds {counted(len(words), 'row')}, its header announces {count:,}; "
            "all were read.",
            stacklevel=5,
        )
    matrix.resize((len(words), dim), refcheck=False)  # gives the rest back without a copy
    return words, matrix


def _spaced_word(source: _Source, where: str, fields: list[bytes], dim: int) -> bytes:
    """The word of a row that has not one field more than numbers."""
    extra = fields[1:-dim]
    if not extra or all(map(_is_number, extra)):
        reason = f"expected {counted(dim, 'number')}, found {len(fields) - 1:,}."
        raise source.fail(where, reason + " The file may be cut short." * (not extra))
    return b" ".join(fields[:-dim])


def _read_binary(source: _Source, header: _Header) -> tuple[list[str], Matrix]:
    data, dim, count = source.data, header.dim, header.rows or 0
    size, width, at = len(data), 4 * dim, header.end
    announced = _announced(header)
    words: list[str] = []
    matrix = np.empty((min(count, size // width + 1), dim), dtype=np.float32)
    for row in range(count):
        where = f"row {row + 1}"
        while data[at : at + 1] == b"\n":  # a newline may also begin a number, so only here
            at += 1
        space = data.find(b" ", at)
        if space < 0 or space + 1 + width > size:
            raise source.fail(where, f"the file ends in this row, {announced} It may be cut short.")
        raw = data[at:space]
        if b"\n" in raw or b"\0" in raw:
            odd = "line break" if b"\n" in raw else "NUL character"
            found = f"no word where one should begin: there is a {odd} in {raw[:40]!r}"
            raise source.fail(where, f"{found}. The file may be damaged; {announced}")
        words.append(source.decode(raw, where, f" Or the file is damaged: {announced}"))
        matrix[row] = np.frombuffer(data, "<f4", dim, space + 1)
        at = space + 1 + width
    while data[at : at + 1] == b"\n":
        at += 1
    if at < size:
        left = f"{counted(size - at, 'byte')} left over"
        raise source.fail(f"row {count + 1}", f"{left}, but {announced}")
    return words, matrix


def _first_of_each(name: str, words: list[str], matrix: Matrix) -> tuple[list[str], Matrix]:
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    repeated = len(words) - len(first)
    if repeated:
        warnings.warn(
            f"{name}: left out {counted(repeated, 'row')} with a word of an earlier row.",
            stacklevel=4,
        )
        return list(first), matrix[list(first.values())]
    return words, matrix
