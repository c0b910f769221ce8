"""Are the vectors as good as those of the CPU on the same host? Five epochs, three seeds, all four
pairs of model and loss; and a text of 27 words, where every row is hot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.gpu.setting import Row, Setting, Stage, compiled, outcome
from w2v import Backend, Config, Corpus, Vectors, read_sentences

_COMMON = ("the", "of", "and")
_TOPICS = tuple(tuple(f"{topic}{i}" for i in range(12)) for topic in ("animal", "tool"))
_SENTENCES, _LONG = 300, 8
_EPOCHS = 40


def stages(setting: Setting) -> list[Stage]:
    seeds = range(1, setting.seeds + 1)
    return [
        Stage("both compile", 170, partial(compiled, setting)),
        *(
            Stage(f"{name}, seed {seed}", 60, partial(beside, setting, name, config, seed))
            for seed, (name, config) in itertools.product(seeds, setting.cases.items())
        ),
        Stage("27 words", 60, partial(few_words, setting)),
    ]


def beside(setting: Setting, name: str, config: Config, seed: int) -> Iterator[Row]:
    """The scores of one seed on the GPU and on the CPU."""
    corpus = setting.corpus
    for backend in (setting.backend_value, setting.cpu_value):
        row, trained = outcome(replace(config, seed=seed), backend, corpus)
        scores = setting.scored(Vectors(corpus.vocabulary.words, trained.vectors))
        yield {"what": "scores", "case": name, "seed": seed, **row, "scores": scores}


def few_words(setting: Setting) -> Iterator[Row]:
    """Two topics of 12 words each and three words common to both: of the words nearest to each of
    a topic, the share that are of the same."""
    corpus = read_sentences(_two_topics(), min_count=1)
    epochs = 2 if setting.tiny else _EPOCHS
    for name, config in setting.cases.items():
        short = replace(config, dim=24, min_count=1, sample=0.0, epochs=epochs)
        for seed, backend in itertools.product(
            range(1, setting.seeds + 1), (setting.backend_value, setting.cpu_value)
        ):
            row = _told(replace(short, seed=seed), backend, corpus)
            yield {"what": "27 words", "case": name, "seed": seed, "backend": backend.name, **row}


def _told(config: Config, backend: Backend, corpus: Corpus) -> Row:
    try:
        row, trained = outcome(config, backend, corpus)
    except Exception as error:  # it may diverge, which is an answer
        return {"same_topic": 0.0, "refused": f"{type(error).__name__}: {error}"[:300]}
    vectors = trained.vectors / np.linalg.norm(trained.vectors, axis=1, keepdims=True)
    words = corpus.vocabulary.words
    both = np.array([words.index(word) for topic in _TOPICS for word in topic])
    cosines = vectors[both] @ vectors[both].T
    np.fill_diagonal(cosines, -2)
    nearest = np.argsort(-cosines, axis=1)[:, : len(_TOPICS[0]) - 1]
    same = nearest // len(_TOPICS[0]) == np.arange(len(both))[:, None] // len(_TOPICS[0])
    return row | {"same_topic": float(same.mean())}


def _two_topics() -> list[list[str]]:
    rng = np.random.default_rng(0)
    topics = [[*topic, *_COMMON] for topic in _TOPICS]
    return [
        [str(word) for word in rng.choice(topics[rng.integers(2)], _LONG)]
        for _ in range(_SENTENCES)
    ]
