"""Encoded corpora: what is written comes back, and what is not what was written is noticed."""

from __future__ import annotations

import io
import json
import tracemalloc
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from corpora import zipf

from w2v.errors import CorpusError, OutputError
from w2v.text import Corpus, Tokenizer, is_encoded, open_encoded, read_corpus, read_sentences
from w2v.text import write_encoded as write

FILES = ("ids.npy", "ends.npy", "vocab.txt", "corpus.json")


@pytest.fixture
def corpus() -> Corpus:
    return read_sentences(zipf(3000, words=300), min_count=3)


@pytest.mark.parametrize("pieces", [1 << 20, 4])
def test_a_corpus_comes_back_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr("w2v.text.corpus._PIECE_TOKENS", pieces)
    (tmp_path / "text").write_text("The cat sat.\n\nA cat!\nthe end\n" * 5)
    tokenizer = Tokenizer(tokens="unicode", lower=True)
    corpus = read_corpus(tmp_path / "text", min_count=6, tokenizer=tokenizer)
    written = write(corpus, tmp_path / "e")
    opened = open_encoded(tmp_path / "e")
    for other in (written, opened):
        assert other.about() == corpus.about()
        assert other.ids.tolist() == corpus.ids.tolist()
        assert other.ends.tolist() == corpus.ends.tolist()
        assert other.ids.dtype == np.int32
        assert other.ends.dtype == np.int64
        assert not other.ids.flags.writeable
        assert other.fingerprint() == corpus.fingerprint()
        assert other.folder == str(tmp_path / "e")
    assert corpus.folder is None
    assert corpus.limits == {"min_count": 6, "max_vocab": None}


def test_numpy_opens_the_arrays(corpus: Corpus, tmp_path: Path) -> None:
    write(corpus, tmp_path / "e")
    for name, array in (("ids.npy", corpus.ids), ("ends.npy", corpus.ends)):
        found = np.load(tmp_path / "e" / name, mmap_mode="r", allow_pickle=False)
        assert found.dtype == array.dtype
        assert found.tolist() == array.tolist()
        saved = io.BytesIO()
        np.save(saved, array)
        assert (tmp_path / "e" / name).read_bytes() == saved.getvalue()
    lines = (tmp_path / "e" / "vocab.txt").read_text().splitlines()
    words = [line.split() for line in lines]
    assert tuple(word for word, _ in words) == corpus.vocabulary.words
    assert [int(count) for _, count in words] == corpus.vocabulary.counts.tolist()


def test_fingerprints_tell_corpora_apart(corpus: Corpus) -> None:
    fewer = read_sentences(zipf(3000, words=300), min_count=4)
    joined = read_sentences([list(chain(*zipf(3000, words=300)))], min_count=3)
    assert len({corpus.fingerprint(), fewer.fingerprint(), joined.fingerprint()}) == 3
    again = read_sentences(zipf(3000, words=300), min_count=3)
    assert again.fingerprint() == corpus.fingerprint()


def test_what_is_there_already_stays(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "mine").write_text("mine")
    with pytest.raises(OutputError):
        write(corpus, tmp_path / "e")
    assert [file.name for file in tmp_path.rglob("*")] == ["e", "mine"]


def test_every_byte_counts(tmp_path: Path) -> None:
    """By one of its bits, another in each: sums tell all of them apart alike."""
    write(read_sentences([["a", "b", "a"], ["b", "a"]], min_count=1), tmp_path / "e")
    for name in FILES:
        file = tmp_path / "e" / name
        whole = file.read_bytes()
        for at in range(len(whole)):
            other = bytearray(whole)
            other[at] ^= 1 << at % 8
            file.write_bytes(other)
            with pytest.raises(CorpusError):
                open_encoded(tmp_path / "e")
        for size in range(len(whole)):
            file.write_bytes(whole[:size])
            with pytest.raises(CorpusError):
                open_encoded(tmp_path / "e")
        file.unlink()
        assert is_encoded(tmp_path / "e")
        with pytest.raises(CorpusError):
            open_encoded(tmp_path / "e")
        file.write_bytes(whole)
    open_encoded(tmp_path / "e")


def test_a_later_version(corpus: Corpus, tmp_path: Path) -> None:
    write(corpus, tmp_path / "e")
    about = json.loads((tmp_path / "e" / "corpus.json").read_text())
    (tmp_path / "e" / "corpus.json").write_text(json.dumps({**about, "version": 2}))
    with pytest.raises(CorpusError, match=r"has version 2 of the format .* knows 1\. Update w2v"):
        open_encoded(tmp_path / "e")


def test_opening_takes_memory_for_what_is_there(corpus: Corpus, tmp_path: Path) -> None:
    write(corpus, tmp_path / "e")
    open_encoded(tmp_path / "e")
    tracemalloc.start()
    try:
        open_encoded(tmp_path / "e")
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
