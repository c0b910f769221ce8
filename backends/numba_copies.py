"""Rows that all meet, frequent words and top nodes: each of several workers has copies of them.

All workers would else write them at once, and a row that another core has written is slow to come.
A worker takes a copy, works on that, and makes public what it has added, and what others have its
own, when that is as much as it may hold back: of a node before it is more, of a word right after.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from w2v.backends import numba_llvm as ll
from w2v.backends import numba_rows as rows
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, address, helper
from w2v.backends.numba_llvm import (
    Value,
    read_float,
    read_int,
    read_long,
    write_float,
    write_long,
)

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
    wide: int


@helper
def table_of(table: Any, part: Any, work: Any) -> Any:
    """The input table (part 0) or the output table (part 1), and their parts of the copies."""
    hot, wide = len(work.terms_hot) // 2, work.hot.shape[1]
    first = part * hot * wide * BYTES
    return Table(
        address(table),
        table.shape[1],
        hot,
        address(work.hot) + first,
        address(work.seen) + first,
        address(work.terms_hot) + part * hot * BYTES,
        wide,
    )


@helper
def held_back(rate: Any, alpha: Any) -> Any:
    """Terms that a worker may hold back of a row: its share of the row-step cap, see `Rate`."""
    return min(np.float32(rate.node_cap) / max(alpha, _LEAST), MOST)


@helper
def _places_of(table: Any, index: Any) -> Any:
    """Where a row stands, its copy, and what that was."""
    place = index * table.wide * BYTES
    return table.at + index * table.dim * BYTES, table.copies + place, table.seen + place


@helper
def _take(table: Any, index: Any) -> None:
    row, copy, seen = _places_of(table, index)
    rows.copy_padded(copy, row, table.dim)
    rows.copy_padded(seen, copy, table.dim)  # others may have changed the row meanwhile
    write_float(table.terms, index, ZERO)


@helper
def _publish(table: Any, index: Any, scale: Any) -> None:
    row, copy, seen = _places_of(table, index)
    rows.publish(row, copy, seen, table.dim, scale)
    write_float(table.terms, index, ZERO)


@helper
def renew_one(table: Any, index: Any, scale: Any) -> None:
    """A copy is taken, or what was added to it made public, scaled."""
    if read_float(table.terms, index) == NONE:
        _take(table, index)
    else:
        _publish(table, index, scale)


@helper
def list_places(places: Any, table: Any, ids: Any, count: Any) -> None:
    """Where rows of int32 ids stand for this worker; both lists go on to a multiple of IDS."""
    _list_places(places, ids, count, table.at, table.dim, table.copies, table.wide, table.hot)


@ll.emitted("iiiiiiii")
def _list_places(
    b: Any,
    out: Value,
    ids: Value,
    count: Value,
    table: Value,
    dim: Value,
    copies: Value,
    wide: Value,
    hot: Value,
) -> None:
    kinds = ir.VectorType(ll.INT, rows.IDS), ir.VectorType(ll.LONG, rows.IDS)

    def bytes_of(floats: Value) -> Value:  # so that it is known to be a product of 32 bits
        return rows.in_all(b, b.sext(b.trunc(b.mul(floats, ll.count(BYTES)), ll.INT), ll.LONG))

    begin, step, begin_hot, step_hot = (
        rows.in_all(b, table),
        bytes_of(dim),
        rows.in_all(b, copies),
        bytes_of(wide),
    )
    limit = rows.in_all(b, b.trunc(hot, ll.INT))
    groups = b.udiv(b.add(count, ll.count(rows.IDS - 1)), ll.count(rows.IDS))
    with cgutils.for_range(b, groups) as loop:
        at = b.mul(loop.index, ll.count(rows.IDS))
        words = b.gep(b.inttoptr(ids, ll.INT.as_pointer()), [at])
        words = b.load(b.bitcast(words, kinds[0].as_pointer()))
        words.align = 4
        numbers = b.sext(words, kinds[1])
        row, copy = b.add(b.mul(numbers, step), begin), b.add(b.mul(numbers, step_hot), begin_hot)
        place = b.select(b.icmp_signed("<", words, limit), copy, row)
        to = b.gep(b.inttoptr(out, ll.LONG.as_pointer()), [at])
        b.store(place, b.bitcast(to, kinds[1].as_pointer())).align = 8


@helper
def list_hot(hot: Any, table: Any, ids: Any, count: Any) -> Any:
    """Places of words that have copies in a list of ids, and how many; without a branch."""
    found = 0
    for i in range(count if table.hot else 0):
        write_long(hot, found, i)  # and again by the next one where it is none
        found += read_int(ids, i) < table.hot
    return found


@helper
def take_copies(table: Any) -> None:
    """Before the first block, where those after it only renew what is due."""
    for index in range(table.hot):
        _take(table, index)


@helper
def renew_due(table: Any, due: Any, count: Any) -> None:
    """Make public what `hold_listed` has found in the block before."""
    for i in range(count):
        word = read_long(due, i)
        if read_float(table.terms, word) > ZERO:  # it may be there twice
            _publish(table, word, ONE)


@helper
def hold_listed(
    due: Any, table: Any, ids: Any, hot: Any, count: Any, terms: Any, share: Any, limit: Any
) -> Any:
    """A share of the terms of a block counts as held back, for the words that `list_hot` has found.

    Words whose copies hold back too much now are listed, and how many returned; where these are to
    be made public is asked for.
    """
    found = 0
    for i in range(count):
        place = read_long(hot, i)
        word = read_int(ids, place)
        held = read_float(table.terms, word) + share * read_float(terms, place)
        write_float(table.terms, word, held)
        if held > limit:
            write_long(due, found, word)
            found += 1
            rows.prefetch(table.at + word * table.dim * BYTES, table.dim)
    return found


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
            _publish(table, index, min(ONE, most / terms))
        else:
            write_float(table.terms, index, NONE)
