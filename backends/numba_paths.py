"""Compiled steps of hierarchical softmax: a centre after the other against the nodes of its path.

Rows are changed in place, but for the nodes near the top of the tree where several workers train.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from w2v.backends import numba_vector as vector
from w2v.backends.numba_common import (
    BYTES,
    ONE,
    ZERO,
    address,
    addresses,
    capped,
    compiled,
    helper,
    reach,
    softplus,
    whole_lanes,
)

_LANES = vector.LANES
_TOGETHER = vector.TOGETHER
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
                vector.copy_padded(copy, row, dim)
                vector.copy_padded(seen, row, dim)
            elif so_far + terms > limit:
                vector.publish(row, copy, seen, dim)
                so_far = _FRESH
            so_far += terms
            work.terms_hot[node - cold] = so_far
            if so_far + terms > limit:  # public the next time
                vector.prefetch(row, dim)
            row = copy
        work.places[i] = row
        work.labels[i] = ZERO if paths.codes[begin + i] else ONE
    for i in range(length, length + _LANES):  # products may read on
        work.places[i] = work.places[0]
    return length


@helper
def _give_copies(paths: Any, outputs: Any, dim: Any, work: Any) -> None:
    """Make public what was added to copies, and forget those that nothing was added to."""
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(paths.hot):
        ahead = min(i + _ROWS_AHEAD, paths.hot - 1)
        vector.prefetch(outputs + (cold + ahead) * dim * BYTES, dim)
        if work.terms_hot[i] > _FRESH:
            copy = i * work.hot.shape[1] * BYTES
            row = outputs + (cold + i) * dim * BYTES
            vector.publish(row, address(work.hot) + copy, address(work.seen) + copy, dim)
            work.terms_hot[i] = _FRESH
        else:
            work.terms_hot[i] = ZERO


@helper
def _prefetch_centre(stretch: Any, at: Any, paths: Any, outputs: Any, dim: Any, work: Any) -> None:
    """Ask for the rows of a centre that nobody has touched of late."""
    word = stretch.ids[at]
    begin, end = paths.offsets[word], paths.offsets[word + 1]
    cold = len(paths.offsets) - 2 - paths.hot
    for i in range(max(begin, end - _COLD_NODES), end):
        node = np.int64(paths.nodes[i])
        row = outputs + node * dim * BYTES
        if node >= cold and work.terms_hot[node - cold] > ZERO:
            row = address(work.hot) + (node - cold) * work.hot.shape[1] * BYTES
        vector.prefetch(row, dim)


@helper
def _different(places: Any, first: Any, last: Any) -> Any:
    """How many rows of a list from the first on may be taken together: no row twice."""
    count = 1
    while count < _TOGETHER and first + count < last:
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


@compiled
def skipgram_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, work: Any
) -> Any:
    """The contexts of a centre, one after the other, against the nodes of its path.

    A few of them are taken together. What a context adds to the nodes changes the scores of those
    after it by their product with it, so each gets what it would have got alone.
    """
    dim = input.shape[1]
    wide, lanes = whole_lanes(dim), work.errors.shape[1]
    inputs, outputs = address(input), address(output)
    places, places_in = address(work.places), address(work.places_in)
    hidden, labels = address(work.hidden), address(work.labels)
    scores_at, errors_at = address(work.scores), address(work.errors)
    products, others = address(work.products), np.float32(rate.most_beside_in)
    loss = measured = 0.0
    for number in range(stretch.first, stretch.last):
        at = window + number
        if number + 1 < stretch.last:
            _prefetch_centre(stretch, at + 1, paths, outputs, dim, work)
            vector.prefetch(inputs + np.int64(stretch.ids[at + 1 + window]) * dim * BYTES, dim)
        first, last = reach(stretch, at, True)
        contexts = addresses(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        for j in range(contexts, contexts + _TOGETHER):
            work.places_in[j] = work.places_in[0]
        with_loss = (stretch.number + number) % rate.loss_every == 0
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        cap_nodes = np.float32(rate.node_cap) / alpha
        length = _path(stretch.ids[at], paths, outputs, dim, np.float32(contexts), cap_nodes, work)
        factor = min(cap_nodes, ONE)
        step = alpha / np.float32(rate.cap)
        capped_at_all = (np.float32(length) + others) * step > ONE
        factors = address(work.factors if capped_at_all else work.ones)
        done = 0
        while done < contexts:
            some = _different(work.places_in, done, contexts)
            rows_in = places_in + done * _POINTER
            for j in range(some):
                vector.copy_padded(hidden + j * wide * BYTES, work.places_in[done + j], dim)
            if some <= 2:
                for i in range(0, length, _LANES // 2):
                    vector.dots_2(
                        scores_at + i * BYTES, lanes, places + i * _POINTER, hidden, wide, dim
                    )
                vector.errors_in_turn_2(
                    errors_at, scores_at, lanes, labels, length, products, hidden, wide, dim, some,
                    factor, alpha,
                )  # fmt: skip
            else:
                for i in range(0, length, _LANES // _TOGETHER):
                    vector.dots_4(
                        scores_at + i * BYTES, lanes, places + i * _POINTER, hidden, wide, dim
                    )
                vector.errors_in_turn_4(
                    errors_at, scores_at, lanes, labels, length, products, hidden, wide, dim, some,
                    factor, alpha,
                )  # fmt: skip
            if with_loss:
                for j in range(some):
                    loss += _loss(work.scores[j], work.labels, length)
            if capped_at_all:
                for j in range(some):
                    place = first + done + j
                    terms = np.float32(length)
                    if len(rate.beside_in):
                        terms += rate.beside_in[stretch.ids[place if place < at else place + 1]]
                    work.factors[j] = ONE / max(terms * step, ONE)
            if some <= 2:
                vector.update_2(
                    places, length, rows_in, factors, factor, errors_at, lanes, products, hidden,
                    wide, dim,
                )  # fmt: skip
            else:
                vector.update_4(
                    places, length, rows_in, factors, factor, errors_at, lanes, products, hidden,
                    wide, dim,
                )  # fmt: skip
            done += some
        if with_loss:
            measured += contexts
    _give_copies(paths, outputs, dim, work)
    return loss, measured


@compiled
def cbow_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, mean: Any, work: Any
) -> Any:
    """The mean or sum of the window of one centre after the other against its path."""
    dim = input.shape[1]
    inputs, outputs = address(input), address(output)
    hidden, d_hidden = address(work.hidden), address(work.d_hidden)
    places, places_in = address(work.places), address(work.places_in)
    scores_at, errors_at, ones = address(work.scores), address(work.errors), address(work.ones)
    products = address(work.products)
    labels, place_of_d = address(work.labels), address(work.places_d)
    work.places_d[0] = d_hidden
    others = np.float32(rate.most_beside_in)
    loss = measured = 0.0
    for number in range(stretch.first, stretch.last):
        at = window + number
        if number + 1 < stretch.last:
            _prefetch_centre(stretch, at + 1, paths, outputs, dim, work)
            vector.prefetch(inputs + np.int64(stretch.ids[at + 1 + window]) * dim * BYTES, dim)
        first, last = reach(stretch, at, True)
        contexts = addresses(work.places_in, inputs, dim, stretch.ids, first, last, at)
        if contexts == 0:
            continue
        alpha = np.float32(rate.alpha + rate.alpha_step * (number - stretch.first))
        step = alpha / np.float32(rate.cap)
        cap_nodes = np.float32(rate.node_cap) / alpha
        limit = cap_nodes * _HELD_BACK
        length = _path(stretch.ids[at], paths, outputs, dim, ONE, limit, work)
        share = ONE / np.float32(contexts) if mean else ONE
        vector.sum_rows(hidden, places_in, contexts, dim, share)
        for i in range(0, length, _LANES):
            vector.dots_1(scores_at + i * BYTES, 0, places + i * _POINTER, hidden, 0, dim)
        factor = min(cap_nodes, ONE)
        vector.errors_in_turn_1(
            errors_at, scores_at, 0, labels, length, products, hidden, 0, dim, 1, factor, alpha
        )
        if (stretch.number + number) % rate.loss_every == 0:
            measured += 1.0
            loss += _loss(work.scores[0], work.labels, length)
        work.d_hidden[0, :] = ZERO
        vector.update_1(
            places, length, place_of_d, ones, factor, errors_at, 0, products, hidden, 0, dim
        )
        factors = ones
        terms = np.float32(length) if mean else np.float32(length * contexts)
        most = terms * np.float32(contexts)
        if (most + others) * step > ONE:
            for j in range(contexts):
                j_at = first + j if first + j < at else first + j + 1
                work.ids_in[j] = stretch.ids[j_at]
                work.terms_in[j] = terms
            beside = rate.beside_in
            factors = address(
                capped(work.ids_in, contexts, work.terms_in, most, step, beside, work)
            )
        vector.add_to_rows(places_in, factors, contexts, d_hidden, dim)
    _give_copies(paths, outputs, dim, work)
    return loss, measured
