"""The made-up corpus, and what `w2v bench` concludes from speeds."""

from __future__ import annotations

import numpy as np
import pytest

from w2v import Config, get_backend
from w2v.training.throughput import (
    Estimate,
    Speed,
    as_json,
    beginning,
    compare,
    format_end,
    format_row,
    measure,
    zipf_corpus,
)


def speed(backend: str, words: float, model: str = "skipgram") -> Speed:
    return Speed(backend, model, "ns", words, words / 2)


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


def test_estimate_reads_once_and_trains_each_epoch() -> None:
    estimate = Estimate(tokens=1000, epochs=3, read_tokens_per_second=500)
    assert estimate.seconds(speed("numpy", 100)) == 2 + 30
    assert format_row(speed("numpy", 100), estimate).endswith(" 0:00:32")
    assert as_json([speed("numpy", 100)], estimate)["speeds"][0]["estimated_seconds"] == 32


def test_the_fastest_is_named() -> None:
    estimate = Estimate(1000, 3, 500)
    last = format_end([speed("numpy", 1), speed("other", 2)], estimate).splitlines()[-1]
    assert last == "Fastest here: other (--backend other)."
    speeds = [speed("a", 2), speed("b", 1), speed("a", 2, "cbow"), speed("b", 3, "cbow")]
    last = format_end(speeds, estimate).splitlines()[-1]
    assert last == ("Fastest here: a (--backend a) for skipgram ns; b (--backend b) for cbow ns.")
