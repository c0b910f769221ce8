"""Rows that all meet, frequent words and top nodes: each of several workers has copies of them.

All workers would else write them at once, and a row that another core has written is slow to come.
A worker takes a copy as it meets a row, works on that, and makes public what it has added, and
what others have its own, before it is more than it may hold back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from w2v.backends import numba_rows as rows
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, address, helper, inlined
from w2v.backends.numba_llvm import read_float, write_float

NONE = np.float32(np.inf)
"""Terms of a copy that there is not yet."""
MOST = np.float32(1e30)
"""Terms that may be held back at most: with a learning rate of nothing, all but NONE."""
_LEAST = np.float32(1e-30)
_ROWS_AHEAD = 4  # asked for before copies of them are made public


class Table(NamedTuple):
    """Addresses of rows of a table and of a worker's copies of the first of them."""

    at: int
    dim: int
    hot: int
    """Rows that have copies."""
    copies: int
    """Of these rows, what they were when last made public, and terms since."""
    seen: int
    terms: int
    """float32 (hot,), and of words one more, which is always 0 and stands for all other rows."""
    wide: int


@helper
def table_of(table: Any, part: Any, work: Any) -> Any:
    """The input table (part 0) or the output table (part 1), and their parts of the copies."""
    hot, wide = len(work.terms_hot) // 2 - 1, work.hot.shape[1]
    first = part * hot * wide * BYTES
    return Table(
        address(table),
        table.shape[1],
        hot,
        address(work.hot) + first,
        address(work.seen) + first,
        address(work.terms_hot) + part * (hot + 1) * BYTES,
        wide,
    )


@helper
def held_back(rate: Any, alpha: Any) -> Any:
    """Terms that a worker may hold back of a row: its share of the row-step cap, see `Rate`."""
    return min(np.float32(rate.node_cap) / max(alpha, _LEAST), MOST)


@inlined
def row_of(table: Any, word: Any) -> Any:
    """Where a word's row stands for this worker. (Both are computed: a branch costs more.)"""
    row = table.at + np.int64(word) * table.dim * BYTES
    copy = table.copies + np.int64(word) * table.wide * BYTES
    return copy if word < table.hot else row


@inlined
def next_of(table: Any, word: Any, limit: Any) -> Any:
    """What a coming block will want of a word first: its copy, or what that is made public in."""
    row = table.at + np.int64(word) * table.dim * BYTES
    copy = table.copies + np.int64(word) * table.wide * BYTES
    held = read_float(table.terms, min(np.int64(word), table.hot))
    return copy if (word < table.hot) & (held <= limit) else row


@helper
def renew_one(table: Any, index: Any, scale: Any) -> None:
    """A copy is taken, or what was added to it made public, scaled."""
    row = table.at + index * table.dim * BYTES
    place = index * table.wide * BYTES
    copy, seen = table.copies + place, table.seen + place
    if read_float(table.terms, index) == NONE:
        rows.copy_padded(copy, row, table.dim)
        rows.copy_padded(seen, copy, table.dim)  # others may have changed the row meanwhile
    else:
        rows.publish(row, copy, seen, table.dim, scale)
    write_float(table.terms, index, ZERO)


@helper
def renew(table: Any, ids: Any, count: Any, limit: Any) -> None:
    """Before a block: copies of its words are taken, or made public if they hold back too much."""
    for i in range(count if table.hot else 0):
        word = np.int64(ids[i])
        if read_float(table.terms, min(word, table.hot)) > limit:
            renew_one(table, word, ONE)


@helper
def list_places(places: Any, table: Any, ids: Any, count: Any) -> None:
    """Where the rows of words stand for this worker."""
    for i in range(count):
        places[i] = row_of(table, ids[i])


@helper
def hold(table: Any, ids: Any, count: Any, terms: Any) -> None:
    """After a block: so many terms were added to each of its rows."""
    for i in range(count if table.hot else 0):
        word = min(np.int64(ids[i]), table.hot)
        more = terms[i] if word < table.hot else ZERO
        write_float(table.terms, word, read_float(table.terms, word) + more)


@helper
def give_copies(table: Any, most: Any) -> None:
    """Make public what was added to copies, and forget those that nothing was added to.

    What was added by more terms than `most` is scaled down to these.
    """
    for index in range(table.hot):
        ahead = min(index + _ROWS_AHEAD, table.hot - 1)
        rows.prefetch(table.at + ahead * table.dim * BYTES, table.dim)
        terms = read_float(table.terms, index)
        if ZERO < terms < NONE:
            renew_one(table, index, min(ONE, most / terms))
        else:
            write_float(table.terms, index, NONE)
