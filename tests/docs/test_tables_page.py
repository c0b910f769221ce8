"""docs/tables.md says the truth: its examples run from top to bottom and print what is shown."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from commands import run_line

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^    (w2v .*)$", PAGE, re.MULTILINE)


def test_examples_and_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(EXAMPLES) == 5
    for number, (code, shown) in enumerate(EXAMPLES):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, f"tables.md, example {number}", "exec"), names)
        assert printed.getvalue() == shown, f"example {number}"
    assert len(COMMANDS) == 4
    for command in COMMANDS:
        run_line(command, tmp_path)
