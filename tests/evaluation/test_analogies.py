"""Analogies: worked scores, policies, odd files, gensim's answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from royalty import QUESTIONS, TABLE, WORDS, text

from w2v.backends import Backend
from w2v.errors import EvaluationError
from w2v.evaluation import scoring as module
from w2v.evaluation.scores import Score
from w2v.evaluation.scoring import evaluate, evaluate_analogies
from w2v.queries import cosines
from w2v.vectors import Vectors


@pytest.fixture
def vectors() -> Vectors:
    return Vectors(WORDS, TABLE)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return text(tmp_path, QUESTIONS)


def test_analogies_are_counted_by_section(vectors: Vectors, questions: Path) -> None:
    found = evaluate_analogies(vectors, questions)
    assert found.sections == {"family": Score(1, 2, 1), "gram1-animals": Score(1, 2, 0)}
    assert found.overall == Score(correct=2, total=4, oov=1)
    assert found.overall.accuracy == 0.5
    assert found.semantic == Score(1, 2, 1)
    assert found.syntactic == Score(1, 2, 0)


def test_words_beyond_the_restriction_are_neither_asked_nor_answered(
    vectors: Vectors, questions: Path
) -> None:
    assert evaluate_analogies(vectors, questions, 4).overall == Score(1, 1, 4)
    assert evaluate_analogies(vectors, questions, 3).overall == Score(0, 0, 5)
    assert evaluate_analogies(vectors, questions, 3).overall.accuracy is None
    for everything in (None, 0, 6, 99, np.int64(99)):
        found = evaluate_analogies(vectors, questions, everything)
        assert found.overall.total == 4
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        evaluate_analogies(vectors, questions, -1)


def test_the_words_of_the_question_are_no_answer(tmp_path: Path) -> None:
    # b is the nearest to b - a + c, as it nearly always is
    vectors = Vectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 1], [1, -0.1], [0, 1.0]]))
    asked = text(tmp_path, ": s\na b c d\na b c b\nb b b b\n")
    assert evaluate_analogies(vectors, asked).overall == Score(correct=1, total=3)


def test_with_nothing_left_to_answer_no_answer_is_right(tmp_path: Path) -> None:
    vectors = Vectors(["a", "b", "c"], np.eye(3))
    assert evaluate_analogies(vectors, text(tmp_path, ": s\na b c a\n")).overall == Score(0, 1)


def test_vocabularies_in_capitals_answer_questions_that_are_not(tmp_path: Path) -> None:
    capitals = Vectors([word.upper() for word in WORDS], TABLE)
    assert evaluate_analogies(capitals, text(tmp_path, QUESTIONS)).overall == Score(2, 4, 1)


def test_a_question_word_in_another_case_is_no_answer_and_the_answer_may_be(tmp_path: Path) -> None:
    words = ["a", "b", "c", "d", "B", "D"]
    apart: list[list[float]] = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0.1, 0], [0, 0, 0, 1]]
    table: list[list[float]] = [*apart, [1, 1, 0.01, 0], [0, 1, 0, 0]]
    asked = text(tmp_path, "a b c d\n")
    assert Vectors(words, table).most_similar(["b", "c"], "a", n=2)[0][0] == "B"
    assert evaluate_analogies(Vectors(words, table), asked).overall == Score(1, 1)


def random_questions(words: int = 60, dim: int = 4) -> tuple[Vectors, list[list[str]]]:
    rng = np.random.default_rng(11)
    vectors = Vectors([f"w{i}" for i in range(words)], rng.normal(size=(words, dim)))
    return vectors, [[f"w{i}" for i in rng.choice(words, 4, replace=False)] for _ in range(200)]


@pytest.mark.parametrize(("questions_held", "rows_held"), [(1, 60), (7, 13), (200, 1), (512, 99)])
def test_analogies_agree_with_asking_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, questions_held: int, rows_held: int
) -> None:
    vectors, asked = random_questions()
    expected = [vectors.most_similar([b, c], a, n=1)[0][0] == d for a, b, c, d in asked]
    assert any(expected)
    monkeypatch.setattr(module, "_QUESTIONS", questions_held)
    monkeypatch.setattr(cosines, "COSINES_HELD", rows_held * questions_held)
    file = text(tmp_path, "\n".join(map(" ".join, asked)))
    calls: list[tuple[str, int, int]] = []
    found = evaluate_analogies(vectors, file, progress=lambda *at: calls.append(at))
    assert found.right.tolist() == expected
    assert found.sections == {"unnamed": Score(sum(expected), 200, 0)}
    assert calls[-1] == (str(file), 200, 200)
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)


@pytest.mark.parametrize("method", cosines.METHODS)
def test_each_backend_gives_the_answers_of_a_loop_in_float64(
    tmp_path: Path, backend: Backend, method: str
) -> None:
    vectors, asked = random_questions(dim=6)
    unit = vectors.matrix.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    expected = []
    for words in asked:
        a, b, c, d = (vectors.index(word) for word in words)
        best, answer = -np.inf, -1
        for w in range(len(unit)):
            near_a, near_b, near_c = (float(unit[w] @ unit[i]) for i in (a, b, c))
            score = near_b - near_a + near_c
            if method == "3cosmul":
                score = (near_b + 1) / 2 * (near_c + 1) / 2 / ((near_a + 1) / 2 + 1e-6)
            if w not in (a, b, c) and score > best:
                best, answer = score, w
        expected.append(answer == d)
    assert 0 < sum(expected) < len(expected)
    file = text(tmp_path, "\n".join(map(" ".join, asked)))
    found = evaluate_analogies(vectors, file, method=method, backend=backend)
    assert found.right.tolist() == expected


def test_the_two_methods_differ(tmp_path: Path) -> None:
    vectors, asked = random_questions(dim=6)
    file = text(tmp_path, "\n".join(map(" ".join, asked)))
    add, mul = evaluate(vectors, file, methods=cosines.METHODS).analogies
    assert (add.method, mul.method) == cosines.METHODS
    assert (add.right != mul.right).any()


def test_unknown_words_are_left_out_or_count_as_wrong(vectors: Vectors, questions: Path) -> None:
    skipped = evaluate_analogies(vectors, questions, oov="skip")
    zero = evaluate_analogies(vectors, questions, oov="zero")
    assert skipped.overall == Score(correct=2, total=4, oov=1)
    assert zero.overall == Score(correct=2, total=5, oov=1)
    assert zero.sections["family"] == Score(1, 3, 1)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("fallback", {"man": 1, "Man": 0, "MAN": 0}),
        ("fold", {"man": 0, "Man": 0, "MAN": 0}),
        ("exact", {"man": 0, "Man": 0, "MAN": None}),  # of man, Man is the answer
    ],
)
def test_policies_of_case(tmp_path: Path, case: str, expected: dict[str, int | None]) -> None:
    misleading, man = TABLE[3], TABLE[0]
    table: list[list[float]] = [misleading, *TABLE[1:], man]
    mixed = Vectors(["Man", *WORDS[1:], "man"], table)
    for name, correct in expected.items():
        asked = text(tmp_path, f"{name} woman king queen")
        found = evaluate_analogies(mixed, asked, case=case).overall
        assert found == (Score(oov=1) if correct is None else Score(correct, 1))


def test_with_exact_case_an_answer_in_another_case_is_wrong(tmp_path: Path) -> None:
    vectors = Vectors([*WORDS[:3], "Queen", *WORDS[3:]], [*TABLE[:3], TABLE[3], *TABLE[3:]])
    asked = text(tmp_path, "man woman king queen")
    assert evaluate_analogies(vectors, asked).overall == Score(1, 1)
    assert evaluate_analogies(vectors, asked, case="exact").overall == Score(0, 1)


@pytest.mark.parametrize("option", ["method", "oov", "case"])
def test_unknown_choices_are_mistakes_of_the_program(
    vectors: Vectors, questions: Path, option: str
) -> None:
    with pytest.raises(ValueError, match=f"`{option}` must be one of .*; got 'other'"):
        evaluate_analogies(vectors, questions, **{option: "other"})  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("kind", ["nan", "zero", "same", "scaled", "apart"])
def test_no_answer_is_right_by_standing_first(tmp_path: Path, kind: str, method: str) -> None:
    matrix = {
        "nan": np.full((20, 4), np.nan),
        "zero": np.zeros((20, 4)),
        "same": np.ones((20, 4)),
        "scaled": np.ones((20, 4)) * 2.0 ** np.arange(20)[:, np.newaxis],
        "apart": np.eye(20),
    }[kind]
    vectors = Vectors([f"w{i}" for i in range(20)], matrix)
    asked = text(tmp_path, "w1 w2 w3 w0\nw0 w1 w2 w3\nw0 w2 w1 w3\n")  # the first row left
    found = evaluate_analogies(vectors, asked, method=method, oov="zero").overall
    assert (found.correct, found.total) == (0, 3)


@pytest.mark.parametrize("directed", [20, 11])
def test_words_without_a_direction_are_no_words(tmp_path: Path, directed: int) -> None:
    """On a circle, steps shorter and shorter: the next is the nearest. The rest are zero."""
    angles = np.cumsum(0.1 * 0.9 ** np.arange(20))
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    circle[directed:] = 0
    vectors = Vectors([f"w{i}" for i in range(20)], circle)
    asked = text(tmp_path, "".join(f"w{i} w{i} w{i} w{i + 1}\n" for i in range(19)))
    right, rest = directed - 1, 20 - directed
    assert evaluate_analogies(vectors, asked).overall == Score(right, right, rest)
    assert evaluate_analogies(vectors, asked, oov="zero").overall == Score(right, 19, rest)


def test_a_row_without_a_direction_is_no_answer(tmp_path: Path) -> None:
    """Zero is nearer than what points away; it is no word for that."""
    vectors = Vectors(list("abcdz"), np.array([[1, 0], [1, 0.1], [1, 0.2], [-1, 0.4], [0, 0]]))
    assert evaluate_analogies(vectors, text(tmp_path, "a b c d\n")).overall == Score(1, 1, 0)
    assert evaluate_analogies(vectors, text(tmp_path, "a b c z\n")).overall == Score(0, 0, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no analogy; expected lines of four words"),
        (": only\n: sections\n", "holds no analogy"),
        (": s\na b c d\na b c\n", r"line 3: expected the four words .* found 'a b c'\."),
        ("one two three four five\n", "line 1: .* found 'one two three four five'"),
    ],
)
def test_odd_question_files_are_refused(
    vectors: Vectors, tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        evaluate_analogies(vectors, text(tmp_path, content))
    assert "file.txt" in str(caught.value)


@pytest.mark.filterwarnings("ignore:Call to deprecated")  # gensim's own
def test_3cosmul_answers_as_gensim_does(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    vectors, asked = random_questions(dim=6)
    theirs = models.KeyedVectors(6)
    theirs.add_vectors(vectors.words, vectors.matrix)
    expected = [
        theirs.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)[0][0] == d
        for a, b, c, d in asked
    ]
    file = text(tmp_path, "\n".join(map(" ".join, asked)))
    assert evaluate_analogies(vectors, file, method="3cosmul").right.tolist() == expected
