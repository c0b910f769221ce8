"""Charts of what benchmarks keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import (
    charts,
    harness,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("peers", {" 13.5", " 5.0", " 1.0", "39.7", "Training speed, gensim = 1"}),
        ("peers-small", {" 9.7", " 0.4"}),
        ("scaling", {"Negative samples: slope 0.00", "0.90", "1.0", "14", "seconds"}),
    ],
)
def test_charts_show_what_is_kept(name: str, expected: set[str]) -> None:
    text = pytest.importorskip("matplotlib.text")
    result = json.loads((harness.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    figure = charts.figure(result)
    shown = {artist.get_text() for artist in figure.findobj(text.Text)}
    assert expected <= shown
    told = " ".join(shown)
    assert "logarithmic" in told if name == "scaling" else "interleaved runs" in told
    assert ("mean ± standard error" in told) == (name == "peers")
    for axis in figure.axes if name == "scaling" else ():
        assert not axis.get_visible() or len(axis.get_yticks()) > 1


def test_the_chart_of_steps(tmp_path: Path) -> None:
    text = pytest.importorskip("matplotlib.text")
    run = {"case": "cbow-ns", "step_tokens": 64, "raw_words_per_second": 4e5, "analogies": 0.25}
    runs = [run, {**run, "step_tokens": 4096, "raw_words_per_second": 3e6}]
    figure = charts.figure({"steps": runs, "backend": "cupy"})
    figure.savefig(tmp_path / "steps.png")
    shown = {artist.get_text() for artist in figure.findobj(text.Text)}
    assert {"500k", "1M", "2M", "25.0 %", "CBOW, negative sampling"} <= shown
    assert any("logarithmic" in words for words in shown)
