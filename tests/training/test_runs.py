"""Texts where a block is all of one word or two: none of them may diverge at the default rates."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v import Word2Vec
from w2v.backends import get_backend
from w2v.config import Config
from w2v.training.blocks import BlockReader
from w2v.training.step import Step
from w2v.training.step_plan import beside, centre_in_core
from w2v.training.tables import make_tables

Text = list[list[str]]


def runs() -> Text:
    return [["a"] * 80 + ["b"] * 80]


def more_runs() -> Text:
    return [["a"] * 200 + ["b"] * 200]


def words_in_a_row() -> Text:
    return [[word for number in range(30) for word in [f"w{number}"] * 60]]


def plays() -> Text:
    """Artists by Zipf's law, each played some 20 times in a row."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 201)
    sessions = []
    for _ in range(12):
        artists = rng.choice(200, 8, p=share / share.sum())
        times = rng.geometric(1 / 20, 8)
        sessions.append([f"w{a}" for a in np.repeat(artists, times)])
    return sessions


def states() -> Text:
    """Of a machine that mostly stays as it is."""
    rng = np.random.default_rng(0)
    moves = np.where(rng.random(1200) < 0.1, rng.integers(1, 6, 1200), 0)
    return [[f"s{state}" for state in np.cumsum(moves) % 6]]


def letters() -> Text:
    return [np.random.default_rng(0).choice(list("abcdefgh"), 1000).tolist()]


def two_in_turn() -> Text:
    return [["a", "b"] * 300]


TEXTS: list[tuple[Callable[[], Text], int]] = [
    (runs, 5),
    (more_runs, 5),
    (words_in_a_row, 10),
    (plays, 10),
    (states, 5),
    (letters, 50),
    (two_in_turn, 5),
]
KINDS: list[dict[str, Any]] = [
    {"model": model, "loss": loss}
    for model in ("skipgram", "cbow")
    for loss in ("ns", "hs", "softmax")
] + [{"model": "cbow", "loss": "ns", "cbow": "sum"}]


def check(text: Text, **options: Any) -> None:
    """No epoch's loss is far above that of untrained tables, the last is below; no long rows."""
    words = len({word for sentence in text for word in sentence})
    found = Word2Vec(
        **{"min_count": 1, "sample": 0, "dim": 16, "epochs": 5, "workers": 1} | options
    ).fit(text)
    losses = found.report["loss"]
    untrained = {"ns": 6 * math.log(2), "hs": math.log2(words) * math.log(2) + 0.3}
    at_first = untrained.get(options.get("loss", "ns"), math.log(words))
    assert all(loss < at_first * 1.05 for loss in losses)
    assert losses[-1] < at_first
    assert np.linalg.norm(found.vectors.matrix, axis=1).max() < 20


@pytest.mark.filterwarnings("ignore:The loss of epoch")  # random letters: nothing to learn
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
@pytest.mark.parametrize(("text", "window"), TEXTS, ids=lambda x: getattr(x, "__name__", str(x)))
def test_words_in_runs_and_few_words_in_wide_windows(
    text: Callable[[], Text], window: int, kind: dict[str, Any], backend: str
) -> None:
    pytest.importorskip(backend)
    check(text(), window=window, backend=backend, **kind)


@pytest.mark.filterwarnings("ignore:8 workers were asked for")
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("workers", [2, 8])
@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: "-".join(kind.values()))
def test_several_workers_on_the_same_few_words(
    monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any], workers: int, backend: str
) -> None:
    pytest.importorskip(backend)
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 100)
    check(states(), backend=backend, **kind | {"workers": workers, "step_tokens": 64 * workers})


@pytest.mark.parametrize("exposed", [1.0, 0.65])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_64_workers_who_all_compute_at_once(
    model: Literal["skipgram", "cbow"], exposed: float
) -> None:
    """A block each, without what so many others change in this part of its time.

    Unless they expect each other, losses go beyond 40.
    """
    words, ids = np.unique([word for sentence in states() * 4 for word in sentence], False, True)
    backend, workers = get_backend("numpy"), 64
    config = Config(model=model, dim=16, block_tokens=16, step_tokens=16 * workers)
    reader = BlockReader(
        backend,
        ids.astype(np.int32),
        np.array([len(ids)]),
        np.ones(len(words)),
        window=config.window,
        block=16,
        centre_in_core=centre_in_core(config),
        fixed_window=False,
        seed=1,
    )
    tables = make_tables(backend, config, np.bincount(ids))
    others_in, others_out = beside(backend, config, tables, workers)
    others = np.float32(exposed) * others_in, np.float32(exposed) * others_out
    step = Step(backend, config, tables, workers=workers, others=others)
    both = tables.input, tables.output
    losses = []
    on_their_way: deque[list[NDArray[np.float32]]] = deque()
    for epoch in range(4):
        measured = []
        for _, _, block in reader.steps(epoch, range(1), 16):
            before = [table.copy() for table in both]
            loss, pairs, _ = step.take(block, key=epoch, alpha=0.025, with_loss=True)
            measured.append((float(loss), float(pairs)))
            on_their_way.append([table - old for table, old in zip(both, before, strict=True)])
            for table, old in zip(both, before, strict=True):
                table[:] = old
            if len(on_their_way) > exposed * (workers - 1):
                for table, change in zip(both, on_their_way.popleft(), strict=True):
                    np.add(table, change, out=table)
        loss, pairs = np.sum(measured, axis=0)
        losses.append(loss / pairs)
    assert max(losses) < 6 * math.log(2)
    assert losses[-1] < 0.6 * 6 * math.log(2)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dim", [2, 100])
def test_higher_rates_than_the_default(dim: int, backend: str) -> None:
    """A cap on the number of terms alone held at 0.025 at best."""
    pytest.importorskip(backend)
    for text in (runs, states, letters):
        check(text(), backend=backend, alpha=0.1, dim=dim)
