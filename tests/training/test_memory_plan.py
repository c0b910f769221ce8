"""The memory plan: what is counted, what is refused, and that training keeps to it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from corpora import zipf

from w2v.backends import Backend, Left, Memory, Sizes, StepShape, devices, get_backend
from w2v.backends.numpy_backend import NumpyBackend
from w2v.config import Config
from w2v.errors import BackendError, TrainingError, TrainingWarning, in_units
from w2v.text import Corpus, read_sentences
from w2v.training.memory_plan import MemoryPlan, plan_memory
from w2v.training.step_plan import step_shape
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
    assert "Lower `dim`" in message


@dataclass(frozen=True)
class SmallMachine(NumpyBackend):
    """NumPy, in a process that can have so much more than it holds."""

    left: Left | None = None

    def memory(self, run: Sizes | None = None) -> Memory:
        return Memory(peak=1 << 20, total=1 << 40, held=1 << 20, left=self.left)


def process(left: Left | None) -> SmallMachine:
    return SmallMachine("numpy", "2", "CPU", left)


def plan_on(backend: Backend, corpus: Corpus, **options: Any) -> MemoryPlan:
    plan = Trainer(Config(dim=50, min_count=1, **options), corpus, backend).memory
    assert plan is not None
    return plan


@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
def test_the_process_has_a_plan_too(corpus: Corpus, loss: str) -> None:
    words = len(corpus.vocabulary)
    for name in ("numpy", "numba"):
        backend = get_backend(name)
        plan = plan_on(backend, corpus, loss=loss)
        width = backend.new_table(1, 50).shape[1]
        assert plan.parts["vectors"] == 4 * width * words
        assert plan.parts["output table"] == 4 * width * (words - (loss == "hs"))
        assert plan.parts["held already"] > 1 << 20
        assert plan.planned < plan.free
        plan.check()


def test_a_checkpoint_is_one_more_copy_of_both_tables(corpus: Corpus) -> None:
    trainer = Trainer(Config(dim=50, min_count=1), corpus, get_backend("numba"))
    words = len(corpus.vocabulary)
    sizes = {"words": words, "tokens": len(corpus.ids), "sentences": len(corpus.ends)}
    with_copies = plan_memory(
        trainer.backend, trainer.config, trainer.shape, **sizes, tree=None, checkpoints=True
    )
    assert with_copies is not None
    tables = with_copies.parts["vectors"] + with_copies.parts["output table"]
    assert with_copies.parts["checkpoint"] == tables
    assert plan_on(get_backend("numba"), corpus).parts["checkpoint"] == 0


def test_what_the_process_cannot_have_is_refused_before_the_first_step(corpus: Corpus) -> None:
    backend = process(Left(1 << 20, 0, "its control group"))
    trainer = Trainer(Config(dim=50, min_count=1), corpus, backend)
    with pytest.raises(TrainingError) as refused:
        trainer.run()
    message = str(refused.value)
    assert "its control group leaves this process 2.0 MiB." in message
    assert "vectors 369.9 KiB" in message
    assert "Lower `dim` or `max_vocab`, or raise `min_count`." in message


def test_what_is_close_is_warned_of(corpus: Corpus) -> None:
    need = plan_on(process(Left(1 << 40, 0, "the machine")), corpus).planned - (1 << 20)
    plan_on(process(Left(2 * need, 0, "the machine")), corpus).check()
    with pytest.warns(TrainingWarning, match="That is close"):
        plan_on(process(Left(need + 1, 0, "ulimit -v")), corpus).check()
    lent = r"the machine leaves this process .* MiB, .* MiB of it on a disk \(swap\)\. That is"
    with pytest.warns(TrainingWarning, match=lent):
        plan_on(process(Left(need // 2, need, "the machine")), corpus).check()
    with pytest.raises(TrainingError, match=r"on a disk \(swap\)\. Lower"):
        plan_on(process(Left(need // 4, need // 4, "the machine")), corpus).check()


def test_nothing_is_refused_where_the_system_says_nothing(corpus: Corpus) -> None:
    assert Trainer(Config(min_count=1), corpus, process(None)).memory is None


_TRAINS = """
import sys, w2v
dim, backend, loss = int(sys.argv[1]), sys.argv[2], sys.argv[3]
words = [f"word{i}" for i in range(int(sys.argv[4]))]
model = w2v.Word2Vec(dim=dim, min_count=1, epochs=1, workers=1, backend=backend, loss=loss)
with w2v.read_sentences([words[i : i + 50] for i in range(0, len(words), 50)] * 2,
                        **model.vocabulary_options()) as corpus:
    model.train(corpus)
print(model.report["planned_memory_bytes"]["in all"] / model.report["peak_memory_bytes"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="its peak is that of the process alone")
@pytest.mark.parametrize(
    ("dim", "backend", "loss", "words"),
    [(800, "numpy", "ns", 40_000), (400, "numba", "ns", 80_000), (400, "numba", "hs", 80_000)],
)
def test_a_process_keeps_to_its_plan(dim: int, backend: str, loss: str, words: int) -> None:
    for size in (
        (100, words) if backend == "numba" else (words,)
    ):  # compiles first, which takes memory
        arguments = map(str, (dim, backend, loss, size))
        command = [sys.executable, "-W", "ignore", "-c", _TRAINS, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert 0.9 < float(done.stdout) < 1.1


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
    run = Sizes(100, 5, False, StepShape(16, 32, 8192), 0, tokens, 10**6, 0)
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


def test_shards_have_tables_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = get_backend("numba")
    config = Config(dim=100, workers=1)
    size: dict[str, Any] = {"words": 50_000, "tokens": 10**6, "sentences": 10**5, "tree": None}
    shape = step_shape(backend, config)
    alone = plan_memory(backend, config, shape, **size)
    rounds = plan_memory(backend, config, shape, **size, shards=8, trainers=2)
    exact = Config(dim=100, workers=1, changes="float32")
    wide = plan_memory(backend, exact, shape, **size, shards=8, trainers=2)
    assert alone is not None
    assert rounds is not None
    assert wide is not None
    both = 2 * 50_000 * 100
    assert rounds.parts["tables of shards"] >= 2 * 2 * 4 * both
    assert rounds.parts["changes"] == (2 * 7 + 4) * both
    assert wide.parts["changes"] == (4 * 7 + 4) * both
    assert "changes" not in alone.parts
