"""The page on checkpoints: its examples run as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line
from corpora import two_topics

PAGE = (Path(__file__).parents[2] / "docs" / "checkpoints.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = "\n".join(" ".join(sentence) for sentence in two_topics(300))
    (tmp_path / "corpus.txt").write_text(text, encoding="utf-8")
    return tmp_path


def test_commands_run_as_printed(folder: Path) -> None:
    lines = re.findall(r"^    (w2v .*)$", PAGE, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        run_line(line, folder)
    assert (folder / "vectors.npz").exists()
    assert (folder / "elsewhere.npz").exists()
    for name in ("run.json", "corpus"):
        assert (folder / "run" / name).exists()


def test_example_runs_as_printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    ((code, printed),) = examples(PAGE)
    assert run_example(code, "checkpoints.md") == printed
