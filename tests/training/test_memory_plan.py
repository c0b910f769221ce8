"""The memory plan: what is counted, what is refused, and that training keeps to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from corpora import zipf

from w2v.backends import Backend, Memory, Sizes, StepShape, devices, get_backend
from w2v.backends.numpy_backend import NumpyBackend
from w2v.config import Config
from w2v.errors import BackendError, TrainingError, in_units
from w2v.text import Corpus, read_sentences
from w2v.training.trainer import Trainer

GPU = "Graphics 9000"


@dataclass(frozen=True)
class SmallDevice(NumpyBackend):
    """NumPy, with a memory of its own that is nearly full."""

    free: int = 0

    def memory(self, run: Sizes | None = None) -> Memory:
        return Memory(peak=0, total=1 << 30, free=self.free)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_sentences(zipf(30_000), min_count=1)


def small(free: int) -> SmallDevice:
    return SmallDevice("numpy", "2", GPU, free)


@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
def test_parts_are_counted(corpus: Corpus, loss: str) -> None:
    plan = Trainer(Config(dim=50, min_count=1, loss=loss), corpus, small(1 << 40)).memory
    assert plan is not None
    words = len(corpus.vocabulary)
    assert plan.parts["vectors"] == 4 * 50 * words
    assert plan.parts["output table"] == 4 * 50 * (words - (loss == "hs"))
    assert plan.planned == sum(plan.parts.values())
    assert plan.as_dict()["in all"] == plan.planned
    assert "vectors" in plan.named()


def test_what_does_not_fit_is_refused_with_sizes_and_what_to_change(corpus: Corpus) -> None:
    trainer = Trainer(Config(dim=50, min_count=1), corpus, small(1000))
    with pytest.raises(TrainingError) as refused:
        trainer.run()
    message = str(refused.value)
    assert GPU in message
    assert "1000 bytes of its 1.0 GiB is free" in message
    assert "Lower dim" in message


def test_the_process_needs_no_plan(corpus: Corpus) -> None:
    assert Trainer(Config(min_count=1), corpus, get_backend("numpy")).memory is None


@pytest.mark.parametrize("backend", ["cupy"], indirect=True)
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_training_keeps_to_the_plan(backend: Backend, corpus: Corpus, loss: str) -> None:
    for options in ({}, {"deterministic": True}):
        settings: dict[str, Any] = {"dim": 50, "min_count": 1, "epochs": 1, "loss": loss}
        where = get_backend("cupy", in_order="deterministic" in options)
        trainer = Trainer(Config(**settings | options), corpus, where)
        trainer.run()
        assert trainer.memory is not None
        assert backend.memory().peak <= 1.05 * trainer.memory.planned


@pytest.mark.parametrize("backend", ["cupy"], indirect=True)
def test_the_text_is_counted_as_it_is_held(backend: Backend) -> None:
    free = backend.memory().free
    assert free is not None
    tokens = free // 4  # that fill all that is free
    run = Sizes(100, 5, StepShape(16, 32, 8192), 0, tokens, 10**6, 0)
    in_pieces = backend.memory(run).text
    assert in_pieces is not None
    assert in_pieces["token ids"] < 2**25 < 4 * tokens
    assert in_pieces["sentence ends"] == 8 * 10**6
    stays = backend.memory(run._replace(tokens=tokens // 4)).text
    assert stays is not None
    assert stays["token ids"] == 4 * (tokens // 4)
    crowded = backend.memory(run._replace(tokens=tokens // 4, other_bytes=free)).text
    assert crowded is not None
    assert crowded["token ids"] < 2**25
    assert backend.memory(run._replace(dim=100_000)).text is None
    assert get_backend("cupy", in_order=True).memory(run).text is None


def test_a_device_is_obeyed_or_refused(backend: Backend) -> None:
    if backend.name != "cupy":
        with pytest.raises(BackendError, match=f"{backend.name}' has no devices"):
            get_backend(backend.name, device=0)
        return
    assert len(devices(get_backend("cupy", device=0))) >= 1
    assert get_backend("auto", device=0).name == "cupy"
    with pytest.raises(BackendError, match="there is no device 999"):
        get_backend("cupy", device=999)


def test_units() -> None:
    assert [in_units(n) for n in (0, 512, 2048, 3 << 20, 5 << 29)] == [
        "0 bytes",
        "512 bytes",
        "2.0 KiB",
        "3.0 MiB",
        "2.5 GiB",
    ]
