"""Blocks in flight together learn and do not race, however their threads take turns.

Turns are drawn by the stand-in, at every access to memory that threads share; see
`tests/standin/turns.cpp` and `races.cpp`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import devices
import numpy as np
import pytest
from conftest import unusable

from w2v.backends import Backend, cupy_backend, cupy_kernels
from w2v.config import Config
from w2v.training.worker import Worker

pytestmark = [
    pytest.mark.parametrize("backend", ["cupy"], indirect=True),
    pytest.mark.skipif(unusable("cupy") is None, reason="the real CuPy can be used here"),
]
MAY_RACE = ("input", "output")
"""Tables: a block reads rows while others add to them, which the row-step cap allows for."""
TAKE_OFF = "        in.take_off();\n        out.take_off();\n        __syncthreads();\n"
ADD_LOAD = "        in.add_load();\n        out.add_load();\n        __syncthreads();\n"


@pytest.fixture
def turns(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = backend.xp.turns
    monkeypatch.setattr(found, "seed", 0)
    monkeypatch.setattr(found, "may_race", MAY_RACE)
    return found


def source_with(
    monkeypatch: pytest.MonkeyPatch, path: Path, *changes: tuple[str, str, int]
) -> None:
    """Let the kernels be made of their source with some text replaced, found so many times."""
    text = cupy_kernels._SOURCE.read_text("utf-8")
    for old, new, times in changes:
        assert text.count(old) == times
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    monkeypatch.setattr(cupy_kernels, "_SOURCE", path)
    cupy_backend._kernels.cache_clear()


@pytest.fixture(autouse=True)
def _kernels_of_the_source() -> Any:
    yield
    cupy_backend._kernels.cache_clear()


def run(
    backend: Backend, turns: Any, kind: dict[str, Any], epochs: int
) -> tuple[Worker, list[float]]:
    """Few words, far more tokens in flight than the cap likes, and steps that are too long."""
    turns.launches = 0
    config = Config(
        **kind, dim=4, window=2, min_count=1, step_tokens=256 if kind["loss"] == "ns" else 64
    )
    worker = devices.worker_of(backend, config, words=10, tokens=300)
    assert worker.in_flight >= 64
    return worker, devices.losses(worker, epochs, alpha=0.2)


@pytest.mark.parametrize("kind", devices.KINDS, ids=lambda kind: "-".join(kind.values()))
def test_a_hundred_orders_of_turns(backend: Backend, turns: Any, kind: dict[str, Any]) -> None:
    """No race; something is learnt; when all have landed nothing is in flight."""
    last = []
    for turns.seed in range(100):
        worker, found = run(backend, turns, kind, epochs=2 if kind["loss"] == "ns" else 1)
        last.append(found[-1])
        flight = worker._own._flight  # type: ignore[union-attr]
        assert not any(backend.to_numpy(terms).any() for terms in flight)
    assert len(set(last)) > 90
    assert max(last) < 1


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_few_words_are_learnt_where_terms_are_counted_in_time(
    backend: Backend,
    turns: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    model: str,
    late: bool,
) -> None:
    """Late is when the errors are known: until then a block that has read is in nobody's way."""
    if late:
        changes = (TAKE_OFF, "", 3), (ADD_LOAD, TAKE_OFF + ADD_LOAD, 3)
        source_with(monkeypatch, tmp_path / "late.cu", *changes)
    kind = {"model": model, "loss": "ns"}
    worst = [max(run(backend, turns, kind, epochs=4)[1]) for turns.seed in range(20)]
    if late:
        assert np.median(worst) > 1.3
    else:
        assert max(worst) < 1.02


@pytest.mark.parametrize("kind", devices.KINDS, ids=lambda kind: "-".join(kind.values()))
def test_a_barrier_less_is_a_race(
    backend: Backend,
    turns: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: dict[str, Any],
) -> None:
    """As that between the rows' arrival and their scores."""
    arrival = ("dim);\n        __syncthreads();\n", "dim);\n", 4)
    source_with(monkeypatch, tmp_path / "racing.cu", arrival)
    config = Config(**kind, dim=4, min_count=1)
    worker = devices.worker_of(backend, config, tokens=64)
    with pytest.raises(RuntimeError, match="a race on shared memory"):
        devices.losses(worker, epochs=1, alpha=0.05)
    assert turns.launches > 0
