"""Analogies and word pairs alike: what is reported, files, gensim's scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from royalty import QUESTIONS, TABLE, WORDS, text

from w2v.errors import EvaluationError
from w2v.evaluation import scoring as module
from w2v.evaluation.scores import Score
from w2v.evaluation.scoring import evaluate, evaluate_analogies, evaluate_pairs
from w2v.queries import cosines
from w2v.vectors import Vectors


@pytest.fixture
def vectors() -> Vectors:
    return Vectors(WORDS, TABLE)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return text(tmp_path, QUESTIONS)


def test_vectors_that_are_not_numbers_answer_nothing(tmp_path: Path, questions: Path) -> None:
    broken = Vectors(WORDS, np.full((6, 4), np.nan))
    pairs = text(tmp_path, "man woman 1\nking fox 2\n", "pairs")
    result = evaluate(broken, questions, pairs).as_dict(20)
    assert result["analogies"][0]["total"] == 0
    assert result["analogies"][0]["oov"] == 5
    assert result["pairs"][0]["oov"] == 2
    assert result["pairs"][0]["pearson"] is None
    assert result["pairs"][0]["pearson_interval"] is None
    json.dumps(result, allow_nan=False)


def test_files_that_cannot_be_read_are_refused(vectors: Vectors, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 b c d\n")
    for run in (evaluate_analogies, evaluate_pairs):
        with pytest.raises(EvaluationError, match=r"Cannot read .*missing: No such file"):
            run(vectors, tmp_path / "missing")
        with pytest.raises(EvaluationError, match=r"Cannot read .*: Is a directory"):
            run(vectors, tmp_path)
        with pytest.raises(
            EvaluationError, match=r"latin\.txt is not a UTF-8 text file\. .* iconv"
        ):
            run(vectors, tmp_path / "latin.txt")
        with pytest.raises(EvaluationError, match=r"The name of the evaluation file is empty\."):
            run(vectors, "")
        with pytest.raises(EvaluationError, match="holds a character that no file name can hold"):
            run(vectors, "a\0b")


def test_scores_are_what_json_can_hold(vectors: Vectors, questions: Path, tmp_path: Path) -> None:
    pairs = text(tmp_path, "man king 3\nman fox 2\nman queen 1\n", "pairs.txt")
    result = evaluate(vectors, questions, [pairs, pairs]).as_dict()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert list(result) == ["analogies", "totals", "pairs"]
    assert result["analogies"] == [
        {
            "file": str(questions),
            "method": "3cosadd",
            "accuracy": 0.5,
            "correct": 2,
            "total": 4,
            "oov": 1,
            "sections": {
                "family": {"accuracy": 0.5, "correct": 1, "total": 2, "oov": 1},
                "gram1-animals": {"accuracy": 0.5, "correct": 1, "total": 2, "oov": 0},
            },
            "semantic": {"accuracy": 0.5, "correct": 1, "total": 2, "oov": 1},
            "syntactic": {"accuracy": 0.5, "correct": 1, "total": 2, "oov": 0},
        }
    ]
    assert result["totals"] == []
    assert len(result["pairs"]) == 2
    assert list(result["pairs"][0]) == ["file", "spearman", "pearson", "pairs", "oov", "remarks"]


def test_with_resamples_each_score_has_an_interval(
    vectors: Vectors, questions: Path, tmp_path: Path
) -> None:
    pairs = text(tmp_path, "man king 3\nman fox 2\nman queen 1\ndog vixen 3\n", "pairs.txt")
    result = evaluate(vectors, questions, pairs).as_dict(100)
    assert json.loads(json.dumps(result, allow_nan=False))
    low, high = result["analogies"][0]["interval"]
    assert low <= 0.5 <= high
    assert "interval" in result["analogies"][0]["sections"]["family"]
    low, high = result["pairs"][0]["spearman_interval"]
    assert -1 <= low <= result["pairs"][0]["spearman"] <= high <= 1


def test_several_files_have_a_total(vectors: Vectors, questions: Path, tmp_path: Path) -> None:
    other = text(tmp_path, "man woman fox vixen\nking queen man nobody\n", "other.txt")
    found = evaluate(vectors, [questions, other], methods=cosines.METHODS)
    assert [result.method for result in found.analogies] == [*cosines.METHODS, *cosines.METHODS]
    assert [result.method for result in found.totals] == list(cosines.METHODS)
    total = found.totals[0]
    assert total.sections == {str(questions): Score(2, 4, 1), str(other): Score(1, 1, 1)}
    assert total.overall == Score(3, 5, 2)


def test_what_was_not_asked_for_is_absent(
    vectors: Vectors, questions: Path, tmp_path: Path
) -> None:
    pairs = text(tmp_path, "man king 3\nman queen 1\n", "pairs.txt")
    nothing: dict[str, list[object]] = {"analogies": [], "totals": [], "pairs": []}
    assert evaluate(vectors).as_dict() == nothing
    assert evaluate(vectors, questions).pairs == []
    assert evaluate(vectors, pairs=[pairs]).analogies == []
    named = evaluate(vectors, pairs=str(pairs)).as_dict()
    assert named == evaluate(vectors, pairs=[pairs]).as_dict()
    assert evaluate(vectors, questions, restrict_vocab=3).analogies[0].overall.accuracy is None


def mixed_case() -> tuple[list[str], Vectors]:
    rng = np.random.default_rng(2)
    words = [f"w{i}" if i % 9 else f"W{i // 2}" for i in range(90)]
    return words, Vectors(words, rng.normal(size=(90, 4)))


@pytest.mark.parametrize("restrict", [60, 90])
@pytest.mark.parametrize("oov", module.OOV)
@pytest.mark.parametrize(("case", "insensitive"), [("fold", True), ("exact", False)])
def test_scores_equal_gensims(
    tmp_path: Path, restrict: int, oov: str, case: str, insensitive: bool
) -> None:
    models = pytest.importorskip("gensim.models")
    words, vectors = mixed_case()
    theirs = models.KeyedVectors(4)
    theirs.add_vectors(words, vectors.matrix)
    rng = np.random.default_rng(3)
    spelled = [*words, "unknown", "W1", "w9"]
    asked = [" ".join(rng.choice(spelled, 4, replace=False)) for _ in range(1500)]
    questions = text(tmp_path, ": all\n" + "\n".join(asked))
    drawn = [rng.choice(spelled, 2, replace=False).tolist() for _ in range(80)]
    drawn = [[a, b] for a, b in drawn if a.lower() != b.lower()]  # 1 up to rounding: no ranks
    lines = [f"{a}\t{b}\t{i % 7}" for i, (a, b) in enumerate(drawn)]
    pairs = text(tmp_path, "\n".join(lines), "pairs.tsv")
    same = {
        "restrict_vocab": restrict,
        "case_insensitive": insensitive,
        "dummy4unknown": oov == "zero",
    }
    accuracy, _ = theirs.evaluate_word_analogies(str(questions), **same)
    pearson, spearman, _ = theirs.evaluate_word_pairs(str(pairs), **same)
    answers = evaluate_analogies(vectors, questions, restrict, oov=oov, case=case)
    assert answers.overall.accuracy == accuracy > 0
    found = evaluate_pairs(vectors, pairs, restrict, oov=oov, case=case)
    assert found.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert found.spearman == pytest.approx(spearman[0], abs=1e-6)
