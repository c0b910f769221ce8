"""Vector files: what is written, what is read, what is refused."""

import errno
import gzip
import os
import pickle
import re
import stat
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from w2v.errors import ConfigError, OutputError, VectorFileError
from w2v.formats import check_words, check_writable, read_vectors, write_vectors
from w2v.words import LONGEST_WORD

Table = npt.NDArray[np.float32]
WORDS = ["the", "naïve", "\u65e5\u672c"]
TABLE = np.array([[0.1, -2.5], [1e-20, 3], [0, np.float32(1) / 3]], dtype=np.float32)


def packed(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def assert_same(found: Any, words: list[str], table: Any) -> None:
    expected = np.asarray(table, dtype=np.float32)
    assert found[0] == words
    assert found[1].dtype == np.float32
    assert found[1].shape == expected.shape
    assert found[1].tobytes() == expected.tobytes()  # also tells -0.0 from 0.0


def test_the_comparison_compares() -> None:
    with pytest.raises(AssertionError):
        assert_same((["a"], np.zeros((1, 1), np.float32)), ["a"], [[-0.0]])


# writing


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "V.TXT"])
def test_text_has_header_single_spaces_and_shortest_numbers(tmp_path: Path, name: str) -> None:
    write_vectors(tmp_path / name, WORDS, TABLE)
    assert (tmp_path / name).read_bytes() == (
        b"3 2\nthe 0.1 -2.5\nna\xc3\xafve 1e-20 3\n\xe6\x97\xa5\xe6\x9c\xac 0 0.33333334\n"
    )


def test_binary_has_a_newline_after_each_vector(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.bin", ["a", "b"], np.array([[1, 2], [3, 4]], np.float32))
    expected = b"2 2\na " + packed(1, 2) + b"\nb " + packed(3, 4) + b"\n"
    assert (tmp_path / "v.bin").read_bytes() == expected


@pytest.mark.parametrize("name", ["v", "v.npy", "v.gz", "v.txt.rar", "bin"])
def test_unknown_extensions_are_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    for refuse in (check_writable, lambda path: write_vectors(path, WORDS, TABLE)):
        with pytest.raises(ConfigError, match=r"\.txt or \.vec .*, \.bin"):
            refuse(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".bin", "folder/.VEC"])
def test_a_name_that_is_only_an_extension_is_refused(name: str) -> None:
    message = rf"'{name}' has an extension and no name; expected 'vectors{Path(name).name.lower()}'"
    for refuse in (check_writable, lambda path: write_vectors(path, WORDS, TABLE)):
        with pytest.raises(ConfigError, match=message):
            refuse(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"The name of the vector file is empty\."),
        ("a\0.bin", r"the vector file, 'a\\x00.bin', holds a character that no file name can hold"),
        ("a\ud800.bin", r"'a\\ud800.bin', holds a character that no file name"),
    ],
)
def test_names_that_no_file_can_have_are_refused(name: str, message: str) -> None:
    for refuse in (check_writable, lambda path: write_vectors(path, WORDS, TABLE)):
        with pytest.raises(ConfigError, match=message):
            refuse(name)
    with pytest.raises(VectorFileError, match=message):
        read_vectors(name)


def test_words_may_be_checked_before_there_are_vectors(tmp_path: Path) -> None:
    check_words(tmp_path / "v.bin", ["a", "b"])
    with pytest.raises(VectorFileError, match=r"v\.bin: 1 of 1 word cannot stand"):
        check_words(tmp_path / "v.bin", ["a\0"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", ["", "a b", "a\tb", "a\r", "\nb", "\ud800", "a\0b"])
@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_words_no_reader_could_read_are_refused(tmp_path: Path, name: str, bad: str) -> None:
    path = written(tmp_path / name, b"before")
    message = re.escape("1 of 3 words cannot stand in a vector file, being empty or with a ")
    with pytest.raises(VectorFileError, match=message) as caught:
        write_vectors(path, ["x", bad, "y"], TABLE)
    assert repr(bad) in str(caught.value)
    assert path.read_bytes() == b"before"


def test_only_the_first_few_bad_words_are_named(tmp_path: Path) -> None:
    words = [f"w {i}" for i in range(9)]
    with pytest.raises(VectorFileError, match=r"'w 4', \.\.\.\. Replace") as caught:
        write_vectors(tmp_path / "v.txt", words, np.zeros((9, 1), np.float32))
    assert "w 5" not in str(caught.value)
    with pytest.raises(VectorFileError, match="x" * 59 + r"\.\.\.'\. Replace"):
        write_vectors(tmp_path / "v.txt", [" " + "x" * 100_000], np.zeros((1, 1), np.float32))


def test_words_and_rows_must_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 2\) does not fit 2 words"):
        write_vectors(tmp_path / "v.txt", ["a", "b"], TABLE)


@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), SystemExit(143)]
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    path = written(tmp_path / "v.txt", b"before")

    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(os, "replace", fail)
    expected = OutputError if isinstance(trouble, OSError) else type(trouble)
    with pytest.raises(expected) as caught:
        write_vectors(path, WORDS, TABLE)
    assert os.listdir(tmp_path) == ["v.txt"]
    assert path.read_bytes() == b"before"
    if expected is OutputError:
        assert str(caught.value) == f"Cannot write {path}: No space left."


def test_an_interrupt_while_rows_are_written_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, rows: int | None) -> None:
        assert (done, rows) == (2, 2)
        assert [entry for entry in os.listdir(tmp_path) if entry.endswith(".tmp")]
        raise KeyboardInterrupt

    for name in ("v.bin", "v.txt", "v.txt.xz", "v.npz", "v.tsv", "v.safetensors"):
        with pytest.raises(KeyboardInterrupt):
            write_vectors(
                tmp_path / name, ["a", "b"], np.ones((2, 2), np.float32), progress=interrupt
            )
        assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence_and_a_device_stays_a_device(tmp_path: Path) -> None:
    (tmp_path / "v.bin").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"Cannot write .*v\.bin: No space left on device\."):
        write_vectors(tmp_path / "v.bin", WORDS, TABLE)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_permissions_are_those_of_open_or_of_the_file_replaced(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_vectors(tmp_path / "new.txt", WORDS, TABLE)
        written(tmp_path / "old.txt", b"").chmod(0o604)
        write_vectors(tmp_path / "old.txt", WORDS, TABLE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old.txt").stat().st_mode) == 0o604


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed_not_replaced(tmp_path: Path, exists: bool) -> None:
    real = tmp_path / "real"
    real.mkdir()
    if exists:
        written(real / "x.dat", b"before")
    (tmp_path / "v.txt").symlink_to(real / "x.dat")
    write_vectors(tmp_path / "v.txt", WORDS, TABLE)
    assert (tmp_path / "v.txt").is_symlink()
    assert (real / "x.dat").read_bytes().startswith(b"3 2\n")
    assert os.listdir(real) == ["x.dat"]


def test_check_writable_accepts_and_touches_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "old.bin", b"before")
    check_writable(path)
    check_writable(str(tmp_path / "new.bin"))
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["old.bin"]


def test_check_writable_refuses_what_cannot_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.txt").mkdir()
    written(tmp_path / "file", b"")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    refused = {
        "missing/v.txt": r"missing is not a folder\. Create it first",
        "file/v.txt": "file is not a folder",
        "folder.txt": r"it is a folder\. Give a file name",
        "n" * 300 + ".txt": "File name too long",
    }
    for name, message in refused.items():
        with pytest.raises(OutputError, match=message):
            check_writable(tmp_path / name)
        with pytest.raises(OutputError, match=message):
            write_vectors(tmp_path / name, WORDS, TABLE)
    # root may write everywhere, so the answer of the system is made up
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="you may not create files in"):
        check_writable(tmp_path / "new.txt")
    with pytest.raises(OutputError, match="you may not change this file"):
        check_writable(written(tmp_path / "old.txt", b""))


# round trips

words_lists = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\0"), min_size=1),
    min_size=1,
    max_size=5,
    unique=True,
)


@st.composite
def vectors(draw: st.DrawFn) -> tuple[list[str], Table]:
    words = draw(words_lists)
    shape = (len(words), draw(st.integers(1, 5)))
    return words, draw(hnp.arrays(np.float32, shape, elements=st.floats(width=32)))


ALL = ["v.txt", "v.bin", "v.vec.gz", "v.bin.zst", "v.npz", "v.safetensors"]


@pytest.mark.parametrize("name", ALL)
@settings(deadline=None, derandomize=True)
@given(vectors())
def test_what_was_written_is_read_bit_for_bit(name: str, case: tuple[list[str], Table]) -> None:
    words, table = case
    if name in ("v.txt", "v.vec.gz"):  # text has one NaN only
        table = np.where(np.isnan(table), np.float32(np.nan), table)
    with tempfile.TemporaryDirectory() as folder:
        write_vectors(f"{folder}/{name}", words, table)
        told = "binary" if ".bin" in name else None  # few printable bytes may be text as well
        assert_same(read_vectors(f"{folder}/{name}", format=told), words, table)


@pytest.mark.parametrize("name", ALL)
def test_round_trip_of_many_ordinary_numbers(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(3)
    for dim in (1, 100):
        table = rng.normal(0, 0.1, (1000, dim)).astype(np.float32)
        words = [f"w{i}" for i in range(1000)]
        write_vectors(tmp_path / name, words, table)
        assert_same(read_vectors(tmp_path / name), words, table)


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


# reading


@pytest.mark.parametrize(
    "content",
    [
        b"2 2\na 1 2\nb 3 4\n",
        b"2 2\na 1 2 \nb 3 4 \n",  # as word2vec.c and fastText
        b"2 2\r\na 1 2\r\nb 3 4\r\n",
        b"\xef\xbb\xbf2 2\na 1 2\nb 3 4\n",
        b"\xef\xbb\xbfa 1 2\nb 3 4\n",
        b"2 2\na 1.0 2e0\nb .3E1 +4",
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
    path.write_bytes(b"1 2\n" + row.encode())
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


# binary and text where a few bytes are both

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
    write_vectors(tmp_path / "v.npz", WORDS, TABLE)
    write_vectors(tmp_path / "v.bin", WORDS, TABLE)
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
        (struct.pack("<ii", 793712314, 12) + bytes(99), "is a fastText model"),
        (pickle.dumps({"a": 1}), "is a Python pickle"),
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


def test_undecodable_words_are_loaded_on_request(tmp_path: Path) -> None:
    path = written(tmp_path / "v.txt", b"1 1\ncaf\xe9 2\n")
    with pytest.raises(
        VectorFileError, match=r'w2v\.load\(..., errors="replace"\) and w2v convert'
    ):
        read_vectors(path)
    assert_same(read_vectors(path, errors="replace"), ["caf\ufffd"], [[2]])
    with pytest.raises(ValueError, match="`errors` must be 'strict' or 'replace', got 'bad'"):
        read_vectors(path, errors="bad")


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VectorFileError, match="it is not a regular file"):
        read_vectors(tmp_path)
    with pytest.raises(VectorFileError, match=r"Cannot read .*: No such file or directory"):
        read_vectors(tmp_path / "v.txt")


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_ours_and_we_read_gensims(tmp_path: Path, binary: bool) -> None:
    models = pytest.importorskip("gensim.models")
    name = str(tmp_path / ("v.bin" if binary else "v.txt"))
    write_vectors(name, WORDS, TABLE)
    theirs = models.KeyedVectors.load_word2vec_format(name, binary=binary)
    assert_same((theirs.index_to_key, theirs.vectors), WORDS, TABLE)
    theirs.save_word2vec_format(name, binary=binary)
    assert_same(read_vectors(name), WORDS, TABLE)
