"""EmbeddingBag against worked numbers, a loop and finite differences."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest
from gradcheck import Floats, check_gradient
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.layers import Combiner, EmbeddingBag, flatten_bags

COMBINERS: tuple[Combiner, ...] = get_args(Combiner)
TABLE = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [-4.0, 8.0]])
BAGS = [[(0, 3.0), (3, 4.0)], [], [(2, 0.5)], [(1, 1.0), (1, 1.0), (0, -2.0)]]
V, D = 7, 3


def pooled_by_loop(
    table: Floats, ids: NDArray[Any], offsets: NDArray[Any], weights: Floats, combiner: str
) -> Floats:
    """The definition, one bag at a time."""
    pooled = np.zeros((len(offsets) - 1, table.shape[1]))
    for bag, (first, end) in enumerate(pairwise(offsets)):
        own = weights[first:end]
        norm = {"sum": 1.0, "mean": own.sum(), "sqrtn": np.sqrt((own**2).sum())}[combiner]
        if norm != 0:
            pooled[bag] = own @ table[ids[first:end]] / norm
    return pooled


def random_bags(seed: int) -> tuple[NDArray[Any], NDArray[Any], Floats]:
    """Ids, offsets and weights of eight bags; the first, the last and one between are empty."""
    rng = np.random.default_rng(seed)
    sizes = np.array([0, 3, 1, 0, 5, 2, 4, 0])
    ids = rng.integers(0, V, sizes.sum())
    return ids, np.concatenate([[0], sizes.cumsum()]), rng.uniform(0.5, 2.0, ids.size)


@pytest.mark.parametrize(
    ("combiner", "expected"),
    [
        # 3 (1, 0) + 4 (-4, 8); nothing; 0.5 (3, 3); (0, 2) + (0, 2) - 2 (1, 0)
        ("sum", [[-13, 32], [0, 0], [1.5, 1.5], [-2, 4]]),
        # by 3 + 4, 0.5, and 1 + 1 - 2, which is nothing to divide by
        ("mean", [[-13 / 7, 32 / 7], [0, 0], [3, 3], [0, 0]]),
        # by the roots of 9 + 16, 0.25 and 1 + 1 + 4
        ("sqrtn", [[-2.6, 6.4], [0, 0], [3, 3], [-2 / 6**0.5, 4 / 6**0.5]]),
    ],
)
def test_worked_example(backend: Backend, combiner: Combiner, expected: list[list[float]]) -> None:
    layer = EmbeddingBag(backend, backend.asarray(TABLE), combiner=combiner)
    pooled = layer.forward(*flatten_bags(backend, BAGS, "float64"))
    np.testing.assert_allclose(backend.to_numpy(pooled), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("weighted", [True, False])
def test_equals_a_loop(backend: Backend, weighted: bool, combiner: Combiner, dtype: str) -> None:
    table = np.random.default_rng(0).normal(size=(V, D))
    ids, offsets, weights = random_bags(1)
    layer = EmbeddingBag(backend, backend.asarray(table, dtype), combiner=combiner)
    flat_ids, starts = backend.asarray(ids), backend.asarray(offsets)
    pooled = layer.forward(flat_ids, starts, backend.asarray(weights) if weighted else None)
    assert pooled.dtype == dtype
    expected = pooled_by_loop(
        table, ids, offsets, weights if weighted else np.ones(ids.size), combiner
    )
    tolerance = 2e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(backend.to_numpy(pooled), expected, rtol=0, atol=tolerance)
    assert layer.backward(pooled).rows.dtype == layer.backward_weights(pooled).dtype == dtype


@pytest.mark.parametrize("combiner", COMBINERS)
def test_gradients_match_differences(backend: Backend, combiner: Combiner) -> None:
    table = np.random.default_rng(0).normal(size=(V, D))
    ids, offsets, weights = random_bags(2)
    dout = np.random.default_rng(3).normal(size=(8, D))
    flat_ids, starts = backend.asarray(ids), backend.asarray(offsets)

    def weighted_sum(table: Floats, weights: Floats) -> float:
        layer = EmbeddingBag(backend, backend.asarray(table), combiner=combiner)
        pooled = layer.forward(flat_ids, starts, backend.asarray(weights))
        return float((backend.to_numpy(pooled) * dout).sum())

    layer = EmbeddingBag(backend, backend.asarray(table), combiner=combiner)
    layer.forward(flat_ids, starts, backend.asarray(weights))
    plain = layer.backward(backend.asarray(dout), coalesce=False)
    np.testing.assert_array_equal(backend.to_numpy(plain.ids), ids)
    found, rows = map(backend.to_numpy, layer.backward(backend.asarray(dout)))
    np.testing.assert_array_equal(found, np.unique(ids))
    dtable = np.zeros_like(table)
    dtable[found] = rows
    dweights = backend.to_numpy(layer.backward_weights(backend.asarray(dout)))
    check_gradient(weighted_sum, [table, weights], [dtable, dweights])


@pytest.mark.parametrize("combiner", COMBINERS)
@pytest.mark.parametrize("bags", [[], [[]], [[], []], [[(1, 0.0)]], [[(1, 1.0), (2, -1.0)]]])
def test_nothing_to_divide_by_gives_no_nan(
    backend: Backend, bags: list[list[tuple[int, float]]], combiner: Combiner
) -> None:
    layer = EmbeddingBag(backend, backend.asarray(TABLE), combiner=combiner)
    flat = flatten_bags(backend, bags, "float64")
    pooled = layer.forward(*flat)
    assert pooled.shape == (len(bags), 2)
    ones = backend.xp.ones(pooled.shape)
    for array in (pooled, layer.backward(ones).rows, layer.backward_weights(ones)):
        assert np.isfinite(backend.to_numpy(array)).all()
    if combiner == "mean":
        assert not backend.to_numpy(pooled).any()
        assert not backend.to_numpy(layer.backward(ones).rows).any()


def test_a_cbow_window_is_a_bag(backend: Backend) -> None:
    """Words 0 1 2 3, window 1: the hidden vector of a centre is the mean of its neighbours, and
    each neighbour gets its share of the centre's gradient."""
    windows = [[1], [0, 2], [1, 3], [2]]
    flat = flatten_bags(backend, [[(word, 1.0) for word in window] for window in windows])
    layer = EmbeddingBag(backend, backend.asarray(TABLE))
    hidden = backend.to_numpy(layer.forward(*flat))
    np.testing.assert_allclose(hidden, [TABLE[window].mean(axis=0) for window in windows])
    dout = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 4.0], [8.0, 8.0]])
    ids, rows = map(backend.to_numpy, layer.backward(backend.asarray(dout)))
    assert ids.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(rows, [[1, 0], [1, 3], [9, 8], [0, 2]])


def test_flatten_bags(backend: Backend) -> None:
    flat = flatten_bags(backend, BAGS)
    assert [backend.to_numpy(array).tolist() for array in flat] == [
        [0, 3, 2, 1, 1, 0],
        [0, 2, 2, 3, 6],
        [3.0, 4.0, 0.5, 1.0, 1.0, -2.0],
    ]
    assert [str(array.dtype) for array in flat] == ["int64", "int64", "float32"]
    assert [array.shape for array in flatten_bags(backend, [])] == [(0,), (1,), (0,)]


class TestMistakes:
    @pytest.mark.parametrize("pair", [3, (1,), (1.5, 1.0), (1, "much")])
    def test_no_pair(self, backend: Backend, pair: Any) -> None:
        message = f"`bags[1]` must hold pairs (int id, float weight), got {pair!r}."
        with pytest.raises(ValueError, match=re.escape(message)):
            flatten_bags(backend, [[(0, 1.0)], [pair]])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([[1]], [0, 1]), "`ids` must be 1-D, one bag after the other, got shape (1, 1)."),
            (([1, 2], [0, 1]), "from 0 to the number of ids, 2, got 0 to 1."),
            (([1, 2], [1, 2]), "from 0 to the number of ids, 2, got 1 to 2."),
            (([1, 2], [0, 2, 1, 2]), "`offsets` must not decrease, got 2 then 1."),
            (([1, 2], [[0, 2]]), "`offsets` must be 1-D with at least one entry, got (1, 2)."),
            (([1, 2], [0, 2], [1.0]), "the shape of `ids`, (2,), got (1,)."),
        ],
    )
    def test_arrays_that_do_not_fit(
        self, backend: Backend, arguments: tuple[Any, ...], message: str
    ) -> None:
        layer = EmbeddingBag(backend, backend.asarray(TABLE))
        with pytest.raises(ValueError, match=re.escape(message)):
            layer.forward(*map(backend.asarray, arguments))

    def test_calls(self, backend: Backend) -> None:
        layer = EmbeddingBag(backend, backend.asarray(TABLE))
        with pytest.raises(ValueError, match="`backward` needs a `forward` before it"):
            layer.backward(backend.xp.zeros((1, 2)))
        with pytest.raises(TypeError, match="`offsets` must be integers, got float64"):
            layer.forward(backend.asarray([1]), backend.asarray([0.0, 1.0]))
        layer.forward(backend.asarray([1]), backend.asarray([0, 1]))
        with pytest.raises(ValueError, match=re.escape("of the output, (1, 2), got (2, 2)")):
            layer.backward(backend.xp.zeros((2, 2)))

    def test_combiner(self, backend: Backend) -> None:
        combiner: Any = "max"
        with pytest.raises(ValueError, match="must be one of sum, mean, sqrtn; got 'max'"):
            EmbeddingBag(backend, backend.asarray(TABLE), combiner=combiner)
