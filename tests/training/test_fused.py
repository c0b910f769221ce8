"""A backend's compiled forms against what they stand for: the same draws, the same tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v.backends import Backend
from w2v.config import Config
from w2v.training import blocks, draws
from w2v.training.blocks import BlockReader, Stretch
from w2v.training.step_plan import beside, centre_in_core, chunk_tokens, fused_plan, step_shape
from w2v.training.tables import Tables, make_tables
from w2v.training.worker import Stepped, Worker

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
    few = 420 if config.model == "skipgram" else 600  # of whose steps each takes longer
    return 4000 if step_shape(backend, config).block > 1 else few


def corpus(tokens: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Ids by a steep law, so that rows meet themselves in a block; sentences of all lengths."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, WORDS + 1)
    drawn = rng.choice(WORDS, tokens - 2 * WORDS, p=share / share.sum())
    ids = rng.permutation(np.r_[drawn, :WORDS, :WORDS]).astype(np.int32)
    ends = np.unique(np.r_[rng.integers(1, tokens, tokens // 16), 1, 2, tokens])
    return ids, ends, np.bincount(ids, minlength=WORDS) + 1


def reader_of(
    backend: Backend,
    config: Config,
    keep: float = 0.8,
    tokens: int | None = None,
    thinned: Sequence[int] = range(WORDS),
) -> BlockReader:
    """Of the words that are thinned so much is kept of the first, more of each after it."""
    ids, ends, _ = corpus(tokens or length(backend, config))
    return BlockReader(
        backend,
        ids,
        ends,
        np.where(np.isin(range(WORDS), thinned), np.linspace(keep, 1, WORDS), 1.0),
        window=config.window,
        block=step_shape(backend, config).block,
        centre_in_core=centre_in_core(config),
        fixed_window=config.fixed_window,
        seed=3,
        chunk=chunk_tokens(config, step_shape(backend, config)),
    )


def tables_of(backend: Backend, config: Config) -> Tables:
    """Tables where every row is something, but for the columns that fill it up."""
    made = make_tables(backend, config, corpus(length(backend, config))[2])
    rng = np.random.default_rng(1)
    filled = [rng.normal(0, 0.3, t.shape).astype(np.float32) for t in (made.input, made.output)]
    for table in filled:
        table[:, config.dim :] = 0
    return replace(made, input=backend.asarray(filled[0]), output=backend.asarray(filled[1]))


def rate(at: float, chunks: int = 1) -> float:
    return 0.05 * (1 - 0.9 * at / chunks)


LEARNING: dict[str, Any] = {"key": KEY, "loss_key": 11, "loss_every": 3}


def spans_of(worker: Worker, reader: BlockReader) -> list[range]:
    firsts = range(0, reader.chunks, worker.at_once)
    return [range(i, min(i + worker.at_once, reader.chunks)) for i in firsts]


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
    worker = Worker(backend, one_block, tables, reader, workers=workers)
    if fused and worker._own is None:
        pytest.skip(f"{backend.name} has no way of its own for this")
    if not fused:
        worker._own, worker.at_once, worker._step_tokens = None, 1, 1  # a block a step
    loss = pairs = steps = tokens = 0.0
    for epoch in range(2):
        falling = partial(rate, chunks=reader.chunks)
        for step in worker.train(
            epoch, spans_of(worker, reader), **LEARNING, learning_rate=falling
        ):
            steps += 1
            tokens += step.tokens
            if step.loss is not None:
                loss += step.loss
                pairs += step.pairs
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
@pytest.mark.parametrize("shape", [SHAPES[3], SHAPES[7]], ids=str)
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
    one_of_two = trained(backend, config, fused=True, workers=2, frozen=frozen)
    assert np.array_equal(one_of_two["input"][frozen], start[frozen])
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
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_many_workers_hold_back_the_nodes_that_all_meet_and_no_others(
    backend: Backend, model: str
) -> None:
    """So many that a share of the cap is far less than a visit: what they hold is scaled down."""
    config = config_of({"model": model, "loss": "hs", "row_cap": 0.3})
    start = backend.to_numpy(tables_of(backend, config).output)
    alone, many = (
        np.linalg.norm(
            trained(backend, config, fused=True, workers=workers)["output"] - start, axis=1
        )
        for workers in (1, 128)
    )
    ratio = many / alone
    assert 0.02 < ratio[WORDS - 2] < 0.4  # the root
    assert 0.6 < np.median(ratio[: WORDS // 4]) < 1.2


@pytest.mark.parametrize("backend", ["numba", "cupy"], indirect=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_much_work_has_small_chunks(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any]
) -> None:
    """So that an interrupted training ends soon, however wide its windows; as the layers cut it."""
    config = config_of(kind)
    shape = step_shape(backend, config)
    tokens = length(backend, config)
    assert chunk_tokens(config, shape) == blocks.CHUNK
    huge = [replace(config, dim=4000), replace(config, window=2000)]
    assert all(0 < chunk_tokens(one, shape) < blocks.CHUNK for one in huge)
    assert chunk_tokens(replace(config, dim=10_000, window=10_000), shape) < 2000
    monkeypatch.setattr("w2v.training.step_plan._WORK_OF_A_CHUNK", tokens * 500)
    assert tokens / 40 < chunk_tokens(config, shape) < tokens / 2
    parts = trained(backend, config, fused=True)
    composed = trained(backend, config, fused=False)
    assert parts["steps"] > 2 or backend.name == "cupy"
    assert parts["tokens"] == composed["tokens"] > tokens
    if config.loss == "hs":
        assert parts["pairs"] == composed["pairs"] > 0
    for name in ("input", "output"):
        np.testing.assert_allclose(parts[name], composed[name], rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("backend", "own"),
    [("numpy", False), ("numba", False), ("numba", True), ("cupy", False), ("cupy", True)],
    indirect=["backend"],
)
def test_a_stop_takes_effect_with_what_is_under_way(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    """And all that was trained on is told."""
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 100)
    config = config_of({})
    reader, tables = reader_of(backend, config), tables_of(backend, config)
    worker = Worker(backend, config, tables, reader)
    assert (worker._own is None) == (backend.name == "numpy")
    if not own:
        worker._own = None
    assert own == (worker._own is not None)
    told: list[Stepped] = []
    spans = [range(chunk, chunk + 1) for chunk in range(reader.chunks)]
    settings: dict[str, Any] = {"learning_rate": rate, "stopped": lambda: bool(told)}
    for step in worker.train(0, spans, **LEARNING, **settings):
        told.append(step)
    trained_on = backend.to_numpy(tables.input)
    assert len(told) == (2 if own else 1)
    assert sum(step.chunks for step in told) <= len(told)
    assert told[-1].end <= len(told)
    assert all(step.tokens > 10 for step in told)
    again = tables_of(backend, config)
    if own:  # the chunks that were told, and no more, give these tables
        beside = Worker(backend, config, again, reader)
        whole = beside.train(0, spans[:2], **LEARNING, learning_rate=rate)
        assert sum(step.tokens for step in whole) == sum(step.tokens for step in told)
        np.testing.assert_allclose(backend.to_numpy(again.input), trained_on, rtol=0, atol=1e-5)


@pytest.mark.parametrize("backend", ["numba", "cupy"], indirect=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_several_chunks_in_a_call_are_those_chunks_one_by_one(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any]
) -> None:
    """The learning rate is linear in position across a call."""
    config = replace(config_of(kind), step_tokens=step_shape(backend, config_of(kind)).block)
    monkeypatch.setattr("w2v.training.blocks.CHUNK", length(backend, config) // 5)
    found = []
    for at_once in (1, 5):
        reader, tables = reader_of(backend, config), tables_of(backend, config)
        assert reader.chunks == 5
        worker = Worker(backend, config, tables, reader)
        spans = [range(at, at + at_once) for at in range(0, 5, at_once)]
        steps = list(worker.train(0, spans, **LEARNING, learning_rate=partial(rate, chunks=5)))
        assert len(steps) == len(spans)
        found.append((tables, sum(s.tokens for s in steps), sum(s.pairs for s in steps)))
    (one, *sums), (all_, *all_sums) = found
    assert sums == all_sums
    for name in ("input", "output"):
        one_by_one, at_a_time = (backend.to_numpy(getattr(t, name)) for t in (one, all_))
        np.testing.assert_allclose(at_a_time, one_by_one, rtol=0, atol=1e-5)


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
    losses: dict[float, list[float]] = {}
    for cap in (config.row_cap, 1e9):
        capped = replace(config, row_cap=cap)
        worker = Worker(backend, capped, tables_of(backend, config), reader)
        assert worker._own is not None
        assert worker.in_flight >= 32
        losses[cap] = []
        for epoch in range(6):
            settings: dict[str, Any] = {
                "learning_rate": lambda _: 0.2,
                "loss_key": 0,
                "loss_every": 1,
            }
            (step,) = worker.train(epoch, [range(1)], key=KEY, **settings)
            assert step.loss is not None
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
@pytest.mark.parametrize("words", [1, 2, 3, 40, 100])
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
        lambda kernels, plan: (made := make(kernels, plan))._make(fenced(a, fences) for a in made),
    )
    for dim, window, block, shared, tokens, workers in [
        (1, 1, 1, 1, 1, 1), (5, 1, 2, 1, 9, 1), (16, 2, 1, 2, 40, 2), (17, 1, 3, 1, 40, 1),
        (100, 30, 16, 4, 100, 2), (33, 200, 17, 9, 60, 1), (8, 2, 100, 200, 30, 2),
        (300, 5, 16, 32, 40, 1), (1000, 1000, 4, 6, 20, 2), (3, 4, 12, 8, 30, 1),
        (1, 1000, 9, 3, 50, 2), (3, 1, 16, 24, 200, 3), (100, 1, 33, 24, 90, 2),
        (300, 100, 1, 1, 10, 2), (105, 5, 7, 65, 60, 128),
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
            centre_in_core=centre_in_core(config),
        )
        worker = Worker(backend, config, tables, reader, workers=workers)
        assert worker._own is not None
        list(worker.train(0, [range(1)], key=KEY, learning_rate=rate, loss_key=0, loss_every=1))
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
        plan = fused_plan(backend, config, tables, beside(backend, config, tables, 2), 2)
        assert plan is not None
        way = backend.fused(plan, reader_of(backend, config).text, 1)
        assert isinstance(way, numba_backend._Training)
        assert len(way._work.hot) == words - 1


class TestCutting:
    """The compiled cutting of windows against the one that arrays compose."""

    @pytest.mark.parametrize("backend", ["numba"], indirect=True)
    @pytest.mark.parametrize("fixed", [False, True])
    @pytest.mark.parametrize("window", [1, 5, 40])
    @pytest.mark.parametrize("keep", [1.0, 0.3, 0.0])
    @pytest.mark.parametrize("thinned", [range(WORDS), [3, 20]], ids=["all", "two"])
    def test_same_stretch(
        self,
        backend: Backend,
        monkeypatch: pytest.MonkeyPatch,
        keep: float,
        thinned: Sequence[int],
        window: int,
        fixed: bool,
    ) -> None:
        from w2v.backends import numba_backend

        monkeypatch.setattr("w2v.training.blocks.CHUNK", 700)
        config = Config(window=window, fixed_window=fixed, dim=4, min_count=1)
        reader = reader_of(backend, config, keep, thinned=thinned)
        tables = tables_of(backend, config)
        plan = fused_plan(backend, config, tables, (None, None), 1)
        assert plan is not None
        way = backend.fused(plan, reader.text, plan.block)
        assert isinstance(way, numba_backend._Training)
        for epoch in (0, 5):
            for chunk in range(reader.chunks):
                cut = way.cut(chunk, reader.token_key(epoch))
                got = Stretch(cut.ids, cut.left, cut.right, cut.kept, cut.blocks, cut.number)
                self.check(got, reader.stretch(epoch, chunk), window)

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
