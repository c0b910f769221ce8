"""The options of tables, as users give them: what is said, and which mistakes end how."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from commands import run
from pyarrow import parquet

from w2v import Word2Vec, load

OPTIONS = "--dim 8 --epochs 2 --min-count 1 --workers 1 --backend numpy --sample 0"
QUICK = OPTIONS.split()
CLICKS = ["--group", "session_id", "--order", "time", "--token", "item_id"]


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in order of time: sessions are spread over it."""
    rng = np.random.default_rng(0)
    table = {
        "session_id": rng.integers(0, 200, 2000),
        "time": np.arange(2000),
        "item_id": rng.integers(0, 30, 2000),
    }
    path = tmp_path_factory.mktemp("clicks") / "clicks.parquet"
    parquet.write_table(pa.table(table), path)
    return path


def test_clicks(clicks: Path, tmp_path: Path) -> None:
    report = tmp_path / "run.json"
    options = [*CLICKS, *QUICK, "--report", report]
    result = run("train", clicks, "-o", tmp_path / "v.npz", *options)
    assert result.exit_code == 0, result.output
    assert "table     2,000 rows, 200 groups by session_id\n" in result.stderr
    assert "sorted    in memory: the rows of a session_id are spread" in result.stderr
    assert "2,000 words in 200 sentences of 1 file" in result.stderr
    assert load(tmp_path / "v.npz")[7].shape == (8,)
    found = json.loads(report.read_text())["table"]
    assert (found["rows"], found["groups"], found["group"]) == (2000, 200, "session_id")
    piped = run("train", "-", "-o", tmp_path / "p.npz", *CLICKS, *QUICK, stdin=clicks.read_bytes())
    assert piped.exit_code == 0, piped.output
    assert (tmp_path / "p.npz").read_bytes() == (tmp_path / "v.npz").read_bytes()


@pytest.mark.parametrize("command", [["phrases", "--threshold", 1e9], ["tokenize"]])
def test_the_text_made_of_a_table_gives_the_same_vectors(
    command: list[object], clicks: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    result = run(*command, clicks, "-o", text, *CLICKS)
    assert result.exit_code == 0, result.output
    assert "2,000 rows, 200 groups by session_id" in result.stderr
    run("train", clicks, "-o", tmp_path / "a.vec", *CLICKS, *QUICK)
    run("train", text, "-o", tmp_path / "b.vec", *QUICK)
    assert (tmp_path / "a.vec").read_bytes() == (tmp_path / "b.vec").read_bytes()


def test_columns(tmp_path: Path) -> None:
    path = tmp_path / "walks.csv"
    path.write_text('from,via,"to, at last"\nx,y,z\nz,,x\n' * 1)
    for columns, words in (("all", "x y z"), ("from,via", "x y z"), ('from,"to, at last"', "x z")):
        result = run("train", path, "-o", tmp_path / "v.npz", "--columns", columns, *QUICK)
        assert result.exit_code == 0, result.output
        assert sorted(load(tmp_path / "v.npz").words) == words.split()
    options = ["--columns", "3,1", "--no-header", "--separator", ";", *QUICK]
    result = run("train", "-", "-o", tmp_path / "v.npz", *options, stdin=b"a;b;c d\nc;b;a\n")
    assert sorted(load(tmp_path / "v.npz").words) == ["a", "c", "c_d"]
    assert "spaces    1 cell with white space" in result.stderr


def test_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,body\n1,"one two, one"\n2,"two\nthree"\n')
    result = run("train", path, "-o", tmp_path / "v.npz", "--text", "body", *QUICK)
    assert result.exit_code == 0, result.output
    assert sorted(load(tmp_path / "v.npz").words) == ["one", "three", "two", "two,"]
    result = run("tokenize", path, "--text", "body", "--strip-punctuation", "--split-sentences")
    assert result.stdout == "one two one\ntwo three\n"
    result = run("tokenize", path, "--token", "body", "--group", "id", "--lower")
    assert result.exit_code == 2
    assert "a table whose cells are words. Name a column of --text" in result.stderr


def test_going_on(clicks: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.npz"
    run("train", clicks, "-o", tmp_path / "v.npz", "--save-model", model, *CLICKS, *QUICK)
    result = run("train", clicks, "-o", tmp_path / "v.npz", "--continue", model, *CLICKS)
    assert result.exit_code == 0, result.output
    assert Word2Vec.load_model(model).config.dim == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"columns session_id, time, item_id\. .* w2v train \S+ --group session_id --order"),
        (["--token", "item_id"], r"so --group must name the column"),
        (["--group", "session_id"], r"No column of words was named: give --token, with --group"),
        (["--group", "sesion_id", "--token", "item_id"], r"no column 'sesion_id'.*'session_id'\?"),
        (["--columns", "time", "--order", "time"], r"--order has no meaning beside --columns"),
        (["--columns", ""], r"--columns must be 'all' or a list of names"),
        (["--token", "item_id", "--order", "time"], r"--order sorts the rows of a group"),
        (["--no-header"], r"--no-header is for tables"),
        (["--separator", ","], r"--separator is for tables"),
        ([*CLICKS, "--separator", "ab"], r"--separator must be one character"),
    ],
)
@pytest.mark.parametrize("command", ["train", "phrases", "tokenize"])
def test_wrong_usage(
    command: str, arguments: list[str], message: str, clicks: Path, tmp_path: Path
) -> None:
    result = run(command, clicks, "-o", tmp_path / "out.npz", *arguments)
    assert result.exit_code == 2, result.output
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "out.npz").exists()


def test_a_csv_is_read_as_text_through_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one two one\n")
    refused = run("train", path, "-o", tmp_path / "v.npz", *QUICK)
    assert refused.exit_code == 2
    result = run("train", "-", "-o", tmp_path / "v.npz", *QUICK, stdin=path.read_bytes())
    assert result.exit_code == 0, result.output
    assert sorted(load(tmp_path / "v.npz").words) == ["one", "two"]


def test_parquet_through_a_pipe_is_no_text(clicks: Path, tmp_path: Path) -> None:
    result = run("train", "-", "-o", tmp_path / "v.npz", *QUICK, stdin=clicks.read_bytes())
    assert result.exit_code == 1
    assert "standard input is a table, and no text. Say which of its columns" in result.stderr


def test_failures(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2,3\n")
    result = run("train", tmp_path / "a.csv", "-o", tmp_path / "v.npz", "--columns", "all")
    assert result.exit_code == 1
    assert re.search(r"a\.csv, row 2: 3 cells where the first row has 2", result.stderr)


def test_weights(tmp_path: Path) -> None:
    """As the text with so many copies; the encoded corpus has them too."""
    baskets = tmp_path / "baskets.csv"
    rows = [f"a{i % 7} b{i % 5} c,{i % 4}" for i in range(60)]
    baskets.write_text("basket,sold\n" + "\n".join(rows) + "\n")
    options = ["--text", "basket", "--weight-column", "sold"]
    out, report = tmp_path / "v.npz", tmp_path / "run.json"
    result = run("train", baskets, "-o", out, *options, *QUICK, "--report", report)
    assert result.exit_code == 0, result.output
    said = (
        "weights   60 sentences with a weight, of 180 words, stand there 90 times, 15 of them not"
    )
    assert said in result.stderr
    found = json.loads(report.read_text())
    assert found["tokens"]["read"] == 270
    assert found["weighted"] == {"tokens": 180, "sentences": 60, "left_out": 15}
    assert found["table"]["weight"] == "sold"
    folder, again = tmp_path / "encoded", tmp_path / "again.npz"
    made = run("encode", baskets, "-o", folder, *options, "--min-count", 1)
    assert made.exit_code == 0, made.output
    assert run("train", folder, "-o", again, *QUICK).exit_code == 0
    assert again.read_bytes() == out.read_bytes()


def test_where_weights_have_no_meaning(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("a b\n")
    weights = ["--weight-column", "n"]
    refused = run("train", text, "-o", tmp_path / "v.npz", *weights)
    assert refused.exit_code == 2
    assert "--weight-column is for tables; say which columns hold the words" in refused.stderr
    for command in ("tokenize", "phrases"):
        refused = run(command, text, "-o", tmp_path / "out.txt", *weights)
        assert refused.exit_code == 2
        assert "No such option" in refused.stderr
    table = tmp_path / "t.csv"
    table.write_text("w,n\na b,1\nc d,-1\n")
    refused = run("train", table, "-o", tmp_path / "v.npz", "--text", "w", *weights)
    assert refused.exit_code == 1
    assert "The weights in the column 'n' must be finite numbers" in refused.stderr
    assert "number 2 is -1." in refused.stderr
