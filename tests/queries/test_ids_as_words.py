"""Ids are words: 7, NumPy's 7 and "7" are one question; what is no whole number is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import w2v

RNG = np.random.default_rng(5)
WALKS = RNG.integers(0, 30, (200, 12))
QUESTIONS: dict[str, Callable[[w2v.Word2Vec, Any], Any]] = {
    "model[7]": lambda m, key: m[key].tolist(),
    "vectors[[7, 8]]": lambda m, key: m.vectors[[key, 8]].tolist(),
    "in": lambda m, key: (key in m, key in m.vectors),
    "index": lambda m, key: m.vectors.index(key),
    "most_similar": lambda m, key: m.most_similar(key),
    "most_similar, lists": lambda m, key: m.vectors.most_similar([8, key], [9, key]),
    "most_similar_batch": lambda m, key: m.vectors.most_similar_batch([key, 8]),
    "most_similar_cosmul": lambda m, key: m.vectors.most_similar_cosmul(key, 8),
    "analogy": lambda m, key: m.vectors.analogy(8, key, 9),
    "similarity": lambda m, key: (m.similarity(key, 8), m.similarity(8, key)),
    "distance": lambda m, key: m.vectors.distance(8, key),
    "distances": lambda m, key: m.vectors.distances(key, [8, key]).tolist(),
    "distance_matrix": lambda m, key: m.vectors.distance_matrix([key, 8]).tolist(),
    "n_similarity": lambda m, key: m.vectors.n_similarity([key, 9], [8]),
    "doesnt_match": lambda m, key: str(m.vectors.doesnt_match([key, 8, 9])),
    "rank": lambda m, key: (m.vectors.rank(key, 8), m.vectors.rank(8, key)),
    "closer_than": lambda m, key: m.vectors.closer_than(key, 8),
    "most_similar_to_given": lambda m, key: str(m.vectors.most_similar_to_given(8, [key, 9])),
    "relative_cosine_similarity": lambda m, key: m.vectors.relative_cosine_similarity(key, 8),
    "neighbours": lambda m, key: str(list(m.vectors.neighbours(2, [key, 8]))),
    "mean_vector": lambda m, key: m.vectors.mean_vector([key, 8]).tolist(),
    "align": lambda m, key: m.vectors.align(m.vectors, [key, *range(8, 20)]).matrix.tolist(),
    "score": lambda m, key: m.score([key, 8]),
    "predict_output_word": lambda m, key: m.predict_output_word([key, 8]),
    "transform": lambda m, key: m.transform([[key, 8]]).tolist(),
    "Vocabulary": lambda m, key: key in w2v.Vocabulary(("7",), np.array([1])),
    "freeze": lambda m, key: frozen([key, 8]),
}
SILENT = ("in", "Vocabulary")


@pytest.fixture(scope="module")
def model() -> w2v.Word2Vec:
    return trained()


def trained(**options: Any) -> w2v.Word2Vec:
    model = w2v.Word2Vec(
        dim=8, min_count=1, epochs=2, workers=1, sample=0, backend="numpy", alpha=0.3
    )
    return model.fit(WALKS, progress=False, **options)


def frozen(words: list[Any]) -> Any:
    return trained(freeze=words).vectors[7].tolist()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_number_is_the_word_of_its_digits(question: str, model: w2v.Word2Vec) -> None:
    ask = QUESTIONS[question]
    want = ask(model, "7")
    for key in (7, np.int64(7), np.uint8(7), np.str_("7")):
        assert ask(model, key) == want, key


def test_frozen_ids_stay(model: w2v.Word2Vec) -> None:
    assert frozen([7]) == frozen(["7"]) != frozen([8])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("key", [7.0, 7.5, np.float64(7), True, None])
def test_what_is_no_whole_number_is_no_word(
    question: str, key: object, model: w2v.Word2Vec
) -> None:
    if question in SILENT:
        assert not np.any(QUESTIONS[question](model, key))
        return
    message = r"^(A word must be a str|A query must be a word|`freeze` must be words).*got "
    with pytest.raises(TypeError, match=message):
        QUESTIONS[question](model, key)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_number_below_zero_is_unknown(question: str, model: w2v.Word2Vec) -> None:
    if question in (*SILENT, "score", "transform", "predict_output_word", "freeze"):
        return  # these leave unknown words out, as they do of text
    with pytest.raises(w2v.UnknownWordError, match="'-7' is not among the 30 words of the vocab"):
        QUESTIONS[question](model, -7)
