"""Pieces of the kernels in loops of their own, to be timed: what is the most that each can do?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding
from numba import njit
from numba.core.extending import _Intrinsic
from numpy.typing import NDArray

from w2v.backends import numba_blocks as blocks
from w2v.backends import numba_meetings as meetings
from w2v.backends import numba_products as products
from w2v.backends import numba_rows as rows_of
from w2v.backends.numba_compiling import BYTES, ONE, ZERO, compiled, helper, used, whole
from w2v.backends.numba_errors import errors as errors_of
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_memory import aligned

CEILING = "product, in its best shape"
_NEEDED = {"haswell": {"avx2", "fma", "bmi2"}, "x86-64": {"sse2"}}
_BEYOND = {"haswell": "avx512f", "x86-64": "avx2"}  # without it the processor is of that kind
_INNER, _TIMES = 128, 2  # of the best shape: within the first cache
_SUMMED = 6  # rows, as in a window on average
_PATH = 12  # nodes, as of a word on average
_FEW = 24  # rows of a table that stays in the first cache


class Piece(NamedTuple):
    """What is done so many times in a call, and how much that is."""

    name: str
    repeat: Callable[[int], object]
    flops: float = 0.0
    """Useful ones of one time; 0 where it is not about them."""
    rows: float = 0.0
    """That it reads or changes, where it is about them."""


class _Room(NamedTuple):
    transposed: Any
    ahead: Any


def kinds() -> list[str]:
    """Names for `NUMBA_CPU_NAME` of lesser kinds of processor that this one can be compiled for."""
    have = {name for name, there in binding.get_host_cpu_features().items() if there}
    return [k for k, needed in _NEEDED.items() if needed <= have and _BEYOND[k] in have]


def pieces(dim: int, window: int, block: int, shared: int) -> list[Piece]:
    """Products and rows as a training of this shape has them, in the first cache."""
    return [*_products(dim, window, block, shared), *_rows(dim)]


def lookups(dim: int, name: str, ids: NDArray[np.int32], at_once: int) -> list[Piece]:
    """Rows of a table that are read and added to, so many at a time, those after asked for."""
    wide = whole(dim)
    table = aligned((int(ids.max()) + 1, wide), value=1.0)
    ids = ids[: len(ids) // at_once * at_once]
    to, squares = aligned((at_once, wide)), aligned((at_once, LANES))
    ones = np.zeros(at_once, np.float32)
    return [
        Piece(
            f"read {name}", lambda n: _read(n, table, wide, ids, at_once, to, squares), 0, len(ids)
        ),
        Piece(
            f"add to {name}", lambda n: _add(n, table, wide, ids, at_once, to, ones), 0, len(ids)
        ),
    ]


def _products(dim: int, window: int, block: int, shared: int) -> list[Piece]:
    wide, lanes, floats = whole(dim), whole(block), used(dim)
    count = block + 2 * window + shared
    best, across = _TIMES * products.ROWS, products.WIDE * LANES
    left, right, out = aligned((best, _INNER)), aligned((_INNER, across)), aligned((best, across))
    hidden, rows = (aligned((n + products.MOST_ROWS, wide)) for n in (lanes, count))
    factors = np.zeros(count, np.float32)
    left_rows, vectors, places = (
        np.array([row.ctypes.data for row in array]) for array in (left, hidden, rows)
    )
    ahead = np.zeros(8, np.int64)  # of which nothing is left
    errors, room = aligned((count + products.ROWS, lanes)), _Room(aligned((wide, lanes)), ahead)
    keep = (right, out, hidden, errors, left_rows, vectors, places, factors, ahead, left, rows)
    at = [array.ctypes.data for array in keep]
    right_at, out_at, hidden_at, errors_at, left_at, vectors_at, *into, ahead_at, _, _ = at
    return [
        _piece(
            (CEILING, 2 * best * across * _INNER), keep, products.multiply_wide,
            out_at, across, best, left_at, right_at, across, _INNER, ahead_at,
        ),
        _piece(
            ("scores of a block", 2 * count * block * dim), keep, blocks.score,
            errors_at, hidden_at, into[0], count - shared, 2 * window, shared, block, wide, dim,
            room,
        ),
        _piece(
            ("changes of hidden vectors", 2 * count * block * dim), keep, blocks.change,
            *into, block, errors_at, 1, lanes, into[0], 0, 2 * window, count - shared, shared,
            floats, ahead_at,
        ),
        _piece(
            ("changes of noise words", 2 * shared * block * dim), keep, blocks.change,
            *into, shared, errors_at, lanes, 1, vectors_at, -shared, block, block, 0,
            floats, ahead_at,
        ),
    ]  # fmt: skip


def _rows(dim: int) -> list[Piece]:
    """Pieces that take rows by their addresses."""
    wide, floats = whole(dim), used(dim)
    table, own = aligned((_FEW, wide)), aligned((8, wide))
    errors, ones = aligned((4, whole(_PATH))), np.ones(_FEW, np.float32)
    places, hidden_rows = (np.array([row.ctypes.data for row in array]) for array in (table, own))
    keep = (table, own, errors, ones, places, hidden_rows)
    addresses, own_at, errors_at = places.ctypes.data, own.ctypes.data, errors.ctypes.data
    list_at, stride = hidden_rows.ctypes.data, errors.shape[1]
    found = []
    for hidden in (4, 2, 1):
        scores = getattr(meetings, f"scores_{hidden}")
        about = f"scores of a path, {hidden} at once", 2 * _PATH * hidden * dim
        found.append(_piece(about, keep, scores, errors_at, addresses, _PATH, list_at, floats))
    for hidden in (4, 2, 1):
        update = getattr(meetings, f"update_{hidden}")
        about = f"changes of a path, {hidden} at once", 4 * _PATH * hidden * dim
        found.append(
            _piece(
                about, keep, update, addresses, _PATH, list_at, list_at, ones.ctypes.data,
                errors_at, stride, floats,
            )
        )  # fmt: skip
    summing = (own_at, addresses, _SUMMED, dim, ZERO)
    adding = (addresses, ones.ctypes.data, _SUMMED, own_at, dim)
    found += [
        _piece(("sum of a window", 0, _SUMMED), keep, rows_of.sum_rows, *summing),
        _piece(("a row to a window", 0, _SUMMED), keep, rows_of.add_to_rows, *adding),
        _piece(("errors of 64 scores", 0, 0), keep, errors_of, errors_at, 64, ONE, ONE),
    ]
    return found


def _piece(about: tuple[Any, ...], keep: object, piece: Any, *arguments: Any) -> Piece:
    """`keep` are arrays whose addresses stand among the arguments."""
    taken = inspect.signature(getattr(piece, "py_func", None) or piece._defn).parameters
    if len(arguments) != len(taken) - isinstance(piece, _Intrinsic):  # of these one is the context
        raise TypeError(f"{about[0]}: not called as in the kernels, with {', '.join(taken)}.")

    def loop(times: int, *arguments: Any) -> None:
        for _ in range(times):
            piece(*arguments)

    run = njit(nogil=True, error_model="numpy", fastmath={"contract", "nsz"})(loop)

    def repeat(times: int) -> object:
        run(times, *arguments)
        return keep

    name, flops, *rows = about
    return Piece(name, repeat, flops, *rows)


@helper
def _fetch_rows(
    to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any, squares: Any
) -> None:
    """Rows of a table to padded rows, and their squared lengths as lanes to be added up."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.copy_squared(to + i * wide * BYTES, row, dim, squares + i * LANES * BYTES)


@helper
def _ask_for_rows(table: Any, dim: Any, ids: Any, count: Any) -> None:
    for i in range(count):
        rows_of.prefetch(table + np.int64(ids[i]) * dim * BYTES, dim)


@helper
def _add_rows(
    table: Any, dim: Any, ids: Any, count: Any, changes: Any, wide: Any, factors: Any
) -> None:
    """Padded rows to those of a table, each with its factor."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * BYTES
        rows_of.add(row, changes + i * wide * BYTES, dim, factors[i])


@compiled
def _read(times: Any, table: Any, dim: Any, ids: Any, at_once: Any, to: Any, squares: Any) -> None:
    first, wide = table.ctypes.data, to.shape[1]
    for _ in range(times):
        for at in range(0, len(ids), at_once):
            _ask_for_rows(first, dim, ids[(at + at_once) % len(ids) :], at_once)
            _fetch_rows(to.ctypes.data, wide, first, dim, ids[at:], at_once, squares.ctypes.data)


@compiled
def _add(times: Any, table: Any, dim: Any, ids: Any, at_once: Any, rows: Any, factors: Any) -> None:
    first, wide = table.ctypes.data, rows.shape[1]
    for _ in range(times):
        for at in range(0, len(ids), at_once):
            _ask_for_rows(first, dim, ids[(at + at_once) % len(ids) :], at_once)
            _add_rows(first, dim, ids[at:], at_once, rows.ctypes.data, wide, factors)
