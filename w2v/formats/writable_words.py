"""Words that a vector file can hold, and what is said of others."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from w2v.errors import VectorFileError, counted, few, quoted
from w2v.files import PathLike
from w2v.words import LONGEST_WORD

_UNWRITABLE = {  # lone surrogates have no UTF-8
    "lines": (" \t\r\n\0", "space, tab, line break, NUL"),
    "columns": ("\t\r\n\0", "tab, line break, NUL"),
    "arrays": ("\n", "line break"),
}
_PATTERNS = {
    kind: re.compile(rf"[{signs}\ud800-\udfff]|\A\Z") for kind, (signs, _) in _UNWRITABLE.items()
}


def refuse_words(path: PathLike, words: Sequence[str], kind: str) -> None:
    """Raise `VectorFileError` if a word cannot stand in a file of a kind: lines, columns, arrays.

    In lines a word ends at a space, in columns at a tab, and in arrays at a line feed.
    """
    pattern = _PATTERNS[kind]
    bad = [word for word in words if pattern.search(word)]
    if bad:
        some = few(bad, quoted)
        in_none = any(map(_PATTERNS["arrays"].search, bad))
        more = "" if in_none else ", or write .npz, which keeps them"
        raise VectorFileError(
            f"Cannot write {os.fspath(path)}: {len(bad)} of {counted(len(words), 'word')} cannot "
            f"stand in a vector file, being empty or with a {_UNWRITABLE[kind][1]} or lone "
            f"surrogate in them: {some}. Replace these characters, for instance by '_'{more}."
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
    return _PATTERNS["lines"].sub(replacement, word) or replacement
