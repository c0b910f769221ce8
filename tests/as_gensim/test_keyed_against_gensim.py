"""Our keyed vectors and gensim's, made alike: the same answers to 1e-6, in the same order."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.gensim.keyed_vectors import (
    KeyedVectors,
    _load_word2vec_format,
    prep_vectors,
    pseudorandom_weak_vector,
)

theirs = pytest.importorskip("gensim.models.keyedvectors")
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")  # its own
WORDS, DIM = 2000, 50
NAMES = [f"w{row}" for row in range(WORDS)]


@pytest.fixture(scope="module")
def rows() -> Any:
    """With lengths that differ and a mean that is not zero, as trained vectors have."""
    rng = np.random.default_rng(5)
    found = rng.normal(0.1, 0.3, (WORDS, DIM)) * rng.uniform(0.2, 3, (WORDS, 1))
    return found.astype(np.float32)


@pytest.fixture
def both(rows: Any) -> tuple[Any, Any]:
    return made(KeyedVectors, rows), made(theirs.KeyedVectors, rows)


def made(cls: Any, rows: Any, names: list[Any] = NAMES) -> Any:
    keyed = cls(rows.shape[1])
    keyed.add_vectors(names, rows.copy())
    for place, name in enumerate(names):
        keyed.set_vecattr(name, "count", (place * 7919) % 1000)
    return keyed


def assert_like(ours: Any, its: Any) -> None:
    """Equal keys in equal order, numbers to 1e-6, and types alike."""
    if isinstance(its, list | tuple) and not hasattr(its, "pvalue"):
        assert type(ours) is type(its)
        assert len(ours) == len(its)
        for one, other in zip(ours, its, strict=True):
            assert_like(one, other)
    elif isinstance(its, np.ndarray):
        assert ours.dtype == its.dtype
        assert ours.shape == its.shape
        np.testing.assert_allclose(ours, its, atol=1e-6, rtol=2e-6)
    elif isinstance(its, float | np.floating):
        assert type(ours) is type(its)
        assert ours == pytest.approx(its, abs=1e-6, rel=2e-6)
    else:
        assert type(ours) is type(its)
        assert ours == its


V = np.linspace(-1, 1, DIM, dtype=np.float32)
U = np.cos(np.arange(DIM, dtype=np.float32))
QUESTIONS: list[tuple[str, Callable[[Any], Any]]] = [
    ("most_similar", lambda kv: kv.most_similar("w7")),
    ("two sides", lambda kv: kv.most_similar(["w1", "w2"], ["w3"], topn=25)),
    ("one negative", lambda kv: kv.most_similar(negative="w3")),
    ("vector", lambda kv: kv.most_similar(V, topn=5)),
    ("matrix", lambda kv: kv.most_similar(np.stack([V, U]))),
    ("vectors keep their lengths", lambda kv: kv.most_similar(["w1", 9 * V], [U])),
    ("index", lambda kv: kv.most_similar([3, np.int64(5)])),
    ("weights", lambda kv: kv.most_similar([("w1", 0.3), "w2", (V, 2.0)], [("w9", -0.5)])),
    ("positive weight of a negative", lambda kv: kv.most_similar(["w1"], [("w9", 0.5)])),
    ("all", lambda kv: kv.most_similar("w7", topn=None)),
    ("some of all", lambda kv: kv.most_similar("w7", topn=None, clip_start=10, clip_end=70)),
    ("clipped", lambda kv: kv.most_similar("w7", clip_start=5, clip_end=500)),
    ("clipped from the end", lambda kv: kv.most_similar("w7", clip_start=-50, clip_end=-3)),
    ("restricted", lambda kv: kv.most_similar("w7", restrict_vocab=100, clip_start=50)),
    ("none", lambda kv: kv.most_similar("w7", topn=0)),
    ("NumPy's none", lambda kv: kv.most_similar("w7", topn=np.uint8(0))),
    ("NumPy's some", lambda kv: kv.most_similar("w7", topn=np.uint8(3))),
    ("more than there are", lambda kv: kv.most_similar("w7", topn=10 * WORDS)[:1500]),
    ("similar_by_word", lambda kv: kv.similar_by_word("w7", topn=3)),
    ("similar_by_key", lambda kv: kv.similar_by_key("w7", 4, 1000)),
    ("similar_by_vector", lambda kv: kv.similar_by_vector(V, topn=3)),
    ("all by vector", lambda kv: kv.similar_by_vector(V, topn=None)),
    ("cosmul", lambda kv: kv.most_similar_cosmul(["w1", "w2"], ["w3"], topn=20)),
    ("cosmul of a word", lambda kv: kv.most_similar_cosmul("w1", "w2")),
    ("all by cosmul", lambda kv: kv.most_similar_cosmul(["w1", "w2"], ["w3"], topn=None)),
    ("cosmul of a vector", lambda kv: kv.most_similar_cosmul([V / np.linalg.norm(V)], ["w3"])),
    ("to given", lambda kv: kv.most_similar_to_given("w7", ["w3", "w1", "w9"])),
    ("closer_than", lambda kv: kv.closer_than("w7", "w70")),
    ("closer than itself", lambda kv: kv.closer_than("w7", "w7")),
    ("rank", lambda kv: kv.rank("w7", "w70")),
    ("rank of itself", lambda kv: kv.rank("w7", "w7")),
    ("rank by index", lambda kv: kv.rank(3, 4)),
    ("doesnt_match", lambda kv: kv.doesnt_match(["w1", "w2", "w3", "w4"])),
    ("centrality", lambda kv: kv.rank_by_centrality(["w1", "nobody", "w3", "w4"])),
    ("centrality by length", lambda kv: kv.rank_by_centrality(["w1", "w3", "w4"], use_norm=False)),
    ("cosine_similarities", lambda kv: kv.cosine_similarities(V, kv.vectors[:9])),
    ("wide", lambda kv: kv.cosine_similarities(V.astype(float), kv.vectors[:9].astype(float))),
    ("distances", lambda kv: kv.distances("w7")),
    ("some distances", lambda kv: kv.distances("w7", ["w1", 5, "w1"])),
    ("distances of a vector", lambda kv: kv.distances(V, ["w1", "w2"])),
    ("all distances of a vector", lambda kv: kv.distances(V)),
    ("distance", lambda kv: kv.distance("w1", "w2")),
    ("similarity", lambda kv: kv.similarity("w1", 2)),
    ("n_similarity", lambda kv: kv.n_similarity(["w1", "nobody", "w3"], ["w2"])),
    ("relative", lambda kv: kv.relative_cosine_similarity("w1", "w2", 7)),
    ("mean", lambda kv: kv.get_mean_vector(["w1", 2, V, "nobody"])),
    ("weighted mean", lambda kv: kv.get_mean_vector(["w1", "w2"], [0.5, -2])),
    ("mean of rows", lambda kv: kv.get_mean_vector(["w1", "w2"], pre_normalize=False)),
    ("unit mean", lambda kv: kv.get_mean_vector(["w1", "w2"], post_normalize=True)),
    ("unknown mean", lambda kv: kv.get_mean_vector(["nobody"])),
    ("get_vector", lambda kv: kv.get_vector("w1")),
    ("unit vector", lambda kv: kv.get_vector("w1", norm=True)),
    ("rows", lambda kv: kv[["w1", "w9", 4]]),
    ("row", lambda kv: kv["w1"]),
    ("row by index", lambda kv: kv[17]),
    ("get_normed_vectors", lambda kv: kv.get_normed_vectors()),
    ("index of", lambda kv: [kv.get_index("w3"), kv.get_index("nobody", 4), kv.get_index(9)]),
    ("in", lambda kv: ["w3" in kv, "nobody" in kv, 5 in kv, WORDS in kv, -1 in kv]),
    ("attribute", lambda kv: int(kv.get_vecattr("w3", "count"))),
    ("length and name", lambda kv: [len(kv), str(kv)]),
]


@pytest.mark.parametrize(("name", "ask"), QUESTIONS, ids=[name for name, _ in QUESTIONS])
def test_answers_are_alike(both: Any, name: str, ask: Callable[[Any], Any]) -> None:
    assert_like(*map(ask, both))


REFUSED: list[tuple[str, Callable[[Any], Any]]] = [
    ("unknown", lambda kv: kv.most_similar("nobody")),
    ("unknown vector", lambda kv: kv["nobody"]),
    ("some unknown", lambda kv: kv[["w1", "nobody"]]),
    ("unknown index", lambda kv: kv[WORDS]),
    ("nothing", lambda kv: kv.most_similar()),
    ("nothing for cosmul", lambda kv: kv.most_similar_cosmul(negative="w1")),
    ("empty mean", lambda kv: kv.get_mean_vector([])),
    ("weights", lambda kv: kv.get_mean_vector(["w1", "w2"], [1])),
    ("missing", lambda kv: kv.get_mean_vector(["w1", "nobody"], ignore_missing=False)),
    ("no match", lambda kv: kv.doesnt_match(["nobody"])),
    ("empty side", lambda kv: kv.n_similarity([], ["w1"])),
    ("rank", lambda kv: kv.rank("w1", "nobody")),
    ("distances", lambda kv: kv.distances("nobody")),
    ("some distances", lambda kv: kv.distances("w1", ["nobody"])),
    ("attribute", lambda kv: kv.get_vecattr("nobody", "count")),
    ("type of an attribute", lambda kv: kv.set_vecattr("w1", "count", 1.5)),
    ("vocab", lambda kv: kv.vocab),
    ("index2word", lambda kv: kv.index2word),
    ("index2entity", lambda kv: kv.index2entity),
    ("vectors_norm", lambda kv: kv.vectors_norm),
    ("syn0", lambda kv: kv.syn0),
    ("set vocab", lambda kv: setattr(kv, "vocab", {})),
    ("unseen", lambda kv: kv.similarity_unseen_docs()),
    ("relative", lambda kv: kv.relative_cosine_similarity("w1", "w2", 0)),
]


@pytest.mark.parametrize(("name", "ask"), REFUSED, ids=[name for name, _ in REFUSED])
def test_what_is_refused_is_refused_alike(both: Any, name: str, ask: Callable[[Any], Any]) -> None:
    with pytest.raises(Exception) as its:  # noqa: PT011 (its type is compared)
        ask(both[1])
    with pytest.raises(its.type) as ours:
        ask(both[0])
    assert len(str(ours.value)) > 20


def edited_in_place(kv: Any) -> Any:
    kv.most_similar("w1")
    kv.vectors[5] = kv.vectors[1] + 0.01
    kv.fill_norms(force=True)
    return kv.most_similar("w1")


def replaced(kv: Any) -> Any:
    kv["w5"] = -V
    kv[["w6", "new"]] = [V, 2 * V]
    kv.fill_norms(force=True)
    return [len(kv), kv.most_similar("new", topn=20), kv["w5"], kv["w6"]]


def added(kv: Any) -> Any:
    kv.add_vectors(["w1", "x", "y"], np.stack([V, V + 1, V + 2]), replace=False)
    kv.fill_norms(force=True)
    return [kv.most_similar("x"), kv["w1"], kv.index_to_key[-3:], kv.key_to_index["y"]]


def preallocated(kv: Any) -> Any:
    new = type(kv)(DIM, count=3)
    places = [new.add_vector(name, kv[name]) for name in ("w1", "w5", "w9")]
    new.set_vecattr("w5", "count", 8)
    return [places, new.index_to_key, new.vectors, new.expandos["count"], new.most_similar("w1")]


def sorted_(kv: Any) -> Any:
    kv.sort_by_descending_frequency()
    kv.norms = None
    return [kv.index_to_key, kv.vectors, kv.expandos["count"], kv.most_similar("w1")]


def resized(kv: Any) -> Any:
    kv.index_to_key.append("more")
    kv.key_to_index["more"] = WORDS
    kv.resize_vectors(seed=4)
    return [kv.vectors, len(kv.expandos["count"]), kv.most_similar("more")]


def scaled(kv: Any) -> Any:
    kv.unit_normalize_all()
    return [kv.vectors, kv.norms, kv.most_similar("w1"), kv.similarity("w1", "w2")]


def chosen(kv: Any) -> Any:
    some = kv.vectors_for_all(["w3", "nobody", "w1", "w3", 9])
    with_counts = kv.vectors_for_all(["w3", "w1"], copy_vecattrs=True)
    counts = [some.expandos["count"], with_counts.expandos["count"]]
    return [some.index_to_key, some.vectors, counts, some.most_similar("w3")]


def copied(kv: Any) -> Any:
    kv.most_similar("w1")
    other = copy.deepcopy(kv)
    other["w1"] = V
    other.fill_norms(force=True)
    return [kv["w1"], other["w1"], other.most_similar("w1"), kv.most_similar("w1")]


def typed(kv: Any) -> Any:
    half = type(kv)(DIM, dtype=np.float16)
    half.add_vectors(["a", "b", "c"], kv.vectors[:3])
    return [half.vectors, half["a"]]


def attributes(kv: Any) -> Any:
    kv.set_vecattr("w1", "label", "short")
    kv.set_vecattr("w2", "label", "a longer text")
    kv.set_vecattr("w2", "weight", 0.5)
    kv.allocate_vecattrs(["mark"], [np.uint8])
    kinds = [kv.expandos[name].dtype.kind for name in ("label", "weight", "mark", "count")]
    return [kinds, kv.get_vecattr("w2", "label"), kv.get_vecattr("w2", "weight")]


CHANGES = [
    *(edited_in_place, replaced, added, preallocated, sorted_, resized, scaled, chosen, copied),
    *(typed, attributes),
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_alike(both: Any, change: Callable[[Any], Any]) -> None:
    assert_like(*map(change, both))


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("limit", [None, 1, 700, 5000])
def test_files_are_read_alike_whoever_wrote_them(
    tmp_path: Path, both: Any, binary: bool, limit: int | None
) -> None:
    for place, keyed in enumerate(both):
        path, vocabulary = tmp_path / f"{place}.vec", tmp_path / f"{place}.txt"
        keyed.save_word2vec_format(str(path), str(vocabulary), binary=binary)
        options: dict[str, Any] = {"fvocab": str(vocabulary), "binary": binary, "limit": limit}
        found = [
            cls.load_word2vec_format(str(path), **options)
            for cls in (KeyedVectors, theirs.KeyedVectors)
        ]
        for look in (
            lambda kv: [kv.index_to_key, kv.vectors, kv.expandos["count"], kv.next_index],
            lambda kv: kv.key_to_index["w3"] if limit is None else 0,
        ):
            assert_like(*map(look, found))
    assert (tmp_path / "0.txt").read_bytes() == (tmp_path / "1.txt").read_bytes()


def test_counts_are_made_up_alike(tmp_path: Path, both: Any) -> None:
    both[0].save_word2vec_format(tmp_path / "v")
    found = [
        load(cls, str(tmp_path / "v"), limit=9)
        for load, cls in (
            (_load_word2vec_format, KeyedVectors),
            (theirs._load_word2vec_format, theirs.KeyedVectors),
        )
    ]
    assert_like(*(kv.expandos["count"] for kv in found))


def test_vectors_are_merged_alike(tmp_path: Path, both: Any) -> None:
    (tmp_path / "v").write_text(f"3 {DIM}\n" + "".join(f"{w} {'1.5 ' * DIM}\n" for w in "abc"))
    with_numbers = f"2 {DIM}\nw3{' 0.5' * DIM}\nnew{' 1.5' * DIM}\n"
    (tmp_path / "v").write_text(with_numbers)
    for keyed in both:
        keyed.vectors_lockf = np.ones(WORDS, np.float32)
        if not hasattr(keyed, "add_lifecycle_event"):
            keyed.add_lifecycle_event = lambda *_, **__: None
        keyed.intersect_word2vec_format(str(tmp_path / "v"), lockf=0.25)
    assert_like(*([kv.vectors, kv.vectors_lockf] for kv in both))


@pytest.mark.parametrize(
    "options",
    [{}, {"case_insensitive": False}, {"dummy4unknown": True}, {"restrict_vocab": 300}],
    ids=str,
)
def test_scores_are_alike(tmp_path: Path, rows: Any, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    names = [f"{'W' if row % 3 else 'w'}{row // 2}" for row in range(WORDS)]
    names = [name if names.index(name) == row else f"x{row}" for row, name in enumerate(names)]
    for row in range(0, 1200, 4):  # questions that have an answer
        rows = rows.copy() if row == 0 else rows
        rows[row + 3] = rows[row + 2] + rows[row + 1] - rows[row] + rng.normal(0, 0.5, DIM)
    lines = [": first"]
    for row in range(0, 1200, 4):
        lines.append(" ".join(names[row : row + 4]))
        lines += [": second", "bad line"] * (row == 600) + ["nobody w1 w2 w3"] * (row % 100 == 0)
    (tmp_path / "analogies").write_text("\n".join(lines) + "\n")
    scored = [
        f"{names[a]}\t{names[b]}\t{a % 11 - b % 7}\n" for a, b in rng.integers(0, 900, (200, 2))
    ]
    (tmp_path / "pairs").write_text("# remark\n" + "".join(scored) + "nobody\tw1\t3\nbad\n")
    keyed = [made(cls, rows, names) for cls in (KeyedVectors, theirs.KeyedVectors)]
    found = [kv.evaluate_word_analogies(str(tmp_path / "analogies"), **options) for kv in keyed]
    assert found[1][0] > 0.1 or options.get("restrict_vocab")
    assert_like(*found)
    pairs = [kv.evaluate_word_pairs(str(tmp_path / "pairs"), **options) for kv in keyed]
    for ours, its in zip(*pairs, strict=True):
        assert np.ravel(ours) == pytest.approx(np.ravel(its), abs=1e-6)
    assert type(pairs[0][0]) is type(pairs[1][0])


def test_word_movers_distances_are_alike(both: Any) -> None:
    pytest.importorskip("ot")
    documents: list[tuple[list[str], list[str]]] = [
        (["w1", "w2", "w2", "nobody"], ["w3", "w2", "w9"]),
        (["w1"], ["w1"]),
        (["w1", "w2"], ["w2", "w1"]),
        (["nobody"], ["w1"]),
        ([f"w{i}" for i in range(60)], [f"w{i}" for i in range(40, 90)]),
    ]
    for left, right in documents:
        for norm in (True, False):
            ours, its = (kv.wmdistance(left, right, norm=norm) for kv in both)
            assert ours == pytest.approx(its, abs=1e-5)


@pytest.mark.parametrize("shape", [(7, 5), (3, 4), (0, 5)])
def test_draws_are_alike(shape: tuple[int, int]) -> None:
    for seed in (0, 7):
        assert_like(prep_vectors(shape, seed=seed), theirs.prep_vectors(shape, seed=seed))
        before = np.ones((min(2, shape[0]), shape[1]), np.float32)
        assert_like(*(of(shape, before, seed) for of in (prep_vectors, theirs.prep_vectors)))
    ours, its = (
        of(9, "a string", hashfxn=len)
        for of in (pseudorandom_weak_vector, theirs.pseudorandom_weak_vector)
    )
    assert_like(ours, its)
