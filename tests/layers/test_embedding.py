"""Embedding against one-hot products, loops, worked numbers and finite differences."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from gradcheck import Floats, check_gradient
from numpy.typing import NDArray

from w2v.backends import Array, Backend, get_backend
from w2v.layers import Embedding

V, D = 6, 5
SHAPES = [(0,), (1,), (9,), (3, 4), (2, 1, 3), (3, 0), ()]
EXACT = {"float32": 1e-6, "float64": 1e-14}  # sums of a few terms of size 1


def make_table(dtype: str = "float64") -> NDArray[Any]:
    return np.random.default_rng(0).normal(size=(V, D)).astype(dtype)


def make_ids(shape: tuple[int, ...], dtype: str = "int64") -> NDArray[Any]:
    return np.random.default_rng(1).integers(0, V, shape).astype(dtype)


def one_hot(ids: NDArray[Any]) -> Floats:
    hot: Floats = np.eye(V)[ids.reshape(-1)]
    return hot


def dense_of(backend: Backend, pairs: tuple[Array, Array]) -> NDArray[Any]:
    """The (V, D) gradient that pairs stand for, added up by a loop."""
    total = np.zeros((V, D))
    for word, row in zip(*map(backend.to_numpy, pairs), strict=True):
        total[word] += row
    return total


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("float_type", EXACT)
@pytest.mark.parametrize("int_type", ["int32", "int64", "uint8", "int16", "uint32", "uint64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_one_hot_times_table(
    backend: Backend, shape: tuple[int, ...], int_type: str, float_type: str, sparse: bool
) -> None:
    table, ids = make_table(float_type), make_ids(shape, int_type)
    layer = Embedding(backend, backend.asarray(table), sparse=sparse)
    rows = layer.forward(backend.asarray(ids))
    assert rows.dtype == float_type
    assert rows.shape == (*shape, D)
    np.testing.assert_array_equal(
        backend.to_numpy(rows).reshape(-1, D), (one_hot(ids) @ table).astype(float_type)
    )

    dout = np.random.default_rng(2).normal(size=rows.shape).astype(float_type)
    expected = one_hot(ids).T @ dout.reshape(-1, D).astype("float64")
    pairs = layer.backward(backend.asarray(dout))
    got = dense_of(backend, pairs) if sparse else backend.to_numpy(layer.grads[0])
    np.testing.assert_allclose(got, expected, rtol=0, atol=EXACT[float_type])
    assert pairs.rows.dtype == float_type


@pytest.mark.parametrize("sparse", [True, False])
def test_gradient_matches_differences(backend: Backend, sparse: bool) -> None:
    table, ids = make_table(), make_ids((4, 3))
    dout = np.random.default_rng(2).normal(size=(4, 3, D))

    def weighted(table: Floats) -> float:
        rows = Embedding(backend, backend.asarray(table)).forward(backend.asarray(ids))
        return float((backend.to_numpy(rows) * dout).sum())

    layer = Embedding(backend, backend.asarray(table), sparse=sparse)
    layer.forward(backend.asarray(ids))
    pairs = layer.backward(backend.asarray(dout))
    gradient = dense_of(backend, pairs) + sum(map(backend.to_numpy, layer.grads))
    check_gradient(weighted, [table], [gradient])


def test_gradient_check_refuses_a_wrong_gradient() -> None:
    def cubes(left: Floats, right: Floats) -> float:
        return float((left**3).sum() + (left[:2] * right).sum())

    left, right = np.array([0.5, -1.0, 2.0]), np.array([3.0, 1.0])
    d_left = 3 * left**2 + np.array([3.0, 1.0, 0.0])
    check_gradient(cubes, [left, right], [d_left, left[:2]])
    wrong = d_left.copy()
    wrong[1] *= 1.00001
    with pytest.raises(AssertionError, match="the gradient says"):
        check_gradient(cubes, [left, right], [wrong, left[:2]])
    with pytest.raises(AssertionError, match="the gradient says"):
        check_gradient(cubes, [left, right], [d_left, 0 * right])


class TestPairs:
    """Ids 4, 1, 4 with rows of ones, twos and threes."""

    def backward(self, backend: Backend, **options: Any) -> tuple[list[int], list[list[float]]]:
        coalesce = options.pop("coalesce", True)
        layer = Embedding(backend, backend.asarray(np.zeros((V, 2))), **options)
        layer.forward(backend.asarray([[4, 1, 4]], "int32"))
        dout = backend.asarray([[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]])
        ids, rows = layer.backward(dout, coalesce=coalesce)
        return backend.to_numpy(ids).tolist(), backend.to_numpy(rows).tolist()

    def test_coalesced_are_unique_and_ascending(self, backend: Backend) -> None:
        assert self.backward(backend) == ([1, 4], [[2, 2], [4, 4]])

    def test_plain_are_as_looked_up(self, backend: Backend) -> None:
        expected = ([4, 1, 4], [[1, 1], [2, 2], [3, 3]])
        assert self.backward(backend, coalesce=False) == expected

    @pytest.mark.parametrize("padding_idx", [4, -2])
    def test_padding_is_left_out(self, backend: Backend, padding_idx: int) -> None:
        assert self.backward(backend, padding_idx=padding_idx) == ([1], [[2, 2]])
        plain = self.backward(backend, padding_idx=padding_idx, coalesce=False)
        assert plain == ([1], [[2, 2]])

    def test_divided_by_frequency(self, backend: Backend) -> None:
        assert self.backward(backend, scale_grad_by_freq=True) == ([1, 4], [[2, 2], [2, 2]])
        plain = self.backward(backend, scale_grad_by_freq=True, coalesce=False)
        assert plain == ([4, 1, 4], [[0.5, 0.5], [2, 2], [1.5, 1.5]])

    def test_empty_where_dense_or_frozen(self, backend: Backend) -> None:
        assert self.backward(backend, sparse=False) == ([], [])
        assert self.backward(backend, freeze=True) == ([], [])

    def test_plain_rows_are_not_copied(self) -> None:
        layer = Embedding(get_backend("numpy"), np.zeros((V, 2)))
        ids, dout = np.array([[3, 1], [0, 3]]), np.ones((2, 2, 2))
        layer.forward(ids)
        flat_ids, rows = layer.backward(dout, coalesce=False)
        assert np.shares_memory(flat_ids, ids)
        assert np.shares_memory(rows, dout)


class TestDense:
    @pytest.mark.parametrize("options", [{}, {"padding_idx": 1}, {"scale_grad_by_freq": True}])
    def test_same_as_the_pairs(self, backend: Backend, options: dict[str, Any]) -> None:
        ids, dout = make_ids((20,)), np.random.default_rng(2).normal(size=(20, D))
        layers = [
            Embedding(backend, backend.asarray(make_table()), sparse=sparse, **options)
            for sparse in (True, False)
        ]
        for layer in layers:
            layer.forward(backend.asarray(ids))
        pairs, _ = (layer.backward(backend.asarray(dout)) for layer in layers)
        np.testing.assert_allclose(
            backend.to_numpy(layers[1].grads[0]), dense_of(backend, pairs), rtol=0, atol=1e-14
        )

    def test_one_array_overwritten_by_each_backward(self, backend: Backend) -> None:
        table = backend.asarray(make_table())
        layer = Embedding(backend, table, sparse=False)
        assert len(layer.params) == len(layer.grads) == 1
        assert layer.params[0] is table
        (gradient,) = layer.grads
        for word in (0, 3):
            layer.forward(backend.asarray([word, word]))
            layer.backward(backend.asarray(np.ones((2, D))))
            expected = 2.0 * one_hot(np.array([word])).T @ np.ones((1, D))
            np.testing.assert_array_equal(backend.to_numpy(gradient), expected)
            assert layer.grads[0] is gradient


class TestMaxNorm:
    def test_worked_example(self, backend: Backend) -> None:
        """The rows (3, 4), (0.3, 0.4), (6, 8) have lengths 5, 0.5, 10; only 0 and 1 are asked for,
        and 5 is cut to 1: 3 / (5 + 1e-7), 4 / (5 + 1e-7)."""
        table = backend.asarray([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
        layer = Embedding(backend, table, max_norm=1.0)
        rows = backend.to_numpy(layer.forward(backend.asarray([1, 0, 0])))
        cut = [3 / (5 + 1e-7), 4 / (5 + 1e-7)]
        np.testing.assert_allclose(rows, [[0.3, 0.4], cut, cut], rtol=1e-15)
        np.testing.assert_allclose(
            backend.to_numpy(table), [cut, [0.3, 0.4], [6.0, 8.0]], rtol=1e-15
        )

    @pytest.mark.parametrize("dtype", EXACT)
    @pytest.mark.parametrize("norm_type", [0.5, 1, 2.0, 3.0, float("inf")])
    @pytest.mark.parametrize("shape", SHAPES)
    def test_equals_a_loop(
        self, backend: Backend, shape: tuple[int, ...], norm_type: float, dtype: str
    ) -> None:
        start, ids = make_table(dtype), make_ids(shape)
        expected = start.astype("float64")
        for word in set(ids.reshape(-1).tolist()):
            sizes = np.abs(expected[word])
            big = np.isinf(norm_type)
            norm = sizes.max() if big else (sizes**norm_type).sum() ** (1 / norm_type)
            if norm > 2.0:
                expected[word] *= 2.0 / (norm + 1e-7)
        table = backend.asarray(start.copy())
        layer = Embedding(backend, table, max_norm=2.0, norm_type=norm_type)
        rows = layer.forward(backend.asarray(ids))
        assert table.dtype == rows.dtype == dtype
        np.testing.assert_allclose(backend.to_numpy(table), expected, rtol=10 * EXACT[dtype])
        np.testing.assert_array_equal(backend.to_numpy(rows), backend.to_numpy(table)[ids])

    def test_no_gradient_goes_through(self, backend: Backend) -> None:
        layer = Embedding(backend, backend.asarray(make_table()), max_norm=0.1)
        layer.forward(backend.asarray([2]))
        _, rows = layer.backward(backend.asarray(np.ones((1, D))))
        np.testing.assert_array_equal(backend.to_numpy(rows), np.ones((1, D)))


class TestFrozen:
    def test_no_gradient_and_no_change(self, backend: Backend) -> None:
        table = backend.asarray(make_table())
        layer = Embedding.from_pretrained(backend, table, sparse=False)
        assert layer.table is table
        assert layer.params == layer.grads == []
        rows = backend.to_numpy(layer.forward(backend.asarray([[1, 2]])))
        ids, d_rows = layer.backward(backend.asarray(np.ones((1, 2, D))))
        assert ids.shape == (0,)
        assert d_rows.shape == (0, D)
        np.testing.assert_array_equal(backend.to_numpy(table), make_table())
        np.testing.assert_array_equal(rows, make_table()[[[1, 2]]])

    def test_max_norm_shortens_rows_all_the_same(self, backend: Backend) -> None:
        """torch does so too."""
        table = backend.asarray(make_table())
        layer = Embedding.from_pretrained(backend, table, max_norm=0.5)
        layer.forward(backend.asarray([[1, 2]]))
        changed = backend.to_numpy(table)
        np.testing.assert_allclose(np.linalg.norm(changed[[1, 2]], axis=-1), 0.5, rtol=1e-6)
        np.testing.assert_array_equal(changed[3:], make_table()[3:])

    def test_may_be_any_view(self, backend: Backend) -> None:
        table = backend.asarray(make_table())[:, ::2]
        layer = Embedding.from_pretrained(backend, table)
        rows = backend.to_numpy(layer.forward(backend.asarray([3])))
        np.testing.assert_array_equal(rows, make_table()[[3], ::2])


class TestConstructors:
    def test_from_pretrained_leaves_the_padding_row(self, backend: Backend) -> None:
        layer = Embedding.from_pretrained(backend, make_table(), freeze=False, padding_idx=1)
        assert len(layer.params) == 1
        np.testing.assert_array_equal(backend.to_numpy(layer.table), make_table())

    def test_from_pretrained_takes_lists(self, backend: Backend) -> None:
        layer = Embedding.from_pretrained(backend, [[1.0, 2.0], [3.0, 4.0]])
        assert backend.to_numpy(layer.forward([1])).tolist() == [[3, 4]]

    def test_zeros(self, backend: Backend) -> None:
        layer = Embedding.zeros(backend, V, D, "float64", padding_idx=-1)
        assert layer.table.dtype == "float64"
        assert layer.padding_idx == V - 1
        np.testing.assert_array_equal(backend.to_numpy(layer.table), np.zeros((V, D)))
        assert Embedding.zeros(backend, V, D).table.dtype == "float32"

    def test_layers_may_share_a_table(self, backend: Backend) -> None:
        table = backend.asarray(make_table())
        first, second = Embedding(backend, table), Embedding(backend, table)
        table[2] = 7
        assert first.table is second.table is table
        for layer in (first, second):
            assert (backend.to_numpy(layer.forward(backend.asarray([2]))) == 7).all()


class TestMistakes:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"padding_idx": 6}, ValueError, "`padding_idx` must be in [-6, 6), got 6."),
            ({"padding_idx": -7}, ValueError, "`padding_idx` must be in [-6, 6), got -7."),
            ({"padding_idx": 1.0}, TypeError, "`padding_idx` must be an integer, got 1.0."),
            ({"max_norm": -1.0}, ValueError, "`max_norm` must not be negative, got -1.0."),
        ],
    )
    def test_options(
        self, backend: Backend, options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=re.escape(message)):
            Embedding(backend, backend.asarray(make_table()), **options)

    def test_tables(self, backend: Backend) -> None:
        with pytest.raises(ValueError, match=r"must be 2-D \(words, dim\), got shape \(6,\)"):
            Embedding(backend, backend.xp.zeros(6))
        with pytest.raises(TypeError, match="`table` must hold floats, got int64"):
            Embedding(backend, backend.xp.zeros((6, 2), "int64"))
        with pytest.raises(TypeError, match=r"must be an array of backend .*, got builtins.list"):
            Embedding(backend, [[1.0]])
        with pytest.raises(ValueError, match="`table` must be C-contiguous to be trained"):
            Embedding(backend, backend.xp.zeros((6, 4))[:, ::2])

    def test_calls(self, backend: Backend) -> None:
        layer = Embedding(backend, backend.asarray(make_table()))
        with pytest.raises(ValueError, match="`backward` needs a `forward` before it"):
            layer.backward(backend.xp.zeros((1, D)))
        with pytest.raises(TypeError, match="`ids` must be integers, got float64"):
            layer.forward(backend.asarray([1.0]))
        layer.forward(backend.asarray([1, 2]))
        with pytest.raises(ValueError, match=re.escape("of the output, (2, 5), got (2, 4)")):
            layer.backward(backend.xp.zeros((2, 4)))


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3000, 700)])
def test_first_table_is_uniform_and_the_same_everywhere(
    backend: Backend, shape: tuple[int, int]
) -> None:
    table = backend.to_numpy(Embedding.uniform(backend, *shape, key=5).table)
    assert table.dtype == np.float32
    assert table.shape == shape
    assert (np.abs(table) < 1 / shape[1]).all()
    reference = Embedding.uniform(get_backend("numpy"), *shape, key=5).table
    assert np.array_equal(table, reference)
    if table.size > 1e6:
        assert table.mean() * shape[1] == pytest.approx(0, abs=1e-3)
        assert table.std() * shape[1] == pytest.approx(3**-0.5, rel=1e-3)
        assert len(np.unique(table)) > 0.8 * min(table.size, 2**24)


@pytest.mark.parametrize("padding_idx", [0, 2, -1])
def test_the_padding_row_of_a_fresh_table_is_zero(backend: Backend, padding_idx: int) -> None:
    fresh = Embedding.uniform(backend, 4, 3, padding_idx=padding_idx)
    given = backend.to_numpy(Embedding.uniform(backend, 4, 3).table)
    zero = padding_idx % 4
    table = backend.to_numpy(fresh.table)
    assert not table[zero].any()
    others = [row for row in range(4) if row != zero]
    assert np.array_equal(table[others], given[others])
    assert given.all()
    fresh.forward(backend.asarray([zero, 1 if zero != 1 else 3]))
    ids, _ = fresh.backward(backend.xp.ones((2, 3), "float32"))
    assert zero not in backend.to_numpy(ids)
