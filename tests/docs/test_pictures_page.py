"""The page on pictures: its examples run as printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from commands import run_line

from w2v import Vectors

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

PAGE = (Path(__file__).parents[2] / "docs" / "pictures.md").read_text(encoding="utf-8")
LINES = re.findall(r"^    (w2v plot .*)$", PAGE, re.MULTILINE)


def test_there_are_examples() -> None:
    options = {option for line in LINES for option in re.findall(r" (--[a-z-]+)", line)}
    assert {"--around", "--top", "--words", "--method", "--report"} <= options


@pytest.mark.parametrize("line", LINES)
def test_examples_run(line: str, tmp_path: Path) -> None:
    words = ["king", "city", *(f"w{i}" for i in range(98))]
    counts = np.arange(100, 0, -1)
    matrix = np.random.default_rng(2).normal(size=(100, 6))
    Vectors(words, matrix, counts).save(tmp_path / "vectors.npz")
    (tmp_path / "countries.txt").write_text("w5\nw6\nw7\n")
    report = {
        "config": {"epochs": 2, "alpha": 0.02, "min_alpha": 0.1},
        "loss": [3.0, 2.0],
        "raw_words_per_second": 9.0,
    }
    for name in ("run.json", "other.json"):
        (tmp_path / name).write_text(json.dumps(report))
    run_line(line, tmp_path)
    assert (tmp_path / line.rsplit(maxsplit=1)[-1]).stat().st_size > 1000
