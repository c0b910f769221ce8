"""Analogies and word pairs: worked scores, policies, odd files, gensim's scores."""

import gzip
import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from royalty import TABLE, WORDS

from w2v.backends import Backend
from w2v.errors import EvaluationError
from w2v.evaluation import scoring as module
from w2v.evaluation.scores import Score
from w2v.evaluation.scoring import evaluate, evaluate_analogies, evaluate_pairs
from w2v.queries import cosines
from w2v.vectors import Vectors

QUESTIONS = """\
: family
man woman king queen
man woman king fox
man woman king prince
: gram1-animals
Man Woman Fox Vixen
man woman fox king
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
        '"v","w",3\n"v", "x",2\nv,z,"1"\n',
        "word1\tword2\tPOS\tSimLex999\tSD\nv\tw\tN\t3\t9\nv\tx\tA\t2\t9\nv\tz\tV\t1\t9\n",
        "v w V 3 SYNONYMS\nv x V 2 NONE\nv z V 1 NONE\n",
        "Word 1,Word 2,Human (mean),1,2\nv,w,3.5,4,1\nv,x,2,1,3\nv,z,1.5,9,9\n",  # raters by number
        "w1,w2,score,raters\nv,w,3,5\nv,x,2,5\nv,z,1,5\n",
        "v,w,3.5,1\nv,x,2,1\nv,z,1,1\n",  # no decimal commas, since there are points
        ",word1,word2,score\n0,v,w,3\n1,v,x,2\n2,v,z,1\n",  # as pandas writes a table
        "\tword1\tword2\tscore\n7\tv\tw\t3\n3\tv\tx\t2\n5\tv\tz\t1\n",
        "0,v,w,3.5\n1,v,x,2.5\n2,v,z,1.5\n",
        "word1 word2 POS score\n0 v w N 3\n1 v x N 2\n2 v z N 1\n",
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
        ("# comment\nword1 word2 score\n", "line 2: expected two words and a number"),
        ("# comment\n\n", "holds no pair of words with a score"),
        ("a b 1\na c much\n", "line 2: expected two words and a number, .* found 'a c much'"),
        ("a b c\na b c\n", "line 1: expected two words"),
        ("king\tqueen\t8,5\nv\tw\t3\n", r"line 1: .* 'king.*8,5'\. Write numbers with points, as"),
        ("v\tw\t3\nking\tqueen\t8,5\n", r"line 2: .* 'king.*8,5'\. Write numbers with points, as"),
        ("king queen 8,5\nv w 3\n", r"line 1: .* Write numbers with points, as 8\.5"),
        ("king;queen;8,5\nv;w;3\n", r"line 1: expected two words .* Write numbers with points"),
        ("king,queen,8,5\nv,w,3\n", r"line 1: 8,5 may be one number or two\. Write 8\.5, or"),
        ("v,w,3\nking,queen,8,5\n", r"line 2: 8,5 may be one number or two\. Write 8\.5, or"),
        ("a,b,score\nking,queen,8,5\nv,w,3,5\n", r"line 2: 8,5 may be one number or two"),
        ("king queen NA\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen nan\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen -\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen 8.5pts\nv w 3\n", "line 1: expected two words and a number"),
        ("king queen\nv w 3\n", "line 1: expected two words and a number"),
        ("a b 1_0\n", "line 1: expected two words and a number"),
        ("a b\n", "line 1: expected two words"),
        ("a b 1\na b nan\n", "line 2: expected two words"),
        ("a b N 1\na b 2\n", "line 2: expected two words and a number in column 4,"),
        ("a b N 1\na b N much\n", "line 2: expected two words and a number in column 4,"),
        ('a,"b,1\na,"b\n', "line 2: expected two words and a number, sep"),
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


def test_compressed_files_are_read_and_others_are_named(fan: Vectors, tmp_path: Path) -> None:
    content = b"v w 3\nv x 2\nv z 1\n"
    for name, pack in (("g.tsv", gzip.compress), ("x.tsv", lzma.compress)):
        (tmp_path / name).write_bytes(pack(content))
        assert evaluate_pairs(fan, tmp_path / name).pairs == 3
    (tmp_path / "q.gz").write_bytes(gzip.compress(b"v w x y\n"))
    assert evaluate_analogies(fan, tmp_path / "q.gz").overall.total == 1
    for odd, message in [
        (content.decode().encode("utf-16"), "is UTF-16 text"),
        (gzip.compress(content)[:-9], "is cut short: the gzip data in it has no end"),
        (b"PK\3\4", "is a zip archive"),
    ]:
        (tmp_path / "f").write_bytes(odd)
        with pytest.raises(EvaluationError, match=message):
            evaluate_pairs(fan, tmp_path / "f")


def test_what_a_file_left_out_and_what_few_pairs_mean_is_said(fan: Vectors, tmp_path: Path) -> None:
    few = "a correlation over 3 pairs says next to nothing; some hundred are usual"
    found = evaluate_pairs(fan, text(tmp_path, "word1 word2 x\nv w 3\nv x 2\nv z 1\n"))
    assert found.remarks == ["line 1 is a header: 'word1 word2 x'", few]
    found = evaluate_pairs(fan, text(tmp_path, "0,v,w,3\n1,v,x,2\n2,v,z,1\n"))
    assert found.remarks == ["the first column, of row numbers, is left out", few]
    many = evaluate_pairs(fan, text(tmp_path, "v w 3\nv x 2\n" * 5))
    assert many.remarks == []
    tagged = evaluate_pairs(fan, text(tmp_path, "v-n w-n 50\nv-n x-v 49\n"))
    (remark,) = tagged.remarks
    assert "words end in a part of speech, as sun-n does" in remark
    known = Vectors(["v-n", "w-n"], np.eye(2))
    assert "says next to nothing" in evaluate_pairs(known, text(tmp_path, "v-n w-n 5\n")).remarks[0]


def test_words_are_folded_as_gensim_does(tmp_path: Path) -> None:
    vectors = Vectors(["stra\xdfe", "Weg", "\u0131s\u0131"], np.eye(3))
    file = text(tmp_path, "STRASSE weg 1\nstrasse WEG 2\nISI stra\xdfe 3\n")
    assert evaluate_pairs(vectors, file, case="fold").pairs == 3
    assert evaluate_pairs(vectors, file).pairs == 3
    assert evaluate_pairs(vectors, file, case="exact").pairs == 0


def test_unknown_words_are_left_out_or_have_a_cosine_of_0(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nv x 8\nv y 4\nv z 5\nv nothing 1\n")
    skipped, zero = evaluate_pairs(fan, file), evaluate_pairs(fan, file, oov="zero")
    assert (skipped.pairs, skipped.oov) == (4, 1)
    assert (zero.pairs, zero.oov) == (5, 1)
    cosines = [*np.cos([0.2, 0.5, 0.9, 1.4]), 0]
    assert zero.pearson == pytest.approx(np.corrcoef(cosines, [9, 8, 4, 5, 1])[0, 1])
    assert zero.spearman == pytest.approx(np.corrcoef([5, 4, 3, 2, 1], [5, 4, 2, 3, 1])[0, 1])


def test_pairs_are_restricted_and_case_is_a_choice(fan: Vectors, tmp_path: Path) -> None:
    file = text(tmp_path, "v w 9\nV x 8\nv z 5\n")
    assert evaluate_pairs(fan, file).pairs == 3
    assert evaluate_pairs(fan, file, 3).pairs == 2
    assert evaluate_pairs(fan, file, case="exact").pairs == 2
    with pytest.raises(ValueError, match="`restrict_vocab` must not be negative, got -1"):
        evaluate_pairs(fan, file, -1)


# both


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
