"""What is read, counted, kept and refused, from files, pipes and lists."""

import bz2
import errno
import gc
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from w2v.errors import ConfigError, CorpusError
from w2v.text import decoding, spool
from w2v.text import splitting as words
from w2v.text.corpus import Corpus, CorpusStats
from w2v.text.corpus_files import find_files
from w2v.text.ingestion import read_corpus, read_sentences
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.vectors import Vectors, load
from w2v.words import LONGEST_WORD

TEXT = "the cat sat\non the mat\n\n  the end\n"
SENTENCES = [["the", "cat", "sat"], ["on", "the", "mat"], ["the", "end"]]


def sentences_of(corpus: Corpus) -> list[list[str]]:
    words = [corpus.vocabulary.words[i] for i in corpus.ids.tolist()]
    starts = [0, *corpus.ends.tolist()]
    return [words[a:b] for a, b in pairwise(starts)]


def read_text(
    path: Path, text: str | bytes, min_count: int = 1, errors: str = "strict"
) -> list[list[str]]:
    file = path / "text"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return sentences_of(read_corpus(file, min_count=min_count, errors=errors))


def write_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every loop over pieces, batches and blocks turn many times."""
    monkeypatch.setattr(decoding, "_PIECE_BYTES", 16)
    monkeypatch.setattr("w2v.text.token_lists._BATCH_TOKENS", 3)
    monkeypatch.setattr(spool, "_PIECE_TOKENS", 5)
    monkeypatch.setattr(words, "_PART_CHARACTERS", 20)
    monkeypatch.setattr(words, "_MERGE_WORDS", 4)


# ---- counting and encoding


def test_worked_example(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("b a b\nrare\n\nc b a c\n")
    corpus = read_corpus(tmp_path / "text", min_count=2)
    assert corpus.vocabulary == Vocabulary(("b", "a", "c"), np.array([3, 2, 2]))
    assert corpus.ids.tolist() == [0, 1, 0, 2, 0, 1, 2]
    assert corpus.ends.tolist() == [3, 7]
    assert corpus.stats == CorpusStats(tokens=8, rare=1, sentences=3, types=4, lines=4, files=1)
    assert corpus.stats.kept == 7
    assert corpus.ids.dtype == np.int32
    assert corpus.ends.dtype == np.int64
    assert set(corpus.seconds) == {"count", "encode"}


def brute_force(
    sentences: list[list[str]], min_count: int, max_vocab: int | None
) -> list[list[str]]:
    counts = Counter(word for sentence in sentences for word in sentence)
    order = sorted(counts, key=lambda word: (-counts[word], word))
    kept = set([word for word in order if counts[word] >= min_count][:max_vocab])
    pruned = [[word for word in sentence if word in kept] for sentence in sentences]
    return [sentence for sentence in pruned if sentence]


corpora = st.lists(st.lists(st.sampled_from("abcdeé"), max_size=12), max_size=20)


@given(corpora, st.integers(1, 4), st.none() | st.integers(1, 4))
def test_both_routes_agree_with_a_loop(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[str]],
    min_count: int,
    max_vocab: int | None,
) -> None:
    expected = brute_force(sentences, min_count, max_vocab)
    file = tmp_path_factory.getbasetemp() / "agree.txt"
    file.write_text("".join(f"{' '.join(s)}\n" for s in sentences), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_PIECE_BYTES", 16)
        patch.setattr("w2v.text.token_lists._BATCH_TOKENS", 3)
        patch.setattr(spool, "_PIECE_TOKENS", 5)
        patch.setattr(words, "_PART_CHARACTERS", 20)
        patch.setattr(words, "_MERGE_WORDS", 4)
        if not expected:
            with pytest.raises(CorpusError, match=r"There is no|No word occurs"):
                read_sentences(sentences, min_count=min_count, max_vocab=max_vocab)
            return
        lists = read_sentences(iter(sentences), min_count=min_count, max_vocab=max_vocab)
        text = read_corpus(file, min_count=min_count, max_vocab=max_vocab)
    assert sentences_of(lists) == sentences_of(text) == expected
    assert replace(lists.stats, files=1) == text.stats
    assert lists.vocabulary == text.vocabulary
    assert lists.stats.tokens == sum(map(len, sentences))
    assert lists.stats.sentences == sum(map(bool, sentences))
    assert lists.stats.kept == len(lists.ids) == lists.ends[-1] == lists.vocabulary.total


def test_many_words_and_tokens() -> None:
    rng = np.random.default_rng(1)
    numbers = (rng.random(300_000) ** 2 * 200_000).astype(int)
    sentences = [list(map(str, part)) for part in np.split(numbers, 3000)]
    corpus = read_sentences(sentences, min_count=2)
    values, counts = np.unique(numbers, return_counts=True)
    assert corpus.stats.types == len(values)
    assert len(values) > 1 << 16  # more than the counts have room for at first
    assert corpus.stats.rare == (counts == 1).sum()
    np.testing.assert_array_equal(np.bincount(corpus.ids), corpus.vocabulary.counts)
    kept = numbers[np.isin(numbers, values[counts > 1])]
    assert [corpus.vocabulary.words[i] for i in corpus.ids] == list(map(str, kept))


def test_given_vocabulary() -> None:
    vocabulary = Vocabulary.from_counts({"unseen": 9, "sat": 5, "the": 1})
    corpus = read_sentences(SENTENCES, vocabulary=vocabulary)
    assert corpus.vocabulary is vocabulary
    assert sentences_of(corpus) == [["the", "sat"], ["the"], ["the"]]
    assert corpus.ids.tolist() == [2, 1, 2, 2]
    assert corpus.stats == CorpusStats(tokens=8, rare=4, sentences=3, types=6, lines=len(SENTENCES))
    with pytest.raises(CorpusError, match=r"No word .* in the given vocabulary; tokens read: 8"):
        read_sentences(SENTENCES, vocabulary=Vocabulary.from_counts({"dog": 1}))


def test_given_vocabulary_of_many_words() -> None:
    words = [f"word{i}" for i in range(100_000)]
    corpus = read_sentences(
        SENTENCES, vocabulary=Vocabulary.from_counts(["the", *words], [2] * 100_001)
    )
    assert corpus.stats == CorpusStats(tokens=8, rare=5, sentences=3, types=6, lines=len(SENTENCES))
    assert corpus.ids.tolist() == [0, 0, 0]


# ---- text


@pytest.mark.usefixtures("small_pieces")
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
        patch.setattr(words, "_PART_CHARACTERS", part)
        patch.setattr(words, "_MERGE_WORDS", merge)
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


def test_one_long_line_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "line"
    file.write_bytes(b"word after word " * 700_000)
    tracemalloc.start()
    try:
        with read_corpus(file, min_count=1) as corpus:
            assert corpus.ends.tolist() == [2_100_000]
        assert tracemalloc.get_traced_memory()[1] < file.stat().st_size
    finally:
        tracemalloc.stop()


def test_a_word_without_end(tmp_path: Path) -> None:
    file = tmp_path / "blob"
    file.write_bytes(b"one line\n" + b"x" * 1_200_000)
    with pytest.raises(CorpusError, match=r"blob, line 2: .*white space.*is this a text file\?"):
        read_corpus(file)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("lines", [0, 1, 7, 100])
@pytest.mark.parametrize("bad", [b"caf\xe9 au lait\n", b"x \xff\n", b"\xc3"])
def test_invalid_utf8_names_the_line(tmp_path: Path, lines: int, bad: bytes) -> None:
    file = tmp_path / "latin"
    file.write_bytes(b"good line\n" * lines + bad)
    message = rf"latin, line {lines + 1}: the byte 0x.* not valid UTF-8.*--errors replace"
    with pytest.raises(CorpusError, match=message):
        read_corpus(file)


@pytest.mark.parametrize("piece", [16, 17, 18, 19, 1000])
def test_errors_replace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(decoding, "_PIECE_BYTES", piece)
    data = b"caf\xe9 au lait\nna\xc3\xafve \xe6\x97 end \xf0\x9f\x98"
    expected = [["caf\ufffd", "au", "lait"], ["naïve", "\ufffd", "end", "\ufffd"]]
    assert read_text(tmp_path, data, errors="replace") == expected


@pytest.mark.usefixtures("small_pieces")
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
    with pytest.raises(ValueError, match="`errors` must be 'strict' or 'replace', got 'ignore'"):
        read_text(tmp_path, "a", errors="ignore")


# ---- compression

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.usefixtures("small_pieces")
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


@pytest.mark.usefixtures("small_pieces")
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


# ---- where text comes from


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
    (tmp_path / "a").write_bytes(b"some words here\n" * 40_000)
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"some words here\n" * 40_000))
    total = sum(file.stat().st_size for file in tmp_path.iterdir())
    seen: list[tuple[int, int | None]] = []
    read_corpus(tmp_path, progress=lambda *report: seen.append(report))
    assert len(seen) >= 5
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
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", lambda *_: BadDisk())
    with pytest.raises(CorpusError, match=r"file cannot be read: Input/output error\."):
        read_corpus(tmp_path / "file")


def test_no_word_is_frequent_enough(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"No word occurs 5 times: .* 'the', occurs 3 times"):
        read_text(tmp_path, TEXT, min_count=5)
    with pytest.raises(ConfigError, match="`min_count` must be at least 1, got 0"):
        read_text(tmp_path, TEXT, min_count=0)


# ---- sentences from a program


def test_one_shot_iterators_and_reused_lists() -> None:
    def reusing() -> Iterator[list[str]]:
        tokens: list[str] = []
        for sentence in SENTENCES:
            tokens[:] = sentence
            yield tokens

    assert sentences_of(read_sentences(reusing(), min_count=1)) == SENTENCES
    assert sentences_of(read_sentences(map(tuple, SENTENCES), min_count=1)) == SENTENCES


def test_long_sentences_stay_whole() -> None:
    corpus = read_sentences([["a", "b"] * 20_000, ["c"] * 5])
    assert corpus.ends.tolist() == [40_000, 40_005]


def test_used_up_iterator() -> None:
    used = iter(SENTENCES)
    list(used)
    with pytest.raises(CorpusError, match=r"no token in the sentences\. If they are an iterator"):
        read_sentences(used)


@pytest.mark.usefixtures("small_pieces")
def test_whole_numbers_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[object] = [[7, 8, 7], (9,), [], np.array([7, 10]), [np.int64(8)]]
    with read_sentences(numbers, min_count=1) as corpus:  # type: ignore[arg-type]
        assert corpus.vocabulary.words == ("7", "8", "10", "9")
        assert corpus.stats.tokens == 7
    monkeypatch.setattr("w2v.text.token_lists._BATCH_TOKENS", 1)  # each by itself
    for mixed in ([[7], ["a"]], [["a"], [], [7]]):
        with pytest.raises(TypeError, match=r"Sentence [23]: .* str.* number|number.* str"):
            read_sentences(mixed, min_count=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "error", "message"),
    [
        ("a b", TypeError, r"Sentence 4: a string was given where a list of tokens is expected"),
        (7, TypeError, r"Sentence 4: expected a list of tokens, got 7 \(int\)"),
        (["a", 7], TypeError, r"Sentence 4: a token is a number, 7 \(int\), and others are str"),
        ([7, True], TypeError, r"Sentence 4: a token is a number, 7 \(int\), and others"),
        ([True], TypeError, r"Sentence 4: a token must be a str or an int, got True \(bool\)"),
        ([7.0], TypeError, r"Sentence 4: a token must be a str or an int, got 7.0 \(float\)"),
        (
            ["a", b"b"],
            TypeError,
            r"Sentence 4: a token must be a str or an int, got b'b' \(bytes\)",
        ),
        (
            ["a", ["b"]],
            TypeError,
            r"Sentence 4: a token must be a str or an int, got \['b'\] \(list\)",
        ),
        (["a", ""], ValueError, r"Sentence 4: .* without white space or NUL, got '' \(str\)"),
        (
            ["new york"],
            ValueError,
            r"Sentence 4: .* without white space or NUL, got 'new york' \(str\)",
        ),
        (["\ud800"], ValueError, r"Sentence 4: .* UTF-8 text"),
        (["a\0b"], ValueError, r"Sentence 4: .* or NUL, got 'a\\x00b' \(str\)"),
        (Path("a"), TypeError, r"Sentence 4: expected a list .*\. To read files, give .* one path"),
        (np.array([1, 2]), TypeError, r"Sentence 4: a token is a number, 1 \(int\), and others"),
        (np.array([["a"]]), TypeError, r"Sentence 4: a token must be a str or an int, got \['a'\]"),
        (np.array("a"), TypeError, r"Sentence 4: a string was given"),
    ],
)
def test_sentences_that_are_none(sentence: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_sentences([*SENTENCES, sentence, ["more"]])  # type: ignore[arg-type]


def test_the_two_functions_point_at_each_other() -> None:
    with pytest.raises(TypeError, match="To read files, give `fit` or `read_corpus` one path"):
        read_sentences("corpus.txt")
    with pytest.raises(TypeError, match=r"Split each sentence, .*, or a list of pathlib\.Path\.$"):
        read_sentences(["a.txt", "b.txt"])
    with pytest.raises(TypeError, match="Lists of tokens are read with `read_sentences`"):
        read_corpus([["a", "b"]])
    with pytest.raises(TypeError, match="must be a path or a list of paths, got <generator"):
        read_corpus(text for text in ["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "shown"), [(None, r"None \(NoneType\)"), (5, r"5 \(int\)")])
def test_what_is_no_corpus_at_all(value: Any, shown: str) -> None:
    message = rf"^A corpus must be a path or an iterable of token lists, got {shown}\.$"
    with pytest.raises(TypeError, match=message):
        read_sentences(value)


def test_sentences_in_arrays() -> None:
    arrays = [np.array(sentence) for sentence in SENTENCES]
    corpus = read_sentences(arrays, min_count=1)
    assert sentences_of(corpus) == SENTENCES
    assert {type(word) for word in corpus.vocabulary.words} == {str}
    assert corpus.stats.files == 0


def test_an_error_of_the_iterator_passes_through() -> None:
    def failing() -> Iterator[list[str]]:
        yield ["a"]
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        read_sentences(failing())


# ---- temporary files


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.collect()  # what other tests have left
    files_open = len(os.listdir("/dev/fd"))
    with read_sentences(SENTENCES, min_count=1) as corpus:
        ids = corpus.ids
        assert os.listdir(tmp_path) == []
    assert ids.tolist()[:1] == [0]
    with pytest.raises(ValueError, match="The corpus was closed"):
        _ = corpus.ids
    with pytest.raises(CorpusError):
        read_sentences(SENTENCES, min_count=9)
    del ids
    gc.collect()
    assert len(os.listdir("/dev/fd")) == files_open
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    monkeypatch.setattr(spool, "temporary_file", lambda *_: full.open("r+b", buffering=0))
    message = f"cannot be written to the folder {tempfile.gettempdir()}: No space left.*TMPDIR"
    with pytest.raises(CorpusError, match=message):
        read_sentences(SENTENCES)


def test_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(CorpusError, match=r"can be made in /nowhere/at/all: .*Set TMPDIR"):
        read_sentences(SENTENCES)


LIMITED = """
import resource
from w2v import CorpusError, read_corpus
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    read_corpus("-")
except CorpusError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sets no limit to the size of files")
def test_a_partial_write_is_noticed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIMITED],
        input=b"word " * 60_000,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert f"cannot be written to the folder {tmp_path}: File too large" in done.stdout.decode()
    assert done.stderr == b""
    assert os.listdir(tmp_path) == []


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


# ---- what is a word everywhere


@pytest.mark.parametrize("route", ["file", "sentences"])
def test_the_sentence_end_of_word2vec_is_not_trained(tmp_path: Path, route: str) -> None:
    sentences = [["a", "</s>", "b"], ["</s>"], ["a"]]
    (tmp_path / "text").write_text("a </s> b\n</s>\na\n")
    corpus: Corpus
    if route == "file":
        corpus = read_corpus(tmp_path / "text", min_count=1)
    else:
        corpus = read_sentences(sentences, min_count=1)
    assert corpus.vocabulary == Vocabulary.from_counts({"a": 2, "b": 1})
    assert sentences_of(corpus) == [["a", "b"], ["a"]]
    assert corpus.stats.rare == corpus.stats.sentence_ends == 2
    assert corpus.stats.types == 3


@pytest.mark.parametrize("size", [LONGEST_WORD, LONGEST_WORD + 4])
@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
@pytest.mark.parametrize("after", ["", " b\n", "\n" + "b " * 50_000])
def test_one_limit_for_words_everywhere(tmp_path: Path, size: int, letter: str, after: str) -> None:
    """What is read of a text can be written as vectors and read again; a byte more is refused."""
    word = letter * (size // len(letter.encode()))
    (tmp_path / "text").write_text(f"a {word}{after}", encoding="utf-8")
    if size > LONGEST_WORD:
        with pytest.raises(CorpusError, match="more than 1,048,576 bytes without white space"):
            read_corpus(tmp_path / "text", min_count=1)
        with pytest.raises(ValueError, match="a token must be UTF-8 text of at most 1,048,576 byt"):
            read_sentences([["a", word]], min_count=1)
        return
    words = read_corpus(tmp_path / "text", min_count=1).vocabulary.words
    assert word in words
    for name in ("v.vec", "v.bin", "v.npz"):
        Vectors(words, np.eye(len(words))).save(tmp_path / name)
        assert load(tmp_path / name).words == words


def test_a_tokenizer_reads_longer_stretches_and_makes_no_longer_words(tmp_path: Path) -> None:
    (tmp_path / "chinese").write_text("\u6211\u7231" * 300_000, encoding="utf-8")
    corpus = read_corpus(tmp_path / "chinese", tokenizer=Tokenizer(tokens="characters"))
    assert corpus.vocabulary == Vocabulary.from_counts({"\u6211": 300_000, "\u7231": 300_000})
    (tmp_path / "letters").write_text("a" * (LONGEST_WORD + 1))
    with pytest.raises(CorpusError, match="A word must be UTF-8 text of at most 1,048,576 bytes"):
        read_corpus(tmp_path / "letters", min_count=1, tokenizer=Tokenizer(tokens="unicode"))


def test_a_pointer_of_git_lfs_is_no_text(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"
    (tmp_path / "text").write_text(pointer)
    with pytest.raises(CorpusError, match="text is a pointer of Git LFS, which stands for a file"):
        read_corpus(tmp_path / "text", min_count=1)
