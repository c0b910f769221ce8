"""Copies of weighted sentences: how many are drawn, and where they stand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet
from weighted import TOKENS

from w2v import CorpusError
from w2v.text import Sentences, Table, read_corpus, read_sentences, repeating
from w2v.text.copies import Copies


@given(st.lists(st.integers(0, 60), max_size=30).filter(any), st.integers(1, 40))
def test_copies_are_spread_evenly(copies: list[int], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeating, "_COPIES_AT_ONCE", at_once)
        order = np.concatenate(list(repeating.in_order(np.array(copies, np.int64))))
    assert np.bincount(order, minlength=len(copies)).tolist() == copies
    for number, n in enumerate(copies):
        before = np.cumsum(order == number) - n * (np.arange(len(order)) + 1) / len(order)
        assert np.abs(before).max() <= 1 + n * len(copies) / len(order)


def drawn(weights: NDArray[np.float64], cuts: list[int]) -> NDArray[np.int64]:
    copies = Copies()
    for some in np.split(weights, cuts):
        copies.put(some)
    return copies.take(len(weights))


def test_fractions_are_drawn_by_number(tmp_path: Path) -> None:
    """Right on average, each by itself, and the same however the text comes in."""
    weights = np.tile([0.25, 1.5, 2.0, 0.0], 20_000)
    found = drawn(weights, [])
    assert found.tolist() == drawn(weights, [1, 7, 30_000]).tolist()
    each = found.reshape(-1, 4)
    assert set(each[:, 0]) == {0, 1}
    assert set(each[:, 1]) == {1, 2}
    assert set(each[:, 2]) == {2}
    assert set(each[:, 3]) == {0}
    np.testing.assert_allclose(each.mean(axis=0), [0.25, 1.5, 2, 0], atol=0.015)
    assert abs(np.corrcoef(each[:-1, 0], each[1:, 0])[0, 1]) < 0.03
    table = pa.table({"w": pa.array([["a"]] * len(weights)), "n": weights})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=999)
    with read_corpus(Table(tmp_path / "t.parquet", token="w", weight="n"), min_count=1) as corpus:
        assert corpus.stats.tokens == found.sum() == len(corpus.ids)
        assert corpus.stats.left_out == (found == 0).sum()


def test_more_than_the_disk_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    weights = np.full(6, 2e9)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=2**40, free=2**30))
    message = r"^The weights make 24,000,000,000 tokens of 12\. Cannot .* are free\. .* Or divide"
    with pytest.raises(CorpusError, match=message):
        read_sentences(Sentences(TOKENS, weights=weights), min_count=1)
    assert not list(tmp_path.iterdir())


def test_a_million_copies_in_bounded_memory() -> None:
    import tracemalloc

    tracemalloc.start()
    try:
        with read_sentences(
            Sentences([["a", "b"], ["c"]], weights=[3e6, 2]), min_count=1
        ) as corpus:
            peak = tracemalloc.get_traced_memory()[1]
            assert corpus.vocabulary.counts.tolist() == [3_000_000, 3_000_000, 2]
            assert np.flatnonzero(corpus.ids == 2).tolist() == [2_250_000, 5_250_001]
    finally:
        tracemalloc.stop()
    assert peak < 6e7
