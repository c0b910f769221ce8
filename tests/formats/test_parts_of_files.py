"""Files read in part, or in other encodings, and written without a header or behind others."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vector_tables import FEW_ROWS, FEW_WORDS, assert_same, packed, written

from w2v import load
from w2v.errors import ConfigError, VectorFileError
from w2v.formats import read_vectors, write_vectors

NAMES = ["v.txt", "v.bin", "v.npz", "v.safetensors", "v.txt.gz", "v.bin.bz2"]
COUNT = 14_000
MANY = [f"w{row}" for row in range(COUNT)]
TABLE = np.random.default_rng(1).normal(0, 1, (COUNT, 40)).astype(np.float32)  # several windows


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limit", [1, 1000, COUNT, COUNT + 1])
def test_the_first_rows_are_read(tmp_path: Path, name: str, limit: int) -> None:
    write_vectors(tmp_path / name, MANY, TABLE, np.arange(COUNT, 0, -1))
    found = load(tmp_path / name, limit=limit)
    assert_same(read_vectors(tmp_path / name, limit=limit), MANY[:limit], TABLE[:limit])
    assert found.words == tuple(MANY[:limit])
    assert found.counts is None or found.counts.tolist() == list(range(COUNT, 0, -1))[:limit]


def test_glove_is_read_in_part(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", MANY, TABLE, format="glove")
    assert_same(read_vectors(tmp_path / "v", limit=70), MANY[:70], TABLE[:70])


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_what_lies_behind_is_not_looked_at(tmp_path: Path, name: str) -> None:
    write_vectors(tmp_path / name, MANY, TABLE)
    whole = (tmp_path / name).read_bytes()
    size = len(whole)
    end = whole.rindex(b"\n", 0, size - 1) + 1 if name == "v.txt" else size - 9
    written(tmp_path / name, whole[:end])
    with pytest.raises(VectorFileError, match="cut short"):
        load(tmp_path / name)
    assert len(load(tmp_path / name, limit=COUNT - 1)) == COUNT - 1
    with pytest.raises(VectorFileError, match="cut short"):
        load(tmp_path / name, limit=COUNT)


def test_rows_are_counted_before_repeated_words_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "v", b"4 1\na 1\na 2\nb 3\nc 4\n")
    with pytest.warns(UserWarning, match="left out 1 row"):
        assert_same(read_vectors(path, limit=3), ["a", "b"], [[1], [3]])


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_none_at_all_is_refused(tmp_path: Path, limit: int) -> None:
    path = written(tmp_path / "v", b"1 1\na 1\n")
    with pytest.raises(ValueError, match=f"`limit` must be at least 1, or None .*; got {limit}"):
        load(path, limit=limit)
    with pytest.raises(TypeError):
        load(path, limit=1.5)  # type: ignore[arg-type]


def as_text(words: list[bytes]) -> bytes:
    return b"%d 2\n" % len(words) + b"".join(word + b" 1 2\n" for word in words)


def as_binary(words: list[bytes]) -> bytes:
    rows = b"".join(word + b" " + packed(1, 2) + b"\n" for word in words)
    return b"%d 2\n" % len(words) + rows


@pytest.mark.parametrize("made", [as_text, as_binary])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_words_in_other_encodings(
    tmp_path: Path, made: Callable[[list[bytes]], bytes], pack: Callable[[bytes], bytes]
) -> None:
    words = ["naïve", "été", "plain"]
    path = written(tmp_path / "v", pack(made([word.encode("latin-1") for word in words])))
    assert load(path, encoding="latin-1").words == tuple(words)
    assert load(path, encoding="Latin1").words == tuple(words)
    assert load(path, errors="ignore").words == ("nave", "t", "plain")
    assert load(path, errors="replace").words == ("na\ufffdve", "\ufffdt\ufffd", "plain")
    with pytest.raises(VectorFileError, match="is not valid UTF-8"):
        load(path)
    with pytest.raises(VectorFileError, match="is not valid ASCII"):
        load(path, encoding="ascii")
    cyrillic = written(tmp_path / "c", made(["слово".encode("cp1251")]))
    assert load(cyrillic, encoding="cp1251").words == ("слово",)


@pytest.mark.parametrize("encoding", ["utf-16", "no such", "cp037", "rot13", "base64"])
def test_encodings_without_ascii_are_refused(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path / "v", as_text([b"a"]))
    with pytest.raises(ValueError, match=f"`encoding` must name .*; got '{encoding}'"):
        load(path, encoding=encoding)


@pytest.mark.parametrize("content", [as_text([b"a"]), as_binary([b"a"])])
def test_what_is_cut_short_is_an_end_of_file(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path / "v", content.replace(b"1 2\n", b"2 2\n", 1))
    with pytest.raises(EOFError, match="It may be cut short"):
        load(path)


@pytest.mark.parametrize(("name", "row"), [("v.txt", b"a 1 2\n"), ("v.bin", None)])
def test_headers_are_what_is_asked_for(tmp_path: Path, name: str, row: bytes | None) -> None:
    row = row or b"a " + packed(1, 2) + b"\n"
    for header, expected in ((None, b"1 2\n"), (0, b""), (7, b"7 2\n")):
        write_vectors(tmp_path / name, ["a"], np.array([[1, 2]]), header=header)
        assert (tmp_path / name).read_bytes() == expected + row


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz", "v.bin.xz"])
def test_rows_come_behind_others(tmp_path: Path, name: str) -> None:
    for at in range(len(FEW_WORDS)):
        some = slice(at, at + 1)
        write_vectors(
            tmp_path / name,
            FEW_WORDS[some],
            FEW_ROWS[some],
            header=None if at else len(FEW_WORDS),
            append=True,
        )
    assert_same(read_vectors(tmp_path / name), FEW_WORDS, FEW_ROWS)
    whole = (tmp_path / name).read_bytes()
    with pytest.raises(VectorFileError, match="a space"):
        write_vectors(tmp_path / name, ["a b"], FEW_ROWS[:1], append=True)
    assert (tmp_path / name).read_bytes() == whole


@pytest.mark.parametrize("name", ["v.npz", "v.safetensors", "v.tsv"])
@pytest.mark.parametrize("options", [{"header": 0}, {"append": True}])
def test_other_formats_take_no_rows(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="expected text or binary for `header` and `append`"):
        write_vectors(tmp_path / name, FEW_WORDS, FEW_ROWS, **options)
    assert not list(tmp_path.iterdir())
