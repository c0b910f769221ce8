"""Where text comes from: files, folders, patterns, pipes."""

from __future__ import annotations

import errno
import gzip
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from reading import SENTENCES, TEXT, sentences_of, write_stdin

from w2v.errors import CorpusError
from w2v.text import decoding, splitting
from w2v.text.corpus_files import find_files
from w2v.text.ingestion import read_corpus


def test_several_files_end_sentences(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("a b")
    (tmp_path / "2").write_text("c\n")
    files = [str(tmp_path / "2"), tmp_path / "1", tmp_path / "2"]
    assert sentences_of(read_corpus(files, min_count=1)) == [["c"], ["a", "b"], ["c"]]


def test_folders_and_patterns(tmp_path: Path) -> None:
    for name in ["b.txt", "a/z.txt", "a/.hidden", ".git/x.txt", "c/d/e.log"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "odd[1].txt").write_text("odd")

    def found(path: str) -> list[str]:
        files = find_files([tmp_path / path])
        return [os.path.relpath(file, tmp_path) for file in files]

    assert found("") == ["a/z.txt", "b.txt", "c/d/e.log", "odd[1].txt"]
    assert found("*.txt") == ["b.txt", "odd[1].txt"]
    assert found("**/*.txt") == ["a/z.txt", "b.txt", "odd[1].txt"]
    assert found("[ac]") == ["a/z.txt", "c/d/e.log"]
    assert found("odd[1].txt") == ["odd[1].txt"]
    assert found("**") == found("")
    assert read_corpus(tmp_path, min_count=1).stats.files == 4


def test_links_below_a_folder(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").write_text("a")
    (texts / "linked").symlink_to("../elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to("../texts")
    (texts / "again").symlink_to(".")
    (texts / "file").symlink_to("../elsewhere/a")
    assert find_files([texts]) == [str(texts / "file")]  # which is linked/a too
    (texts / "none").symlink_to("nowhere")
    with pytest.raises(CorpusError, match="texts/none is a link that cannot be followed: No such"):
        read_corpus(texts)


@pytest.mark.parametrize("pattern", ["d/**/*.txt", "**/*.txt", "d/**", "**", "*/**/**/*.txt", "*"])
def test_patterns_go_round_no_circle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    """Two links to the folder they stand in: glob follows them 2 to the power of 40 times."""
    monkeypatch.chdir(tmp_path)
    for name in ("d/a.txt", "d/e/b.txt", "d/.hidden/c.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    for name in ("d/x", "d/y", "d/e/z"):
        Path(name).symlink_to("." if name != "d/e/z" else "../../d")
    Path("d/again.txt").symlink_to("a.txt")
    assert find_files([pattern]) == [os.path.join("d", "a.txt"), os.path.join("d", "e", "b.txt")]
    assert find_files(["d/a.txt", pattern])[:2] == ["d/a.txt", os.path.join("d", "a.txt")]


def test_a_pattern_meets_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.txt").write_text("a")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CorpusError, match="closed cannot be read: Permission denied"):
        find_files([tmp_path / "**" / "*.txt"])


def test_pipes_below_a_folder(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no named pipes")
    (tmp_path / "a").write_text("a")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="pipe is a pipe, socket or device, and below a folder"):
        read_corpus(tmp_path)


def test_unreadable_things_below_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CorpusError, match=r"closed cannot be read: Permission denied\."):
        read_corpus(tmp_path)


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("first")
    write_stdin(monkeypatch, gzip.compress(TEXT.encode()))
    corpus = read_corpus([tmp_path / "file", "-"], min_count=1)
    assert sentences_of(corpus) == [["first"], *SENTENCES]
    assert not sys.stdin.closed
    write_stdin(monkeypatch, b"ok\n\xff")
    with pytest.raises(CorpusError, match="standard input, line 2: "):
        read_corpus("-")


def test_named_pipe(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no named pipes")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[TEXT])
    writer.start()
    assert sentences_of(read_corpus(pipe, min_count=1)) == SENTENCES
    writer.join()


def test_progress_counts_stored_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "REPORT_BYTES", 1 << 17)
    for name in ("_SPLIT_BYTES", "_JOB_BYTES"):
        monkeypatch.setattr(splitting, name, 1 << 17)
    (tmp_path / "a").write_bytes(b"some words here\n" * 40_000)
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"some words here\n" * 40_000))
    total = sum(file.stat().st_size for file in tmp_path.iterdir())
    seen: list[tuple[int, int | None]] = []
    read_corpus(tmp_path, progress=lambda *report: seen.append(report))
    assert len(seen) >= 4
    assert seen == sorted(set(seen))
    assert {of for _, of in seen} == {total}
    assert seen[-1][0] == total
    write_stdin(monkeypatch, b"a a a a a")
    seen.clear()
    read_corpus("-", progress=lambda *report: seen.append(report))
    assert seen == [(9, None)]


def test_missing_and_empty_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match=r"There is no file '.*none', and no file matches it"):
        read_corpus(tmp_path / "none")
    with pytest.raises(CorpusError, match=r"The folder '.*' holds no files"):
        read_corpus(tmp_path)
    with pytest.raises(CorpusError, match="No corpus was given"):
        read_corpus([])
    with pytest.raises(CorpusError, match=r"A corpus name is empty\. Name a file"):
        read_corpus(["", "text"])
    (tmp_path / "blank").write_text(" \n\n")
    with pytest.raises(CorpusError, match=r"There is no word in .*blank\."):
        read_corpus(tmp_path / "blank")
    with pytest.raises(CorpusError, match=r"There is no word in .*blank and 1 more"):
        read_corpus([tmp_path / "blank"] * 2)
    write_stdin(monkeypatch, b"")
    with pytest.raises(CorpusError, match="There is no word in standard input"):
        read_corpus("-")


def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "file").write_text("a")
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(CorpusError, match=r"file cannot be read: Permission denied\."):
        read_corpus(tmp_path / "file")
    monkeypatch.undo()

    class BadDisk(io.BytesIO):
        def readinto(self, buffer: object, /) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", lambda *_: BadDisk())
    with pytest.raises(CorpusError, match=r"file cannot be read: Input/output error\."):
        read_corpus(tmp_path / "file")


def test_a_file_in_a_folder_that_may_not_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may look everywhere, so the answer of the system is made up."""
    stat_of = os.stat

    def refused(path: Any, *rest: Any, **more: Any) -> os.stat_result:
        if os.fspath(path) == "secret/a.txt":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return stat_of(path, *rest, **more)

    monkeypatch.setattr(os, "stat", refused)
    with pytest.raises(CorpusError, match=r"^secret/a\.txt cannot be read: Permission denied\.$"):
        find_files(["secret/a.txt"])
