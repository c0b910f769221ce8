"""A model's step against a loop over its pairs, for every model and loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v.backends import Backend, StepShape, get_backend
from w2v.config import Config
from w2v.training.blocks import BlockReader, Blocks
from w2v.training.step import Step
from w2v.training.step_plan import beside, centre_in_core, step_shape
from w2v.training.tables import Tables, make_tables

V, D, N_TOKENS, WINDOW = 30, 6, 90, 3
ALPHA, CAP = 0.3, 0.9
Floats = NDArray[np.float64]


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def config_of(model: str, loss: str, **options: Any) -> Config:
    return Config(
        model=model, loss=loss, dim=D, window=WINDOW, block_tokens=4, row_cap=CAP, **options
    )


def reader_of(backend: Backend, config: Config, block: int) -> BlockReader:
    ids = np.random.default_rng(2).integers(0, V, N_TOKENS).astype(np.int32)
    return BlockReader(
        backend,
        ids,
        np.array([30, 31, 60, N_TOKENS]),
        np.full(V, 0.9),
        window=WINDOW,
        block=block,
        centre_in_core=centre_in_core(config),
    )


def blocks_of(backend: Backend, config: Config) -> Blocks:
    [(_, _, blocks)] = reader_of(backend, config, 4).steps(0, range(1), 10_000)
    return blocks


def tables_of(backend: Backend, config: Config) -> Tables:
    """Tables in float64 with nothing zero."""
    counts = np.arange(V, 0, -1) ** 2
    made = make_tables(backend, config, counts)
    rng = np.random.default_rng(1)
    tables = [backend.asarray(rng.normal(size=t.shape)) for t in (made.input, made.output)]
    return replace(made, input=tables[0], output=tables[1])


class Places:
    """Terms and load at each place where a row of a table stands."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.at: dict[Any, list[float]] = {}

    def add(self, place: Any, row: int, terms: float, load: float) -> None:
        so_far = self.at.setdefault(place, [row, 0.0, 0.0])
        so_far[1] += terms
        so_far[2] += load

    def sums(self, with_load: bool) -> Floats:
        """What the row-step cap counts for each row."""
        n = np.zeros(self.rows)
        for row, terms, load in self.at.values():
            n[int(row)] += max(terms, load) if with_load else terms
        return n


class Loop:
    """The definition, word by word, in float64."""

    def __init__(self, config: Config, tables: Tables, backend: Backend) -> None:
        self.config = config
        self.tree = tables.tree
        self.input = backend.to_numpy(tables.input).copy()
        self.output = backend.to_numpy(tables.output).copy()
        self.nats = self.untrained = 0.0
        self.pairs = 0
        self.load_counted = 0
        self.clear()

    def clear(self) -> None:
        self.d_input, self.d_output = np.zeros_like(self.input), np.zeros_like(self.output)
        self.of_input, self.of_output = Places(len(self.input)), Places(len(self.output))

    def term(
        self, hidden: Floats, row: int, label: float, weight: float, place: Any
    ) -> tuple[Floats, float, float]:
        """One logistic term; what it gives the hidden vector: gradient, terms, load."""
        score = float(hidden @ self.output[row])
        error = weight * (sigmoid(score) - label)
        self.nats -= weight * np.log(sigmoid(score if label else -score))
        self.untrained += weight * np.log(2)
        self.d_output[row] += error * hidden
        self.of_output.add(place, row, weight, 2 * abs(error) * float(hidden @ hidden))
        other = self.output[row]
        return error * other, weight, 2 * abs(error) * float(other @ other)

    def word(
        self, hidden: Floats, word: int, negatives: list[int], block: Any, place: int
    ) -> tuple[Floats, float, float]:
        """A (hidden vector, true word) pair, where the word stands at a place of a block."""
        self.pairs += 1
        if self.config.loss == "softmax":
            return self._softmax(hidden, word)
        if self.config.loss == "hs":
            assert self.tree is not None
            nodes, codes = self.tree.path(word)
            terms = [
                (int(n), 1.0 - c, 1.0, (block, place, i))
                for i, (n, c) in enumerate(zip(nodes, codes, strict=True))
            ]
        else:
            assert self.config.negative is not None
            share = self.config.negative / len(negatives)
            terms = [(word, 1.0, 1.0, (block, place, -1))]
            terms += [(n, 0.0, share, (block, -1, i)) for i, n in enumerate(negatives)]
        gradients, weights, loads = zip(*(self.term(hidden, *t) for t in terms), strict=True)
        return np.sum(gradients, axis=0), sum(weights), sum(loads)

    def _softmax(self, hidden: Floats, word: int) -> tuple[Floats, float, float]:
        p = np.exp(self.output @ hidden)
        p /= p.sum()
        self.nats -= np.log(p[word])
        self.untrained += np.log(len(p))
        true = np.eye(len(p))[word]
        error = p - true
        self.d_output += np.outer(error, hidden)
        for row, (n, size) in enumerate(zip(4 * p + true, 4 * abs(error), strict=True)):
            self.of_output.add(row, row, n, size * float(hidden @ hidden))
        gradient: Floats = error @ self.output
        return gradient, 4.0, float(4 * abs(error) @ (self.output**2).sum(1))

    def give(self, place: Any, word: int, gradient: Floats, terms: float, load: float) -> None:
        self.d_input[word] += gradient
        self.of_input.add(place, word, terms, load)

    def update(self, with_load: bool = True) -> None:
        for table, d, places in (
            (self.input, self.d_input, self.of_input),
            (self.output, self.d_output, self.of_output),
        ):
            n = places.sums(with_load)
            self.load_counted += int((n > places.sums(False)).sum())
            scale = np.minimum(1, CAP / np.maximum(ALPHA * n, 1e-300))
            np.subtract(table, ALPHA * scale[:, None] * d, out=table)

    def step_after_a_pair(self, context: int, centre: int) -> None:
        self.clear()
        self.give(0, context, *self.word(self.input[context], centre, [], 0, 0))
        self.update(with_load=False)


def run_loop(loop: Loop, blocks: Any, negatives: Any) -> None:
    core, halo, near = blocks
    for c, t in np.ndindex(core.shape):
        group = 0 if negatives is None else t % negatives.shape[1]  # centres take turns
        draws = [] if negatives is None else negatives[c, group].tolist()
        others = np.flatnonzero(near[c, t]).tolist()
        own = int(core[c, t])
        if loop.config.model == "cbow" and len(others):
            scale = len(others) if loop.config.cbow == "mean" else 1
            hidden = loop.input[halo[c, others]].sum(0) / scale
            gradient, terms, load = loop.word(hidden, own, draws, (c, group), t)
            effect = len(others) / scale
            for h in others:  # the whole error to each, as in word2vec.c
                loop.give((c, h), int(halo[c, h]), gradient, terms * effect, load * effect)
        elif loop.config.model == "skipgram":
            for h in others:
                other = int(halo[c, h])
                if loop.config.loss == "hs":
                    found = loop.word(loop.input[other], own, draws, c, t)
                    loop.give((c, h), other, *found)
                else:
                    loop.give((c, t), own, *loop.word(loop.input[own], other, draws, c, h))
    loop.update()


CASES = [
    ("skipgram", "ns", {"negative": 5, "block_negatives": 5}),
    ("skipgram", "ns", {"negative": 4, "block_negatives": 10}),
    ("skipgram", "hs", {}),
    ("skipgram", "softmax", {}),
    ("cbow", "ns", {"negative": 5, "block_negatives": 8}),
    ("cbow", "ns", {"negative": 3, "block_negatives": 6}),  # groups of two centres, where there are
    ("cbow", "ns", {"cbow": "sum"}),
    ("cbow", "hs", {}),
    ("cbow", "hs", {"cbow": "sum"}),
    ("cbow", "softmax", {}),
]


@pytest.mark.parametrize(("model", "loss", "options"), CASES)
def test_a_step_is_the_loop_over_its_pairs(
    backend: Backend, model: str, loss: str, options: dict[str, Any]
) -> None:
    config = config_of(model, loss, **options)
    blocks, tables = blocks_of(backend, config), tables_of(backend, config)
    loop = Loop(config, tables, backend)
    trained = Step(backend, config, tables)
    groups = step_shape(backend, config).groups
    numbers = blocks.numbers[:, None] * groups + backend.xp.arange(groups)
    negatives = trained.loss.sample(77, numbers)
    nats, pairs, met = trained.take(blocks, key=77, alpha=ALPHA, with_loss=True)

    arrays = [backend.to_numpy(x) for x in (blocks.core, blocks.halo, blocks.pairs)]
    run_loop(loop, arrays, None if negatives is None else backend.to_numpy(negatives))
    assert int(pairs) == loop.pairs
    untrained = trained.loss.untrained_loss(float(pairs), float(met))
    assert untrained == pytest.approx(loop.untrained, rel=1e-6)
    assert float(nats) == pytest.approx(loop.nats, rel=1e-6)  # float32 pair weights
    np.testing.assert_allclose(backend.to_numpy(tables.input), loop.input, atol=1e-6)
    np.testing.assert_allclose(backend.to_numpy(tables.output), loop.output, atol=1e-6)
    n = loop.of_input.sums(with_load=True)
    assert (ALPHA * n > CAP).any()  # the cap was at work
    assert loop.load_counted > 5


def test_input_starts_uniform_and_output_at_zero(backend: Backend) -> None:
    counts = np.array([9, 5, 2])
    for loss, rows in (("ns", 3), ("hs", 2), ("softmax", 3)):
        tables = make_tables(backend, Config(loss=loss, dim=50), counts)
        given = backend.to_numpy(tables.input)
        assert given.shape == (3, tables.output.shape[1])
        assert given.shape[1] >= 50  # columns beyond D fill vectors, as wide as the processor's
        assert given.dtype == np.float32
        assert 0 < np.abs(given[:, :50]).max() < 1 / 50
        assert given[:, :50].all()
        assert not given[:, 50:].any()
        assert len(tables.output) == rows
        assert not backend.to_numpy(tables.output).any()


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_other_workers_are_expected_by_the_shares_of_words(model: str, loss: str) -> None:
    """All their terms, spread over the rows; so many workers do not hold back rare rows."""
    backend = get_backend("numpy")
    config = Config(model=model, loss=loss, block_tokens=16, step_tokens=16)
    counts = np.arange(1000, 0, -1) ** 2
    tables = make_tables(backend, config, counts)
    others_in, others_out = beside(backend, config, tables, workers=16)
    assert others_in is not None
    pairs = 15 * 16 * (config.window + 1)  # of a block of each other worker
    terms = 6.0
    if tables.tree is not None:
        terms = float(tables.share @ tables.tree.lengths)
    assert others_in.sum() == pytest.approx(pairs * terms, rel=1e-4)
    assert others_in[0] / others_in[-1] == pytest.approx(counts[0] / counts[-1], rel=1e-4)
    assert config.alpha is not None
    assert config.alpha * others_in[-1] < config.row_cap / 100
    predicted = pairs if model == "skipgram" else 15 * 16
    assert others_out is not None
    assert others_out.sum() == pytest.approx(terms * predicted, rel=1e-4)
    if loss == "ns":
        assert 1 < others_out[0] / others_out[-1] < counts[0] / counts[-1]
    else:  # all meet the root, and hardly any a node of two rare words
        assert others_out[-1] == pytest.approx(predicted, rel=1e-4)
        assert config.alpha * others_out[0] < config.row_cap / 100
    assert beside(backend, config, tables, workers=1) == (None, None)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_others_are_expected_only_while_rows_are_out(model: str) -> None:
    """Of a compiled block that is a part of its time; of a step of arrays all of it."""
    pytest.importorskip("numba")
    block, arrays = (
        Config(model=model, step_tokens=step_tokens) for step_tokens in (None, 16 * 16)
    )
    backend = get_backend("numba")
    tables = make_tables(backend, block, np.arange(1000, 0, -1))
    exposed = step_shape(backend, block).exposed
    assert 0.5 < exposed < 0.8
    assert step_shape(backend, arrays).exposed == 1
    less, all_ = (beside(backend, config, tables, workers=16) for config in (block, arrays))
    for some, every in zip(less, all_, strict=True):
        assert some is not None
        assert every is not None
        np.testing.assert_allclose(some, np.float32(exposed) * every, rtol=1e-6)


def test_contexts_of_a_centre_take_turns_where_a_backend_wants_it(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in word2vec.c: a pair, a step. The loss is that of all of them before the first."""
    one_by_one = StepShape(block=1, shared=1, step=1, in_turn=True)
    monkeypatch.setattr("w2v.training.step.step_shape", lambda *_: one_by_one)
    config = Config(loss="hs", dim=D, window=WINDOW, row_cap=CAP)
    tables = tables_of(backend, config)
    trained, loop = Step(backend, config, tables), Loop(config, tables, backend)
    nats, expected = 0.0, 0.0
    for _, _, blocks in reader_of(backend, config, 1).steps(0, range(1), 1):
        nats += float(trained.take(blocks, key=0, alpha=ALPHA, with_loss=True)[0])
        core, halo, near = (
            backend.to_numpy(x)[0] for x in (blocks.core, blocks.halo, blocks.pairs)
        )
        contexts = halo[np.flatnonzero(near[0])].tolist()
        loop.nats = 0.0
        for context in contexts:
            loop.word(loop.input[context], int(core[0]), [], 0, 0)
        expected += loop.nats
        for context in contexts:
            loop.step_after_a_pair(context, int(core[0]))
    assert loop.pairs > 200
    assert nats == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(backend.to_numpy(tables.input), loop.input, atol=1e-6)
    np.testing.assert_allclose(backend.to_numpy(tables.output), loop.output, atol=1e-6)


def test_tables_begin_the_same_whoever_fills_them(backend: Backend) -> None:
    """Each of the threads that will train fills some rows: memory belongs to whoever is first."""
    config, counts = Config(dim=7), np.full(31, 5)
    alone = backend.to_numpy(make_tables(backend, config, counts).input)
    assert len(np.unique(alone[:, :7])) == 31 * 7
    saved = alone[:, :7].copy(), np.ones((31, 7), np.float32)
    for workers in (2, 3, 40):
        beside = make_tables(backend, config, counts, workers=workers)
        assert np.array_equal(backend.to_numpy(beside.input), alone)
        again = make_tables(backend, config, counts, begin=saved, workers=workers)
        assert np.array_equal(backend.to_numpy(again.input), alone)
        assert np.array_equal(backend.to_numpy(again.output)[:, :7], saved[1])
