"""The made-up corpus, and how fast backends are on it."""

from __future__ import annotations

import numpy as np
import pytest

from w2v import Config, get_backend
from w2v.training.throughput import beginning, compare, measure, zipf_corpus


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


def test_a_measurement_takes_about_so_long_however_short_the_corpus() -> None:
    corpus = zipf_corpus(2000, 50)
    found = measure(Config(dim=8, workers=1), corpus, get_backend("numpy"), 0.1)
    assert 0.05 <= found.seconds < 2
    assert len(found.kept) > 2  # epochs


def test_every_usable_backend_is_measured() -> None:
    configs = [Config(dim=8, loss=loss, workers=1) for loss in ("ns", "hs")]
    found = list(compare(configs, 50, 0.01))
    assert [s.loss for s in found if s.backend == "numpy"] == ["ns", "hs"]
    assert all(s.raw_words_per_second > s.kept_tokens_per_second > 0 for s in found)
