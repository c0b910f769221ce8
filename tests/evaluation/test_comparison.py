"""Scores of files, side by side, and the tables that show them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wcwidth
from royalty import TABLE, WORDS

from w2v.errors import EvaluationError, VectorFileError
from w2v.evaluation import resampling
from w2v.evaluation.comparison import compare, score_files
from w2v.evaluation.scoreboard import format_table
from w2v.evaluation.scoring import evaluate
from w2v.vectors import Vectors

GOOD = Vectors(WORDS, TABLE)
BAD = Vectors(WORDS, [*TABLE[:3], TABLE[5], TABLE[4], TABLE[3]])  # queen and vixen exchanged
FEW = Vectors(WORDS[:4], TABLE[:4])


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.txt"
    path.write_text(
        ": family\nman woman king queen\nking queen man woman\n: gram1\nman woman fox vixen\n"
    )
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    lines = ["man king 9", "woman queen 8", "man queen 1", "fox man 7", "king queen 5", "man x 2"]
    path.write_text("\n".join(line.replace(" ", "\t") for line in lines))
    return path


def saved(folder: Path, **vectors: Vectors) -> list[str]:
    for name, value in vectors.items():
        value.save(folder / f"{name}.bin")
    return [str(folder / f"{name}.bin") for name in vectors]


def test_answers_are_compared_question_by_question(questions: Path) -> None:
    good, bad = (evaluate(vectors, questions) for vectors in (GOOD, BAD))
    assert good.analogies[0].right.tolist() == [True, True, True]
    rights = bad.analogies[0].right
    assert not rights[0]
    found = compare(good, bad, 200)["analogies"][0]
    lost = 3 - int(rights.sum())
    assert found["difference"] == pytest.approx(-lost / 3)
    assert (found["only_first"], found["only_second"], found["total"]) == (lost, 0, 3)
    assert found["p"] == resampling.mcnemar(lost, 0)
    assert found["sections"]["gram1"]["total"] == found["syntactic"]["total"] == 1
    assert found["semantic"] == found["sections"]["family"]


def test_only_what_both_can_answer_is_compared(questions: Path, pairs: Path) -> None:
    good, few = (evaluate(vectors, questions, pairs) for vectors in (GOOD, FEW))
    found = compare(good, few, 50)
    assert found["analogies"][0]["total"] == 2
    assert found["analogies"][0]["sections"]["gram1"]["difference"] is None
    assert found["analogies"][0]["sections"]["gram1"]["p"] is None
    assert (good.pairs[0].pairs, few.pairs[0].pairs, found["pairs"][0]["pairs"]) == (5, 4, 4)
    assert found["pairs"][0]["spearman"]["difference"] == pytest.approx(0)
    good, few = (evaluate(v, questions, pairs, oov="zero") for v in (GOOD, FEW))
    assert compare(good, few, 0)["analogies"][0]["total"] == 3
    assert compare(good, few, 0)["pairs"][0]["pairs"] == 6


def test_correlations_are_compared_on_the_same_resamples(tmp_path: Path) -> None:
    """Vectors that agree on every pair differ by 0 in every resample; noise lowers one."""
    rng = np.random.default_rng(8)
    angles = rng.uniform(0, np.pi, 60)
    words = ["x", *(f"w{i}" for i in range(60))]

    def fan(noise: float) -> Vectors:
        turned = [0.0, *(angles + noise * rng.normal(size=60))]
        return Vectors(words, np.column_stack([np.cos(turned), np.sin(turned)]))

    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"x\tw{i}\t{-angle}" for i, angle in enumerate(angles)))
    exact, twice, noisy = (evaluate(v, pairs=path) for v in (fan(0), fan(0), fan(0.8)))
    same = compare(exact, twice, 300)["pairs"][0]["spearman"]
    assert same == {"difference": 0.0, "interval": (0.0, 0.0), "p": 1.0}
    worse = compare(exact, noisy, 300)["pairs"][0]["spearman"]
    values = noisy.pairs[0].spearman, exact.pairs[0].spearman
    assert worse["difference"] == pytest.approx(values[0] - values[1])  # type: ignore[operator]
    low, high = worse["interval"]
    assert low < worse["difference"] < high < 0
    assert worse["p"] == pytest.approx(2 / 301)
    unsure = compare(exact, noisy, 0)["pairs"][0]["spearman"]
    assert (unsure["interval"], unsure["p"]) == (None, None)


def test_files_are_scored_one_after_the_other(tmp_path: Path, questions: Path, pairs: Path) -> None:
    names = saved(tmp_path, good=GOOD, bad=BAD, few=FEW)
    result = score_files(names, [questions], [pairs], 100, backend="numpy")
    assert json.loads(json.dumps(result, allow_nan=False)) == json.loads(json.dumps(result))
    assert [v["file"] for v in result["vectors"]] == names
    assert [v["words"] for v in result["vectors"]] == [6, 6, 4]
    ends = [(c["first"], c["second"]) for c in result["comparisons"]]
    assert ends == [(names[0], names[1]), (names[0], names[2])]
    assert result["options"] == {
        "restrict_vocab": 30_000,
        "restrict_pairs": None,
        "methods": ["3cosadd"],
        "oov": "skip",
        "case": "fallback",
        "resamples": 100,
        "backend": "numpy",
    }
    assert score_files(names, [questions], [pairs], 100, backend="numpy") == result


def test_broken_files_are_told_before_any_work(tmp_path: Path, questions: Path) -> None:
    names = saved(tmp_path, good=GOOD)
    broken = tmp_path / "broken.txt"
    broken.write_text("a b\n")
    asked: list[Any] = []

    def ask(*at: Any) -> None:
        asked.append(at)

    with pytest.raises(EvaluationError, match="line 1: expected two words"):
        score_files(names, [questions], [broken], progress=ask)
    with pytest.raises(EvaluationError, match="line 1: expected the four words"):
        score_files(names, [questions, broken], [], progress=ask)
    with pytest.raises(VectorFileError, match="missing"):
        score_files([*names, tmp_path / "missing.bin"], [questions], [], progress=ask)
    with pytest.raises(EvaluationError, match="/dev/null is a pipe or a device"):
        score_files(names, [questions], ["/dev/null"], progress=ask)
    assert not asked


def shown(result: dict[str, Any]) -> list[list[str]]:
    """The table without its widths: cells by two or more spaces."""
    return [
        [cell for cell in line.split("  ") if cell.strip()]
        for line in format_table(result).splitlines()
    ]


def test_the_table_of_one_file(tmp_path: Path, questions: Path, pairs: Path) -> None:
    names = saved(tmp_path, good=GOOD)
    table = format_table(score_files(names, [questions], [pairs], 0))
    assert table.splitlines() == [
        f"{names[0]}: 6 words of 4 dimensions",
        "",
        "questions.txt, 3CosAdd  accuracy  95 %  correct  total  oov",
        "  family                 100.0 %     -        2      2    0",
        "  gram1                  100.0 %     -        1      1    0",
        "  (semantic)             100.0 %     -        2      2    0",
        "  (syntactic)            100.0 %     -        1      1    0",
        "  (all)                  100.0 %     -        3      3    0",
        "",
        "pairs        Spearman  95 %  Pearson  95 %  pairs  oov",
        "  pairs.tsv     0.894     -    0.965     -      5    1",
        "",
        "Analogies among the first 30,000 words; those with another word (oov) are left out.",
        "Pairs among all words; those with another word (oov) are left out.",
        "pairs.tsv: a correlation over 5 pairs says next to nothing; some hundred are usual.",
    ]


def test_the_table_says_the_policy(tmp_path: Path, questions: Path, pairs: Path) -> None:
    names = saved(tmp_path, few=FEW)
    options: dict[str, Any] = {"oov": "zero", "restrict_vocab": 0, "restrict_pairs": 3}
    table = format_table(score_files(names, [questions], [pairs], 300, **options))
    assert "Analogies among all words; those with another word (oov) count as wrong." in table
    expected = "Pairs among the first 3 words; those with another word (oov) count with a cosine of"
    assert expected in table
    assert "95 %: bootstrap, 300 resamples." in table


def test_the_table_side_by_side(tmp_path: Path, questions: Path, pairs: Path) -> None:
    names = saved(tmp_path, good=GOOD, bad=BAD, few=FEW)
    rows = shown(score_files(names, [questions], [pairs], 300))
    assert rows[0] == ["A", f"{names[0]}: 6 words of 4 dimensions"]
    heads = ["A", "B", "C", "B - A", "95 %", "p", "n", "C - A", "95 %", "p", "n"]
    assert [cell.strip() for cell in rows[4]] == ["questions.txt, 3CosAdd", *heads]
    gram = next(row for row in rows if row and row[0] == "gram1")
    assert [gram[1].strip(), gram[3].strip()] == ["100.0 %", "-"]
    assert [cell.strip() for cell in gram[-4:]] == ["-", "-", "-", "0"]
    titles = [row[0] for row in rows if row]
    assert "pairs, Spearman" in titles
    assert "pairs, Pearson" in titles
    assert any("McNemar's exact test" in title for title in titles)


def test_columns_stand_below_each_other_whatever_the_script(tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text(
        ": \u6771\u4eac\u306e\u8a00\u8449\nman woman king queen\n: e\u0301\nman woman fox vixen\n"
    )
    (name,) = saved(tmp_path, good=GOOD)
    lines = format_table(score_files([name], [asked], [], 0)).splitlines()
    rows = [line for line in lines if line.startswith("  ")]
    assert {wcwidth.width(line) for line in rows} == {wcwidth.width(lines[2])}
    assert len({len(line) for line in rows}) > 1


@pytest.mark.parametrize("oov", ["skip", "zero"])
def test_the_table_says_so_where_nothing_is_known(tmp_path: Path, oov: str) -> None:
    asked, some, none = (tmp_path / name for name in ("asked.txt", "some.tsv", "none.tsv"))
    asked.write_text("ein zwei drei vier\n")
    some.write_text("man\tking\t1\nman\tMann\t2\n")
    none.write_text("man\tMann\t1\n")
    (name,) = saved(tmp_path, good=GOOD)
    why = "each has a word without a vector. Are the vectors of another language, or of too few"
    table = format_table(score_files([name], [asked], [some, none], 0, oov=oov)).splitlines()
    assert table[-2].startswith(f"No analogy of asked.txt could be asked: {why}")
    assert table[-1].startswith(f"No pair of none.tsv could be scored: {why}")
    assert not any("some.tsv could" in line for line in table)
    beside = format_table(score_files([name, name], [asked], [], 0, oov=oov))
    assert beside.count(f"No analogy of asked.txt could be asked for {name}: {why}") == 2


def test_one_long_name_pads_no_other_row(tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text(f": {'x' * 7000}\nman woman king queen\n: short\nman woman fox vixen\n")
    (name,) = saved(tmp_path, good=GOOD)
    lines = format_table(score_files([name], [asked], [], 0)).splitlines()
    assert max(map(len, (line for line in lines if "xxx" not in line))) < 200


def test_words_without_a_direction_are_told(tmp_path: Path, questions: Path) -> None:
    (name,) = saved(tmp_path, odd=Vectors([*WORDS, "zero"], np.vstack([TABLE, np.zeros(4)])))
    table = format_table(score_files([name], [questions], [], 0))
    assert f"1 word of {name} has no direction (zero, NaN or infinite), and count" in table
