"""What `save` of two versions of gensim has written: known answers, read without gensim."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from gensim_files import DATA, VERSIONS

from w2v import load
from w2v.errors import UnknownWordError, VectorFileError
from w2v.formats import read_gensim, read_gensim_phrases

SETTINGS = {
    "vector_size": 6,
    "window": 3,
    "alpha": 0.025,
    "min_alpha": 0.0001,
    "cbow_mean": 1,
    "ns_exponent": 0.75,
    "min_count": 2,
    "sample": 0.01,
    "epochs": 2,
    "seed": 7,
    "workers": 1,
    "corpus_count": 33,
    "corpus_total_words": 270,
    "max_vocab_size": None,
}


@pytest.fixture(params=VERSIONS)
def folder(request: pytest.FixtureRequest) -> Path:
    return DATA / str(request.param)


def answers(folder: Path, name: str) -> dict[str, Any]:
    with np.load(folder / f"{name}.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", ["ns", "hs", "sub"])
def test_words_vectors_counts_and_settings_of_a_model(folder: Path, name: str) -> None:
    found, expected = read_gensim(folder / f"{name}.model"), answers(folder, name)
    assert found.kind == ("fasttext" if name == "sub" else "word2vec")
    assert found.words == expected["words"].tolist()
    assert "naïve" in found.words
    assert "猫" in found.words
    assert found.counts is not None
    assert found.counts.tolist() == expected["counts"].tolist()
    assert found.vectors.dtype == np.float32
    assert found.vectors == pytest.approx(expected["vectors"], abs=1e-7)
    assert not found.vectors.flags.writeable
    assert found.settings.items() >= SETTINGS.items()
    chosen = {"ns": (1, 0, 4), "hs": (0, 1, 0), "sub": (0, 0, 5)}[name]
    assert tuple(found.settings[key] for key in ("sg", "hs", "negative")) == chosen
    table = load(folder / f"{name}.model")
    assert list(table.words) == found.words
    assert table.counts is not None
    assert table.counts.tolist() == found.counts.tolist()
    assert table.matrix.tobytes() == found.vectors.tobytes()


def test_output_table_of_negative_sampling(folder: Path) -> None:
    found, expected = read_gensim(folder / "ns.model"), answers(folder, "ns")
    assert found.output is not None
    assert found.output.tobytes() == expected["syn1neg"].tobytes()
    assert found.output.any()
    assert found.inner is None
    assert found.tree is None


def test_tree_and_inner_nodes_of_hierarchical_softmax(folder: Path) -> None:
    found, expected = read_gensim(folder / "hs.model"), answers(folder, "hs")
    assert found.inner is not None
    assert found.tree is not None
    assert found.inner.tobytes() == expected["syn1"].tobytes()
    assert found.inner.any()
    assert found.output is None
    assert np.diff(found.tree.offsets).tolist() == expected["lengths"].tolist()
    assert found.tree.nodes.tolist() == expected["points"].tolist()
    assert found.tree.codes.tolist() == expected["codes"].tolist()
    roots = found.tree.nodes[found.tree.offsets[:-1]]
    assert set(roots.tolist()) == {len(found.words) - 2}


def test_words_of_fasttext_that_are_not_there(folder: Path) -> None:
    found, expected = read_gensim(folder / "sub.model"), answers(folder, "sub")
    assert found.subwords is not None
    assert found.subwords.vector_of("houses") == pytest.approx(expected["unknown"], abs=1e-7)
    with pytest.raises(UnknownWordError, match="'' has no n-grams of 3 to 4 characters"):
        found.subwords.vector_of("")
    assert (found.settings["min_n"], found.settings["max_n"]) == (3, 4)


def test_vectors_alone(folder: Path) -> None:
    found, model = read_gensim(folder / "words.kv"), read_gensim(folder / "ns.model")
    assert found.kind == "vectors"
    assert found.words == model.words
    assert found.vectors.tobytes() == model.vectors.tobytes()
    assert found.counts is not None
    assert model.counts is not None
    assert found.counts.tolist() == model.counts.tolist()


@pytest.mark.parametrize("name", ["apart.model", "packed.model.gz"])
def test_arrays_in_files_beside_it(folder: Path, name: str) -> None:
    found, expected = read_gensim(folder / name), answers(folder, "ns")
    assert found.vectors.tobytes() == expected["vectors"].tobytes()
    assert found.output is not None
    assert found.output.tobytes() == expected["syn1neg"].tobytes()
    if name == "apart.model":
        assert isinstance(found.vectors.base, np.memmap)
    assert load(folder / name).matrix.tobytes() == expected["vectors"].tobytes()


def test_a_file_beside_it_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "apart.model", tmp_path)
    missing = rf"{tmp_path}/apart\.model\.wv\.vectors\.npy is not there\. Put it there"
    for read in (read_gensim, load):
        with pytest.raises(VectorFileError, match=missing):
            read(tmp_path / "apart.model")
    done = run("convert", tmp_path / "apart.model", tmp_path / "v.npz")
    assert done.exit_code == 1
    assert "apart.model.wv.vectors.npy is not there" in done.stderr
    assert not (tmp_path / "v.npz").exists()


def test_counts_that_gensim_has_made_up_are_none(folder: Path) -> None:
    found = read_gensim(folder / "uncounted.kv")
    assert found.words == ["a", "b", "c"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.counts is None


def test_numbers_as_words_become_decimals(folder: Path) -> None:
    expected = ["3", "14", "15"] if "3.8" in folder.name else [3, 14, 15]
    assert read_gensim(folder / "ids.kv").words == expected
    assert load(folder / "ids.kv").words == ("3", "14", "15")
    assert load(folder / "ids.kv")["14"].tolist() == [2, 3]


def test_keys_that_are_no_words_are_read_and_not_loaded() -> None:
    path = DATA / "gensim-4.4.0" / "pairs.kv"
    assert read_gensim(path).words == [3, "pi", (1, "two")]
    message = r"pairs.kv has the key \(1, 'two'\) for a row, which is no word\. w2v\.formats"
    with pytest.raises(VectorFileError, match=message):
        load(path)


def test_a_command_converts_them(folder: Path, tmp_path: Path) -> None:
    for name in ("ns.model", "words.kv"):
        done = run("convert", folder / name, tmp_path / "v.npz")
        assert done.exit_code == 0
        assert "31 words" in done.stderr
        found = load(tmp_path / "v.npz")
        expected = load(folder / name)
        assert found.words == expected.words
        assert found.matrix.tobytes() == expected.matrix.tobytes()
        assert found.counts is not None
        assert found.counts.tolist() == answers(folder, "ns")["counts"].tolist()
    assert "gensim word2vec" in run("info", folder / "ns.model").stdout
    assert run("nearest", folder / "ns.model", "green").exit_code == 0
    assert run("info", folder / "ns.model", "--from", "gensim").exit_code == 0
    done = run("info", folder / "ns.model", "--from", "binary")
    assert "is not the binary file that was asked for; it is gensim." in done.stderr


@pytest.mark.parametrize("name", ["phrases", "npmi"])
def test_phrases(folder: Path, name: str) -> None:
    found = read_gensim_phrases(folder / f"{name}.model")
    assert found.kind == "phrases"
    assert found.scoring == ("default" if name == "phrases" else "npmi")
    assert found.delimiter == "_"
    assert found.connectors == {"of", "the", "in"}
    some = {"red": 9, "red_fox": 6, "over_the_green": 6, "naïve_猫": 3, "cup_of_green": 3}
    assert found.counts.items() >= some.items()
    assert len(found.counts) == 69
    assert not found.scores
    assert found.settings["min_count"] == 2
    assert found.settings["threshold"] == (1.0 if name == "phrases" else 0.1)
    assert found.settings["max_vocab_size"] == 40_000_000
    assert found.settings["corpus_word_count"] == 270


@pytest.mark.parametrize(("name", "phrases"), [("phrases", 30), ("npmi", 41)])
def test_frozen_phrases(folder: Path, name: str, phrases: int) -> None:
    whole = read_gensim_phrases(folder / f"{name}.model")
    found = read_gensim_phrases(folder / f"{name}.frozen")
    assert found.kind == "frozen phrases"
    assert (found.scoring, found.delimiter) == (whole.scoring, "_")
    assert found.connectors == whole.connectors
    assert not found.counts
    assert len(found.scores) == phrases
    assert set(found.scores) < set(whole.counts)
    if name == "phrases":  # (count of both - 2) / count of one / count of the other * words
        assert found.scores["red_fox"] == pytest.approx((6 - 2) / 9 / 6 * 69)
    assert {key: found.settings[key] for key in ("min_count", "threshold")} == {
        "min_count": 2,
        "threshold": whole.settings["threshold"],
    }


def test_each_reader_names_the_other(folder: Path) -> None:
    for read in (read_gensim, load):
        with pytest.raises(VectorFileError, match=r"holds phrases .* w2v.formats.read_gensim_phra"):
            read(folder / "phrases.model")
    with pytest.raises(VectorFileError, match=r"holds vectors .* Read it by w2v.formats.read_gens"):
        read_gensim_phrases(folder / "ns.model")


def test_nothing_of_gensim_is_imported() -> None:
    names = [
        str(DATA / version / name) for version in VERSIONS for name in ("ns.model", "sub.model")
    ]
    code = (
        "import sys, w2v\n"
        f"for name in {names!r}: w2v.load(name)\n"
        "print({'gensim', 'pickle'} & set(sys.modules) - before)"
    )
    before = "import sys, numpy, pyarrow, numba, w2v.library; before = set(sys.modules)\n"
    done = subprocess.run(
        [sys.executable, "-c", before + code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
