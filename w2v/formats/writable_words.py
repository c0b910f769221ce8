"""Words that a vector file can hold, and what is said of others."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from w2v.errors import VectorFileError, counted, few, quoted
from w2v.files import PathLike
from w2v.words import LONGEST_WORD

_UNWRITABLE = re.compile(r"[ \t\r\n\0\ud800-\udfff]|\A\Z")  # lone surrogates have no UTF-8
_UNWRITABLE_LINES = re.compile(r"[\t\r\n\0\ud800-\udfff]|\A\Z")  # where a space separates nothing


def refuse_words(path: PathLike, words: Sequence[str], *, spaces: bool) -> None:
    """Raise `VectorFileError` if a word cannot stand in a file, where `spaces` may or may not."""
    pattern = _UNWRITABLE_LINES if spaces else _UNWRITABLE
    bad = [word for word in words if pattern.search(word)]
    if bad:
        some = few(bad, quoted)
        raise VectorFileError(
            f"Cannot write {os.fspath(path)}: {len(bad)} of {counted(len(words), 'word')} cannot "
            f"stand in a vector file, being empty or with a {'' if spaces else 'space, '}tab, line "
            f"break, NUL or lone surrogate in them: {some}. Replace these characters, for instance "
            "by '_'."
        )
    longest = max(words, key=len, default="")
    if 4 * len(longest) > LONGEST_WORD:  # a character has 4 bytes at the most
        longest = max(words, key=lambda word: len(word.encode()))
        if (size := len(longest.encode())) > LONGEST_WORD:
            raise VectorFileError(
                f"Cannot write {os.fspath(path)}: the word {quoted(longest)} has {size:,} bytes, "
                f"and no file of vectors is read whose words have more than {LONGEST_WORD:,}. "
                "Leave it out."
            )


def replace_unwritable(word: str, replacement: str) -> str:
    """A word that every format can hold."""
    return _UNWRITABLE.sub(replacement, word) or replacement
