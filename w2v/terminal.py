"""Text that is shown to a person: nothing in it may steer the terminal.

Words, names of files and columns, and what errors quote come from files of others. Written as they
are, some set the title or the clipboard of a terminal, wipe lines, or forge them.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import Any

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls, escape sequences among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the direction of what follows
    "\u2028\u2029\ud800-\udfff]"  # begin a line; what is no character
)


def shown(text: str) -> str:
    r"""Text on one line, with ``\x1b`` for an escape and ``\n`` for the end of a line.

    Characters that join or part letters (U+200B to U+200D) stay: words of Persian, Hindi and Khmer
    have them, and all they can do is to be unseen.
    """
    return _STEERING.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def lines_shown(text: str) -> str:
    """The same of text with lines and tabs of its own."""
    return _STEERING.sub(lambda found: found[0] if found[0] in "\n\t" else _escaped(found), text)


class Terminal:
    """A terminal to write to, which is steered by nothing that is written; else as it was."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.buffer = _Bytes(stream) if hasattr(stream, "buffer") else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        self.stream.write(lines_shown(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)


class _Bytes(io.RawIOBase):
    """The same for UTF-8, as texts are written."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        number: int = self._stream.fileno()
        return number

    def isatty(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = self._decoder.decode(bytes(data))
        self._stream.write(lines_shown(text))
        return len(data)

    def flush(self) -> None:
        self._stream.flush()
