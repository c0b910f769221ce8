"""What has changed in a table, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from w2v.backends import Backend
from w2v.training.changes import Changes, changed, packed, unpacked
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


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_rows_that_moved_and_by_how_much(backend: Backend, copiers: Copiers, dtype: str) -> None:
    before, after, rows = tables(backend)
    table = backend.new_table(ROWS, DIM)
    table[:, :DIM] = backend.asarray(after)
    base = backend.new_table(ROWS, DIM)
    base[:, :DIM] = backend.asarray(before)
    found = changed(base, table, DIM, dtype, copiers)
    assert found.rows.dtype == np.int32
    assert found.values.dtype == (np.float32 if dtype == "float32" else np.uint16)
    assert found.rows.tolist() == rows.tolist()
    moved = (after - before)[rows]
    if dtype == "float32":
        assert found.values.tobytes() == moved.tobytes()
    np.testing.assert_allclose(unpacked(found.values), moved, rtol=1 / 256)
    assert found.nbytes == 60 * (4 + DIM * found.values.itemsize)
    assert backend.to_numpy(table).tobytes() == backend.to_numpy(base).tobytes()  # changed back


def test_nothing_has_moved(backend: Backend, copiers: Copiers) -> None:
    table = backend.new_table(ROWS, DIM)
    found = changed(table, table.copy(), DIM, "bfloat16", copiers)
    assert found.rows.shape == (0,)
    assert found.values.shape == (0, DIM)


def test_changes_are_added(backend: Backend, copiers: Copiers) -> None:
    before, after, rows = tables(backend)
    table = backend.new_table(ROWS, DIM)
    table[:, :DIM] = backend.asarray(before)
    moved = Changes(rows.astype(np.int32), (after - before)[rows])
    moved.add_to(table, copiers)
    np.testing.assert_allclose(backend.to_numpy(table)[:, :DIM], after, atol=1e-6)


def test_what_is_sent_is_rounded_to_the_nearest() -> None:
    given = np.array([1, 1 + 2**-7, 1 + 2**-9, -3.0, 0, 1e-30, np.inf, -np.inf, np.nan], np.float32)
    back = unpacked(packed(given.copy(), "bfloat16"))
    assert back[:6].tolist() == [1, 1 + 2**-7, 1, -3, 0, back[5]]
    assert back[5] == pytest.approx(1e-30, rel=1 / 256)
    assert back[6:].tolist()[:2] == [np.inf, -np.inf]
    assert np.isnan(back[8])
    assert packed(given, "float32") is given
