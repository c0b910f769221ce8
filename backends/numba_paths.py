"""Compiled steps of hierarchical softmax: a centre after the other against the nodes of its path.

Rows are changed in place, but for the nodes near the top of the tree where several workers train.
A kernel is one long function: cut up, it would count references between its parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_products as products
from w2v.backends import numba_rows as rows
from w2v.backends import numba_turns as turns
from w2v.backends.numba_cap import capped
from w2v.backends.numba_compiling import (
    BYTES,
    ONE,
    ZERO,
    address,
    compiled,
    helper,
    inlined,
)
from w2v.backends.numba_llvm import LANES
from w2v.backends.numba_steps import addresses, alpha_of, measured_in, reach, softplus

_POINTER = 8
_HELD_BACK = np.float32(0.5)  # of what might be, by CBOW, which staleness hurts more
_FRESH = np.float32(1e-30)  # terms of a copy that is as the table is, where zero says there is none
_COLD_NODES = 8  # of a path, at its end
_ROWS_AHEAD = 4  # asked for before copies of them are made public


@helper
def _path(word: Any, paths: Any, outputs: Any, dim: Any, terms: Any, limit: Any, work: Any) -> Any:
    """Addresses of the nodes of a word's path in `work.places`, their labels, and their number.

    Each of several workers takes copies of the nodes near the top as it meets them, because all
    of them would else write those at once, and a row that another core has written is slow to
    come. What it adds to a copy is made public before its terms exceed `limit`.
    """
    begin, end = paths.offsets[word], paths.offsets[word + 1]
    cold = len(paths.offsets) - 2 - paths.hot
    wide = work.hot.shape[1]
    length = end - begin
    for i in range(length):
        node = np.int64(paths.nodes[begin + i])
        row = outputs + node * dim * BYTES
        if node >= cold:
            at = (node - cold) * wide * BYTES
            copy, seen = address(work.hot) + at, address(work.seen) + at
            so_far = work.terms_hot[node - cold]
            if so_far == ZERO:
                rows.copy_padded(copy, row, dim)
                rows.copy_padded(seen, row, dim)
            elif so_far + terms > limit:
                rows.publish(row, copy, seen, dim)
                so_far = _FRESH
            so_far += terms
            work.terms_hot[node - cold] = so_far
            if so_far + terms > limit:  # public the next time
                rows.prefetch(row, dim)
            row = copy
        work.places[i] = row
        work.labels[i] = ZERO if paths.codes[begin + i] else ONE
    for i in range(length, length + LANES):  # products may read on
        work.places[i] = work.places[0]
    return length


@helper
def _give_copies(paths: Any, outputs: Any, dim: Any, work: Any) -> None:
    """Make public what was added to copies, and forget those that nothing was added to."""
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(paths.hot):
        ahead = min(i + _ROWS_AHEAD, paths.hot - 1)
        rows.prefetch(outputs + (cold + ahead) * dim * BYTES, dim)
        if work.terms_hot[i] > _FRESH:
            copy = i * work.hot.shape[1] * BYTES
            row = outputs + (cold + i) * dim * BYTES
            rows.publish(row, address(work.hot) + copy, address(work.seen) + copy, dim)
            work.terms_hot[i] = _FRESH
        else:
            work.terms_hot[i] = ZERO


@helper
def _prefetch_centre(
    stretch: Any, at: Any, window: Any, paths: Any, inputs: Any, outputs: Any, dim: Any, work: Any
) -> None:
    """Ask for the rows of a centre that nobody has touched of late."""
    word = stretch.ids[at]
    begin, end = paths.offsets[word], paths.offsets[word + 1]
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(max(begin, end - _COLD_NODES), end):
        node = np.int64(paths.nodes[i])
        row = outputs + node * dim * BYTES
        if node >= cold and work.terms_hot[node - cold] > ZERO:
            row = address(work.hot) + (node - cold) * work.hot.shape[1] * BYTES
        rows.prefetch(row, dim)
    rows.prefetch(inputs + np.int64(stretch.ids[at + window]) * dim * BYTES, dim)


@helper
def _different(places: Any, first: Any, last: Any) -> Any:
    """How many rows of a list from the first on may be taken together: no row twice."""
    count = 1
    while count < products.TOGETHER and first + count < last:
        for k in range(first, first + count):
            if places[k] == places[first + count]:
                return count
        count += 1
    return count


@helper
def _loss(scores: Any, labels: Any, length: Any) -> Any:
    """Of a hidden vector against a path, in nats."""
    loss = 0.0
    for i in range(length):
        score = np.float64(scores[i])
        loss += softplus(score if labels[i] == ZERO else -score)
    return loss


@inlined
def _context(stretch: Any, at: Any, first: Any, j: Any) -> Any:
    """The id of a centre's j-th context."""
    place = first + j
    return stretch.ids[place if place < at else place + 1]


@inlined
def _rates(rate: Any, stretch: Any, number: Any) -> Any:
    """Of a centre: alpha, alpha / cap, the terms a node takes, and what its change is scaled by."""
    alpha = alpha_of(rate, stretch, number)
    on_nodes = np.float32(rate.node_cap) / alpha
    return alpha, alpha / np.float32(rate.cap), on_nodes, min(on_nodes, ONE)


def _meeting(most: int, dots: Any, errors_in_turn: Any, update: Any) -> Any:
    """A piece of kernels for up to so many hidden vectors."""

    @inlined
    def meet(
        some: Any,
        moved: Any,
        factors: Any,
        factor: Any,
        alpha: Any,
        length: Any,
        dim: Any,
        work: Any,
    ) -> None:
        """The hidden vectors in `work.hidden` against the nodes of a path, one after the other.

        Nodes move, each scaled by `factor`, and so do the rows whose addresses stand at `moved`.
        """
        places, hidden, wide = address(work.places), address(work.hidden), work.hidden.shape[1]
        scores, errors, lanes = address(work.scores), address(work.errors), work.errors.shape[1]
        pairs = address(work.products)
        for i in range(0, length, LANES // most):
            dots(scores + i * BYTES, lanes, places + i * _POINTER, hidden, wide, dim)
        errors_in_turn(
            errors, scores, lanes, address(work.labels), length, pairs, hidden, wide, dim, some,
            factor, alpha,
        )  # fmt: skip
        update(places, length, moved, factors, factor, errors, lanes, pairs, hidden, wide, dim)

    return meet


_meet_1 = _meeting(1, products.dots_1, turns.errors_in_turn_1, turns.update_1)
_meet_2 = _meeting(2, products.dots_2, turns.errors_in_turn_2, turns.update_2)
_meet_4 = _meeting(4, products.dots_4, turns.errors_in_turn_4, turns.update_4)


@helper
def _loss_before(contexts: Any, length: Any, dim: Any, work: Any) -> Any:
    """Of all contexts of a centre against its path, while neither has changed."""
    places, hidden, wide = address(work.places), address(work.hidden), work.hidden.shape[1]
    scores, lanes = address(work.scores), work.errors.shape[1]
    loss = 0.0
    for j in range(contexts):
        rows.copy_padded(hidden, work.places_in[j], dim)
        for i in range(0, length, LANES):
            products.dots_1(scores + i * BYTES, lanes, places + i * _POINTER, hidden, wide, dim)
        loss += _loss(work.scores[0], work.labels, length)
    return loss


@compiled
def skipgram_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, work: Any
) -> Any:
    """The contexts of a centre, one after the other, against the nodes of its path.

    A few of them are taken together. What a context adds to the nodes changes the scores of those
    after it by their product with it, so each gets what it would have got alone.
    """
    dim, wide = input.shape[1], work.hidden.shape[1]
    inputs, outputs = address(input), address(output)
    hidden, others = address(work.hidden), np.float32(rate.most_beside_in)
    loss = measured = met = 0.0
    for number in range(stretch.blocks):
        at = window + number
        if number + 1 < stretch.blocks:
            _prefetch_centre(stretch, at + 1, window, paths, inputs, outputs, dim, work)
        first, last = reach(stretch, at, True)
        contexts = addresses(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        for j in range(contexts, contexts + products.TOGETHER):
            work.places_in[j] = work.places_in[0]
        alpha, step, on_nodes, factor = _rates(rate, stretch, number)
        length = _path(stretch.ids[at], paths, outputs, dim, np.float32(contexts), on_nodes, work)
        if measured_in(rate, stretch, number):
            measured += contexts
            met += contexts * length
            loss += _loss_before(contexts, length, dim, work)
        capped_at_all = (np.float32(length) + others) * step > ONE
        factors = address(work.factors if capped_at_all else work.ones)
        done = 0
        while done < contexts:
            some = _different(work.places_in, done, contexts)
            moved = address(work.places_in) + done * _POINTER
            for j in range(some):
                rows.copy_padded(hidden + j * wide * BYTES, work.places_in[done + j], dim)
            if capped_at_all:
                for j in range(some):
                    terms = np.float32(length)
                    if len(rate.beside_in):
                        terms += rate.beside_in[_context(stretch, at, first, done + j)]
                    work.factors[j] = ONE / max(terms * step, ONE)
            if some <= 2:
                _meet_2(some, moved, factors, factor, alpha, length, dim, work)
            else:
                _meet_4(some, moved, factors, factor, alpha, length, dim, work)
            done += some
    _give_copies(paths, outputs, dim, work)
    return loss, measured, met


@compiled
def cbow_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, mean: Any, work: Any
) -> Any:
    """The mean or sum of the window of one centre after the other against its path."""
    dim = input.shape[1]
    inputs, outputs = address(input), address(output)
    hidden, d_hidden = address(work.hidden), address(work.d_hidden)
    places_in, ones = address(work.places_in), address(work.ones)
    work.places_d[0] = d_hidden
    others = np.float32(rate.most_beside_in)
    loss = measured = met = 0.0
    for number in range(stretch.blocks):
        at = window + number
        if number + 1 < stretch.blocks:
            _prefetch_centre(stretch, at + 1, window, paths, inputs, outputs, dim, work)
        first, last = reach(stretch, at, True)
        contexts = addresses(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        alpha, step, on_nodes, factor = _rates(rate, stretch, number)
        limit = on_nodes * _HELD_BACK
        length = _path(stretch.ids[at], paths, outputs, dim, ONE, limit, work)
        share = ONE / np.float32(contexts) if mean else ONE
        rows.sum_rows(hidden, places_in, contexts, dim, share)
        work.d_hidden[0, :] = ZERO
        _meet_1(1, address(work.places_d), ones, factor, alpha, length, dim, work)
        if measured_in(rate, stretch, number):
            measured += 1.0
            met += length
            loss += _loss(work.scores[0], work.labels, length)
        factors = ones
        terms = np.float32(length) if mean else np.float32(length * contexts)
        most = terms * np.float32(contexts)
        if (most + others) * step > ONE:
            for j in range(contexts):
                work.ids_in[j] = _context(stretch, at, first, j)
                work.terms_in[j] = terms
            beside = rate.beside_in
            factors = address(
                capped(work.ids_in, contexts, work.terms_in, most, ZERO, step, beside, others, work)
            )
        rows.add_to_rows(places_in, factors, contexts, d_hidden, dim)
    _give_copies(paths, outputs, dim, work)
    return loss, measured, met
