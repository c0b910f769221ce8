"""The rows of tables to lines of words, in each of the three ways: grouped, row by row, text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from w2v.errors import ConfigError, CorpusError
from w2v.text.cells import (
    STRING,
    as_strings,
    as_weights,
    as_words,
    decoded,
    is_list,
    is_text,
    lines_of,
    nulls_where,
    numbered_words,
    refuse_nul,
)
from w2v.text.columns import Wanted, listed, place
from w2v.text.frames import Frame
from w2v.text.grouping import grouped
from w2v.text.number_files import Int32s
from w2v.text.parts import Part

_LIST_TOKENS = 1 << 18
_LOOKED_AT = 1 << 12  # rows that tell whether the first one is like them


Weights = NDArray[np.float64] | None


def sentences(table: Wanted, frames: Iterable[Frame]) -> Iterator[tuple[Any, Weights]]:
    """Arrays of lines, a sentence each, and the weight of each, if there is one."""
    if table.group is not None:
        return grouped(_grouped_rows(table, frames), table.stats)
    if table.token is not None:
        return _list_lines(table, frames)
    return _cells(table, frames) if table.columns is not None else _texts(table, frames)


def _rows(table: Wanted, frame: Frame, numbers: list[int]) -> Iterator[tuple[list[Any], Weights]]:
    """The columns with these numbers, and the weights of the rows; rows are counted."""
    weight = [] if table.weight is None else [place(frame, table.weight)]
    unique = list(dict.fromkeys([*numbers, *weight]))  # a column may serve twice
    for arrays in frame.read(unique):
        first = table.stats.rows + 1
        table.stats.rows += len(arrays[0])
        weights = None
        for number in weight:
            weights = as_weights(arrays[unique.index(number)], frame.columns[number], first)
        yield [arrays[unique.index(number)] for number in numbers], weights


def _grouped_rows(table: Wanted, frames: Iterable[Frame]) -> Iterator[Any]:
    """Batches of `group`, `word` and perhaps `order`, for `grouped`."""
    assert table.group is not None
    assert table.token is not None
    names = [name for name in (table.group, table.token, table.order) if name is not None]
    sorting = _Sorting(table.order or "")
    for frame in frames:
        numbers = [place(frame, name) for name in names]
        for (group, token, *order), weights in _rows(table, frame, numbers):
            groups = as_strings(group, table.group)
            words, parents = _exploded(token, table, pc.is_valid(groups))
            here = {"group": groups.take(parents), "word": words}
            for values in order:
                here["order"] = sorting.values(values, frame.name).take(parents)
                table.stats.unordered += here["order"].null_count
            if weights is not None:
                here["weight"] = pa.array(weights).take(parents)
            yield pa.record_batch(here)


def _exploded(token: Any, table: Wanted, grouped_rows: Any) -> tuple[Any, Any]:
    """Words that have a group, and the row of each; rows without are counted."""
    assert table.token is not None
    rows = pa.array(np.arange(len(token)))
    token = decoded(token)
    if is_list(token.type):
        token, rows = pc.list_flatten(token), pc.list_parent_indices(token).cast(pa.int64())
    words, spaced = as_words(token, table.token)
    table.stats.spaced += spaced
    has_word = pc.is_valid(words)
    kept = pc.and_(has_word, grouped_rows.take(rows))
    _count_dropped(table, table.group or "", grouped_rows)
    with_word = np.zeros(len(grouped_rows), bool)
    with_word[rows.filter(has_word).to_numpy()] = True
    _count_dropped(table, table.token, pc.or_(pc.invert(grouped_rows), pa.array(with_word)))
    return words.filter(kept), rows.filter(kept)


def _count_dropped(table: Wanted, column: str, valid: Any) -> None:
    if dropped := len(valid) - (pc.sum(valid).as_py() or 0):
        table.stats.dropped[column] += dropped


class _Sorting:
    """Values to sort by, of one type in all files."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._type: Any = None

    def values(self, values: Any, name: str) -> Any:
        if isinstance(values.type, pa.BaseExtensionType):
            values = values.storage
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        kind = values.type
        if pa.types.is_nested(kind) or pa.types.is_interval(kind):
            raise CorpusError(
                f"The column {self._column!r} holds {kind}, which has no order. "
                "Sort by a column of numbers, times or text."
            )
        if pa.types.is_floating(kind):
            values = nulls_where(values.cast(pa.float64()), pc.is_nan(values))
        elif pa.types.is_integer(kind) and kind != pa.uint64():
            values = values.cast(pa.int64())
        elif pa.types.is_null(kind):  # as text, of which numbers that follow are sorted as such
            values = values.cast(self._type or STRING)
        elif is_text(kind):
            values = pc.utf8_trim_whitespace(values.cast(STRING))
            values = nulls_where(values, pc.equal(values, ""))
        self._type = self._type or values.type
        try:
            return values.cast(self._type)
        except pa.ArrowException as error:
            raise CorpusError(
                f"The column {self._column!r} is {values.type} in {name} and {self._type} in what "
                "was read before, so that rows cannot be put in order. Make it one type."
            ) from error


def word_lists(table: Wanted, frames: Iterable[Frame]) -> Iterator[tuple[Part, Weights]]:
    """A column of lists: each row is a sentence, with its weight."""
    for (lengths, places, words), weights in _lists(table, frames):
        if (found := pc.match_substring(words, "\0")) and pc.any(found).as_py():
            refuse_nul(words.filter(found)[0].as_py())
        yield Part(np.append(lengths, 0).astype(np.int32), places, words), weights


def _list_lines(table: Wanted, frames: Iterable[Frame]) -> Iterator[tuple[Any, Weights]]:
    for (lengths, places, words), weights in _lists(table, frames):
        yield lines_of(np.append(0, lengths.cumsum()), words.take(pa.array(places))), weights


def _lists(
    table: Wanted, frames: Iterable[Frame]
) -> Iterator[tuple[tuple[NDArray[Any], Int32s, Any], Weights]]:
    """Words of each row, places of all of them in the different words; and weights."""
    assert table.token is not None
    for frame in frames:
        for (token,), weights in _rows(table, frame, [place(frame, table.token)]):
            token = decoded(token)  # noqa: PLW2901
            if not is_list(token.type):
                raise ConfigError(
                    f"{frame.name}: the column {table.token!r} has one word a row ({token.type}), "
                    "so `group` must name the column that says which rows make a sentence. "
                    f"The columns are: {listed(frame.columns)}."
                )
            lengths = pc.list_value_length(token).fill_null(0).to_numpy()
            for start, stop in _bounded(lengths):
                places, words, spaced = numbered_words(
                    pc.list_flatten(token[start:stop]), table.token
                )
                table.stats.spaced += spaced
                counts = lengths[start:stop]
                if len(places) and places.min() < 0:
                    found = places >= 0
                    row = np.repeat(np.arange(len(counts)), counts)
                    counts = np.bincount(row[found], minlength=len(counts))
                    places = places[found]
                _count_dropped(table, table.token, pa.array(counts > 0))
                some = None if weights is None else weights[start:stop]
                yield (counts, places, words), some


def _bounded(lengths: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """From which row to which there are so many tokens, or one row alone has more."""
    before = np.concatenate([[0], lengths.cumsum()])
    start = 0
    while start < len(lengths):
        stop = int(np.searchsorted(before, before[start] + _LIST_TOKENS, side="right")) - 1
        stop = max(stop, start + 1)
        yield start, stop
        start = stop


def _cells(table: Wanted, frames: Iterable[Frame]) -> Iterator[tuple[Any, Weights]]:
    """Each row is a sentence of the words in its cells."""
    for frame in frames:
        numbers = _numbers(table, frame)
        first = frame.has_header and table.columns == "all"
        for arrays, weights in _rows(table, frame, numbers):
            columns = []
            for number, array in zip(numbers, arrays, strict=True):
                words, spaced = as_words(array, frame.columns[number])
                table.stats.spaced += spaced
                columns.append(words)
            if first:
                _check_header(frame, columns)
                first = False
            some = reduce(pc.or_, map(pc.is_valid, columns))
            _count_dropped(table, "a word", some)
            # Arrow leaves out rows of nulls alone, of a single column: none is left here
            columns = [words.filter(some) for words in columns]
            space = pa.scalar(" ", STRING)
            kept = some.to_numpy(zero_copy_only=False)
            lines = pc.binary_join_element_wise(*columns, space, null_handling="skip")
            yield lines, None if weights is None else weights[kept]


def _numbers(table: Wanted, frame: Frame) -> list[int]:
    """Those of the columns of words; all but the index of pandas, which has no name in CSV."""
    if isinstance(table.columns, list):
        return [place(frame, name) for name in table.columns]
    names = enumerate(frame.columns)
    others = {"", *frame.row_names, table.weight}
    numbers = [number for number, name in names if name not in others]
    if not numbers:
        raise CorpusError(f"{frame.name} has no columns.")
    table.stats.columns = [frame.columns[number] for number in numbers]
    return numbers


def _check_header(frame: Frame, columns: list[Any]) -> None:
    """Refuse names that are words of the rows below them: the first row is one of these."""
    names = frame.columns
    words = pa.concat_arrays([column[:_LOOKED_AT] for column in columns])
    like = (
        all(name.isdigit() for name in names)
        or pc.all(pc.is_in(pa.array(names, STRING), words)).as_py()
    )
    if like or len(set(names)) < len(names):
        raise ConfigError(
            f"{frame.name}: the first row, {listed(names)}, is like those below it, and would be "
            "taken for names of columns. If it is a row of words, say so: --no-header "
            "(header=False); else name the `columns` one by one."
        )


def _texts(table: Wanted, frames: Iterable[Frame]) -> Iterator[tuple[Any, Weights]]:
    """Each cell as it is."""
    assert table.text is not None
    for frame in frames:
        for (cells,), weights in _rows(table, frame, [place(frame, table.text)]):
            texts = as_strings(cells, table.text)
            _count_dropped(table, table.text, pc.is_valid(texts))
            kept = texts.is_valid().to_numpy(zero_copy_only=False)
            yield texts.drop_null(), None if weights is None else weights[kept]
