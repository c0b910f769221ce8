"""What `w2v bench` concludes from speeds."""

from __future__ import annotations

from w2v.cli.bench_table import as_json, format_end, format_row
from w2v.training.throughput import Estimate, Speed


def speed(backend: str, words: float, model: str = "skipgram") -> Speed:
    return Speed(backend, model, "ns", words, words / 2)


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
