"""What the compiled kernels share: their arguments, how they compile, and small pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from w2v.backends import numba_vector as vector
from w2v.backends.base import GAMMA, MIX_1, MIX_2
from w2v.backends.numba_cache import kept_on_disk

BYTES = 4  # of a float
ZERO, ONE = np.float32(0), np.float32(1)
U32, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_U27, _U30, _U31 = np.uint64(27), np.uint64(30), np.uint64(31)


class Stretch(NamedTuple):
    """Blocks to train on, see `w2v.blocks.Stretch`."""

    ids: Any
    left: Any
    right: Any
    kept: int
    first: int
    last: int
    number: int
    """Of the stretch's first block."""


class Rate(NamedTuple):
    """How far steps go."""

    alpha: float
    """Learning rate of the first block."""
    alpha_step: float
    """What it changes by with each block."""
    cap: float
    """Row-step cap, see `w2v.layers.update`."""
    node_cap: float
    """A worker's share of it, on the inner nodes of the tree, which all of them meet."""
    loss_every: int
    """The loss is measured in blocks whose number is a multiple."""
    beside_in: Any
    """float32 (V,): terms of others on each input row, endless on frozen ones; empty for none."""
    beside_out: Any
    """The same of output rows."""
    most_beside_in: float


class Noise(NamedTuple):
    """What shared noise words are drawn from, see `w2v.draws.NoiseSampler`."""

    accept: Any
    alias: Any
    start: Any
    negative: int
    shared: int


class Paths(NamedTuple):
    """Of every word in the tree, see `w2v.huffman.HuffmanTree`."""

    offsets: Any
    nodes: Any
    codes: Any
    hot: int
    """Last so many nodes of which this worker keeps a copy of its own."""


class Work(NamedTuple):
    """One worker's own memory; rows are padded to whole vectors."""

    hidden: Any
    """float32 (R, D), as all arrays of rows: hidden vectors, their gradients, output rows, ..."""
    d_hidden: Any
    transposed: Any
    rows: Any
    d_rows: Any
    context: Any
    d_context: Any
    errors: Any
    """float32 (L, R): a row for each output row, a lane for each hidden vector; of paths (R, L)."""
    scores: Any
    """What the errors were made of."""
    products: Any
    """float32: of these errors of two hidden vectors."""
    labels: Any
    """float32 (L,): of the nodes of a path."""
    own_errors: Any
    pairs: Any
    """float32 (R,): of each hidden vector."""
    terms: Any
    """float32: of each output row; below, of each input row."""
    terms_in: Any
    others: Any
    """float32: terms of other workers."""
    factors: Any
    ones: Any
    ids: Any
    """int32: output rows of this block, and of the next."""
    next_ids: Any
    ids_in: Any
    places: Any
    """int64: addresses of output rows; below, of input rows or of copies of them."""
    places_in: Any
    places_d: Any
    numbers: Any
    """int64: 0, 1, 2, ..."""
    hot: Any
    """float32 (hot, D): this worker's copies, what they were when last made public, terms since."""
    seen: Any
    terms_hot: Any


_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # no branch for every division
    "fastmath": {"contract", "nsz"},  # no reordering: one worker has the same bytes every time
}


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled at the first call and kept on disk, where there is a place to keep it."""
    return kept_on_disk(njit(**_OPTIONS)(function), vector.__file__, __file__)


helper = njit(**_OPTIONS)


def whole(floats: int) -> int:
    """Rounded up to whole vectors."""
    return -(-floats // vector.LANES) * vector.LANES


whole_lanes = helper(whole)


@helper
def address(array: Any) -> Any:
    return np.int64(array.ctypes.data)


@helper
def bits_at(start: Any, counter: Any) -> Any:
    z = counter * _GAMMA + start
    z ^= z >> _U30
    z *= _MIX_1
    z ^= z >> _U27
    z *= _MIX_2
    z ^= z >> _U31
    return z


@helper
def capped(ids: Any, count: Any, terms: Any, total: Any, rate: Any, beside: Any, work: Any) -> Any:
    """Factors of rows by the row-step cap; `total` is all their terms, `rate` is alpha / cap."""
    most = ZERO
    for i in range(count):
        work.others[i] = ZERO
    if len(beside):
        for i in range(count):
            work.others[i] = beside[ids[i]]
            if terms[i] > ZERO:
                most = max(most, work.others[i])
    if (total + most) * rate <= ONE:
        return work.ones
    vector.cap_factors(
        address(work.factors), address(ids), address(terms), address(work.others), count, rate
    )
    return work.factors


@helper
def softplus(x: Any) -> Any:
    """log(1 + exp(x))"""
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))


@helper
def addresses(out: Any, rows: Any, stride: Any, ids: Any, first: Any, last: Any, but: Any) -> Any:
    """Addresses of the rows of ids[first:last] without one, and their number."""
    count = 0
    for j in range(first, last):
        if j != but:
            out[count] = rows + np.int64(ids[j]) * stride * BYTES
            count += 1
    return count


@helper
def reach(stretch: Any, at: Any, inside: Any) -> Any:
    """First and last (exclusive) token of the window around a token; empty for padding."""
    if not inside:
        return at, at
    return at - np.int64(stretch.left[at]), at + np.int64(stretch.right[at]) + 1
