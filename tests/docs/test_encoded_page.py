"""docs/encoded-corpora.md says the truth: its examples run and print what is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line, topics_file

PAGE = (Path(__file__).parents[2] / "docs" / "encoded-corpora.md").read_text(encoding="utf-8")
EXAMPLES = examples(PAGE)
COMMANDS = re.findall(r"^    (w2v .*)$", PAGE, re.MULTILINE)


def test_examples_and_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    topics_file(tmp_path)
    names: dict[str, object] = {}
    assert len(EXAMPLES) == 2
    for number, (code, shown) in enumerate(EXAMPLES):
        assert run_example(code, f"encoded-corpora.md, example {number}", names) == shown, number
    assert len(COMMANDS) == 4
    for command in COMMANDS:
        run_line(command, tmp_path)


def test_every_entry_is_explained(tmp_path: Path) -> None:
    topics_file(tmp_path)
    run_line("w2v encode corpus.txt -o corpus.w2v", tmp_path)
    about = json.loads((tmp_path / "corpus.w2v" / "corpus.json").read_text())
    rows = PAGE.split("| entry |")[1].split("\n\n")[0].splitlines()
    assert list(about) == re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows[2:]))
