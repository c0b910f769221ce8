"""Small text files: streamed, in bounded memory, whatever they turn out to be."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from w2v import Phrases, Vocabulary
from w2v.errors import CorpusError, EvaluationError, PictureError, W2VError
from w2v.evaluation import evaluate_analogies, evaluate_pairs
from w2v.files import read_lines
from w2v.text import read_words
from w2v.vectors import Vectors

MIB = 1 << 20

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": zstandard.compress,
}


def test_lines_are_those_of_the_text_however_it_is_stored(tmp_path: Path) -> None:
    text = "\ufeffone\ntwo\r\nthree\rcafé\u2028x\n\n" + "y" * 100_000 + "\n"
    for name, pack in {"plain": bytes, **PACKERS}.items():
        (tmp_path / name).write_bytes(pack(text.encode()))
        found = list(read_lines(tmp_path / name, "the file", W2VError))
        assert found == ["one", "two", "three", "café\u2028x", "", "y" * 100_000]


@pytest.mark.parametrize("kind", PACKERS)
def test_what_expands_beyond_all_measure_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(PACKERS[kind]((b"a" * 9999 + b"\n") * 8000))
    tracemalloc.start()
    try:
        with pytest.raises(CorpusError, match=r"bomb expands to more than 67,108,864 bytes, 256"):
            for _ in read_lines(path, "the list", CorpusError):
                pass
        assert tracemalloc.get_traced_memory()[1] < 48 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["plain", *PACKERS])
def test_a_line_without_an_end_is_refused_before_it_is_held(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "line"
    path.write_bytes({"plain": bytes, **PACKERS}[kind](b"a\n" + b"b" * (40 * MIB)))
    with pytest.raises(CorpusError, match=r"line, line 2: more than 16,777,216 characters without"):
        list(read_lines(path, "the list", CorpusError))


READERS: dict[str, Callable[[str], object]] = {
    "vocabulary": Vocabulary.load,
    "list of words": read_words,
    "table of phrases": Phrases.load,
    "pairs": lambda path: evaluate_pairs(Vectors(["a", "b"], [[1], [2]]), path),
    "analogies": lambda path: evaluate_analogies(Vectors(["a", "b"], [[1], [2]]), path),
    "words of a picture": lambda path: list(read_lines(path, "the file of words", PictureError)),
}


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices")
@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize(
    ("device", "message"),
    [("/dev/zero", "line 1: there is a NUL byte"), ("/dev/urandom", "is not a UTF-8 text file")],
)
def test_devices_without_an_end_are_refused(what: str, device: str, message: str) -> None:
    with pytest.raises((CorpusError, EvaluationError, PictureError), match=f"{device}.*{message}"):
        READERS[what](device)


def test_a_pipe_is_read_unless_it_never_ends(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no named pipes")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    few = threading.Thread(target=pipe.write_text, args=["one\ntwo\n"])
    few.start()
    assert read_words(pipe) == ["one", "two"]
    few.join()

    def endless() -> None:
        with contextlib.suppress(BrokenPipeError), pipe.open("wb") as handle:
            while True:
                handle.write(b"words that do not end" * 500 + b"\n")

    many = threading.Thread(target=endless)
    many.start()
    with pytest.raises(CorpusError, match=r"pipe is a pipe or device, and gives more than 67,108"):
        for _ in read_lines(pipe, "the list", CorpusError):
            pass
    many.join()


def test_a_vocabulary_that_may_be_cut_in_its_last_count_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("the 100\nof 5")
    with pytest.warns(UserWarning, match=r"vocab\.txt has no line break at its end\. It may be"):
        assert Vocabulary.load(path).counts.tolist() == [100, 5]
    Phrases().fit([["a", "b"]]).save(path)
    path.write_text(path.read_text() + "1\ta_b\ta b\t3\t0.5")
    with pytest.warns(UserWarning, match=r"vocab\.txt has no line break at its end"):
        assert Phrases.load(path).scores == {"a_b": 0.5}


def test_a_list_of_words_needs_no_line_break_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("the\nof")
    assert read_words(tmp_path / "words") == ["the", "of"]
