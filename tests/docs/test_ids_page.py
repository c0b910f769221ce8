"""docs/ids.md says the truth: its examples run from top to bottom and print what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line

PAGE = (Path(__file__).parents[2] / "docs" / "ids.md").read_text(encoding="utf-8")
EXAMPLES = examples(PAGE)
COMMANDS = re.findall(r"^    (w2v .*)$", PAGE, re.MULTILINE)


def test_examples_and_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(EXAMPLES) == 5
    for number, (code, shown) in enumerate(EXAMPLES):
        assert run_example(code, f"ids.md, example {number}", names) == shown, number
    assert len(COMMANDS) == 1
    for command in COMMANDS:
        run_line(command, tmp_path)
