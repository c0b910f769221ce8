"""Training in rounds: the same whoever trains, and all that a run can do."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import ANIMALS, TOOLS, two_topics, zipf

from w2v import Callback, EarlyStopping, Progress, Vectors, Word2Vec
from w2v.backends import Backend
from w2v.errors import ConfigError, TrainingError
from w2v.text import Corpus
from w2v.training import Both, Changes, Merge, Result, Shard, ShardTrainer, Task, known_run

QUICK: dict[str, Any] = {
    **{"dim": 8, "min_count": 1, "workers": 1, "sample": 0.01, "epochs": 3, "shards": 3},
    "backend": "numba",
}
TEXT = zipf(6_000)
PAIRS = [
    {"model": model, "loss": loss}
    for model in ("skipgram", "cbow")
    for loss in ("ns", "hs", "softmax")
]


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 1 << 8)


class Two:
    """A crew of two, who take turns and begin with the last shard."""

    where, merge, trainers = "here", Merge, 2

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._given: list[Shard] = []

    def begin(self, task: Task, corpus: Corpus, text: Corpus, tables: Callable[[], Both]) -> None:
        self._two = [ShardTrainer(self._backend, task, text, tables()) for _ in range(2)]

    def hand_out(self, shards: Sequence[Shard]) -> None:
        self._given = list(shards)

    def results(self, seconds: float) -> list[Result]:
        shard = self._given.pop()
        return [self._two[shard.number % 2].train(shard)]

    def under_way(self) -> float:
        return 0.0

    def go_on(self, changes: tuple[Changes, Changes]) -> None:
        for one in self._two:
            one.go_on(changes)

    def told(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        for one in self._two:
            one.close()


class When(Callback):
    """Does something once, at a moment."""

    def __init__(self, at: float, do: Callable[[], object]) -> None:
        self.at, self.do = at, do

    def on_step(self, progress: Progress) -> bool:
        if progress.done < self.at:
            return False
        self.at = 2
        return bool(self.do())


class PowerError(Exception):
    """It goes out."""


def power() -> None:
    raise PowerError


def same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['model']}-{pair['loss']}")
def test_the_same_bytes_whoever_trains(
    pair: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {**QUICK, **pair}
    alone = Word2Vec(**options).fit(TEXT)
    monkeypatch.setattr("w2v.training.trainer.Here", Two)
    two = Word2Vec(**options).fit(TEXT)
    assert same(alone, two)
    for name in ("loss", "untrained_loss", "tokens"):
        assert alone.report[name] == two.report[name]


@pytest.mark.parametrize("pair", PAIRS[:2], ids=str)
def test_one_shard_trains_as_without_rounds(pair: dict[str, str]) -> None:
    plain = Word2Vec(**{**QUICK, **pair, "shards": None}).fit(TEXT)
    one = Word2Vec(**{**QUICK, **pair, "shards": 1}).fit(TEXT)
    assert one.report["rounds"]["shards"] == 1
    assert plain.report["rounds"] is None
    assert one.report["tokens"] == plain.report["tokens"]
    np.testing.assert_allclose(one.report["loss"], plain.report["loss"], rtol=1e-3)
    np.testing.assert_allclose(one.vectors.matrix, plain.vectors.matrix, atol=0.02)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_shards_learn_what_one_would(pair: dict[str, str], backend: str) -> None:
    options: dict[str, Any] = {**QUICK, **pair, "backend": backend, "epochs": 8, "shards": 4}
    model = Word2Vec(**options).fit(two_topics(2000))
    own = np.mean([model.similarity(a, b) for a, b in itertools.pairwise(ANIMALS)])
    others = np.mean([model.similarity(a, b) for a, b in zip(ANIMALS, TOOLS, strict=True)])
    assert own > others + 0.3


@pytest.mark.parametrize("pair", PAIRS[:2], ids=str)
def test_a_run_that_was_cut_off_ends_in_the_same_bytes(
    pair: dict[str, str], tmp_path: Path
) -> None:
    options = {**QUICK, **pair, "held_out": 0.1}
    whole = Word2Vec(**options).fit(TEXT)
    every: dict[str, Any] = {"checkpoint": tmp_path, "checkpoint_every": "5%"}
    for at in (0.3, 0.6, 0.9):
        with pytest.raises(PowerError):
            Word2Vec(**options).fit(TEXT, callbacks=[When(at, power)], **every)
        every = {"resume": tmp_path}
    last = Word2Vec(**options).fit(resume=tmp_path)
    assert same(whole, last)
    assert [part["done"] for part in last.report["parts"]] != [0.0]
    for name in ("loss", "held_out_loss", "tokens"):
        assert last.report[name] == whole.report[name], name


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals of POSIX")
def test_a_signal_leaves_the_round_as_if_it_had_not_begun(tmp_path: Path) -> None:
    whole = Word2Vec(**QUICK).fit(TEXT)
    press = When(0.5, lambda: os.kill(os.getpid(), signal.Signals["SIGUSR1"]))
    with pytest.raises(SystemExit):
        Word2Vec(**QUICK).fit(TEXT, callbacks=[press], checkpoint=tmp_path)
    last = Word2Vec(**QUICK).fit(resume=tmp_path)
    assert same(whole, last)
    assert 0.3 < last.report["parts"][1]["done"] <= 0.55


def test_shards_are_those_that_the_run_began_with(tmp_path: Path) -> None:
    with pytest.raises(PowerError):
        Word2Vec(**QUICK).fit(TEXT, callbacks=[When(0.5, power)], checkpoint=tmp_path)
    with pytest.raises(ConfigError, match="`shards` was 3 and is 2"):
        Word2Vec(**{**QUICK, "shards": 2}).fit(resume=tmp_path)


def test_a_run_in_one_piece_cannot_go_on_in_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {**QUICK, "shards": None}
    every: dict[str, Any] = {"checkpoint": tmp_path, "checkpoint_every": "10%"}
    with pytest.raises(PowerError):
        Word2Vec(**plain).fit(TEXT, callbacks=[When(0.5, power)], **every)

    class Joint:
        threads = 1

        def reachable(self, corpus: Corpus) -> Corpus:
            return corpus

        def crew(self, backend: Backend) -> Two:
            return Two(backend)

    with known_run(tmp_path) as run, pytest.raises(ConfigError, match="begun in one piece"):
        Word2Vec(**plain).train(run.open_corpus(), run=run, cluster=Joint())


def test_a_callback_stops_at_the_end_of_a_round() -> None:
    seen: list[Progress] = []

    class Watch(Callback):
        def on_step(self, progress: Progress) -> bool:
            seen.append(progress)
            return progress.done >= 0.5

    model = Word2Vec(**QUICK).fit(TEXT, callbacks=[Watch()])
    assert model.report["stopped"] == {"by": "Watch", "epoch": 2}
    assert 0.3 < model.report["done"] <= 0.55
    done = [progress.done for progress in seen]
    assert done == sorted(done)


def test_epochs_end_and_early_stopping_looks_at_them() -> None:
    watch = EarlyStopping(patience=1, watch=lambda progress: 1.0)
    model = Word2Vec(**QUICK).fit(TEXT, callbacks=[watch])
    assert model.report["done"] == pytest.approx(2 / 3)
    assert len(watch.values) == 2


def test_frozen_and_pretrained_rows() -> None:
    words = [f"w{i}" for i in range(5)]
    given = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    given[0, 0] = -0.0
    known = Vectors(words, given)
    model = Word2Vec(**QUICK).fit(TEXT, pretrained=known, freeze=words)
    assert model.vectors[words[0]].tobytes() == given[0].tobytes()
    assert all(model.vectors[w].tobytes() == v.tobytes() for w, v in zip(words, given, strict=True))
    free = Word2Vec(**QUICK).fit(TEXT, pretrained=known)
    assert not np.array_equal(free.vectors[words[1]], given[1])


def test_a_model_goes_on_in_rounds() -> None:
    model = Word2Vec(**QUICK).fit(TEXT[:150])
    before = model.vectors["w1"].copy()
    model.partial_fit(TEXT[150:])
    assert model.report["continued"]["epochs"] == 3
    assert not np.array_equal(model.vectors["w1"], before)


def test_what_diverges_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.verdict.of_step", lambda *_: "The loss is no longer finite")
    with pytest.raises(TrainingError, match="no longer finite"):
        Word2Vec(**QUICK).fit(TEXT)


def test_what_fails_in_a_shard_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr("w2v.training.shard_trainer.ShardTrainer.train", fails)
    with pytest.raises(TrainingError, match=r"Memory ran out in epoch 1 \(no more\)"):
        Word2Vec(**QUICK).fit(TEXT)


def test_rounds_on_every_backend(backend: Backend) -> None:
    options: dict[str, Any] = {**QUICK, "backend": backend.name, "epochs": 2, "shards": 1}
    one = Word2Vec(**options).fit(TEXT)
    assert one.report["backend"]["name"] == backend.name
    plain = Word2Vec(**{**options, "shards": None}).fit(TEXT)
    np.testing.assert_allclose(one.report["loss"], plain.report["loss"], rtol=0.01)
    several = Word2Vec(**{**options, "shards": 3}).fit(TEXT)
    assert several.report["loss"][1] < several.report["loss"][0]
