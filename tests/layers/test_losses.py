"""The logistic step and the three losses against loops, differences and each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck import Floats, check_gradient

from w2v.backends import Backend
from w2v.layers import (
    Embedding,
    Gradients,
    HierarchicalSoftmax,
    NegativeSampling,
    Softmax,
    logistic_step,
)
from w2v.training.draws import NoiseSampler
from w2v.training.huffman import HuffmanTree

V, D, G, R, C, N, K = 7, 4, 2, 3, 5, 6, 5
RNG = np.random.default_rng(3)
COUNTS = np.array([40, 21, 9, 9, 5, 2, 1])
HIDDEN = RNG.normal(size=(G, R, D))
TABLE = RNG.normal(size=(V, D))
TARGETS = RNG.integers(0, V, (G, C)).astype(np.int32)
PAIRS = RNG.integers(0, 3, (G, R, C)).astype(np.float64)
NEGATIVES = RNG.integers(0, V, (G, N)).astype(np.int32)

Run = Callable[[Backend, Any, Any], Gradients]


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def negative_sampling(backend: Backend, hidden: Any, table: Any) -> Gradients:
    noise = NoiseSampler(backend, COUNTS)
    layer = NegativeSampling(backend, Embedding(backend, table), noise, negative=K, shared=N)
    return layer.gradients(hidden, *on(backend, TARGETS, PAIRS, NEGATIVES))


def hierarchical_softmax(backend: Backend, hidden: Any, table: Any) -> Gradients:
    tree = HuffmanTree.from_counts(COUNTS)
    layer = HierarchicalSoftmax(backend, Embedding(backend, table), tree)
    return layer.gradients(hidden, *on(backend, TARGETS, PAIRS))


def softmax(backend: Backend, hidden: Any, table: Any) -> Gradients:
    layer = Softmax(backend, Embedding(backend, table))
    return layer.gradients(hidden, *on(backend, TARGETS, PAIRS))


LOSSES = [negative_sampling, hierarchical_softmax, softmax]


def on(backend: Backend, *arrays: Any) -> list[Any]:
    return [backend.asarray(array) for array in arrays]


def dense(backend: Backend, found: Gradients, words: int) -> Floats:
    """The (V, D) gradient of the output table, added up by a loop."""
    total = np.zeros((words, D))
    ids = backend.to_numpy(found.ids).reshape(-1)
    for word, row in zip(ids, backend.to_numpy(found.d_rows).reshape(-1, D), strict=True):
        total[word] += row
    return total


def words_of(run: Run) -> int:
    return V - 1 if run is hierarchical_softmax else V


@pytest.mark.parametrize("run", LOSSES)
def test_gradients_are_those_of_the_loss(backend: Backend, run: Run) -> None:
    table = TABLE[: words_of(run)].copy()
    found = run(backend, *on(backend, HIDDEN, table))

    def loss(hidden: Floats, table: Floats) -> float:
        return float(run(backend, *on(backend, hidden, table)).loss)

    claimed = [backend.to_numpy(found.d_hidden), dense(backend, found, len(table))]
    check_gradient(loss, [HIDDEN, table], claimed, rtol=1e-7)


@pytest.mark.parametrize("run", LOSSES)
def test_the_loss_is_optional_and_the_gradients_the_same(backend: Backend, run: Run) -> None:
    hidden, table = on(backend, HIDDEN, TABLE[: words_of(run)].copy())
    noise = NoiseSampler(backend, COUNTS)
    output = Embedding(backend, table)
    layers: dict[Any, Any] = {
        negative_sampling: NegativeSampling(backend, output, noise, negative=K),
        hierarchical_softmax: HierarchicalSoftmax(backend, output, HuffmanTree.from_counts(COUNTS)),
        softmax: Softmax(backend, output),
    }
    layer = layers[run]
    arguments = (hidden, *on(backend, TARGETS, PAIRS, NEGATIVES))
    with_loss = layer.gradients(*arguments)
    without = layer.gradients(*arguments, with_loss=False)
    assert without.loss is None
    assert np.array_equal(backend.to_numpy(with_loss.d_hidden), backend.to_numpy(without.d_hidden))
    assert np.array_equal(backend.to_numpy(with_loss.d_rows), backend.to_numpy(without.d_rows))


def test_logistic_against_a_loop(backend: Backend) -> None:
    labels = RNG.integers(0, 2, (G, 1, C)).astype(np.float64)
    rows = RNG.normal(size=(G, C, D))
    found = logistic_step(backend, *on(backend, HIDDEN, rows, labels, PAIRS))
    nats, dh, do = 0.0, np.zeros_like(HIDDEN), np.zeros_like(rows)
    hidden_load, row_load = np.zeros((G, R)), np.zeros((G, C))
    for g, r, c in np.ndindex(G, R, C):
        score, y, w = float(HIDDEN[g, r] @ rows[g, c]), labels[g, 0, c], PAIRS[g, r, c]
        nats -= w * np.log(sigmoid(score if y else -score))
        dh[g, r] += w * (sigmoid(score) - y) * rows[g, c]
        do[g, c] += w * (sigmoid(score) - y) * HIDDEN[g, r]
        hidden_load[g, r] += w * 2 * abs(sigmoid(score) - y) * (rows[g, c] @ rows[g, c])
        row_load[g, c] += w * 2 * abs(sigmoid(score) - y) * (HIDDEN[g, r] @ HIDDEN[g, r])
    assert float(found.loss) == pytest.approx(nats, rel=1e-13)
    np.testing.assert_allclose(backend.to_numpy(found.d_hidden), dh, rtol=1e-12)
    np.testing.assert_allclose(backend.to_numpy(found.d_rows), do, rtol=1e-12)
    np.testing.assert_allclose(backend.to_numpy(found.hidden_load), hidden_load, rtol=1e-12)
    np.testing.assert_allclose(backend.to_numpy(found.row_load), row_load, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logistic_does_not_overflow(backend: Backend, dtype: str) -> None:
    hidden = np.array([[[1e4]], [[-1e4]]], dtype)
    rows, labels, weights = np.ones((2, 1, 1), dtype), np.ones(1, dtype), np.ones((2, 1, 1), dtype)
    found = logistic_step(backend, *on(backend, hidden, rows, labels, weights))
    assert float(found.loss) == pytest.approx(1e4)
    assert backend.to_numpy(found.d_hidden).reshape(-1).tolist() == [0, -1]


def test_negative_sampling_with_given_draws_is_the_formula(backend: Backend) -> None:
    """One pair, k negatives of its own: -log s(u_o.v_c) - sum_k log s(-u_k.v_c)."""
    layer = NegativeSampling(
        backend, Embedding(backend, backend.asarray(TABLE.copy())), NoiseSampler(backend, COUNTS)
    )
    hidden, negatives = HIDDEN[0, 0], [4, 0, 6, 0, 1]
    found = layer.gradients(
        *on(backend, hidden[None, None], np.array([[2]]), np.ones((1, 1, 1)), np.array([negatives]))
    )
    expected = -np.log(sigmoid(TABLE[2] @ hidden))
    for k in negatives:
        expected -= np.log(sigmoid(-TABLE[k] @ hidden))
    assert float(found.loss) == pytest.approx(expected, rel=1e-13)


def test_shared_negatives_stand_for_k_of_each_pair(backend: Backend) -> None:
    found = negative_sampling(backend, *on(backend, HIDDEN, TABLE.copy()))
    nats = 0.0
    for g, r, c in np.ndindex(G, R, C):
        nats -= PAIRS[g, r, c] * np.log(sigmoid(TABLE[TARGETS[g, c]] @ HIDDEN[g, r]))
        for n in NEGATIVES[g]:
            nats -= PAIRS[g, r, c] * K / N * np.log(sigmoid(-TABLE[n] @ HIDDEN[g, r]))
    assert float(found.loss) == pytest.approx(nats, rel=1e-13)
    assert backend.to_numpy(found.hidden_terms) == pytest.approx(PAIRS.sum(-1) * (1 + K))
    row_terms = backend.to_numpy(found.row_terms)
    assert row_terms[:, :C] == pytest.approx(PAIRS.sum(1))
    assert row_terms[:, C:] == pytest.approx(np.repeat(PAIRS.sum((1, 2))[:, None] * K / N, N, 1))


def test_negatives_are_a_function_of_key_and_group(backend: Backend) -> None:
    table = Embedding(backend, backend.asarray(TABLE.copy()))
    layer = NegativeSampling(backend, table, NoiseSampler(backend, COUNTS), shared=4)
    together = backend.to_numpy(layer.sample(9, backend.asarray([3, 4, 5])))
    assert together.shape == (3, 4)
    assert np.array_equal(together[1:2], backend.to_numpy(layer.sample(9, backend.asarray([4]))))
    assert not np.array_equal(
        together, backend.to_numpy(layer.sample(8, backend.asarray([3, 4, 5])))
    )


@pytest.mark.parametrize("words", [1, 2, 3, 7, 50])
def test_hierarchical_softmax_sums_to_one(backend: Backend, words: int) -> None:
    rng = np.random.default_rng(words)
    tree = HuffmanTree.from_counts(rng.integers(1, 100, words))
    table = backend.asarray(rng.normal(size=(max(words - 1, 1), D)))
    layer = HierarchicalSoftmax(backend, Embedding(backend, table), tree)
    hidden = backend.asarray(rng.normal(size=(5, D)) * 3)
    total = np.exp(backend.to_numpy(layer.log_probabilities(hidden))).sum(-1)
    assert total == pytest.approx(np.ones(5), abs=1e-12)


@pytest.mark.parametrize("run", [hierarchical_softmax, softmax])
def test_loss_is_minus_the_log_of_the_true_words_probability(backend: Backend, run: Run) -> None:
    hidden, table = on(backend, HIDDEN, TABLE[: words_of(run)].copy())
    output = Embedding(backend, table)
    if run is softmax:
        log_p = backend.to_numpy(Softmax(backend, output).log_probabilities(hidden))
    else:
        tree = HuffmanTree.from_counts(COUNTS)
        log_p = backend.to_numpy(
            HierarchicalSoftmax(backend, output, tree).log_probabilities(hidden)
        )
    nats = 0.0
    for g, r, c in np.ndindex(G, R, C):
        nats -= PAIRS[g, r, c] * log_p[g, r, TARGETS[g, c]]
    assert float(run(backend, hidden, table).loss) == pytest.approx(nats, rel=1e-12)


def test_hierarchical_softmax_visits_the_path_with_labels_one_minus_code(backend: Backend) -> None:
    tree = HuffmanTree.from_counts(COUNTS)
    table = Embedding(backend, backend.asarray(TABLE[: V - 1].copy()))
    nodes, labels, mask = HierarchicalSoftmax(backend, table, tree).paths(backend.asarray([0, 6]))
    for at, word in enumerate((0, 6)):
        path, code = tree.path(word)
        on_path = backend.to_numpy(mask)[at].astype(bool)
        assert on_path.sum() == len(path)
        assert backend.to_numpy(nodes)[at][on_path].tolist() == path.tolist()
        assert backend.to_numpy(labels)[at][on_path].tolist() == (1 - code).tolist()


class TestLearnsADistribution:
    """Full softmax is the oracle: all three losses find P(word | hidden) of the same data."""

    words, contexts = 6, 4
    rng = np.random.default_rng(11)
    joint = rng.integers(1, 9, (contexts, words)).astype(np.float64)
    conditional = joint / joint.sum(1, keepdims=True)
    noise = np.array([3, 2, 1, 1, 1, 4])

    def fit(self, layer: Any, negatives: Any) -> None:
        """Full-batch descent on the output table; the hidden vectors are the unit vectors."""
        hidden = np.eye(self.contexts)[None]
        targets = np.arange(self.words, dtype=np.int32)[None]
        pairs = self.conditional[None]
        for _ in range(6000):
            found = layer.gradients(hidden, targets, pairs, negatives, with_loss=False)
            np.add.at(layer.output.table, found.ids, -0.5 * found.d_rows)

    def make(self, rows: int) -> tuple[Backend, Embedding]:
        from w2v.backends import get_backend

        numpy = get_backend("numpy")
        return numpy, Embedding.zeros(numpy, rows, self.contexts, "float64")

    def test_softmax(self) -> None:
        layer = Softmax(*self.make(self.words))
        self.fit(layer, None)
        found = np.exp(layer.log_probabilities(np.eye(self.contexts)))
        np.testing.assert_allclose(found, self.conditional, atol=1e-6)

    def test_hierarchical_softmax(self) -> None:
        tree = HuffmanTree.from_counts(self.noise)
        layer = HierarchicalSoftmax(*self.make(self.words - 1), tree)
        self.fit(layer, None)
        found = np.exp(layer.log_probabilities(np.eye(self.contexts)))
        np.testing.assert_allclose(found, self.conditional, atol=1e-6)

    def test_negative_sampling(self) -> None:
        """Its scores are log P(word | hidden) - log(k P_noise(word)) (Levy & Goldberg 2014)."""
        backend, output = self.make(self.words)
        layer = NegativeSampling(backend, output, NoiseSampler(backend, self.noise), negative=2)
        exact_expectation = np.repeat(np.arange(self.words), self.noise)[None]
        self.fit(layer, exact_expectation)
        scores = output.table.T + np.log(2 * self.noise / self.noise.sum())
        np.testing.assert_allclose(np.exp(scores), self.conditional, atol=1e-6)
