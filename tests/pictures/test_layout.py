"""Where words stand on a plane."""

from __future__ import annotations

import numpy as np
import pytest
from corpora import topics_model

from w2v import Vectors, Word2Vec
from w2v.errors import PictureError
from w2v.pictures import layout

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return topics_model()


def test_pca_is_the_two_directions_of_most_variance(model: Word2Vec) -> None:
    rows = np.arange(20)
    found = layout.lay_out(model.vectors, rows, "pca")
    centred = model.vectors.unit[rows].astype(np.float64)
    centred -= centred.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(found.places) == pytest.approx(np.abs(u[:, :2] * s[:2]), abs=1e-4)
    share = s**2 / (s**2).sum()
    assert found.caption == f"PCA, {share[0]:.0%} and {share[1]:.0%} of the variance"
    assert found.words == list(model.vectors.words[:20])


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_words_of_a_topic_come_together(model: Word2Vec, method: str) -> None:
    if method == "umap":
        pytest.importorskip("umap")
    topics = [[w for w in model.vectors.words if w.startswith(t)] for t in ("animal", "tool")]
    rows, unknown = layout.choose_rows(model.vectors, [*topics[0], *topics[1], "elsewhere"])
    assert unknown == ["elsewhere"]
    steps: list[tuple[int, int]] = []
    found = layout.lay_out(
        model.vectors, rows, method, progress=lambda done, total: steps.append((done, total))
    )
    again = layout.lay_out(model.vectors, rows, method)
    assert np.array_equal(found.places, again.places)
    apart = np.linalg.norm(found.places[:, np.newaxis] - found.places, axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    same = [found.words[i][0] == found.words[j][0] for i, j in enumerate(nearest.tolist())]
    assert np.mean(same) > 0.9
    if method == "tsne":
        assert steps[-1] == (1000, 1000)
        assert len(steps) > 5


def test_the_sentence_comes_before_long_work(
    model: Word2Vec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layout, "_MANY", 10)
    said: list[str] = []
    layout.lay_out(model.vectors, np.arange(12), "tsne", say=said.append)
    layout.lay_out(model.vectors, np.arange(12), "pca", say=said.append)
    assert len(said) == 1
    assert said[0].startswith("t-SNE of 12 words can take minutes")
    assert capsys.readouterr().out == ""


def test_few_words_and_few_dimensions(model: Word2Vec) -> None:
    for method, least in layout.LEAST.items():
        if method == "umap":
            continue
        found = layout.lay_out(model.vectors, np.arange(least), method)
        assert np.isfinite(found.places).all()
        with pytest.raises(PictureError, match=f"at least {least} words, got {least - 1}"):
            layout.lay_out(model.vectors, np.arange(least - 1), method)
    line = Vectors(list("abcdef"), np.arange(6.0)[:, np.newaxis] - 2)
    for method in ("pca", "tsne"):
        assert np.isfinite(layout.lay_out(line, np.arange(6), method).places).all()


def test_neighbours_are_the_nearest_of_those_drawn(
    model: Word2Vec, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([0, 3, 5, 8, 13, 21])
    small = Vectors([model.vectors.words[r] for r in rows], model.vectors.matrix[rows])
    for tile in (1, 100):
        monkeypatch.setattr(layout, "_TILE", tile)
        near, cosines = layout.neighbours(model.vectors, rows, 3)
        for i, word in enumerate(small.words):
            expected = small.most_similar(word, n=3)
            assert [small.words[j] for j in near[i].tolist()] == [name for name, _ in expected]
            assert cosines[i] == pytest.approx([cosine for _, cosine in expected], abs=1e-6)
    assert layout.neighbours(model.vectors, rows, 9)[0].shape == (6, 5)
    assert layout.neighbours(model.vectors, rows[:1], 9)[0].shape == (1, 0)
