"""Keyed vectors in files of word2vec's formats, and scored on files of questions."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import VectorFileError, load
from w2v.gensim.keyed_vectors import KeyedVectors, _load_word2vec_format, load_word2vec_format

ROWS = np.array([[1, 2.5], [0.1, -3], [4, 1e-5]], np.float32)


@pytest.fixture
def kv() -> KeyedVectors:
    keyed = KeyedVectors(2)
    keyed.add_vectors(["rare", "naïve", "often"], ROWS)
    keyed.expandos["count"] = np.array([1, 5, 9])
    return keyed


def test_text_is_written_most_frequent_first(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.save_word2vec_format(tmp_path / "v", tmp_path / "counts", prefix="*")
    assert (tmp_path / "v").read_text(
        "utf-8"
    ) == "3 2\n*often 4 0.00001\n*naïve 0.1 -3\n*rare 1 2.5\n"
    assert (tmp_path / "counts").read_text("utf-8") == "*often 9\n*naïve 5\n*rare 1\n"
    kv.save_word2vec_format(tmp_path / "v", write_header=False, sort_attr="none")
    assert (tmp_path / "v").read_text("utf-8") == "rare 1 2.5\nnaïve 0.1 -3\noften 4 0.00001\n"


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("name", ["v", "v.gz"])
def test_files_are_appended_to(tmp_path: Path, kv: KeyedVectors, binary: bool, name: str) -> None:
    options: dict[str, Any] = {"binary": binary, "fvocab": tmp_path / "counts"}
    kv.save_word2vec_format(tmp_path / name, total_vec=6, **options)
    more: dict[str, Any] = {"prefix": "*", "write_header": False, "append": True}
    kv.save_word2vec_format(tmp_path / name, **more, **options)
    assert name == "v" or gzip.decompress((tmp_path / name).read_bytes()).startswith(b"6 2\n")
    found = KeyedVectors.load_word2vec_format(tmp_path / name, **options)
    assert found.index_to_key == ["often", "naïve", "rare", "*often", "*naïve", "*rare"]
    assert found.vectors.tolist() == 2 * ROWS[::-1].tolist()
    assert found.expandos["count"].tolist() == [9, 5, 1, 9, 5, 1]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, kv: KeyedVectors) -> None:
    kv["New York"] = np.ones(2)
    with pytest.raises(VectorFileError, match="'New York'"):
        kv.save_word2vec_format(tmp_path / "v", tmp_path / "counts")
    with pytest.raises(ValueError, match="`fvocab` needs the attribute 'weight'"):
        kv.save_word2vec_format(tmp_path / "v", tmp_path / "counts", sort_attr="weight")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", [None, 0, 2, sys.maxsize])
def test_files_are_read_with_counts_that_fall(
    tmp_path: Path, kv: KeyedVectors, limit: int | None
) -> None:
    kv.save_word2vec_format(tmp_path / "v")
    found = load_word2vec_format(tmp_path / "v", limit=limit)
    count = 2 if limit == 2 else 3
    assert found.index_to_key == ["often", "naïve", "rare"][:count]
    assert found.key_to_index == {key: row for row, key in enumerate(found.index_to_key)}
    assert found.expandos["count"].tolist() == [3, 2, 1][3 - count :]
    assert found.next_index == count
    found.vectors[0] = 1


def test_files_without_a_header_and_of_other_types(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.save_word2vec_format(tmp_path / "v", write_header=False)
    found = KeyedVectors.load_word2vec_format(tmp_path / "v", no_header=True, datatype=np.float16)
    assert found.vectors.dtype == np.float16
    assert found.vectors == pytest.approx(ROWS[::-1], abs=2e-3)
    with pytest.raises(NotImplementedError, match="A binary file has a header"):
        KeyedVectors.load_word2vec_format(tmp_path / "v", no_header=True, binary=True)


@pytest.mark.parametrize("binary", [False, True])
def test_words_in_other_encodings(tmp_path: Path, binary: bool) -> None:
    row = ROWS[0].astype("<f4").tobytes() if binary else b"1 2.5\n"
    (tmp_path / "v").write_bytes(b"1 2\nna\xefve " + row)

    def read(**options: Any) -> Any:
        return KeyedVectors.load_word2vec_format(tmp_path / "v", binary=binary, **options)

    with pytest.raises(UnicodeDecodeError, match=r"the word b'na\\xefve' is not valid UTF-8"):
        read()
    assert read(encoding="latin-1").index_to_key == ["naïve"]
    assert read(unicode_errors="ignore").index_to_key == ["nave"]
    assert read(unicode_errors="replace").index_to_key == ["na\ufffdve"]


def test_errors_are_those_that_programs_for_gensim_catch(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"Cannot read .*missing"):
        KeyedVectors.load_word2vec_format(tmp_path / "missing")
    for binary, row in ((False, b"a 1 2\n"), (True, b"a " + ROWS[0].tobytes())):
        (tmp_path / "v").write_bytes(b"2 2\n" + row)
        with pytest.raises(EOFError, match="It may be cut short"):
            KeyedVectors.load_word2vec_format(tmp_path / "v", binary=binary)
    (tmp_path / "v").write_text("1 2\na 1 2\n")
    (tmp_path / "counts").write_text("a\n")
    with pytest.raises(VectorFileError, match="line 1: expected a word and its count, got 'a'"):
        KeyedVectors.load_word2vec_format(tmp_path / "v", tmp_path / "counts")
    (tmp_path / "counts").write_bytes(b"a\xff 3\n")
    with pytest.raises(UnicodeDecodeError):
        KeyedVectors.load_word2vec_format(tmp_path / "v", tmp_path / "counts")
    (tmp_path / "counts").write_text("b 3\n")
    found = KeyedVectors.load_word2vec_format(tmp_path / "v", tmp_path / "counts")
    assert found.expandos["count"].tolist() == [0]


class Special(KeyedVectors):
    """A class of a user's."""


def test_the_function_takes_a_class_and_a_size_of_pieces(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.save_word2vec_format(tmp_path / "v", binary=True)
    found = _load_word2vec_format(
        cls=Special, fname=tmp_path / "v", binary=True, limit=1, binary_chunk_size=5
    )
    assert (type(found), found.index_to_key) == (Special, ["often"])


@pytest.mark.parametrize("binary", [False, True])
def test_vectors_are_merged_and_locked(tmp_path: Path, kv: KeyedVectors, binary: bool) -> None:
    other = KeyedVectors(2)
    other.add_vectors(["new", "often"], np.array([[7, 7], [8, 9]]))
    other.save_word2vec_format(tmp_path / "v", binary=binary)
    before = kv.most_similar("rare")
    kv.intersect_word2vec_format(tmp_path / "v", binary=binary)
    assert kv["often"].tolist() == [8, 9]
    assert (len(kv), kv["rare"].tolist()) == (3, [1, 2.5])
    assert kv.vectors_lockf.tolist() == [1, 1, 0]
    assert kv.most_similar("rare") != before
    kv.intersect_word2vec_format(tmp_path / "v", lockf=0.5, binary=binary)
    assert kv.vectors_lockf.tolist() == [1, 1, 0.5]
    with pytest.raises(ValueError, match="has vectors of 2 numbers; expected 3"):
        KeyedVectors(3).intersect_word2vec_format(tmp_path / "v", binary=binary)


def test_what_is_saved_is_read_by_the_rest(tmp_path: Path, kv: KeyedVectors) -> None:
    kv.save_word2vec_format(tmp_path / "v", binary=True)
    assert load(tmp_path / "v").words == ("often", "naïve", "rare")


@pytest.fixture
def royals() -> KeyedVectors:
    keyed = KeyedVectors(3)
    rows = {
        "man": (1, 0, 0.1),
        "woman": (0, 1, 0.1),
        "king": (1, 0, 1),
        "queen": (0, 1, 1),
        "King": (-1, 0, 0),
        "apple": (0.3, 0.2, -1),
    }
    keyed.add_vectors(list(rows), np.array([*rows.values()], np.float32))
    return keyed


def test_analogies_are_counted(tmp_path: Path, royals: KeyedVectors) -> None:
    lines = [": people", "man king woman queen", "MAN king woman Apple", "man king", "x y z man"]
    lines += [": fruit", "woman queen man king"]
    (tmp_path / "q").write_text("\n".join(lines) + "\n")
    score, sections = royals.evaluate_word_analogies(tmp_path / "q")
    assert score == pytest.approx(2 / 3)
    assert sections[0] == {
        "section": "people",
        "correct": [("MAN", "KING", "WOMAN", "QUEEN")],
        "incorrect": [("MAN", "KING", "WOMAN", "APPLE")],
    }
    assert [len(section["correct"]) for section in sections] == [1, 1, 2]
    assert sections[2]["section"] == "Total accuracy"
    score, sections = royals.evaluate_word_analogies(
        tmp_path / "q", case_insensitive=False, dummy4unknown=True
    )
    assert score == 0.5
    assert ("x", "y", "z", "man") in sections[0]["incorrect"]
    assert royals.evaluate_word_analogies(tmp_path / "q", restrict_vocab=3)[0] == 0
    (tmp_path / "q").write_text("man king woman queen\n")
    with pytest.raises(ValueError, match="line 1: a line before the first section"):
        royals.evaluate_word_analogies(tmp_path / "q")
    with pytest.raises(FileNotFoundError):
        royals.evaluate_word_analogies(tmp_path / "missing")


@pytest.mark.parametrize("scipy", [True, False])
def test_pairs_are_correlated(
    tmp_path: Path, royals: KeyedVectors, monkeypatch: pytest.MonkeyPatch, scipy: bool
) -> None:
    if scipy:
        pytest.importorskip("scipy")
    else:
        monkeypatch.setitem(sys.modules, "scipy", None)
    pairs = [("man", "king", 7.5), ("king", "queen", 5), ("MAN", "apple", 1), ("woman", "apple", 2)]
    text = "# a remark\nbad line\n" + "".join("{}\t{}\t{}\n".format(*pair) for pair in pairs)
    (tmp_path / "p").write_text(text + "man\tnobody\t3\n")
    pearson, spearman, missing = royals.evaluate_word_pairs(tmp_path / "p")
    cosines = [royals.similarity(a.lower(), b) for a, b, _ in pairs]
    scores = [score for _, _, score in pairs]
    assert pearson[0] == pytest.approx(np.corrcoef(cosines, scores)[0, 1])
    left, right = (np.argsort(np.argsort(values)) for values in (cosines, scores))
    assert spearman[0] == pytest.approx(np.corrcoef(left, right)[0, 1])
    assert missing == 20
    assert np.isnan(pearson[1]) == np.isnan(spearman[1]) == (not scipy)
    assert royals.evaluate_word_pairs(tmp_path / "p", dummy4unknown=True)[2] == 20
    with pytest.raises(ValueError, match="no pair of words with a score of which both are keys"):
        royals.evaluate_word_pairs(tmp_path / "p", delimiter=";")
    (tmp_path / "p").write_bytes("man;königin;3\nman;king;4\n".encode("latin-1"))
    royals["Königin"] = np.ones(3)
    found = royals.evaluate_word_pairs(tmp_path / "p", ";", "latin-1")
    assert found[2] == 0


def test_documents_are_compared_where_pot_is(
    royals: KeyedVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "ot", None)
        with pytest.raises(ImportError, match=r"wmdistance needs POT.*pip install POT"):
            royals.wmdistance(["man"], ["king"])
    pytest.importorskip("ot")
    one = royals.wmdistance(["man", "nobody"], ["king"], norm=False)
    assert one == pytest.approx(0.9)
    mixed = royals.wmdistance(["man", "woman"], ["king", "queen"], norm=False)
    assert mixed == pytest.approx(0.9)
    assert royals.wmdistance(["man", "man"], ["man"]) == 0
    assert royals.wmdistance(["nobody"], ["man"]) == float("inf")
