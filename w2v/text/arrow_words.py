"""Arrays of words by Arrow, which lets threads run side by side; see `word_arrays.WordArrays`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from w2v.text.number_files import Int32s, Int64s
from w2v.text.word_arrays import Coded, Words
from w2v.words import is_whole_number

_STRING = pa.large_string()  # the words of all parts may take more than 2 GiB
_DECIMALS = pa.string()  # of integers beyond 64 bits, which are told from text by that


def strings(words: Iterable[str]) -> Words:
    """Put together here, as other things below: before Arrow makes an array of what is none, or a
    scalar, it imports pandas, if that is installed, which takes a quarter of a second.
    """
    words = words if isinstance(words, Sequence) else list(words)
    text = "".join(words)
    data = text.encode()
    sizes = map(len, words if len(data) == len(text) else map(str.encode, words))
    ends = np.zeros(len(words) + 1, np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, len(words)), out=ends[1:])
    return _large_strings(ends, data)


def listed(words: Words) -> list[str]:
    return words.to_pylist()  # type: ignore[no-any-return]


def taken(words: Words, ids: NDArray[Any]) -> list[str]:
    return listed(words.take(_int32s(ids.astype(np.int32, copy=False))))


def ended_with(words: Words, more: Words) -> Words:
    return pa.concat_arrays([words, more])


def places(words: Words, among: Words) -> Int32s:
    found = pc.index_in(words, among)
    return _as_numpy(found.fill_null(_int32s(np.full(1, -1, np.int32))[0]))


def is_utf8(data: bytes) -> bool:
    try:
        _one_text(data).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def split(data: bytes) -> tuple[Int32s, Words]:
    empty, null = strings([""])[0], pa.nulls(1, _STRING)[0]
    zero = _int32s(np.zeros(1, np.int32))[0]
    lines = pc.split_pattern(_one_text(data), "\n").flatten()
    lines = pc.utf8_trim_whitespace(lines)  # splitting leaves empty words at both ends
    lines = pc.if_else(pc.equal(lines, empty), null, lines)  # and one in an empty line
    words = pc.utf8_split_whitespace(lines)
    return _as_numpy(pc.list_value_length(words).fill_null(zero)), words.flatten()


def numbered(arrays: Sequence[Words]) -> Coded:
    if len(some := [one for one in arrays if len(one)]) < 2:
        return _encoded((some or arrays)[0])
    chunks = pa.chunked_array(some).dictionary_encode().chunks  # with one dictionary
    indices = pa.concat_arrays([chunk.indices for chunk in chunks])
    return Coded(_as_numpy(indices), chunks[-1].dictionary)


def unified(arrays: Sequence[Words]) -> tuple[Words, list[Int32s]]:
    own = [_int32s(np.arange(len(words), dtype=np.int32)) for words in arrays]
    merged = pa.chunked_array(map(pa.DictionaryArray.from_arrays, own, arrays))
    chunks = merged.unify_dictionaries().chunks
    return chunks[-1].dictionary, [_as_numpy(chunk.indices) for chunk in chunks]


def cut(
    stretches: Words, known: Mapping[str, str], *, lower: bool, turkish: bool
) -> tuple[Int64s, Coded]:
    """Of those that are letters and digits of ASCII nothing is cut; Arrow lowers them."""
    plain = pc.and_(pc.ascii_is_alnum(stretches), not turkish)
    others = stretches.filter(pc.invert(plain)).to_pylist()
    found = pa.array([known[stretch] or None for stretch in others], _STRING)
    whole = pc.ascii_lower(stretches) if lower else stretches
    tokens = pc.split_pattern(pc.replace_with_mask(whole, pc.invert(plain), found), " ")
    sizes = pc.list_value_length(tokens).fill_null(0).to_numpy().astype(np.int64)
    return sizes, _encoded(tokens.flatten())


def tokens(tokens: Sequence[Any] | NDArray[Any]) -> Any:
    if isinstance(tokens, np.ndarray):
        found = pa.array(tokens.astype(tokens.dtype.newbyteorder("="), copy=False))
        return found if tokens.dtype.kind != "U" else found.cast(_STRING)
    if not tokens or isinstance(tokens[0], str):
        return pa.array(tokens, _STRING)
    try:
        return pa.array(tokens, pa.int64())
    except (pa.ArrowException, OverflowError, TypeError):  # beyond 64 bits, or an integer of others
        return pa.array(map(str, map(int, tokens)), _DECIMALS)


def coded(tokens: Any) -> Coded:
    found = tokens.dictionary_encode()
    return Coded(_as_numpy(found.indices), found.dictionary.cast(_STRING))


def but(padding: object, tokens: Any) -> NDArray[Any] | None:
    if tokens.type == _DECIMALS and is_whole_number(padding):
        padding = str(padding)
    try:
        kept = pc.not_equal(tokens, pa.scalar(padding, tokens.type))
    except (pa.ArrowException, OverflowError, TypeError):  # none of them can be that
        return None
    return kept.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def chosen(tokens: Any, kept: NDArray[Any]) -> Any:
    return tokens.filter(pa.array(kept))


def place_of(word: str, tokens: Any) -> int:
    return pc.index(tokens, pa.scalar(word).cast(tokens.type)).as_py()  # type: ignore[no-any-return]


def lines(words: Words, ids: NDArray[Any], ends: NDArray[Any]) -> str:
    lists = pa.LargeListArray.from_arrays(pa.array(ends), words.take(pa.array(ids)))
    return "\n".join(pc.binary_join(lists, pa.scalar(" ", _STRING)).to_pylist())


def release_memory() -> None:
    pa.default_memory_pool().release_unused()


def _one_text(data: bytes) -> Any:
    """Of all the bytes, not copied."""
    return _large_strings(np.array([0, len(data)], np.int64), data)


def _large_strings(ends: Int64s, data: bytes) -> Any:
    """An array of UTF-8 that stands end to end, not copied; where each of N ends, after a 0."""
    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


def _int32s(numbers: Int32s) -> Any:
    """An array of NumPy's, not copied."""
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])


def _as_numpy(numbers: Any) -> NDArray[Any]:
    """NumPy's array of numbers without null, not copied."""
    dtype = np.dtype(str(numbers.type))
    if not len(numbers):
        return np.zeros(0, dtype)
    return np.frombuffer(numbers.buffers()[1], dtype, len(numbers), dtype.itemsize * numbers.offset)


def _encoded(array: Any) -> Coded:
    found = array.dictionary_encode()
    return Coded(_as_numpy(found.indices), found.dictionary)
