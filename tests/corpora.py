"""Made-up corpora whose right answer is known by construction."""

from __future__ import annotations

import numpy as np

from w2v import Word2Vec

ANIMALS = [f"animal{i}" for i in range(12)]
TOOLS = [f"tool{i}" for i in range(12)]


def two_topics(sentences: int = 1500, seed: int = 0) -> list[list[str]]:
    """Sentences of eight words, all of one topic but for words common to both."""
    rng = np.random.default_rng(seed)
    both = ["the", "of", "and"]
    corpus = []
    for _ in range(sentences):
        topic = ANIMALS if rng.random() < 0.5 else TOOLS
        corpus.append([str(w) for w in rng.choice([*topic, *both], 8)])
    return corpus


def zipf(tokens: int, words: int = 2000, seed: int = 0) -> list[list[str]]:
    """Sentences of 20 words drawn by Zipf's law: a few rows take most of the gradient."""
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, words + 1)
    ids = rng.choice(words, tokens, p=p / p.sum())
    return [[f"w{i}" for i in ids[at : at + 20]] for at in range(0, tokens, 20)]


def topics_model() -> Word2Vec:
    """A small model of `two_topics`."""
    return Word2Vec(dim=12, min_count=1, epochs=4, sample=0, workers=1, backend="numpy").fit(
        two_topics(600)
    )
