"""A part of a text as numbers: what everything that is read becomes, text, lists and arrays alike.

Arrow is imported by who is called: that takes a while, and most commands need none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2v.text.number_files import Int32s, Int64s

Part = tuple[Int32s, Any]
"""Words of each line, the last of which goes on in the next part; all words, as an Arrow array with
a dictionary of its own."""


def strings(words: Iterable[str]) -> Any:
    """An Arrow array; the words of all parts may take more than 2 GiB.

    Put together here, as other things below: before Arrow makes an array of what is none, or a
    scalar, it imports pandas, if that is installed, which takes a quarter of a second.
    """
    words = words if isinstance(words, Sequence) else list(words)
    text = "".join(words)
    data = text.encode()
    sizes = map(len, words if len(data) == len(text) else map(str.encode, words))
    ends = np.zeros(len(words) + 1, np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, len(words)), out=ends[1:])
    return large_strings(ends, data)


def large_strings(ends: Int64s, data: bytes) -> Any:
    """An Arrow array of valid UTF-8 that stands end to end, not copied.

    Parameters
    ----------
    ends : int64 (N + 1,)         Where each of N texts ends, after a 0.
    data : bytes
    """
    import pyarrow as pa

    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


def int32s(numbers: Int32s) -> Any:
    """An Arrow array of NumPy's, not copied."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])


def as_numpy(numbers: Any) -> NDArray[Any]:
    """NumPy's array of an Arrow array of numbers without null, not copied."""
    dtype = np.dtype(str(numbers.type))
    if not len(numbers):
        return np.zeros(0, dtype)
    return np.frombuffer(numbers.buffers()[1], dtype, len(numbers), dtype.itemsize * numbers.offset)


def numbered(words: Sequence[Any]) -> Any:
    """Arrow arrays of words, one after the other, as one that has a dictionary."""
    import pyarrow as pa

    if len(some := [one for one in words if len(one)]) < 2:
        return (some or words)[0].dictionary_encode()
    chunks = pa.chunked_array(some).dictionary_encode().chunks  # with one dictionary
    indices = pa.concat_arrays([chunk.indices for chunk in chunks])
    return pa.DictionaryArray.from_arrays(indices, chunks[-1].dictionary)


def end_to_end(lengths: Sequence[Int32s]) -> Int32s:
    """Lengths of the lines of several parts, the last of each goes on in the next part."""
    found = np.concatenate(lengths)
    firsts = np.cumsum([len(some) for some in lengths])[:-1]
    for first in firsts.tolist():
        found[first] += found[first - 1]
    return np.delete(found, firsts - 1)


def part_of(lengths: ArrayLike, tokens: Any) -> Part:
    """Tokens as a part; of whole numbers each different one becomes text once.

    Parameters
    ----------
    lengths : int (lines + 1,)    The last is 0 where no line goes on.
    tokens : Arrow array          Text or integers, without null.
    """
    import pyarrow as pa

    coded = tokens.dictionary_encode()
    words = coded.dictionary.cast(pa.large_string())
    return np.asarray(lengths, np.int32), pa.DictionaryArray.from_arrays(coded.indices, words)


def without(padding: object, lengths: ArrayLike, tokens: Any) -> tuple[NDArray[np.int64], Any]:
    """(lengths, tokens) where what is padding is left out, wherever it stands."""
    import pyarrow as pa
    from pyarrow import compute as pc

    lengths = np.asarray(lengths, np.int64)
    try:
        kept = pc.not_equal(tokens, pa.scalar(padding, tokens.type))
    except (pa.ArrowException, OverflowError, TypeError):  # none of them can be that
        return lengths, tokens
    before = np.concatenate([[0], kept.to_numpy(zero_copy_only=False).cumsum()])
    bounds = np.concatenate([[0], lengths.cumsum()])
    return np.diff(before[bounds]), tokens.filter(kept)


def first_negative(words: Any) -> str | None:
    """The first of some whole numbers, as text, that is below 0."""
    from pyarrow import compute as pc

    below = words.filter(pc.starts_with(words, "-"))
    return below[0].as_py() if len(below) else None


def place_of(word: str, tokens: Any) -> int:
    """Where a word first stands among tokens, text or integers."""
    import pyarrow as pa
    from pyarrow import compute as pc

    return pc.index(tokens, pa.scalar(word).cast(tokens.type)).as_py()  # type: ignore[no-any-return]
