"""The pages on neighbours and on change: their examples run as printed."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import examples, run_example, run_line
from corpora import two_topics

from w2v import Word2Vec

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("neighbours", "change")
}
COMMANDS = [
    (page, line)
    for page, text in PAGES.items()
    for line in re.findall(r"^ {4,6}(w2v .*)$", text, re.M)
]
EXAMPLES = [
    pytest.param(code, id=f"{page} {number}")
    for page, text in PAGES.items()
    for number, (code, _) in enumerate(examples(text))
]
LIBRARIES = {
    "faiss": "NeighbourIndex",
    "hnswlib": "import hnswlib",
    "qdrant_client": "qdrant_client",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of several seeds, by the names of the pages."""
    path = tmp_path_factory.mktemp("pages")
    names = {"animal1": "king", "animal2": "queen"}
    text = [[names.get(word, word) for word in line] for line in two_topics(600)]
    for seed, name in enumerate(("vectors", "seed1", "seed2", "seed3", "early", "late"), 1):
        model = Word2Vec(dim=8, epochs=1, min_count=1, workers=1, backend="numpy", seed=seed)
        model.fit(text).save(path / f"{name}.npz")
    (path / "words.txt").write_text("king\nqueen\n")
    return path


def missing(text: str) -> str:
    """A library that an example needs and that is not installed."""
    faiss = "index" in text or "faiss" in text
    needed = [
        name for name, sign in LIBRARIES.items() if sign in text or (name == "faiss" and faiss)
    ]
    if "hnswlib" in needed or "qdrant_client" in needed:
        needed = [name for name in needed if name != "faiss"]
    return next((name for name in needed if not find_spec(name)), "")


def test_commands_run_as_printed(folder: Path) -> None:
    assert len(COMMANDS) >= 11
    for _, line in COMMANDS:
        if not (" index " in line or "--index" in line) or find_spec("faiss"):
            done = run_line(line, folder)
            assert done.stdout or " -o " in line


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples_run(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if library := missing(code):
        pytest.skip(f"{library} is not installed")
    monkeypatch.chdir(folder)
    printed = run_example(code, "page")
    assert printed
    if "king" in code and "limit=3" in code:
        assert printed.startswith("['king', ")


def test_columns_of_files_are_told() -> None:
    from w2v.formats.neighbours import COLUMNS

    table = PAGES["neighbours"].split("| column |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)) == COLUMNS
