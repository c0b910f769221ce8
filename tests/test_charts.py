"""Charts of what benchmarks keep."""

from __future__ import annotations

import json

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
