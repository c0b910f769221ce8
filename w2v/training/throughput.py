"""How fast each backend trains on this machine, measured on a made-up corpus."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from w2v.backends import Backend, available_backends
from w2v.config import Config
from w2v.files import scratch_folder, write_text
from w2v.text import Corpus, CorpusStats, Vocabulary, read_corpus
from w2v.training.blocks import CHUNK
from w2v.training.outcome import Trained
from w2v.training.trainer import Trainer

CORPUS_TOKENS = 1 << 22
_SENTENCE = 50  # tokens; about that of a line of Wikipedia
_PART = 1 << 22  # tokens drawn at a time
_TEXT_TOKENS = 1 << 20
_FEW = 2 * CHUNK  # so that there is work for more than one worker
_FASTER = 100  # at most, than the shortest run lets one think


@dataclass(frozen=True)
class Speed:
    """What one backend does with one configuration."""

    backend: str
    model: str
    loss: str
    raw_words_per_second: float
    """Tokens of the text, subsampled ones included."""
    kept_tokens_per_second: float
    """Tokens that were centres."""


@dataclass(frozen=True)
class Estimate:
    """A corpus to say a time for."""

    tokens: int
    epochs: int
    read_tokens_per_second: float
    """From plain text to token ids; done once."""

    def seconds(self, speed: Speed) -> float:
        """Reading and training."""
        return self.tokens * (
            1 / self.read_tokens_per_second + self.epochs / speed.raw_words_per_second
        )


def zipf_corpus(tokens: int, words: int, seed: int = 0) -> Corpus:
    """A corpus in memory whose words follow Zipf's law, in sentences of 50.

    Parameters
    ----------
    tokens : int
    words : int        Of the vocabulary; all are in it, drawn or not.
    seed : int

    Equation
    --------
    P(rank r) = log((r + 1) / r) / log(words + 1), close to 1 / r; it is drawn as
    floor((words + 1)^u) with u uniform in [0, 1), much faster than from a table.
    """
    rng = np.random.default_rng(seed)
    ids = np.empty(tokens, np.int32)
    for at in range(0, tokens, _PART):
        part = ids[at : at + _PART]
        ranks = np.exp(rng.random(len(part), np.float32) * np.float32(math.log(words + 1)))
        np.minimum(ranks.astype(np.int32) - 1, words - 1, out=part)
    share = np.log1p(1 / np.arange(1, words + 1)) / math.log(words + 1)
    counts = np.maximum(1, tokens * share).astype(np.int64)
    vocabulary = Vocabulary(tuple(f"w{i}" for i in range(words)), counts)
    ends = np.append(np.arange(_SENTENCE, tokens, _SENTENCE), tokens).astype(np.int64)
    stats = CorpusStats(tokens=tokens, rare=0, sentences=len(ends), types=words)
    return Corpus(vocabulary, ids, ends, stats, {})


def beginning(corpus: Corpus, tokens: int) -> Corpus:
    """The first `tokens` of a corpus that has no rare words, with the whole vocabulary."""
    ends = corpus.ends[: np.searchsorted(corpus.ends, tokens) + 1].copy()
    ends[-1] = tokens
    stats = replace(corpus.stats, tokens=tokens, sentences=len(ends))
    return Corpus(corpus.vocabulary, corpus.ids[:tokens], ends, stats, corpus.seconds)


def measure(config: Config, corpus: Corpus, backend: Backend, seconds: float) -> Trained:
    """Train for about so long, after a short run in which whatever compiles has compiled.

    A fast backend sees the corpus several times, a slow one only its beginning.
    """
    tokens = min(_FEW, len(corpus.ids))
    _train(config, corpus, backend, tokens)
    while True:
        trained = _train(config, corpus, backend, tokens)
        if trained.seconds >= seconds / 2:
            return trained
        tokens = math.ceil(tokens * min(_FASTER, seconds / trained.seconds))


def compare(configs: Sequence[Config], words: int, seconds: float) -> Iterator[Speed]:
    """The speed of every usable backend with each configuration, as they are measured.

    Parameters
    ----------
    configs : sequence of Config
    words : int           Of the vocabulary.
    seconds : float       Of each measurement, about; making tables and compiling come on top.
    """
    corpus = zipf_corpus(CORPUS_TOKENS, words)
    backends = [state.backend for state in available_backends() if state.backend]
    with warnings.catch_warnings():
        warnings.simplefilter("once")
        for config in configs:
            for backend in backends:
                found = measure(config, corpus, backend, seconds)
                yield Speed(
                    backend.name,
                    config.model,
                    config.loss,
                    found.raw_words_per_second,
                    found.kept_tokens_per_second,
                )


def reading_speed(words: int) -> float:
    """Tokens a second from plain text to token ids."""
    corpus = zipf_corpus(_TEXT_TOKENS, words)
    names = corpus.vocabulary.words
    tokens = [names[i] for i in corpus.ids.tolist()]
    lines = (tokens[at : at + _SENTENCE] for at in range(0, len(tokens), _SENTENCE))
    with scratch_folder() as folder:
        text = os.path.join(folder, "text.txt")
        write_text(text, "\n".join(map(" ".join, lines)))
        read_corpus(text, min_count=1).close()
        started = time.perf_counter()
        read_corpus(text, min_count=1).close()
        return len(tokens) / (time.perf_counter() - started)


def _train(config: Config, corpus: Corpus, backend: Backend, tokens: int) -> Trained:
    """One run over `tokens` tokens: a part of the corpus, or as many epochs as that makes."""
    epochs = max(1, round(tokens / len(corpus.ids)))
    part = beginning(corpus, min(tokens, len(corpus.ids)))
    return Trainer(replace(config, epochs=epochs), part, backend).run()
