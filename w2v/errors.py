"""Everything that can go wrong for a user, in words.

The library raises these; only the command line turns them into an exit code.
A message says what is wrong and its value, what was expected, and what to do.
Mistakes of the calling program stay `TypeError` and `ValueError`.
"""

import errno
import itertools
import os
import sys
import warnings
from collections.abc import Callable, Collection
from typing import TypeVar

_Item = TypeVar("_Item")
_LONGEST_SHOWN = 60  # characters of a word in a message
NO_THREADS = (
    "No more threads can be started: the limit of processes (ulimit -u) or of memory (ulimit -v) "
    "is reached. Raise it."
)
"""What is said where the system starts no thread."""
_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


class W2VError(Exception):
    """Root of all errors a user can cause or meet."""


class ConfigError(W2VError, ValueError):
    """An option, or a combination of options, that cannot be trained."""


class CorpusError(W2VError):
    """Text that cannot be read, decoded or counted."""


class VectorFileError(W2VError):
    """A vector file that is missing, cut short or foreign, or words that no such file can hold."""


class ModelFileError(W2VError):
    """A saved model that is missing, cut short, foreign or of a later version."""


class CheckpointError(W2VError):
    """A checkpoint that is missing, damaged or of another run than the one that is to go on."""


class OutputError(W2VError):
    """A file that cannot be written."""


class EvaluationError(W2VError):
    """A file of analogies or word pairs that is missing, empty or malformed."""


class PictureError(W2VError):
    """A picture that cannot be drawn: of unknown words, in an unknown format, without a library."""


class UnknownWordError(W2VError, KeyError):
    """A word that has no vector."""

    __str__ = Exception.__str__  # KeyError would print the message in quotes


class QueryError(W2VError, ValueError):
    """A question about vectors that has no answer."""


class BackendError(W2VError):
    """A backend that cannot be had; `state` says in two words why."""

    def __init__(self, message: str, state: str = "unknown") -> None:
        super().__init__(message)
        self.state = state


class TrainingError(W2VError):
    """Training that cannot go on, such as a loss that is not a number."""


class NothingToLearnError(TrainingError):
    """No word has another near it, or there is one word only."""


class TrainingWarning(UserWarning):
    """Training that has learnt little or nothing, or cannot."""


def ran_out(error: BaseException) -> str:
    """A sentence on what this process may have no more of; empty for any other error.

    That is memory, threads, open files, and room for a library: what limits of a process
    (`ulimit -a`) or of a container end.
    """
    text = str(error).rstrip(".")
    if isinstance(error, MemoryError):
        return f"Not enough memory{text and f': {text}'}."
    if isinstance(error, RuntimeError) and "start new thread" in text:
        return NO_THREADS
    if isinstance(error, ImportError) and ("shared object" in text or "DLL load" in text):
        return f"A library cannot be loaded: {text}. Is memory limited (ulimit -v)?"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return f"Cannot go on: {error.strerror}."
    return ""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, at the line outside of this package that led here."""
    inside = os.path.join(os.path.dirname(__file__), "")
    level, frame = 1, sys._getframe()
    while frame.f_code.co_filename.startswith(inside) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def quoted(word: str) -> str:
    """A word as messages show it: in quotes, escaped, and not endless."""
    return repr(word[:_LONGEST_SHOWN] + "..." * (len(word) > _LONGEST_SHOWN))


def few(items: Collection[_Item], shown: Callable[[_Item], str]) -> str:
    """The first five, each as `shown`, and whether there are more."""
    return ", ".join(map(shown, itertools.islice(items, 5))) + ", ..." * (len(items) > 5)


def counted(count: int, noun: str) -> str:
    """A number and its noun: 1 word, 2,000 words."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def in_units(size: int) -> str:
    """Bytes for people: 1.5 GiB."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
