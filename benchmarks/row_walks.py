"""What the compiled steps of Numba read and write of the tables, row by row, for a model of caches.

Words are numbered by falling counts. Row r of the input table is r, of the output table words + r,
and a worker's copy of row r is 2 words + r, which nobody else wants.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.caches import AHEAD, READ, WRITE, forget, want


class Text(NamedTuple):
    """A stretch of kept tokens for each worker, with a window before it and one more behind."""

    ids: NDArray[np.int32]
    """(workers, tokens + 2 window + 1)"""
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    """Tokens of each one's window."""
    window: int


class Noise(NamedTuple):
    """Noise words of blocks."""

    ids: NDArray[np.int32]
    """As they are drawn; a block takes so many, from anywhere."""
    block: int
    shared: int
    negative: int


class Paths(NamedTuple):
    """A Huffman tree."""

    offsets: NDArray[np.int64]
    nodes: NDArray[np.int32]
    near: int
    """The first of the nodes that are not asked for ahead."""


class Copies(NamedTuple):
    """Rows that each worker has for itself, and how long."""

    rows: int
    """The most frequent words of either table, or the top nodes."""
    limit: float
    """Terms that may be held back."""
    visits: int
    """For so many, whatever their terms."""


@njit
def _started(workers: Any, seed: Any) -> Any:
    """The order of workers, and the half of a step that each begins with."""
    np.random.seed(seed)  # noqa: NPY002
    return np.arange(workers), np.random.randint(0, 2, workers)  # noqa: NPY002


@njit
def _mix(order: Any) -> None:
    for i in range(len(order) - 1, 0, -1):
        j = np.random.randint(0, i + 1)  # noqa: NPY002
        order[i], order[j] = order[j], order[i]


@njit
def _due(copies: Any, held: Any, core: Any, hot: Any, more: Any) -> Any:
    return held[core, hot, 1] >= copies.visits and held[core, hot, 0] + more > copies.limit


@njit
def _meet(
    cores: Any, core: Any, row: Any, words: Any, copies: Any, hot: Any, held: Any, more: Any
) -> None:
    """A row is read; `held` are terms and visits, if it has a copy, which will get `more`."""
    if hot < 0:
        want(cores, core, row, READ)
        return
    if held[core, hot, 1] < 0:  # met for the first time
        want(cores, core, row, READ)
        held[core, hot, 0] = held[core, hot, 1] = 0
    elif _due(copies, held, core, hot, more):
        want(cores, core, row, WRITE)
        held[core, hot, 0] = held[core, hot, 1] = 0
    want(cores, core, 2 * words + row, READ)


@njit
def _ask(cores: Any, core: Any, row: Any, words: Any, copies: Any, hot: Any, held: Any) -> None:
    """A row is asked for, to be written, or the copy and what it has to be added to soon."""
    if hot < 0:
        want(cores, core, row, AHEAD)
        return
    if _due(copies, held, core, hot, 0.0):
        want(cores, core, row, AHEAD)
    want(cores, core, 2 * words + row, READ)


@njit
def _add(cores: Any, core: Any, row: Any, words: Any, terms: Any, hot: Any, held: Any) -> None:
    if hot < 0:
        want(cores, core, row, WRITE)
        return
    held[core, hot, 0] += terms
    held[core, hot, 1] += 1
    want(cores, core, 2 * words + row, READ)


@njit
def _terms(text: Any, core: Any, at: Any, block: Any, cbow: Any, near: Any, far: Any) -> Any:
    """Pairs of each token of the core of a block, `near`, and of each with its halo, `far`."""
    window, total = text.window, 0.0
    for t in range(block):
        near[t] = 0
    for j in range(block + 2 * window):
        far[j] = 0
    for j in range(block + 2 * window):
        place = at + j
        inside = window <= j < window + block
        if cbow and not inside:
            continue
        first, last = j - text.left[core, place], j + text.right[core, place] + 1
        if not cbow:
            first, last = max(first, window), min(last, window + block)
        for other in range(first, last):
            if other == j:
                continue
            if cbow:
                total += 1 - near[j - window]
                near[j - window] = 1
                far[other] += 1
            else:
                total += 1
                near[other - window] += 1
                far[j] += 1
    return total


@njit
def _listed(
    text: Any, noise: Any, words: Any, cbow: Any, core: Any, number: Any, near: Any, far: Any,
    rows: Any, terms: Any,
) -> None:  # fmt: skip
    """The rows of a block, and the terms of each: inputs, true outputs, noise words."""
    block, window, at = noise.block, text.window, number * noise.block
    total = _terms(text, core, at, block, cbow, near, far)
    wide, narrow = (0, words) if cbow else (words, 0)  # of which table halo and core are
    count = 0
    for i in range(len(far)):
        rows[count] = wide + text.ids[core, at + i]
        terms[count] = far[i] * ((1 + noise.negative) / (window + 1) if cbow else 1)
        count += 1
    for i in range(block):
        rows[count] = narrow + text.ids[core, at + window + i]
        terms[count] = near[i] * (1 if cbow else 1 + noise.negative)
        count += 1
    drawn = (core * 40503 + number) * noise.shared
    for i in range(noise.shared):
        rows[count] = words + noise.ids[(drawn + i) % len(noise.ids)]
        terms[count] = total * noise.negative / noise.shared
        count += 1


@njit
def blocks(
    cores: Any, text: Any, noise: Any, words: Any, cbow: Any, all_rows: Any, copies: Any, warm: Any
) -> None:
    """Negative sampling: a block is fetched, the next asked for, and its rows are added to.

    With skip-gram input rows are those of the core and output rows those of the halo, with CBOW the
    other way round. Rows without a term are written only with `all_rows`. What happens in the first
    `warm` blocks is not counted.
    """
    workers, near = len(text.ids), np.zeros(noise.block)
    far = np.zeros(noise.block + 2 * text.window)
    count = (text.ids.shape[1] - 2 * text.window) // noise.block
    order, begun = _started(workers, 1)
    held = np.full((workers, 2 * copies.rows, 2), -1.0)
    size = len(near) + len(far) + noise.shared
    rows, terms = np.zeros(size, np.int64), np.zeros(size)
    for half in range(2 * count):
        if half == 2 * warm:
            forget(cores)
        _mix(order)
        for core in order:
            number, adds = divmod(half + begun[core], 2)
            for ahead in range(1 if adds else 2):
                if number + ahead >= count:
                    continue
                _listed(text, noise, words, cbow, core, number + ahead, near, far, rows, terms)
                for i in range(size):
                    table, word = divmod(rows[i], words)
                    hot = table * copies.rows + word if word < copies.rows else -1
                    if ahead:
                        _ask(cores, core, rows[i], words, copies, hot, held)
                    elif not adds:
                        _meet(cores, core, rows[i], words, copies, hot, held, 0.0)
                    elif terms[i] > 0 or all_rows:
                        _add(cores, core, rows[i], words, terms[i], hot, held)


@njit
def _ask_centre(cores: Any, core: Any, text: Any, at: Any, paths: Any, words: Any) -> None:
    word = text.ids[core, at]
    for i in range(paths.offsets[word], paths.offsets[word + 1]):
        node = paths.nodes[i]
        if node < paths.near:
            want(cores, core, words + node, AHEAD)
    want(cores, core, np.int64(text.ids[core, at + text.window]), AHEAD)


@njit
def _path(
    cores: Any, core: Any, word: Any, paths: Any, words: Any, cold: Any, adds: Any, terms: Any,
    copies: Any, held: Any,
) -> None:  # fmt: skip
    for i in range(paths.offsets[word], paths.offsets[word + 1]):
        node = paths.nodes[i]
        row, hot = words + node, node - cold if node >= cold else -1
        if not adds:
            _meet(cores, core, row, words, copies, hot, held, terms)
            continue
        _add(cores, core, row, words, terms, hot, held)
        if hot >= 0 and _due(copies, held, core, hot, terms):
            want(cores, core, row, AHEAD)


@njit
def centres(
    cores: Any, text: Any, paths: Any, words: Any, cbow: Any, copies: Any, warm: Any
) -> None:
    """Hierarchical softmax: a centre's contexts and the nodes of its path, asked for in part."""
    workers, window = len(text.ids), text.window
    count = text.ids.shape[1] - 2 * window - 1
    cold = len(paths.offsets) - 2 - copies.rows
    order, begun = _started(workers, 1)
    held = np.full((workers, copies.rows, 2), -1.0)
    for half in range(2 * count):
        if half == 2 * warm:
            forget(cores)
        _mix(order)
        for core in order:
            number, adds = divmod(half + begun[core], 2)
            at = window + number
            if number >= count:
                continue
            if not adds:
                _ask_centre(cores, core, text, at + 1, paths, words)
            first, last = at - text.left[core, at], at + text.right[core, at]
            if first == last:
                continue
            terms = 1.0 if cbow else float(last - first)
            _path(cores, core, text.ids[core, at], paths, words, cold, adds, terms, copies, held)
            for j in range(first, last + 1):
                if j != at:
                    want(cores, core, np.int64(text.ids[core, j]), WRITE if adds else READ)
    for core in range(workers):  # what is left is made public
        for hot in range(copies.rows):
            if held[core, hot, 0] > 0:
                want(cores, core, words + cold + hot, AHEAD)
