"""Files of the nearest words of all words, by the library and by `w2v neighbours`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from w2v import OutputError, Vectors, load
from w2v.cli import main
from w2v.formats import neighbours as files

WORDS = [f"w{i}" for i in range(40)] + ["New York", "日本", 'quo"te', "zero"]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vectors") / "v.npz"
    rng = np.random.default_rng(4)
    matrix = rng.standard_normal((len(WORDS), 5))
    matrix[-1] = 0
    Vectors(WORDS, matrix, np.arange(len(WORDS), 0, -1)).save(path)
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["neighbours", *(str(a) for a in arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    return result


def read(path: Path) -> list[dict[str, Any]]:
    """Rows, whatever the format."""
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    text = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    lines = text.decode().splitlines()
    if ".jsonl" in path.name:
        return [json.loads(line) for line in lines]
    head, *rest = (line.split("\t") for line in lines)
    assert head == list(files.COLUMNS)
    return [{"word": w, "rank": int(r), "neighbour": o, "cosine": float(c)} for w, r, o, c in rest]


def expected(path: Path, n: int, words: list[str], **options: Any) -> list[dict[str, Any]]:
    table = load(path)
    return [
        {"word": word, "rank": rank, "neighbour": other, "cosine": pytest.approx(c, abs=1e-6)}
        for word in words
        for rank, (other, c) in enumerate(table.most_similar(word, n=n, **options), 1)
    ]


@pytest.mark.parametrize(
    "name", ["a.parquet", "a.tsv", "a.jsonl", "a.tsv.gz", "a.jsonl.gz", "A.TSV.GZ"]
)
def test_rows_are_what_most_similar_answers(
    vectors: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_GROUP", 50)  # so that Parquet has several groups
    path = tmp_path / name
    result = run(vectors, "-n", 4, "-o", path, "--workers", 2)
    assert result.exit_code == 0
    assert read(path) == expected(vectors, 4, WORDS[:-1])
    assert "172 rows, neighbours of 43 words" in result.stderr
    assert "left out  1 word without a direction" in result.stderr
    if name == "a.parquet":
        file = pq.ParquetFile(path)
        assert file.num_row_groups > 1
        assert [str(t) for t in file.schema_arrow.types] == ["string", "int32", "string", "float"]


def test_some_words_and_what_may_be_answered(vectors: Path, tmp_path: Path) -> None:
    path, words = tmp_path / "a.tsv", tmp_path / "words.txt"
    assert run(vectors, "-n", 3, "-o", path, "--min-count", 30, "-q").stderr == ""
    assert read(path) == expected(vectors, 3, WORDS[:15], min_count=30)
    words.write_text("w20\n\nNew York\nw20\n", encoding="utf-8")
    assert run(vectors, "-n", 3, "-o", path, "--words", words, "--restrict-vocab", 9).exit_code == 0
    assert read(path) == expected(vectors, 3, ["w20", "New York"], restrict_vocab=9)
    words.write_text("w20\nw02\n", encoding="utf-8")
    result = run(vectors, "-n", 3, "-o", path, "--words", words)
    assert result.exit_code == 1
    assert "Error: 'w02' is not among the 44 words of the vocabulary." in result.stderr
    assert read(path) == expected(vectors, 3, ["w20"])
    for content, message in ((b"", "holds no word"), (b"\xff\xfe", "is not UTF-8 text")):
        words.write_bytes(content)
        result = run(vectors, "-o", path, "--words", words)
        assert (result.exit_code, message in result.stderr) == (1, True)
    assert "Cannot read" in run(vectors, "-o", path, "--words", tmp_path / "none").stderr


def test_outputs_that_cannot_be_are_refused_before_any_work(vectors: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.npz"  # is not read
    for name, code, message in (
        ("a.csv", 2, r"Name it .parquet, .tsv or .jsonl"),
        ("a.parquet.gz", 2, "Parquet is compressed inside"),
        ("folder/a.tsv", 1, "Create it first"),
        ("", 2, "the name is empty"),
    ):
        result = run(none, "-o", tmp_path / name if name else "")
        assert message in result.stderr
        assert result.exit_code == code
    words = tmp_path / "w.tsv"
    words.write_text("w1\n", encoding="utf-8")
    result = run(vectors, "-o", words, "--words", words)
    assert (result.exit_code, "would overwrite the input" in result.stderr) == (2, True)


def test_words_that_tsv_cannot_hold(tmp_path: Path) -> None:
    vectors = Vectors(["a\tb", "c", "d"], np.eye(3) + 1)
    with pytest.raises(OutputError, match=r"'a\\tb' holds a tab or a line break"):
        files.write_neighbours(tmp_path / "a.tsv", vectors.words, vectors.neighbours(2))
    assert not (tmp_path / "a.tsv").exists()
    path = tmp_path / "a.jsonl"
    assert files.write_neighbours(path, vectors.words, vectors.neighbours(2)) == 6
    assert {row["word"] for row in read(path)} == {"a\tb", "c", "d"}
