"""Training end to end: what is learnt, what is reproducible, what is reported, what stops it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from corpora import ANIMALS, TOOLS, two_topics, zipf

from w2v.backends import Backend, StepShape, get_backend
from w2v.config import Config
from w2v.errors import ConfigError, TrainingError, TrainingWarning
from w2v.text import Corpus, read_sentences
from w2v.training import blocks, passes, schedule
from w2v.training.huffman import HuffmanTree
from w2v.training.outcome import Trained
from w2v.training.progress import Progress
from w2v.training.schedule import epochs_for
from w2v.training.trainer import Trainer
from w2v.vectors import Vectors
from w2v.word2vec import Word2Vec

NOTHING_LEARNT = pytest.mark.filterwarnings("ignore:The loss of epoch:w2v.TrainingWarning")
MORE_WORKERS_THAN_CORES = pytest.mark.filterwarnings("ignore:3 workers were:UserWarning")
KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]


@pytest.fixture(scope="module")
def topics() -> Corpus:
    return read_sentences(two_topics(), min_count=1)


@pytest.fixture(scope="module")
def skewed() -> Corpus:
    return read_sentences(zipf(120_000), min_count=1)


def train(corpus: Corpus, backend: Backend | None = None, **options: Any) -> Trained:
    settings: dict[str, Any] = {"dim": 16, "min_count": 1, "workers": 1, "sample": 0, "epochs": 5}
    config = Config(**settings | options)
    backend = backend or get_backend("numpy")
    if config.deterministic:
        backend = get_backend(backend.name, in_order=True)
    return Trainer(config, corpus, backend).run()


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_words_of_a_topic_come_together(
    backend: Backend, topics: Corpus, model: str, loss: str
) -> None:
    if backend.name == "cupy":  # a stand-in here, and slow
        topics = read_sentences(two_topics(800), min_count=1)
    trained = train(topics, backend, model=model, loss=loss, alpha=0.1, step_tokens=256)
    vectors = Vectors(topics.vocabulary.words, trained.vectors)
    for topic in (ANIMALS, TOOLS):
        for word in topic:
            nearest = {name for name, _ in vectors.most_similar(word, n=11)}
            assert len(nearest & set(topic)) >= 9, (word, nearest)
    losses = [x for x in trained.loss if x is not None]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_one_worker_gives_the_same_bytes_twice(topics: Corpus, model: str, loss: str) -> None:
    first, second = (train(topics, model=model, loss=loss, epochs=2) for _ in range(2))
    assert first.vectors.tobytes() == second.vectors.tobytes()
    assert first.output.tobytes() == second.output.tobytes()
    assert first.loss == second.loss
    other = train(topics, model=model, loss=loss, epochs=2, seed=2)
    assert first.vectors.tobytes() != other.vectors.tobytes()


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_deterministic_training_gives_the_same_bytes_on_every_backend(
    backend: Backend, model: str, loss: str
) -> None:
    corpus = read_sentences(two_topics(400), min_count=1)
    options: dict[str, Any] = {"model": model, "loss": loss, "epochs": 1, "step_tokens": 256}
    options |= {"deterministic": True, "workers": None}
    first, second = (train(corpus, backend, **options) for _ in range(2))
    assert first.vectors.tobytes() == second.vectors.tobytes()
    assert first.output.tobytes() == second.output.tobytes()
    assert first.loss == second.loss
    assert None not in first.loss


@MORE_WORKERS_THAN_CORES
def test_samples_do_not_depend_on_step_size_or_workers(
    skewed: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "CHUNK", 1000)
    kept = [
        train(skewed, sample=1e-3, epochs=2, step_tokens=step, workers=workers).kept
        for step, workers in ((100, 1), (1000, 1), (5000, 1), (1000, 3))
    ]
    assert all(counts == kept[0] for counts in kept)
    assert kept[0][0] != kept[0][1]  # each epoch keeps others
    assert 0 < kept[0][0] < 120_000


@NOTHING_LEARNT
@MORE_WORKERS_THAN_CORES
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_loss_is_the_same_for_any_number_of_workers(
    skewed: Corpus, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "CHUNK", 4000)
    one, three = (train(skewed, loss=loss, epochs=2, workers=n).loss for n in (1, 3))
    assert one == pytest.approx(three, rel=0.03)  # gensim: a factor of two (its issue 2743)


@NOTHING_LEARNT
def test_loss_starts_where_it_must(topics: Corpus) -> None:
    """With a zero output table every logistic term is log 2, and softmax is log V."""
    for loss, expected in (("ns", 6 * np.log(2)), ("softmax", np.log(27))):
        trained = train(topics, loss=loss, epochs=1, alpha=1e-9)
        assert trained.loss == pytest.approx([expected], rel=1e-3)


LARGE_STEPS = [
    (model, loss, step)
    for model in ("skipgram", "cbow")
    for loss, step in (("ns", 8192), ("ns", 65536), ("hs", 65536))
]


@NOTHING_LEARNT
@pytest.mark.parametrize(("model", "loss", "step"), LARGE_STEPS)
def test_large_steps_do_not_diverge(skewed: Corpus, model: str, loss: str, step: int) -> None:
    """At two steps an epoch little is learnt, but nothing is lost."""
    trained = train(skewed, model=model, loss=loss, step_tokens=step, epochs=2)
    first, last = trained.loss
    assert first is not None
    assert last is not None
    assert last < 1.001 * first
    depth = HuffmanTree.from_counts(skewed.vocabulary.counts).lengths
    mean_depth = np.average(depth, weights=skewed.vocabulary.counts)
    assert last < np.log(2) * {"ns": 6, "hs": mean_depth}[loss]
    assert np.abs(trained.vectors).max() < 3


@pytest.mark.parametrize(("model", "loss", "step"), LARGE_STEPS)
def test_without_the_cap_they_diverge(skewed: Corpus, model: str, loss: str, step: int) -> None:
    """What the cap is there for: the test above would be empty if this did not hold."""
    with pytest.raises(TrainingError, match="diverged"):
        train(skewed, model=model, loss=loss, step_tokens=step, epochs=2, row_cap=1e9)


def test_loss_of_every_eighth_step_stands_for_all(
    skewed: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = train(skewed, epochs=2, step_tokens=1024)
    assert every.loss_every == 1
    monkeypatch.setattr(schedule, "_FEW_STEPS", 4)
    sampled = train(skewed, epochs=2, step_tokens=1024)
    assert sampled.loss_every == 8
    assert sampled.vectors.tobytes() == every.vectors.tobytes()
    assert sampled.loss == pytest.approx(every.loss, rel=0.03)


@pytest.mark.parametrize(
    ("asked", "cores", "chunks", "workers"),
    [
        (None, 8, 1000, 8),  # one a core, not one a thread
        (12, 8, 1000, 12),
        (None, 8, 3, 3),
        (None, 8, 9, 5),  # in two rounds, as with eight
        (8, 8, 9, 8),
    ],
)
def test_how_many_workers(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, cores: int, chunks: int, workers: int
) -> None:
    monkeypatch.setattr(schedule, "usable_cores", lambda: cores)
    monkeypatch.setattr(schedule, "usable_threads", lambda: 2 * cores)
    shape = StepShape(block=16, shared=32, step=16)
    found = schedule.schedule(Config(workers=asked), shape, chunks, kept=20_000)
    assert found == (workers, 16, 1)


def test_workers_never_get_less_than_a_useful_step(skewed: Corpus) -> None:
    config = Config(min_count=1, workers=64, step_tokens=1024)
    with pytest.warns(UserWarning, match="64 workers were asked for"):
        made = Trainer(config, skewed, get_backend("numpy"))
    assert made.workers == 4  # the corpus has four chunks
    assert made._schedule.step_tokens == 256


def test_divergence_names_learning_rate_and_step(topics: Corpus) -> None:
    message = (
        r"Training diverged. The loss .* in epoch \d near step [\d,]+, at learning rate 1e\+30 "
        r"and 64 tokens a step. Lower `alpha` \(now 1e\+30\) or `row_cap`"
    )
    with pytest.raises(TrainingError, match=message):
        train(topics, alpha=1e30, row_cap=1e38, step_tokens=64, min_alpha=1.0)


def test_progress_goes_from_zero_to_one(skewed: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "REPORT_S", 0.01)
    seen: list[Progress] = []
    config = Config(dim=32, min_count=1, workers=2, epochs=3)
    Trainer(config, skewed, get_backend("numpy"), seen.append).run()
    done = [p.done for p in seen]
    assert done == sorted(done)
    assert done[-1] == 1
    assert [p.epoch for p in seen] == sorted(p.epoch for p in seen)
    assert {p.epoch for p in seen} == {1, 2, 3}
    last = seen[-1]
    assert last.learning_rate == pytest.approx(0.025 * 1e-4)
    assert last.seconds_left == 0
    assert last.raw_words_per_second > last.kept_tokens_per_second > 0


def test_softmax_over_too_many_words_is_refused_before_training() -> None:
    corpus = read_sentences([[f"w{i}" for i in range(40_000)]], min_count=1)
    with pytest.raises(
        ConfigError, match=r"softmax over 40,000 words takes .* Lower `step_tokens`"
    ):
        Trainer(Config(loss="softmax", step_tokens=65536, workers=1), corpus, get_backend("numpy"))


def test_an_error_in_a_callback_stops_the_workers(skewed: Corpus) -> None:
    def fail(_: Progress) -> None:
        raise KeyboardInterrupt

    config = Config(dim=64, min_count=1, workers=2, epochs=1000)
    with pytest.raises(KeyboardInterrupt):
        Trainer(config, skewed, get_backend("numpy"), fail).run()
    assert not [t for t in threading.enumerate() if t.name.startswith("w2v")]


@pytest.mark.parametrize("workers", [2, 8])
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.filterwarnings("ignore:. workers were:UserWarning")
def test_workers_together_do_not_diverge(
    topics: Corpus, model: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All workers step from the same tables, so what one row may take is shared among them."""
    monkeypatch.setattr(blocks, "CHUNK", 1000)
    losses = train(topics, model=model, workers=workers, epochs=20).loss
    assert losses[-1] is not None
    assert losses[-1] < 2.5


def test_a_loss_far_above_that_of_untrained_tables_is_divergence(topics: Corpus) -> None:
    with pytest.raises(TrainingError, match=r"The loss of a step is \d+ times that of untrained"):
        train(topics, alpha=1.0, row_cap=1000, step_tokens=64, epochs=5)


@pytest.mark.parametrize(
    ("sentences", "sample", "advice"),
    [
        ([["alone"], ["single"]], 0, r"several words a line\.$"),
        ([["a", "b"]] * 3, 1e-300, r"a line, or a larger `sample` \(now 1e-300; 0 keeps every"),
    ],
)
@pytest.mark.filterwarnings("ignore:Subsampling drops 100% of the tokens:w2v.TrainingWarning")
def test_a_corpus_without_pairs_is_an_error_not_random_vectors(
    sentences: list[list[str]], sample: float, advice: str
) -> None:
    corpus = read_sentences(sentences, min_count=1)
    with pytest.raises(TrainingError, match=f"nothing to learn: no word had a .*{advice}"):
        train(corpus, sample=sample)


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_one_word(model: str, loss: str) -> None:
    corpus = read_sentences([["same", "same", "same"]], min_count=1)
    if loss != "ns":  # its probability is 1, and nothing moves
        with pytest.raises(TrainingError, match="nothing to learn: 'same' is the only word"):
            train(corpus, model=model, loss=loss)
        return
    with pytest.warns(TrainingWarning, match="The vocabulary is one word, so there is nothing to"):
        trained = train(corpus, model=model, loss=loss)
    assert trained.vectors.shape == (1, 16)
    assert np.isfinite(trained.vectors).all()


def test_words_of_equal_count_are_neighbours_by_where_they_first_stand(
    skewed: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the tree; other losses have none."""
    words = len(skewed.vocabulary)
    found = {}
    for loss in ("hs", "ns"):
        for order in (1, -1):
            ranks = np.arange(words)[::order]
            monkeypatch.setattr(Corpus, "first_seen", lambda _, ranks=ranks: ranks)
            found[loss, order] = train(skewed, loss=loss, epochs=1).output.tobytes()
    assert found["hs", 1] != found["hs", -1]
    assert found["ns", 1] == found["ns", -1]


def trainer_of(words: int, **options: Any) -> Trainer:
    rng = np.random.default_rng(0)
    text = [[f"w{i}" for i in rng.integers(0, 50, 100)] for _ in range(words // 100)]
    corpus = read_sentences(text, min_count=1)
    config = Config(workers=1, sample=0, **options)
    return Trainer(config, corpus, get_backend(options.get("backend", "numpy")))


def steps_of(words: int, **options: Any) -> int:
    return trainer_of(words, **options).step_tokens


def test_a_short_text_has_hundreds_of_steps_too() -> None:
    """With steps of 1,024 tokens a text of 40,000 learnt little: 40 steps, held by the row cap."""
    assert [steps_of(n, backend="numpy") for n in (500_000, 40_000, 2_000)] == [1024, 100, 64]
    assert steps_of(40_000, backend="numpy", step_tokens=1024) == 1024
    assert steps_of(40_000, backend="numba") == 16


def test_short_texts_get_more_noise_words_where_centres_fall_into_groups() -> None:
    def noise_words(words: int, **options: Any) -> int:
        return trainer_of(words, **{"model": "cbow", "backend": "numba"} | options).shape.shared

    assert [noise_words(n) for n in (2_000, 2_600_000)] == [48, 32]
    assert noise_words(2_000, block_negatives=16) == 16
    assert noise_words(2_000, model="skipgram") == 24


def test_short_texts_get_more_epochs_unless_a_number_is_given() -> None:
    asked = [epochs_for(Config(), tokens) for tokens in (1, 10**5, 10**6, 10**7, 10**9, 10**12)]
    assert asked == sorted(asked, reverse=True)
    assert (asked[2], asked[-1]) == (15, 5)
    assert epochs_for(Config(epochs=3), 10) == 3
    assert epochs_for(Config(), 10, continued=True) == 5
    assert epochs_for(Config(model="cbow", loss="hs"), 10**5) == 5
    assert epochs_for(Config(model="cbow"), 10**6) == epochs_for(Config(loss="hs"), 10**6) == 15


def test_the_report_says_how_many_epochs_auto_was(topics: Corpus) -> None:
    made = Word2Vec(min_count=1, dim=8, workers=1, sample=0).train(topics)
    assert made.report["config"]["epochs"] == len(made.report["loss"]) == 30
    assert made.get_params()["epochs"] == "auto"
    made.partial_fit([["animal1", "animal2"]] * 50)
    assert made.report["config"]["epochs"] == 5
