"""What `w2v bench` concludes from speeds."""

from __future__ import annotations

import pytest

from w2v.backends import Others
from w2v.cli.bench_table import BenchTable
from w2v.training.throughput import Estimate, Speed

ESTIMATE = Estimate(tokens=1000, epochs=3, read_tokens_per_second=500)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Others, "share", lambda _: 0.05)


def speed(backend: str, words: float, model: str = "skipgram", workers: int = 1) -> Speed:
    return Speed(backend, model, "ns", words, words / 2, workers)


def said(*speeds: Speed, by_workers: tuple[list[Speed], ...] = ()) -> list[str]:
    lines: list[str] = []
    table = BenchTable(ESTIMATE, lines.append)
    for one in speeds:
        table.add(one)
    for row in by_workers:
        table.add_workers(row)
    table.end()
    return lines


def test_estimate_reads_once_and_trains_each_epoch() -> None:
    assert ESTIMATE.seconds(speed("numpy", 100)) == 2 + 30
    assert said(speed("numpy", 100))[1].endswith(" 0:00:32")
    table = BenchTable(ESTIMATE)
    table.add(speed("numpy", 100))
    assert table.as_dict()["speeds"][0]["estimated_seconds"] == 32


def test_the_fastest_is_named() -> None:
    last = said(speed("numpy", 1), speed("other", 2))[-1]
    assert last == "Fastest here: other (--backend other)."
    speeds = [speed("a", 2), speed("b", 1), speed("a", 2, "cbow"), speed("b", 3, "cbow")]
    last = said(*speeds)[-1]
    assert last == ("Fastest here: a (--backend a) for skipgram ns; b (--backend b) for cbow ns.")


def test_how_many_workers_pay() -> None:
    def row(model: str, *words: float) -> list[Speed]:
        return [speed("a", w, model, 2**i) for i, w in enumerate(words)]

    both = speed("a", 190, workers=2), speed("a", 190, "cbow", workers=2)
    lines = said(*both, by_workers=(row("skipgram", 100, 190, 195), row("cbow", 100, 190, 150)))
    assert lines[4:7] == [
        "workers                          1        2        4",
        "skipgram  ns    a              100      190      195",
        "cbow      ns    a              100      190      150",
    ]
    assert lines[-1] == "Workers that pay: 2, as many as w2v train takes."
    lines = said(*both, by_workers=(row("skipgram", 100, 190, 250), row("cbow", 190, 190, 190)))
    assert lines[-1] == (
        "Workers that pay: 4 (--workers 4; w2v train takes 2) for skipgram ns; "
        "1 (--workers 1; w2v train takes 2) for cbow ns."
    )


def test_a_short_text_takes_no_more_workers_than_it_has_work_for() -> None:
    same = [speed("a", 100, workers=1)] * 3
    assert "Workers" not in said(same[0], by_workers=(same,))[-1]


def test_a_busy_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Others, "share", lambda _: 0.5)
    assert said(speed("a", 1))[-1] == (
        "Others took 50% of these cores meanwhile: measure again when it is quiet."
    )
    monkeypatch.setattr(Others, "share", lambda _: None)
    assert said(speed("a", 1))[-1].startswith("Fastest here")
