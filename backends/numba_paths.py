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
_DOT_ROWS = vector.DOT_ROWS
_DOT_OTHERS = vector.DOT_OTHERS
_MOST = vector.UPDATE_MOST
_GROUP = vector.UPDATE_GROUP
_POINTER = 8
_FRESH = np.float32(1e-30)  # terms of a copy that is as the table is, where zero says there is none
_COLD_NODES = 8  # of a path, at its end
_ROWS_AHEAD = 4  # asked for before copies of them are made public


@helper
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


@compiled
def skipgram_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, work: Any
) -> Any:
    """The contexts of one centre after the other against the nodes of its path."""
    dim = input.shape[1]
    wide, lanes = whole_lanes(dim), work.errors.shape[1]
    inputs, outputs = address(input), address(output)
    hidden, errors_at = address(work.hidden), address(work.errors)
    places, places_in = address(work.places), address(work.places_in)
    errors, spare = work.errors, address(work.d_hidden)
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
        terms = np.float32(contexts)
        word = stretch.ids[at]
        length = _path(word, paths, outputs, dim, terms, np.float32(rate.node_cap) / alpha, work)
        for j in range(contexts):
            vector.copy_padded(hidden + j * wide * BYTES, work.places_in[j], dim)
        for j in range(contexts, contexts + _GROUP):
            work.places_in[j] = spare
        for i in range(0, length, _DOT_ROWS):
            for j in range(0, contexts, _DOT_OTHERS):
                vector.dots_square(
                    errors_at + (i * lanes + j) * BYTES, lanes, places + i * _POINTER,
                    hidden + j * wide * BYTES, wide, dim,
                )  # fmt: skip
        codes = paths.codes[paths.offsets[word] : paths.offsets[word] + length]
        if (stretch.number + number) % rate.loss_every == 0:
            measured += contexts
            for i in range(length):
                for j in range(contexts):
                    score = np.float64(errors[i, j])
                    loss += softplus(score if codes[i] else -score)
        for i in range(length):
            vector.errors(errors_at + i * lanes * BYTES, contexts, ZERO if codes[i] else ONE, alpha)

        step = alpha / np.float32(rate.cap)
        factor = ONE / max(terms * alpha / np.float32(rate.node_cap), ONE)
        factors = address(work.ones)
        most = terms * np.float32(length)
        if (most + others) * step > ONE:
            for j in range(contexts):
                j_at = first + j if first + j < at else first + j + 1
                work.ids_in[j] = stretch.ids[j_at]
                work.terms_in[j] = np.float32(length)
            beside = rate.beside_in
            factors = address(
                capped(work.ids_in, contexts, work.terms_in, most, step, beside, work)
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
                    places, length, places_in + j * _POINTER, factors + j * BYTES, factor,
                    errors_at + j * BYTES, lanes, hidden + j * wide * BYTES, wide, dim,
                )  # fmt: skip
            for j in range(0, contexts, _GROUP):
                vector.update_rows(
                    places, length, places_in + j * _POINTER, factors + j * BYTES, factor,
                    errors_at + j * BYTES, lanes, hidden + j * wide * BYTES, wide, dim,
                )  # fmt: skip
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
    errors, errors_at, ones = work.own_errors, address(work.own_errors), address(work.ones)
    place_of_d = address(work.places_d)
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
        word = stretch.ids[at]
        length = _path(word, paths, outputs, dim, ONE, np.float32(rate.node_cap) / alpha, work)
        share = ONE / np.float32(contexts) if mean else ONE
        vector.sum_rows(hidden, places_in, contexts, dim, share)
        for i in range(0, length, _LANES):
            vector.dots_column(errors_at + i * BYTES, 1, places + i * _POINTER, hidden, 0, dim)
        codes = paths.codes[paths.offsets[word] : paths.offsets[word] + length]
        if (stretch.number + number) % rate.loss_every == 0:
            measured += 1.0
            for i in range(length):
                score = np.float64(errors[i])
                loss += softplus(score if codes[i] else -score)
        vector.errors(errors_at, length, ZERO, alpha)
        for i in range(length):
            errors[i] += ZERO if codes[i] else alpha
        work.d_hidden[0, :] = ZERO
        factor = ONE / max(alpha / np.float32(rate.node_cap), ONE)
        vector.update_1(places, length, place_of_d, ones, factor, errors_at, 1, hidden, 0, dim)
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
