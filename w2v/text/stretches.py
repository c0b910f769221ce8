"""Bytes of text files, cut at white space: decoded by whoever takes them, on any thread.

Who reads does no more than find a place to cut. What is in a stretch depends on nothing before it,
but for the number of its first line, which is known once all before it was decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from w2v.errors import CorpusError
from w2v.files import HEAD_BYTES, refuse_foreign
from w2v.text.arrow_or_not import word_arrays

TABLES = {  # how they begin
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\xff\xff\xff\xff": "stream",  # of Arrow, with a schema first
}

_BYTE_ORDER_MARK = "\ufeff"  # also where files with one were put together
_MARK = _BYTE_ORDER_MARK.encode()
WHITE_SPACE = re.compile(  # what is white space for `str.split`, in UTF-8
    rb"[\t-\r\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]"
    rb"|\xe2\x81\x9f|\xe3\x80\x80"
)


class TextFile:
    """A text file that is being read.

    Attributes
    ----------
    name : str                    What messages call it.
    lines : int                   That ended in what was decoded of it so far, front to back.
    """

    def __init__(self, name: str, lines: int = 0) -> None:
        self.name = name
        self.lines = lines


class Stretch(NamedTuple):
    """Some of a file, up to white space or the end of the file."""

    file: TextFile
    data: bytes
    begins: bool
    """Whether the file begins here."""
    end: str
    """What is to be added: a newline where the file ends without one."""


class TextError(Exception):
    """Some bytes are no text; which line they are in is known relative to their stretch."""

    def __init__(self, file: TextFile, lines: int, what: str) -> None:
        super().__init__(what)
        self.file, self.lines, self.what = file, lines, what

    def error(self) -> CorpusError:
        """What to raise when all before the stretch was decoded."""
        return CorpusError(
            f"{self.file.name}, line {self.file.lines + self.lines + 1}: {self.what}"
        )


def cut(
    blocks: Iterable[bytes],
    file: TextFile,
    size: int,
    longest: int,
    *,
    begins: bool = True,
    ends: bool = True,
) -> Iterator[Stretch]:
    """Stretches of some `size` bytes; larger where a word is, which is then refused if too long.

    Parameters
    ----------
    blocks : iterable of bytes    The file; none is empty.
    longest : int                 Bytes that a word may have.
    begins, ends : bool           Whether the file does, where they begin and end.
    """
    held: list[bytes] = []
    have, wanted = 0, size
    is_open = False
    for block in blocks:
        if have >= wanted:  # and this is not the end
            data, rest = _parted(held)
            if not data and len(rest) > longest:
                data, rest = rest, b""
            if data:
                is_open = _is_open(data, is_open)
                yield Stretch(file, data, begins, "")
                begins = False
            held, have = [rest], len(rest)
            wanted = max(size, 2 * have)
        held.append(block)
        have += len(block)
    if have:
        data = b"".join(held)
        yield Stretch(file, data, begins, "\n" if ends and _is_open(data, is_open) else "")


def text_of(stretch: Stretch, errors: str, longest: int) -> str:
    """The text of a stretch, without byte order marks.

    Raises
    ------
    TextError
        A byte is no UTF-8, or NUL, or a word has more than `longest` bytes.
    CorpusError
        The file is something else.
    """
    file, data = stretch.file, stretch.data
    _check_beginning(stretch)
    if (place := data.find(b"\0")) >= 0:
        raise TextError(
            file,
            data.count(b"\n", 0, place),
            "there is a NUL byte, which no text holds; this looks like a binary file. Give plain "
            "UTF-8 text.",
        )
    try:
        text = data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise TextError(
            file,
            data.count(b"\n", 0, error.start),
            f"the byte 0x{data[error.start]:02x} is not valid UTF-8 ({error.reason}). Convert the "
            "file to UTF-8, or pass errors='replace' (--errors replace) to go on with U+FFFD in "
            "place of such bytes, or 'ignore' to go on without them.",
        ) from error
    if (place := _long_word(data, longest)) >= 0:
        raise TextError(
            file,
            data.count(b"\n", 0, place),
            f"more than {longest:,} bytes without white space. Words must be separated by white "
            "space; is this a text file?",
        )
    return text.replace(_BYTE_ORDER_MARK, "") + stretch.end


def utf8_of(stretch: Stretch, errors: str, longest: int) -> bytes:
    """The same in UTF-8, and without Python's lock where it is plain."""
    data = stretch.data
    _check_beginning(stretch)
    if b"\0" in data or not word_arrays().is_utf8(data) or _long_word(data, longest) >= 0:
        return text_of(stretch, errors, longest).encode()
    if _MARK[:1] in data and _MARK in data:
        data = data.replace(_MARK, b"")
    return data + stretch.end.encode() if stretch.end else data


def _check_beginning(stretch: Stretch) -> None:
    if not stretch.begins:
        return
    head, name = stretch.data[:HEAD_BYTES], stretch.file.name
    refuse_foreign(head, name, "plain text", CorpusError)
    if head.startswith(tuple(TABLES)):
        raise CorpusError(
            f"{name} is a table, and no text. Say which of its columns hold the words: "
            "--group and --token, --columns, or --text (in a program by w2v.Table)."
        )


def _parted(held: list[bytes]) -> tuple[bytes, bytes]:
    """All up to the last white space, and what is left."""
    *before, last = held
    if not (place := _last_space(last)):
        before, last = [], b"".join(held)
        place = _last_space(last)
    return b"".join([*before, memoryview(last)[:place]]) if place else b"", last[place:]


def _last_space(data: bytes) -> int:
    """Where the last white space ends, or 0."""
    width = 64
    while True:
        start, end = max(0, len(data) - width), 0
        for space in WHITE_SPACE.finditer(data, start):
            end = space.end()
        if end or not start:
            return end
        width *= 16


def _long_word(data: bytes, longest: int) -> int:
    """Where a word of more than `longest` bytes begins, or -1: it fills one of these parts."""
    part = max(1, longest // 2)
    for start in range(0, len(data) - part, part) if len(data) > longest else ():
        if not WHITE_SPACE.search(data, start, start + part):
            begin = _last_space(data[: start + 2])
            space = WHITE_SPACE.search(data, begin)
            if (space.start() if space else len(data)) - begin > longest:
                return begin
    return -1


def _is_open(data: bytes, before: bool) -> bool:
    """Whether a line goes on at the end, where `before` says so of what comes before."""
    end = len(data)
    while data.endswith(_MARK, 0, end):
        end -= len(_MARK)
    return data[end - 1] != ord("\n") if end else before
