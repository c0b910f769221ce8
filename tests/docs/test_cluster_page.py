"""The page on many machines: what can be run here runs as printed."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import examples, run_example, run_line
from corpora import two_topics

PAGE = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = "\n".join(" ".join(sentence) for sentence in two_topics(300))
    (tmp_path / "corpus.txt").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_the_first_two_commands_end_in_the_same_bytes(folder: Path) -> None:
    lines = re.findall(r"^    (w2v train corpus.txt .*)$", PAGE, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        try:
            run_line(line, folder)
        except AssertionError as error:
            if "There is no cluster at local" in str(error):
                pytest.skip(f"Ray does not start on this machine: {error}")
            raise
    assert (folder / "vectors.npz").read_bytes() == (folder / "same.npz").read_bytes()


def test_the_example_runs_as_printed(folder: Path) -> None:
    ((code, printed),) = examples(PAGE)
    assert run_example(code, "cluster.md") == printed
