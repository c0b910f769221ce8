"""A partitioned table against the whole one."""

from __future__ import annotations

import re
from typing import Any, get_args

import numpy as np
import pytest
from gradcheck import Floats, check_gradient

from w2v.backends import Backend
from w2v.layers import (
    Embedding,
    PartitionedEmbedding,
    PartitionStrategy,
    embedding_lookup,
    partition,
)

STRATEGIES: tuple[PartitionStrategy, ...] = get_args(PartitionStrategy)
THIRTEEN_OVER_FIVE: dict[PartitionStrategy, list[list[int]]] = {
    "mod": [[0, 5, 10], [1, 6, 11], [2, 7, 12], [3, 8], [4, 9]],
    "div": [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10], [11, 12]],
}


def numbered(words: int, dim: int = 1) -> Floats:
    """A table whose row i holds the number i."""
    return np.repeat(np.arange(words, dtype=np.float64)[:, None], dim, axis=1)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_thirteen_ids_over_five_parts(backend: Backend, strategy: PartitionStrategy) -> None:
    expected = THIRTEEN_OVER_FIVE[strategy]
    parts = partition(backend.asarray(numbered(13)), 5, strategy)
    assert [backend.to_numpy(part)[:, 0].tolist() for part in parts] == expected
    given = [backend.asarray(numbered(13)[rows]) for rows in expected]
    rows = embedding_lookup(given, np.arange(13), partition_strategy=strategy, backend=backend)
    assert backend.to_numpy(rows)[:, 0].tolist() == list(range(13))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("parts", [1, 2, 3, 7, 12, 13])
@pytest.mark.parametrize("words", [1, 6, 7, 12])
def test_every_id_finds_its_row(
    backend: Backend, words: int, parts: int, strategy: PartitionStrategy
) -> None:
    table = numbered(words, 2)
    layer = PartitionedEmbedding(
        backend, partition(backend.asarray(table), parts, strategy), strategy
    )
    rows = backend.to_numpy(layer.forward(backend.asarray(np.arange(words))))
    np.testing.assert_array_equal(rows, table)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("int_type", ["int8", "int32", "int64", "uint64"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (40,), (3, 4), (2, 0)])
def test_same_as_the_whole_table(
    backend: Backend,
    shape: tuple[int, ...],
    int_type: str,
    dtype: str,
    strategy: PartitionStrategy,
) -> None:
    """Rows and gradients, exactly; local ids are put back by the table of members above."""
    rng = np.random.default_rng(0)
    table = backend.asarray(rng.normal(size=(13, 4)), dtype)
    ids = backend.asarray(rng.integers(0, 13, shape).astype(int_type))
    whole = Embedding(backend, table)
    parts = PartitionedEmbedding(backend, partition(table, 5, strategy), strategy)
    rows = parts.forward(ids)
    assert rows.dtype == dtype
    np.testing.assert_array_equal(backend.to_numpy(rows), backend.to_numpy(whole.forward(ids)))

    whole_numbers = rng.integers(-9, 10, (*shape, 4))  # their sums do not depend on the order
    dout = backend.asarray(whole_numbers, dtype)
    expected, got = np.zeros((13, 4), dtype), np.zeros((13, 4), dtype)
    whole_ids, whole_rows = map(backend.to_numpy, whole.backward(dout))
    expected[whole_ids] = whole_rows
    for members, pair in zip(THIRTEEN_OVER_FIVE[strategy], parts.backward(dout), strict=True):
        local, part_rows = map(backend.to_numpy, pair)
        assert (np.diff(local) > 0).all()
        got[np.array(members)[local]] = part_rows
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_gradient_matches_differences(backend: Backend, strategy: PartitionStrategy) -> None:
    rng = np.random.default_rng(1)
    tables = [rng.normal(size=(rows, 2)) for rows in (3, 2, 2)]
    ids, dout = backend.asarray([[6, 0, 6], [2, 3, 1]]), rng.normal(size=(2, 3, 2))

    def weighted(*tables: Floats) -> float:
        parts = [backend.asarray(table) for table in tables]
        rows = embedding_lookup(parts, ids, strategy, backend=backend)
        return float((backend.to_numpy(rows) * dout).sum())

    layer = PartitionedEmbedding(backend, [backend.asarray(table) for table in tables], strategy)
    layer.forward(ids)
    gradients = [np.zeros_like(table) for table in tables]
    pairs = layer.backward(backend.asarray(dout), coalesce=False)
    for gradient, pair in zip(gradients, pairs, strict=True):
        np.add.at(gradient, *map(backend.to_numpy, pair))
    check_gradient(weighted, tables, gradients)


def test_lookup_defaults_to_numpy_and_mod() -> None:
    parts = [[[0.0], [2.0]], [[1.0]]]
    rows = embedding_lookup(parts, [[2, 1], [0, 0]])
    assert isinstance(rows, np.ndarray)
    assert rows.tolist() == [[[2], [1]], [[0], [0]]]


def test_layer_shares_and_partition_copies(backend: Backend) -> None:
    table = backend.asarray(numbered(4))
    for strategy in STRATEGIES:
        parts = partition(table, 2, strategy)
        layer = PartitionedEmbedding(backend, parts, strategy)
        parts[0][0] = 9
        assert float(layer.forward(backend.asarray([0]))[0, 0]) == 9
        assert float(table[0, 0]) == 0


class TestMistakes:
    @pytest.mark.parametrize("bad", [-1, 13, 99])
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_id_out_of_range(self, backend: Backend, strategy: PartitionStrategy, bad: int) -> None:
        parts = partition(backend.asarray(numbered(13)), 5, strategy)
        with pytest.raises(ValueError, match=re.escape(f"`ids` must be in [0, 13), got {bad}.")):
            embedding_lookup(parts, [[0, bad]], strategy, backend=backend)

    def test_strategy(self, backend: Backend) -> None:
        strategy: Any = "hash"
        message = "`partition_strategy` must be one of mod, div; got 'hash'"
        with pytest.raises(ValueError, match=message):
            embedding_lookup([[[1.0]]], [0], partition_strategy=strategy)
        with pytest.raises(ValueError, match=message):
            partition(backend.asarray(numbered(3)), 2, strategy)

    @pytest.mark.parametrize(
        ("shapes", "message"),
        [
            ([], "`parts` must hold at least one table, got none."),
            ([(2, 1), (3, 1)], "must have [3, 2] rows to hold 5 words, got [2, 3]."),
            ([(4, 1), (2, 1)], "must have [3, 3] rows to hold 6 words, got [4, 2]."),
            ([(2, 1), (2, 3)], "`parts[1]` must have the width and dtype of the first part"),
            ([(2, 1), (2,)], "`parts[1]` must be 2-D (words, dim), got shape (2,)."),
        ],
    )
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_parts(
        self,
        backend: Backend,
        strategy: PartitionStrategy,
        shapes: list[tuple[int, ...]],
        message: str,
    ) -> None:
        parts = [backend.xp.zeros(shape) for shape in shapes]
        with pytest.raises(ValueError, match=re.escape(message)):
            PartitionedEmbedding(backend, parts, strategy)

    def test_calls(self, backend: Backend) -> None:
        with pytest.raises(ValueError, match="`parts` must be at least 1, got 0"):
            partition(backend.asarray(numbered(3)), 0)
        layer = PartitionedEmbedding(backend, [backend.asarray(numbered(3))])
        with pytest.raises(ValueError, match="`backward` needs a `forward` before it"):
            layer.backward(backend.xp.zeros((1, 1)))
        layer.forward([1, 2])
        with pytest.raises(ValueError, match=re.escape("of the output, (2, 1), got (2, 2)")):
            layer.backward(backend.xp.zeros((2, 2)))
