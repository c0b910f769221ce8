"""Weighted sentences: as if each stood in the text so often, spread over it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet

import w2v
from w2v import CorpusError
from w2v.text import (
    Corpus,
    Sentences,
    Table,
    Tokenizer,
    read_corpus,
    read_sentences,
    read_source,
    repeating,
    spool,
    write_encoded,
)
from w2v.text.copies import Copies

LINES = ["a b c", "b d", "", "e", "a a b f", "c d"]
WEIGHTS = [2, 1, 5, 0, 3, 7]


def repeated(lines: list[str], copies: list[int]) -> list[str]:
    """By a loop: copy j of n of the sentence at the place x stands at (x + j) / n."""
    full = [(line, n) for line, n in zip(lines, copies, strict=True) if line]
    placed = [
        (((i + 0.5) / len(full) + j) / n, i, line)
        for i, (line, n) in enumerate(full)
        for j in range(n)
    ]
    return [line for _, _, line in sorted(placed, key=lambda one: one[:2])]


def written(folder: Path, lines: list[str]) -> Path:
    (folder / "text.txt").write_text("".join(line + "\n" for line in lines))
    return folder / "text.txt"


def same(found: Corpus, text: Corpus) -> bool:
    assert found.vocabulary == text.vocabulary
    assert found.ids.tobytes() == text.ids.tobytes()
    assert found.ends.tobytes() == text.ends.tobytes()
    a, b = found.stats, text.stats
    return (a.tokens, a.rare, a.sentences, a.types) == (b.tokens, b.rare, b.sentences, b.types)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops over parts and slices turn many times."""
    monkeypatch.setattr(spool, "_PIECE_TOKENS", 3)
    monkeypatch.setattr(repeating, "_COPIES_AT_ONCE", 4)
    monkeypatch.setattr(repeating, "_SENTENCES_AT_ONCE", 2)
    monkeypatch.setattr("w2v.text.token_lists._BATCH_TOKENS", 3)
    monkeypatch.setattr("w2v.text.sentences._PART_TOKENS", 2)
    monkeypatch.setattr("w2v.text.splitting._PART_CHARACTERS", 3)
    monkeypatch.setattr("w2v.text.splitting._MERGE_WORDS", 2)
    monkeypatch.setattr("w2v.text.table_rows._LIST_TOKENS", 2)


def csv_of(folder: Path) -> Path:
    rows = "".join(f"{line},{n}\n" for line, n in zip(LINES, WEIGHTS, strict=True))
    (folder / "weighted.csv").write_text("body,n\n" + rows)
    return folder / "weighted.csv"


TOKENS = [line.split() for line in LINES]
ENDS = np.cumsum(list(map(len, TOKENS)))
FLAT = [token for tokens in TOKENS for token in tokens]
TABLE: dict[str, Any] = {"words": TOKENS, "n": WEIGHTS}
SPREAD_OUT = [(0, 0), (1, 0), (0, 1), (3, 0), (4, 0), (1, 1), (5, 0), (4, 1), (0, 2)]
SPREAD_OUT += [(4, 2), (4, 3), (5, 1)]  # (sentence, word) of each row
KINDS: dict[str, Callable[[Path], Any]] = {
    "lists": lambda _: Sentences(TOKENS, weights=WEIGHTS),
    "an iterator": lambda _: Sentences(iter(TOKENS), weights=np.array(WEIGHTS, np.uint8)),
    "ends": lambda _: Sentences(FLAT, ENDS, weights=np.array(WEIGHTS, float)),
    "rows": lambda _: Sentences(
        np.array([(tokens + ["-"] * 4)[:4] for tokens in TOKENS]), padding="-", weights=WEIGHTS
    ),
    "a list column": lambda _: Table(TABLE, token="words", weight="n"),
    "a list column, nulls": lambda _: Table(
        {"words": [[None, *t] if t else None for t in TOKENS], "n": pa.array(map(str, WEIGHTS))},
        token="words",
        weight="n",
    ),
    "a text column": lambda _: Table(
        {"body": LINES, "n": pa.array(WEIGHTS).dictionary_encode()}, text="body", weight="n"
    ),
    "CSV": lambda folder: Table(csv_of(folder), text="body", weight="n"),
    "cells": lambda _: Table(
        {
            **{f"c{i}": [t[i] if i < len(t) else None for t in TOKENS] for i in range(4)},
            "n": WEIGHTS,
        },
        columns="all",
        weight="n",
    ),
    "groups": lambda _: Table(
        {
            "g": [g for g, tokens in enumerate(TOKENS) for _ in tokens],
            "t": FLAT,
            "n": [n for n, tokens in zip(WEIGHTS, TOKENS, strict=True) for _ in tokens],
        },
        group="g",
        token="t",
        weight="n",
    ),
    "groups that are spread": lambda _: Table(
        {
            "g": [g for g, _ in SPREAD_OUT],
            "t": [TOKENS[g][i] for g, i in SPREAD_OUT],
            "n": [WEIGHTS[g] for g, _ in SPREAD_OUT],
        },
        group="g",
        token="t",
        weight="n",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("min_count", [1, 6])
@pytest.mark.parametrize("parts", ["small", "large"])
def test_whole_weights_are_the_text_with_so_many_copies(
    kind: str, min_count: int, parts: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Byte for byte, so counts, `min_count`, subsampling and training are those of that text."""
    if parts == "small":
        request.getfixturevalue("small")
    text = read_corpus(written(tmp_path, repeated(LINES, WEIGHTS)), min_count=min_count)
    found = read_source(KINDS[kind](tmp_path), min_count=min_count)
    assert same(found, text)
    assert found.stats.read_tokens == len(FLAT)
    assert found.stats.read_sentences == 5
    assert found.stats.left_out == 1
    if min_count == 6:
        assert found.stats.rare


@pytest.mark.parametrize("memory", [1 << 10, 1 << 26])
def test_groups_in_parts_on_the_disk(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.grouping.MEMORY_BYTES", memory)
    rng = np.random.default_rng(0)
    group = rng.integers(0, 300, 4000)
    weight = rng.integers(0, 4, 300)
    rows = {"g": group, "t": rng.integers(0, 50, 4000), "n": weight[group]}
    table = Table(rows, group="g", token="t", weight="n")
    found = read_corpus(table, min_count=1)
    assert table.stats.arranged == ("on disk" if memory == 1 << 10 else "in memory")
    order = list(dict.fromkeys(group.tolist()))
    lines = [" ".join(map(str, rows["t"][group == g])) for g in order]
    text = [line.split() for line in repeated(lines, weight[order].tolist())]
    assert same(found, read_sentences(text, min_count=1))


def test_all_once_is_the_text_itself(tmp_path: Path) -> None:
    text = read_corpus(written(tmp_path, LINES), min_count=1)
    assert same(read_sentences(Sentences(TOKENS, weights=[1] * 6), min_count=1), text)
    twice = read_corpus(written(tmp_path, LINES * 2), min_count=1)
    assert same(read_sentences(Sentences(TOKENS, weights=[2] * 6), min_count=1), twice)


lists = st.lists(st.tuples(st.lists(st.sampled_from("abc"), max_size=4), st.integers(0, 9)))


@given(lists.filter(lambda some: any(words and n for words, n in some)))
def test_any_whole_weights(some: list[tuple[list[str], int]]) -> None:
    sentences, weights = zip(*some, strict=True)
    lines = repeated([" ".join(words) for words in sentences], list(weights))
    want = read_sentences([line.split() for line in lines], min_count=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "_PIECE_TOKENS", 5)
        patch.setattr(repeating, "_COPIES_AT_ONCE", 4)
        patch.setattr(repeating, "_SENTENCES_AT_ONCE", 3)
        assert same(read_sentences(Sentences(sentences, weights=weights), min_count=1), want)


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


def test_a_text_that_becomes_several_sentences_gives_each_its_weight(tmp_path: Path) -> None:
    texts = ["One two. Three!", "", "Four five", "No. 4 is\n\none. Six? Six."]
    tokenizer = Tokenizer(lower=True, strip_punctuation=True, split_sentences=True)
    one, two, three, four = (
        read_sentences([text], tokenizer=tokenizer, min_count=1) if text else None for text in texts
    )
    assert one
    assert one.stats.sentences == 2
    weights = [2, 9, 1, 3]
    lines = []
    for corpus, n in zip((one, two, three, four), weights, strict=True):
        for some in np.split(corpus.ids, corpus.ends[:-1]) if corpus else []:
            lines.append((" ".join(corpus.vocabulary.words[i] for i in some), n))  # type: ignore[union-attr]
    want = repeated([line for line, _ in lines], [n for _, n in lines])
    text = read_corpus(written(tmp_path, want), min_count=1)
    for source in (
        Sentences(texts, weights=weights),
        Table({"t": texts, "n": weights}, text="t", weight="n"),
    ):
        assert same(read_source(source, tokenizer=tokenizer, min_count=1), text)
    plain = Tokenizer(lower=True)
    lines = [(text.lower().replace("\n", " "), n) for text, n in zip(texts, weights, strict=True)]
    want = repeated([line for line, _ in lines], [n for _, n in lines])
    found = read_sentences(Sentences(texts, weights=weights), tokenizer=plain, min_count=1)
    assert same(found, read_corpus(written(tmp_path, want), min_count=1))


def test_the_same_vectors(tmp_path: Path) -> None:
    options: dict[str, Any] = {"dim": 8, "min_count": 2, "epochs": 2, "workers": 1, "sample": 0}
    options |= {"backend": "numpy"}
    text = written(tmp_path, repeated(LINES * 20, WEIGHTS * 20))
    want = w2v.Word2Vec(**options).fit(text)
    many = Sentences(TOKENS * 20, weights=WEIGHTS * 20)
    found = w2v.Word2Vec(**options).fit(many)
    assert found.vectors.words == want.vectors.words
    assert found.vectors.counts is not None
    assert want.vectors.counts is not None
    assert found.vectors.counts.tolist() == want.vectors.counts.tolist()
    assert found.report["tokens"]["read"] == want.report["tokens"]["read"]
    assert found.report["weighted"] == {"tokens": 240, "sentences": 100, "left_out": 20}
    assert want.report["weighted"] is None
    with read_source(many, min_count=1) as corpus:
        folder = write_encoded(corpus, tmp_path / "encoded")
        assert folder.stats == corpus.stats
        assert "100 sentences with a weight, of 240 words, stand there 260 times, 20 of them" in (
            w2v.read_corpus(tmp_path / "encoded", min_count=1).stats.weighted
        )


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "negative": (
        lambda: Sentences(TOKENS, weights=[1, 2, -0.5, 1, 1, 1]),
        ValueError,
        r"^`weights` must be finite numbers, from 0 to .*; number 3 is -0\.5\.$",
    ),
    "NaN": (
        lambda: Sentences(TOKENS, weights=[1, np.nan, 1, 1, 1, 1]),
        ValueError,
        r"; number 2 is nan\.$",
    ),
    "infinite": (lambda: Sentences(TOKENS, weights=[np.inf] * 6), ValueError, r"; number 1 is inf"),
    "text": (
        lambda: Sentences(TOKENS, weights=["1"] * 6),
        TypeError,
        r"^`weights` must be numbers along one axis, got <U1 of the shape \(6,\)\.$",
    ),
    "too few": (
        lambda: Sentences(TOKENS, weights=[1] * 5),
        ValueError,
        r"^`weights` must have a number for each sentence, at least 6; it has 5\.$",
    ),
    "too many for an iterator": (
        lambda: Sentences(iter(TOKENS), weights=[1] * 7),
        ValueError,
        r"^`weights` must have a number for each sentence, 6; it has 7\.$",
    ),
    "too few for an iterator": (
        lambda: Sentences(iter(TOKENS), weights=[1] * 2),
        ValueError,
        r"a number for each sentence, at least 3; it has 2\.$",
    ),
    "all zero": (
        lambda: Sentences(TOKENS, weights=[0.0] * 6),
        CorpusError,
        r"^By their weights none of 5 sentences stands in the text: .* about 1 or more\.$",
    ),
    "absurd": (
        lambda: Sentences(TOKENS, weights=[1e11] * 6),
        CorpusError,
        r"^The weights make more than 68,719,476,736 tokens of \d+, .* Divide them all by one",
    ),
    "table, negative": (
        lambda: Table({"w": TOKENS, "n": [1, 1, 1, -2, 1, 1]}, token="w", weight="n"),
        CorpusError,
        r"^The weights in the column 'n' must be finite .*; number 4 is -2\.$",
    ),
    "table, NaN": (
        lambda: Table({"w": TOKENS, "n": pa.array([1, np.nan] * 3)}, token="w", weight="n"),
        CorpusError,
        r"^The weights in the column 'n' must be finite .*; number 2 is nan\.$",
    ),
    "table, null": (
        lambda: Table({"w": TOKENS, "n": [1, 1, None, 1, 1, 1]}, token="w", weight="n"),
        CorpusError,
        r"^Row 3 has no weight: there is nothing in the column 'n'\. Give each row a number",
    ),
    "table, no cell": (
        lambda: Table({"w": TOKENS, "n": ["1", " ", "1", "1", "1", "1"]}, token="w", weight="n"),
        CorpusError,
        r"^Row 2 has no weight",
    ),
    "table, text": (
        lambda: Table({"w": TOKENS, "n": ["1", "many", "", "", "", "1"]}, token="w", weight="n"),
        CorpusError,
        r"^Row 3 has no weight",
    ),
    "table, words": (
        lambda: Table({"w": TOKENS, "n": ["1", "many", *"1111"]}, token="w", weight="n"),
        CorpusError,
        r"^The column 'n' \(large_string\) does not hold weights: .*many.* A weight is a number",
    ),
    "table, a time": (
        lambda: Table({"w": TOKENS, "n": pa.array([0] * 6, pa.date32())}, token="w", weight="n"),
        CorpusError,
        r"^The column 'n' \(date32\[day\]\) does not hold weights",
    ),
    "table, no column": (
        lambda: Table({"w": TOKENS, "count": WEIGHTS}, token="w", weight="counts"),
        w2v.ConfigError,
        r"has no column 'counts'\. .* Did you mean 'count'\?",
    ),
    "a group of two minds": (
        lambda: Table(
            {"g": [1, 2, 1], "t": [7, 8, 9], "n": [1, 2, 3]}, group="g", token="t", weight="n"
        ),
        CorpusError,
        r"^The rows of the group '1' have different weights, 1 and 3\. A weight is of a whole",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        read_source(make(), min_count=1)


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


def test_a_text_as_it_is_has_no_weights(tmp_path: Path) -> None:
    table = Table(TABLE, token="words", weight="n")
    with pytest.raises(w2v.ConfigError, match=r"^`weight` says how often .* Leave it out\.$"):
        table.pieces()
    for source in (table, Sentences(TOKENS, weights=WEIGHTS)):
        with pytest.raises(w2v.ConfigError, match=r"^Weights say how often sentences are trained"):
            w2v.Phrases().fit(source)


def test_where_weights_are_given() -> None:
    for name in ("weights", "sample_weight"):
        named: dict[str, Any] = {name: WEIGHTS}
        with pytest.raises(TypeError, match=r"w2v\.Sentences\(sentences, weights=\.\.\.\)"):
            w2v.Word2Vec().fit(TOKENS, **named)
    with pytest.raises(TypeError, match=r"w2v\.Table\(source, weight=\.\.\.\)"):
        w2v.Word2Vec().fit(TOKENS, weight="n")  # type: ignore[call-arg]
