"""The course of a training: what a report keeps of it, and how it is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from corpora import topics_model, two_topics

from w2v import Word2Vec
from w2v.cli import main
from w2v.errors import PictureError
from w2v.pictures import training_course as training
from w2v.pictures.plot import plot_reports

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return topics_model()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["plot", *map(str, arguments)])


def test_a_report_holds_the_course_of_the_training(model: Word2Vec) -> None:
    trace = model.report["trace"]
    assert json.loads(json.dumps(trace, allow_nan=False)) == trace
    done = [point["done"] for point in trace]
    assert done == sorted(set(done))
    assert {0.25, 0.5, 0.75, 1.0} <= set(done)
    ends = [point for point in trace if point["done"] == point["epoch"] / 4]
    assert [point["loss"] for point in ends] == model.report["loss"]
    for point in trace:
        rate = model.config.learning_rate(point["done"])
        assert point["learning_rate"] == pytest.approx(rate)
    words = 0.0
    for before, point in zip([{"seconds": 0.0}, *trace], trace, strict=False):
        words += point["raw_words_per_second"] * (point["seconds"] - before["seconds"])
    assert words == pytest.approx(4 * model.report["tokens"]["read"])


@pytest.mark.parametrize("epochs", [201, 1000])
def test_the_course_is_short_whatever_the_epochs(epochs: int) -> None:
    quick = Word2Vec(dim=2, min_count=1, sample=0, epochs=epochs, workers=1, backend="numpy")
    trace = quick.fit(two_topics(5)).report["trace"]
    assert 100 <= len(trace) <= 202
    assert trace[-1]["done"] == 1


def test_what_is_drawn_of_a_report(model: Word2Vec) -> None:
    report: dict[str, Any] = {
        "config": {"epochs": 2, "alpha": 0.04, "min_alpha": 0.25},
        "loss": [3.0, None],
        "raw_words_per_second": 500.0,
    }
    course = training.course(report)
    assert [list(values) for values in course["learning_rate"]] == [[0, 2], [0.04, 0.01]]
    assert [list(values) for values in course["raw_words_per_second"]] == [[0, 2], [500, 500]]
    assert np.array_equal(course["loss"][1], [3.0, np.nan], equal_nan=True)


def traced(until: float = 1.0) -> dict[str, Any]:
    """Three epochs in which the loss falls evenly from 5 to 2, seen at uneven moments.

    The second half of each epoch takes twice as long a word as the first.
    """
    moments = np.sort([*np.linspace(0.03, 3, 100), 0.995, 1, 1.99, 2])
    moments = moments[moments <= 3 * until]
    epochs = np.ceil(moments)
    means = 5 - (epochs - 1 + moments) / 2  # of 5 - x from the epoch's beginning to here
    share = moments - epochs + 1
    seconds = 3 * (epochs - 1) + 2 * share + np.maximum(0, 2 * share - 1)
    speeds = 1000 * np.diff(moments, prepend=0) / np.diff(seconds, prepend=0)
    points = zip(moments / 3, epochs, seconds, means, speeds, strict=True)
    names = ("done", "epoch", "seconds", "loss", "raw_words_per_second")
    return {
        "config": {"epochs": 3, "alpha": 0.04, "min_alpha": 0.25},
        "loss": [4.5, 3.5, 2.5],
        "raw_words_per_second": 1000 / 3,
        "trace": [
            dict(zip(names, map(float, p), strict=True)) | {"learning_rate": 1} for p in points
        ],
    }


@pytest.mark.parametrize("until", [1.0, 0.7])
def test_the_course_has_no_saw_of_epochs(until: float) -> None:
    course = training.course(traced(until))
    x, y = course["loss"]
    assert 15 < len(x) < 30
    assert y == pytest.approx(5 - x, abs=0.02)  # the mean of a stretch is the loss in its middle
    assert x[-1] < 3 * until < x[-1] + 0.2
    x, y = course["raw_words_per_second"]
    clear = np.abs(x % 0.5 - 0.25) < 0.15  # of the changes of pace
    assert clear.sum() > 8
    assert y[clear] == pytest.approx(np.where(x % 1 < 0.5, 500, 250)[clear], rel=0.02)


def test_a_short_course_and_one_that_diverged() -> None:
    short = traced()
    short["trace"] = short["trace"][:2]
    assert len(training.course(short)["loss"][0]) == 1
    short = traced()
    for point in short["trace"][50:]:
        point["loss"] = None
    x, y = training.course(short)["loss"]
    assert np.isfinite(y[x < 1.3]).all()
    assert np.isnan(y[x > 1.6]).all()


def test_pictures_of_reports(model: Word2Vec, tmp_path: Path) -> None:
    now, old = tmp_path / "now$1.json", tmp_path / "old.json"
    now.write_text(json.dumps(model.report))
    old.write_text(json.dumps({k: v for k, v in model.report.items() if k != "trace"}))
    for extension, start in ((".png", PNG), (".svg", b"<?xml")):
        out = tmp_path / f"run{extension}"
        result = run("--report", now, "--report", old, "-o", out)
        assert (result.exit_code, result.stdout) == (0, "")
        assert out.read_bytes().startswith(start)
    text = (tmp_path / "run.svg").read_text()
    for expected in ("loss, nats per pair", "learning rate", "words/s", "epochs", "now$1.json"):
        assert expected in text
    twice = run("--report", now, "--report", now, "-o", tmp_path / "run.svg")
    assert twice.exit_code == 0
    assert "now$1.json is named more than once and drawn once." in twice.stderr.replace("\n", "")
    held = {**traced(), "held_out_loss": [4.0, 3.0, None]}
    (tmp_path / "held.json").write_text(json.dumps(held))
    plot_reports([tmp_path / "held.json"], tmp_path / "run.svg")
    assert "held.json, held out" in (tmp_path / "run.svg").read_text()
    for number in range(8):  # more than there are colours
        (tmp_path / f"{number}.json").write_text(json.dumps(traced()))
    plot_reports([tmp_path / f"{number}.json" for number in range(8)], tmp_path / "run.svg")
    text = (tmp_path / "run.svg").read_text()
    assert all(f"{number}.json" in text for number in range(8))
    assert "stroke-dasharray" in text
    plot_reports([old], tmp_path / "one.pdf")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "changes",
    [
        {"config": {}},
        {"config": []},
        {"config": {"epochs": None, "alpha": 1, "min_alpha": 1}},
        {"config": {"epochs": 2, "alpha": "a", "min_alpha": 1}},
        {"loss": "none"},
        {"loss": [[1]]},
        {"loss": 3},
        {"held_out_loss": "none"},
        {"raw_words_per_second": "fast"},
        {"raw_words_per_second": float("inf")},
        {"trace": 7},
        {"trace": [{}]},
        {"trace": [{"done": [1], "epoch": 1}]},
        {"trace": traced()["trace"][::-1]},
        {"trace": [{**traced()["trace"][-1], "epoch": 9}]},
    ],
)
def test_a_report_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    good = {
        "config": {"epochs": 2, "alpha": 0.1, "min_alpha": 0.1},
        "loss": [2.0, None],
        "raw_words_per_second": 9.0,
    }
    file = tmp_path / "run.json"
    file.write_text(json.dumps({**good, **changes}))
    with pytest.raises(PictureError, match=r"run\.json is JSON, but no report of w2v train"):
        plot_reports([file], tmp_path / "w.png")
    file.write_text("[" * 100_000)
    with pytest.raises(PictureError, match=r"run\.json is not a JSON report"):
        plot_reports([file], tmp_path / "w.png")
    file.write_text("[]," * (6 << 20))
    with pytest.raises(
        PictureError, match=r"run\.json has more than 16,777,216 characters, and is"
    ):
        plot_reports([file], tmp_path / "w.png")
    file.write_text(json.dumps(good))
    plot_reports([file], tmp_path / "w.png")
    assert (tmp_path / "w.png").read_bytes().startswith(PNG)
