"""What a word is, for texts, vocabularies and files of vectors alike."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import TypeGuard

LONGEST_WORD = 1 << 20
"""Bytes of UTF-8: more is no word, but a sign of a file that is something else."""


def as_words(keys: Iterable[object]) -> tuple[str, ...]:
    """Words as they are; integers, such as the ids of items, in decimal.

    Raises
    ------
    TypeError
        A key is something else, such as None, bytes or a float.
    """
    words = tuple(keys)
    if set(map(type, words)) <= {str}:
        return words  # type: ignore[return-value]
    return tuple(map(_as_word, words))


def is_whole_number(value: object) -> TypeGuard[Integral]:
    """Whether it is an integer of Python or NumPy; a truth value is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _as_word(key: object) -> str:
    if isinstance(key, str):
        return str(key)  # NumPy's strings too
    if is_whole_number(key):
        return str(int(key))
    raise TypeError(
        f"A word must be a str, or an integer (which becomes its decimal), got {key!r:.60} of type "
        f"{type(key).__name__}. Convert it by str() or bytes.decode() first."
    )
