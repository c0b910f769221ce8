"""docs/text.md says the truth: its examples run, and its tables hold."""

from __future__ import annotations

import gzip
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import examples, run_example, run_line

from w2v import Tokenizer, load
from w2v.cli.text_options import NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "text.md").read_text(encoding="utf-8")
EXAMPLES = examples(PAGE)
LINES = re.findall(r"^    (.*w2v (?:train|tokenize) .*)$", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\| `([^`]+)` \| (`.*) \|$", PAGE, re.MULTILINE)
TEXT = "Der erste Satz, und noch\neiner. Das ist ein Satz.\n\n" * 30
FASTA = ">one\n" + "ACGTACGTAC\nGTACGTACGT\n" * 3 + ">two\n" + "TTTTTTTT\n" * 9


def test_examples_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert EXAMPLES
    for code, shown in EXAMPLES:
        assert run_example(code, "text.md") == shown


@pytest.mark.parametrize("line", LINES)
def test_commands_run_as_printed(line: str, tmp_path: Path) -> None:
    for module in ("jieba", "fugashi"):
        if module in line and find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install {module}")
    for program in ("awk", "gzip", "cat"):
        if program in line and shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
    (tmp_path / "novels").mkdir()
    for name in ("novels/one.txt", "novel.txt", "turkish.txt", "program.py"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    (tmp_path / "chinese.txt").write_text("我爱北京天安门。2008年\n" * 9, encoding="utf-8")
    (tmp_path / "japanese.txt").write_text("東京タワーへ行った。\n" * 9, encoding="utf-8")
    (tmp_path / "genes.fasta.gz").write_bytes(gzip.compress(FASTA.encode()))
    run_line(line, tmp_path)
    if "kmers.npz" in line:
        assert set(load(tmp_path / "kmers.npz").words) == {"ACGTAC", "CGTACG", "GTACGT", "TACGTA",
                                                           "TTTTTT"}  # fmt: skip
    if "characters.npz" in line:
        assert set(load(tmp_path / "characters.npz").words) == {*"我爱北京天安门年", "2008"}


@pytest.mark.parametrize(("text", "shown"), ROWS)
def test_what_becomes_of_what(text: str, shown: str) -> None:
    if text.startswith("--"):
        assert text[2:].replace("-", "_") in NAMES
    else:
        assert Tokenizer(tokens="unicode").tokens_of(text) == re.findall(
            r"`([^`]+)`", shown.split(": ", maxsplit=1)[0]
        )


def test_all_of_the_page_is_seen() -> None:
    assert len(LINES) == 9
    assert len(ROWS) == 11


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        ("well-known a.b@c.org C++ #tag sea--and", {"strip_punctuation": True},
         "well-known a.b@c.org C tag sea--and"),
        ("_very_ 😀", {"tokens": "unicode", "strip_punctuation": True}, "very"),
        ("ß ẞ", {"lower": True}, "ß ß"),
        ("über αθήνα й ё", {"strip_accents": True}, "uber αθηνα й ё"),
        ("I İ", {"lower": True, "turkish": True}, "ı i"),
        ("İ", {"lower": True}, "i"),
        ("タワー", {"tokens": "characters"}, "タ ワ ー"),
        ("タワー", {"tokens": "unicode"}, "タワー"),
    ],
)  # fmt: skip
def test_what_the_page_says_in_words(before: str, options: dict[str, object], after: str) -> None:
    assert Tokenizer(**options).tokens_of(before) == after.split()  # type: ignore[arg-type]
