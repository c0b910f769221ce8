"""The small commands, and what is true of every command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from commands import refused, run
from corpora import two_topics

from w2v import Vectors, load
from w2v.cli import main
from w2v.text import python_prose

ROOT = Path(__file__).parents[2]


def test_nearest(vectors: Path) -> None:
    result = run("nearest", vectors, "animal1", "tool2", "-n", "3")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["animal1", "tool2"]
    assert len(lines) == 8
    name, cosine = lines[1].split()
    table = load(vectors)
    [(best, expected)] = table.most_similar("animal1", n=1)
    assert name == best
    assert float(cosine) == pytest.approx(expected, abs=1e-4)


def test_eval(tmp_path: Path) -> None:
    words = ["king", "man", "queen", "woman", "apple"]
    matrix = [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    Vectors(words, matrix).save(tmp_path / "v.txt")
    questions = tmp_path / "questions.txt"
    questions.write_text(": family\nman king woman queen\nman king woman pear\n: gram1\n")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("king\tqueen\t8\nking\tman\t9\nking\tapple\t1\nking\tpear\t2\n")
    result = run("eval", tmp_path / "v.txt", "--analogies", questions, "--pairs", pairs, "--json")
    assert result.exit_code == 0, result.output
    (scores,) = json.loads(result.stdout)["vectors"]
    assert scores["analogies"][0]["accuracy"] == 1.0
    assert (scores["analogies"][0]["total"], scores["analogies"][0]["oov"]) == (1, 1)
    assert scores["pairs"][0]["spearman"] == pytest.approx(1.0)
    assert (scores["pairs"][0]["pairs"], scores["pairs"][0]["oov"]) == (3, 1)
    table = run("eval", tmp_path / "v.txt", "--analogies", questions, "--pairs", pairs)
    assert "family" in table.stdout
    assert "pairs.tsv" in table.stdout


def test_eval_options_reach_the_scores(vectors: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.txt", "b.txt", "p.tsv", "q.tsv")]
    for path in files[:2]:
        path.write_text("animal1 animal2 tool1 tool2\nanimal1 animal2 TOOL1 nobody\n")
    for path in files[2:]:
        path.write_text("animal1 animal2 9\nanimal1 tool2 1\nANIMAL3 animal2 8\n")
    flags: list[object] = ["--analogies", files[0], "--analogies", files[1], "--pairs", files[2]]
    flags += ["--pairs", files[3], "--restrict-vocab", 26, "--restrict-pairs", 25]
    flags += ["--method", "3cosmul", "--method", "3cosadd", "--oov", "zero", "--case", "exact"]
    flags += ["--resamples", 50, "--backend", "numpy", "--json"]
    result = run("eval", vectors, vectors, *flags)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["options"] == {
        "restrict_vocab": 26,
        "restrict_pairs": 25,
        "methods": ["3cosmul", "3cosadd"],
        "oov": "zero",
        "case": "exact",
        "resamples": 50,
        "backend": "numpy",
    }
    assert [v["file"] for v in found["vectors"]] == [str(vectors)] * 2
    asked = [(Path(a["file"]).name, a["method"]) for a in found["vectors"][0]["analogies"]]
    assert asked == [(f, m) for f in ("a.txt", "b.txt") for m in ("3cosmul", "3cosadd")]
    assert [t["total"] for t in found["vectors"][0]["totals"]] == [4, 4]
    (same,) = found["comparisons"]
    assert [a["p"] for a in same["analogies"]] == [1.0] * 4
    assert [p["spearman"]["difference"] for p in same["pairs"]] == [0.0, 0.0]


def test_eval_tells_how_far_it_is(vectors: Path, tmp_path: Path) -> None:
    questions = tmp_path / "long.txt"
    questions.write_text("animal1 animal2 tool1 tool2\n" * 2200)
    for seconds, expected in ((0.0, ["1,024 of 2,200", "2,048 of 2,200"]), (1e9, [])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("w2v.display._LINE_EVERY_S", seconds)
            result = run("eval", vectors, "--analogies", questions)
        assert re.findall(r"long.txt \d+%, (.*) questions", result.stderr) == expected


def test_backends() -> None:
    result = run("backends")
    assert result.exit_code == 0
    assert re.search(r"^numpy +usable .* GiB$", result.stdout, re.MULTILINE)
    assert re.search(r"^cupy +(usable|not installed|broken|no device)", result.stdout, re.MULTILINE)
    assert re.search(
        r"^ +\S.*; numba computes with vectors of \d+ floats$", result.stdout, re.MULTILINE
    )


@pytest.mark.parametrize("text", ["austen", "python"])
def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("w2v.text.python_prose", lambda: islice(python_prose(), 20_000))
    out = tmp_path / "demo.bin"
    options = ("--epochs", "1", "--dim", "10", "--words", "3", "--text", text)
    result = run("demo", "-o", out, *options)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    table = load(out)
    for line in lines:
        word, neighbours = line.split(maxsplit=1)
        expected = [name for name, _ in table.most_similar(word, n=6, restrict_vocab=2500)]
        assert neighbours.split(", ") == expected
    assert "Jane Austen" in result.stderr or text == "python"
    assert "\nall " in result.stderr


def test_the_demo_convinces() -> None:
    result = run("demo", "--words", "15", "--workers", "1")
    found = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert len(found) == 15
    for word, near in {
        "elizabeth": {"emma", "anne", "elinor", "catherine", "marianne", "fanny"},
        "darcy": {"bingley", "wickham", "knightley", "crawford", "collins", "willoughby"},
        "father": {"mother", "brother", "uncle", "sister"},
        "three": {"two", "four", "six", "seven", "five", "eight"},
        "morning": {"day", "evening", "afternoon"},
        "dinner": {"breakfast", "tea", "supper"},
        "carriage": {"chaise", "horses", "door"},
    }.items():
        assert len(near & set(found[word].replace(",", "").split())) >= 2, found[word]


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example_and_is_shown_on_a_page(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"w2v {name}" in result.stdout.split("Options:")[0].split("Example", 1)[1]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert any(f"    w2v {name}" in page.read_text(encoding="utf-8") for page in pages)


def test_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "w2v", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("w2v, version ")


@pytest.mark.parametrize("as_json", [False, True])
def test_bench(as_json: bool) -> None:
    options = ["--model", "cbow", "--dim", 8, "--words", 100, "--tokens", 10**9, "--epochs", 2]
    result = run("bench", *options, "--seconds", 0.01, "--workers", 1, *["--json"] * as_json)
    assert result.exit_code == 0, result.output
    if as_json:
        found = json.loads(result.stdout)
        assert found["corpus"]["tokens"] == 10**9
        assert {s["model"] for s in found["speeds"]} == {"cbow"}
        assert {"ns", "hs"} == {s["loss"] for s in found["speeds"] if s["backend"] == "numpy"}
        assert all(s["estimated_seconds"] > 1 for s in found["speeds"])
    else:
        head, *_ = result.stdout.splitlines()
        assert head.endswith("1G tokens, 2 epochs")
        assert re.search(r"^cbow +ns +numpy +\S+[kM] +\d+:\d\d:\d\d$", result.stdout, re.MULTILINE)
        assert "\nFastest here: " in result.stdout


def test_bench_of_a_corpus(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, two_topics(400))) + "\nonce\n", encoding="utf-8")
    options = ["--model", "cbow", "--loss", "ns", "--dim", 4, "--seconds", 0.01, "--workers", 1]
    found = json.loads(run("bench", text, *options, "--epochs", 3, "--json").stdout)
    assert found["corpus"]["tokens"] == 3200
    assert found["corpus"]["epochs"] == 3
    assert found["workers"] == []
    refused(run("bench", text, "--tokens", 10), 2, "--tokens has no meaning with a corpus")
    refused(run("bench", "--min-count", 2), 2, "--min-count has no meaning without a corpus")
    refused(run("bench", tmp_path / "none"), 1, "none")


def test_bench_of_what_will_never_end() -> None:
    options = ["--model", "cbow", "--loss", "ns", "--dim", 4, "--words", 100, "--seconds", 0.01]
    result = run("bench", *options, "--tokens", 10**15, "--epochs", 2**31 - 1)
    assert result.exit_code == 0, result.output
    assert re.search(r"^cbow +ns +numpy +\S+ +millions of years$", result.stdout, re.MULTILINE)


def test_bench_refuses_what_has_no_meaning() -> None:
    refused(run("bench", "--loss", "hs", "--negative", 5), 2, "--negative has a meaning only with")
    refused(run("bench", "--window", 0), 2, "--window must be at least 1")
    refused(run("bench", "--tokens", 10**30), 2, "--tokens.*is not in the range 1<=x<=10")
    refused(run("bench", "--seconds", "nan"), 2, "--seconds.*expected a number, got nan")
    refused(run("bench", "--seconds", "inf"), 2, "--seconds.*inf is not in the range 0<x<=3600")
