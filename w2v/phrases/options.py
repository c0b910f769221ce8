"""Options of `Phrases`, checked."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from w2v.errors import ConfigError
from w2v.text import is_word


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """An integer of Python or NumPy in these bounds; raises `ConfigError`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ConfigError(f"`{name}` must be a whole number, got {value!r}.") from None
    if number < least:
        raise ConfigError(f"`{name}` must be at least {least}, got {number}.")
    if most is not None and number > most:
        raise ConfigError(f"`{name}` must be at most {most}, got {number}.")
    return number


def connectors(words: Iterable[str]) -> tuple[str, ...]:
    """Connector words, each once; raises `ConfigError`."""
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise ConfigError(f"`connector_words` must be a list of words, got {words!r:.60}.")
    unique = tuple(dict.fromkeys(words))
    for word in unique:
        if not isinstance(word, str) or not is_word(word):
            raise ConfigError(f"`connector_words` must be words without space, got {word!r}.")
    return unique
