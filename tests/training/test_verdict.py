"""A run that has learnt nothing, or cannot, says so."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import numpy as np
import pytest
from corpora import two_topics, zipf

from w2v import TrainingError, TrainingWarning, Vectors, Word2Vec
from w2v.backends import Backend
from w2v.config import Config
from w2v.text import read_sentences
from w2v.training import verdict
from w2v.training.trainer import Trainer

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]


def small(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {"dim": 8, "min_count": 1, "workers": 1, "sample": 0}
    return Word2Vec(**(settings | options))


def said(model: Word2Vec, text: Any, **given: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model.fit(text, **given)
    assert all(one.category is TrainingWarning for one in found)
    return [str(one.message) for one in found]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_one_word(backend: str, model: str, loss: str) -> None:
    one = small(backend=backend, model=model, loss=loss)
    if loss != "ns":
        with pytest.raises(TrainingError, match="nothing to learn: 'a' is the only word"):
            one.fit([["a"] * 4])
        return
    [message] = said(one, [["a"] * 4])
    assert message.startswith("The vocabulary is one word, so there is nothing to tell it from")


def test_nearly_all_is_subsampled() -> None:
    text = [["the", "cat", "sat"], ["a", "dog", "ran"]] * 40
    [message] = [one for one in said(small(sample=1e-3), text) if "Subsampling" in one]
    assert "drops 92% of the tokens, since `sample` is 0.001 and among 6 words most are" in message
    assert not said(small(epochs=50), text)


def test_an_epoch_without_pairs() -> None:
    messages = said(small(sample=1e-3, epochs=40), [["a", "b"]] * 40)
    assert any("of 40 epochs no word had a neighbour" in one for one in messages)


def test_everything_is_frozen() -> None:
    words = ["cat", "dog", "saw"]
    known = Vectors(words, np.eye(3, 8, dtype=np.float32))
    text = [["cat", "dog"], ["dog", "cat"], ["saw", "saw", "cat"]] * 50
    model = small(epochs=20)
    [message] = said(model, text, pretrained=known, freeze=words)
    assert message == "All 3 words are frozen, so no vector will change."
    assert not said(model, text, pretrained=known, freeze=words[:2])


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_nothing_learnt(model: str, loss: str) -> None:
    """So small a learning rate that nothing moves."""
    [message] = said(small(model=model, loss=loss, alpha=1e-30, epochs=1), two_topics(100))
    assert "no lower than that of untrained tables" in message
    assert "nothing was learnt" in message
    assert not said(small(model=model, loss=loss, epochs=10), two_topics(300))


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_what_untrained_tables_cost(backend: Backend, model: str, loss: str) -> None:
    """The pairs of the text have it, not its tokens: middles of sentences have more of them."""
    rng = np.random.default_rng(3)
    text = [[f"end{rng.integers(90)}", "the", "of", "the", f"end{rng.integers(90)}"]] * 200
    text += [[f"end{i}", "of", f"end{i}"] for i in range(90)]
    corpus = read_sentences(text, min_count=1)
    options: dict[str, Any] = {"model": model, "loss": loss, "alpha": 1e-30, "epochs": 1}
    config = Config(dim=4, min_count=1, workers=1, sample=0, **options)
    with pytest.warns(TrainingWarning, match="no lower than that of untrained"):
        trained = Trainer(config, corpus, backend).run()
    assert trained.loss == pytest.approx(trained.untrained_loss, rel=1e-5)


FIGURES: list[tuple[list[float | None], str]] = [
    ([3.0, 2.0], ""),
    ([None, None], "In 2 of 2 epochs no word had a neighbour"),
    ([4.2, 4.1], ""),
    ([4.3, 3.0], ""),
    (
        [4.7, 3.0],
        r"The loss of epoch 1 is 4\.7 nats a pair, no lower .*s, 4\.159: .*unstable",
    ),
    ([4.159, 4.1589], "The loss of epoch 2 is 4.159 nats a pair, no lower .*: nothing was learnt"),
    ([None, 4.2], r"In 1 of 2 epochs no word had a neighbour to learn from\. Give more text, or a"),
    ([8.0, 9.0], r"diverged. The loss of epoch 2 is 9 nats a pair.* worse than random ones. Lower"),
]


@pytest.mark.parametrize(("loss", "wanted"), FIGURES)
def test_figures(loss: list[float | None], wanted: str) -> None:
    found = ""
    untrained = [nats and 6 * math.log(2) for nats in loss]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            verdict.after(Config(), loss, untrained)
        except (TrainingWarning, TrainingError) as error:
            found = str(error)
    assert re.search(wanted, found) if wanted else not found


CUT: list[tuple[list[float | None], str]] = [
    ([None], ""),
    ([4.159], ""),
    ([4.2], ""),
    ([3.0, None], ""),
    ([None, None], "In 1 of 1 epoch no word had a neighbour"),
    ([4.159, 3.0], "The loss of epoch 1 is 4.159 nats a pair, no lower"),
    ([9.0], "diverged. The loss of epoch 1 is 9 nats a pair"),
]


@pytest.mark.parametrize(("loss", "wanted"), CUT)
def test_an_epoch_that_was_cut_is_not_judged_unless_it_diverged(
    loss: list[float | None], wanted: str
) -> None:
    found = ""
    untrained = [nats and 6 * math.log(2) for nats in loss]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            verdict.after(Config(), loss, untrained, cut=True)
        except (TrainingWarning, TrainingError) as error:
            found = str(error)
    assert re.search(wanted, found) if wanted else not found


def test_vectors_worse_than_random_ones_are_not_handed_out() -> None:
    """The cap holds no row back, and no single step is as bad as divergence has to be."""
    model = small(alpha=0.6, row_cap=16, step_tokens=2048, backend="numpy", epochs=1, min_alpha=1)
    with pytest.raises(TrainingError, match="Training diverged"):
        model.fit(zipf(40_000, words=60))


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        ([], None),
        ([None], None),
        ([3.0, 2.0, 1.9], None),
        ([2.0, 2.001], None),
        ([2.27, 2.2608, 2.2830], (2, 2.2608, 2.2830)),
        ([2.0, None, 2.1], (1, 2.0, 2.1)),
    ],
)
def test_a_loss_that_rose(loss: list[float | None], found: object) -> None:
    assert verdict.risen(loss) == found
