"""How likely words are: against float64 loops over what the equations say, and against gensim."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from corpora import ANIMALS, TOOLS, two_topics

from w2v import TrainingWarning, UnknownWordError, W2VError, Word2Vec
from w2v.training.huffman import HuffmanTree
from w2v.training.likelihood import Likelihood

KINDS: list[dict[str, Any]] = [
    {"model": model, "loss": loss, **({"cbow": cbow} if cbow else {})}
    for model, cbow in (("skipgram", None), ("cbow", "mean"), ("cbow", "sum"))
    for loss in ("ns", "hs", "softmax")
]


def fitted(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {
        "dim": 8,
        "window": 2,
        "min_count": 1,
        "epochs": 3,
        "alpha": 0.1,
        "sample": 0,
        "workers": 1,
        "backend": "numpy",
    }
    return Word2Vec(**(settings | options)).fit(two_topics(300))


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: "-".join(kind.values()))
def model(request: pytest.FixtureRequest) -> Word2Vec:
    return fitted(**request.param)


def log_probability(model: Word2Vec, word: str, hidden: np.ndarray[Any, Any]) -> float:
    """By the equation, for one word."""
    output = model.output.astype(np.float64)
    row = model.vectors.index(word)
    if model.config.loss == "hs":
        assert model.vectors.counts is not None
        tree = model._done().tree
        assert tree is not None
        found = 0.0
        for node, code in zip(*tree.path(row), strict=True):
            sign = -1 if code else 1
            found += np.log(1 / (1 + np.exp(-sign * (output[node] @ hidden))))
        return found
    return float(output[row] @ hidden - np.log(np.exp(output @ hidden).sum()))


def score(model: Word2Vec, sentence: list[str]) -> float:
    words = [word for word in sentence if word in model]
    total = 0.0
    for at, word in enumerate(words):
        near = [
            model[words[i]].astype(np.float64)
            for i in range(at - 2, at + 3)
            if 0 <= i < len(words) and i != at
        ]
        if model.config.cbow and near:
            near = [np.sum(near, axis=0) / (len(near) if model.config.cbow == "mean" else 1)]
        total += sum(log_probability(model, word, hidden) for hidden in near)
    return total


@pytest.mark.parametrize(
    "sentence",
    [
        ["animal1", "animal2"],
        ["animal1", "tool2", "of", "animal1", "animal1", "the", "tool4"],
        ["unknown", "animal1", "strange", "the", "tool3"],
    ],
)
def test_score_is_the_sum_over_pairs(model: Word2Vec, sentence: list[str]) -> None:
    assert model.score(sentence) == pytest.approx(score(model, sentence), rel=1e-5)
    assert model.score(tuple(sentence)) == model.score(sentence) < 0


def test_score_of_what_has_no_pair_is_zero(model: Word2Vec) -> None:
    for sentence in ([], ["animal1"], ["animal1", "unknown"], ["unknown", "strange"]):
        assert model.score(sentence) == 0


def test_words_of_one_topic_go_together(model: Word2Vec) -> None:
    rng = np.random.default_rng(0)
    model = fitted(**{**model.get_params(), "epochs": 15, "step_tokens": 64})
    for _ in range(20):
        alike = [str(word) for word in rng.choice(ANIMALS, 6)]
        mixed = [
            str(word)
            for pair in zip(alike[::2], rng.choice(TOOLS, 3), strict=True)
            for word in pair
        ]
        assert model.score(alike) > model.score(mixed)


def test_probabilities_are_those_of_the_equation_and_sum_to_one(model: Word2Vec) -> None:
    context = ["animal1", "animal2", "unknown", "the"]
    rows = np.array([model[word].astype(np.float64) for word in context if word in model])
    hidden = rows.sum(axis=0) if model.config.cbow == "sum" else rows.mean(axis=0)
    answer = model.predict_output_word(context, topn=27)
    assert len(answer) == 27
    assert sum(p for _, p in answer) == pytest.approx(1, rel=1e-6)
    assert all(a[1] >= b[1] for a, b in pairwise(answer))
    for word, p in answer:
        assert np.log(p) == pytest.approx(log_probability(model, word, hidden), rel=1e-4)
    assert model.predict_output_word(context, topn=5) == answer[:5]
    assert {word for word, _ in answer[:12]} & set(ANIMALS)


def test_score_of_two_words_is_what_each_predicts_of_the_other(model: Word2Vec) -> None:
    p = dict(model.predict_output_word(["animal1"], topn=27))["tool3"]
    q = dict(model.predict_output_word(["tool3"], topn=27))["animal1"]
    assert model.score(["animal1", "tool3"]) == pytest.approx(np.log(p) + np.log(q), rel=1e-5)


def test_more_than_there_is() -> None:
    assert len(fitted().predict_output_word(["the"], topn=1000)) == 27


def test_one_word() -> None:
    model = Word2Vec(dim=4, min_count=1, sample=0, workers=1, backend="numpy")
    with pytest.warns(TrainingWarning, match="The vocabulary is one word"):
        model.fit([["a", "a", "a"]])
    assert model.predict_output_word(["a"]) == [("a", 1.0)]
    assert model.score(["a", "a"]) == pytest.approx(0, abs=1e-6)


def test_a_long_sentence_takes_its_scores_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted()
    sentence = [word for words in two_topics(20) for word in words]
    whole = model.score(sentence)
    monkeypatch.setattr("w2v.training.likelihood._SCORES_AT_ONCE", 100)
    assert model.score(sentence) == pytest.approx(whole, rel=1e-6)


def test_what_is_refused() -> None:
    model = fitted()
    with pytest.raises(
        UnknownWordError, match=r"No word of the context \['x', 'y'\] is among the 27"
    ):
        model.predict_output_word(["x", "y"])
    with pytest.raises(UnknownWordError, match=r"No word of the context \[\]"):
        model.predict_output_word([])
    with pytest.raises(ValueError, match="`topn` must be a whole number from 1, got 0"):
        model.predict_output_word(["the"], topn=0)
    for wrong in (None, 1.5, True):
        with pytest.raises(ValueError, match="`topn` must be a whole number from 1, got"):
            model.predict_output_word(["the"], topn=wrong)  # type: ignore[arg-type]
    for sentence in (None, 3, [1.5, 2.5], [["the", "of"]], [b"the"]):
        with pytest.raises(TypeError, match=r"Expected a list of words|A word must be a str"):
            model.score(sentence)  # type: ignore[arg-type]
    assert model.score(iter(["the", "of"])) == model.score(["the", "of"])  # type: ignore[arg-type]
    for ask in (model.score, model.predict_output_word):
        with pytest.raises(TypeError, match="got the string 'the cat'"):
            ask("the cat")
    with pytest.raises(W2VError, match="Call `fit`"):
        Word2Vec().score(["a", "b"])


def gensim_model(**options: Any) -> Any:
    models = pytest.importorskip("gensim.models")
    settings = {"vector_size": 12, "window": 3, "min_count": 1, "epochs": 2, "workers": 1}
    return models.Word2Vec(two_topics(300), **(settings | options))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sg", [0, 1])
def test_scores_equal_gensims(sg: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hierarchical softmax, the only loss for which gensim has a score.

    It looks logarithms up in a table of 1000 places between -6 and 6, and takes 83 a unit for
    83.33: with that table we have its score, without it one that is some hundredths better.
    """

    def by_table(scores: Any, codes: Any) -> Any:
        place = np.trunc((np.where(codes, -scores, scores) + 6) * 83)
        return -np.logaddexp(0, -(place / 1000 * 2 - 1) * 6)

    theirs = gensim_model(sg=sg, hs=1, negative=0)
    words = theirs.wv.index_to_key
    paths = [(theirs.wv.get_vecattr(w, "point"), theirs.wv.get_vecattr(w, "code")) for w in words]
    tree = HuffmanTree(
        np.cumsum([0, *(len(code) for _, code in paths)]),
        np.concatenate([points[: len(code)] for points, code in paths]).astype(np.int32),
        np.concatenate([code for _, code in paths]).astype(np.uint8),
    )
    ours = Likelihood(theirs.wv.vectors, theirs.syn1, tree)
    for sentence in two_topics(5, seed=9):
        expected = float(theirs.score([sentence], total_sentences=1)[0])
        ids = [theirs.wv.key_to_index[word] for word in sentence]
        exact = ours.of_sentence(ids, 3, None if sg else "mean")
        assert expected < exact == pytest.approx(expected, rel=0.04)
        with monkeypatch.context() as patch:
            patch.setattr("w2v.training.likelihood._log_turns", by_table)
            found = ours.of_sentence(ids, 3, None if sg else "mean")
        assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sg", [0, 1])
def test_predictions_equal_gensims(sg: int) -> None:
    """Negative sampling, the only loss for which gensim predicts words."""
    theirs = gensim_model(sg=sg, alpha=0.1)
    ours = Likelihood(theirs.wv.vectors, theirs.syn1neg, None)
    context = ["animal1", "animal2", "the"]
    ids = np.array([theirs.wv.key_to_index[word] for word in context])
    found = np.exp(ours.of_all_words(ours.combined(ids, "mean")))
    for word, p in theirs.predict_output_word(context, topn=10):
        assert found[theirs.wv.key_to_index[word]] == pytest.approx(float(p), rel=1e-4)
