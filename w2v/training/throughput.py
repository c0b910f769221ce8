"""How fast each backend trains on this machine, and how many workers pay."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from w2v.backends import Backend, available_backends, usable_cores, usable_threads
from w2v.config import Config
from w2v.files import scratch_folder, write_text
from w2v.text import Corpus, CorpusStats, Vocabulary, read_corpus
from w2v.training.blocks import CHUNK
from w2v.training.outcome import Trained
from w2v.training.step_plan import step_shape
from w2v.training.trainer import Trainer

_CORPUS_TOKENS = 1 << 22
_ROUNDS = 16  # of chunks for each worker, so that it matters little who takes the last ones
_SENTENCE = 50  # tokens; about that of a line of Wikipedia
_PART = 1 << 22  # tokens drawn at a time
_TEXT_TOKENS = 1 << 20
_FEW = 2 * CHUNK  # for each worker
_FASTER = 100  # at most, than the shortest run lets one think
_AS_FAST = 0.95  # of the best is as good as the best: runs of a second differ by that


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
    workers: int = 1


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


@dataclass(frozen=True)
class Growth:
    """How training time depends on the number of workers: a / W + b + c W.

    The first part is what they share, the second what they wait for or one does alone, the third
    what each costs the others. It is the universal scalability law (Gunther 2007, "Guerrilla
    Capacity Planning", chapter 4), C(W) = W / (1 + s (W - 1) + k W (W - 1)), with a = t (1 - s),
    b = t (s - k) and c = t k, for a time t of one worker.
    """

    shared: float
    alone: float
    each: float

    @classmethod
    def fitted(cls, seconds: Mapping[int, float]) -> Growth | None:
        """By least squares of relative errors, no part below 0; None of fewer than 3 numbers.

        Parameters
        ----------
        seconds : dict    Of each number of workers.
        """
        if len(seconds) < 3:
            return None
        workers, took = (np.array(list(part), float) for part in zip(*seconds.items(), strict=True))
        terms = np.stack([1 / workers, np.ones_like(workers), workers], 1) / took[:, None]
        best, least = np.zeros(3), np.inf
        for used in (list(some) for n in (1, 2, 3) for some in combinations(range(3), n)):
            found = np.linalg.lstsq(terms[:, used], np.ones_like(took), rcond=None)[0]
            error = float(np.sum((terms[:, used] @ found - 1) ** 2))
            if found.min() >= 0 and error < least * (1 - 1e-9):
                best, least = np.zeros(3), error
                best[used] = found
        return cls(*map(float, best))

    def seconds(self, workers: float) -> float:
        return self.shared / workers + self.alone + self.each * workers

    @property
    def best(self) -> float:
        """Workers beyond which more are slower; endless where nothing says so."""
        return math.sqrt(self.shared / self.each) if self.each else math.inf


def worker_counts(most: int | None = None) -> list[int]:
    """Numbers of workers worth comparing: powers of two, the cores, and the threads."""
    cores, threads = usable_cores(), usable_threads()
    most = most or threads
    found = {2**i for i in range(most.bit_length())} | {cores, threads}
    return sorted(number for number in found if number <= most)


def paying(speeds: Mapping[int, float]) -> int:
    """The fewest workers that are as fast as any, of the speeds by number."""
    enough = _AS_FAST * max(speeds.values())
    return min(workers for workers, speed in speeds.items() if speed >= enough)


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
    """The first `tokens` of those that are trained on, with the whole vocabulary."""
    ends = corpus.ends[: np.searchsorted(corpus.ends, tokens) + 1].copy()
    ends[-1] = tokens
    stats = replace(corpus.stats, tokens=tokens, rare=0, sentences=len(ends))
    return Corpus(corpus.vocabulary, corpus.ids[:tokens], ends, stats, corpus.seconds)


def measure(config: Config, corpus: Corpus, backend: Backend, seconds: float) -> Trained:
    """Train for about so long, after a short run in which whatever compiles has compiled.

    A fast backend sees the corpus several times, a slow one only its beginning.
    """
    tokens = min(_FEW * (config.workers or usable_cores()), len(corpus.ids))
    _train(config, corpus, backend, tokens)
    while True:
        trained = _train(config, corpus, backend, tokens)
        if trained.seconds >= seconds / 2:
            return trained
        tokens = math.ceil(tokens * min(_FASTER, seconds / trained.seconds))


def tokens_for(workers: int | None) -> int:
    """Length of a text with work for so many workers, or for all threads there are."""
    return max(_CORPUS_TOKENS, _ROUNDS * CHUNK * (workers or usable_threads()))


def compare(configs: Sequence[Config], corpus: Corpus, seconds: float) -> Iterator[Speed]:
    """The speed of every usable backend with each configuration, as they are measured.

    Parameters
    ----------
    configs : sequence of Config
    corpus : Corpus       To train on.
    seconds : float       Of each measurement, about; making tables and compiling come on top.
    """
    backends = [state.backend for state in available_backends() if state.backend]
    for config in configs:
        for backend in backends:
            yield _speed(config, corpus, backend, seconds)


def by_workers(config: Config, corpus: Corpus, known: Speed, seconds: float) -> Iterator[Speed]:
    """The speed of one backend with each of `worker_counts`; nothing where it takes one only.

    Parameters
    ----------
    config : Config
    corpus : Corpus
    known : Speed         What the backend does with the workers that it takes of itself.
    seconds : float       Of each measurement, about.
    """
    (backend,) = (
        state.backend
        for state in available_backends()
        if state.backend and state.name == known.backend
    )
    if step_shape(backend, config).most_workers == 1:
        return
    for workers in worker_counts():
        if workers == known.workers:
            yield known
        else:
            yield _speed(replace(config, workers=workers), corpus, backend, seconds)


def _speed(config: Config, corpus: Corpus, backend: Backend, seconds: float) -> Speed:
    with warnings.catch_warnings():
        warnings.simplefilter("once")
        found = measure(config, corpus, backend, seconds)
    return Speed(
        backend.name,
        config.model,
        config.loss,
        found.raw_words_per_second,
        found.kept_tokens_per_second,
        found.parts[-1]["workers"],
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
    return Trainer(replace(as_of_long(config, backend), epochs=epochs), part, backend).run()


def as_of_long(config: Config, backend: Backend) -> Config:
    """The configuration with the noise words of long texts, of which short ones have more."""
    if config.loss != "ns":
        return config
    return replace(config, block_negatives=step_shape(backend, config).shared)
