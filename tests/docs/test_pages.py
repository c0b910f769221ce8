"""The pages on phrases and on coming from other programs: their examples run as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from commands import examples, run_example, run_line

import w2v
from w2v.cli import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("migration.md", "phrases.md")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the examples name: text with enough words for 500 classes."""
    rng = np.random.default_rng(0)
    lines = [" ".join(f"w{i}" for i in rng.integers(0, 700, 20)) for _ in range(600)]
    lines += ["the bank of england and new york city"] * 20
    for name in ("text8", "corpus.txt", "more.txt"):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    (tmp_path / "questions-words.txt").write_text(": any\nw1 w2 w3 w4\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_shell_examples_run(page: str, folder: Path) -> None:
    lines = re.findall(r"^    ((?:cat .*)?w2v \w+.*)$", PAGES[page], re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        done = run_line(line, folder)
        assert (done.stdout == "") != ("compute-accuracy" in line)
        if "--connectors" in line:
            assert "bank_of_england" in (folder / "phrases.txt").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_library_examples_print_what_is_shown(page: str, folder: Path) -> None:
    found = examples(PAGES[page])
    assert found
    for code, shown in found:
        printed = run_example(code, page)
        if shown:
            assert printed == shown


def named(page: str) -> set[str]:
    """What is named here, with our names: commands, their options, and attributes."""
    found: set[str] = set()
    text = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    text = re.sub(r"^\|[^|]*\|", "", text, flags=re.MULTILINE)  # what others call it
    for code in re.findall(r"`([^`]+)`", text):
        if match := re.match(r"w2v ([a-z0-9]+)", code):
            found.add(match[0])
            found.update(f"{match[0]} {flag}" for flag in re.findall(r" (--[a-z-]+)", code))
        elif match := re.match(r"(?:w2v|Word2Vec|Vectors|Phrases|Vocabulary)\.(\w+)", code):
            found.add(match[0])
    return found


def exists(name: str) -> bool:
    if name.startswith("w2v "):
        _, command, *flags = name.split()
        options = [o for p in getattr(main.commands.get(command), "params", []) for o in p.opts]
        return command in main.commands and set(flags) <= set(options)
    owner, attribute = name.split(".")
    owners = {"w2v": w2v, "Vectors": w2v.Vectors(["a"], [[1.0]])}
    return hasattr(owners.get(owner) or getattr(w2v, owner), attribute)


def test_what_is_named_exists() -> None:
    names = named("".join(PAGES.values()))
    names |= {f"w2v train {flag}" for flag in train_flags("fastText") | train_flags("word2vec.c")}
    assert len(names) > 40
    missing = {name for name in names if not exists(name)}
    assert not missing


def train_flags(program: str) -> set[str]:
    """Options in the third column of the table that has `w2v train` beside a program."""
    table = PAGES["migration.md"].split(f"| {program} | default | `w2v train` | default |\n")[1]
    cells = [line.split("|")[3] for line in table.split("\n\n")[0].splitlines()[1:]]
    return set(re.findall(r"`(--[a-z-]+)", " ".join(cells)))


def test_every_flag_of_word2vec_c_is_in_the_table() -> None:
    table = PAGES["migration.md"].split("| word2vec.c | default |")[1].split("\n\n")[0]
    first = " ".join(row.split("|")[1] for row in table.splitlines()[1:])
    flags = {flag for code in re.findall(r"`([^`]+)`", first) for flag in shlex.split(code)}
    offered = {option.opts[0] for option in main.commands["word2vec"].params} - {"-errors"}
    assert offered == {flag for flag in flags if flag.startswith("-")}
