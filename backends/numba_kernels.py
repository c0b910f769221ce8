"""Compiled kernels: what NumPy does in many array calls, in one pass over the tokens.

Each equals a piece that the layers compose, up to the rounding of float32 sums: `windows` the
drawing and cutting of a stretch of corpus, `shared_steps` and `path_steps` the training step of a
block. Blocks follow one another and each starts from the tables that the one before left. None of
them holds the interpreter's lock, so several threads may train the same tables; they take none of
their own, and where two write one row at once, one change may be lost.

Work is done on the worker's own copies of rows: a block is read, then computed, then added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from w2v.backends import numba_vector as vector
from w2v.backends.base import GAMMA, MIX_1, MIX_2
from w2v.backends.numba_cache import kept_on_disk

_LANES = vector.LANES
_ROWS = vector.ROWS
_DOT_ROWS = vector.DOT_ROWS
_DOT_OTHERS = vector.DOT_OTHERS
_MOST = vector.UPDATE_MOST
_GROUP = vector.UPDATE_GROUP
_BYTES, _POINTER = 4, 8
_COLD_NODES = 8  # of a path, at its end
_ROWS_AHEAD = 4  # asked for before copies of them are made public
_ZERO, _ONE = np.float32(0), np.float32(1)
_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_U27, _U30, _U31, _U32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
MOST_EXTRA = 2 * _LANES
"""Rows beyond its own that a product may read and spoil."""
HOT_NODES = 1024
"""Rows at the top of the tree that each of several workers keeps a copy of."""


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
    """This worker's share of it, for the inner nodes of the tree, that all workers step on."""
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
    """float32 (L, R): a row for each output row, a lane for each hidden vector."""
    scores: Any
    """What the errors were made of, where the loss is measured."""
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
    """float32 (hot, D): this worker's copies, what they were when last published, terms since."""
    seen: Any
    terms_hot: Any


_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",  # no branch for every division
    "fastmath": {"contract", "nsz"},  # no reordering: one worker has the same bytes every time
}


def _compiled(function: Callable[..., Any]) -> Any:
    """Compiled at the first call and kept on disk, where there is a place to keep it."""
    return kept_on_disk(njit(**_OPTIONS)(function), vector.__file__)


_helper = njit(**_OPTIONS)


def whole(floats: int) -> int:
    """Rounded up to whole vectors."""
    return -(-floats // _LANES) * _LANES


_whole = _helper(whole)


def kept_in() -> str | None:
    """The folder where compiled kernels are kept, if there is one."""
    return str(windows.stats.cache_path) if windows.stats.cache_path else None


@_compiled
def scatter_add(table: Any, ids: Any, rows: Any) -> None:
    """``table[ids] += rows`` for a table (V, D), ids (N,) and rows (N, D)."""
    for i in range(len(ids)):
        row = ids[i]
        for d in range(table.shape[1]):
            table[row, d] += rows[i, d]


@_helper
def _bits(start: Any, counter: Any) -> Any:
    z = counter * _GAMMA + start
    z ^= z >> _U30
    z *= _MIX_1
    z ^= z >> _U27
    z *= _MIX_2
    z ^= z >> _U31
    return z


@_compiled
def random_bits(start: Any, counter: Any, out: Any) -> None:
    """See `Backend.random_bits`; `start` is key + GAMMA."""
    for i in range(len(counter)):
        out[i] = _bits(start, counter[i])


@_helper
def _kept_width(start: Any, at: Any, limit: Any, window: Any, fixed: Any) -> Any:
    """How wide the window of the token at a position is; 0 if the token is not kept."""
    bits = _bits(start, np.uint64(at))
    if bits >> _U32 > np.uint64(limit):
        return 0
    return window if fixed else np.int64((bits & _LOW) * np.uint64(window) >> _U32) + 1


@_helper
def _close_sentence(left: Any, right: Any, first: Any, end: Any) -> None:
    """Cut the widths, which stand in `left`, where the sentence [first, end) ends."""
    for i in range(first, end):
        width = np.int64(left[i])
        left[i] = min(width, i - first)
        right[i] = min(width, end - 1 - i)


@_compiled
def windows(
    ids: Any,
    ends: Any,
    limits: Any,
    start: Any,
    lo: Any,
    hi: Any,
    window: Any,
    fixed: Any,
    out: Any,
    left: Any,
    right: Any,
) -> Any:
    """Kept tokens of [lo, hi) from `window` on in `out`, their reaches, and how many they are.

    Up to `window` neighbours of the same sentence stand on both sides.
    """
    sentence = np.searchsorted(ends, lo, side="right")
    begin = ends[sentence - 1] if sentence > 0 else 0
    first = window  # of the sentence, in `out`
    at = lo - 1
    while first > 0 and at >= begin:
        width = _kept_width(start, at, limits[ids[at]], window, fixed)
        if width:
            first -= 1
            out[first] = ids[at]
            left[first] = width
        at -= 1
    filled = window
    kept = -1
    at = lo
    while True:
        if at == ends[sentence]:
            _close_sentence(left, right, first, filled)
            first = filled
            sentence += 1
            if at >= hi:
                break
        if at == hi:
            kept = filled - window
        if kept >= 0 and filled - window - kept == window:
            break
        width = _kept_width(start, at, limits[ids[at]], window, fixed)
        if width:
            out[filled] = ids[at]
            left[filled] = width
            filled += 1
        at += 1
    if kept < 0:
        kept = filled - window
    _close_sentence(left, right, first, filled)
    return kept


@_helper
def _address(array: Any) -> Any:
    return np.int64(array.ctypes.data)


@_helper
def _capped(ids: Any, count: Any, terms: Any, total: Any, rate: Any, beside: Any, work: Any) -> Any:
    """Factors of rows by the row-step cap; `total` is all their terms, `rate` is alpha / cap."""
    most = _ZERO
    for i in range(count):
        work.others[i] = _ZERO
    if len(beside):
        for i in range(count):
            work.others[i] = beside[ids[i]]
            if terms[i] > _ZERO:
                most = max(most, work.others[i])
    if (total + most) * rate <= _ONE:
        return work.ones
    vector.cap_factors(
        _address(work.factors), _address(ids), _address(terms), _address(work.others), count, rate
    )
    return work.factors


@_helper
def _softplus(x: Any) -> Any:
    """log(1 + exp(x))"""
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))


@_helper
def _wide_multiply(
    out: Any,
    rows: Any,
    left: Any,
    left_row: Any,
    left_column: Any,
    right: Any,
    inner: Any,
    dim: Any,
) -> None:
    """out = left right, for right and out of padded rows of `dim` floats."""
    lane = 0
    while lane + 2 * _LANES <= dim:
        vector.multiply_two(
            out + lane * _BYTES, dim, rows, left, left_row, left_column,
            right + lane * _BYTES, dim, inner,
        )  # fmt: skip
        lane += 2 * _LANES
    if lane < dim:
        vector.multiply_one(
            out + lane * _BYTES, dim, rows, left, left_row, left_column,
            right + lane * _BYTES, dim, inner,
        )  # fmt: skip


@_helper
def _draw_noise(out: Any, noise: Any, number: Any) -> None:
    """The noise words of a block."""
    words = np.uint64(len(noise.accept))
    counter = np.uint64(number) * np.uint64(noise.shared)
    for n in range(noise.shared):
        bits = _bits(noise.start, counter + np.uint64(n))
        column = np.int64((bits >> _U32) * words >> _U32)
        accepted = bits & _LOW <= np.uint64(noise.accept[column])
        out[n] = column if accepted else noise.alias[column]


@_helper
def _candidates(out: Any, words: Any, noise: Any, number: Any) -> None:
    """Output rows of a block: its true words, then its noise words."""
    for i in range(len(words)):
        out[i] = words[i]
    _draw_noise(out[len(words) :], noise, number)


@_helper
def _fetch(to: Any, wide: Any, table: Any, dim: Any, ids: Any, count: Any) -> None:
    """Rows of a table to padded rows."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * _BYTES
        vector.copy_padded(to + i * wide * _BYTES, row, dim)


@_helper
def _prefetch(table: Any, dim: Any, ids: Any, count: Any) -> None:
    for i in range(count):
        vector.prefetch(table + np.int64(ids[i]) * dim * _BYTES, dim)


@_helper
def _add(table: Any, dim: Any, ids: Any, count: Any, changes: Any, wide: Any, factors: Any) -> None:
    """Padded rows to those of a table, each with its factor."""
    for i in range(count):
        row = table + np.int64(ids[i]) * dim * _BYTES
        vector.add(row, changes + i * wide * _BYTES, dim, factors[i])


@_helper
def _transpose(to: Any, rows: Any, source: Any, wide: Any) -> None:
    """Padded rows, a whole number of vectors of them, to (wide, rows)."""
    for i in range(0, rows, _LANES):
        for lane in range(0, wide, _LANES):
            vector.transpose(
                to + (lane * rows + i) * _BYTES, rows, source + (i * wide + lane) * _BYTES, wide
            )


@_helper
def _scores(
    out: Any, hidden: Any, rows: Any, count: Any, wide: Any, transposed: Any, dim: Any
) -> None:
    """out (count, hidden) = rows times transposed hidden vectors."""
    i = 0
    while i + 2 * _LANES <= hidden:
        vector.multiply_two(
            out + i * _BYTES, hidden, count, rows, wide, 1, transposed + i * _BYTES, hidden, dim
        )
        i += 2 * _LANES
    if i < hidden:
        vector.multiply_one(
            out + i * _BYTES, hidden, count, rows, wide, 1, transposed + i * _BYTES, hidden, dim
        )


@_compiled
def skipgram_shared(
    input: Any, output: Any, stretch: Any, noise: Any, rate: Any, window: Any, block: Any, work: Any
) -> Any:
    """Contexts of the core against the centres of the halo and shared noise words.

    Like its siblings it takes a step for each block and returns the loss and the pairs of those
    blocks where it was measured.
    """
    dim = input.shape[1]
    wide, lanes, span = _whole(dim), _whole(block), block + 2 * window
    count = span + noise.shared
    inputs, outputs = _address(input), _address(output)
    hidden, d_hidden = _address(work.hidden), _address(work.d_hidden)
    rows, d_rows = _address(work.rows), _address(work.d_rows)
    transposed, errors_at = _address(work.transposed), _address(work.errors)
    errors, scores = work.errors, work.scores
    pairs_of, pairs_at = work.pairs, _address(work.pairs)
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.first < stretch.last:
        at = stretch.first * block
        number = stretch.number + stretch.first
        _candidates(work.next_ids, stretch.ids[at : at + span], noise, number)
    for number in range(stretch.first, stretch.last):
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        at = number * block
        tokens = min(block, stretch.kept - at)
        core = stretch.ids[at + window : at + window + block]
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch(hidden, wide, inputs, dim, core, block)
        _fetch(rows, wide, outputs, dim, work.ids, count)
        _transpose(transposed, lanes, hidden, wide)
        _scores(errors_at, lanes, rows, max(count, _ROWS), wide, transposed, dim)
        if number + 1 < stretch.last:
            new = at + block
            _candidates(
                work.next_ids, stretch.ids[new : new + span], noise, stretch.number + number + 1
            )
            _prefetch(inputs, dim, stretch.ids[new + window :], block)
            _prefetch(outputs, dim, work.next_ids, count)

        measure = (stretch.number + number) % rate.loss_every == 0
        for t in range(lanes):
            pairs_of[t] = _ZERO
        if measure:
            scores[:count] = errors[:count]
        vector.errors(errors_at, span * lanes, _ONE, alpha)
        vector.errors(errors_at + span * lanes * _BYTES, noise.shared * lanes, _ZERO, alpha * each)
        total = 0
        for j in range(span):
            centre = j - window  # counted from the first of the core
            first = max(0, centre - np.int64(stretch.left[at + j]))
            last = min(tokens, centre + np.int64(stretch.right[at + j]) + 1)
            row = errors_at + j * lanes * _BYTES
            vector.keep_pairs(row, pairs_at, lanes, first, last, centre)
            pairs = max(last - first, 0) - (1 if first <= centre < last else 0)
            work.terms[j] = pairs
            total += pairs
            if measure:
                measured += pairs
                for t in range(first, last):
                    if t != centre:
                        loss += _softplus(-np.float64(scores[j, t]))
        for n in range(span, count):
            for t in range(lanes):
                errors[n, t] *= pairs_of[t]
            work.terms[n] = total * each
            if measure:
                for t in range(block):
                    loss += pairs_of[t] * each * _softplus(np.float64(scores[n, t]))
        for t in range(block):
            work.terms_in[t] = pairs_of[t] * np.float32(1 + noise.negative)

        _wide_multiply(d_hidden, lanes, errors_at, 1, lanes, rows, count, wide)
        _wide_multiply(d_rows, max(count, _ROWS), errors_at, lanes, 1, hidden, block, wide)
        step = alpha / np.float32(rate.cap)
        terms = np.float32(total * (1 + noise.negative))
        for t in range(block):
            work.ids_in[t] = core[t]
        factors = _capped(work.ids_in, block, work.terms_in, terms, step, rate.beside_in, work)
        _add(inputs, dim, core, block, d_hidden, wide, factors)
        factors = _capped(work.ids, count, work.terms, terms, step, rate.beside_out, work)
        _add(outputs, dim, work.ids, count, d_rows, wide, factors)
    return loss, measured


@_helper
def _places(out: Any, rows: Any, stride: Any, ids: Any, first: Any, last: Any, but: Any) -> Any:
    """Addresses of the rows of ids[first:last] without one, and their number."""
    count = 0
    for j in range(first, last):
        if j != but:
            out[count] = rows + np.int64(ids[j]) * stride * _BYTES
            count += 1
    return count


@_compiled
def cbow_shared(
    input: Any,
    output: Any,
    stretch: Any,
    noise: Any,
    rate: Any,
    window: Any,
    block: Any,
    mean: Any,
    work: Any,
) -> Any:
    """The mean or sum of each centre's window against the centre and shared noise words."""
    dim = input.shape[1]
    wide, lanes, span = _whole(dim), _whole(block), block + 2 * window
    inputs, outputs = _address(input), _address(output)
    hidden, d_hidden = _address(work.hidden), _address(work.d_hidden)
    own, d_own = _address(work.rows), _address(work.d_rows)
    rows, d_rows = own + lanes * wide * _BYTES, d_own + lanes * wide * _BYTES  # of the noise words
    context, d_context = _address(work.context), _address(work.d_context)
    transposed, places = _address(work.transposed), _address(work.places_in)
    errors_at, own_at, ones = _address(work.errors), _address(work.own_errors), _address(work.ones)
    errors, own_errors, has_context = work.errors, work.own_errors, work.pairs
    count = block + noise.shared
    padded = max(noise.shared, _ROWS)
    each = np.float32(noise.negative / noise.shared)
    loss = measured = 0.0
    if stretch.first < stretch.last:
        at = stretch.first * block + window
        number = stretch.number + stretch.first
        _candidates(work.next_ids, stretch.ids[at : at + block], noise, number)
    for number in range(stretch.first, stretch.last):
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        at = number * block
        tokens = min(block, stretch.kept - at)
        for i in range(count):
            work.ids[i] = work.next_ids[i]
        _fetch(context, wide, inputs, dim, stretch.ids[at:], span)
        _fetch(own, wide, outputs, dim, work.ids, block)
        _fetch(rows, wide, outputs, dim, work.ids[block:], noise.shared)
        if number + 1 < stretch.last:
            new = at + window + block
            _candidates(
                work.next_ids, stretch.ids[new : new + block], noise, stretch.number + number + 1
            )
            _prefetch(inputs, dim, stretch.ids[new + window :], block)
            _prefetch(outputs, dim, work.next_ids, count)

        work.d_context[:] = _ZERO
        work.terms_in[:] = _ZERO
        total = most = _ZERO
        for t in range(lanes):
            first, last = _reach(stretch, at + window + t, t < tokens)
            contexts = _places(
                work.places_in, context, wide, work.numbers, first - at, last - at, window + t
            )
            share = _ONE / np.float32(max(contexts, 1)) if mean else _ONE
            vector.sum_rows(hidden + t * wide * _BYTES, places, contexts, wide, share)
            has_context[t] = _ONE if contexts else _ZERO
            total += has_context[t]
            terms = has_context[t] * np.float32(1 + noise.negative)
            terms *= _ONE if mean else np.float32(contexts)
            most += terms * np.float32(contexts)
            work.terms_in[first - at] += terms
            work.terms_in[last - at] -= terms
            work.terms[t] = terms
        running = _ZERO
        for j in range(span):
            running += work.terms_in[j]
            work.terms_in[j] = running
        for t in range(block):
            work.terms_in[window + t] -= work.terms[t]
        _transpose(transposed, lanes, hidden, wide)
        _scores(errors_at, lanes, rows, padded, wide, transposed, dim)
        for t in range(0, lanes, _LANES):
            there = t * wide * _BYTES
            vector.dots_paired(own_at + t * _BYTES, hidden + there, own + there, wide, dim)

        if (stretch.number + number) % rate.loss_every == 0:
            measured += total
            for t in range(block):
                nats = _softplus(-np.float64(own_errors[t]))
                for n in range(noise.shared):
                    nats += each * _softplus(np.float64(errors[n, t]))
                loss += has_context[t] * nats
        vector.errors(own_at, lanes, _ONE, alpha)
        for t in range(lanes):
            own_errors[t] *= has_context[t]
            work.terms[t] = has_context[t]
        vector.errors(errors_at, noise.shared * lanes, _ZERO, alpha * each)
        for n in range(noise.shared):
            for t in range(lanes):
                errors[n, t] *= has_context[t]
            work.terms[block + n] = total * each

        _wide_multiply(d_hidden, lanes, errors_at, 1, lanes, rows, noise.shared, wide)
        _wide_multiply(d_rows, padded, errors_at, lanes, 1, hidden, block, wide)
        for t in range(tokens):
            row = t * wide * _BYTES
            vector.add(d_hidden + row, own + row, wide, own_errors[t])
            first, last = _reach(stretch, at + window + t, True)
            contexts = _places(
                work.places_in, d_context, wide, work.numbers, first - at, last - at, window + t
            )
            vector.add_to_rows(places, ones, contexts, d_hidden + row, wide)
        step = alpha / np.float32(rate.cap)
        for j in range(span):
            work.ids_in[j] = stretch.ids[at + j]
        factors = _capped(work.ids_in, span, work.terms_in, most, step, rate.beside_in, work)
        _add(inputs, dim, stretch.ids[at:], span, d_context, wide, factors)
        most = total * np.float32(1 + noise.negative)
        factors = _capped(work.ids, count, work.terms, most, step, rate.beside_out, work)
        for t in range(block):
            row = outputs + work.ids[t] * dim * _BYTES
            vector.add(row, hidden + t * wide * _BYTES, dim, own_errors[t] * factors[t])
        _add(outputs, dim, work.ids[block:], noise.shared, d_rows, wide, factors[block:])
    return loss, measured


@_helper
def _reach(stretch: Any, at: Any, inside: Any) -> Any:
    """First and last (exclusive) token of the window around a token; empty for padding."""
    if not inside:
        return at, at
    return at - np.int64(stretch.left[at]), at + np.int64(stretch.right[at]) + 1


@_helper
def _path(word: Any, paths: Any, outputs: Any, dim: Any, terms: Any, limit: Any, work: Any) -> Any:
    """Addresses of the nodes of a word's path in `work.places`, and their number.

    Each of several workers takes copies of the nodes near the top as it meets them, because all
    of them would else write those at once, and a row that another core has written is slow to
    come. What it adds to a copy is made public before alpha times its terms exceeds the cap.
    """
    begin, end = paths.offsets[word], paths.offsets[word + 1]
    cold = len(paths.offsets) - 2 - paths.hot
    wide = work.hot.shape[1]
    length = end - begin
    for i in range(length):
        node = np.int64(paths.nodes[begin + i])
        row = outputs + node * dim * _BYTES
        if node >= cold:
            at = (node - cold) * wide * _BYTES
            copy, seen = _address(work.hot) + at, _address(work.seen) + at
            so_far = work.terms_hot[node - cold]
            if so_far == _ZERO:
                vector.copy_padded(copy, row, dim)
                vector.copy_padded(seen, row, dim)
            elif so_far + terms > limit:
                vector.publish(row, copy, seen, dim)
                so_far = _ZERO
            so_far += terms
            work.terms_hot[node - cold] = so_far
            if so_far + terms > limit:  # public the next time
                vector.prefetch(row, dim)
            row = copy
        work.places[i] = row
    for i in range(length, length + _LANES):  # products may read on
        work.places[i] = work.places[0]
    return length


@_helper
def _give_copies(paths: Any, outputs: Any, dim: Any, work: Any) -> None:
    """Make public what was added to copies, and have none."""
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(paths.hot):
        ahead = min(i + _ROWS_AHEAD, paths.hot - 1)
        vector.prefetch(outputs + (cold + ahead) * dim * _BYTES, dim)
        if work.terms_hot[i] > _ZERO:
            copy = i * work.hot.shape[1] * _BYTES
            row = outputs + (cold + i) * dim * _BYTES
            vector.publish(row, _address(work.hot) + copy, _address(work.seen) + copy, dim)
            work.terms_hot[i] = _ZERO


@_helper
def _prefetch_centre(stretch: Any, at: Any, paths: Any, outputs: Any, dim: Any, work: Any) -> None:
    """Ask for the rows of a centre that nobody has touched of late."""
    word = stretch.ids[at]
    begin, end = paths.offsets[word], paths.offsets[word + 1]
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(max(begin, end - _COLD_NODES), end):
        node = np.int64(paths.nodes[i])
        row = outputs + node * dim * _BYTES
        if node >= cold and work.terms_hot[node - cold] > _ZERO:
            row = _address(work.hot) + (node - cold) * work.hot.shape[1] * _BYTES
        vector.prefetch(row, dim)


@_compiled
def skipgram_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, work: Any
) -> Any:
    """The contexts of one centre after the other against the nodes of its path."""
    dim = input.shape[1]
    wide, lanes = _whole(dim), work.errors.shape[1]
    inputs, outputs = _address(input), _address(output)
    hidden, errors_at = _address(work.hidden), _address(work.errors)
    places, places_in = _address(work.places), _address(work.places_in)
    errors, spare = work.errors, _address(work.d_hidden)
    others = np.float32(rate.most_beside_in)
    loss = measured = 0.0
    for number in range(stretch.first, stretch.last):
        at = window + number
        if number + 1 < stretch.last:
            _prefetch_centre(stretch, at + 1, paths, outputs, dim, work)
            vector.prefetch(inputs + np.int64(stretch.ids[at + 1 + window]) * dim * _BYTES, dim)
        first, last = _reach(stretch, at, True)
        contexts = _places(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        terms = np.float32(contexts)
        word = stretch.ids[at]
        length = _path(word, paths, outputs, dim, terms, np.float32(rate.node_cap) / alpha, work)
        for j in range(contexts):
            vector.copy_padded(hidden + j * wide * _BYTES, work.places_in[j], dim)
        for j in range(contexts, contexts + _GROUP):
            work.places_in[j] = spare
        for i in range(0, length, _DOT_ROWS):
            for j in range(0, contexts, _DOT_OTHERS):
                vector.dots_square(
                    errors_at + (i * lanes + j) * _BYTES, lanes, places + i * _POINTER,
                    hidden + j * wide * _BYTES, wide, dim,
                )  # fmt: skip
        codes = paths.codes[paths.offsets[word] : paths.offsets[word] + length]
        if (stretch.number + number) % rate.loss_every == 0:
            measured += contexts
            for i in range(length):
                for j in range(contexts):
                    score = np.float64(errors[i, j])
                    loss += _softplus(score if codes[i] else -score)
        for i in range(length):
            vector.errors(
                errors_at + i * lanes * _BYTES, contexts, _ZERO if codes[i] else _ONE, alpha
            )

        step = alpha / np.float32(rate.cap)
        factor = _ONE / max(terms * alpha / np.float32(rate.node_cap), _ONE)
        factors = _address(work.ones)
        most = terms * np.float32(length)
        if (most + others) * step > _ONE:
            for j in range(contexts):
                j_at = first + j if first + j < at else first + j + 1
                work.ids_in[j] = stretch.ids[j_at]
                work.terms_in[j] = np.float32(length)
            beside = rate.beside_in
            factors = _address(
                _capped(work.ids_in, contexts, work.terms_in, most, step, beside, work)
            )
        if contexts <= 2:
            vector.update_2(
                places, length, places_in, factors, factor, errors_at, lanes, hidden, wide, dim
            )
        elif contexts <= 4:
            vector.update_4(
                places, length, places_in, factors, factor, errors_at, lanes, hidden, wide, dim
            )
        elif contexts <= 6:
            vector.update_6(
                places, length, places_in, factors, factor, errors_at, lanes, hidden, wide, dim
            )
        elif contexts <= 8:
            vector.update_8(
                places, length, places_in, factors, factor, errors_at, lanes, hidden, wide, dim
            )
        elif contexts <= _MOST:
            vector.update_10(
                places, length, places_in, factors, factor, errors_at, lanes, hidden, wide, dim
            )
        else:
            for j in range(0, contexts, _GROUP):
                vector.update_hidden(
                    places, length, places_in + j * _POINTER, factors + j * _BYTES, factor,
                    errors_at + j * _BYTES, lanes, hidden + j * wide * _BYTES, wide, dim,
                )  # fmt: skip
            for j in range(0, contexts, _GROUP):
                vector.update_rows(
                    places, length, places_in + j * _POINTER, factors + j * _BYTES, factor,
                    errors_at + j * _BYTES, lanes, hidden + j * wide * _BYTES, wide, dim,
                )  # fmt: skip
    _give_copies(paths, outputs, dim, work)
    return loss, measured


@_compiled
def cbow_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, mean: Any, work: Any
) -> Any:
    """The mean or sum of the window of one centre after the other against its path."""
    dim = input.shape[1]
    inputs, outputs = _address(input), _address(output)
    hidden, d_hidden = _address(work.hidden), _address(work.d_hidden)
    places, places_in = _address(work.places), _address(work.places_in)
    errors, errors_at, ones = work.own_errors, _address(work.own_errors), _address(work.ones)
    place_of_d = _address(work.places_d)
    work.places_d[0] = d_hidden
    others = np.float32(rate.most_beside_in)
    loss = measured = 0.0
    for number in range(stretch.first, stretch.last):
        at = window + number
        if number + 1 < stretch.last:
            _prefetch_centre(stretch, at + 1, paths, outputs, dim, work)
            vector.prefetch(inputs + np.int64(stretch.ids[at + 1 + window]) * dim * _BYTES, dim)
        first, last = _reach(stretch, at, True)
        contexts = _places(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        step = alpha / np.float32(rate.cap)
        word = stretch.ids[at]
        length = _path(word, paths, outputs, dim, _ONE, np.float32(rate.node_cap) / alpha, work)
        share = _ONE / np.float32(contexts) if mean else _ONE
        vector.sum_rows(hidden, places_in, contexts, dim, share)
        for i in range(0, length, _LANES):
            vector.dots_column(errors_at + i * _BYTES, 1, places + i * _POINTER, hidden, 0, dim)
        codes = paths.codes[paths.offsets[word] : paths.offsets[word] + length]
        if (stretch.number + number) % rate.loss_every == 0:
            measured += 1.0
            for i in range(length):
                score = np.float64(errors[i])
                loss += _softplus(score if codes[i] else -score)
        vector.errors(errors_at, length, _ZERO, alpha)
        for i in range(length):
            errors[i] += _ZERO if codes[i] else alpha
        work.d_hidden[0, :] = _ZERO
        factor = _ONE / max(alpha / np.float32(rate.node_cap), _ONE)
        vector.update_1(places, length, place_of_d, ones, factor, errors_at, 1, hidden, 0, dim)
        factors = ones
        terms = np.float32(length) if mean else np.float32(length * contexts)
        most = terms * np.float32(contexts)
        if (most + others) * step > _ONE:
            for j in range(contexts):
                j_at = first + j if first + j < at else first + j + 1
                work.ids_in[j] = stretch.ids[j_at]
                work.terms_in[j] = terms
            beside = rate.beside_in
            factors = _address(
                _capped(work.ids_in, contexts, work.terms_in, most, step, beside, work)
            )
        vector.add_to_rows(places_in, factors, contexts, d_hidden, dim)
    _give_copies(paths, outputs, dim, work)
    return loss, measured
