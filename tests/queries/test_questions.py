"""Questions about vectors, held to loops in float64."""

from __future__ import annotations

import copy
import itertools
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from w2v import Backend, BackendError, QueryError, UnknownWordError, Vectors
from w2v.queries import best_rows, cosines, unit_table
from w2v.queries.items import Limit

V, D = 300, 12
WORDS = [f"w{i}" for i in range(V)]


@pytest.fixture(scope="module")
def table() -> Vectors:
    """Many ties, three rows without a direction, and rows that are copies of others."""
    rng = np.random.default_rng(3)
    matrix = rng.integers(-2, 3, (V, D)).astype(np.float32)
    matrix[100:120] = matrix[:20] * 2
    matrix[7], matrix[8], matrix[9] = 0, np.nan, np.inf
    return Vectors(WORDS, matrix)


@pytest.fixture(params=[None, 64], ids=["one block", "small blocks"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with so few cosines held that rows and queries come in many blocks."""
    monkeypatch.setattr(best_rows, "_SAMPLE", 1)
    if request.param:
        monkeypatch.setattr(cosines, "COSINES_HELD", request.param)
        monkeypatch.setattr(cosines, "QUERIES_AT_ONCE", 3)
        monkeypatch.setattr(unit_table, "_ROWS", 7)
        monkeypatch.setattr(cosines, "_ON_DEVICE", 1)


def unit64(table: Vectors) -> Any:
    with np.errstate(invalid="ignore"):
        unit = table.matrix.astype(np.float64)
        unit /= np.sqrt((unit**2).sum(axis=1, keepdims=True))
    return np.where(np.isfinite(unit).all(axis=1, keepdims=True), unit, 0)


def scores64(table: Vectors, plus: list[str], minus: list[str], method: str) -> Any:
    """Score of every row, in plain float64."""
    unit = unit64(table)
    at = {word: unit[row] for row, word in enumerate(table.words)}
    if method == "3cosadd":
        query = sum(at[w] for w in plus) - sum((at[w] for w in minus), np.zeros(D))
        return unit @ query / math.sqrt(query @ query)
    up = np.prod([(1 + unit @ at[w]) / 2 for w in plus], axis=0)
    down = np.prod([(1 + unit @ at[w]) / 2 for w in minus], axis=0)
    return up / (down + 1e-6)


def check_largest(
    found: list[tuple[str, float]], scores: Any, left_out: list[str], n: int, rows: range
) -> None:
    """`found` are the n best: right scores, in order, none of the rest larger."""
    allowed = [row for row in rows if WORDS[row] not in left_out]
    assert len(found) == min(n, len(allowed))
    for word, score in found:
        assert WORDS.index(word) in allowed
        assert score == pytest.approx(scores[WORDS.index(word)], abs=2e-6, rel=2e-5)
    got = [score for _, score in found]
    assert got == sorted(got, reverse=True)
    assert len({word for word, _ in found}) == len(found)
    best = sorted(scores[allowed], reverse=True)[: len(found)]
    np.testing.assert_allclose(got, best, atol=2e-6, rtol=2e-5)


LISTS = [(["w0"], []), (["w1", "w5"], ["w3"]), (["w200", "w8"], []), (["w4"], ["w4", "w6"])]
LIMITS: list[Limit] = [None, 1, 50, (100, 130), (290, 1000)]


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("limit", LIMITS, ids=str)
@pytest.mark.parametrize("n", [1, 10, V])
def test_batches_and_single_queries_agree_with_a_loop(
    table: Vectors, backend: Backend, method: str, limit: Limit, n: int
) -> None:
    table = table.on(backend)
    rows = range(V)[slice(*limit)] if isinstance(limit, tuple) else range(V)[:limit]
    batch = table.most_similar_batch([p for p, _ in LISTS], [m for _, m in LISTS], n, limit, method)
    one = table.most_similar if method == "3cosadd" else table.most_similar_cosmul
    for (plus, minus), found in zip(LISTS, batch, strict=True):
        expected = scores64(table, plus, minus, method)
        check_largest(found, expected, plus + minus, n, rows)
        check_largest(one(plus, minus, n, limit), expected, plus + minus, n, rows)


def test_the_check_can_fail(table: Vectors) -> None:
    found = table.most_similar("w0", n=5)
    scores = scores64(table, ["w0"], [], "3cosadd")
    for wrong in (found[::-1], found[1:], [("w1", 1.0), *found[1:]], table.most_similar("w1", n=5)):
        with pytest.raises(AssertionError):
            check_largest(wrong, scores, ["w0"], 5, range(V))


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_ranks_count_what_is_closer(table: Vectors, backend: Backend, limit: Limit) -> None:
    table = table.on(backend)
    rows = range(V)[slice(*limit)] if isinstance(limit, tuple) else range(V)[:limit]
    pairs = [(f"w{a}", WORDS[b]) for a in (0, 5, 100, 250) for b in rows[:40:3]]
    unit = table.unit.astype(np.float64)
    expected = []
    for a, b in pairs:
        cosine = unit @ unit[WORDS.index(a)]
        closer = [r for r in rows if cosine[r] > cosine[WORDS.index(b)] + 1e-12 and WORDS[r] != a]
        expected.append(len(closer) + 1)
    assert table.rank_batch(pairs, limit) == expected
    assert table.rank(*pairs[-1], limit) == expected[-1]
    a, b = pairs[-1]
    closer_words = table.closer_than(a, b, limit)
    assert len(closer_words) == expected[-1] - 1
    assert all(table.similarity(a, w) > table.similarity(a, b) - 1e-6 for w in closer_words)


def test_rank_tells_cosines_apart_that_float32_does_not(backend: Backend) -> None:
    angles = np.array([0, 1.0, 1.0 + 2e-8, 1.0 - 3e-8])
    matrix = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vectors = Vectors(list("abcd"), matrix).on(backend)
    unit = vectors.unit.astype(np.float64)
    expected = [1 + sum(unit @ unit[0] > unit[row] @ unit[0] + 1e-12) - 1 for row in (1, 2, 3)]
    assert [vectors.rank("a", b) for b in "bcd"] == expected


def test_rank_is_the_place_among_neighbours() -> None:
    rng = np.random.default_rng(0)
    vectors = Vectors(WORDS, rng.standard_normal((V, D)))
    order = [word for word, _ in vectors.most_similar("w5", n=None)]
    assert [vectors.rank("w5", word) for word in order] == list(range(1, V))
    assert vectors.rank("w5", "w5") == 1
    by_vector = [word for word, _ in vectors.most_similar(vectors["w5"], n=None)]
    assert by_vector == ["w5", *order]
    assert vectors.rank(vectors["w5"], order[3]) == 5
    assert vectors.closer_than("w5", order[3]) == order[:3]


def test_a_query_may_be_given_in_many_ways(table: Vectors) -> None:
    expected = table.most_similar(["w1"], ["w5"], 5)
    for found in (
        table.most_similar("w1", "w5", 5),
        table.most_similar(("w1",), ["w5"], n=np.int64(5)),
        table.most_similar(positive="w1", negative=["w5"], n=5, restrict_vocab=None),
        table.most_similar(iter(["w1"]), "w5", 5),  # type: ignore[arg-type]
        table.most_similar_batch(["w1"], ["w5"], 5)[0],
    ):
        assert found == expected
    vectors = [table["w1"], table["w5"]]
    by_vector = dict(table.most_similar(vectors[0], vectors[1], None))
    assert by_vector.keys() == set(WORDS)  # the words of a vector are answers
    for word, cosine in expected:
        assert by_vector[word] == pytest.approx(cosine, abs=1e-6)
    rows = table.most_similar_batch(np.stack(vectors), n=2)
    assert [word for word, _ in rows[1]] == ["w5", "w105"]


def test_many_ties_keep_the_order_of_rows(backend: Backend) -> None:
    vectors = Vectors(WORDS, np.tile([1.0, 2.0], (V, 1))).on(backend)
    assert [word for word, _ in vectors.most_similar("w2", n=4)] == ["w0", "w1", "w3", "w4"]
    assert vectors.rank_batch([("w0", "w299"), ("w4", "w4")]) == [1, 1]


@pytest.mark.parametrize("method", cosines.METHODS)
def test_equal_words_stand_in_row_order_alone_and_among_many(method: str, backend: Backend) -> None:
    """Where a row stands in a product decides about its last bit, and must not about its place."""
    rng = np.random.default_rng(8)
    two = rng.standard_normal((2, 50))
    vectors = Vectors([f"w{i}" for i in range(6)], two[[0, 1] * 3]).on(backend)
    assert [word for word, _ in vectors.most_similar("w0", n=2)] == ["w2", "w4"]
    assert [word for word, _ in vectors.most_similar("w0")][2:] == ["w1", "w3", "w5"]
    many = Vectors(WORDS, rng.standard_normal((7, 50))[np.arange(V) % 7]).on(backend)
    asked = [([word], ["w3"] if method == "3cosmul" else []) for word in WORDS]
    plus, minus = [p for p, _ in asked], [m for _, m in asked]
    batch = many.most_similar_batch(plus, minus, None, method=method)
    one = many.most_similar if method == "3cosadd" else many.most_similar_cosmul
    for (p, m), found in zip(asked[::20], batch[::20], strict=True):
        assert found == one(p, m, n=None)
    for found in batch:
        for (word, score), (later, least) in itertools.pairwise(found):
            assert score > least or WORDS.index(word) < WORDS.index(later)
        assert len({score for _, score in found}) <= 7
    ranks = many.rank_batch([("w0", word) for word, _ in batch[0]])
    scores = [score for _, score in many.most_similar("w0", n=None)]
    if method == "3cosadd":
        assert ranks == [1 + scores.index(score) for score in scores]


def test_what_is_near_the_bar_in_float32_is_not_lost(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of rows within the rounding of a product: the best are the best in float64."""
    monkeypatch.setattr(cosines, "COSINES_HELD", 2000)
    monkeypatch.setattr(best_rows, "_SAMPLE", 16)
    rng = np.random.default_rng(2)
    angles = 0.5 + rng.uniform(0, 3e-7, 4000)
    plane = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turn = np.linalg.qr(rng.standard_normal((40, 40)))[0][:2]
    vectors = Vectors([f"w{i}" for i in range(4000)], plane @ turn).on(backend)
    for query in (turn[0], turn[1]):
        asked = (query / np.linalg.norm(query)).astype(np.float32)
        asked = unit_table.unit_rows(asked[np.newaxis])[0]
        exact = (vectors.unit.astype(np.float64) @ asked.astype(np.float64)).round(12)
        expected = np.lexsort((np.arange(4000), -exact))[:30]
        found = vectors.most_similar_batch([asked] * 3, n=30)
        assert [int(word[1:]) for word, _ in found[2]] == expected.tolist()


def test_min_count_is_what_words_may_be_answers(backend: Backend) -> None:
    rng = np.random.default_rng(6)
    matrix = rng.standard_normal((V, D)).astype(np.float32)
    counts = rng.integers(1, 100, V)
    vectors = Vectors(WORDS, matrix, counts).on(backend)
    common = {word for word, count in zip(WORDS, counts, strict=True) if count >= 60}
    scores = scores64(vectors, ["w1"], [], "3cosadd")
    expected = sorted(common - {"w1"}, key=lambda word: -scores[WORDS.index(word)])
    for limit in (None, 200, (50, 250)):
        rows = range(V)[slice(*limit)] if isinstance(limit, tuple) else range(V)[:limit]
        within = [word for word in expected if WORDS.index(word) in rows]
        found = vectors.most_similar("w1", n=None, restrict_vocab=limit, min_count=60)
        assert [word for word, _ in found] == within
        batch = vectors.most_similar_batch(["w2", "w1"], n=5, restrict_vocab=limit, min_count=60)
        assert batch[1] == found[:5]
        ranks = vectors.rank_batch([("w1", word) for word in within], limit, min_count=60)
        assert ranks == list(range(1, len(within) + 1))
    product = vectors.analogy("w1", "w2", "w3", None, None, "3cosmul", min_count=60)
    assert {word for word, _ in product} == common - {"w1", "w2", "w3"}
    assert vectors.most_similar_cosmul(["w2", "w3"], "w1", None, min_count=60) == product
    assert vectors.closer_than("w1", expected[3], min_count=60) == expected[:3]
    assert vectors.rank("w1", expected[3], min_count=60) == 4
    by_count = Vectors(WORDS, matrix, np.sort(counts)[::-1])
    last = int((counts >= 60).sum())
    assert by_count.most_similar("w1", min_count=60) == by_count.most_similar(
        "w1", restrict_vocab=last
    )
    rare = next(word for word in WORDS if word not in common)
    with pytest.raises(QueryError, match=rf"'{rare}' was counted \d+ times?, fewer than the 60 of"):
        vectors.rank("w1", rare, min_count=60)
    with pytest.raises(QueryError, match=r"No word was counted 1,000 times; .* 99 times"):
        vectors.most_similar("w1", min_count=1000)
    with pytest.raises(QueryError, match=r"keep no counts.*\.npz.*`restrict_vocab`"):
        Vectors(WORDS, matrix).most_similar("w1", min_count=2)
    with pytest.raises(TypeError, match=r"`min_count` must be an integer, got 2\.5"):
        vectors.most_similar("w1", min_count=2.5)  # type: ignore[arg-type]


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("workers", [1, 3])
def test_neighbours_of_all_words_are_those_of_each(
    table: Vectors, backend: Backend, workers: int
) -> None:
    counts = np.arange(V) % 50
    vectors = Vectors(WORDS, table.matrix, counts).on(backend)
    for limit, least, asked in ((None, None, None), (200, 10, None), (None, 45, ["w8", "w250"])):
        found = list(vectors.neighbours(7, asked, limit, min_count=least, workers=workers))
        rows = np.concatenate([block.rows for block in found])
        expected = [r for r in range(limit or V) if least is None or counts[r] >= least]
        assert rows.tolist() == (expected if asked is None else [8, 250])
        ids, near = (np.concatenate([b[i] for b in found]) for i in (1, 2))
        assert ids.shape == near.shape == (len(rows), 7)
        for row, some, cosine in zip(rows, ids, near, strict=True):
            if not vectors.unit[row].any():
                assert (some == -1).all()
                assert np.isnan(cosine).all()
                continue
            answers = vectors.most_similar(WORDS[row], (), 7, limit, min_count=least)
            assert [(WORDS[i], c) for i, c in zip(some, cosine, strict=True)] == answers
            assert cosine[0] == vectors.similarity(WORDS[row], WORDS[some[0]])


def test_neighbours_where_there_are_few(backend: Backend) -> None:
    vectors = Vectors(list("abc"), np.eye(3) + 1).on(backend)
    [block] = vectors.neighbours(5, workers=1)
    assert block.ids.tolist() == [[1, 2, -1, -1, -1], [0, 2, -1, -1, -1], [0, 1, -1, -1, -1]]
    assert np.isnan(block.cosines[:, 2:]).all()
    assert list(vectors.neighbours(5, [])) == []
    with pytest.raises(ValueError, match="`n` must be at least 1, got 0"):
        vectors.neighbours(0)
    with pytest.raises(UnknownWordError, match="'x' is not among"):
        vectors.neighbours(2, ["a", "x"])


def test_distances(table: Vectors) -> None:
    unit = unit64(table)
    expected = 1 - np.clip(unit @ unit.T, -1, 1)
    words = ["w0", "w7", "w100", "w3"]
    at = [table.index(word) for word in words]
    np.testing.assert_allclose(table.distance_matrix(words), expected[np.ix_(at, at)], atol=1e-6)
    wide = table.distance_matrix(words[:2], WORDS)
    np.testing.assert_allclose(wide, expected[at[:2]], atol=1e-6)
    np.testing.assert_allclose(table.distances("w3"), expected[3], atol=1e-6)
    np.testing.assert_allclose(
        table.distances("w3", restrict_vocab=(5, 9)), expected[3, 5:9], atol=1e-6
    )
    np.testing.assert_allclose(table.distances("w3", words), expected[3, at], atol=1e-6)
    assert table.distance("w0", "w3") == pytest.approx(expected[0, 3], abs=1e-6)
    assert table.distance("w0", "w0") == pytest.approx(0, abs=1e-6)
    assert table.distance_matrix([]).shape == (0, 0)
    assert table.distances("w0", []).shape == (0,)


def test_everything_can_be_asked_on_a_backend(table: Vectors, backend: Backend) -> None:
    there = table.on(backend)
    assert (there.backend, table.backend.name) == (backend, "numpy")
    assert there.unit is table.unit  # one copy on the host
    assert there.on(backend) is not there
    words = WORDS[:4]
    for ask in (
        lambda v: v.distances("w3").tolist(),
        lambda v: v.distances(v["w3"] + 1, restrict_vocab=(5, 9)).tolist(),
        lambda v: v.distance_matrix(words).ravel().tolist(),
        lambda v: [v.similarity("w0", "w3"), v.n_similarity(words[:2], words[2:])],
        lambda v: v.relative_cosine_similarity("w0", "w100"),
        lambda v: [cosine for _, cosine in v.analogy("w0", "w1", "w2", n=None)],
    ):
        assert ask(there) == pytest.approx(ask(table), abs=1e-6)
    assert there.closer_than("w0", "w5") == table.closer_than("w0", "w5")
    assert there.doesnt_match(words) == table.doesnt_match(words)
    assert there.most_similar_batch([]) == []


def test_a_backend_that_there_is_not(table: Vectors) -> None:
    with pytest.raises(BackendError, match=r"`backend` must be one of .* got 'gpu'"):
        table.on("gpu")
    assert table.on("auto").backend.name in ("numpy", "cupy")
    copied = copy.copy(table.on("numba"))
    assert (copied.backend.name, list(copied.words)) == ("numpy", WORDS)


def test_queries_of_many_shapes_in_a_batch(table: Vectors, backend: Backend) -> None:
    rng = np.random.default_rng(5)
    lists = [
        ([f"w{i}" for i in rng.integers(10, V, rng.integers(0, 4))], [f"w{rng.integers(10, V)}"])
        for _ in range(40)
    ]
    plus, minus = [p for p, _ in lists], [m for _, m in lists]
    found = table.on(backend).most_similar_batch(plus, minus, 3, method="3cosmul")
    for (p, m), answers in zip(lists, found, strict=True):
        check_largest(answers, scores64(table, p, m, "3cosmul"), p + m, 3, range(V))


def test_odd_one_out_and_choices() -> None:
    words = ["cat", "dog", "cow", "car"]
    vectors = Vectors(words, [[1.0, 0.1], [0.9, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert vectors.doesnt_match(words) == "car"
    assert vectors.doesnt_match(words[::-1]) == "car"
    assert vectors.most_similar_to_given("cow", ["car", "cat", "dog"]) == "dog"
    total = sum(cosine for _, cosine in vectors.most_similar("cow", n=2))
    expected = vectors.similarity("cow", "cat") / total
    assert vectors.relative_cosine_similarity("cow", "cat", n=2) == pytest.approx(expected)


def test_mean_vectors() -> None:
    vectors = Vectors(["a", "b"], [[3, 4], [0, -5]])
    assert vectors.mean_vector(["a", "b"]).tolist() == pytest.approx([0.3, -0.1])
    assert vectors.mean_vector(["a", "b"], normalize=False).tolist() == pytest.approx([1.5, -0.5])
    assert vectors.mean_vector(["a", "b"], [3, -1]).tolist() == pytest.approx([0.45, 0.85])
    assert vectors.mean_vector(["a", np.array([0.0, 2.0])]).tolist() == pytest.approx([0.3, 0.9])
    assert vectors.n_similarity(["a", "b"], ["a"]) == pytest.approx((4.5 - 2) / (5 * 2.5**0.5))
    for items, weights in (([], None), (["a"], [1, 2]), (["a"], [0]), (["a"], [np.nan])):
        with pytest.raises(ValueError, match=r"`weights` must be .* finite numbers?, not all zero"):
            vectors.mean_vector(items, weights)


def test_words_beyond_the_limit_may_be_asked_about_and_not_compared(table: Vectors) -> None:
    assert table.most_similar("w200", restrict_vocab=50, n=3)
    assert table.rank("w200", "w3", 50) >= 1
    message = r"'w200' is word 201 of the vocabulary, beyond the words 11 to 50 that"
    for ask in (
        lambda: table.rank("w3", "w200", (10, 50)),
        lambda: table.similarity("w20", "w200", (10, 50)),
        lambda: table.distance_matrix(["w20", "w200"], restrict_vocab=(10, 50)),
        lambda: table.distances("w3", ["w200"], (10, 50)),
        lambda: table.doesnt_match(["w20", "w21", "w200"], (10, 50)),
        lambda: table.n_similarity(["w20"], ["w21", "w200"], (10, 50)),
        lambda: table.most_similar_to_given("w3", ["w20", "w200"], (10, 50)),
        lambda: table.relative_cosine_similarity("w3", "w200", restrict_vocab=(10, 50)),
    ):
        with pytest.raises(QueryError, match=message):
            ask()


def test_what_has_no_direction_is_refused_as_a_question(table: Vectors) -> None:
    for item in ("w7", "w8", "w9", np.zeros(D)):
        with pytest.raises(QueryError, match="has no direction"):
            table.most_similar(item)
        with pytest.raises(QueryError, match="has no direction"):
            table.most_similar_cosmul(item)
        with pytest.raises(QueryError, match="has no direction"):
            table.rank(item, "w3")
    with pytest.raises(QueryError, match="'w3', 'w3' have together no direction"):
        table.most_similar("w3", "w3")
    with pytest.raises(QueryError, match="'w8' has no direction"):
        table.doesnt_match(["w1", "w2", "w8"])
    assert np.isfinite([cosine for _, cosine in table.most_similar("w0", n=None)]).all()
    assert np.isfinite(table.distances("w7")).all()


def test_impossible_requests_are_refused(table: Vectors) -> None:
    with pytest.raises(ValueError, match=r"`method` must be one of .*, got 'add'"):
        table.analogy("w1", "w2", "w3", method="add")
    with pytest.raises(ValueError, match="must have one length, got 2 and 1"):
        table.most_similar_batch(["w1", "w2"], ["w3"])
    with pytest.raises(QueryError, match="at least 3 words, got 2: 'w1', 'w2'"):
        table.doesnt_match(["w1", "w2"])
    with pytest.raises(QueryError, match="`words` is empty"):
        table.most_similar_to_given("w1", [])
    with pytest.raises(ValueError, match=r"must be \(start, stop\), got \(1, 2, 3\)"):
        table.most_similar("w1", restrict_vocab=(1, 2, 3))  # type: ignore[arg-type]
    for limit in (0, (-1, 5), (5, 5)):
        with pytest.raises(ValueError, match="`restrict_vocab` must be at least"):
            table.most_similar("w1", restrict_vocab=limit)
    with pytest.raises(QueryError, match=rf"`restrict_vocab` begins at row {V}, .* {V} words"):
        table.most_similar("w1", restrict_vocab=(V, V + 5))
    with pytest.raises(UnknownWordError, match=r"'x1', 'x2' are not among"):
        table.most_similar_batch(["w1", "x1"], ["w2", "x2"])
    with pytest.raises(UnknownWordError):
        table.rank_batch([("w1", "x")])
    with pytest.raises(UnknownWordError):
        table.distance_matrix(["w1", "x"])


def test_nothing_asked_gives_nothing(table: Vectors) -> None:
    assert table.most_similar_batch([]) == []
    assert table.most_similar_batch([], method="3cosmul") == []
    assert table.rank_batch([]) == []
    assert table.most_similar("w1", n=0) == table.most_similar_cosmul("w1", n=0) == []


@pytest.mark.parametrize("method", cosines.METHODS)
@pytest.mark.parametrize("different", [2500, 3])  # which may be few
def test_memory_of_a_batch_does_not_grow_with_it(method: str, different: int) -> None:
    rng = np.random.default_rng(0)
    vectors = Vectors([f"w{i}" for i in range(30_000)], rng.standard_normal((30_000, 8)))
    assert vectors.unit.shape == (30_000, 8)
    asked = [f"w{i % different}" for i in range(2500)]
    tracemalloc.start()
    found = vectors.most_similar_batch(asked, n=2, method=method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 2500
    assert peak < 100 << 20  # all cosines would be 300 MB


def test_large_and_tiny_vectors() -> None:
    vectors = Vectors(list("abc"), [[3e38, 3e38], [1e-44, 0], [0, 1e30]])
    assert [w for w, _ in vectors.most_similar("a")] == ["b", "c"]
    assert vectors.mean_vector(["a", "a"], normalize=False).tolist() == vectors["a"].tolist()
