"""Weighted sentences: as if each stood in the text so often, spread over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import assert_same
from weighted import LINES, TOKENS, WEIGHTS, repeated

import w2v
from w2v.text import (
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


def written(folder: Path, lines: list[str]) -> Path:
    (folder / "text.txt").write_text("".join(line + "\n" for line in lines))
    return folder / "text.txt"


def csv_of(folder: Path) -> Path:
    rows = "".join(f"{line},{n}\n" for line, n in zip(LINES, WEIGHTS, strict=True))
    (folder / "weighted.csv").write_text("body,n\n" + rows)
    return folder / "weighted.csv"


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
        request.getfixturevalue("small_parts")
    text = read_corpus(written(tmp_path, repeated(LINES, WEIGHTS)), min_count=min_count)
    found = read_source(KINDS[kind](tmp_path), min_count=min_count)
    assert_same(found, text)
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
    assert_same(found, read_sentences(text, min_count=1))


def test_all_once_is_the_text_itself(tmp_path: Path) -> None:
    text = read_corpus(written(tmp_path, LINES), min_count=1)
    assert_same(read_sentences(Sentences(TOKENS, weights=[1] * 6), min_count=1), text)
    twice = read_corpus(written(tmp_path, LINES * 2), min_count=1)
    assert_same(read_sentences(Sentences(TOKENS, weights=[2] * 6), min_count=1), twice)


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
        assert_same(read_sentences(Sentences(sentences, weights=weights), min_count=1), want)


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
        assert_same(read_source(source, tokenizer=tokenizer, min_count=1), text)
    plain = Tokenizer(lower=True)
    lines = [(text.lower().replace("\n", " "), n) for text, n in zip(texts, weights, strict=True)]
    want = repeated([line for line, _ in lines], [n for _, n in lines])
    found = read_sentences(Sentences(texts, weights=weights), tokenizer=plain, min_count=1)
    assert_same(found, read_corpus(written(tmp_path, want), min_count=1))


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
