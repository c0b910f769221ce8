"""word2vec binary: a header line, then for each row the word, a space, and D float32.

word2vec.c writes a newline after each vector, gensim and the files of Google do not; a newline may
also begin a number, so only the bytes where a word must begin tell. Rows are as long as their words
are, so that no later row can be found without those before, and nothing can be memory-mapped.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from w2v.errors import counted, quoted
from w2v.formats.byte_source import Source, Window
from w2v.formats.row_memory import Rows, touch
from w2v.formats.table import Matrix, Progress, Table
from w2v.words import LONGEST_WORD

_ODD = re.compile(rb"[\0-\x1f\x7f]")  # in no word
_LOOKED_AT = 32  # bytes of the numbers of a row
_BEHIND_SPACE = 256  # bytes of a word that are looked for among the numbers
_MOSTLY = 0.75  # of the numbers of a row, at the least
_PLAUSIBLE = (1e-6, 1e4)  # sizes of numbers in vectors, zero apart
_WILD = (1e-12, 1e12)  # beyond these they never are


def write_binary(
    handle: BinaryIO, table: Table, progress: Progress | None = None, header: int | None = None
) -> None:
    """Write a newline after each vector, as word2vec.c does and old readers require.

    header : int, optional    Rows it announces; 0 for none. [those of the table]
    """
    if header != 0:
        handle.write(b"%d %d\n" % (header or len(table.matrix), table.matrix.shape[1]))
    for rows in table.batches():
        words, numbers = table.words[rows], table.matrix[rows].astype("<f4", copy=False)
        pairs = zip(words, numbers, strict=True)
        handle.write(b"".join([b"%b %b\n" % (word.encode(), row.tobytes()) for word, row in pairs]))
        if progress is not None:
            progress(rows.stop, len(table.words))


def read_binary(source: Source, count: int, dim: int, start: int) -> Table:
    """Read `count` rows of `dim` numbers that begin at byte `start`; see `formats.read_vectors`."""
    from concurrent.futures import Future, ThreadPoolExecutor

    announced = f"its header announces {counted(count, 'row')} of {counted(dim, 'number')}."
    limited = source.limit is not None and source.limit < count
    count = min(count, source.limit or count)
    width = 4 * dim
    matrix = Rows(dim, 0 if source.size is None else min(count, source.size // width + 1))
    window = Window(source, start)
    words: list[str] = []
    used = 0
    with ThreadPoolExecutor(1) as copier:  # copies the numbers found while the search goes on
        copied: Future[None] | None = None
        while len(words) < count:
            more = window.move(used)
            raws, places, used = _scan(window, width, count - len(words))
            _refuse_spaces(source, window, width, raws, places, len(words))
            words += _words(source, raws, len(words), announced)
            if not places:
                _check_more(source, window, width, more, len(words) + 1, announced)
            if copied is not None:
                copied.result()  # before the next move overwrites what it copies
            rows = matrix.take(len(places))
            copied = copier.submit(_copy, window.data, window.have, places, rows)
    if not limited and (left := _left_over(window, used)):
        raise source.fail(f"row {count + 1}", f"{counted(left, 'byte')} left over, but {announced}")
    return Table(words, matrix.finish(), None, "word2vec binary", source.compression)


def _scan(window: Window, width: int, most: int) -> tuple[list[bytearray], list[int], int]:
    """Find the rows that are in a window whole.

    Returns
    -------
    raws : list of bytearray
        Words, with the newlines before them.
    places : list of int
        Where their numbers begin.
    used : int
        Where the next row begins.
    """
    raws: list[bytearray] = []
    places: list[int] = []
    data = window.data
    last = max(0, window.have - width)  # no space from here on has its numbers behind it
    at = 0
    for _ in range(most):
        space = data.find(b" ", at, last)
        if space < 0:
            break
        raws.append(data[at:space])
        space += 1
        places.append(space)
        at = space + width
    return raws, places, at


def _refuse_spaces(
    source: Source, window: Window, width: int, raws: list[bytearray], places: list[int], done: int
) -> None:
    """Refuse a word with a space, which would give two rows of garbage.

    gensim writes such words. The rest of the word would be read as numbers, all numbers of the row
    from wrong places, and as many bytes of them as the next word: mostly no UTF-8, but now and then
    a key that nobody would notice. Such a row begins with a number of a size that vectors never
    have (the space is the high byte of one, or the numbers are cut at the wrong bytes). It is
    refused if more of its numbers are of usual sizes when they are read from behind a later space,
    and a word follows then (4 numbers or more, or there is too little to tell).
    """
    looked = min(width, _LOOKED_AT)
    if width < 16 or not places:
        return
    begins = np.ndarray((window.have - looked + 1,), (np.void, looked), window.data, strides=(1,))
    numbers = begins[places].view("<f4").reshape(len(places), -1)
    wild = np.flatnonzero((~_within(numbers, _WILD)).any(axis=1)).tolist()
    if not wild:
        return
    ended = [window.data.startswith(b"\n", place + width) for place in places]
    newlines = 2 * sum(ended) > len(ended)
    for at in wild:
        place = places[at]
        if newlines and ended[at]:
            continue  # the row ends where it should, as others do
        as_read = _usual(window, place, width)
        space = place - 1
        while (space := window.data.find(b" ", space + 1, place + _BEHIND_SPACE)) >= 0:
            rest = window.data[place:space]
            if _ODD.search(rest):
                break
            behind = _usual(window, space + 1, width)
            if behind > as_read and behind >= _MOSTLY and _word_follows(window, space + 1 + width):
                word = bytes(raws[at] + b" " + rest).lstrip(b"\n").decode(errors="replace")
                reason = f"the word {quoted(word)} has a space, which a binary file cannot hold."
                raise source.fail(
                    f"row {done + at + 1}",
                    f"{reason} Write it as text, or with another character for the space.",
                )


def _usual(window: Window, begin: int, width: int) -> float:
    """Share of the numbers from some byte on, as far as is in sight, that have usual sizes."""
    numbers = window.data[begin : min(begin + width, window.have)]
    sizes = np.frombuffer(numbers, "<f4", len(numbers) // 4)
    return float(_within(sizes, _PLAUSIBLE).mean()) if len(sizes) >= 4 else 0.0


def _word_follows(window: Window, begin: int) -> bool:
    """Whether a word begins at some byte, or the end of what is in sight."""
    found = bytes(window.data[begin : min(begin + _BEHIND_SPACE, window.have)]).lstrip(b"\n")
    word, space, _ = found.partition(b" ")
    try:
        word.decode() if space else word[:-4].decode()  # the end may cut a character
    except UnicodeDecodeError:
        return False
    return not _ODD.search(word)


def _within(numbers: Matrix, sizes: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """Whether numbers are zero or of such sizes; NaN and infinity are not."""
    found = np.abs(numbers)
    within: npt.NDArray[np.bool_] = ((found >= sizes[0]) & (found <= sizes[1])) | (found == 0)
    return within


def _copy(data: bytearray, have: int, places: list[int], rows: Matrix) -> None:
    """Copy numbers that begin at `places` to rows; mostly without Python's lock."""
    if places:
        touch(rows)
        row = np.dtype((np.void, 4 * rows.shape[1]))
        everywhere = np.ndarray((have - row.itemsize + 1,), row, data, strides=(1,))
        rows.view(row)[:, 0] = everywhere[places]  # np.take would copy all of `everywhere`


def _check_more(
    source: Source, window: Window, width: int, more: bool, row: int, announced: str
) -> None:
    """Refuse a window in which no row is whole, unless a larger one may help."""
    where = f"row {row}"
    if window.have - width > LONGEST_WORD and window.data.find(b" ", 0, LONGEST_WORD) < 0:
        found = f"no word where one should begin: no space in {counted(LONGEST_WORD, 'byte')}"
        raise source.fail(where, f"{found}. The file may be damaged; {announced}")
    if not more:
        raise source.cut_short(where, f"the file ends in this row, {announced}")


def _words(source: Source, raws: list[bytearray], done: int, announced: str) -> list[str]:
    """Decode words, all at once if nothing is wrong with any."""
    if not raws:
        return []
    joined = b" " + b" ".join(raws)
    while b" \n" in joined:
        joined = joined.replace(b" \n", b" ")
    if b"\n" not in joined and b"\0" not in joined:
        try:
            return joined[1:].decode(source.encoding, source.errors).split(" ")
        except UnicodeDecodeError:
            pass  # the loop says where
    words = []
    for row, raw in enumerate(raws, done + 1):
        word, where = bytes(raw).lstrip(b"\n"), f"row {row}"
        if b"\n" in word or b"\0" in word:
            odd = "line break" if b"\n" in word else "NUL character"
            found = f"no word where one should begin: there is a {odd} in {word[:40]!r}"
            cause = "The file may be damaged, or an earlier word has a space"
            raise source.fail(where, f"{found}. {cause}; {announced}")
        words.append(
            source.decode(
                word, where, f" Or the file is damaged, or an earlier word has a space: {announced}"
            )
        )
    return words


def _left_over(window: Window, used: int) -> int:
    """Bytes after the last row and the newlines behind it."""
    left = 0
    while True:
        rest = bytes(window.data[used : window.have])
        left += len(rest if left else rest.lstrip(b"\n"))
        if not window.move(window.have):
            return left
        used = 0
