"""What a key is, what is said of one that is unknown, and of names that are gone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NoReturn

import numpy as np

from w2v.errors import UnknownWordError, counted
from w2v.queries import unknown_words

Key = Hashable
"""A word, a number, a tuple: whatever a dict takes."""

KEYS = (str, int, np.integer)
"""What is a single key wherever a list of keys may stand too."""


class Gone:
    """A name of gensim 3, which says what it is called since gensim 4."""

    def __init__(self, advice: str) -> None:
        self._advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise AttributeError(f"`{self._name}` went with gensim 3; {self._advice}.")

    def __set__(self, instance: object, value: object) -> NoReturn:
        self.__get__(instance, type(instance))


class UnknownKeyError(UnknownWordError):
    """A key that has no vector; near spellings are looked for when the message is read."""

    def __init__(self, key: object, keys: Sequence[object]) -> None:
        super().__init__(key)
        self._key, self._keys = key, keys

    def __str__(self) -> str:
        if isinstance(self._key, str):
            return unknown_words([self._key], [key for key in self._keys if isinstance(key, str)])
        return f"The key {self._key!r:.60} is not among the {counted(len(self._keys), 'key')}."

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownWordError, (str(self),)
