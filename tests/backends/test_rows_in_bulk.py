"""Rows by the copying unit give what rows by threads give, and faults of their kind are seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import devices
import numpy as np
import pytest
from conftest import unusable
from numpy.typing import NDArray

from w2v.backends import Backend, cupy_backend, cupy_kernels
from w2v.config import Config

pytestmark = [
    pytest.mark.parametrize("backend", ["cupy"], indirect=True),
    pytest.mark.skipif(unusable("cupy") is None, reason="the real CuPy can be used here"),
]
KINDS = [*devices.KINDS, {"model": "cbow", "loss": "hs", "cbow": "sum"}]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))


@pytest.fixture(autouse=True)
def _kernels_of_the_source() -> Any:
    yield
    cupy_backend._kernels.cache_clear()


def tables(backend: Backend, config: Config, tokens: int, in_bulk: bool) -> list[NDArray[Any]]:
    backend.kernels.in_bulk = in_bulk  # type: ignore[attr-defined]
    worker = devices.worker_of(backend, config, tokens=tokens)
    devices.losses(worker, epochs=2, alpha=0.1)
    assert worker._own is not None
    found = [backend.to_numpy(table).copy() for table in worker._own._tables[:2]]  # type: ignore[attr-defined]
    assert all(np.isfinite(table).all() for table in found)
    return found


@pytest.mark.parametrize("dim", [20, 24, 26])
@kinds
def test_they_are_the_same_rows(backend: Backend, kind: dict[str, Any], dim: int) -> None:
    """Of whole float4s, with a fourth to fill up, and by threads where a row is not whole."""
    config = Config(**kind, dim=dim, min_count=1, step_tokens=16 if kind["loss"] == "ns" else 1)
    by_threads = tables(backend, config, 500, in_bulk=False)
    assert backend.xp.turns.rows_in_bulk == 0
    in_bulk = tables(backend, config, 500, in_bulk=True)
    assert (backend.xp.turns.rows_in_bulk > 1000) == (dim % 4 == 0)
    for one, other in zip(by_threads, in_bulk, strict=True):
        assert np.abs(one).max() > 0.05
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


@kinds
def test_they_do_not_race(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any]
) -> None:
    """Copies and sums are done at once or when they are waited for, as it is drawn."""
    turns = backend.xp.turns
    monkeypatch.setattr(turns, "may_race", ("input", "output"))
    config = Config(**kind, dim=8, window=2, min_count=1, step_tokens=256)
    backend.kernels.in_bulk = True  # type: ignore[attr-defined]
    for seed in range(4):
        monkeypatch.setattr(turns, "seed", seed)
        worker = devices.worker_of(backend, config, words=10, tokens=100)
        assert devices.losses(worker, epochs=2, alpha=0.1)[-1] < 1
        assert turns.rows_in_bulk > 100


FAULTS = {
    "other bytes under way in bulk than are expected": ("bytes += 4 * dim * count;", ""),
    "copies in bulk that nobody waits for": ("bulk_wait(barrier, phase);", ""),
    "sums in bulk that nobody waits for": ("bulk_added();", ""),
    "a bulk copy of what has passed no fence": ("        bulk_fence();", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_seen(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    text = cupy_kernels._SOURCE.read_text("utf-8")
    old, new = FAULTS[fault]
    assert old in text
    path = tmp_path / "faulty.cu"
    path.write_text(text.replace(old, new), "utf-8")
    monkeypatch.setattr(cupy_kernels, "_SOURCE", path)
    monkeypatch.setattr(backend.xp.turns, "seed", 0)
    monkeypatch.setattr(backend.xp.turns, "may_race", ("input", "output"))
    cupy_backend._kernels.cache_clear()
    backend.kernels.in_bulk = True  # type: ignore[attr-defined]
    config = Config(model="skipgram", loss="hs", dim=8, min_count=1)
    worker = devices.worker_of(backend, config, words=10, tokens=100)
    with pytest.raises(RuntimeError, match=fault):
        devices.losses(worker, epochs=1, alpha=0.1)
