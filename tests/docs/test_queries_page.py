"""The examples of docs/queries.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import examples, run_example, run_line

from w2v import Vectors

DOCS = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
LINES = re.findall(r"^    (\S.*)$", DOCS, re.MULTILINE)


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    assert LINES[0] == "w2v demo -o austen.npz"
    run_line(f"{LINES[0]} --epochs 1", folder)
    return folder


def test_documented_commands_run_as_printed(documented: Path) -> None:
    assert len(LINES) >= 15
    for line in LINES[1:]:
        assert run_line(line, documented).stdout, line
    shown = set(re.findall(r"w2v (\w+) austen", "\n".join(LINES)))
    assert shown == {"nearest", "analogy", "similarity", "distances", "odd", "rank", "shell"}


def test_documented_library_example_runs() -> None:
    [(example, _)] = examples(DOCS)
    assert len(run_example(example, "docs/queries.md").splitlines()) >= 9


def test_documented_methods_exist() -> None:
    table = DOCS.split("| question |")[1].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        for name in re.findall(r"`(\w+)[`(]", row.split("|")[2]):
            assert callable(getattr(Vectors, name))
