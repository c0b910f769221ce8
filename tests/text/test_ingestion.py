"""What is counted and kept of a text, and where it is kept meanwhile."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SENTENCES, TEXT, in_small_parts, read_text, sentences_of

from w2v.errors import ConfigError, CorpusError
from w2v.text import side_by_side, spool
from w2v.text.corpus import Corpus, CorpusStats
from w2v.text.ingestion import read_corpus, read_sentences
from w2v.text.tokenizing import Tokenizer
from w2v.text.vocabulary import Vocabulary
from w2v.vectors import Vectors, load
from w2v.words import LONGEST_WORD


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
        in_small_parts(patch)
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


def test_text_is_read_without_pandas(tmp_path: Path) -> None:
    """Which Arrow imports on many an occasion, where it is installed: a quarter of a second."""
    pytest.importorskip("pandas")
    path = tmp_path / "text.txt"
    path.write_text("a b\n\na c\n" * 10)
    code = "import sys, w2v; w2v.read_corpus(sys.argv[1]); print('pandas' in sys.modules)"
    child = [sys.executable, "-c", code, str(path)]
    assert subprocess.run(child, capture_output=True, text=True, check=True).stdout == "False\n"


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


def test_no_word_is_frequent_enough(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"No word occurs 5 times: .* 'the', occurs 3 times"):
        read_text(tmp_path, TEXT, min_count=5)
    with pytest.raises(ConfigError, match="`min_count` must be at least 1, got 0"):
        read_text(tmp_path, TEXT, min_count=0)


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


def test_one_long_line_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "usable_threads", lambda: 2)
    file = tmp_path / "line"
    file.write_bytes((b"word" * 20 + b" ") * 600_000)
    tracemalloc.start()
    try:
        with read_corpus(file, min_count=1) as corpus:
            assert corpus.ends.tolist() == [600_000]
        assert tracemalloc.get_traced_memory()[1] < 30_000_000 < file.stat().st_size
    finally:
        tracemalloc.stop()


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
