"""A corpus as a value: arrays on disk, and what is looked up in them."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from w2v.text.ingestion import read_sentences
from w2v.text.vocabulary import Vocabulary

SENTENCES = [["the", "cat", "sat"], ["on", "the", "mat"], ["the", "end"]]


def test_arrays_are_mapped_and_read_only() -> None:
    corpus = read_sentences(SENTENCES, min_count=1)
    for array in (corpus.ids, corpus.ends):
        assert type(array) is np.ndarray
        assert isinstance(array.base.obj, mmap.mmap)  # type: ignore[union-attr]
        assert not array.flags.writeable


def test_first_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.corpus._PIECE_TOKENS", 3)
    words = Vocabulary(("a", "b", "c", "absent"), np.array([3, 2, 2, 1]))
    with read_sentences([["c", "a", "c"], ["a", "b", "b", "a"]], vocabulary=words) as corpus:
        assert corpus.first_seen().tolist() == [1, 4, 0, 7]
