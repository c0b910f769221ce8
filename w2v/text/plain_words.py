"""Arrays of words as lists, where pyarrow is not installed; see `word_arrays.WordArrays`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.text.number_files import Int32s, Int64s
from w2v.text.word_arrays import Coded, Words


def strings(words: Iterable[str]) -> Words:
    return list(words)


def listed(words: Words) -> list[str]:
    return words  # type: ignore[no-any-return]


def taken(words: Words, ids: NDArray[Any]) -> list[str]:
    return [words[place] for place in ids.tolist()]


def ended_with(words: Words, more: Words) -> Words:
    return words + more


def places(words: Words, among: Words) -> Int32s:
    found = dict(zip(reversed(among), range(len(among) - 1, -1, -1), strict=True))
    return _int32s([found.get(word, -1) for word in words])


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def split(data: bytes) -> tuple[Int32s, Words]:
    lines = [line.split() for line in data.decode().split("\n")]
    return _int32s([*map(len, lines)]), list(chain.from_iterable(lines))


def numbered(arrays: Sequence[Words]) -> Coded:
    return _encoded(chain.from_iterable(arrays))


def unified(arrays: Sequence[Words]) -> tuple[Words, list[Int32s]]:
    known: dict[Any, int] = {}
    found = [_int32s([known.setdefault(word, len(known)) for word in words]) for words in arrays]
    return list(known), found


def cut(
    stretches: Words, known: Mapping[str, str], *, lower: bool, turkish: bool
) -> tuple[Int64s, Coded]:
    tokens = [known[stretch].split() for stretch in stretches]
    sizes = np.fromiter(map(len, tokens), np.int64, len(tokens))
    return sizes, _encoded(chain.from_iterable(tokens))


def tokens(tokens: Sequence[Any] | NDArray[Any]) -> Any:
    if isinstance(tokens, np.ndarray):
        return tokens.tolist()
    if tokens and not isinstance(tokens[0], str):
        return [*map(int, tokens)]
    for token in tokens:
        token.encode()
    return list(tokens)


def coded(tokens: Any) -> Coded:
    ids, found = _encoded(tokens)
    return Coded(ids, [*map(str, found)])


def but(padding: object, tokens: Any) -> NDArray[Any] | None:
    return np.array([token != padding for token in tokens], bool)


def chosen(tokens: Any, kept: NDArray[Any]) -> Any:
    return list(compress(tokens, kept.tolist()))


def place_of(word: str, tokens: Any) -> int:
    return [*map(str, tokens)].index(word)


def lines(words: Words, ids: NDArray[Any], ends: NDArray[Any]) -> str:
    found = taken(words, ids)
    return "\n".join(" ".join(found[start:end]) for start, end in pairwise(ends.tolist()))


def release_memory() -> None:
    pass


def _encoded(words: Iterable[Any]) -> Coded:
    known: dict[Any, int] = {}
    ids = _int32s([known.setdefault(word, len(known)) for word in words])
    return Coded(ids, list(known))


def _int32s(numbers: list[int]) -> Int32s:
    return np.array(numbers, np.int32)
