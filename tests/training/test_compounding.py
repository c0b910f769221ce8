"""Steps of many pairs against word2vec's own way, a pair after the other, while vectors grow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v.backends import Array, Backend, get_backend
from w2v.config import Config
from w2v.training import worker as worker_module
from w2v.training.blocks import BlockReader
from w2v.training.step_plan import compounding, step_shape
from w2v.training.tables import Tables, make_tables
from w2v.training.worker import Worker

WORDS, GROUP, WALK, TOKENS = 400, 20, 40, 6000
NEGATIVE, ALPHA = 5, 0.025
CONFIG = Config(
    dim=16, window=10, negative=NEGATIVE, step_tokens=16, block_tokens=16, block_negatives=24
)


def walks() -> NDArray[np.int32]:
    """Words of one group a walk, each as likely as any other."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, WORDS // GROUP, TOKENS // WALK)
    within = rng.integers(0, GROUP, (TOKENS // WALK, WALK))
    return (groups[:, None] * GROUP + within).astype(np.int32).reshape(-1)


def begin(backend: Backend) -> Tables:
    """All words score as noise does once that is learnt, by the first number; the rest is short."""
    made = make_tables(backend, CONFIG, np.full(WORDS, 10))
    rng = np.random.default_rng(2)
    tables = [rng.normal(0, 1e-3, t.shape).astype(np.float32) for t in (made.input, made.output)]
    for table, sign in zip(tables, (1, -1), strict=True):
        table[:, 0] = sign * np.sqrt(np.log(NEGATIVE))
        table[:, CONFIG.dim :] = 0
    return replace(made, input=backend.asarray(tables[0]), output=backend.asarray(tables[1]))


def growth(table: Array) -> float:
    """Of what the words of a group have in common: the logarithm of its squared length."""
    numbers = np.asarray(table, np.float64)[:, 1 : CONFIG.dim]
    common = numbers.reshape(-1, GROUP, numbers.shape[1]).mean(axis=1)
    return float(np.log((common**2).sum(axis=1).mean()))


def pair_by_pair(ids: NDArray[np.int32]) -> float:
    """As word2vec.c has it."""
    tables = begin(get_backend("numpy"))
    input, output = (np.array(table, np.float64) for table in (tables.input, tables.output))
    before, rng = growth(input), np.random.default_rng(1)
    label = np.eye(1 + NEGATIVE)[0]
    for centre, word in enumerate(ids):
        width = int(rng.integers(1, CONFIG.window + 1))
        first = centre // WALK * WALK
        for other in range(max(first, centre - width), min(first + WALK, centre + width + 1)):
            if other == centre:
                continue
            drawn = np.append(word, rng.integers(0, WORDS, NEGATIVE))
            hidden, rows = input[ids[other]].copy(), output[drawn]
            errors = ALPHA * (label - 1 / (1 + np.exp(-rows @ hidden)))
            input[ids[other]] += errors @ rows
            np.add.at(output, drawn, errors[:, None] * hidden)
    return growth(input) - before


def in_blocks(backend: Backend, ids: NDArray[np.int32]) -> float:
    tables, block = begin(backend), step_shape(backend, CONFIG).block
    before = growth(backend.to_numpy(tables.input))
    ends, keep = np.arange(WALK, len(ids) + 1, WALK), np.ones(WORDS)
    reader = BlockReader(
        backend, ids, ends, keep, window=CONFIG.window, block=block, centre_in_core=False
    )
    worker = Worker(backend, CONFIG, tables, reader)
    spans = [range(at, at + 1) for at in range(reader.chunks)]
    given: dict[str, Any] = {"key": 3, "loss_key": 5, "loss_every": 1}
    steps = list(worker.train(0, spans, learning_rate=lambda _: ALPHA, **given))
    assert sum(step.tokens for step in steps) == TOKENS
    return growth(backend.to_numpy(tables.input)) - before


@pytest.mark.parametrize("backend", ["numpy", "numba"], indirect=True)
def test_groups_of_words_grow_as_pair_by_pair(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = walks()
    expected = pair_by_pair(ids)
    assert in_blocks(backend, ids) == pytest.approx(expected, rel=0.07)
    monkeypatch.setattr(worker_module, "compounding", lambda *_: 1.0)
    assert in_blocks(backend, ids) < 0.88 * expected


def test_steps_are_longer_as_the_pairs_of_a_token_are_many() -> None:
    backend = get_backend("numpy")

    def of(**options: Any) -> float:
        config = Config(**options)
        return compounding(config, step_shape(backend, config))

    for window, x in ((5, 0.125), (10, 0.025 * 11 * 5 / 6)):
        assert of(window=window) == pytest.approx(math.expm1(x) / x)
    assert of(window=8, fixed_window=True) == of(window=15)
    assert of(alpha=1e-320) == 1


def test_steps_are_as_they_are_where_pairs_follow_each_other_or_the_cap_is_reached() -> None:
    backend = get_backend("numpy")
    for options in (
        {"block_tokens": 1, "step_tokens": 1},
        {"model": "cbow"},
        {"loss": "hs"},
        {"loss": "softmax"},
        {"window": 60, "alpha": 0.1},
    ):
        config = Config(**options)
        assert compounding(config, step_shape(backend, config)) == 1
    near = Config(window=10, alpha=0.055)  # 3.63 terms times alpha
    shape = step_shape(backend, near)
    assert compounding(near, shape) == pytest.approx(near.row_cap / 3.63)
    high = replace(near, row_cap=1e9, alpha=1.0)
    assert compounding(high, shape) == pytest.approx(math.e - 1)
