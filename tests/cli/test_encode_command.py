"""w2v encode, and what other commands make of its folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from commands import QUICK, refused, run, topics_file

from w2v.errors import in_units

FILES = ["corpus.json", "ends.npy", "ids.npy", "vocab.txt"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a text, and `e` made of it."""
    monkeypatch.chdir(tmp_path)
    topics_file(tmp_path)
    with open("corpus.txt", "a", encoding="utf-8") as file:
        file.write("\nrare words, and\n" * 4)
    return tmp_path


@pytest.fixture
def encoded(folder: Path) -> Path:
    assert run("encode", "corpus.txt", "-o", "e", "-q").exit_code == 0
    return folder / "e"


@pytest.mark.usefixtures("folder")
def test_what_is_said() -> None:
    done = run("encode", "corpus.txt", "-o", "e", "--max-vocab", 20)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "text      2,412 words in 304 lines of 1 file, read in" in done.stderr
    assert "words     20 different ones, the most frequent (max-vocab)" in done.stderr
    assert "left out  9 others, " in done.stderr
    size = in_units(sum(path.stat().st_size for path in Path("e").iterdir()))
    assert f"saved     e: 1,942 words, {size}" in done.stderr
    assert f"format     w2v encoded corpus 1, {size}\n" in run("info", "e").stdout
    assert sorted(path.name for path in Path("e").iterdir()) == FILES
    quiet = run("encode", "corpus.txt", "-o", "q", "-q")
    assert (quiet.exit_code, quiet.output) == (0, "")


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize("more", [[], ["--loss", "hs"], ["--max-vocab", "15"]])
def test_the_folder_gives_what_the_text_gives(more: list[str]) -> None:
    for source, output in (("corpus.txt", "text.bin"), ("e", "folder.bin")):
        options = [*QUICK, "--min-count", "5", *more]
        assert run("train", source, "-o", output, "-q", *options).exit_code == 0
    assert Path("text.bin").read_bytes() == Path("folder.bin").read_bytes()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("source", ["corpus.txt", "-"])
def test_kept_on_the_way(source: str) -> None:
    text = Path("corpus.txt").read_bytes()
    done = run("train", source, "-o", "v.bin", "--save-corpus", "e", *QUICK, stdin=text)
    assert done.exit_code == 0, done.output
    assert "saved     e: 2,412 words, " in done.stderr
    assert run("train", "e", "-o", "again.bin", "-q", *QUICK).exit_code == 0
    assert Path("v.bin").read_bytes() == Path("again.bin").read_bytes()


@pytest.mark.usefixtures("encoded")
def test_info() -> None:
    done = run("info", "e", "--words", 2)
    assert done.exit_code == 0
    assert "tokens     2,404 in 304 sentences" in done.stdout
    assert "seen 5 times or more" in done.stdout
    assert "left out   8 tokens, 0.3%" in done.stdout
    about = json.loads(run("info", "e", "--words", 2, "--json").stdout)
    assert about["format"] == "w2v encoded corpus"
    assert (about["words"], about["tokens"]) == (27, 2404)
    assert about["read"]["rare"] == 8
    assert about["limits"] == {"min_count": 5, "max_vocab": None}
    assert len(about["first"]) == 2
    assert len(about["fingerprint"]) == 64
    assert run("encode", "corpus.txt", "-o", "all", "--min-count", 1).exit_code == 0
    assert "seen 1 time or more" in run("info", "all").stdout
    refused(run("info", "e", "--from", "text"), 2, "e is an encoded corpus; leave out --from")


@pytest.mark.usefixtures("encoded")
def test_words_that_the_folder_has_not() -> None:
    done = run("train", "e", "-o", "v.bin", *QUICK)
    assert done.exit_code == 0
    note = "note      Rarer words are not in e, which was encoded with --min-count 5."
    assert note in done.stderr
    assert note not in run("train", "e", "-o", "v.bin", *QUICK, "--min-count", "5").stderr


@pytest.mark.usefixtures("folder")
def test_raw_text_is_told_where_it_can_be_mended() -> None:
    Path("raw.txt").write_text("The king, and the king.\nThe end!\n" * 9, encoding="utf-8")
    assert "note      " in run("encode", "raw.txt", "-o", "e").stderr
    done = run("train", "e", "-o", "v.bin", *QUICK)
    assert "w2v encode --tokens unicode" in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_table() -> None:
    with open("plays.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("who", "what"), *[(i // 5, f"w{i % 7}") for i in range(90)]])
    columns = ["--group", "who", "--token", "what"]
    done = run("encode", "plays.csv", "-o", "e", *columns)
    assert done.exit_code == 0
    assert "table     90 rows, 18 groups by who" in done.stderr
    options = [*QUICK, "-q", "--sample", "0"]
    assert run("train", "e", "-o", "e.bin", *options, "--report", "r.json").exit_code == 0
    assert run("train", "plays.csv", "-o", "t.bin", *options, *columns).exit_code == 0
    assert Path("e.bin").read_bytes() == Path("t.bin").read_bytes()
    assert json.loads(Path("r.json").read_text())["table"]["groups"] == 18


@pytest.mark.usefixtures("encoded")
def test_going_on_from_a_folder() -> None:
    options = [*QUICK, "-q", "--min-count", "5"]
    first = ["train", "corpus.txt", "-o", "v.bin", "--save-model", "m.npz", *options]
    assert run(*first).exit_code == 0
    for source in ("corpus.txt", "e"):
        more = ["--continue", "m.npz", "--epochs", "1"]
        assert run("train", source, "-o", f"{source}.bin", "-q", *more).exit_code == 0
    assert Path("corpus.txt.bin").read_bytes() == Path("e.bin").read_bytes()


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["encode", "corpus.txt", "-o", "e"], 1, "Cannot write e: the folder is not empty"),
        (["encode", "corpus.txt", "-o", "new", "--min-count", "0"], 2, "--min-count must be at"),
        (["encode", "corpus.txt", "-o", "corpus.txt"], 1, "Cannot write corpus.txt"),
        (["encode", "missing", "-o", "new"], 1, "There is no file 'missing'"),
        (["train", "e", "-o", "v.bin", "--lower"], 2, "its text is cut into words already"),
        (["train", "e", "-o", "v.bin", "--errors", "replace"], 2, "cut into words already"),
        (["train", "e", "-o", "v.bin", "--columns", "all"], 2, "is an encoded corpus, and no tab"),
        (["train", "e", "corpus.txt", "-o", "v.bin"], 2, "there is more beside it"),
        (["train", "e/ids.npy", "-o", "v.bin"], 1, "Give its folder, e"),
        (["train", "corpus.txt", "-o", "v.bin", "--save-corpus", "e"], 1, "Cannot write e: "),
        (["train", "corpus.txt", "-o", "x.txt", "--save-corpus", "x.txt"], 2, "the same file"),
        (["train", "e", "-o", "e/vocab.txt"], 2, "--output would overwrite the input e/vocab.txt"),
        (["tokenize", "e"], 1, "is an encoded corpus and holds no text"),
        (["phrases", "e", "-o", "p.txt"], 1, "is an encoded corpus and holds no text"),
    ],
)
def test_refused(arguments: list[str], code: int, message: str) -> None:
    before = sorted(Path.cwd().rglob("*"))
    refused(run(*arguments), code, message)
    assert sorted(Path.cwd().rglob("*")) == before
