"""A text in stretches that many threads decode and split: the same as from front to back."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import assert_same, in_small_parts, sentences_of

from w2v.errors import CorpusError
from w2v.text import Corpus, splitting, stretches
from w2v.text.decoding import Pieces
from w2v.text.ingestion import read_corpus
from w2v.text.stretches import Stretch, TextError, TextFile, cut, text_of, utf8_of

_MARK = "\ufeff"
_TEXT = st.text(st.sampled_from("ab\n \r\t\x1c\x85\u00a0\u3000\u2028é日😀\ufeff"), max_size=60)
_BYTES = st.lists(_TEXT.map(str.encode) | st.binary(max_size=6), max_size=8).map(
    b"".join
)  # mostly text, with bytes in it that are none


def pieces_of(data: bytes, block: int, size: int, errors: str = "strict") -> list[str]:
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    return [text_of(one, errors, 1 << 20) for one in cut(blocks, TextFile("f"), size, 1 << 20)]


@given(_BYTES.filter(lambda data: b"\0" not in data), st.integers(1, 40), st.integers(1, 30))
def test_stretches_add_up_to_the_text(data: bytes, block: int, size: int) -> None:
    data = b"a " + data  # which is no other kind of file
    found = pieces_of(data, block, size, "replace")
    expected = data.decode(errors="replace").replace(_MARK, "")
    assert "".join(found) == expected + "\n" * (expected[-1] != "\n")
    assert all(not piece or piece[-1].isspace() for piece in found)


@given(_BYTES.filter(lambda data: b"\0" not in data), st.integers(1, 40), st.integers(1, 30))
def test_words_without_bytes_that_are_none(data: bytes, block: int, size: int) -> None:
    data = b"a " + data
    found = "".join(pieces_of(data, block, size, "ignore"))
    expected = data.decode(errors="ignore").replace(_MARK, "")
    lines, wanted = ([one.split() for one in text.split("\n")] for text in (found, expected))
    assert [words for words in lines if words] == [words for words in wanted if words]


@given(_BYTES)
def test_bytes_are_checked_as_text_is(data: bytes) -> None:
    def told(take: Callable[[Stretch, str, int], str | bytes]) -> object:
        (one,) = cut([b"a " + data], TextFile("f"), 1 << 20, 1 << 20)
        try:
            found = take(one, "strict", 1 << 20)
        except TextError as error:
            return error.lines, error.what
        return found.encode() if isinstance(found, str) else found

    assert told(utf8_of) == told(text_of)


HOSTILE = {
    "1 empty": b"",
    "2 mark": _MARK.encode(),
    "3 no end": b"one two\n\n\nthree",
    "4 windows": b"a b\r\nc\r\n\r\n" * 9,
    "5 long line": b"word after word " * 40,
    "6 wide spaces": "日本語\u3000語\u2003".encode() * 20,
    "7 letters": "naïve 😀é\u00a0日 \n\u2028x".encode() * 15,
    "8 old mac": b"a\rb\r" * 9,
    "9 only spaces": b" \t\n  \x1c\x1d ",
    "a marks": f"{_MARK}a {_MARK}b\n{_MARK}".encode() * 5,
    "b much longer": b"".join(b"%d line of %d words\n" % (i % 97, i % 7) for i in range(150)),
    "c last": "no end, a mark \ufeff".encode(),
}


def read(folder: Path, threads: int, *, small: bool) -> Corpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("w2v.text.side_by_side.usable_threads", lambda: threads)
        if small:
            in_small_parts(patch)
        return read_corpus(folder, min_count=1)


def test_any_number_of_threads_gives_the_same(tmp_path: Path) -> None:
    for name, data in HOSTILE.items():
        (tmp_path / name).write_bytes(data)
    whole = read(tmp_path, 1, small=False)
    texts = [data.decode().replace(_MARK, "") for data in HOSTILE.values()]
    lines = chain.from_iterable(text.split("\n") for text in texts)
    assert sentences_of(whole) == [line.split() for line in lines if line.split()]
    for threads in (1, 6):
        found = read(tmp_path, threads, small=True)
        assert_same(found, whole)
        assert found.stats == whole.stats


def test_what_threads_get_at_a_time_is_less_towards_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or all wait for one. Of a compressed file, the text that is left is what counts."""
    monkeypatch.setattr("w2v.text.side_by_side.usable_threads", lambda: 2)
    monkeypatch.setattr(splitting, "_SPLIT_BYTES", 1 << 16)
    monkeypatch.setattr(splitting, "_JOB_BYTES", 1 << 19)
    text = np.random.default_rng(1).bytes(1_500_000).hex(" ").encode()
    for data in (text, gzip.compress(text, 1)):
        (tmp_path / "text").write_bytes(data)
        jobs = splitting._jobs(Pieces([str(tmp_path / "text")], "strict"))
        sizes = [sum(len(stretch.data) for stretch in job.stretches) for job in jobs]
        assert sum(sizes) == len(text)
        assert min(sizes[1:5]) >= 6 << 16
        assert max(sizes[-3:]) <= 2 << 16


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize(("bad", "what"), [(b"caf\xe9 \n", "byte 0xe9"), (b"a\0b\n", "NUL byte")])
def test_a_line_is_counted_in_its_file(tmp_path: Path, bad: bytes, what: str, small: bool) -> None:
    """Whichever of the files it is in, and however they are put together."""
    good = b"a good line\n"
    for lines in (0, 3, 40):
        (tmp_path / "1").write_bytes(good * 5 + b"no end")
        (tmp_path / "2").write_bytes(good * lines + bad + good * 9)
        (tmp_path / "3").write_bytes(good + bad)
        with pytest.raises(CorpusError, match=rf"/2, line {lines + 1}: .*{what}"):
            read(tmp_path, 3, small=small)


@pytest.mark.parametrize("before", [0, 1, 3, 49, 50, 51, 98, 103])
def test_a_long_word_is_found_wherever_it_stands(before: int) -> None:
    spaces = "\u3000".encode()
    for after in (b"", spaces, b" and more " * 20):
        data = b"\n" * 3 + b" " * before + spaces + b"x" * 100 + after
        assert stretches._long_word(data, 100) == -1
        data = data.replace(b"x", b"xx", 1)
        assert stretches._long_word(data, 100) == before + 6


def test_the_first_error_is_told_whoever_finds_it_first(tmp_path: Path) -> None:
    """Reading is ahead of decoding, and meets the damaged file before the line that is no text."""
    (tmp_path / "1").write_bytes(b"good\n" * 3 + b"b\xe9d\n")
    (tmp_path / "2.gz").write_bytes(gzip.compress(b"a text")[:-5])
    for small in (True, False):
        with pytest.raises(CorpusError, match="/1, line 4: the byte 0xe9"):
            read(tmp_path, 2, small=small)


def test_an_interrupt_ends_all_threads(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"some words here\n" * 200)
    before = set(threading.enumerate())

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        in_small_parts(patch)
        patch.setattr("w2v.text.decoding.REPORT_BYTES", 1)
        with pytest.raises(KeyboardInterrupt):
            read_corpus(tmp_path, min_count=1, progress=interrupt)
    for thread in set(threading.enumerate()) - before:  # nobody waits for them, and they end
        thread.join(20)
        assert not thread.is_alive()
