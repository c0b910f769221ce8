"""Analogies and word pairs: worked scores, odd files, the table."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v import evaluate as module
from w2v.errors import EvaluationError
from w2v.evaluate import (
    PairsResult,
    Score,
    evaluate,
    evaluate_analogies,
    evaluate_pairs,
    format_table,
)
from w2v.vectors import Vectors

# axes: royal, male, female, animal; "queen" is king - man + woman exactly
WORDS = ["man", "woman", "king", "queen", "dog", "bitch"]
TABLE: list[list[float]] = [
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [0, 0, 1, 1],
]

QUESTIONS = """\
: family
man woman king queen
man woman king dog
man woman king prince
: gram1-animals
Man Woman Dog Bitch
man woman dog king
"""


@pytest.fixture
def vectors() -> Vectors:
    return Vectors(WORDS, TABLE)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return text(tmp_path, QUESTIONS)


def text(folder: Path, content: str, name: str = "file.txt") -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


# analogies


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


def test_words_are_taken_as_spelled_and_else_as_the_first_in_any_case(tmp_path: Path) -> None:
    misleading, man = TABLE[3], TABLE[0]
    table: list[list[float]] = [misleading, *TABLE[1:], man]
    mixed = Vectors(["Man", *WORDS[1:], "man"], table)
    score = {
        name: evaluate_analogies(mixed, text(tmp_path, f"{name} woman king queen")).overall
        for name in ("man", "Man", "MAN")
    }
    assert score == {"man": Score(1, 1), "Man": Score(0, 1), "MAN": Score(0, 1)}
    capitals = Vectors([word.upper() for word in WORDS], TABLE)
    assert evaluate_analogies(capitals, text(tmp_path, QUESTIONS)).overall == Score(2, 4, 1)


def test_a_question_word_in_another_case_is_no_answer_and_the_answer_may_be(tmp_path: Path) -> None:
    words = ["a", "b", "c", "d", "B", "D"]
    apart: list[list[float]] = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0.1, 0], [0, 0, 0, 1]]
    table: list[list[float]] = [*apart, [1, 1, 0.01, 0], [0, 1, 0, 0]]
    asked = text(tmp_path, "a b c d\n")
    assert Vectors(words, table).most_similar(["b", "c"], "a", n=2)[0][0] == "B"
    assert evaluate_analogies(Vectors(words, table), asked).overall == Score(1, 1)


@pytest.mark.parametrize("scores_held", [1, 500, 1 << 24])
def test_analogies_agree_with_asking_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scores_held: int
) -> None:
    rng = np.random.default_rng(11)
    vectors = Vectors([f"w{i}" for i in range(60)], rng.normal(size=(60, 4)))
    asked = [[f"w{i}" for i in rng.choice(60, 4, replace=False)] for _ in range(200)]
    expected = 0
    for a, b, c, d in asked:
        expected += vectors.most_similar([b, c], a, n=1)[0][0] == d
    assert expected > 0
    monkeypatch.setattr(module, "_BATCH_SCORES", scores_held)
    found = evaluate_analogies(vectors, text(tmp_path, "\n".join(map(" ".join, asked))))
    assert found.sections == {"unnamed": Score(expected, 200, 0)}


def test_vectors_that_are_not_numbers_answer_nothing(tmp_path: Path, questions: Path) -> None:
    broken = Vectors(WORDS, np.full((6, 4), np.nan))
    result = evaluate(broken, questions, text(tmp_path, "man woman 1\nking dog 2\n", "pairs"))
    assert result["analogies"]["total"] == 4
    assert result["pairs"][0]["pearson"] is None
    json.dumps(result, allow_nan=False)


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


def test_files_that_cannot_be_read_are_refused(vectors: Vectors, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 b c d\n")
    for run in (evaluate_analogies, evaluate_pairs):
        with pytest.raises(EvaluationError, match=r"Cannot read .*missing: No such file"):
            run(vectors, tmp_path / "missing")
        with pytest.raises(EvaluationError, match=r"Cannot read .*: Is a directory"):
            run(vectors, tmp_path)
        with pytest.raises(EvaluationError, match=r"latin\.txt is not a UTF-8 text file"):
            run(vectors, tmp_path / "latin.txt")
        with pytest.raises(EvaluationError, match=r"The name of the evaluation file is empty\."):
            run(vectors, "")
        with pytest.raises(EvaluationError, match="holds a character that no file name can hold"):
            run(vectors, "a\0b")


# pairs

FAN = [[np.cos(angle), np.sin(angle)] for angle in (0.0, 0.2, 0.5, 0.9, 1.4)]


@pytest.fixture
def fan() -> Vectors:
    """Words v to z; the cosine with v falls from w to z."""
    return Vectors(list("vwxyz"), FAN)


def test_correlations_of_a_worked_example(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nv x 9\nv y 4\nv z 5\nv nothing 1\n")
    found = evaluate_pairs(fan, file)
    assert found.file == str(file)
    assert (found.pairs, found.oov) == (4, 1)
    # ranks 4 3 2 1 against 3.5 3.5 1 2; both numbers also from scipy.stats
    assert found.spearman == pytest.approx(3.5 / np.sqrt(5 * 4.5))
    cosines = np.cos([0.2, 0.5, 0.9, 1.4])
    assert found.pearson == pytest.approx(np.corrcoef(cosines, [9, 9, 4, 5])[0, 1])


def test_opposite_orders_give_minus_one(fan: Vectors, tmp_path: Path) -> None:
    found = evaluate_pairs(fan, text(tmp_path, "v w 1\nv x 2\nv y 3\nv z 40\n"))
    assert found.spearman == pytest.approx(-1)


@pytest.mark.parametrize(
    "content",
    [
        "v\tw\t3\nv\tx\t2\nv\tz\t1\n",
        "v,w,3\nv, x, 2\nv,z,1",
        "v w 3\r\n\r\nv  x  2\r\nv z 1\r\n",
        "# about\nWord 1\tWord 2\tMean\n# more\nv\tw\t3\nv\tx\t2\nv\tz\t1\n",
        "\ufeffword1,word2,score\nV,W,3\nv,x,2\nv,z,1\n",
        "v w 3 ignored\nv x 2 7\nv z 1 7\n",
    ],
)
def test_all_separators_comments_and_headers_are_read(
    fan: Vectors, tmp_path: Path, content: str
) -> None:
    found = evaluate_pairs(fan, text(tmp_path, content))
    assert (found.pairs, found.oov) == (3, 0)
    assert found.spearman == pytest.approx(1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no pair of words with a score"),
        ("# comment\nword1 word2 score\n", "holds no pair of words with a score"),
        ("a b 1\na c much\n", "line 2: expected two words and a number .* found 'a c much'"),
        ("a b c\na b c\n", "line 2: expected two words"),
        ("a b\n", "line 1: expected two words"),
        ("a b 1\na b nan\n", "line 2: expected two words"),
    ],
)
def test_odd_pair_files_are_refused(
    fan: Vectors, tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        evaluate_pairs(fan, text(tmp_path, content))
    assert "file.txt" in str(caught.value)


@pytest.mark.parametrize("content", ["v w 1\n", "v w 1\nv x 1\n", "v w 1\nv w 2\n", "a b 1\n"])
def test_what_is_undefined_is_none(fan: Vectors, tmp_path: Path, content: str) -> None:
    found = evaluate_pairs(fan, text(tmp_path, content))
    assert found.spearman is None
    assert found.pearson is None


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12))
def test_ranks_are_counts_of_smaller_and_equal_values(values: list[float]) -> None:
    found = module._ranks(np.array(values))
    for value, rank in zip(values, found.tolist(), strict=True):
        smaller, equal = sum(v < value for v in values), values.count(value)
        assert rank == smaller + (equal + 1) / 2


def test_known_correlations() -> None:
    # scipy.stats.spearmanr and pearsonr on the same numbers
    x = np.array([106, 86, 100, 101, 99, 103, 97, 113, 112, 110.0])
    y = np.array([7, 0, 27, 50, 28, 29, 20, 12, 6, 17.0])
    assert module._pearson(module._ranks(x), module._ranks(y)) == pytest.approx(-29 / 165)
    assert module._pearson(x, y) == pytest.approx(-0.0376014738)


# both


def test_evaluate_gives_what_json_can_hold(
    vectors: Vectors, questions: Path, tmp_path: Path
) -> None:
    pairs = text(tmp_path, "man king 3\nman dog 2\nman queen 1\n", "pairs.txt")
    result = evaluate(vectors, questions, [pairs, pairs])
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert list(result) == ["analogies", "pairs"]
    assert result["analogies"] == {
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
    assert len(result["pairs"]) == 2
    assert list(result["pairs"][0]) == ["file", "spearman", "pearson", "pairs", "oov"]


def test_what_was_not_asked_for_is_absent(
    vectors: Vectors, questions: Path, tmp_path: Path
) -> None:
    pairs = text(tmp_path, "man king 3\nman queen 1\n", "pairs.txt")
    assert evaluate(vectors) == {}
    assert list(evaluate(vectors, questions)) == ["analogies"]
    assert list(evaluate(vectors, pairs=[pairs])) == ["pairs"]
    assert evaluate(vectors, pairs=str(pairs)) == evaluate(vectors, pairs=[pairs])
    assert evaluate(vectors, questions, restrict_vocab=3)["analogies"]["accuracy"] is None


def test_the_table_is_plain_and_aligned() -> None:
    score = {"accuracy": 0.5, "correct": 1000, "total": 2000, "oov": 0}
    none = {"accuracy": None, "correct": 0, "total": 0, "oov": 3}
    pairs = PairsResult("/some/where/ws.tsv", 0.6444, None, 2, 1)
    table = format_table(
        {
            "analogies": {
                **score,
                "sections": {"capitals": score, "gram1": none},
                "semantic": score,
                "syntactic": none,
            },
            "pairs": [vars(pairs)],
        }
    )
    assert table.splitlines() == [
        "analogies    accuracy   correct     total       oov",
        "  capitals     50.0 %     1,000     2,000         0",
        "  gram1             -         0         0         3",
        "  semantic     50.0 %     1,000     2,000         0",
        "  syntactic         -         0         0         3",
        "  all          50.0 %     1,000     2,000         0",
        "pairs        spearman   pearson     pairs       oov",
        "  ws.tsv        0.644         -         2         1",
    ]
    assert format_table({}) == ""


def test_the_table_says_so_where_nothing_is_known(vectors: Vectors, tmp_path: Path) -> None:
    asked = text(tmp_path, "ein zwei drei vier\n")
    some, none = (text(tmp_path, f"man {word} 1\n", word) for word in ("king", "Mann"))
    table = format_table(evaluate(vectors, asked, [some, none])).splitlines()
    why = "each has a word without a vector. Are the vectors of another language, or of too few"
    assert table[-2].startswith(f"No analogy could be asked: {why}")
    assert table[-1].startswith(f"No pair of Mann could be scored: {why}")
    assert table[-3].split() == ["Mann", "-", "-", "0", "1"]


def test_scores_equal_gensims(tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(2)
    words = [f"w{i}" for i in range(80)]
    vectors = Vectors(words, rng.normal(size=(80, 4)))
    theirs = models.KeyedVectors(4)
    theirs.add_vectors(words, vectors.matrix)
    asked = [" ".join(rng.choice(words, 4, replace=False)) for _ in range(1500)]
    questions = text(tmp_path, ": all\n" + "\n".join(asked))
    pairs = text(
        tmp_path,
        "".join("{}\t{}\t{}\n".format(*rng.choice(words, 2), i % 7) for i in range(50)),
        "pairs.tsv",
    )
    accuracy, _ = theirs.evaluate_word_analogies(str(questions), restrict_vocab=60)
    pearson, spearman, _ = theirs.evaluate_word_pairs(str(pairs))
    ours = evaluate_analogies(vectors, questions, restrict_vocab=60).overall.accuracy
    assert ours == accuracy > 0
    found = evaluate_pairs(vectors, pairs)
    assert found.pearson == pytest.approx(pearson[0], abs=1e-6)
    assert found.spearman == pytest.approx(spearman[0], abs=1e-6)
