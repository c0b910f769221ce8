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
    backend: Backend, turns: Any, kind: dict[str, Any], epochs: int, tokens: int = 400
) -> list[float]:
    """Losses of few words, with all there is to do in flight at once or nearly so."""
    turns.launches = 0
    step_tokens = 512 if kind["loss"] == "ns" else 64
    config = Config(**kind, dim=4, window=tokens // 100, min_count=1, step_tokens=step_tokens)
    worker = devices.worker_of(backend, config, words=10, tokens=tokens)
    assert worker.in_flight == step_tokens
    found = devices.losses(worker, epochs, alpha=0.1)
    flight = worker._own._flight  # type: ignore[union-attr]
    assert not any(backend.to_numpy(terms).any() for terms in flight)  # all have landed
    return found


@pytest.mark.parametrize("kind", devices.KINDS, ids=lambda kind: "-".join(kind.values()))
def test_a_hundred_orders_of_turns(backend: Backend, turns: Any, kind: dict[str, Any]) -> None:
    """No race is found, and something is learnt; each kind has a quarter of the orders."""
    epochs, tokens = (2, 200) if kind["loss"] == "ns" else (1, 100)
    seeds = range(devices.KINDS.index(kind), 100, len(devices.KINDS))
    last = [run(backend, turns, kind, epochs, tokens)[-1] for turns.seed in seeds]
    assert len(set(last)) > 0.9 * len(seeds)
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
    found = [run(backend, turns, kind, epochs=5) for turns.seed in range(8)]
    if late:
        assert np.median([max(losses) for losses in found]) > 1.2
    else:
        assert max(losses[-1] for losses in found) < {"skipgram": 0.8, "cbow": 0.9}[model]


def test_the_last_to_land_counts_all_it_set_out_with(
    backend: Backend, turns: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where blocks that read together land one by one, each would think there are fewer."""
    most = ("fmaxf(factors[i], (float)now)", "(float)now", 1)
    source_with(monkeypatch, tmp_path / "landing.cu", most)
    kind = {"model": "skipgram", "loss": "ns"}
    last = [run(backend, turns, kind, epochs=5)[-1] for turns.seed in range(8)]
    assert np.median(last) > 0.8  # it is less in the test above


@pytest.mark.parametrize("kind", devices.KINDS, ids=lambda kind: "-".join(kind.values()))
def test_a_barrier_less_is_a_race(
    backend: Backend,
    turns: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: dict[str, Any],
) -> None:
    """As that between the rows' arrival and their scores."""
    arrival = ("        carrier.arrived();\n", "", 3)
    source_with(monkeypatch, tmp_path / "racing.cu", arrival)
    config = Config(**kind, dim=4, min_count=1)
    worker = devices.worker_of(backend, config, tokens=64)
    with pytest.raises(RuntimeError, match="a race on shared memory"):
        devices.losses(worker, epochs=1, alpha=0.05)
    assert turns.launches > 0
