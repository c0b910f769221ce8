"""The tutorials run as printed, from top to bottom, and print what is shown after an example."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from commands import run_example, run_line

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?|^    (?P<line>w2v [^\n]*)$",
    re.DOTALL | re.MULTILINE,
)


def write_novels(folder: Path, seed: int) -> None:
    """Prose with capitals, punctuation, broken lines and the words that the page asks about."""
    rng = random.Random(seed)
    words = "love marriage king queen man woman sir money heart the of and a to in was".split()  # noqa: SIM905
    folder.mkdir()
    for book in range(2):
        sentences = [" ".join(rng.choices(words, k=12)).capitalize() + "." for _ in range(600)]
        (folder / f"{book}.txt").write_text(" ".join(sentences).replace(" the ", "\nthe "))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for seed, name in enumerate(("novels", "early", "late")):
        write_novels(tmp_path / name, seed)
    (tmp_path / "corpus.txt").write_text((tmp_path / "novels" / "0.txt").read_text().lower())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", ["novels", "clicks", "gensim"])
def test_everything_runs_and_prints_what_is_shown(page: str, folder: Path) -> None:
    names: dict[str, object] = {}
    ran = 0
    for block in BLOCK.finditer((FOLDER / f"{page}.md").read_text(encoding="utf-8")):
        ran += 1
        if block["line"]:
            run_line(block["line"], folder)
            continue
        printed = run_example(block["code"], f"{page}.md", names)
        assert printed == (block["shown"] or ""), block["code"]
    assert ran >= 7


def test_the_three_are_all_there_are() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {"novels", "clicks", "gensim"}
