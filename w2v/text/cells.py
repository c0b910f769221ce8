"""Cells of a table as words: what stands in a column, whatever its type, by Arrow.

Loaded by who reads a table: Arrow takes a while to import, and most commands need none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from w2v.errors import CorpusError
from w2v.text.copies import checked_weights

STRING = pa.large_string()
_WHOLE = 2.0**53  # floats below hold whole numbers exactly
_PIECE_BYTES = 1 << 18


def as_strings(cells: Any, column: str) -> Any:
    """Cells as text; null where there is nothing.

    Whole numbers are written without a fraction, whatever the type that holds them (a column of
    integers with a missing one is float64 in pandas), and NaN is nothing.

    Raises
    ------
    CorpusError
        The column holds something that is not one word or number a cell.
    """
    kind = cells.type
    if isinstance(kind, pa.BaseExtensionType):
        return as_strings(cells.storage, column)
    if pa.types.is_dictionary(kind):
        coded = _compact(cells)
        return as_strings(coded.dictionary, column).take(coded.indices)
    if pa.types.is_run_end_encoded(kind):
        return as_strings(pc.run_end_decode(cells), column)
    if pa.types.is_floating(kind):
        cells = _without_fraction(cells.cast(pa.float64()) if kind == pa.float16() else cells)
    elif pa.types.is_nested(kind) or pa.types.is_interval(kind):
        raise CorpusError(
            f"The column {column!r} holds {kind}, and a word must be text, a number, a date or a "
            "truth value. Name another column, or make a column of text from it."
        )
    try:
        strings = pa.array(cells.to_pylist(), STRING) if _is_view(cells) else cells.cast(STRING)
    except pa.ArrowException as error:
        raise CorpusError(
            f"The column {column!r} ({kind}) cannot be read as text: {error}. "
            "Make a column of text from it."
        ) from error
    return nulls_where(strings, pc.equal(strings, ""))


def decoded(cells: Any) -> Any:
    """Lists without what they are wrapped in; other cells as they are."""
    if isinstance(cells.type, pa.BaseExtensionType):
        return decoded(cells.storage)
    if pa.types.is_dictionary(cells.type) and is_list(cells.type.value_type):
        return cells.dictionary.take(cells.indices)
    return cells


def is_text(kind: Any) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def is_list(kind: Any) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    )


def _is_view(cells: Any) -> bool:
    """Whether it is text of a kind, as Polars has it, that this Arrow cannot cast."""
    is_view = pa.types.is_string_view(cells.type)
    return is_view and int(pa.__version__.split(".")[0]) < 20


def _without_fraction(cells: Any) -> Any:
    """Floats as text; whole ones as integers, NaN as null."""
    cells = nulls_where(cells, pc.is_nan(cells))
    whole = pc.and_(pc.equal(pc.floor(cells), cells), pc.less(pc.abs(cells), _WHOLE))
    integers = pc.if_else(whole, cells, None).cast(pa.int64())
    return pc.coalesce(integers.cast(STRING), cells.cast(STRING))


def nulls_where(values: Any, condition: Any) -> Any:
    """The values, and null where the condition is true."""
    if not pc.any(condition).as_py():
        return values
    return pc.if_else(pc.fill_null(condition, False), None, values)


def as_words(cells: Any, column: str) -> tuple[Any, int]:
    """(words, null where there is none; how many cells had white space inside).

    A cell is one word. Since no text and no vector file can hold white space in a word, white
    space inside becomes `_`, and that around it goes.
    """
    strings = as_strings(cells, column)
    if _is_plain(strings):
        return strings, 0
    coded = strings.dictionary_encode()
    words, several = _spelled(coded.dictionary)
    return words.take(coded.indices), pc.sum(several.take(coded.indices)).as_py() or 0


def numbered_words(cells: Any, column: str) -> tuple[NDArray[np.int32], Any, int]:
    """(for each cell a place among the words, -1 where there is none; the words; as `as_words`).

    Each different cell is looked at once.
    """
    coded = _coded(cells, column)
    words, several = _spelled(as_strings(coded.dictionary, column))
    places = coded.indices.fill_null(-1).to_numpy().astype(np.int32)
    spaced = pc.sum(several.take(coded.indices)).as_py() or 0 if pc.any(several).as_py() else 0
    if words.null_count:
        valid = words.is_valid().to_numpy(zero_copy_only=False)
        number = np.where(valid, valid.cumsum(dtype=np.int32) - 1, -1)
        places, words = np.append(number, -1).astype(np.int32)[places], words.drop_null()
    return places, words, spaced


def _coded(cells: Any, column: str) -> Any:
    """The cells with a dictionary of what stands in them."""
    kind = cells.type
    if isinstance(kind, pa.BaseExtensionType):
        return _coded(cells.storage, column)
    if pa.types.is_dictionary(kind):
        return _compact(cells)
    if pa.types.is_integer(kind) or kind in (pa.string(), STRING):
        return cells.dictionary_encode()
    return as_strings(cells, column).dictionary_encode()


def _compact(coded: Any) -> Any:
    """The same, with a dictionary of no more values than there are cells: it may be of a table."""
    if len(coded.dictionary) <= len(coded):
        return coded
    used = coded.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, coded.dictionary.take(used.dictionary))


def _spelled(strings: Any) -> tuple[Any, Any]:
    """(words of different cells, null where there is none; which had white space inside)."""
    if _is_plain(strings):
        return strings, pc.equal(strings, " ")
    parts = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(strings))
    spelled = pc.binary_join(parts, pa.scalar("_", STRING))
    return nulls_where(spelled, pc.equal(spelled, "")), pc.greater(pc.list_value_length(parts), 1)


def _is_plain(strings: Any) -> bool:
    """Whether all is ASCII without white space; quick, and false of what must be looked at."""
    _, offsets, data = strings.buffers()
    if data is None or not len(strings):
        return True
    bounds = np.frombuffer(offsets, np.int64)[strings.offset :][: len(strings) + 1]
    letters = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    return bool(((letters > 0x20) & (letters < 0x80)).all())


def refuse_nul(text: str) -> NoReturn:
    before = text[: text.index("\0")].rsplit("\n", maxsplit=1)[-1].rsplit(" ", maxsplit=1)[-1]
    raise CorpusError(
        f"There is a NUL character in a cell, after {before[-40:]!r}, which no text holds. "
        "Take it out of the table."
    )


def as_weights(cells: Any, column: str, first: int) -> NDArray[np.float64]:
    """Cells as weights of sentences; `first` is the number of their first row.

    Raises
    ------
    CorpusError
        One is empty, no number, NaN, infinite or negative.
    """
    cells = decoded(cells)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary.take(cells.indices)
    if is_text(cells.type):
        cells = pc.utf8_trim_whitespace(as_strings(cells, column))
        cells = nulls_where(cells, pc.equal(cells, ""))
    if cells.null_count:
        row = first + pc.index(cells.is_null(), True).as_py()
        raise CorpusError(
            f"Row {row:,} has no weight: there is nothing in the column {column!r}. Give each row "
            "a number, 0 or more; 0 leaves it out."
        )
    try:
        numbers = cells.cast(pa.float64()).to_numpy()
    except pa.ArrowException as error:
        raise CorpusError(
            f"The column {column!r} ({cells.type}) does not hold weights: {error}. A weight is a "
            "number, 0 or more."
        ) from error
    try:
        return checked_weights(numbers, f"The weights in the column {column!r}", first)
    except ValueError as error:
        raise CorpusError(str(error)) from error


def lines_of(offsets: NDArray[np.int64], words: Any) -> Any:
    """The words between each two offsets, joined by a space."""
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), words)
    return pc.binary_join(lists, pa.scalar(" ", STRING))


def as_pieces(lines: Any) -> Iterator[str]:
    """Lines as text, cut into pieces of some size; a line break inside is a space."""
    lines = pc.replace_substring(lines, "\n", " ")
    step = max(1, len(lines) * _PIECE_BYTES // max(1, lines.nbytes))
    for start in range(0, len(lines), step):
        yield "\n".join(lines[start : start + step].to_pylist()) + "\n"
