"""w2v tokenize, the same options elsewhere, and what `train` says of raw text."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from w2v import load
from w2v.cli import main
from w2v.cli.text_options import NAMES, text_options

RAW = "“It is,” said the King.\nThe king, too, was\nthere. Was she? No!\n\n" * 30
LINES = ["it is said the king", "the king too was there", "was she", "no"]
OPTIONS = ["--tokens", "unicode", "--lower", "--split-sentences"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.txt").write_text(RAW, encoding="utf-8")
    return tmp_path


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.mark.usefixtures("folder")
class TestTokenize:
    def test_into_a_file(self) -> None:
        done = run("tokenize", "raw.txt", "-o", "out.txt", *OPTIONS)
        assert done.exit_code == 0, done.output
        assert done.stdout == ""
        assert "saved" in done.stderr
        assert Path("out.txt").read_text(encoding="utf-8").splitlines() == LINES * 30

    def test_compressed_by_name(self) -> None:
        assert run("tokenize", "raw.txt", "-o", "out.txt.gz", *OPTIONS).exit_code == 0
        assert gzip.decompress(Path("out.txt.gz").read_bytes()).decode().splitlines() == LINES * 30

    def test_as_a_filter(self) -> None:
        done = run("tokenize", "-", "-q", "--lower", "--strip-punctuation", stdin="A  b, \nÉ!\n")
        assert (done.stdout, done.stderr) == ("a b\né\n", "")

    def test_without_an_option_it_tidies(self) -> None:
        assert run("tokenize", "-", "-q", stdin="\ufeffA  b, \n\n c\ufeff").stdout == "A b,\n\nc\n"

    def test_files_do_not_run_on(self) -> None:
        Path("a").write_text("one")
        Path("b").write_text("two\nthree")
        assert run("tokenize", "a", "b", "-q", "--split-sentences").stdout == "one\ntwo three\n"

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (["--turkish"], 2, "--turkish has a meaning only with --lower"),
            (["--tokens", "words"], 2, "'words' is not one of"),
            (["-o", "raw.txt"], 2, "would overwrite the input raw.txt"),
            (["-o", "none/out.txt"], 1, "none is not a folder"),
        ],
    )
    def test_refusals(self, arguments: list[str], code: int, message: str) -> None:
        done = run("tokenize", "raw.txt", *arguments)
        assert (done.exit_code, done.stdout) == (code, "")
        assert message in done.stderr

    @pytest.mark.parametrize("command", ["tokenize", "phrases"])
    def test_onto_its_own_end(self, command: str) -> None:
        """It would go on until the disk is full."""
        with open("raw.txt", "ab") as file:
            done = subprocess.run(
                [sys.executable, "-m", "w2v", command, "raw.txt"],
                stdout=file,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
        assert done.returncode == 2
        assert b"Error: Standard output is the input raw.txt. Write to another" in done.stderr
        assert Path("raw.txt").read_text(encoding="utf-8") == RAW

    def test_a_reader_that_leaves(self) -> None:
        """As `| head -1` does: no traceback."""
        Path("long.txt").write_text(RAW * 300, encoding="utf-8")
        command = [sys.executable, "-m", "w2v", "tokenize", "long.txt", "-q"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""


def test_one_way_for_all_commands() -> None:
    for command in ("tokenize", "train", "phrases"):
        names = {parameter.name for parameter in main.commands[command].params}
        assert names >= {*NAMES, "errors"}, command
    offered = {parameter.name for parameter in main.commands["word2vec"].params}
    assert not offered & set(NAMES)
    assert text_options.__doc__


@pytest.mark.usefixtures("folder")
class TestTrain:
    TRAIN = ("train", "raw.txt", "-o", "v.npz", "--dim", "4", "--epochs", "1", "--sample", "0")

    def test_words_are_those_of_tokenize(self) -> None:
        done = run(*self.TRAIN, *OPTIONS, "--report", "run.json")
        assert done.exit_code == 0, done.output
        assert set(load("v.npz").words) == {*" ".join(LINES).split()}
        report = json.loads(Path("run.json").read_text())
        assert report["tokenizer"]["tokens"] == "unicode"
        assert report["sentences"] == 120
        assert "punctuation" not in done.stderr

    def test_it_says_that_a_text_is_raw_and_short(self) -> None:
        done = run(*self.TRAIN)
        lines = [line for line in done.stderr.splitlines() if line.startswith("note")]
        assert len(lines) == 2
        assert "54% of the words end in punctuation: --tokens unicode makes one word" in lines[0]
        assert "A short text of 390 words" in lines[1]
        assert "note" not in run(*self.TRAIN, "-q").stderr

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("The the the cat, cat so on and on", "have a capital that is rarer than none: "
             "--tokens unicode --lower makes one word of King, king and king,"),
            ("The the the cat", "20% have a capital that is rarer than none: --lower makes one "
             "word of King, king"),
        ],
    )  # fmt: skip
    def test_it_names_what_helps(self, text: str, said: str) -> None:
        Path("raw.txt").write_text(f"{text}\nno\n" * 50)
        assert said in run(*self.TRAIN).stderr

    def test_it_says_that_a_text_is_a_table(self) -> None:
        Path("raw.txt").write_text("1,2 3\n" * 99)
        done = run(*self.TRAIN)
        assert "note      It looks like a table of 2 columns between commas" in done.stderr
        assert "Warning" not in done.stderr

    def test_clean_text_is_left_in_peace(self) -> None:
        Path("raw.txt").write_text("the king of the land was here\n" * 40_000)
        assert "note" not in run(*self.TRAIN).stderr


@pytest.mark.usefixtures("folder")
def test_phrases_take_the_options() -> None:
    done = run("phrases", "raw.txt", "-q", *OPTIONS, "--score", "npmi", "--threshold", "0.9",
               "-o", "out.txt.gz")  # fmt: skip
    assert done.exit_code == 0, done.output
    lines = gzip.decompress(Path("out.txt.gz").read_bytes()).decode().splitlines()
    assert [line.replace("_", " ") for line in lines] == LINES * 30
    assert "_" in lines[0]
