"""The made-up corpus, and how fast backends are on it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from w2v import Config, get_backend
from w2v.training import throughput
from w2v.training.outcome import Trained
from w2v.training.throughput import (
    Growth,
    beginning,
    by_workers,
    compare,
    measure,
    paying,
    worker_counts,
    zipf_corpus,
)
from w2v.training.trainer import Trainer


def test_corpus_follows_zipfs_law() -> None:
    corpus = zipf_corpus(200_000, 1000)
    assert len(corpus.ids) == corpus.stats.tokens == corpus.ends[-1] == 200_000
    assert corpus.ids.min() == 0
    assert corpus.ids.max() == 999
    assert corpus.vocabulary.total == pytest.approx(200_000, rel=0.01)
    found = np.bincount(corpus.ids, minlength=1000)
    for few in (slice(0, 1), slice(1, 2), slice(2, 10), slice(10, 100), slice(100, 1000)):
        expected = corpus.vocabulary.counts[few].sum()
        assert found[few].sum() == pytest.approx(expected, abs=5 * expected**0.5 + 1000)
    assert np.array_equal(corpus.ids, zipf_corpus(200_000, 1000).ids)
    assert not np.array_equal(corpus.ids, zipf_corpus(200_000, 1000, seed=1).ids)


@pytest.mark.parametrize("tokens", [1, 49, 50, 51, 100, 999, 1000])
def test_beginning(tokens: int) -> None:
    whole = zipf_corpus(1000, 30)
    part = beginning(whole, tokens)
    assert np.array_equal(part.ids, whole.ids[:tokens])
    assert part.ends[-1] == part.stats.tokens == tokens
    assert (np.diff(part.ends, prepend=0) > 0).all()
    assert (np.diff(part.ends, prepend=0) <= 50).all()
    assert part.stats.sentences == len(part.ends) == -(-tokens // 50)


@pytest.mark.parametrize("tokens_per_second", [1e4, 3e6, 1e9])
def test_a_measurement_takes_about_so_long_however_short_the_corpus(
    tokens_per_second: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    class Timed(Trainer):
        def run(self) -> Trained:
            trained.append(self.epochs * len(self.corpus.ids))
            kept = [len(self.corpus.ids)] * self.epochs
            return SimpleNamespace(seconds=trained[-1] / tokens_per_second, kept=kept)  # type: ignore

    monkeypatch.setattr("w2v.training.throughput.Trainer", Timed)
    config = Config(dim=8, workers=1)
    found = measure(config, zipf_corpus(2000, 50), get_backend("numpy"), 0.1)
    assert 0.05 <= found.seconds < 0.25
    assert len(trained) < 12


def test_every_usable_backend_is_measured() -> None:
    configs = [Config(dim=8, loss=loss, workers=1) for loss in ("ns", "hs")]
    found = list(compare(configs, zipf_corpus(70_000, 50), 0.01))
    assert [s.loss for s in found if s.backend == "numpy"] == ["ns", "hs"]
    assert all(s.raw_words_per_second > s.kept_tokens_per_second > 0 for s in found)


def test_every_number_of_workers_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "worker_counts", lambda: [1, 2])
    config, corpus = Config(dim=8, workers=1, sample=0), zipf_corpus(140_000, 50)
    known = throughput.Speed("numpy", "skipgram", "ns", 1.0, 1.0, 1)
    one, two = by_workers(config, corpus, known, 0.01)
    assert one is known
    assert (two.backend, two.workers) == ("numpy", 2)
    assert two.raw_words_per_second > 0


def test_numbers_of_workers_worth_comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "usable_cores", lambda: 6)
    monkeypatch.setattr(throughput, "usable_threads", lambda: 12)
    assert worker_counts() == [1, 2, 4, 6, 8, 12]
    assert worker_counts(6) == [1, 2, 4, 6]


def test_the_fewest_that_are_as_fast_pay() -> None:
    assert paying({1: 10, 2: 19, 4: 19.5, 8: 15}) == 2
    assert paying({1: 10}) == 1


def test_growth_is_found_again() -> None:
    law = Growth(shared=90.0, alone=10.0, each=0.4)
    found = Growth.fitted({w: law.seconds(w) for w in (1, 2, 4, 8, 16)})
    assert found is not None
    assert (found.shared, found.alone, found.each) == pytest.approx((90, 10, 0.4), rel=1e-6)
    assert found.best == pytest.approx(15)
    perfect = Growth.fitted({w: 8 / w for w in (1, 2, 4)})
    assert perfect is not None
    assert perfect.shared == pytest.approx(8)
    assert perfect.alone == perfect.each == 0
    assert perfect.best == float("inf")
    assert Growth.fitted({1: 8.0, 2: 4.0}) is None
    slower = Growth.fitted({1: 1.0, 2: 2.1, 4: 3.9})
    assert slower is not None
    assert min(slower.shared, slower.alone, slower.each) >= 0
