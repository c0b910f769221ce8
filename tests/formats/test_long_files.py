"""Files of more than a window: rows that cross them, and progress."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vector_tables import assert_table

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import byte_source, read_vectors, write_vectors


@pytest.mark.parametrize("newline", [b"", b"\n", b"\n\n"])
def test_rows_across_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newline: bytes
) -> None:
    rng = np.random.default_rng(11)
    table = np.frombuffer(rng.choice(list(b"\n \0\x3f"), 4 * 500 * 3).astype("u1"), "<f4")
    table = table.reshape(500, 3)  # newlines and spaces wherever numbers are
    words = [f"{'x' * int(rng.integers(0, 40))}{row}" for row in range(500)]
    rows = zip(words, table, strict=True)
    content = b"500 3\n" + b"".join(b"%b %b" % (w.encode(), r.tobytes()) + newline for w, r in rows)
    (tmp_path / "v.bin").write_bytes(content)
    text = "500 3\n" + "".join(f"{w} 1 2 {row}\n" for row, w in enumerate(words))
    (tmp_path / "v.txt").write_text(text)
    for window, head in [(1, 64), (100, 64), (4096, 4096)]:
        monkeypatch.setattr(byte_source, "_WINDOW_BYTES", max(window, head))
        monkeypatch.setattr(byte_source, "_HEAD_BYTES", head)
        assert_table(read_vectors(tmp_path / "v.bin"), words, table, None)
        found = read_vectors(tmp_path / "v.txt")
        assert found.words == words
        np.testing.assert_array_equal(found.matrix[:, 2], np.arange(500))


def test_the_row_of_an_error_counts_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_source, "_WINDOW_BYTES", 100)
    monkeypatch.setattr(byte_source, "_HEAD_BYTES", 100)
    lines = "".join(f"w{row} 1 2\n" for row in range(200))
    (tmp_path / "v.txt").write_text("201 2\n" + lines + "bad 1\n")
    with pytest.raises(VectorFileError, match="line 202: expected 2 numbers, found 1"):
        read_vectors(tmp_path / "v.txt")
    rows = b"".join(b"w%d %b" % (row, bytes(4)) for row in range(200))
    (tmp_path / "v.bin").write_bytes(b"201 1\n" + rows + b"b\xff \0\0\0\0")
    with pytest.raises(VectorFileError, match=r"row 201: the word b'b\\xff' is not valid UTF-8"):
        read_vectors(tmp_path / "v.bin")


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    table = np.zeros((30_000, 100), np.float32)
    words = [str(row) for row in range(30_000)]
    seen: list[tuple[int, int | None]] = []
    for name in ("v.bin", "v.txt.gz"):
        seen.clear()
        write_vectors(tmp_path / name, words, table, progress=lambda *at: seen.append(at))
        assert seen[-1] == (30_000, 30_000)
        assert len(seen) > 2
        seen.clear()
        load(tmp_path / name, progress=lambda *at: seen.append(at))
        size = (tmp_path / name).stat().st_size
        assert seen == sorted(seen)
        assert seen[-1] == (size, size)
