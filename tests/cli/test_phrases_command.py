"""w2v phrases: a filter with the flags of word2phrase."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import w2v
from w2v import Phrases
from w2v.cli import main


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["phrases", *map(str, arguments)], input=stdin)


class TestCommand:
    @pytest.fixture
    def corpus(self, tmp_path: Path) -> Path:
        path = tmp_path / "corpus.txt"
        path.write_text("i love new york city\nnew york city is big\n\nbig apple\n" * 4)
        return path

    def test_flags_of_word2phrase(self, corpus: Path, tmp_path: Path) -> None:
        out = tmp_path / "corpus-phrase"
        result = run(
            "-train", corpus, "-output", out, "-threshold", 2, "-min-count", 2, "-debug", 2
        )
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert re.search(
            r"found     \d phrases among \d pairs of words in a text of 48 words", result.stderr
        )
        assert out.read_text().startswith(
            "i_love new_york city\nnew_york city_is big\n\nbig_apple\n"
        )
        quiet = run("-train", corpus, "-output", out, "-threshold", 2, "-debug", 0)
        assert (quiet.exit_code, quiet.output) == (0, "")

    def test_a_filter(self, corpus: Path, tmp_path: Path) -> None:
        table = tmp_path / "table.tsv"
        options = ["--threshold", 4, "--threshold", 3.2, "--min-count", 2, "--passes", 2]
        text = corpus.read_bytes()
        found = run("-", *options, "--save", table, stdin=text)
        assert found.exit_code == 0, found.output
        assert found.stdout_bytes.count(b"\n") == text.count(b"\n")
        assert b"new_york_city" in found.stdout_bytes
        again = run("-", "--load", table, stdin=text)
        assert again.stdout_bytes == found.stdout_bytes
        assert run(corpus, "-o", "-", *options).stdout_bytes == found.stdout_bytes
        assert sorted(os.listdir(tmp_path)) == ["corpus.txt", "table.tsv"]

    def test_one_threshold_for_each_pass(self, corpus: Path, tmp_path: Path) -> None:
        table = tmp_path / "table.tsv"
        options = ["--passes", 2, "--threshold", 2, "--threshold", 3, "--min-count", 2]
        assert run(corpus, *options, "--save", table, "-q").exit_code == 0
        assert Phrases.load(table).thresholds == [2.0, 3.0]

    def test_connectors_and_delimiter(self, tmp_path: Path) -> None:
        text = b"the bank of america\na bank of america\n" * 5
        options = ["--connectors", "of the a", "--delimiter", "-", "--score", "npmi"]
        result = run("-", *options, stdin=text)
        assert result.stdout.startswith("the bank-of-america\na bank-of-america\n")

    @pytest.mark.parametrize(
        ("options", "code", "message"),
        [
            (["--threshold", "-1"], 2, "--threshold of the score word2phrase must be a finite"),
            (["--score", "default"], 2, "'default' is not one of"),
            (["--passes", "2", "--threshold", "1", "--threshold", "2", "--threshold", "3"], 2,
             "--threshold must be one number, or one for each of 2 passes"),
            (["--min-count", "-1"], 2, "--min-count must be at least 0, got -1"),
            (["--load", "table.tsv", "--passes", "2"], 2, "--passes has no meaning beside --load"),
            (["--load", "none.tsv"], 1, "Cannot read none.tsv"),
            (["-o", "none/out.txt"], 1, "is not a folder"),
            (["-o", "corpus.txt"], 2, "--output would overwrite the input"),
            (["-o", "same", "--save", "same"], 2, "--output and --save are the same file"),
        ],
    )  # fmt: skip
    def test_refusals(
        self, corpus: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int,
        message: str,
    ) -> None:  # fmt: skip
        monkeypatch.chdir(corpus.parent)
        result = run("corpus.txt", *options)
        assert result.exit_code == code, result.output
        assert re.search(message, result.stderr), result.stderr
        assert result.stdout == ""
        assert "Traceback" not in result.output
        assert os.listdir(corpus.parent) == ["corpus.txt"]

    def test_no_text(self) -> None:
        result = run()
        assert result.exit_code == 2
        assert "No text was given" in result.stderr

    def test_a_reader_that_leaves(self, tmp_path: Path) -> None:
        command = (
            f"yes 'a b c d' | head -n 400000 | {sys.executable} -m w2v phrases - -q | head -n 1"
        )
        done = subprocess.run(
            ["bash", "-c", command + "; exit ${PIPESTATUS[2]}"],
            capture_output=True, text=True, check=False, cwd=Path(w2v.__file__).parents[1],
        )  # fmt: skip
        assert done.stdout == "a b c d\n"
        assert "Traceback" not in done.stderr
