"""Aligned vectors, what changed between two, and how stable trainings are; as commands too."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run

from w2v import QueryError, UnknownWordError, Vectors, W2VError
from w2v.evaluation import change, stability

V, D = 400, 10
WORDS = [f"w{i}" for i in range(V)]


def turned(matrix: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.standard_normal((D, D)))
    return matrix @ rotation


@pytest.fixture(scope="module")
def sides() -> tuple[Vectors, Vectors]:
    """One space, turned, in another order, with words of its own, and three words that moved."""
    rng = np.random.default_rng(11)
    early = rng.standard_normal((V, D))
    late = turned(early, 12) * rng.uniform(0.5, 2, (V, 1)) + 0.02 * rng.standard_normal((V, D))
    for moved, to in (("w5", "w90"), ("w17", "w91"), ("w300", "w92")):
        late[WORDS.index(moved)] = late[WORDS.index(to)] + 0.01 * rng.standard_normal(D)
    order = rng.permutation(V)
    counts = np.arange(V, 0, -1)
    return (
        Vectors([*WORDS, "old"], [*early, rng.standard_normal(D)], [*counts, 1]),
        Vectors(
            [*(WORDS[i] for i in order), "young"],
            [*late[order], rng.standard_normal(D)],
            [*(counts[order] * 2), 2],
        ),
    )


def test_alignment_undoes_a_turn_exactly() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((V, D)).astype(np.float32)
    there = Vectors(WORDS, turned(matrix, 3))
    for anchors in (None, 50, WORDS[100:150]):
        back = there.align(Vectors(WORDS[::-1], matrix[::-1]), anchors)
        np.testing.assert_allclose(back.matrix, matrix, atol=1e-5)
        assert back.words == there.words
    assert not np.allclose(there.matrix, matrix, atol=0.1)


def test_alignment_is_the_best_turn_of_vectors_of_length_1(sides: tuple[Vectors, Vectors]) -> None:
    """No small turn away from it comes nearer, and it leaves cosines within as they are."""
    early, late = sides
    aligned = early.align(late)
    shared = [word for word in late.words if word in early]
    near = late.unit[[late.index(word) for word in shared]].astype(np.float64)
    left = aligned.unit[[aligned.index(word) for word in shared]].astype(np.float64)
    best = np.linalg.norm(left - near)
    rng = np.random.default_rng(5)
    for _ in range(20):
        step = rng.standard_normal((D, D)) * 0.02
        turn, _ = np.linalg.qr(np.eye(D) + step - step.T)
        turn *= np.sign(np.diag(turn))
        assert np.linalg.norm(left @ turn - near) > best
    assert aligned.similarity("w1", "w2") == pytest.approx(early.similarity("w1", "w2"), abs=1e-6)
    assert aligned.counts is not None
    assert early.counts is not None
    assert aligned.counts.tolist() == early.counts.tolist()


def test_alignment_that_cannot_be() -> None:
    a = Vectors(["a", "b"], np.eye(2))
    with pytest.raises(QueryError, match="of one dimension can be aligned, got 2 and 3"):
        a.align(Vectors(["a"], np.eye(3)[:1]))
    with pytest.raises(QueryError, match="no word in common that has a direction in both"):
        a.align(Vectors(["a", "x"], [[0, 0], [1, 1]]))
    with pytest.raises(UnknownWordError, match="'x' is not among"):
        a.align(a, ["a", "x"])
    with pytest.raises(ValueError, match="`anchors` must be at least 1"):
        a.align(a, 0)
    with pytest.raises(TypeError, match="`anchors` must be a number or a list of words, got 'ab'"):
        a.align(a, "ab")
    with pytest.warns(UserWarning, match="by 1 word, fewer than the 2 dimensions"):
        a.align(a, 1)


def test_what_moved_comes_first(sides: tuple[Vectors, Vectors]) -> None:
    early, late = sides
    found = change(early, late, 5, neighbours=3)
    assert {one["word"] for one in found["changes"][:3]} == {"w5", "w17", "w300"}
    assert [one["place"] for one in found["changes"]] == [1, 2, 3, 4, 5]
    assert found["words"] == V
    aligned = early.align(late)
    for one in found["changes"]:
        word = one["word"]
        assert one["cosine"] == pytest.approx(late.similarity(word, aligned[word]), abs=1e-6)
        for side, name in ((early, "early"), (late, "late")):
            near = [w for w, _ in side.most_similar(word, n=3)]
            assert one[name] == {"count": side.counts[side.index(word)], "neighbours": near}  # type: ignore[index]
    everything = change(early, late, None)["changes"]
    cosines = [one["cosine"] for one in everything]
    assert cosines == sorted(cosines)
    assert found["median"] == pytest.approx(np.median(cosines))
    [one] = change(early, late, words=["w17"])["changes"]
    assert one["place"] == 1 + [c["word"] for c in everything].index("w17")


def test_rare_words_are_left_out_of_changes(sides: tuple[Vectors, Vectors]) -> None:
    early, late = sides
    found = change(early, late, 5, min_count=200)  # w300 was counted 100 and 200 times
    assert {one["word"] for one in found["changes"][:2]} == {"w5", "w17"}
    common = {w for w in WORDS if V - int(w[1:]) >= 200}
    assert found["words"] == len(common)
    for one in found["changes"]:
        assert {*one["early"]["neighbours"]} <= common
    with pytest.raises(UnknownWordError, match="'w300' is not among the 201 words that both have"):
        change(early, late, words=["w300"], min_count=200)
    assert change(early, late, restrict_vocab=100)["words"] < 100
    with pytest.raises(QueryError, match="No word is in both and frequent enough"):
        change(early, Vectors(["young", "w1"], np.ones((2, D))), restrict_vocab=1)


def overlap(a: Vectors, b: Vectors, word: str, shared: set[str], n: int) -> float:
    near = []
    for side in (a, b):
        order = [w for w, _ in side.most_similar(word, n=None) if w in shared]
        near.append(set(order[:n]))
    return len(near[0] & near[1]) / n


def test_stability_is_the_overlap_of_neighbours(sides: tuple[Vectors, Vectors]) -> None:
    early, late = sides
    third = Vectors(late.words, late.matrix + np.random.default_rng(2).normal(0, 0.5, (V + 1, D)))
    shared = [word for word in early.words if word in late]
    both = set(shared)
    found = stability([early, late, third], 5, sample=0)
    assert (found["words"], found["n"]) == (V, 5)
    assert [(b["from"], b["to"], b["words"]) for b in found["bands"]] == [
        (1, 100, 100),
        (101, 400, 300),
    ]
    assert [b["counts"] for b in found["bands"]] == [[301, 400], [1, 300]]
    for band in found["bands"]:
        shares = np.array(
            [
                [overlap(a, b, word, both, 5) for word in shared[band["from"] - 1 : band["to"]]]
                for a, b in itertools.combinations((early, late, third), 2)
            ]
        )
        assert band["share"] == pytest.approx(shares.mean())
        assert band["jaccard"] == pytest.approx((shares / (2 - shares)).mean())
        means = shares.mean(axis=1)
        assert [band["least"], band["most"]] == pytest.approx([means.min(), means.max()])
    same = stability([early, early.align(late)], 5)
    assert [band["share"] for band in same["bands"]] == pytest.approx([1, 1], abs=0.01)


def test_a_sample_of_each_band(sides: tuple[Vectors, Vectors]) -> None:
    found = stability(sides, 5, sample=20, restrict_vocab=300)
    assert [band["words"] for band in found["bands"]] == [20, 20]
    assert found["words"] == 300
    with pytest.raises(QueryError, match="of two vectors or more, got 1"):
        stability(sides[:1])
    with pytest.raises(QueryError, match="All have 2 words in common; for the 10 nearest"):
        stability(sides, restrict_vocab=2)


@pytest.fixture(scope="module")
def files(sides: tuple[Vectors, Vectors], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("periods")
    paths = [folder / "early.npz", folder / "late.npz"]
    for side, path in zip(sides, paths, strict=True):
        side.save(path)
    return paths


def test_compare_as_a_command(files: list[Path], sides: tuple[Vectors, Vectors]) -> None:
    expected = change(*sides, 3, neighbours=2, min_count=50)
    found = json.loads(run("compare", *files, "-n", 3, "--neighbours", 2, "--json").stdout)
    assert found == {"early": str(files[0]), "late": str(files[1]), **expected}
    text = run("compare", *files, "-n", 3, "--neighbours", 2).stdout
    assert text.startswith("351 words compared, median cosine 1.000, the most changed")
    first = expected["changes"][0]
    assert f"    then  {', '.join(first['early']['neighbours'])}\n" in text
    head, *rows = run("compare", *files, "--tsv", "--min-count", 0).stdout.splitlines()
    assert head == "place\tword\tcosine\tcount_early\tcount_late\tnearest_early\tnearest_late"
    assert len(rows) == V
    assert {len(row.split("\t")) for row in rows} == {7}
    assert len(run("compare", *files, "--tsv", "-n", 4).stdout.splitlines()) == 5
    assert "w17" in run("compare", *files, "w17").stdout
    failed = run("compare", *files, "w17", "nothing")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "'nothing' is not among the 351 words that both have" in failed.stderr
    assert run("compare", *files, "--tsv", "--json").exit_code == 2


def test_compare_without_counts_says_what_that_means(files: list[Path], tmp_path: Path) -> None:
    paths = [tmp_path / f"{path.stem}.bin" for path in files]
    for path, other in zip(files, paths, strict=True):
        assert run("convert", path, other).exit_code == 0
    result = run("compare", *paths)
    assert result.exit_code == 0
    assert "Warning: without counts" in result.stderr
    assert run("compare", *paths, "--restrict-vocab", 300).stderr == ""
    refused = run("compare", *paths, "--min-count", 5)
    assert refused.exit_code == 1
    assert "--min-count asks how often words stood in the corpus" in refused.stderr


def test_stability_as_a_command(files: list[Path], sides: tuple[Vectors, Vectors]) -> None:
    found = json.loads(run("stability", *files, "-n", 5, "--sample", 0, "--json").stdout)
    assert found == {"vectors": [str(p) for p in files], **stability(sides, 5, sample=0)}
    lines = run("stability", *files, "-n", 5).stdout.splitlines()
    assert lines[0].startswith("400 words in both; of the 5 nearest of a word")
    assert lines[2].split()[-1] == "Jaccard"
    assert lines[3].split()[:3] == ["1", "to", "100"]
    assert "least" in run("stability", *files, files[0]).stdout
    assert "Give two VECTORS or more" in run("stability", files[0]).stderr


def test_several_words_at_once(sides: tuple[Vectors, Vectors]) -> None:
    early, _ = sides
    assert early[["w3", "w1", "w3"]].tolist() == early.matrix[[3, 1, 3]].tolist()
    assert early[("w3",)].shape == (1, D)
    assert early[np.array(["w3", "w4"])].shape == (2, D)  # type: ignore[index]
    assert early[[]].shape == (0, D)
    with pytest.raises(UnknownWordError, match="'x', 'y' are not among"):
        early[["w3", "x", "y"]]


def test_a_data_frame(sides: tuple[Vectors, Vectors], monkeypatch: pytest.MonkeyPatch) -> None:
    early, _ = sides
    if importlib.util.find_spec("pandas"):
        frame = early.to_pandas()
        assert frame.shape == (V + 1, D)
        assert frame.loc["w3"].tolist() == early["w3"].tolist()
        assert frame.index.name == "word"
        frame.iloc[0, 0] = 7  # a copy
        assert early.matrix[0, 0] != 7
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(W2VError, match="needs pandas, which is not installed"):
        early.to_pandas()
