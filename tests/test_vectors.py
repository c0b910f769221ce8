"""The result of training: look-up, neighbours, errors."""

import copy
import math
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.errors import UnknownWordError, VectorFileError, W2VError
from w2v.vectors import Vectors, load

S = math.sqrt(0.5)


@pytest.fixture
def compass() -> Vectors:
    matrix = [[2, 0], [0, 3], [-1, 0], [1, 1], [0, 0]]
    return Vectors(["east", "north", "west", "northeast", "nowhere"], matrix, [9, 7, 5, 3, 1])


def rounded(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(word, round(cosine, 6)) for word, cosine in found]


def test_is_a_mapping_from_word_to_row(compass: Vectors) -> None:
    assert len(compass) == 5
    assert compass.dim == 2
    assert tuple(compass) == compass.words
    assert "north" in compass
    assert "south" not in compass
    assert compass.index("west") == 2
    assert compass["northeast"].tolist() == [1.0, 1.0]
    assert compass.matrix.dtype == np.float32
    assert compass.counts is not None
    assert compass.counts.dtype == np.int64
    assert repr(compass) == "<Vectors: 5 words, 2 dimensions>"
    assert repr(Vectors(["a"], [[1.0]])) == "<Vectors: 1 word, 1 dimension>"


def test_in_a_notebook() -> None:
    words = ["<script>", "x" * 1000, *map(str, range(2000))]
    shown = Vectors(words, np.ones((2002, 3)), range(2002, 0, -1))._repr_html_()
    assert "Vectors: 2,002 words, 3 dimensions" in shown
    assert "<tr><td>&lt;script&gt;</td><td>2,002</td></tr>" in shown
    assert "<script>" not in shown
    assert shown.count("<tr>") == 12
    assert "and 1,992 more" in shown
    assert len(shown) < 1000
    bare = Vectors(["a"], [[1.0]])._repr_html_()
    assert "count" not in bare
    assert "more" not in bare


def test_rows_and_tables_are_read_only_and_not_copied() -> None:
    mine = np.ones((2, 3), dtype=np.float32)
    vectors = Vectors(["a", "b"], mine)
    assert np.shares_memory(vectors["a"], mine)
    for view in (vectors["a"], vectors.matrix, vectors.unit):
        with pytest.raises(ValueError, match="read-only"):
            view[...] = 0
    mine[0, 0] = 5  # who made the table may still change it
    assert vectors["a"][0] == 5


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda v: _pickled(v)[0]])
def test_copies_are_equal_and_read_only(compass: Vectors, duplicate: Any) -> None:
    again = duplicate(compass)
    assert again.words == compass.words
    assert again.most_similar("east") == compass.most_similar("east")
    assert again.counts.tolist() == compass.counts.tolist()  # type: ignore[union-attr]
    for view in (again["east"], again.matrix, again.unit, again.counts):
        with pytest.raises(ValueError, match="read-only"):
            view[...] = 0


def test_unit_rows_are_not_pickled() -> None:
    vectors = Vectors(["a"], np.ones((1, 10_000)))
    before = _pickled(vectors)[1]
    assert vectors.unit.shape == (1, 10_000)
    assert _pickled(vectors)[1] == before < 41_000


def _pickled(vectors: Vectors) -> tuple[Vectors, int]:
    data = pickle.dumps(vectors)
    return pickle.loads(data), len(data)


def test_most_similar_ranks_by_cosine_and_leaves_the_query_out(compass: Vectors) -> None:
    found = compass.most_similar("east", n=3)
    assert [word for word, _ in found] == ["northeast", "north", "nowhere"]
    assert [cosine for _, cosine in found] == pytest.approx([S, 0, 0])
    assert all(type(cosine) is float for _, cosine in found)
    everything = compass.most_similar("east", n=99)
    assert rounded(everything)[-1] == ("west", -1)
    assert len(everything) == 4


def test_most_similar_takes_words_vectors_and_lists(compass: Vectors) -> None:
    assert rounded(compass.most_similar(["east", "north"], n=1)) == [("northeast", 1)]
    # lengths do not matter: unit vectors are averaged
    assert compass.most_similar([np.array([9.0, 0.0]), "north"], n=1)[0][0] == "northeast"
    assert rounded(compass.most_similar(np.array([0.0, -5.0]), n=9))[-1] == ("north", -1)
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert rounded(compass.most_similar(rows, n=1)) == [("northeast", 1)]
    assert rounded(compass.most_similar([], "east", n=1)) == [("west", 1)]
    assert rounded(compass.most_similar(["north"], ["west"], n=1)) == [("northeast", 1)]


def test_most_similar_may_be_restricted_to_the_first_words(compass: Vectors) -> None:
    assert [w for w, _ in compass.most_similar("east", restrict_vocab=2)] == ["north"]
    # a word beyond the restriction may be asked, not answered
    found = compass.most_similar("northeast", restrict_vocab=3)
    assert [w for w, _ in found] == ["east", "north", "west"]
    assert compass.most_similar("east", restrict_vocab=1) == []


@pytest.mark.parametrize("n", [1, 2, 7, 50, 200])
def test_most_similar_agrees_with_sorting_everything(n: int) -> None:
    rng = np.random.default_rng(5)
    table = rng.integers(-2, 3, (200, 3)).astype(np.float32)  # many ties and some zero rows
    vectors = Vectors([f"w{i}" for i in range(200)], table)
    cosines = (vectors.unit.astype(np.float64) @ vectors.unit[17].astype(np.float64)).round(12)
    order = [i for i in np.argsort(-cosines, kind="stable") if i != 17][:n]
    assert [word for word, _ in vectors.most_similar("w17", n=n)] == [f"w{i}" for i in order]


def test_impossible_requests_are_refused(compass: Vectors) -> None:
    with pytest.raises(ValueError, match="`n` must be at least 0, got -1"):
        compass.most_similar("east", n=-1)
    with pytest.raises(ValueError, match="`restrict_vocab` must be at least 1, got -1"):
        compass.most_similar("east", restrict_vocab=-1)
    with pytest.raises(ValueError, match="both empty"):
        compass.most_similar([])
    with pytest.raises(ValueError, match=r"must have shape \(2,\), got \(3,\)"):
        compass.most_similar(np.ones(3))
    with pytest.raises(ValueError, match="must be finite"):
        compass.most_similar(np.array([np.nan, 1]))


@pytest.mark.parametrize(
    "query", [None, 3.5, ["east", None], np.array(2.0), [["a", "b"]], [b"east"]]
)
def test_what_is_no_query_is_refused(compass: Vectors, query: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a word, a vector \(D,\), or a list of them, got"):
        compass.most_similar(query)
    with pytest.raises(TypeError, match=r"`n` must be an integer, got 2\.0"):
        compass.most_similar("east", n=2.0)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(compass: Vectors) -> None:
    expected = compass.most_similar("east", n=2, restrict_vocab=3)
    found = compass.most_similar(np.str_("east"), n=np.int64(2), restrict_vocab=np.int64(3))
    assert found == expected
    rows: list[Any] = [compass["east"].astype(kind) for kind in (np.float64, np.float16, np.int32)]
    assert [compass.similarity(row, "north") for row in rows] == [0, 0, 0]


def test_similarity_is_the_cosine(compass: Vectors) -> None:
    assert compass.similarity("east", "northeast") == pytest.approx(S)
    assert compass.similarity("east", "west") == -1.0
    assert compass.similarity("north", np.array([0.0, 0.5])) == 1.0
    assert compass.similarity("north", "nowhere") == 0.0


def test_rows_without_direction_have_cosine_zero() -> None:
    table = np.array([[1, 0], [0, 0], [np.nan, 1], [np.inf, 1]], dtype=np.float32)
    vectors = Vectors(["a", "zero", "nan", "inf"], table)
    assert vectors.most_similar("a") == [("zero", 0.0), ("nan", 0.0), ("inf", 0.0)]
    assert np.isnan(vectors["nan"][0])


@pytest.mark.parametrize("scale", [1e-44, 1e-30, 1.0, 1e30, 3e38])
def test_unit_rows_of_tiny_and_huge_numbers(scale: float) -> None:
    vectors = Vectors(["a"], np.full((1, 4), scale, dtype=np.float32))
    np.testing.assert_allclose(vectors.unit, 0.5, rtol=1e-6)


def test_unknown_word_names_close_spellings() -> None:
    vectors = Vectors(["Athens", "ATHENS", "athena", "word", "zebra"], np.eye(5))
    with pytest.raises(UnknownWordError) as caught:
        vectors["athens"]
    assert str(caught.value) == (
        "'athens' is not among the 5 words of the vocabulary. "
        "Close to it: 'Athens', 'ATHENS', 'athena'."
    )
    with pytest.raises(UnknownWordError, match=r"Close to it: 'word'\."):
        vectors.similarity("wrod", "zebra")
    with pytest.raises(KeyError, match=r"vocabulary\.$"):
        vectors.most_similar("qqqqqqqq")
    with pytest.raises(W2VError, match=r"'' is not among"):
        vectors.index("")
    with pytest.raises(TypeError, match=r"must be a str or an int, got 3\.5"):
        vectors[3.5]  # type: ignore[index]


def test_several_unknown_words_are_all_named_and_long_ones_shortened() -> None:
    vectors = Vectors(["word"], [[1.0]])
    with pytest.raises(UnknownWordError) as caught:
        vectors.most_similar(["wrod", "word"], "x" * 100_000)
    assert str(caught.value) == (
        f"'wrod', '{'x' * 60}...' are not among the 1 word of the vocabulary. "
        "Close to 'wrod': 'word'."
    )
    with pytest.raises(UnknownWordError, match=r"^'1', '2', '3', '4', '5', \.\.\. are not among"):
        vectors.most_similar(list("1234561"))
    with pytest.raises(UnknownWordError, match=r"^'1', '2' are not among"):
        vectors.similarity("1", "2")


def test_unknown_word_is_quick_in_a_large_vocabulary() -> None:
    words = [f"{i:06d}"[::-1] for i in range(200_000)]
    vectors = Vectors(words, np.zeros((len(words), 1)))
    start = time.process_time()
    with pytest.raises(UnknownWordError, match="Close to it"):
        vectors["00a000"]
    assert time.process_time() - start < 1.0  # 0.1 s where this was written


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be 2-D.*got \(3,\)"):
        Vectors(["a"], np.ones(3))
    with pytest.raises(ValueError, match=r"not empty; got \(0, 3\)"):
        Vectors([], np.ones((0, 3)))
    with pytest.raises(ValueError, match="must have one length, got 2 words for 3 rows"):
        Vectors(["a", "b"], np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"`counts` must be \(1,\), got \(2,\)"):
        Vectors(["a"], np.ones((1, 2)), [1, 2])
    with pytest.raises(ValueError, match=r"unique; repeated: 'a', 'c'\."):
        Vectors(["a", "b", "a", "c", "c", "a"], np.ones((6, 2)))


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin"])
def test_save_and_load(compass: Vectors, tmp_path: Path, name: str) -> None:
    path = f"{tmp_path}/{name}"
    compass.save(path)
    again = load(path)
    assert again.words == compass.words
    assert np.array_equal(again.matrix, compass.matrix)
    assert again.counts is None


def test_load_of_a_missing_file_says_so() -> None:
    with pytest.raises(VectorFileError, match=r"Cannot read nowhere\.bin: No such file"):
        load("nowhere.bin")


def test_load_refuses_what_it_cannot_understand() -> None:
    with pytest.raises(VectorFileError, match=r"The name of the vector file is empty\."):
        load("")
    with pytest.raises(VectorFileError, match="holds a character that no file name can hold"):
        load("a\0b")
    with pytest.raises(ValueError, match=r"`errors` must be one of strict, .*'bad'"):
        load("nowhere.bin", errors="bad")


# what a word is


def test_words_cannot_be_changed_under_the_index() -> None:
    vectors = Vectors(["a", "b"], np.eye(2, dtype=np.float32))
    assert vectors.words == ("a", "b")
    with pytest.raises(TypeError, match="does not support item assignment"):
        vectors.words[0] = "c"  # type: ignore[index]
    assert "a" in vectors


def test_integers_become_words_and_can_be_saved(tmp_path: Path) -> None:
    vectors = Vectors([1, np.int64(20), np.str_("x")], np.eye(3))
    assert vectors.words == ("1", "20", "x")
    assert {type(word) for word in vectors.words} == {str}
    vectors.save(tmp_path / "v.bin")
    assert load(tmp_path / "v.bin").words == vectors.words
    mixed: Any = [1, "1"]
    with pytest.raises(ValueError, match="repeated: '1'"):
        Vectors(mixed, np.eye(2))


def test_a_number_is_the_word_and_not_the_row() -> None:
    vectors = Vectors([7, 1, 2, 0], np.eye(4) + 0.1 * np.arange(4), counts=[9, 8, 7, 6])
    assert vectors[7].tolist() == vectors["7"].tolist() == vectors.matrix[0].tolist()
    assert 7 in vectors
    assert np.int64(0) in vectors
    assert 3 not in vectors
    assert vectors.index(0) == vectors.index("0") == 3
    for question in (
        lambda a, b: vectors.most_similar(a),
        lambda a, b: vectors.most_similar([a, b], [b]),
        vectors.similarity,
        lambda a, b: vectors.analogy(a, b, a),
        vectors.rank,
        lambda a, b: vectors.distances(a, [b, a]).tolist(),
        lambda a, b: vectors.distances(a).tolist(),
        lambda a, b: vectors.distance_matrix([a, b]).tolist(),
        lambda a, b: vectors.n_similarity([a], [a, b]),
        lambda a, b: vectors.mean_vector([a, b]).tolist(),
        lambda a, b: str(vectors.doesnt_match([a, b, b])),
        lambda a, b: str(vectors.most_similar_to_given(a, [b, a])),
        vectors.closer_than,
    ):
        assert question(7, np.int64(1)) == question("7", "1")
    with pytest.raises(UnknownWordError, match="'3' is not among"):
        vectors.most_similar(3)


@pytest.mark.parametrize("key", [None, b"a", 1.5, True, ("a",)])
def test_other_keys_are_refused_with_a_sentence(key: Any) -> None:
    with pytest.raises(TypeError, match=r"A word must be a str, or an integer .*, got .* of type"):
        Vectors(["x", key], np.eye(2))


def test_other_vectors_of_the_same_words() -> None:
    first = Vectors(["a", "b", "c"], np.eye(3, dtype=np.float32), counts=[3, 2, 1])
    assert first.most_similar("a", n=1)[0][1] == 0
    matrix = np.array([[1, 0], [0, 1], [2, 0.1]], np.float32)
    other = first.with_vectors(matrix)
    assert np.shares_memory(other.matrix, matrix)
    assert other.words is first.words
    assert other.most_similar("a", n=1, min_count=1)[0][0] == "c"
    assert (other.dim, first.dim) == (2, 3)
    assert first.most_similar("a", n=1)[0][1] == 0
    matrix[1] = [3, 0]
    assert other.with_vectors(matrix).most_similar("a", n=1)[0][0] == "b"
    for bad in (matrix[:2], matrix[0], matrix[:, :0]):
        with pytest.raises(ValueError, match="`matrix`"):
            first.with_vectors(bad)
    matrix[2] = [0, -1]
    before = other.unit.copy()  # of all rows, as first used
    some = other.with_vectors(matrix, changed=[1, 2])
    assert some.unit.tolist() == Vectors(["a", "b", "c"], matrix).unit.tolist()
    assert not some.unit.flags.writeable
    assert other.unit.tolist() == before.tolist()
    assert other.with_vectors(matrix, changed=[2]).unit[1].tolist() == before[1].tolist()
    assert other.with_vectors(np.eye(3), changed=[0]).unit.tolist() == np.eye(3).tolist()
