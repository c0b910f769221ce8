"""The pages on tables, ids and encoded corpora: all examples run, and print what is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line, topics_file

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"tables.md": (5, 4), "ids.md": (7, 1), "encoded-corpora.md": (2, 4)}
"""How many examples and commands each has."""


@pytest.mark.parametrize("page", PAGES)
def test_examples_and_commands(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom: one goes on with the files and names of those before it."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found, commands = examples(text), re.findall(r"^    (w2v .*)$", text, re.MULTILINE)
    assert (len(found), len(commands)) == PAGES[page]
    monkeypatch.chdir(tmp_path)
    topics_file(tmp_path)
    names: dict[str, object] = {}
    for number, (code, shown) in enumerate(found):
        assert run_example(code, f"{page}, example {number}", names) == shown, number
    for command in commands:
        run_line(command, tmp_path)


def test_every_entry_of_corpus_json_is_explained(tmp_path: Path) -> None:
    topics_file(tmp_path)
    run_line("w2v encode corpus.txt -o corpus.w2v", tmp_path)
    about = json.loads((tmp_path / "corpus.w2v" / "corpus.json").read_text())
    page = (DOCS / "encoded-corpora.md").read_text(encoding="utf-8")
    rows = page.split("| entry |")[1].split("\n\n")[0].splitlines()
    assert list(about) == re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in rows[2:]))
