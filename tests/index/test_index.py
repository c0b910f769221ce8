"""The approximate index: what it finds is exact, and on a small graph it finds all."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import run

from w2v import NeighbourIndex, QueryError, UnknownWordError, VectorFileError, Vectors, W2VError

V, D = 500, 8
WORDS = [f"w{i}" for i in range(V)]


@pytest.fixture(autouse=True)
def _faiss() -> None:
    pytest.importorskip("faiss", reason="faiss-cpu, of the extra index, is not installed")


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((V, D))
    matrix[100:110] = matrix[:10] * 2
    matrix[7] = 0
    return Vectors(WORDS, matrix, np.arange(V, 0, -1))


@pytest.fixture(scope="module")
def index(vectors: Vectors) -> NeighbourIndex:
    found = NeighbourIndex(vectors)
    found.search_effort = V  # all of it is walked
    return found


def test_what_is_found_is_what_an_exact_search_finds(
    vectors: Vectors, index: NeighbourIndex
) -> None:
    assert len(index) == V - 1  # w7 has no direction
    assert repr(index) == "<NeighbourIndex: 499 words, 8 dimensions>"
    asked = [word for word in WORDS[::7] if word != "w7"]
    assert index.most_similar_batch(asked, n=5) == vectors.most_similar_batch(asked, n=5)
    assert index.most_similar(["w1", "w2"], "w3") == vectors.most_similar(["w1", "w2"], "w3")
    assert index.most_similar(vectors["w4"] * 3, n=2) == vectors.most_similar(
        vectors["w4"] * 3, n=2
    )
    assert index.most_similar("w1", n=0) == []
    assert index.most_similar_batch([]) == []
    assert len(index.most_similar("w1", n=2 * V)) == V - 2
    with pytest.raises(UnknownWordError, match="'x' is not among"):
        index.most_similar("x")
    with pytest.raises(QueryError, match="'w7' has no direction"):
        index.most_similar("w7")


def test_neighbours_are_those_of_an_exact_search(vectors: Vectors, index: NeighbourIndex) -> None:
    for words in (None, ["w8", "w3"]):
        found, exact = (list(v.neighbours(4, words)) for v in (index, vectors))
        rows, ids, cosines = (np.concatenate([b[i] for b in found]) for i in range(3))
        expected = [np.concatenate([b[i] for b in exact]) for i in range(3)]
        kept = expected[0] != 7
        for ours, theirs in zip((rows, ids, cosines), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs[kept])


def test_only_words_that_were_chosen_are_answers(vectors: Vectors) -> None:
    index = NeighbourIndex(vectors, (50, 300), min_count=240)
    index.search_effort = V
    assert len(index) == 211
    assert index.most_similar("w400", n=6) == vectors.most_similar(
        "w400", n=6, restrict_vocab=(50, 300), min_count=240
    )


def test_more_than_there_is_to_look_at(vectors: Vectors) -> None:
    few = Vectors(WORDS[:6], vectors.matrix[:6])
    index = NeighbourIndex(few, links=10**12, effort=10**12)
    index.search_effort = 10**12
    assert index.most_similar("w1", n=3) == few.most_similar("w1", n=3)
    index.search_effort = 0
    with pytest.raises(ValueError, match="`search_effort` must be at least 1, got 0"):
        index.most_similar("w1")


def test_a_file_of_an_index(
    vectors: Vectors, index: NeighbourIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.faiss"
    index.save(path)
    again = NeighbourIndex.load(path, vectors)
    again.search_effort = V
    assert again.most_similar("w1") == index.most_similar("w1")
    assert [p.name for p in tmp_path.iterdir()] == ["v.faiss"]
    import faiss

    graph = faiss.read_index(str(path))
    _, ids = graph.search(vectors.unit[[5]], 3)
    assert ids[0, 0] in (5, 105)
    other = np.random.default_rng(9).standard_normal((V, D))
    for wrong in (
        Vectors(WORDS, other),
        Vectors(WORDS[:100], vectors.matrix[:100]),
        Vectors(WORDS, other[:, :4]),
        Vectors(WORDS[::-1], vectors.matrix[::-1]),
    ):
        with pytest.raises(VectorFileError, match="is no index of these"):
            NeighbourIndex.load(path, wrong)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(VectorFileError, match="no index that faiss can read, or cut short"):
            NeighbourIndex.load(path, vectors)
    faiss.write_index(faiss.IndexFlatIP(D), str(path))
    with pytest.raises(VectorFileError, match="is no index of these"):
        NeighbourIndex.load(path, vectors)
    with pytest.raises(VectorFileError, match="Cannot read"):
        NeighbourIndex.load(tmp_path / "none", vectors)

    def too_large(_: object) -> None:  # as where a changed byte makes a list of terabytes
        raise MemoryError("std::bad_alloc")

    monkeypatch.setattr(faiss, "read_index", too_large)
    with pytest.raises(VectorFileError, match="is damaged, or larger than the memory there is"):
        NeighbourIndex.load(path, vectors)


def test_what_cannot_be_indexed(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(W2VError, match="No word has a direction"):
        NeighbourIndex(Vectors(["a", "b"], np.zeros((2, D))))
    with pytest.raises(ValueError, match="`links` must be at least 2, got 1"):
        NeighbourIndex(vectors, links=1)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(W2VError, match=r"Run pip install 'w2v\[index\]'"):
        NeighbourIndex(vectors)


def test_the_commands(vectors: Vectors, tmp_path: Path) -> None:
    path, graph, out = tmp_path / "v.npz", tmp_path / "v.faiss", tmp_path / "all.jsonl"
    vectors.save(path)
    made = run("index", path, "-o", graph, "--min-count", 300)
    assert made.exit_code == 0
    assert "index of 200 words" in made.stderr
    for command in (["nearest", path, "w9", "w10"], ["analogy", path, "w1", "w2", "w3"]):
        found = run(*command, "-n", 3, "--index", graph, "--json")
        assert json.loads(found.stdout) == json.loads(
            run(*command, "-n", 3, "--min-count", 300, "--json").stdout
        )
    assert run("neighbours", path, "-n", 2, "-o", out, "--index", graph).exit_code == 0
    first = json.loads(out.read_text().splitlines()[0])
    [(word, cosine)] = vectors.most_similar("w0", n=1, min_count=300)
    assert first == {"word": "w0", "rank": 1, "neighbour": word, "cosine": round(cosine, 6)}
    for wrong in (["--min-count", 3], ["--restrict-vocab", 9], ["--method", "3cosmul"]):
        result = run("nearest", path, "w9", "--index", graph, *wrong)
        assert result.exit_code == 2
        assert f"{wrong[0]}" in result.stderr
        assert "cannot be given with --index" in result.stderr
    result = run("index", path, "-o", path)
    assert (result.exit_code, "would overwrite the input" in result.stderr) == (2, True)


def test_a_small_file_takes_little_memory(
    vectors: Vectors, index: NeighbourIndex, tmp_path: Path
) -> None:
    """Sizes of arrays that are not there: faiss would take the memory first."""
    if sys.platform == "win32":
        pytest.skip("memory is not measured so there")
    import resource

    import faiss

    if not hasattr(faiss, "set_deserialization_vector_byte_limit"):
        pytest.skip("this faiss sets no bound")
    index.save(tmp_path / "index")
    whole = bytearray((tmp_path / "index").read_bytes())
    ids = len(whole) - 8 * len(index) - 8  # their number, and then they, are the last of it
    assert int.from_bytes(whole[ids : ids + 8], "little") == len(index)
    whole[ids : ids + 8] = (1 << 28).to_bytes(8, "little")
    (tmp_path / "index").write_bytes(whole)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(VectorFileError, match="no index that faiss can read, or cut short"):
        NeighbourIndex.load(tmp_path / "index", vectors)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
