"""Examples of docs/evaluation.md run as printed; their options exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import examples, run_example
from corpora import two_topics

from w2v import Word2Vec
from w2v.cli import main
from w2v.cli.eval_command import evaluate

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("evaluation.md",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the examples name."""
    path = tmp_path_factory.mktemp("docs")
    model = Word2Vec(dim=8, epochs=1, min_count=1, workers=1, backend="numpy").fit(two_topics(300))
    for name in ("vectors", "old", "new"):
        model.save(path / f"{name}.bin")
    for name in ("run", "other"):
        (path / f"{name}.json").write_text(json.dumps(model.report))
    (path / "questions-words.txt").write_text(": s\nanimal1 tool1 animal2 tool2\n")
    for name in ("wordsim353.tsv", "simlex999.txt"):
        (path / name).write_text("animal1\tanimal2\t9\nanimal1\ttool2\t1\nthe\tof\t4\n")
    (path / "countries.txt").write_text("animal1\nanimal2\ntool1\n")
    return path


def lines(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^    (w2v .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("line", [line for page in PAGES for line in lines(page)])
def test_commands_run_as_printed(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    if " plot " in line:
        pytest.importorskip("matplotlib")
        pytest.importorskip("sklearn")
    monkeypatch.chdir(folder)
    arguments = shlex.split(line)[1:]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    if "-o" in arguments:
        assert (folder / arguments[arguments.index("-o") + 1]).stat().st_size > 1000


def test_the_library_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    ((example, _),) = examples(text)
    run_example(example, "docs/evaluation.md")


def test_the_table_of_options_is_complete() -> None:
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(--[a-z-]+)` \| `?(\w+)`? \|", text, re.MULTILINE)
    defaults = {
        option.opts[0]: option.default[0] if isinstance(option.default, tuple) else option.default
        for option in evaluate.params
        if option.opts[0] not in ("vectors", "--analogies", "--pairs", "--json")
    }
    assert dict(listed) == {flag: str(default) for flag, default in defaults.items()}
