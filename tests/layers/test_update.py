"""One bounded step for each row."""

from __future__ import annotations

import numpy as np
import pytest

from w2v.backends import Backend
from w2v.layers import RowUpdater


def test_a_step_against_a_loop(backend: Backend) -> None:
    rng = np.random.default_rng(0)
    table, rows = rng.normal(size=(6, 3)), rng.normal(size=(2, 4, 3))
    ids, terms = rng.integers(0, 5, (2, 4)), rng.uniform(0, 30, (2, 4))
    load = rng.uniform(0, 60, (2, 4))
    alpha, cap = 0.1, 4.0
    expected = table.copy()
    for at in np.ndindex(2, 4):
        n = np.maximum(terms, load)[ids == ids[at]].sum()
        expected[ids[at]] -= alpha * min(1, cap / (alpha * n)) * rows[at]
    got = backend.asarray(table.copy())
    updater = RowUpdater(backend, got, cap)
    given = [backend.asarray(x) for x in (ids, rows.copy(), terms, load)]
    updater.apply(given[0], given[1], given[2], given[3], alpha)
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-12)
    assert np.array_equal(backend.to_numpy(got)[5], table[5])


def test_terms_of_one_step_do_not_weigh_on_the_next(backend: Backend) -> None:
    table = backend.xp.zeros((3, 1))
    updater = RowUpdater(backend, table, cap=1.0)
    one = backend.asarray(np.array([1]))
    none = backend.xp.zeros(1)
    updater.apply(one, backend.xp.ones((1, 1)), backend.asarray(np.array([1000.0])), none, 0.1)
    assert float(table[1, 0]) == pytest.approx(-0.001)  # 0.1 * 1 / (0.1 * 1000)
    updater.apply(one, backend.xp.ones((1, 1)), backend.asarray(np.array([10.0])), none, 0.1)
    assert float(table[1, 0]) == pytest.approx(-0.101)


def test_rows_with_few_terms_are_untouched_and_hot_rows_bounded(backend: Backend) -> None:
    table = backend.xp.zeros((2, 1))
    ids = backend.asarray(np.array([0] * 1000 + [1]))
    updater = RowUpdater(backend, table, cap=5.0)
    updater.apply(
        ids, backend.xp.ones((1001, 1)), backend.xp.ones(1001), backend.xp.zeros(1001), 0.1
    )
    assert backend.to_numpy(table)[:, 0] == pytest.approx([-5.0, -0.1])


def test_no_rows_at_all(backend: Backend) -> None:
    table = backend.xp.ones((2, 3))
    empty = backend.xp.zeros(0, backend.xp.int32)
    updater = RowUpdater(backend, table, cap=5.0)
    updater.apply(empty, backend.xp.zeros((0, 3)), backend.xp.zeros(0), backend.xp.zeros(0), 0.1)
    assert (backend.to_numpy(table) == 1).all()


def test_frozen_rows_take_no_step(backend: Backend) -> None:
    table = backend.asarray(np.ones((3, 2)))
    beside = backend.asarray(np.array([0.0, np.inf, 0.0]))
    updater = RowUpdater(backend, table, 4.0, beside)
    ids = backend.asarray(np.array([[0, 1], [1, 2]]))
    ones = backend.xp.ones((2, 2))
    updater.apply(ids, backend.xp.ones((2, 2, 2)), ones, ones, 0.1)
    got = backend.to_numpy(table)
    np.testing.assert_allclose(got, np.array([[0.9, 0.9], [1.0, 1.0], [0.9, 0.9]]))


def test_what_others_add_is_as_heavy_as_the_step_itself(backend: Backend) -> None:
    """Terms of 1 and 3 with loads of 8 and 0, errors of 1/2 and of 1/8: others count 11/4, 2 times.

    Where loads are below terms, by errors alone.
    """
    for load, errors in (([8.0, 0.0], {0.5: 11 / 4, 0.125: 2.0}), ([0.5, 0.0], {0.125: 0.25})):
        for error, heavy in errors.items():
            table = backend.xp.zeros((2, 1))
            beside = backend.asarray(np.array([100.0, np.inf]))
            updater = RowUpdater(backend, table, 4.0, beside)
            ids, rows, terms, loads = (
                backend.asarray(np.array(x)) for x in ([0, 1], [[1.0], [1.0]], [1.0, 3.0], load)
            )
            updater.apply(ids, rows, terms, loads, 0.1, error)
            expected = -0.1 * min(1, 4 / (0.1 * (max(1, load[0]) + 100 * heavy)))
            assert backend.to_numpy(table)[:, 0].tolist() == pytest.approx([expected, 0.0])


def test_frozen_rows_take_no_step_where_nothing_is_wrong(backend: Backend) -> None:
    """Endless terms of no weight would be no number."""
    table = backend.xp.ones((1, 1))
    updater = RowUpdater(backend, table, 4.0, backend.asarray(np.array([np.inf])))
    one = backend.xp.ones(1)
    updater.apply(backend.asarray(np.array([0])), backend.xp.ones((1, 1)), one, one, 0.1, 0.0)
    assert backend.to_numpy(table).tolist() == [[1.0]]
