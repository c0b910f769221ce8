"""A score of one's own: a function of the counts of a pair, and how a file names it."""

from __future__ import annotations

import sys
from inspect import signature
from types import FunctionType
from typing import Any, Protocol

from w2v.errors import ConfigError

SCORER_ARGUMENTS = (
    *("worda_count", "wordb_count", "bigram_count", "len_vocab", "min_count"),
    "corpus_word_count",
)


class Scorer(Protocol):
    """What makes a number of the counts of a pair; each of them is given by its name.

    Parameters
    ----------
    worda_count, wordb_count : int    How often its first and its last word occur.
    bigram_count : int                How often it occurs.
    len_vocab : int                   Different words and different pairs, together.
    min_count : int
    corpus_word_count : int           Words of the text, repeated ones too.
    """

    def __call__(
        self,
        *,
        worda_count: int,
        wordb_count: int,
        bigram_count: int,
        len_vocab: int,
        min_count: Any,
        corpus_word_count: int,
    ) -> float: ...


def check_scorer(function: Scorer) -> None:
    """Refuse a function that does not take the arguments of a `Scorer`.

    Raises
    ------
    ConfigError
        It does not; the message says why.
    """
    try:
        parameters = signature(function)
    except ValueError:  # of some functions that are compiled nothing is known
        return
    try:
        parameters.bind(**dict.fromkeys(SCORER_ARGUMENTS, 1))
    except TypeError as error:
        raise ConfigError(
            "A `scoring` function is given, by their names, "
            f"{', '.join(SCORER_ARGUMENTS)}; this one does not take them: {error}."
        ) from None


def scorer_name(function: Scorer) -> str:
    """The module and the name a function is found by, ``module:name``.

    Raises
    ------
    ConfigError
        It is not found so: it is a lambda, say, or stands inside a function.
    """
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    if _found(name) is not function:
        raise ConfigError(
            "A file can only name a `scoring` function that is defined with `def` at the top of a "
            f"module, and names all of its arguments; not {function!r:.80}."
        )
    return name


def scorer_named(name: str) -> Scorer:
    """The function that `scorer_name` named. No module is imported for that: a file runs no code.

    Raises
    ------
    ConfigError
        There is no such function, or its module was not imported yet.
    """
    if (found := _found(name)) is None:
        raise ConfigError(
            f"the scoring function {name!r} is not there. Import the module that defines it first."
        )
    return found


def _found(name: str) -> Scorer | None:
    """A function that has all the arguments of a `Scorer`, and not just any; or None."""
    module, _, attribute = name.partition(":")
    found = getattr(sys.modules.get(module), attribute, None)
    if isinstance(found, FunctionType) and set(SCORER_ARGUMENTS) <= {*signature(found).parameters}:
        return found
    return None
