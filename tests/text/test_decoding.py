"""Bytes as lines of words: encodings, compressed files, and what is no text."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from reading import SENTENCES, TEXT, read_text, sentences_of

from w2v.errors import CorpusError
from w2v.text import decoding, dictionary, splitting
from w2v.text.ingestion import read_corpus
from w2v.text.vocabulary import Vocabulary


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b\nc", [["a", "b"], ["c"]]),
        ("a\r\nb\rc\r\n", [["a"], ["b", "c"]]),
        ("a\u2028b\x0bc\x85d\u3000e\u00a0f\x1cg\n", [["a", "b", "c", "d", "e", "f", "g"]]),
        ("\ufeffa \ufeffb\n\ufeff\n\ufeffc", [["a", "b"], ["c"]]),
        ("\n\n  \n a \n\t\n", [["a"]]),
        ("long" * 40 + " b\n", [["long" * 40, "b"]]),
        ("日本語\u3000" * 9 + "\n語", [["日本語"] * 9, ["語"]]),
    ],
)
def test_lines_and_words(tmp_path: Path, text: str, expected: list[list[str]]) -> None:
    assert read_text(tmp_path, text) == expected


@given(st.text("ab \n\t\r\u3000é日😀\ufeff", min_size=1), st.integers(16, 40))
def test_words_do_not_depend_on_where_pieces_end(
    tmp_path_factory: pytest.TempPathFactory, text: str, piece: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "pieces.txt"
    file.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_PIECE_BYTES", piece)
        pieces = list(decoding.read_pieces([str(file)]))
    expected = text.replace("\ufeff", "")
    assert "".join(pieces) == expected + "\n" * (expected[-1:] not in ("", "\n"))
    assert all(piece[-1].isspace() for piece in pieces)


@given(
    st.text(st.sampled_from("ab\n \x1c\x85\u3000é日😀") | st.characters(exclude_categories=["Cs"])),
    st.integers(1, 60),
    st.integers(1, 20),
)
def test_any_text_is_split_as_python_splits_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, part: int, merge: int
) -> None:
    text = text.replace("\0", "") + "\nlast"
    file = tmp_path_factory.getbasetemp() / "any.txt"
    file.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_PIECE_BYTES", 16)
        patch.setattr(splitting, "_SPLIT_BYTES", part)
        patch.setattr(splitting, "_JOB_BYTES", 2 * part)
        patch.setattr(dictionary, "_MERGE_WORDS", merge)
        corpus = read_corpus(file, min_count=1)
    lines = [line.split() for line in text.replace("\ufeff", "").split("\n")]
    assert sentences_of(corpus) == [line for line in lines if line]
    assert corpus.vocabulary == Vocabulary.from_counts(Counter(chain.from_iterable(lines)))


def test_every_character_is_white_space_or_not_as_in_python(tmp_path: Path) -> None:
    points = [point for point in range(1, sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
    text = "".join(chr(point) + "\n" * (point % 999 == 0) for point in points)
    (tmp_path / "all").write_bytes(text.encode())
    corpus = read_corpus(tmp_path / "all", min_count=1)
    lines = [line.split() for line in text.replace("\ufeff", "").split("\n")]
    assert sentences_of(corpus) == [line for line in lines if line]


def test_a_word_without_end(tmp_path: Path) -> None:
    file = tmp_path / "blob"
    file.write_bytes(b"one line\n" + b"x" * 1_200_000)
    with pytest.raises(CorpusError, match=r"blob, line 2: .*white space.*is this a text file\?"):
        read_corpus(file)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("lines", [0, 1, 7, 100])
@pytest.mark.parametrize("bad", [b"caf\xe9 au lait\n", b"x \xff\n", b"\xc3"])
def test_invalid_utf8_names_the_line(tmp_path: Path, lines: int, bad: bytes) -> None:
    file = tmp_path / "latin"
    file.write_bytes(b"good line\n" * lines + bad)
    message = rf"latin, line {lines + 1}: the byte 0x.* not valid UTF-8.*--errors replace"
    with pytest.raises(CorpusError, match=message):
        read_corpus(file)


@pytest.mark.parametrize("piece", [16, 17, 18, 19, 1000])
@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ("replace", [["caf\ufffd", "au", "lait"], ["naïve", "\ufffd", "end", "\ufffd"]]),
        ("ignore", [["caf", "au", "lait"], ["naïve", "end"]]),
    ],
)
def test_errors_that_are_passed_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
    errors: str,
    expected: list[list[str]],
) -> None:
    monkeypatch.setattr(decoding, "_PIECE_BYTES", piece)
    data = b"caf\xe9 au lait\nna\xc3\xafve \xe6\x97 end \xf0\x9f\x98"
    assert read_text(tmp_path, data, errors=errors) == expected


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize("lines", [0, 1, 7])
def test_nul_names_the_line(tmp_path: Path, lines: int, errors: str) -> None:
    message = rf"text, line {lines + 1}: there is a NUL byte.*looks like a binary file"
    with pytest.raises(CorpusError, match=message):
        read_text(tmp_path, "good line\n" * lines + "a\0b\n", errors=errors)


def tar_of(text: bytes) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("a.txt")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return archive.getvalue()


def zip_of(text: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", text)
    return archive.getvalue()


@pytest.mark.parametrize("outer", [bytes, gzip.compress])
@pytest.mark.parametrize("errors", ["strict", "replace"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (tar_of(b"some words\n"), "a tar archive. Unpack it"),
        (zip_of(b"some words\n"), "a zip archive or an office document. Unpack it"),
        ("some words\n".encode("utf-16"), r"UTF-16 text. .*\(iconv -f UTF-16 -t UTF-8\)"),
        (b"\xfe\xff" + "語\n".encode("utf-16-be"), "UTF-16 text"),
        ("some words\n".encode("utf-32"), "UTF-32 text"),
        (b"%PDF-1.4\nall in ASCII\n", "a PDF document"),
        (b"\x7fELF\x02\x01", "a program"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
    ],
)
def test_files_that_are_no_text_are_named(
    tmp_path: Path, data: bytes, message: str, errors: str, outer: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(CorpusError, match=f"text is {message}"):
        read_text(tmp_path, outer(data), errors=errors)


def test_unknown_error_mode(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="`errors` must be 'strict', 'replace' or 'ignore', got 'skip'"
    ):
        read_text(tmp_path, "a", errors="skip")


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_compression_is_recognised_by_content(tmp_path: Path, kind: str) -> None:
    compress = COMPRESSIONS[kind]
    half = len("the cat sat\non th")
    members = compress(TEXT[:half].encode()) + compress(b"") + compress(TEXT[half:].encode())
    assert read_text(tmp_path, members) == SENTENCES


@pytest.mark.parametrize("kind", COMPRESSIONS)
@pytest.mark.parametrize("cut", [1, 6, 300])
def test_compressed_file_cut_short(tmp_path: Path, kind: str, cut: int) -> None:
    text = np.random.default_rng(0).integers(0, 10**9, 3000).astype(str)
    message = rf"text is cut short: the {kind} data in it has no end\. Copy or download it again\.$"
    with pytest.raises(CorpusError, match=message):
        read_text(tmp_path, COMPRESSIONS[kind](" ".join(text).encode())[:-cut])


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_compressed_file_damaged(tmp_path: Path, kind: str) -> None:
    text = np.random.default_rng(0).integers(0, 10**9, 3000).astype(str)
    data = bytearray(COMPRESSIONS[kind](" ".join(text).encode()))
    data[200:300] = bytes(100)
    with pytest.raises(CorpusError, match=rf"text is a damaged {kind} file \(.*\)\. Copy"):
        read_text(tmp_path, bytes(data))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("kind", COMPRESSIONS)
@pytest.mark.parametrize("zeros", [0, 1, 3, 16, 1000])
def test_bytes_after_the_end(tmp_path: Path, kind: str, zeros: int) -> None:
    compressed = COMPRESSIONS[kind](TEXT.encode())
    padded = compressed + bytes(zeros)
    assert read_text(tmp_path, padded) == SENTENCES
    assert read_text(tmp_path, padded + compressed) == SENTENCES * 2
    other = COMPRESSIONS["xz" if kind == "gzip" else "gzip"](b"more")
    for rest in [b"x", b"not compressed at all\n", compressed[:2], other]:
        message = f"text has bytes after the end of the compressed data that are not {kind}: b'"
        with pytest.raises(CorpusError, match=message):
            read_text(tmp_path, padded + rest)


@pytest.mark.parametrize("kind", COMPRESSIONS)
@pytest.mark.parametrize("inner", COMPRESSIONS)
def test_compressed_twice(tmp_path: Path, kind: str, inner: str) -> None:
    data = COMPRESSIONS[kind](COMPRESSIONS[inner](TEXT.encode()))
    with pytest.raises(CorpusError, match=f"text is compressed twice, with {inner} inside"):
        read_text(tmp_path, data)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_small_file_of_much_text_in_little_memory(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "text"
    file.write_bytes(COMPRESSIONS[kind](b"word\n" * 4_000_000))
    tracemalloc.start()
    try:
        assert sum(map(len, decoding.read_pieces([str(file)]))) == 20_000_000
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_compressed_letters_of_several_bytes(tmp_path: Path, kind: str) -> None:
    letters = np.random.default_rng(0).integers(0x4E00, 0x9FFF, 100_000).tolist()
    text = "".join(map(chr, letters))
    assert read_text(tmp_path, COMPRESSIONS[kind](text.encode())) == [[text]]


def test_zstd_frames_that_hold_no_text(tmp_path: Path) -> None:
    notes = b"\x50*M\x18\x05\0\0\0hello"
    assert read_text(tmp_path, notes + zstandard.compress(b"a b") + notes) == [["a", "b"]]


def test_text_that_looks_like_bzip2(tmp_path: Path) -> None:
    assert read_text(tmp_path, "BZh is no magic") == [["BZh", "is", "no", "magic"]]


def test_zstd_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(CorpusError, match=r"compressed with zstd\. Run pip install zstandard to"):
        read_text(tmp_path, zstandard.compress(b"a b"))


def test_a_pointer_of_git_lfs_is_no_text(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"
    (tmp_path / "text").write_text(pointer)
    with pytest.raises(CorpusError, match="text is a pointer of Git LFS, which stands for a file"):
        read_corpus(tmp_path / "text", min_count=1)
