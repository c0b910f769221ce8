"""What gensim asks of itself on the small news corpus that it carries, asked of w2v."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v import Word2Vec, evaluate

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs")]
WORST_RANK = 50  # of 6,981 words


def gensim_file(name: str) -> Path:
    utils = pytest.importorskip("gensim.test.utils")
    return Path(utils.datapath(name))


@pytest.fixture(scope="module")
def lee() -> list[list[str]]:
    utils = pytest.importorskip("gensim.utils")
    text = gensim_file("lee_background.cor").read_text(encoding="utf-8")
    found = [utils.simple_preprocess(line) for line in text.splitlines()]
    assert sum(map(len, found)) == 58_152
    return found


def trained(text: list[list[str]], **options: Any) -> Word2Vec:
    settings: dict[str, Any] = {"min_count": 5, "seed": 1, "workers": 1, "epochs": 10}
    return Word2Vec(**(settings | options)).fit(text)


def rank(model: Word2Vec, word: str, of: str) -> int:
    return [name for name, _ in model.most_similar(of, n=10_000)].index(word) + 1


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_attacks_and_bombings(lee: list[list[str]], model: str, loss: str, fixed: bool) -> None:
    negative = {"negative": 15} if loss == "ns" else {}
    made = trained(
        lee, model=model, loss=loss, dim=100, window=5, fixed_window=fixed, sample=1e-3,
        alpha=0.05, **negative,
    )  # fmt: skip
    assert rank(made, "bombings", of="attacks") < WORST_RANK
    vector = made["attacks"]
    assert made.most_similar(vector, n=1)[0][0] == "attacks"


def test_vocabulary(lee: list[list[str]]) -> None:
    assert len(trained(lee, min_count=1, epochs=1, dim=4).vectors) == 6981
    assert len(trained(lee, min_count=5, epochs=1, dim=4).vectors) == 1750


def test_israeli_and_palestinian(lee: list[list[str]]) -> None:
    text = (lee * 34)[:10_000]
    made = trained(text, dim=16, min_count=330, epochs=5, negative=5, workers=2)
    assert rank(made, "palestinian", of="israeli") < 6


def test_word_pairs() -> None:
    utils = pytest.importorskip("gensim.utils")
    lines = gensim_file("head500.noblanks.cor").read_text(encoding="utf-8").splitlines()
    made = trained([utils.simple_preprocess(line) for line in lines], min_count=3, epochs=20)
    (found,) = evaluate.evaluate(made.vectors, pairs=str(gensim_file("wordsim353.tsv"))).pairs
    assert found.spearman is not None
    assert found.pearson is not None
    assert 0.1 < found.spearman < 1
    assert 0.1 < found.pearson < 1


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_new_words_come_in_and_old_ones_go_on(lee: list[list[str]], model: str, loss: str) -> None:
    about = [sentence for sentence in lee if "terrorism" in sentence]
    other = [sentence for sentence in lee if "terrorism" not in sentence]
    made = trained(other, model=model, loss=loss, dim=50, epochs=5, alpha=0.05)
    assert "terrorism" not in made
    before = made.vectors
    made.partial_fit(about)
    assert "terrorism" in made
    assert set(before) < set(made.vectors)
    moved = [not np.array_equal(made[word], before[word]) for word in before if word in about[0]]
    assert all(moved)
    assert made.similarity("war", "terrorism") > 0


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_scores_and_predictions(lee: list[list[str]], model: str, loss: str) -> None:
    made = trained(lee, model=model, loss=loss, dim=50, epochs=10, alpha=0.05)
    rng = np.random.default_rng(0)
    words, real, mixed = made.vectors.words, [], []
    for sentence in lee[:40]:
        known = [word for word in sentence if word in made][:20]
        real.append(made.score(known))
        mixed.append(made.score([words[i] for i in rng.integers(0, len(words), len(known))]))
    assert np.mean(real) > np.mean(mixed)
    answer = made.predict_output_word(["israeli", "forces", "in", "the"], topn=5)
    assert len(answer) == 5
