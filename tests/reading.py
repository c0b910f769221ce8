"""For tests of reading: a small text, what was read, and loops that turn many times."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from w2v.text import Corpus, read_corpus

TEXT = "the cat sat\non the mat\n\n  the end\n"
SENTENCES = [["the", "cat", "sat"], ["on", "the", "mat"], ["the", "end"]]


def in_small_parts(patch: pytest.MonkeyPatch) -> None:
    """Make every loop over pieces, parts and blocks of a text turn many times."""
    for name, size in {
        "decoding._PIECE_BYTES": 16,
        "splitting._PART_CHARACTERS": 20,
        "splitting._SPLIT_BYTES": 16,
        "splitting._JOB_BYTES": 40,
        "dictionary._MERGE_WORDS": 2,
        "token_lists._BATCH_TOKENS": 3,
        "sentences._PART_TOKENS": 2,
        "table_rows._LIST_TOKENS": 2,
        "spool._PIECE_TOKENS": 3,
        "repeating._COPIES_AT_ONCE": 4,
        "repeating._SENTENCES_AT_ONCE": 2,
    }.items():
        patch.setattr(f"w2v.text.{name}", size)


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


def assert_same(found: Corpus, text: Corpus) -> None:
    """The same words, ids and sentences, and as much read."""
    assert found.vocabulary == text.vocabulary
    assert found.ids.tobytes() == text.ids.tobytes()
    assert found.ends.tobytes() == text.ends.tobytes()
    assert found.first_seen().tolist() == text.first_seen().tolist()
    a, b = found.stats, text.stats
    read = a.tokens, a.rare, a.sentences, a.types
    assert read == (b.tokens, b.rare, b.sentences, b.types)
