"""Vector files as they are written: names, words, permissions, failures."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest
from vector_tables import FEW_ROWS, FEW_WORDS, packed, written

from w2v.errors import ConfigError, OutputError, VectorFileError
from w2v.formats import check_words, check_writable, read_vectors, write_vectors


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "V.TXT"])
def test_text_has_header_single_spaces_and_shortest_numbers(tmp_path: Path, name: str) -> None:
    write_vectors(tmp_path / name, FEW_WORDS, FEW_ROWS)
    assert (tmp_path / name).read_bytes() == (
        b"3 2\nthe 0.1 -2.5\nna\xc3\xafve 1e-20 3\n\xe6\x97\xa5\xe6\x9c\xac 0 0.33333334\n"
    )


def test_binary_has_a_newline_after_each_vector(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.bin", ["a", "b"], np.array([[1, 2], [3, 4]], np.float32))
    expected = b"2 2\na " + packed(1, 2) + b"\nb " + packed(3, 4) + b"\n"
    assert (tmp_path / "v.bin").read_bytes() == expected


@pytest.mark.parametrize("name", ["v", "v.npy", "v.gz", "v.txt.rar", "bin"])
def test_unknown_extensions_are_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    for refuse in (check_writable, lambda path: write_vectors(path, FEW_WORDS, FEW_ROWS)):
        with pytest.raises(ConfigError, match=r"\.txt or \.vec .*, \.bin"):
            refuse(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".bin", "folder/.VEC"])
def test_a_name_that_is_only_an_extension_is_refused(name: str) -> None:
    message = rf"'{name}' has an extension and no name; expected 'vectors{Path(name).name.lower()}'"
    for refuse in (check_writable, lambda path: write_vectors(path, FEW_WORDS, FEW_ROWS)):
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
    for refuse in (check_writable, lambda path: write_vectors(path, FEW_WORDS, FEW_ROWS)):
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
        write_vectors(path, ["x", bad, "y"], FEW_ROWS)
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
        write_vectors(tmp_path / "v.txt", ["a", "b"], FEW_ROWS)


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
        write_vectors(path, FEW_WORDS, FEW_ROWS)
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
        write_vectors(tmp_path / "v.bin", FEW_WORDS, FEW_ROWS)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_permissions_are_those_of_open_or_of_the_file_replaced(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_vectors(tmp_path / "new.txt", FEW_WORDS, FEW_ROWS)
        written(tmp_path / "old.txt", b"").chmod(0o604)
        write_vectors(tmp_path / "old.txt", FEW_WORDS, FEW_ROWS)
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
    write_vectors(tmp_path / "v.txt", FEW_WORDS, FEW_ROWS)
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
            write_vectors(tmp_path / name, FEW_WORDS, FEW_ROWS)
    # root may write everywhere, so the answer of the system is made up
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="you may not create files in"):
        check_writable(tmp_path / "new.txt")
    with pytest.raises(OutputError, match="you may not change this file"):
        check_writable(written(tmp_path / "old.txt", b""))
