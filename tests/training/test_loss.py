"""What is reported as the loss: an unbiased share of what every step would say, on any text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from corpora import zipf

from w2v.backends import Backend, get_backend
from w2v.config import Config
from w2v.errors import ConfigError
from w2v.text import Corpus, drawn, read_sentences, set_aside
from w2v.training import draws, schedule, verdict
from w2v.training.held_out import HeldOut, parted, sampled
from w2v.training.outcome import Trained
from w2v.training.start import FRESH, Start
from w2v.training.step_plan import text_reader
from w2v.training.tables import make_tables
from w2v.training.trainer import Trainer

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]


def logins(lines: int) -> list[list[str]]:
    """Eight words a line: what is measured at every eighth word is always the same one."""
    users = np.random.default_rng(0).integers(0, 300, lines)
    return [f"user{user} logged in from the main web page".split() for user in users.tolist()]


def records(count: int) -> list[list[str]]:
    """128 words a record, each from a range of its own place."""
    rng = np.random.default_rng(1)
    most = 1 + 2 * (np.arange(128) % 16)
    return [
        [f"field{i % 32}-{v}" for i, v in enumerate(rng.integers(0, most))] for _ in range(count)
    ]


TEXTS = {"logins": logins(1500), "records": records(90), "zipf": zipf(9000)}
CASES = [("numba", text) for text in TEXTS] + [("numpy", "records"), ("cupy", "logins")]
"""Which steps are measured is drawn alike on all backends; the fastest sees every text."""


def train(
    corpus: Corpus, backend: Backend | None = None, start: Start = FRESH, **options: Any
) -> Trained:
    settings: dict[str, Any] = {"dim": 12, "min_count": 1, "workers": 1, "sample": 0, "epochs": 2}
    return Trainer(
        Config(**settings | options), corpus, backend or get_backend("numpy"), start=start
    ).run()


@pytest.mark.parametrize(("backend", "text"), CASES, indirect=["backend"])
@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_one_of_some_steps_stands_for_all(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, model: str, loss: str, text: str
) -> None:
    """The tables are the same, so what every step says is the truth."""
    corpus = read_sentences(TEXTS[text], min_count=1)
    options: dict[str, Any] = {"model": model, "loss": loss, "step_tokens": 16}
    if text == "records" or backend.name == "cupy":
        options["epochs"] = 1
    if loss == "hs":
        options["step_tokens"] = None
    monkeypatch.setattr(schedule, "_FEW_STEPS", 10**9)
    whole = train(corpus, backend, **options)
    monkeypatch.setattr(schedule, "_FEW_STEPS", 20)
    part = train(corpus, backend, **options)
    assert whole.loss_every == 1
    assert part.loss_every in {8, 64}
    np.testing.assert_allclose(part.vectors, whole.vectors, atol=1e-4)
    tolerance = 0.05 if part.loss_every == 8 else 0.12
    assert part.loss == pytest.approx(whole.loss, rel=tolerance)


def given_tables(corpus: Corpus, config: Config) -> Start:
    """Tables where every row is something."""
    words = len(corpus.vocabulary)
    rows = words - 1 if config.loss == "hs" else words
    rng = np.random.default_rng(2)
    drawn = [rng.normal(0, 0.6, (n, config.dim)).astype(np.float32) for n in (words, rows)]
    return Start(np.arange(words), drawn[0], np.arange(rows), drawn[1])


EXACT: dict[Any, float] = {}


def exact(corpus: Corpus, config: Config, start: Start) -> float:
    """See `by_words`, once for all backends."""
    key = config.model, config.loss, corpus.vocabulary.words, len(corpus.ids)
    if key not in EXACT:
        EXACT[key] = by_words(corpus, config, start)
    return EXACT[key]


def by_words(corpus: Corpus, config: Config, start: Start) -> float:
    """Mean nats of all pairs of the first epoch, word by word; of noise words the expectation."""
    backend = get_backend("numpy")
    tables = make_tables(backend, config, corpus.vocabulary.counts)
    reader = text_reader(backend, config, corpus, np.ones(len(corpus.vocabulary)))
    output = start.output.astype(np.float64)
    nats, pairs = 0.0, 0
    for chunk in range(reader.chunks):
        stretch = reader.stretch(0, chunk)
        for at in range(config.window, config.window + stretch.kept):
            near = range(at - stretch.left[at], at + stretch.right[at] + 1)
            others = stretch.ids[[i for i in near if i != at]]
            hidden = start.vectors[others].astype(np.float64)
            if config.model == "cbow" and len(others):
                hidden = hidden.mean(axis=0, keepdims=True)
            word = int(stretch.ids[at])
            pairs += len(hidden)
            scores = hidden @ output.T
            if config.loss == "softmax":
                nats += float((np.log(np.exp(scores).sum(axis=1)) - scores[:, word]).sum())
            elif tables.tree is not None:
                nodes, codes = tables.tree.path(word)
                nats += float(np.logaddexp(0, np.where(codes, 1, -1) * scores[:, nodes]).sum())
            else:
                assert tables.noise_share is not None
                nats += float(np.logaddexp(0, -scores[:, word]).sum())
                nats += 5 * float((np.logaddexp(0, scores) @ tables.noise_share).sum())
    return nats / pairs


@pytest.mark.parametrize(("backend", "text"), CASES, indirect=["backend"])
@pytest.mark.parametrize(("model", "loss"), KINDS)
@pytest.mark.filterwarnings("ignore:The loss:w2v.TrainingWarning")
def test_it_is_that_of_the_tables(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, model: str, loss: str, text: str
) -> None:
    """While they do not move; measured in a share of the steps."""
    monkeypatch.setattr(schedule, "_FEW_STEPS", 20)
    monkeypatch.setattr(verdict, "_GARBAGE", 9)
    corpus = read_sentences(TEXTS[text], min_count=1)
    options: dict[str, Any] = {"model": model, "loss": loss, "dim": 12, "min_count": 1, "sample": 0}
    start = given_tables(corpus, Config(**options))
    options |= {"alpha": 1e-30, "epochs": 1, "block_tokens": 16 if loss != "hs" else None}
    found = train(corpus, backend, start, **options)
    assert found.loss_every > 1
    expected = exact(corpus, Config(**options), start)
    assert found.loss == [pytest.approx(expected, rel=0.06 if found.loss_every == 8 else 0.15)]


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_steps_are_drawn_one_of_so_many(model: str, loss: str) -> None:
    """Every place alike, whatever the length of the lines; all of them where all are."""
    key = draws.stream_key(5, draws.MEASURED, 2)
    for every in (1, 8, 64):
        hits = np.array([draws.is_measured(key, step, every) for step in range(64 * 400)])
        assert (hits.reshape(-1, every).sum(axis=1) == 1).all()
        assert hits.reshape(-1, 64).mean(axis=0) == pytest.approx(np.full(64, 1 / every), abs=0.06)


class TestSettingAside:
    """Sentences that are never trained on."""

    @staticmethod
    def by_loop(corpus: Corpus, chosen: set[int]) -> tuple[list[list[int]], list[list[int]]]:
        """Sentences of both parts; one of more than 1,000 tokens is several."""
        parts: tuple[list[list[int]], list[list[int]]] = [], []
        number = first = 0
        for end in corpus.ends.tolist():
            before = None
            for at in range(first, end, 1000):
                mine = number in chosen
                ids = corpus.ids[at : min(at + 1000, end)].tolist()
                if before == mine:
                    parts[mine][-1].extend(ids)
                else:
                    parts[mine].append(ids)
                before, number = mine, number + 1
            first = end
        return parts

    @staticmethod
    def sentences(corpus: Corpus) -> list[list[int]]:
        return [part.tolist() for part in np.split(corpus.ids, corpus.ends[:-1])]

    @pytest.mark.parametrize("some", [{0}, {1, 2, 7, 9, 10}, set(range(3, 400)), set(range(9000))])
    def test_each_token_is_in_one_of_the_two(
        self, monkeypatch: pytest.MonkeyPatch, some: set[int]
    ) -> None:
        monkeypatch.setattr("w2v.text.setting_aside._SENTENCES", 7)
        monkeypatch.setattr("w2v.text.setting_aside._PIECES", 5)
        rng = np.random.default_rng(0)
        lengths = [3, 1, 5200, 1000, 1001, 2, *rng.integers(1, 3000, 60).tolist()]
        text = [[f"w{i}" for i in rng.integers(0, 50, length)] for length in lengths]
        corpus = read_sentences(text, min_count=1)
        rest, aside = set_aside(corpus, lambda numbers: np.isin(numbers, list(some)))
        expected = self.by_loop(corpus, some)
        for part, sentences in zip((rest, aside), expected, strict=True):
            assert (self.sentences(part) if len(part.ids) else []) == sentences
            assert part.stats.tokens == len(part.ids) == sum(map(len, sentences))
            assert part.stats.sentences == len(part.ends) == len(sentences)

    def test_some_are_drawn_of_a_text_that_stays_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        corpus = read_sentences([[f"a{i}", f"b{i}"] for i in range(4000)], min_count=1)
        some = drawn(corpus, lambda numbers: numbers % 5 == 2)
        assert self.sentences(some) == self.sentences(corpus)[2::5]
        config, backend = Config(), get_backend("numpy")
        assert sampled(backend, config, corpus) is corpus
        monkeypatch.setattr("w2v.training.held_out._SAMPLED", 800)
        few = sampled(backend, config, corpus)
        assert 600 < len(few.ids) < 1000
        assert few.ids.tolist() == sampled(backend, config, corpus).ids.tolist()
        assert len(corpus.ids) == 8000

    def test_which_is_a_matter_of_seed_and_place(self) -> None:
        corpus = read_sentences([[f"a{i}", f"b{i}"] for i in range(4000)], min_count=1)
        found = {}
        for seed in (1, 2):
            for name in ("numpy", "numba"):
                config = Config(held_out=0.05, seed=seed)
                aside = parted(get_backend(name), config, corpus)[1]
                assert aside is not None
                found[name, seed] = aside.ids.tolist()
                assert 150 < len(aside.ends) < 250
        assert found["numpy", 1] == found["numba", 1] != found["numpy", 2]

    @pytest.mark.parametrize("share", [1e-9, 0.5])
    def test_nothing_aside_or_nothing_left(self, share: float) -> None:
        corpus = read_sentences([["a", "b", "c"]], min_count=1)
        seeds = [seed for seed in range(20) if share < 0.1 or 0 in aside_of(corpus, seed)]
        config = Config(min_count=1, held_out=share, seed=seeds[0])
        with pytest.raises(
            ConfigError, match=f"`held_out` {share:g} sets .* of the text aside, wh"
        ):
            Trainer(config, corpus, get_backend("numpy"))


def aside_of(corpus: Corpus, seed: int) -> list[int]:
    chosen = draws.chosen(
        get_backend("numpy"), draws.stream_key(seed, draws.HELD_OUT), np.arange(3), 0.5
    )
    found: list[int] = np.flatnonzero(chosen).tolist()
    return found


@pytest.mark.parametrize(("model", "loss"), KINDS)
@pytest.mark.parametrize("frozen", [False, True])
def test_held_out_sentences_are_not_trained_on_and_asking_them_moves_nothing(
    backend: Backend, model: str, loss: str, frozen: bool
) -> None:
    """The tables are those of a training on the rest alone."""
    corpus = read_sentences(logins(150), min_count=1)
    options: dict[str, Any] = {"model": model, "loss": loss, "sample": 0.05, "epochs": 2}
    mask = np.arange(len(corpus.vocabulary)) % 3 == 0
    start = replace(FRESH, frozen=mask) if frozen else FRESH
    rest, aside = parted(backend, Config(held_out=0.2), corpus)
    assert aside is not None
    alone = train(rest, backend, start, **options)
    beside = train(corpus, backend, start, held_out=0.2, **options)
    if loss == "hs":  # its tree goes by where words stand
        assert beside.kept == alone.kept
        assert np.isfinite(beside.vectors).all()
    else:
        np.testing.assert_allclose(beside.vectors, alone.vectors, rtol=0, atol=1e-6)
        np.testing.assert_allclose(beside.output, alone.output, rtol=0, atol=1e-6)
    assert beside.loss == pytest.approx(alone.loss, rel=0.05)
    assert len(beside.held_out_loss) == 2
    assert None not in beside.held_out_loss


@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_held_out_loss_is_that_of_the_tables(backend: Backend, model: str, loss: str) -> None:
    """Of every pair, with the same blocks the same everywhere and for any number of workers."""
    corpus = read_sentences(zipf(5000), min_count=1)
    config = Config(
        model=model,
        loss=loss,
        dim=12,
        min_count=1,
        sample=0,
        block_tokens=16 if loss != "hs" else None,
        block_negatives=31 if loss == "ns" else None,  # for one group of centres
    )
    start = given_tables(corpus, config)
    keep = np.ones(len(corpus.vocabulary))
    made = [
        make_tables(which, config, corpus.vocabulary.counts, start=start)
        for which in (backend, get_backend("numpy"))
    ]
    before = backend.to_numpy(made[0].input).copy(), backend.to_numpy(made[0].output).copy()
    found = [
        HeldOut(backend, config, corpus, keep, made[0], workers).loss() for workers in (1, 3, 1)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    assert found[0] == pytest.approx(found[2], rel=1e-6)
    assert np.array_equal(before[0], backend.to_numpy(made[0].input))
    assert np.array_equal(before[1], backend.to_numpy(made[0].output))
    composed = HeldOut(get_backend("numpy"), config, corpus, keep, made[1], 1).loss()
    assert found[0] == pytest.approx(composed, rel=1e-5)
    expected = exact(corpus, config, start)
    assert found[0] == pytest.approx(expected, rel=0.02 if loss == "ns" else 1e-5)
