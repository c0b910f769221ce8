"""The nodes of a word's path: where they stand, which way it turns, and a worker's copies of them.

All is read by address: what stands in arrays would have its users counted at every turn of a loop.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from w2v.backends import numba_rows as rows
from w2v.backends.numba_compiling import BYTES, ONE, POINTER, ZERO, address, helper, inlined
from w2v.backends.numba_copies import MOST, Table, give_copies, renew_one
from w2v.backends.numba_llvm import (
    LANES,
    read_float,
    read_int,
    read_long,
    write_float,
    write_long,
)
from w2v.backends.numba_products import MOST_ROWS

_LINE = 16  # floats or ids of a cache line
_BEYOND = np.float32(16)
"""Times a worker's share of the cap: scaled to the share alone, 128 workers learn far less."""
_HELD_BACK = np.float32(0.5)
"""Of its share of the cap, what a worker may keep to itself: with all of it vectors are worse."""
_VISITS = np.float32(4)
"""Before what was added to a copy is public: with less, a copy is not worth its while."""
CROWD = 2
"""Workers who are elsewhere expected at a node meanwhile, on average, that make it crowded."""
_NEAR = 1024  # at the top of the tree, which are met so often that they are near


class Tree(NamedTuple):
    """Addresses of what paths and copies consist of, and their sizes."""

    offsets: int
    nodes: int
    codes: int
    size: int
    """Of all paths together."""
    near: int
    """The first of the last nodes that are met all the time."""
    table: int
    dim: int
    """Floats from one row to the next."""
    floats: int
    """Of a row that may be other than zero, up to half a vector."""
    places: int
    """Of the nodes of the path at hand."""
    labels: int
    copied: int
    """The first of the last nodes that this worker copies."""
    visit: Any
    """Terms that a node gets from a centre, on average."""
    hot: int
    """The first of those that it has room for."""
    top: Any
    """`Table` of these."""


@inlined
def most_held(rate: Any, alpha: Any) -> Any:
    """Terms on a node that a worker may keep to itself at a learning rate."""
    return np.float32(rate.node_cap) * _HELD_BACK / alpha


@helper
def tree_of(paths: Any, table: Any, rate: Any, work: Any) -> Any:
    nodes = len(paths.offsets) - 2
    hot, visit = nodes - paths.hot, np.float32(rate.visit)
    copied, near = hot, nodes - _NEAR
    if paths.hot:
        if most_held(rate, np.float32(rate.alpha)) < _VISITS * visit:
            copied = nodes - paths.crowded
        near = copied
    return Tree(
        address(paths.offsets),
        address(paths.nodes),
        address(paths.codes),
        len(paths.nodes),
        near,
        address(table),
        table.shape[1],
        paths.floats,
        address(work.places),
        address(work.labels),
        copied,
        visit,
        hot,
        Table(
            address(table) + hot * table.shape[1] * BYTES,
            table.shape[1],
            paths.hot,
            address(work.hot),
            address(work.seen),
            address(work.terms_hot),
            work.hot.shape[1],
        ),
    )


@inlined
def path(tree: Any, word: Any, terms: Any, most: Any) -> Any:
    """Addresses of the nodes of a word's path, their labels, and their number.

    Each of several workers takes copies of the nodes near the top, where a path begins, as it meets
    them, because all of them would else write those at once, and a row that another core has
    written is slow to come. What it adds to a copy is made public before its terms exceed `most`,
    a part of its share of the row-step cap. Where that is less than some visits, there are copies
    only of the nodes that others meet all the time; these are held for as many visits nevertheless,
    and what is made public is scaled down where it is more than `_BEYOND` times `most`.
    """
    begin, end = read_long(tree.offsets, word), read_long(tree.offsets, word + 1)
    length, nodes = end - begin, tree.nodes + begin * BYTES
    if end + LANES <= tree.size:
        rows.list_rows(tree.places, nodes, length, tree.table, tree.dim)
        rows.label_turns(tree.labels, tree.codes + begin, length)
    else:  # nothing may be read beyond the last
        for i in range(length):
            rows.list_row(tree.places, i, nodes, tree.table, tree.dim)
            rows.label_turn(tree.labels, i, tree.codes + begin)
    limit = min(max(most, _VISITS * tree.visit), MOST)
    for i in range(length):
        node = read_int(nodes, i)
        if node < tree.copied:
            break
        node -= tree.hot
        so_far = read_float(tree.top.terms, node)
        if so_far + terms + terms > limit:  # which is rare: now or the next time
            if so_far + terms > limit:
                renew_one(tree.top, node, min(ONE, _BEYOND * most / so_far))
                so_far = ZERO
            if so_far + terms + terms > limit:
                rows.prefetch(read_long(tree.places, i), tree.dim)
        write_float(tree.top.terms, node, so_far + terms)
        write_long(tree.places, i, tree.top.copies + node * tree.top.wide * BYTES)
    first = read_long(tree.places, 0)
    for i in range(length, length + MOST_ROWS):  # products may read on
        write_long(tree.places, i, first)
    return length


@helper
def give_nodes(tree: Any, most: Any) -> None:
    """After a stretch, see `give_copies`; `most` is what `path` was told last."""
    give_copies(tree.top, _BEYOND * most)


@inlined
def prefetch_ahead(tree: Any, ids: Any, at: Any) -> None:
    """Ask for the nodes of the next centre, and for what tells those of the two after it."""
    rows.prefetch_read(tree.offsets + read_int(ids, at + 3) * POINTER, 1)
    begin = read_long(tree.offsets, read_int(ids, at + 2))
    rows.prefetch_read(tree.nodes + begin * BYTES, 2 * _LINE)
    rows.prefetch_read(tree.codes + begin, 1)
    word = read_int(ids, at + 1)
    begin, last = read_long(tree.offsets, word), read_long(tree.offsets, word + 1) - 1
    while last >= begin:
        node = read_int(tree.nodes, last)
        if node >= tree.near:
            break
        rows.prefetch_rare(tree.table + node * tree.dim * BYTES, tree.dim)
        last -= 1
