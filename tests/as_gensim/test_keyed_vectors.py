"""Keyed vectors against loops and known answers; no gensim is needed."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import UnknownWordError, VectorFileError
from w2v.gensim.keyed_vectors import CompatVocab, KeyedVectors, from_arrays, to_arrays

KEYS: list[Any] = ["king", "New York", 7, ("a", 1), "queen", "naïve", "x\ny", ((1,), None)]


@pytest.fixture
def kv() -> KeyedVectors:
    rng = np.random.default_rng(2)
    keyed = KeyedVectors(5)
    keyed.add_vectors(KEYS, rng.normal(0.2, 1, (len(KEYS), 5)))
    keyed.expandos["count"] = np.arange(40, 40 - len(KEYS), -1)
    return keyed


def cosines(kv: KeyedVectors, vector: Any) -> Any:
    """Of a vector with each row, in a loop in float64."""
    found = []
    for row in kv.vectors.astype(np.float64):
        found.append(row @ vector / (np.sqrt(row @ row) * np.sqrt(vector @ vector)))
    return np.array(found)


@pytest.mark.parametrize("key", KEYS)
def test_any_key_is_found_and_asked(kv: KeyedVectors, key: Any) -> None:
    row = KEYS.index(key)
    assert key in kv
    assert kv.get_index(key) == row
    assert kv[key].tolist() == kv.vectors[row].tolist()
    expected = cosines(kv, kv.vectors[row].astype(np.float64))
    order = [at for at in np.argsort(-expected) if at != row][:4]
    found = kv.most_similar([key], topn=4)
    assert [name for name, _ in found] == [KEYS[at] for at in order]
    assert [score for _, score in found] == pytest.approx(expected[order], abs=1e-6)
    assert kv.most_similar([key], topn=None) == pytest.approx(expected, abs=1e-6)
    assert kv.rank(key, found[2][0]) == 3
    assert set(kv.closer_than(key, found[2][0])) == {name for name, _ in found[:2]}


def test_a_number_that_is_no_key_is_a_row(kv: KeyedVectors) -> None:
    assert kv.get_index(7) == 2
    assert kv.get_index(5) == kv.get_index(np.int64(5)) == 5
    assert 5 in kv
    assert 8 not in kv
    assert -1 not in kv


def test_what_is_returned_cannot_be_written_and_lists_are_copies(kv: KeyedVectors) -> None:
    for row in (kv["king"], kv.get_vector("king", norm=True), kv[7]):
        with pytest.raises(ValueError, match="read-only"):
            row[0] = 1
    several = kv[["king", 7]]
    several[0] = 0
    assert kv["king"].any()
    assert kv[[]].shape == (0, 5)


def test_unknown_keys_are_said_with_near_spellings(kv: KeyedVectors) -> None:
    with pytest.raises(KeyError, match=r"'kings' is not among the .* Close to it: 'king'") as found:
        kv.most_similar("kings")
    assert isinstance(found.value, UnknownWordError)
    assert str(pickle.loads(pickle.dumps(found.value))) == str(found.value)
    with pytest.raises(KeyError, match=r"The key \('b', 1\) is not among the 8 keys"):
        kv.get_vector(("b", 1))
    with pytest.raises(KeyError, match="is not among"):
        kv.get_mean_vector(["king", "nobody"], ignore_missing=False)


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("vocab", "key_to_index"),
        ("index2word", "index_to_key"),
        ("index2entity", "index_to_key"),
        ("syn0", "vectors"),
        ("syn0norm", "get_normed_vectors"),
        ("vectors_norm", "get_normed_vectors"),
        ("syn0_lockf", "vectors_lockf"),
        ("add", "add_vectors"),
        ("accuracy", "evaluate_word_analogies"),
        ("get_keras_embedding", "vectors"),
    ],
)
def test_names_of_gensim_3_say_todays(kv: KeyedVectors, name: str, today: str) -> None:
    for ask in (lambda: getattr(kv, name), lambda: setattr(kv, name, 1)):
        with pytest.raises(AttributeError, match=f"`{name}` went with gensim 3; .*`{today}"):
            ask()
    assert not hasattr(kv, name)


def test_names_that_are_outdated_warn(kv: KeyedVectors) -> None:
    with pytest.warns(DeprecationWarning, match="`word_vec` is called `get_vector`"):
        assert kv.word_vec("king", norm=True).tolist() == kv.get_vector("king", True).tolist()
    with pytest.warns(DeprecationWarning, match="`closer_than`"):
        assert kv.words_closer_than("king", "queen") == kv.closer_than("king", "queen")
    with pytest.warns(DeprecationWarning, match="`fill_norms`"):
        kv.init_sims(replace=True)
    assert np.linalg.norm(kv.vectors, axis=1) == pytest.approx(np.ones(8))


def test_another_search_is_refused(kv: KeyedVectors) -> None:
    with pytest.raises(NotImplementedError, match=r"`indexer` must be None.*NeighbourIndex"):
        kv.most_similar("king", indexer=object())  # type: ignore[arg-type]


def test_edits_are_seen_by_the_next_search(kv: KeyedVectors) -> None:
    def nearest() -> Any:
        return kv.most_similar("king", topn=1)[0][0]

    held = kv.vectors
    for row, key in ((1, "New York"), (4, "queen")):
        assert nearest() != key
        kv.vectors[row] = kv.vectors[0] * (2 + row)
        kv.vectors[[3, 5, 2]] *= -1
        assert nearest() == key
        kv.vectors[row] *= -1
    assert nearest() != "queen"
    held[5] = held[0] * 7  # through an array that was asked for before
    kv.fill_norms(force=True)
    assert nearest() == "naïve"
    held[5] *= -1
    kv.norms = None
    assert nearest() != "naïve"
    kv["queen"] = kv["king"] * 2
    assert nearest() == "queen"
    kv.add_vectors("same", kv["king"], replace=True)
    kv["queen"] = -kv["king"]
    assert nearest() == "same"


def test_the_table_is_of_the_same_memory_and_is_kept(kv: KeyedVectors) -> None:
    table = kv._searched()
    assert np.shares_memory(table.matrix, kv._vectors)
    assert kv._searched() is table
    assert len(kv.vectors) == 8
    assert kv._searched() is table  # looked at, and nothing had changed
    kv.vectors[0, 0] += 1e-3
    assert kv._searched() is not table


def test_every_single_edit_leaves_a_mark() -> None:
    rng = np.random.default_rng(3)
    kv = KeyedVectors(40)
    kv.add_vectors(list(range(300)), rng.normal(0.3, 1, (300, 40)))
    for row in range(300):
        before = kv._searched()
        place, other = rng.choice(40, 2, replace=False)
        if row % 2:
            kv.vectors[row, [place, other]] = kv.vectors[row, [other, place]]
        else:
            kv.vectors[row, place] += 1e-4
        after = kv._searched()
        assert after is not before
        assert (after.unit != before.unit).any(axis=1).nonzero()[0].tolist() == [row]


def test_rows_of_zeros_have_cosine_0(kv: KeyedVectors) -> None:
    kv["nil"] = np.zeros(5)
    assert kv.similarity("nil", "king") == 0
    assert kv.most_similar("king", topn=None)[8] == 0
    assert kv.get_vector("nil", norm=True).tolist() == [0] * 5
    assert kv.most_similar("nil", topn=2) == [("king", 0.0), ("New York", 0.0)]
    assert list(kv.most_similar("nil", topn=None)) == [0] * 9
    kv.unit_normalize_all()
    assert np.isfinite(kv.vectors).all()


def test_without_keys_nothing_is_near() -> None:
    none, asked = KeyedVectors(3), np.ones(3)
    assert none.most_similar(asked) == none.most_similar_cosmul(asked) == []
    for found in (
        none.most_similar(asked, topn=None),
        none.most_similar_cosmul(asked, topn=None),
        none.distances(asked),
    ):
        assert np.shape(found) == (0,)
    assert none.get_normed_vectors().shape == (0, 3)
    none.sort_by_descending_frequency()
    none.fill_norms()
    with pytest.raises(KeyError, match="is not among"):
        none.most_similar("a")


def test_distances_of_a_list_of_numbers(kv: KeyedVectors) -> None:
    vector = [0.5, 1, 0, -1, 2]
    expected = 1 - cosines(kv, np.array(vector))
    assert kv.distances(vector) == pytest.approx(expected, abs=1e-6)
    assert kv.distances(vector, [7, "king"]) == pytest.approx(expected[[2, 0]], abs=1e-6)


def test_cosmul_heeds_restrict_vocab_and_rows(kv: KeyedVectors) -> None:
    a, b = (cosines(kv, kv.vectors[row].astype(np.float64)) for row in (0, 4))
    expected = (1 + a) / 2 / ((1 + b) / 2 + 1e-6)
    found = kv.most_similar_cosmul(["king"], [4], topn=None)
    assert found == pytest.approx(expected, rel=1e-5)
    assert [key for key, _ in kv.most_similar_cosmul("king", "queen", restrict_vocab=2)] == [
        "New York"
    ]
    assert kv.most_similar_cosmul("king", topn=0) == []


def test_adding_one_by_one_warns_unless_there_is_room(kv: KeyedVectors) -> None:
    with pytest.warns(UserWarning, match="copies all rows each time"):
        assert kv.add_vector("more", np.ones(5)) == 8
    assert kv.get_vecattr("more", "count") == 0
    roomy = KeyedVectors(2, count=2)
    assert [roomy.add_vector(key, [1, row]) for row, key in enumerate("ab")] == [0, 1]
    assert roomy.vectors.tolist() == [[1, 0], [1, 1]]


def test_extras_come_with_their_keys(kv: KeyedVectors) -> None:
    extras = {"weight": np.array([0.5, 0.25]), "count": np.array([3, 4])}
    kv.add_vectors(["queen", "new"], np.ones((2, 5)), extras)
    assert [kv.get_vecattr("new", name) for name in ("weight", "count")] == [0.25, 4]
    assert kv.get_vecattr("queen", "count") == 36
    kv.add_vectors(["queen", "new"], np.ones((2, 5)), extras, replace=True)
    assert kv.get_vecattr("queen", "weight") == 0.5
    twice = KeyedVectors(1)
    twice.add_vectors(["a", "b", "a"], [[1], [2], [3]])
    assert (twice.index_to_key, twice.vectors.tolist()) == (["a", "b"], [[1], [2]])


def test_vectors_of_other_shapes_are_refused(kv: KeyedVectors) -> None:
    for keys, rows in ((["a"], np.ones((1, 4))), (["a", "b"], np.ones((1, 5))), ("a", np.ones(4))):
        with pytest.raises(ValueError, match=r"need vectors of shape \(\d, 5\), got"):
            kv.add_vectors(keys, rows)
    assert len(kv) == 8


def test_attributes_that_do_not_fit_are_refused(kv: KeyedVectors) -> None:
    with pytest.raises(TypeError, match=r"'count' holds int64, which cannot be float64"):
        kv.set_vecattr("king", "count", 0.5)
    with pytest.raises(KeyError, match="no attribute 'count' to sort by"):
        KeyedVectors(2, 1).sort_by_descending_frequency()


def test_pickles_and_copies_are_on_their_own(kv: KeyedVectors) -> None:
    kv.most_similar("king")
    kv.extra = "kept"  # type: ignore[attr-defined]
    others: list[Any] = [pickle.loads(pickle.dumps(kv)), copy.deepcopy(kv), copy.copy(kv)]
    for other in others:
        assert other.index_to_key == KEYS
        assert other.extra == "kept"
        assert other.most_similar("king") == kv.most_similar("king")
        other["king"] = -other["king"]
    assert kv["king"].tolist() == pickle.loads(pickle.dumps(kv))["king"].tolist()


class Special(KeyedVectors):
    """A class of a user's."""


@pytest.mark.parametrize("cls", [KeyedVectors, Special])
def test_all_is_saved_and_loaded(tmp_path: Path, kv: KeyedVectors, cls: type[KeyedVectors]) -> None:
    kv.set_vecattr("king", "label", "male\n")
    kv.set_vecattr("queen", "pair", ("a", [1, None, 0.5, True]))
    kv.vectors_lockf = np.linspace(0, 1, 8, dtype=np.float32)
    kv.save(tmp_path / "kv")
    with open(tmp_path / "handle", "wb") as handle:
        kv.save(handle)
    assert (tmp_path / "kv").read_bytes() == (tmp_path / "handle").read_bytes()
    for found in (cls.load(tmp_path / "kv"), from_arrays(to_arrays(kv), cls)):
        assert type(found) is cls
        assert found.index_to_key == KEYS
        assert list(map(type, found.index_to_key)) == list(map(type, KEYS))
        assert found.key_to_index == kv.key_to_index
        assert found.vectors.tobytes() == kv.vectors.tobytes()
        assert found.vectors_lockf.tobytes() == kv.vectors_lockf.tobytes()
        assert found.next_index == kv.next_index
        assert list(found.expandos) == ["count", "label", "pair"]
        for name, values in kv.expandos.items():
            assert found.expandos[name].dtype == values.dtype
            assert found.expandos[name].tolist() == values.tolist()
        assert found.most_similar("queen") == kv.most_similar("queen")


def test_vectors_stay_in_their_file_on_request(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.save(tmp_path / "kv")
    found = KeyedVectors.load(tmp_path / "kv", mmap="r")
    assert isinstance(found.vectors.base, np.memmap)
    assert found.most_similar("queen") == kv.most_similar("queen")
    with pytest.raises(ValueError, match="read-only"):
        found.vectors[0] = 1
    read = KeyedVectors.load(tmp_path / "kv")
    read.vectors[0] = 1
    assert read["king"].tolist() == [1] * 5
    assert found["king"].tolist() == kv["king"].tolist()


@pytest.mark.parametrize("keys", [[], [""], ["a"], ["\ud800", "b"], [None, None], [1.5, True]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_odd_keys_and_types_are_kept(tmp_path: Path, keys: list[Any], dtype: Any) -> None:
    kv = KeyedVectors(3, 0, dtype)
    if keys == [None, None]:
        kv = KeyedVectors(3, 2, dtype)
    else:
        kv.add_vectors(keys, np.ones((len(keys), 3)))
    kv.save(tmp_path / "kv")
    found = KeyedVectors.load(tmp_path / "kv")
    assert (found.index_to_key, found.key_to_index) == (keys, kv.key_to_index)
    assert found.vectors.dtype == dtype
    assert found.vectors.shape == (len(keys), 3)
    assert found.next_index == 0


def test_keys_that_need_a_pickle_are_refused(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.add_vectors([frozenset("a")], np.ones((1, 5)))
    assert frozenset("a") in kv
    with pytest.raises(VectorFileError, match="of type frozenset, which a file without pickles"):
        kv.save(tmp_path / "kv")
    assert not list(tmp_path.iterdir())


def test_damaged_and_foreign_files_are_refused(tmp_path: Path, kv: KeyedVectors) -> None:
    path = tmp_path / "kv"
    with pytest.raises(FileNotFoundError, match="cannot be read"):
        KeyedVectors.load(path)
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(VectorFileError, match="kv"):
        KeyedVectors.load(path)
    np.savez(tmp_path / "other.npz", vectors=np.ones((2, 2)))
    path.write_text("1 2\na 1 2\n")
    with pytest.raises(VectorFileError, match="kv"):
        KeyedVectors.load(path)
    for name in ("other.npz",):
        with pytest.raises(VectorFileError, match="load_word2vec_format"):
            KeyedVectors.load(tmp_path / name)
    kv.save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(VectorFileError):
            KeyedVectors.load(path)
        path.write_bytes(whole[:place])
        with pytest.raises(VectorFileError):
            KeyedVectors.load(path)
    arrays = to_arrays(kv)
    for name in ("keys", "vectors", "format", "attribute.0"):
        for changed in (None, arrays["vectors"][:2], np.zeros(3, np.uint8)):
            other = {key: value for key, value in arrays.items() if key != name}
            if changed is not None:
                other[name] = changed
            with pytest.raises(VectorFileError, match="no keyed vectors, or damaged"):
                from_arrays(other)


def test_events_are_noted(kv: KeyedVectors) -> None:
    kv.add_lifecycle_event("made", words=8)
    (event,) = kv.lifecycle_events  # type: ignore[attr-defined]
    assert (event["event"], event["words"]) == ("made", 8)


def test_old_vocabularies_are_sorted_by_count() -> None:
    few, many = CompatVocab(count=1, index=4), CompatVocab(count=5)
    assert few < many
    assert str(few) == "CompatVocab<count:1, index:4>"
    assert CompatVocab().count == 0
