"""Our vector files in other programs, and theirs here, where these programs are installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from w2v import Vectors, Vocabulary, load
from w2v.errors import VectorFileError

WORDS = [f"w{row}" for row in range(30)]
TABLE = np.random.default_rng(23).standard_normal((30, 8)).astype(np.float32)
COUNTS = list(range(300, 0, -10))
NAMES = ["v.txt", "v.bin", "v.vec.gz", "v.bin.gz", "v.bin.bz2"]


def program(name: str) -> str:
    """The path of a program, or a skip that says which one is missing."""
    return shutil.which(name) or pytest.skip(f"{name} of word2vec.c is not on the PATH")


@pytest.mark.parametrize("name", NAMES)
def test_gensim_and_we_exchange_vectors_and_counts(tmp_path: Path, name: str) -> None:
    models = pytest.importorskip("gensim.models")
    binary = ".bin" in name
    ours, theirs = tmp_path / name, tmp_path / f"gensim-{name}"
    Vectors(WORDS, TABLE).save(ours)
    Vocabulary(tuple(WORDS), np.array(COUNTS)).save(tmp_path / "vocab.txt")
    keyed = models.KeyedVectors.load_word2vec_format(
        str(ours), fvocab=str(tmp_path / "vocab.txt"), binary=binary
    )
    assert keyed.index_to_key == WORDS
    assert keyed.vectors.tobytes() == TABLE.tobytes()
    assert [keyed.get_vecattr(word, "count") for word in WORDS] == COUNTS
    keyed.save_word2vec_format(str(theirs), fvocab=str(tmp_path / "theirs.txt"), binary=binary)
    again, vocabulary = load(theirs), Vocabulary.load(tmp_path / "theirs.txt")
    assert list(again.words) == list(vocabulary.words) == WORDS
    assert again.matrix.tobytes() == TABLE.tobytes()
    assert vocabulary.counts.tolist() == COUNTS


def test_gensims_words_with_spaces_are_read_from_text_and_refused_from_binary(
    tmp_path: Path,
) -> None:
    pytest.importorskip("gensim")
    keyed = Vectors(["new york", "a b", "c"], TABLE[:3]).to_gensim()
    keyed.save_word2vec_format(str(tmp_path / "v.txt"))
    assert load(tmp_path / "v.txt").words == ("new york", "a b", "c")
    keyed.save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    with pytest.raises(VectorFileError, match="row 1: the word 'new york' has a space, which a"):
        load(tmp_path / "v.bin")


def test_fasttext_begins_with_our_vectors(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    Vectors(WORDS, TABLE).save(tmp_path / "v.vec")
    (tmp_path / "text.txt").write_text(" ".join(WORDS) + "\n")
    model = fasttext.train_unsupervised(
        str(tmp_path / "text.txt"),
        pretrainedVectors=str(tmp_path / "v.vec"),
        **{"dim": 8, "lr": 0, "epoch": 1, "minCount": 1, "minn": 0, "maxn": 0, "thread": 1},
        verbose=0,
    )
    rows = model.get_input_matrix()[[model.get_word_id(word) for word in WORDS]]
    assert rows.tobytes() == TABLE.tobytes()


@pytest.mark.parametrize("name", ["v.vec", "v.vec.gz"])
def test_spacy_reads_our_text(tmp_path: Path, name: str) -> None:
    pytest.importorskip("spacy")
    Vectors(WORDS, TABLE).save(tmp_path / name)
    check = (
        "import spacy, sys; vocab = spacy.load(sys.argv[1]).vocab; "
        "print(*(float(x).hex() for word in sys.argv[2:] for x in vocab[word].vector))"
    )
    made = [sys.executable, "-m", "spacy", "init", "vectors", "en", str(tmp_path / name)]
    subprocess.run([*made, str(tmp_path / "pipe")], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", check, str(tmp_path / "pipe"), *WORDS],
        capture_output=True,
        text=True,
        check=True,
    )
    found = np.array([float.fromhex(x) for x in done.stdout.split()], np.float32)
    assert found.tobytes() == TABLE.tobytes()


def test_distance_of_word2vec_c_finds_the_same_neighbours(tmp_path: Path) -> None:
    distance = program("distance")
    vectors = Vectors(WORDS, TABLE)
    vectors.save(tmp_path / "v.bin")
    done = subprocess.run(
        [distance, str(tmp_path / "v.bin")],
        input="w7\nEXIT\n",
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in done.stdout.split("-" * 20)[-1].strip("- \n").split("\n")]
    theirs = [(row[0], float(row[1])) for row in rows if len(row) == 2][:5]
    ours = vectors.most_similar("w7", n=5)
    assert [word for word, _ in theirs] == [word for word, _ in ours]
    assert [score for _, score in theirs] == pytest.approx([score for _, score in ours], abs=1e-5)


def test_compute_accuracy_of_word2vec_c_reads_our_binary(tmp_path: Path) -> None:
    accuracy = program("compute-accuracy")
    Vectors(WORDS, TABLE).save(tmp_path / "v.bin")
    questions = ": some\nw1 w2 w3 w4\nw5 w6 w7 w8\nw1 w2 w3 unknown\n"
    done = subprocess.run(
        [accuracy, str(tmp_path / "v.bin"), "30"],
        input=questions,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Questions seen / total: 2 3" in done.stdout
