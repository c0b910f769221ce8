"""A backend's compiled forms against what they stand for: the same draws, the same tables."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.config import Config
from w2v.training import draws
from w2v.training.blocks import BlockReader, Stretch
from w2v.training.model import Model, Tables, make_tables, step_shape

WORDS = 120
KEY = 7
Floats = NDArray[np.float32]

KINDS: list[dict[str, Any]] = [
    {"model": "skipgram", "loss": "ns"},
    {"model": "skipgram", "loss": "hs"},
    {"model": "cbow", "loss": "ns"},
    {"model": "cbow", "loss": "ns", "cbow": "sum"},
    {"model": "cbow", "loss": "hs"},
    {"model": "cbow", "loss": "hs", "cbow": "sum"},
]
SHAPES: list[dict[str, Any]] = [
    {},
    {"dim": 100, "window": 2},
    {"dim": 16, "window": 1, "negative": 1, "block_negatives": 1},
    {"dim": 37, "window": 12, "block_tokens": 20, "block_negatives": 7},
    {"dim": 1, "window": 3, "block_tokens": 1, "block_negatives": 5},
    {"dim": 2, "window": 1, "block_tokens": 1, "block_negatives": 2},  # few rows in all
    {"dim": 64, "window": 5, "block_tokens": 48, "block_negatives": 48},
    {"dim": 8, "fixed_window": True, "row_cap": 0.2},  # the cap binds
    {"dim": 8, "window": 9, "row_cap": 0.01},
]


def config_of(options: dict[str, Any]) -> Config:
    if options.get("loss") == "hs":
        drop = ("negative", "block_negatives", "block_tokens")
        options = {name: value for name, value in options.items() if name not in drop}
    return Config(**{"dim": 24, "min_count": 1} | options)


def length(backend: Backend, config: Config) -> int:
    """Tokens of the corpus: where a block is one token, the layers take a step for each."""
    return 4000 if step_shape(backend, config).block > 1 else 600


def corpus(tokens: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Ids by a steep law, so that rows meet themselves in a block; sentences of all lengths."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, WORDS + 1)
    drawn = rng.choice(WORDS, tokens - 2 * WORDS, p=share / share.sum())
    ids = rng.permutation(np.r_[drawn, :WORDS, :WORDS]).astype(np.int32)
    ends = np.unique(np.r_[rng.integers(1, tokens, tokens // 16), 1, 2, tokens])
    return ids, ends, np.bincount(ids, minlength=WORDS) + 1


def reader_of(
    backend: Backend, config: Config, keep: float = 0.8, tokens: int | None = None
) -> BlockReader:
    ids, ends, _ = corpus(tokens or length(backend, config))
    return BlockReader(
        backend,
        ids,
        ends,
        np.linspace(keep, 1, WORDS),
        window=config.window,
        block=step_shape(backend, config).block,
        centre_in_core=Model.centre_in_core(config),
        fixed_window=config.fixed_window,
        seed=3,
    )


def tables_of(backend: Backend, config: Config) -> Tables:
    """Tables where every row is something."""
    made = make_tables(backend, config, corpus(length(backend, config))[2])
    rng = np.random.default_rng(1)
    filled = [rng.normal(0, 0.3, t.shape).astype(np.float32) for t in (made.input, made.output)]
    return replace(made, input=backend.asarray(filled[0]), output=backend.asarray(filled[1]))


def rate(at: float, chunks: int = 1) -> float:
    return 0.05 * (1 - 0.9 * at / chunks)


def trained(
    backend: Backend,
    config: Config,
    *,
    fused: bool,
    workers: int = 1,
    frozen: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Two epochs, a block a step, through the fused or the composed step."""
    one_block = replace(config, step_tokens=step_shape(backend, config).block)
    reader, tables = reader_of(backend, config), tables_of(backend, config)
    if frozen is not None:
        tables = replace(tables, frozen=frozen)
    model = Model(backend, one_block, tables, workers=workers)
    if fused and model._fused is None and model.fused_chunks(reader) is None:
        pytest.skip(f"{backend.name} has no fused step for this")
    if not fused:
        model._fused, model._chunks = None, (reader, None)
    loss = pairs = steps = tokens = 0.0
    for epoch in range(2):
        falling = partial(rate, chunks=reader.chunks)
        settings = {"tokens": 1, "key": KEY, "learning_rate": falling, "loss_every": 3}
        at_once = reader.chunks if fused and model._fused is None else 1
        spans = [
            range(i, min(i + at_once, reader.chunks)) for i in range(0, reader.chunks, at_once)
        ]
        for step in chain(*(model.train(reader, epoch, s, **settings) for s in spans)):  # type: ignore[arg-type]
            steps += 1
            tokens += step.tokens
            if step.loss is not None:
                loss += float(step.loss)
                pairs += float(step.pairs)
    return {
        "input": backend.to_numpy(tables.input),
        "output": backend.to_numpy(tables.output),
        "loss": loss,
        "pairs": pairs,
        "steps": steps,
        "tokens": tokens,
    }


@pytest.mark.parametrize("backend", ["numba", "cupy"], indirect=True)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_fused_step_is_the_composed_step(
    backend: Backend, kind: dict[str, Any], shape: dict[str, Any]
) -> None:
    config = config_of(kind | shape)
    fused = trained(backend, config, fused=True)
    composed = trained(backend, config, fused=False)
    assert composed["steps"] > 100
    assert fused["steps"] == 2  # one call an epoch
    start = tables_of(backend, config)
    for name in ("input", "output"):
        moved = np.abs(composed[name] - backend.to_numpy(getattr(start, name))).max()
        assert moved > 0.005
        np.testing.assert_allclose(fused[name], composed[name], rtol=0, atol=1e-4 * max(1, moved))
    if config.loss == "hs":  # a block a step: the same steps are measured
        assert fused["pairs"] == composed["pairs"] > 0
        assert fused["loss"] == pytest.approx(composed["loss"], rel=1e-4)


@pytest.mark.parametrize("backend", ["numba", "cupy"], indirect=True)
@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[3], SHAPES[7]], ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_frozen_rows_stay_while_all_else_learns_from_them(
    backend: Backend, kind: dict[str, Any], shape: dict[str, Any]
) -> None:
    """Nothing puts them back here: no step has moved them."""
    config = config_of(kind | shape)
    frozen = np.arange(WORDS) % 3 == 0
    before = tables_of(backend, config)
    start = backend.to_numpy(before.input)
    composed = trained(backend, config, fused=False, frozen=frozen)
    assert np.array_equal(composed["input"][frozen], start[frozen])
    assert (composed["input"][~frozen] != start[~frozen]).any(axis=1).all()
    moved = (composed["output"] != backend.to_numpy(before.output)).any(axis=1)
    assert moved.mean() > 0.99
    fused = trained(backend, config, fused=True, frozen=frozen)
    assert np.array_equal(fused["input"][frozen], start[frozen])
    for name in ("input", "output"):
        np.testing.assert_allclose(fused[name], composed[name], rtol=0, atol=2e-4)


@pytest.mark.parametrize("backend", ["numba"], indirect=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_copies_of_hot_rows_come_home(backend: Backend, kind: dict[str, Any]) -> None:
    """One of two workers, training alone, does what the layers do for it."""
    config = config_of(kind)
    shared = trained(backend, config, fused=True, workers=2)
    alone = trained(backend, config, fused=False, workers=2)
    for name in ("input", "output"):
        np.testing.assert_allclose(shared[name], alone[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("backend", ["numba"], indirect=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_much_work_is_done_in_several_calls(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any]
) -> None:
    """So that an interrupted training ends soon, however wide its windows."""
    config = config_of(kind)
    whole = trained(backend, config, fused=True)
    monkeypatch.setattr("w2v.training.model._WORK_AT_ONCE", 1_000_000)
    parts = trained(backend, config, fused=True)
    assert parts["steps"] > whole["steps"] == 2
    assert parts["pairs"] == whole["pairs"]
    for name in ("input", "output"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("backend", ["cupy"], indirect=True)
@pytest.mark.parametrize("stays", [True, False], ids=["on the device", "sent in pieces"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_chunks_are_trained_on_as_the_layers_do(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any], stays: bool
) -> None:
    """Several chunks a call and several calls an epoch, with the corpus here or there."""
    from w2v.backends import cupy_backend, cupy_kernels

    config = config_of(kind)
    tokens = length(backend, config)
    monkeypatch.setattr("w2v.training.blocks.CHUNK", tokens // 8)
    monkeypatch.setattr(cupy_kernels, "CHUNKS_AT_ONCE", 3)
    monkeypatch.setattr(cupy_kernels, "MARGIN", 200)
    if not stays:
        monkeypatch.setattr(cupy_backend, "_SHARE_OF_TEXT", 2**62)
    fused = trained(backend, config, fused=True)
    composed = trained(backend, config, fused=False)
    assert fused["tokens"] == composed["tokens"] > tokens
    assert fused["steps"] == 2 * 3  # of 8 chunks
    for name in ("input", "output"):
        np.testing.assert_allclose(fused[name], composed[name], rtol=0, atol=2e-4)


@pytest.mark.parametrize("backend", ["cupy"], indirect=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_tokens_in_flight_share_the_cap(backend: Backend, kind: dict[str, Any]) -> None:
    """Few words, so that every row is hot: blocks side by side diverge, or with the cap learn."""
    config = replace(config_of(kind | {"dim": 8}), step_tokens=4096)
    reader = reader_of(backend, config, tokens=4000)
    settings = {"tokens": 1, "key": KEY, "learning_rate": lambda _: 0.2, "loss_every": 1}
    losses: dict[float, list[float]] = {}
    for cap in (config.row_cap, 1e9):
        model = Model(backend, replace(config, row_cap=cap), tables_of(backend, config))
        fused = model.fused_chunks(reader)
        assert fused is not None
        assert fused.in_flight >= 32
        losses[cap] = []
        for epoch in range(6):
            (step,) = model.train(reader, epoch, range(1), **settings)  # type: ignore[arg-type]
            losses[cap].append(step.loss / step.pairs)
    assert losses[config.row_cap][-1] < losses[config.row_cap][0]
    assert not losses[1e9][-1] < 2 * losses[config.row_cap][-1]


SENTINEL, ROOM = -77, 4096


def fenced(array: NDArray[Any], fences: list[NDArray[Any]]) -> NDArray[Any]:
    """A copy of an array amid others' memory, which nobody may change."""
    memory = np.full(array.size + 2 * ROOM, SENTINEL).astype(array.dtype)
    fences += [memory[:ROOM], memory[ROOM + array.size :]]
    inside = memory[ROOM : ROOM + array.size].reshape(array.shape)
    inside[...] = array
    return inside


@pytest.mark.parametrize("backend", ["numba"], indirect=True)
@pytest.mark.parametrize("words", [1, 2, 3, 40])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_steps_stay_within_their_memory(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any], words: int
) -> None:
    """They work on addresses, so nothing else would tell."""
    from w2v.backends import numba_backend

    fences: list[NDArray[Any]] = []
    make = numba_backend._work
    monkeypatch.setattr(
        numba_backend,
        "_work",
        lambda kernels, plan: kernels.Work(*[fenced(a, fences) for a in make(kernels, plan)]),
    )
    for dim, window, block, shared, tokens, workers in [
        (1, 1, 1, 1, 1, 1), (5, 1, 2, 1, 9, 1), (16, 2, 1, 2, 40, 2), (17, 1, 3, 1, 40, 1),
        (40, 30, 16, 3, 100, 2), (33, 200, 17, 9, 60, 1), (8, 2, 100, 200, 30, 2),
    ]:  # fmt: skip
        options = {"dim": dim, "window": window, "block_tokens": block, "block_negatives": shared}
        config = config_of(kind | options)
        ids = np.random.default_rng(dim).integers(0, words, tokens).astype(np.int32)
        tables = make_tables(backend, config, np.bincount(ids, minlength=words) + 1)
        tables = replace(
            tables, input=fenced(tables.input, fences), output=fenced(tables.output, fences)
        )
        reader = BlockReader(
            backend,
            ids,
            np.unique([min(2, tokens), tokens]),
            np.ones(words),
            window=window,
            block=step_shape(backend, config).block,
            centre_in_core=Model.centre_in_core(config),
        )
        model = Model(backend, config, tables, workers=workers)
        settings = {"tokens": 1, "key": KEY, "learning_rate": rate, "loss_every": 1}
        list(model.train(reader, 0, range(1), **settings))  # type: ignore[arg-type]
        for table in (tables.input, tables.output):
            assert np.abs(table).max() < 2
    assert all((fence == fence.dtype.type(SENTINEL)).all() for fence in fences)


@pytest.mark.parametrize("backend", ["numba"], indirect=True)
def test_tree_of_one_word_has_no_hot_rows(backend: Backend) -> None:
    """A table has a row even if the tree has no node: a copy of it would be of what is before."""
    from w2v.backends import numba_backend

    config = Config(loss="hs", dim=4, min_count=1)
    for words in (1, 2, 3):
        tables = make_tables(backend, config, np.full(words, 5))
        model = Model(backend, config, tables, workers=2)
        assert isinstance(model._fused, numba_backend._Steps)
        assert len(model._fused._work.hot) == words - 1


class TestCutWindows:
    """The compiled cutting of windows against the one that arrays compose."""

    @pytest.mark.parametrize("backend", ["numba"], indirect=True)
    @pytest.mark.parametrize("fixed", [False, True])
    @pytest.mark.parametrize("window", [1, 5, 40])
    @pytest.mark.parametrize("keep", [1.0, 0.3, 0.0])
    def test_same_stretch(
        self,
        backend: Backend,
        monkeypatch: pytest.MonkeyPatch,
        keep: float,
        window: int,
        fixed: bool,
    ) -> None:
        monkeypatch.setattr("w2v.training.blocks.CHUNK", 700)
        config = Config(window=window, fixed_window=fixed)
        reader = reader_of(backend, config, keep)
        for epoch in (0, 5):
            for chunk in range(reader.chunks):
                got = reader.stretch(epoch, chunk)
                with monkeypatch.context() as patch:
                    patch.setattr(type(backend), "cut_windows", None)
                    expected = reader.stretch(epoch, chunk)
                self.check(got, expected, window)

    @staticmethod
    def check(got: Stretch, expected: Stretch, window: int) -> None:
        """Equal as far as a pair can reach; beyond lies padding."""
        assert (got.kept, got.blocks, got.first_block) == (
            expected.kept,
            expected.blocks,
            expected.first_block,
        )
        assert len(got.ids) == len(expected.ids)
        core = slice(window, window + got.kept)
        for name in ("left", "right"):
            np.testing.assert_array_equal(
                getattr(got, name)[core], getattr(expected, name)[core], name
            )
        reached = np.zeros(len(got.ids), bool)
        for at in range(core.start, core.stop):
            reached[at - got.left[at] : at + got.right[at] + 1] = True
        np.testing.assert_array_equal(got.ids[reached], expected.ids[reached])


def test_draws_of_the_compiled_forms_are_those_of_the_layers(backend: Backend) -> None:
    """The generator alone: all draws are made of these bits."""
    key = draws.stream_key(1, draws.NEGATIVE, 2)
    counter = np.arange(1000, dtype=np.uint64)
    got = backend.to_numpy(backend.random_bits(key, backend.asarray(counter)))
    np.testing.assert_array_equal(got, Backend.random_bits(backend, key, counter))
