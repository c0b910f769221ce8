"""docs/library.md says the truth: its examples run from top to bottom and print what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line
from corpora import two_topics

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = examples(PAGE)
COMMANDS = re.findall(r"^    (w2v .*)$", PAGE, re.MULTILINE)


def test_examples_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(EXAMPLES) >= 9
    for number, (code, shown) in enumerate(EXAMPLES):
        assert run_example(code, f"library.md, example {number}", names) == shown, number


def test_commands_run_as_printed(tmp_path: Path) -> None:
    text = "\n".join(map(" ".join, two_topics(200)))
    for name in ("corpus.txt", "more.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "names.txt").write_text("animal1\nanimal2\n", encoding="utf-8")
    assert len(COMMANDS) == 4
    for command in COMMANDS:
        run_line(command, tmp_path)
