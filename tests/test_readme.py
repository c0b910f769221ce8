"""The README says the truth: its examples run, its options exist with these defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from w2v.cli import main, train

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_library_examples_run(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(EXAMPLES[number], f"README example {number}", "exec"), {})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


def test_option_table_is_complete() -> None:
    listed = set(re.findall(r"`(--[a-z-]+)`", README.split("| option |")[1].split("\n\n")[0]))
    offered = {option.opts[-1] for option in train.params if option.opts[-1].startswith("--")}
    assert offered - {"--output"} == listed


def test_commands_shown_are_commands() -> None:
    shown = set(re.findall(r"^    (?:.*\| )?w2v (\w+)", README, re.MULTILINE))
    assert shown == set(main.commands)
