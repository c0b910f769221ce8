"""`w2v convert` and `w2v info`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import click
import numpy as np
import pytest
from commands import run
from vector_tables import COUNTS, PLAIN, TABLE, WORDS, assert_table

from w2v import load
from w2v.cli import main
from w2v.formats import DTYPES, FORMATS, READABLE, convert, describe, read_vectors, write_vectors


@pytest.mark.parametrize("first", ["a.txt", "a.bin", "a.vec.gz", "a.npz", "a.safetensors"])
@pytest.mark.parametrize("second", ["b.txt", "b.bin.xz", "b.npz", "b.safetensors"])
def test_convert_loses_no_bit(tmp_path: Path, first: str, second: str) -> None:
    write_vectors(tmp_path / first, PLAIN, TABLE, COUNTS)
    result = run("convert", tmp_path / first, tmp_path / second)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "4 words, 2 dimensions" in result.stderr
    arrays = (".npz", ".safetensors")
    kept = first.endswith(arrays) and second.endswith(arrays)
    assert_table(load(tmp_path / second), PLAIN, TABLE, COUNTS if kept else None)
    assert ("counts    left out" in result.stderr) == (
        first.endswith(arrays) and not second.endswith(arrays)
    )


def test_choices_are_what_there_is() -> None:
    """The options list them, so that help need not load NumPy."""
    options = main.commands["convert"].params
    found = {o.name: o.type.choices for o in options if isinstance(o.type, click.Choice)}
    assert found["to"] == tuple(FORMATS)
    assert found["read_as"] == tuple(READABLE)
    assert found["dtype"] == tuple(DTYPES)


def test_convert_to_a_format_by_name(tmp_path: Path) -> None:
    write_vectors(tmp_path / "a.npz", PLAIN, TABLE)
    assert run("convert", tmp_path / "a.npz", tmp_path / "g.txt", "--to", "glove").exit_code == 0
    assert (tmp_path / "g.txt").read_bytes().startswith(b"the 0.1 -2.5\n")
    assert read_vectors(tmp_path / "g.txt").format == "GloVe text"
    assert_table(load(tmp_path / "g.txt"), PLAIN, TABLE, None)


def test_convert_limits_and_replaces(tmp_path: Path) -> None:
    write_vectors(tmp_path / "a.npz", WORDS, TABLE, COUNTS)
    result = run("convert", tmp_path / "a.npz", tmp_path / "b.bin")
    assert result.exit_code == 1
    assert re.search(r"b\.bin: 1 of 4 words cannot .* with a space.*'new york'", result.stderr)
    done = run("convert", tmp_path / "a.npz", tmp_path / "b.bin", "--replace-spaces", "_")
    assert done.exit_code == 0
    assert list(load(tmp_path / "b.bin").words) == PLAIN
    assert run("convert", tmp_path / "a.npz", tmp_path / "b.npz", "--limit", "2").exit_code == 0
    assert_table(load(tmp_path / "b.npz"), WORDS[:2], TABLE[:2], COUNTS[:2])
    words = ["a b", "a_b", "c", "d"]
    write_vectors(tmp_path / "a.npz", words, TABLE, COUNTS)
    with pytest.warns(UserWarning, match="left out 1 row with a word of an earlier row"):
        table = convert(tmp_path / "a.npz", tmp_path / "b.npz", replace_spaces="_")
    assert_table(table, ["a_b", "c", "d"], TABLE[[0, 2, 3]], [COUNTS[0], *COUNTS[2:]])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a.npz", "a.npz"), 2, r"would overwrite the input .*a\.npz"),
        (("a.npz", "b.doc"), 2, r"extension '\.doc'; expected \.txt or \.vec .*\.tsv \(Tensor"),
        (("a.npz", "none/b.bin"), 1, "Create it first"),
        (("none.npz", "b.bin"), 1, "No such file"),
        (
            ("bad.txt", "b.bin"),
            1,
            r"bad\.txt, line 1: the word .* not valid UTF-8.*--errors replac",
        ),
        (("a.npz", "b.bin", "--to", "word"), 2, "Invalid value for '--to'"),
    ],
)
def test_convert_refuses(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    write_vectors(tmp_path / "a.npz", PLAIN, TABLE)
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9 1 2\n")
    before = sorted(os.listdir(tmp_path))
    names = [tmp_path / a if "." in a else a for a in arguments]
    result = run("convert", *names)
    assert result.exit_code == code, result.output
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(("errors", "word"), [("replace", "caf\ufffd"), ("ignore", "caf")])
def test_convert_goes_on_at_words_that_are_not_utf8(tmp_path: Path, errors: str, word: str) -> None:
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9 1 2\n")
    done = run("convert", tmp_path / "bad.txt", tmp_path / "b.npz", "--errors", errors)
    assert done.exit_code == 0
    assert load(tmp_path / "b.npz").words == (word,)


def test_info(tmp_path: Path) -> None:
    table = np.array([[3, 4], [0, 0], [np.nan, 1], [1e30, 1e30]], np.float32)
    write_vectors(tmp_path / "v.npz", WORDS, table, COUNTS)
    about = json.loads(run("info", tmp_path / "v.npz", "--json").stdout)
    assert about == describe(read_vectors(tmp_path / "v.npz"))
    assert about["norms"] == pytest.approx(
        {"min": 0, "median": 5, "mean": (5 + 2**0.5 * 1e30) / 3, "max": 2**0.5 * 1e30}
    )
    assert (about["zero_rows"], about["rows_not_finite"]) == (1, 1)
    assert (about["words"], about["dim"], about["first"]) == (4, 2, WORDS)
    assert about["counts"] == {"sum": sum(COUNTS), "min": 1, "max": 2**40}
    lines = run("info", tmp_path / "v.npz", "--words", 3).stdout.splitlines()
    assert lines[0] == "format   NumPy npz"
    assert lines[4] == "first    the na\u00efve 'new york'"
    assert lines[5:] == ["odd      1 row of zeros alone", "odd      1 row with NaN or infinity"]
    write_vectors(tmp_path / "n.bin.gz", ["a"], np.full((1, 1), np.nan, np.float32))
    lines = run("info", tmp_path / "n.bin.gz").stdout.splitlines()
    assert lines[0] == "format   word2vec binary, compressed by gzip"
    assert lines[2:4] == ["counts   none in this file", "norms    none: no row is finite"]
