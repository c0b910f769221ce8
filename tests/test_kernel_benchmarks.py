"""What is measured, counted and modelled of the compiled kernels, at tiny size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from benchmarked import run
from corpora import two_topics

from benchmarks import (
    caches,
    crowd,
    kernels,
    merging,
)
from benchmarks.kernels import work
from w2v import Config
from w2v.backends import StepShape
from w2v.training.throughput import zipf_corpus


def test_kernels(tmp_path: Path) -> None:
    quick = ["--tiny", "--kinds", "native", "--tables", "steps", "--cases", "cbow-hs"]
    table, found = run("kernels", tmp_path, *quick)
    kind = found["kinds"]["native"]
    assert kind["steps"]["cbow-hs"]["ns_per_token"] > 0
    assert kind["steps"]["cbow-hs"]["share"] > 0
    assert re.search(r"^\| CBOW, hierarchical softmax \| \d+ ns, \d+% \|$", table, re.MULTILINE)


def test_tables_of_kernels() -> None:
    step = {"ns_per_token": 100.0, "share": 0.5}
    pieces = [
        {"name": "product", "seconds": 1.0, "flops_per_second": 9e10, "share": 1.0},
        {"name": "read rows", "seconds": 1.0, "seconds_per_row": 3e-9, "share": 0.25},
        {"name": "errors", "seconds": 2e-8},
    ]
    native: dict[str, Any] = {"pieces": pieces, "steps": {"cbow-hs": step}}
    native["parts"] = {"cbow-hs": {"dots": 60.0, "sum_rows": 15.0}}
    slower = {**native, "steps": {"cbow-hs": {"ns_per_token": 400.0, "share": 0.1}}}
    slower["parts"] = {"cbow-hs": {"dots": 60.0, "spilt": 15.0, "once": 0.01}}
    kinds = {"native": native, "haswell": slower}
    assert kernels.pieces_table(kinds).splitlines()[2:] == [
        "| product | 90 GFLOP/s, 100% | 90 GFLOP/s, 100% |",
        "| read rows | 3.0 ns a row, 25% | 3.0 ns a row, 25% |",
        "| errors | 20 ns | 20 ns |",
    ]
    assert kernels.steps_table(kinds).splitlines()[2:] == [
        "| CBOW, hierarchical softmax | 100 ns, 50% | 400 ns, 10%; 0.25 of native |"
    ]
    assert kernels.parts_table(kinds).splitlines()[2:] == [
        "| **CBOW, hierarchical softmax** | 100 | 400 |",
        "| dots | 60.0 | 60.0 |",
        "| sum rows | 15.0 | 0.0 |",
        "| spilt | 0.0 | 15.0 |",
        "| the rest | 25.0 | 325.0 |",
    ]
    native["parts"] = None
    assert "cannot be read" in kernels.parts_table(kinds)


def test_coherence(tmp_path: Path) -> None:
    quick = ["--workers", 1, 3, "--chunk", 400, "--tokens", 20_000, "--words", 200, "--dim", 16]
    table, found = run("coherence", tmp_path, *quick)
    assert "| CBOW, hierarchical softmax | no copies | 0.0 (0.0) | " in table
    rows = {(row["case"], row["way"], row["workers"]): row for row in found["rows"]}
    for (case, way, workers), row in rows.items():
        lines = [row[why] for why in caches.WHY]
        assert all(lines) if workers == 3 else not any(lines), (case, way)
    for case, without, copies in [
        ("skip-gram, negative sampling", "no copies", "64 rows copied"),
        ("CBOW, hierarchical softmax", "no copies", "1,024 nodes copied"),
    ]:
        assert rows[case, copies, 3]["read"] < rows[case, without, 3]["read"] / 2


def test_rows_come_from_the_core_that_changed_them_last() -> None:
    """Two ways wide would be enough: the ninth row of a set takes the place of the first."""
    cores = caches.cores_of(3, 100, caches.WAYS)  # one set each
    for core, row, write, expected in [
        (0, 7, True, [0, 0, 0, 0]),  # from memory
        (0, 7, True, [0, 0, 0, 0]),
        (1, 7, False, [0, 1, 0, 0]),
        (2, 7, False, [0, 1, 0, 0]),  # no longer changed
        (0, 7, True, [0, 1, 0, 1]),  # the others lose what they have
        (1, 7, True, [0, 1, 1, 1]),
        *((1, other, True, [0, 1, 1, 1]) for other in range(10, 10 + caches.WAYS)),
        (0, 7, False, [0, 1, 1, 1]),  # which went back to memory
    ]:
        caches.want.py_func(cores, core, row, caches.WRITE if write else caches.READ)
        assert cores.counts.tolist() == expected, (core, row)


def test_crowd(tmp_path: Path) -> None:
    text, scores = tmp_path / "text.txt", tmp_path / "eval"
    text.write_text("\n".join(map(" ".join, two_topics(400))), encoding="utf-8")
    scores.mkdir()
    (scores / "pairs.tsv").write_text("animal1\tanimal2\t9\nanimal1\ttool2\t1\ntool1\ttool2\t8\n")
    quick = ["--eval-dir", scores, "--workers", 1, 2, "--cases", "cbow-hs", "--epochs", 1]
    table, found = run("crowd", tmp_path, text, *quick, "--dim", 8)
    assert table.count("| CBOW, hierarchical softmax |") == 2
    assert [row["workers"] for row in found["runs"]] == [1, 2]


def test_merging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 1 << 9)
    text, scores = tmp_path / "text.txt", tmp_path / "eval"
    text.write_text("\n".join(map(" ".join, two_topics(800))), encoding="utf-8")
    scores.mkdir()
    (scores / "pairs.tsv").write_text("animal1\tanimal2\t9\nanimal1\ttool2\t1\ntool1\ttool2\t8\n")
    quick = ["--eval-dir", scores, "--shards", 1, 3, "--cases", "cbow-ns", "--epochs", 2]
    rules = list(merging.RULES)
    table, found = run("merging", tmp_path, text, *quick, "--dim", 8, "--rules", *rules)
    assert [(row["rule"], row["workers"]) for row in found["runs"]] == [
        (rule, shards) for rule in rules for shards in (1, 3)
    ]
    losses = {row["rule"]: row["loss"] for row in found["runs"] if row["workers"] == 3}
    assert len(set(losses.values())) == len(rules)  # none is another
    alone = {row["loss"] for row in found["runs"] if row["workers"] == 1 and row["rule"] == "steep"}
    assert losses["steep"] == pytest.approx(min(alone), abs=0.3)
    assert table.count("| CBOW, negative sampling |") == 2 * len(rules)


def test_a_crowd_is_held_to_its_first_row() -> None:
    runs = [
        {"case": "c", "workers": workers, "seed": 1, "analogies": found, "spearman x": 0.5}
        for workers, found in ((2, 0.4), (8, 0.396), (32, 0.394))
    ]
    assert [row["below"] for row in crowd.summarise(runs)] == [[], [], ["analogies"]]


def test_work_is_what_the_blocks_ask_for() -> None:
    corpus = zipf_corpus(10_000, 4)  # codes of 1, 2, 3 and 3 bits, or of 2 each
    shape = StepShape(block=1, shared=5, step=1)
    flops, rows = work(Config(dim=1, window=1), shape, corpus)
    assert (flops, rows) == (6 * (2 + 5), 1 + 3 + 5)  # word2vec's own scheme
    flops, rows = work(Config(dim=10, window=1, model="cbow"), shape, corpus)
    assert (flops, rows) == (10 * (2 * 2 + 6 * 6), 9)
    for model, expected in (("skipgram", 6 * 2), ("cbow", 6)):
        flops, rows = work(Config(dim=1, window=1, model=model, loss="hs"), shape, corpus)
        path = rows - 3
        assert 1 < path <= 3
        assert flops == pytest.approx(expected * path + (2 * 2 if model == "cbow" else 0))
