"""Compiled steps of hierarchical softmax: a centre after the other against the nodes of its path.

Rows are changed in place, but for the nodes near the top of the tree where several workers train.
A kernel is one long function: cut up, it would count references between its parts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from w2v.backends import numba_meetings as meetings
from w2v.backends import numba_rows as rows
from w2v.backends import numba_turns as turns
from w2v.backends.numba_compiling import (
    BYTES,
    ONE,
    POINTER,
    ZERO,
    address,
    compiled,
    helper,
    inlined,
)
from w2v.backends.numba_llvm import (
    LANES,
    read_float,
    read_int,
    read_long,
    read_short,
    write_float,
    write_long,
)
from w2v.backends.numba_losses import losses
from w2v.backends.numba_nodes import give_nodes, most_held, path, prefetch_ahead, tree_of
from w2v.backends.numba_products import TOGETHER
from w2v.backends.numba_steps import alpha_of, measured_in


@inlined
def _window(ids: Any, left: Any, right: Any, at: Any, inputs: Any, dim: Any, places: Any) -> Any:
    """Addresses of the contexts of a centre, and their number."""
    ids += at * BYTES
    before, after = read_short(left, at), read_short(right, at)
    rows.list_rows(places, ids - before * BYTES, before, inputs, dim)
    rows.list_rows(places + before * POINTER, ids + BYTES, after, inputs, dim)
    return before + after


@inlined
def _different(places: Any, left: Any) -> Any:
    """How many of the first rows of a list, of which so many are left, may be taken together.

    No row twice; what stands beyond the last differs from all others.
    """
    a, b = read_long(places, 0), read_long(places, 1)
    c, d = read_long(places, 2), read_long(places, 3)
    if (a == b) | (a == c) | (a == d) | (b == c) | (b == d) | (c == d):
        if a == b:
            return 1
        return 2 if (a == c) | (b == c) else 3
    return min(TOGETHER, left)


@helper
def _loss(length: Any, work: Any) -> Any:
    """Of a hidden vector against a path, in nats."""
    losses(address(work.more), address(work.scores), address(work.labels), length)
    loss = 0.0
    for lane in range(LANES):
        loss += work.more[lane]
    return loss


@inlined
def _beside(
    others: Any, beside: Any, some: Any, ids: Any, left: Any, at: Any, contexts: Any
) -> None:
    """Terms of other workers on each context of a centre, if there are any."""
    before = read_short(left, at)
    for j in range(contexts):
        terms = ZERO
        if some:
            word = read_int(ids, at - before + j + (j >= before))
            terms = read_float(beside, min(word, some - 1))
        write_float(others, j, terms)


class _Meeting(NamedTuple):
    """Addresses of what a step works on, and the lanes of errors."""

    scores: int
    errors: int
    products: int
    lanes: int


@helper
def _meeting_of(work: Any) -> Any:
    return _Meeting(
        address(work.scores),
        address(work.errors),
        address(work.products),
        work.errors.shape[1],
    )


def _meets(products: Any, scores: Any, errors_in_turn: Any, update: Any) -> Any:
    """A piece of kernels for up to so many hidden vectors."""

    @inlined
    def meet(
        tree: Any,
        to: Any,
        some: Any,
        hidden: Any,
        moved: Any,
        factors: Any,
        rate: Any,
        length: Any,
    ) -> None:
        """Hidden vectors of a list against the nodes of a path, one after the other.

        Nodes move at a rate, and so does, by its factor, what the addresses at `moved` say.
        """
        places, floats = tree.places, tree.floats
        scores(to.scores, places, length, hidden, floats)
        products(to.products, hidden, floats)  # while the last sums across lanes are under way
        errors_in_turn(to.errors, to.lanes, to.scores, tree.labels, length, to.products, some, rate)
        update(places, length, hidden, moved, factors, to.errors, to.lanes, floats)

    return meet


@inlined
def _no_products(out: Any, hidden: Any, floats: Any) -> None:
    """One hidden vector meets no other."""


_meet_1 = _meets(_no_products, meetings.scores_1, turns.errors_in_turn_1, meetings.update_1)
_meet_2 = _meets(meetings.products_2, meetings.scores_2, turns.errors_in_turn_2, meetings.update_2)
_meet_4 = _meets(meetings.products_4, meetings.scores_4, turns.errors_in_turn_4, meetings.update_4)


@helper
def _loss_before(tree: Any, to: Any, contexts: Any, length: Any, work: Any) -> Any:
    """Of all contexts of a centre against its path, while neither has changed."""
    loss = 0.0
    for j in range(contexts):
        hidden = address(work.places_in) + j * POINTER
        meetings.scores_1(to.scores, tree.places, length, hidden, tree.floats)
        loss += _loss(length, work)
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
    tree, to = tree_of(paths, output, rate, work), _meeting_of(work)
    most = ZERO
    ids, left, right = address(stretch.ids), address(stretch.left), address(stretch.right)
    inputs, nowhere, row = address(input), address(work.hidden), work.hidden.shape[1] * BYTES
    places, ones, scaled = address(work.places_in), address(work.ones), address(work.factors)
    others, beside, some_beside = address(work.others), address(rate.beside_in), len(rate.beside_in)
    most_beside = np.float32(rate.most_beside_in)
    in_place = ONE + np.float32(paths.beside)
    loss = measured = met = 0.0
    for number in range(stretch.blocks):
        at = window + number
        prefetch_ahead(tree, ids, at)
        rows.prefetch(inputs + read_int(ids, at + 1 + window) * dim * BYTES, dim)
        contexts = _window(ids, left, right, at, inputs, dim, places)
        if contexts == 0:
            continue
        for j in range(TOGETHER):
            write_long(places, contexts + j, nowhere + j * row)
        alpha = alpha_of(rate, stretch, number)
        step, most = alpha / np.float32(rate.cap), most_held(rate, alpha)
        factor = ONE / max(step * in_place, ONE)
        length = path(tree, read_int(ids, at), np.float32(contexts), most)
        if measured_in(rate, stretch, number):
            measured += contexts
            met += contexts * length
            loss += _loss_before(tree, to, contexts, length, work)
        factors = ones
        if (np.float32(length) + most_beside) * step > ONE or factor < ONE:
            factors, terms = scaled, np.float32(length)
            _beside(others, beside, some_beside, ids, left, at, contexts)
            rows.capped_alone(factors, places, others, contexts, terms, step, ONE / factor)
        done = 0
        while done < contexts:
            hidden = places + done * POINTER
            some = _different(hidden, contexts - done)
            own = factors + done * BYTES
            if some <= 2:
                _meet_2(tree, to, some, hidden, hidden, own, factor * alpha, length)
            else:
                _meet_4(tree, to, some, hidden, hidden, own, factor * alpha, length)
            done += some
    give_nodes(tree, most)
    return loss, measured, met


@compiled
def cbow_paths(
    input: Any, output: Any, stretch: Any, paths: Any, rate: Any, window: Any, mean: Any, work: Any
) -> Any:
    """The mean or sum of the window of one centre after the other against its path."""
    dim = input.shape[1]
    tree, to = tree_of(paths, output, rate, work), _meeting_of(work)
    most = ZERO
    ids, left, right = address(stretch.ids), address(stretch.left), address(stretch.right)
    inputs, places, ones = address(input), address(work.places_in), address(work.ones)
    sums, d_sums, hidden = address(work.hidden), address(work.d_hidden), address(work.places_d)
    write_long(hidden, 0, sums)
    write_long(hidden, 1, d_sums)
    others, beside, some_beside = address(work.others), address(rate.beside_in), len(rate.beside_in)
    scaled, most_beside = address(work.factors), np.float32(rate.most_beside_in)
    in_place = ONE + np.float32(paths.beside)
    loss = measured = met = 0.0
    for number in range(stretch.blocks):
        at = window + number
        prefetch_ahead(tree, ids, at)
        rows.prefetch_rare(inputs + read_int(ids, at + 1 + window) * dim * BYTES, dim)
        contexts = _window(ids, left, right, at, inputs, dim, places)
        if contexts == 0:
            continue
        alpha = alpha_of(rate, stretch, number)
        step, most = alpha / np.float32(rate.cap), most_held(rate, alpha)
        factor = ONE / max(step * in_place, ONE)
        length = path(tree, read_int(ids, at), ONE, most)
        share = ONE / np.float32(contexts) if mean else ONE
        rows.sum_rows(sums, places, contexts, dim, share)
        rows.clear(d_sums, dim)
        _meet_1(tree, to, 1, hidden, hidden + POINTER, ones, factor * alpha, length)
        if measured_in(rate, stretch, number):
            measured += 1.0
            met += length
            loss += _loss(length, work)
        factors = ones
        terms = np.float32(length) if mean else np.float32(length * contexts)
        if (terms * np.float32(contexts) + most_beside) * step > ONE or factor < ONE:
            factors = scaled
            _beside(others, beside, some_beside, ids, left, at, contexts)
            rows.capped(factors, places, others, contexts, terms, step, ONE / factor)
        rows.add_to_rows(places, factors, contexts, d_sums, dim)
    give_nodes(tree, most)
    return loss, measured, met
