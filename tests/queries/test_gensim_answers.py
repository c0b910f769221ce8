"""Questions about vectors, held to gensim's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import Vectors, load


@pytest.fixture(scope="module")
def euclidean() -> tuple[Vectors, Any]:
    """The vectors of gensim's own tests, here and there."""
    gensim = pytest.importorskip("gensim", reason="gensim, of the extra bench, is not installed")
    path = Path(gensim.__file__).parent / "test" / "test_data" / "euclidean_vectors.bin"
    return load(path), gensim.models.KeyedVectors.load_word2vec_format(str(path), binary=True)


def same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=2e-6)


@pytest.mark.filterwarnings("ignore")
def test_gensim_answers_the_same(euclidean: tuple[Vectors, Any]) -> None:
    ours, theirs = euclidean
    same(ours.most_similar("war"), theirs.most_similar("war"))
    plus, minus = ["war", "israel"], ["conflict"]
    same(ours.most_similar(plus, minus), theirs.most_similar(plus, minus))
    same(
        ours.most_similar(plus, minus, 7, 200), theirs.most_similar(plus, minus, 7, None, None, 200)
    )
    same(
        ours.most_similar(plus, restrict_vocab=(100, 900)),
        theirs.most_similar(plus, clip_start=100, clip_end=900),
    )
    same(ours.most_similar_cosmul(plus, minus), theirs.most_similar_cosmul(plus, minus))
    same(ours.most_similar_cosmul(plus), theirs.most_similar_cosmul(plus))
    same(ours.most_similar(ours["war"] * 3), theirs.similar_by_vector(ours["war"] * 3))
    words = ["war", "conflict", "administration", "terrorism", "call", "israel"]
    assert [word for word, _ in ours.most_similar("war", n=5)] == words[1:]
    assert ours.doesnt_match(words) == theirs.doesnt_match(words)
    assert ours.similarity("war", "conflict") == pytest.approx(0.93305397, abs=1e-6)
    assert ours.distance("war", "conflict") == pytest.approx(0.06694602, abs=1e-6)
    np.testing.assert_allclose(ours.distances("war"), theirs.distances("war"), atol=2e-6)
    for word in words[1:]:
        assert ours.rank("war", word) == theirs.rank("war", word)
        assert set(ours.closer_than("war", word)) == set(theirs.closer_than("war", word))
        assert ours.most_similar_to_given(word, words[:2]) == theirs.most_similar_to_given(
            word, words[:2]
        )
    assert (ours.rank("war", "war"), ours.rank("war", "terrorism")) == (1, 3)
    assert ours.relative_cosine_similarity("war", "conflict") == pytest.approx(
        theirs.relative_cosine_similarity("war", "conflict"), abs=1e-6
    )
    assert ours.n_similarity(words[:3], words[3:]) == pytest.approx(
        float(theirs.n_similarity(words[:3], words[3:])), abs=1e-6
    )
    for weights in (None, [1, 2, 3, -4, 5, 6]):
        for normalize in (True, False):
            np.testing.assert_allclose(
                ours.mean_vector(words, weights, normalize=normalize),
                theirs.get_mean_vector(words, weights, pre_normalize=normalize),
                atol=1e-6,
            )
