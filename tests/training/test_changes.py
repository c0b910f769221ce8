"""What has changed in a table, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from w2v.backends import Backend
from w2v.training.changes import Changes, changed
from w2v.training.tables import Copiers

ROWS, DIM = 500, 7


@pytest.fixture(params=[1, 3])
def copiers(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Copiers]:
    made = Copiers(backend, request.param)
    yield made
    made.close()


def tables(backend: Backend) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Before, after, and which rows differ."""
    rng = np.random.default_rng(0)
    before = rng.normal(size=(ROWS, DIM)).astype(np.float32)
    rows = np.sort(rng.choice(ROWS, 60, replace=False))
    after = before.copy()
    after[rows] += rng.normal(scale=0.1, size=(60, DIM)).astype(np.float32)
    return before, after, rows


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_rows_that_moved_and_by_how_much(backend: Backend, copiers: Copiers, dtype: str) -> None:
    before, after, rows = tables(backend)
    table = backend.new_table(ROWS, DIM)
    table[:, :DIM] = backend.asarray(after)
    base = backend.new_table(ROWS, DIM)
    base[:, :DIM] = backend.asarray(before)
    found = changed(base, table, DIM, dtype, copiers)
    assert found.rows.dtype == np.int32
    assert found.values.dtype == dtype
    assert found.rows.tolist() == rows.tolist()
    assert found.values.tobytes() == (after - before)[rows].astype(dtype).tobytes()
    assert found.nbytes == 60 * (4 + DIM * found.values.itemsize)
    assert backend.to_numpy(table).tobytes() == backend.to_numpy(base).tobytes()  # changed back


def test_nothing_has_moved(backend: Backend, copiers: Copiers) -> None:
    table = backend.new_table(ROWS, DIM)
    found = changed(table, table.copy(), DIM, "float16", copiers)
    assert found.rows.shape == (0,)
    assert found.values.shape == (0, DIM)


def test_changes_are_added(backend: Backend, copiers: Copiers) -> None:
    before, after, rows = tables(backend)
    table = backend.new_table(ROWS, DIM)
    table[:, :DIM] = backend.asarray(before)
    moved = Changes(rows.astype(np.int32), (after - before)[rows])
    moved.add_to(table, copiers)
    np.testing.assert_allclose(backend.to_numpy(table)[:, :DIM], after, atol=1e-6)
