"""Vector files that are damaged, foreign or not there."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_tables import packed, written

from w2v.errors import VectorFileError
from w2v.formats import read_vectors


@settings(deadline=None, derandomize=True)
@given(
    st.sampled_from([b"", b"2 2\n", b"1 1\n", b"3 70\n"]),
    st.binary(max_size=60) | st.text(" \n\t01.-exan", max_size=60).map(str.encode),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_bytes_are_read_or_refused_with_the_name_of_the_file(head: bytes, body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "odd.bin", head + body)
        try:
            words, table, *_ = read_vectors(path)
        except VectorFileError as error:
            assert "odd.bin" in str(error)  # noqa: PT017 (either outcome is right)
        else:
            assert table.shape[0] == len(words) == len(set(words)) > 0


ROW = b"a " + packed(0.25, 0.5, 0.75)


def gzipped(content: bytes) -> bytes:
    """Without the time, so that the names of the tests stay the same."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"3 2\na 1 2\nb 3 4\n", "line 3: the file ends after 2 rows, its header announces 3"),
        (b"2 2\na 1 2\nb 3\n", r"line 3: expected 2 numbers, found 1\. The file may be cut short"),
        (b"2 2\na 1 2 3\nb 3 4 5\n", r"line 2: expected 2 numbers, found 3\.$"),
        (b"2 3\na 1 2\nb 3 4\n", "line 2: expected 3 numbers, found 2"),
        (b"a 1 2\nb 3\n", "line 2: expected 2 numbers, found 1"),
        (b"a 1 2\nb 3 x4\n", "line 2: expected 2 numbers, found 'x4' there"),
        (b"9 2\n", "line 1: the file ends after 0 rows"),
        (b"1 900000000000\na 1 2\n", "line 1: a header of 900,000,000,000 numbers a row"),
        (b"900000000000 2\na 1 2\n", "line 2: the file ends after 1 row, its header announces 9"),
        (b"2 3\n" + ROW, "row 2: the file ends in this row, its header announces 2 rows of 3"),
        (b"1 3\n" + ROW[:-1], "row 1: the file ends in this row"),
        (b"2 2\n" + ROW + ROW, "row 2: no word where one should begin: there is a NUL character"),
        (b"1 3\nx\0" + ROW, r"row 1: no word .*: there is a NUL character in b'x\\x00a'\. The"),
        (b"1 3\nx\n" + ROW, r"row 1: no word .*: there is a line break in b'x\\na'\. The"),
        (b"1 2\n" + ROW, "row 2: 4 bytes left over, but its header announces 1 row of 2 numbers"),
        (b"2 1\na 1\n\xff\xe9 2\n", r"line 3: the word b'\\xff\\xe9' is not valid UTF-8"),
        (b"2 3\n" + ROW + b"\xe9" + ROW, r"row 2: the word b'\\xe9a' is not valid UTF-8"),
        (b"2 2\na 0,5 1,5\nb 2,5 1,5\n", "line 2: expected 2 numbers, found '0,5' there"),
        (b"2 2\na 0,5;1,5\nb 2,5;1,5\n", "line 2: expected 2 numbers, found 1"),
        (b"2 2\na 1,5 2\nb 3 4\n", r"line 2: expected 2 numbers, found '1,5' there\. Write them w"),
        (b"the 1,5 2\nof 3 4,25\n", r"line 1: numbers with decimal commas \('1,5'\)\. Write them"),
        (b"the 1,5 2,5\n", r"line 1: numbers with decimal commas \('1,5'\)\. Write them w"),
        (b"a 1\nb 2\nc 1\nd 1\ne 1\nf 1,5 2\n", r"line 6: there is a decimal comma in '1,5'\. W"),
        (b"2 2\nc 1 2 d 3 4\nb 1 2\n", r"line 2: two rows, or more, in one line: 'c 1 2 d 3 4'"),
        (b"2 2\nc 1 2d 3 4\nb 1 2\n", r"line 2: two rows, or more, in one line: 'c 1 2d 3 4'"),
        (b"a 1 2 3\nc 1 2 3 4 5 d 1 2 3\n", r"line 2: two rows, or more, in one line: 'c 1 2 3"),
        (b"0.5\t1\t2\n0.25\t1\t3\n", r"holds numbers without words, as TensorBoard's projector"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS"),
        (b"<!DOCTYPE html>\n<html>", r"is a web page, perhaps one that says why a download failed"),
        (b"\n <html><head>", "is a web page"),
        (b"PAR1\x15\x04", r"is a Parquet table; write its words and vectors by w2v\.Vectors"),
        (b"ARROW1\0\0", "is an Arrow table"),
        (b"2 3 4\na 1 2 3\nb 4 5 6\n", "line 1: it is neither a header .*: '2 3 4'"),
        (b"-2 3\na 1 2 3\nb 4 5 6\n", "line 1: .* nor a row of 3 numbers: '-2 3'"),
        (b"9" * 19 + b" 3\na 1 2 3\n", r"line 1: .* nor a row of 3 numbers: '9{19} 3'"),
        (b"\x04\x22\x4d\x18 ", "is compressed with lz4"),
        (b"0 2\n", "holds no vectors: its header announces 0 rows"),
        (b"2 0\na\nb\n", "its header announces 2 rows of 0 numbers"),
        (b"", "is empty"),
        (b"\n\n", "is not a word2vec text or binary file"),
        (b"just some prose\nof two lines\n", "is not a word2vec text or binary file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is an image"),
        (b"a 1 2\nb 3 4_0\n", "line 2: expected 2 numbers, found '4_0' there"),
        (b"2 2\na 1 2 \nb 3 4 5\n", r"line 3: expected 2 numbers, found 3\.$"),
        (b"1 2\na 1 2\rb 3 4\r", r"line 2: there is a carriage return in the word b'a 1 2\\rb'"),
        (b"1 2\na 1 2\nb\0 3 4\n", r"line 3: there is a NUL character in the word b'b\\x00'"),
        (b"2 2\na 1 2\nb  4\n", "line 3: expected 2 numbers, found 1"),
        (b"\x1f\x8b\x08\0garbage", "is cut short: the gzip data in it has no end"),
        (gzipped(b"just prose\n"), "is not a word2vec text or binary file"),
        (gzipped(gzipped(b"1 1\na 1\n")), "is compressed twice, with gzip inside"),
        (gzipped(b"PK\3\4"), "is a gzip file with a zip, npz or safetensors file inside"),
        (b"\xff\xfea\0 \x001\0", "is UTF-16 text"),
        (b"a" * 257 + b"ustar\0", "is a tar archive"),
        (b"PK\3\4", "is a damaged or foreign npz file"),
        (struct.pack("<ii", 793712314, 12) + bytes(99), "is a damaged fastText model"),
        (pickle.dumps({"a": 1}), "is a Python pickle of a dictionary"),
        (b"\x80\1N.", "is a Python pickle of an odd kind"),
        (b"1 1\n" + bytes(3 << 20) + b"1", "row 1: no word where one should begin"),
        (b"a 1\nb" + b" 1" * (2 << 20), "line 2: no line break in .* bytes, too many for a word"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = written(tmp_path / "v.bin", content)
    with pytest.raises(VectorFileError, match=message) as caught:
        read_vectors(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VectorFileError, match="it is a folder, and not a file of vectors"):
        read_vectors(tmp_path)
    with pytest.raises(VectorFileError, match="it is not a regular file"):
        read_vectors(os.devnull)
    with pytest.raises(VectorFileError, match=r"Cannot read .*: No such file or directory"):
        read_vectors(tmp_path / "v.txt")
