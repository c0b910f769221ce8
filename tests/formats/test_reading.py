"""Text and binary vectors as others write them: what is read, with which warnings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import run
from vector_tables import FEW_ROWS, FEW_WORDS, assert_same, packed, written

from w2v import load
from w2v.errors import VectorFileError
from w2v.formats import read_vectors, write_vectors
from w2v.words import LONGEST_WORD


@pytest.mark.parametrize(
    "content",
    [
        b"2 2\na 1 2\nb 3 4\n",
        b"2 2\na 1 2 \nb 3 4 \n",  # as word2vec.c and fastText
        b"2 2\r\na 1 2\r\nb 3 4\r\n",
        b"\xef\xbb\xbf2 2\na 1 2\nb 3 4\n",
        b"\xef\xbb\xbfa 1 2\nb 3 4\n",
        b"2 2\na 1.0 2e0\nb .3E1 +4\n",
        b"a 1 2\nb 3 4\n",  # GloVe
        b"2 2\n\na 1 2\n\nb 3 4\n\n",
        b"2 2\na  1 2\nb 3   4\n",
        b"2 2\na\t1\t2\nb \t3\t4\t\n",
        b"2 2\na 1 2 \n  \nb 3 4\n",
        b"2 2\na " + packed(1, 2) + b"\nb " + packed(3, 4) + b"\n",
        b"2 2\na " + packed(1, 2) + b"b " + packed(3, 4),  # gensim, GoogleNews
        b"2 2\r\na " + packed(1, 2) + b"\n\nb " + packed(3, 4) + b"\n\n",
    ],
)
@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v"])
def test_what_other_tools_write_is_read(tmp_path: Path, name: str, content: bytes) -> None:
    found = read_vectors(written(tmp_path / name, content))
    assert_same(found, ["a", "b"], [[1, 2], [3, 4]])


def test_a_binary_number_may_begin_with_a_newline_or_space(tmp_path: Path) -> None:
    table = np.frombuffer(b"\n\n\n\x3f  \n ", "<f4").reshape(1, 2)
    content = b"2 2\na " + table.tobytes() + b"\nb " + table.tobytes() + b"\n"
    assert_same(read_vectors(written(tmp_path / "v", content)), ["a", "b"], np.tile(table, (2, 1)))


@pytest.mark.parametrize("word", ["new york", "a b", ". . .", "\u65e5 \u672c", "x " + "y" * 30])
def test_spaces_in_words_of_binary_give_no_garbage(tmp_path: Path, word: str) -> None:
    rng = np.random.default_rng(17)
    for seed in range(60):
        table = rng.normal(0, 0.3, (9, 12)).astype("<f4")
        words = [f"w{row}" for row in range(9)]
        words[seed % 9] = word
        pairs = list(zip(words, table, strict=True))
        for newline in (b"", b"\n"):
            rows = b"".join(b"%b %b" % (w.encode(), row.tobytes()) + newline for w, row in pairs)
            with pytest.raises(VectorFileError, match=r"row \d+: ") as caught:
                read_vectors(written(tmp_path / "v.bin", b"9 12\n" + rows))
            if not newline and seed % 9 < 8 and len(word) < 30:
                where = f"row {seed % 9 + 1}: the word {word!r} has a space"
                assert where in str(caught.value)


def test_small_numbers_hide_no_word_with_a_space(tmp_path: Path) -> None:
    """Where numbers near zero, or a few large ones, stand behind a word that gensim wrote."""
    rng = np.random.default_rng(29)
    words = [
        "new york",
        "A B",
        "NEW YORK CITY",
        "New York City Hall Of Fame",
        "1 2",
        "a ..",
        "a  b",
    ]
    for trial in range(1000):
        rows, dim = int(rng.integers(2, 9)), int(rng.choice([8, 12, 50, 100]))
        table = rng.normal(0, rng.choice([0.01, 0.3, 2]), (rows, dim)).astype("<f4")
        for odd in rng.choice([1e-7, -3e-8, 1e-10, 0, 2e4], 2):
            table[rng.integers(rows), rng.integers(dim)] = odd
        keys = [f"w{row}" for row in range(rows)]
        keys[trial % rows] = words[trial % len(words)]
        pairs = zip(keys, table, strict=True)
        content = b"".join(b"%b %b" % (key.encode(), row.tobytes()) for key, row in pairs)
        with pytest.raises(VectorFileError, match=r"(?:row|line) \d+: "):
            read_vectors(written(tmp_path / "v.bin", b"%d %d\n" % table.shape + content))


def test_numbers_of_any_size_are_no_words_with_spaces(tmp_path: Path) -> None:
    rng = np.random.default_rng(19)
    table = rng.integers(0, 2**32, (20_000, 4), np.uint32).view("<f4")
    table[:, 0] = np.frombuffer(b"ab c", "<f4")
    words = [f"w{row}" for row in range(len(table))]
    write_vectors(tmp_path / "v.bin", words, table)
    assert_same(read_vectors(tmp_path / "v.bin"), words, table)


def test_the_first_line_without_a_header_may_be_long(tmp_path: Path) -> None:
    lines = "".join(f"w{row}" + " 0.12345" * 30_000 + "\n" for row in range(2))
    found = read_vectors(written(tmp_path / "v.txt", lines.encode()))
    assert_same(found, ["w0", "w1"], np.full((2, 30_000), 0.12345))


def test_nan_and_infinity_and_too_large_numbers_are_loaded(tmp_path: Path) -> None:
    path = written(tmp_path / "v", b"2 3\na nan inf -Infinity\nb 1 2 3\n")
    _, table, *_ = read_vectors(path)  # as they stand
    np.testing.assert_array_equal(table, [[np.nan, np.inf, -np.inf], [1, 2, 3]])
    for gap in (b" ", b"\t"):  # by both readers
        path.write_bytes(b"2 3\na inf 1 2\nb 1 1e39 -1e300\n".replace(b" ", gap))
        message = (
            r"v: 1 row with numbers beyond float32, which are infinite now \(the first in line 3"
        )
        with pytest.warns(UserWarning, match=message):
            _, table, *_ = read_vectors(path)
        np.testing.assert_array_equal(table, [[np.inf, 1, 2], [1, np.inf, -np.inf]])


def test_words_of_text_may_hold_spaces_and_unusual_characters(tmp_path: Path) -> None:
    content = "3 2\nnew york 1 2\n. . . 3 4\nx\xa0y\u2028z 7 8\n".encode()
    words, table, *_ = read_vectors(written(tmp_path / "v.txt", content))
    assert words == ["new york", ". . .", "x\xa0y\u2028z"]
    assert table.tolist() == [[1, 2], [3, 4], [7, 8]]


GAPS = [
    ("a\tb 1 2", "a b"),
    ("a \t b  1\t 2 ", "a b"),
    ("a  b 1 2", "a b"),
    ("\ta 1 2", "a"),
    ("  a 1 2", "a"),
    (" 5 6 7", "5"),
    ("\t5\t6\t7", "5"),
    ("a\t1\t2\t", "a"),
]


@pytest.mark.parametrize(("row", "word"), GAPS)
@pytest.mark.parametrize("other", ["c 3 4", "c  3 4", "c\t3\t4", "c 3 4 ", " c 3 4"])
def test_a_word_does_not_depend_on_other_rows(
    tmp_path: Path, row: str, word: str, other: str
) -> None:
    path = written(tmp_path / "v.txt", f"2 2\n{row}\n{other}\n".encode())
    assert read_vectors(path)[0] == [word, "c"]


@pytest.mark.parametrize("row", [" 1 2", "\t1\t2", "  1 2 ", "\t1 2"])
def test_rows_without_a_word_are_left_out_with_a_warning(tmp_path: Path, row: str) -> None:
    path = written(tmp_path / "v.txt", f"2 2\n{row}\nb 3 4\n".encode())
    with pytest.warns(UserWarning, match=r"v\.txt: left out 1 row without a word\."):
        assert_same(read_vectors(path), ["b"], [[3, 4]])
    path.write_bytes(b"1 2\n" + row.encode() + b"\n")
    with pytest.raises(VectorFileError, match=r"v\.txt has no word: all of its rows begin with"):
        read_vectors(path)


def test_rows_without_a_word_in_binary_and_arrays(tmp_path: Path) -> None:
    written(tmp_path / "v.bin", b"2 2\n " + packed(1, 2) + b"\nb " + packed(3, 4) + b"\n")
    np.savez(
        tmp_path / "v.npz", words=["", "b"], vectors=np.array([[1.0, 2], [3, 4]]), counts=[9, 8]
    )
    for name in ("v.bin", "v.npz"):
        with pytest.warns(UserWarning, match="left out 1 row without a word"):
            found = read_vectors(tmp_path / name)
        assert_same(found, ["b"], [[3, 4]])
    assert found.counts is not None
    assert found.counts.tolist() == [8]


def test_the_longest_word_is_read_and_no_longer_one_written(tmp_path: Path) -> None:
    table = np.ones((2, 3), np.float32)
    for size in (65_532, 65_533, 70_000, LONGEST_WORD):
        words = ["x" * size, "y"]
        for name in ("v.vec", "v.bin", "v.npz", "v.txt.gz"):
            write_vectors(tmp_path / name, words, table)
            assert_same(read_vectors(tmp_path / name), words, table)
    for word in ("x" * (LONGEST_WORD + 1), "\U0001f600" * (LONGEST_WORD // 4 + 1)):
        for name in ("v.vec", "v.bin", "v.npz"):
            with pytest.raises(VectorFileError, match=r"bytes, and no file of vectors is read who"):
                write_vectors(tmp_path / name, [word, "y"], table)


PRINTABLE = [  # binary rows of 2 numbers
    b"[\x65\x65\x5b" * 2,  # 6.46e16
    b"0000" * 2,
    b"ab\ncd\n\nx",
    b"a b c d ",
    b"1 2 3 4 ",  # as text, twice the numbers announced
]


@pytest.mark.parametrize("numbers", PRINTABLE)
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_small_binary_files_of_printable_bytes_are_read(
    tmp_path: Path, numbers: bytes, rows: int
) -> None:
    words = [f"w{row}" for row in range(rows)]
    table = np.tile(np.frombuffer(numbers, "<f4"), (rows, 1))
    write_vectors(tmp_path / "v.bin", words, table)
    assert_same(read_vectors(tmp_path / "v.bin"), words, table)


def test_what_is_text_and_binary_at_once_is_text_unless_it_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "v", b"2 2\na 1234 567\nb 1234 567\n")
    assert_same(read_vectors(path), ["a", "b"], [[1234, 567]] * 2)
    assert_same(read_vectors(path, format="text"), ["a", "b"], [[1234, 567]] * 2)
    numbers = np.frombuffer(b"1234 567", "<f4")
    assert_same(read_vectors(path, format="binary"), ["a", "b"], [numbers] * 2)
    path.write_bytes(b"2 3\n4 5\n")
    assert_same(read_vectors(path, format="glove"), ["2", "4"], [[3], [5]])


def test_a_format_that_a_file_has_not_is_refused(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.npz", FEW_WORDS, FEW_ROWS)
    write_vectors(tmp_path / "v.bin", FEW_WORDS, FEW_ROWS)
    written(tmp_path / "g", b"a 1 2\n")
    for name, format_, message in [
        ("v.npz", "text", r"is not the text file that was asked for; it is npz"),
        ("v.npz", "safetensors", r"is not the safetensors file .*; it is npz"),
        ("v.bin", "npz", r"is not the npz file that was asked for\."),
        ("v.bin", "glove", r"is not GloVe text: it begins with b'3 2"),
        ("v.bin", "text", r"line 2: expected 2 numbers"),
        ("g", "binary", r"line 1: no header \(rows, numbers a row\), which binary begins with"),
    ]:
        with pytest.raises(VectorFileError, match=message):
            read_vectors(tmp_path / name, format=format_)
    with pytest.raises(ValueError, match=r"`format` must be one of text, binary, .*; got 'word'"):
        read_vectors(tmp_path / "g", format="word")


def test_of_repeated_words_the_first_is_kept(tmp_path: Path) -> None:
    content = b"4 1\na 1\nb 2\na 3\na 4\n"
    with pytest.warns(UserWarning, match="left out 2 rows with a word of an earlier row"):
        found = read_vectors(written(tmp_path / "v.txt", content))
    assert_same(found, ["a", "b"], [[1], [2]])
    with pytest.warns(UserWarning, match="left out 1 row with"):
        read_vectors(written(tmp_path / "v.txt", b"2 1\na 1\na 3\n"))


def test_more_rows_than_announced_are_read_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="holds 2 rows, its header announces 1; all were read"):
        found = read_vectors(written(tmp_path / "v.txt", b"1 2\na 1 2\nb 3 4\n"))
    assert_same(found, ["a", "b"], [[1, 2], [3, 4]])


def test_undecodable_words_are_loaded_on_request(tmp_path: Path) -> None:
    path = written(tmp_path / "v.txt", b"1 1\ncaf\xe9 2\n")
    with pytest.raises(
        VectorFileError, match=r'w2v\.load\(..., errors="replace"\) and w2v convert'
    ):
        read_vectors(path)
    assert_same(read_vectors(path, errors="replace"), ["caf\ufffd"], [[2]])
    with pytest.raises(
        ValueError, match="`errors` must be one of strict, replace, ignore; got 'bad'"
    ):
        read_vectors(path, errors="bad")


def test_a_file_may_be_read_as_what_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"1 2\na 1234 567\n")
    about = json.loads(run("info", tmp_path / "v", "--json", "--from", "binary").stdout)
    assert about["format"] == "word2vec binary"
    run("convert", tmp_path / "v", tmp_path / "w.npz", "--from", "binary")
    table = np.frombuffer(b"1234 567", "<f4")
    assert load(tmp_path / "w.npz").matrix[0].tolist() == table.tolist()
    assert load(tmp_path / "v", format="binary").matrix[0].tolist() == table.tolist()


def test_integers_may_be_the_words_of_text_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "items.tsv").write_text("12\t0.5\t1\n7\t0.25\t2\n")
    assert load(tmp_path / "items.tsv").words == ("12", "7")


ROWS = b"the 0.418000 0.249680\nof -0.412420 0.121700\nto "


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"3 2\n" + ROWS + b"0.345270 0.04445", r"line 4: the file ends in the number 0\.04445\."),
        (ROWS + b"0.345270 0.", r"line 3: the file ends in the number 0\.\. It is cut short"),
        (ROWS + b"0.345270 -0", r"line 3: the file ends in the number -0\. It is cut short"),
        (b"2 2\na 1.5 2 \nb 3 4.25", r"line 3: the file ends in the number 4\.25\. It is cut"),
        (b"2 2\na 1.5 2 \r\nb 3 4.25", r"line 3: the file ends in the number 4\.25\. It is cut"),
    ],
)
def test_a_last_number_that_is_cut_is_refused_where_it_can_be_told(
    tmp_path: Path, packed: Callable[[bytes], bytes], content: bytes, message: str
) -> None:
    path = written(tmp_path / "v.vec", packed(content))
    with pytest.raises(VectorFileError, match=rf"v\.vec, {message}"):
        read_vectors(path)


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (b"2 2\na 1.5 2\nb 3 4.25", "4.25"),
        (b"a 1.5 2\nb 3 4.25", "4.25"),
        (b"1 2\nb 3 4.25", "4.25"),
        (ROWS + b"0.345270 0.044457", "0.044457"),
        (b"2 1\na -1\nb 1e-05 ", "1e-05"),
    ],
)
def test_a_last_number_that_may_be_cut_is_warned_of(
    tmp_path: Path, content: bytes, last: str
) -> None:
    path = written(tmp_path / "v.vec", content)
    with pytest.warns(UserWarning, match=f"no line break at its end.*its last number, {last}, is"):
        found = read_vectors(path)
    assert found.matrix[-1, -1] == np.float32(last)
    written(path, content + b"\n")
    assert read_vectors(path).matrix.tobytes() == found.matrix.tobytes()
