"""Programs that look on while a model is trained, and stop it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from corpora import two_topics, zipf

import w2v
from w2v import Callback, ConfigError, EarlyStopping, Progress, TrainingError, Word2Vec
from w2v.vectors import Vectors

TEXT = two_topics(300)


def small(**options: Any) -> Word2Vec:
    settings: dict[str, Any] = {"dim": 8, "min_count": 1, "workers": 1, "backend": "numpy"}
    return Word2Vec(**(settings | options))


class Watch(Callback):
    """Keeps what it sees, and stops where it is told to."""

    def __init__(self, *, epoch: int | None = None, step: int | None = None) -> None:
        self.epochs: list[Progress] = []
        self.steps: list[Progress] = []
        self.threads: set[int] = set()
        self._epoch, self._step = epoch, step

    def on_step(self, progress: Progress) -> bool:
        self.steps.append(progress)
        self.threads.add(threading.get_ident())
        return len(self.steps) == self._step

    def on_epoch_end(self, progress: Progress) -> bool:
        self.epochs.append(progress)
        self.threads.add(threading.get_ident())
        return progress.epoch == self._epoch


def test_epochs_and_steps_are_told_in_the_thread_that_called() -> None:
    watch, other = Watch(), Watch()
    model = small(epochs=3).fit(TEXT, callbacks=[watch, other])
    assert [p.epoch for p in watch.epochs] == [p.epoch for p in other.epochs] == [1, 2, 3]
    assert [p.done for p in watch.epochs] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [p.loss for p in watch.epochs] == model.report["loss"]
    assert {p.epoch for p in watch.steps} == {1, 2, 3}
    assert watch.threads == {threading.get_ident()}
    assert model.report["stopped"] is None
    assert model.report["done"] == 1


@pytest.mark.parametrize("epoch", [1, 2])
def test_stop_at_the_end_of_an_epoch(epoch: int) -> None:
    """What was trained is what the first epochs of the whole run make."""
    watch = Watch()
    seen: list[Vectors] = []

    class Keep(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            seen.append(progress.vectors())

    small(epochs=4).fit(TEXT, callbacks=[watch, Keep()])
    stopped = small(epochs=4).fit(TEXT, callbacks=[Watch(epoch=epoch)])
    assert np.array_equal(stopped.vectors.matrix, seen[epoch - 1].matrix)
    assert seen[0].words == stopped.vectors.words
    report = stopped.report
    assert report["stopped"] == {"by": "Watch", "epoch": epoch}
    assert report["done"] == epoch / 4
    assert len(report["loss"]) == len(report["tokens"]["kept"]) == epoch
    kept, dropped = report["tokens"]["kept"], report["tokens"]["subsampled"]
    assert [a + b for a, b in zip(kept, dropped, strict=True)] == [2400] * epoch


def test_stop_in_the_last_epoch_stops_nothing() -> None:
    assert small(epochs=2).fit(TEXT, callbacks=[Watch(epoch=2)]).report["stopped"] is None


def test_stop_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 500)
    monkeypatch.setattr("w2v.training.trainer._REPORT_S", 0.005)
    watch = Watch(step=3)
    model = small(epochs=50, step_tokens=64).fit(zipf(100_000), callbacks=[watch])
    assert model.report["stopped"] == {"by": "Watch", "epoch": 1}
    assert 0 < model.report["done"] < 1 / 50
    assert not watch.epochs  # none is over
    assert model.report["tokens"]["subsampled"][0] >= 0
    assert np.isfinite(model.vectors.matrix).all()


def test_vectors_seen_are_a_copy() -> None:
    class Change(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            matrix = progress.vectors().matrix
            matrix.flags.writeable = matrix.base is None
            np.copyto(matrix.base if matrix.base is not None else matrix, 0)

    expected = small(epochs=2).fit(TEXT).vectors.matrix
    assert np.array_equal(small(epochs=2).fit(TEXT, callbacks=[Change()]).vectors.matrix, expected)


def test_an_error_in_a_callback_leaves_the_model_as_it_was() -> None:
    class Fail(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            raise RuntimeError("no more")

    model = small(epochs=2).fit(TEXT)
    before = model.vectors
    with pytest.raises(RuntimeError, match="no more"):
        model.fit(TEXT, callbacks=[Fail()])
    assert model.vectors is before
    assert threading.active_count() == 1


def test_any_object_with_one_of_the_methods_will_do() -> None:
    class Plain:
        def on_epoch_end(self, progress: Progress) -> bool:
            return progress.epoch == 2

    plain: Any = Plain()
    report = small(epochs=5).fit(TEXT, callbacks=(one for one in [plain])).report  # type: ignore[arg-type]
    assert report["stopped"] == {"by": "Plain", "epoch": 2}


def test_one_that_is_not_in_a_list() -> None:
    with pytest.raises(TypeError, match="`callbacks` must be a list of callbacks, got <"):
        small().fit(TEXT, callbacks=EarlyStopping())  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [print, Watch, "on_epoch_end"])
def test_what_is_no_callback_is_refused_before_anything_is_read(wrong: Any) -> None:
    def never() -> Any:
        raise AssertionError("the text was read")
        yield

    with pytest.raises(TypeError, match="must be an object with `on_epoch_end` or `on_step`"):
        small().fit(never(), callbacks=[wrong])


def epochs(stop: EarlyStopping, losses: list[float | None]) -> list[bool]:
    first = Progress(1, 9, 0.1, 1.0, 1.0, 1.0, 0.1, None, lambda: Vectors(["a"], [[1]]))
    return [
        bool(stop.on_epoch_end(replace(first, epoch=i, loss=loss)))
        for i, loss in enumerate(losses, start=1)
    ]


@pytest.mark.parametrize(
    ("options", "losses", "stops"),
    [
        ({}, [3, 2, 1], [0, 0, 0]),
        ({}, [3, 3], [0, 1]),
        ({}, [3, 4], [0, 1]),
        ({"patience": 2}, [3, 4, 2, 3, 2.5], [0, 0, 0, 0, 1]),
        ({"least": 0.5}, [3, 2.6], [0, 1]),
        ({"least": 0.5}, [3, 2.4, 1.8], [0, 0, 0]),
        ({"patience": 2}, [3, float("nan"), float("nan")], [0, 0, 1]),
        ({"watch": lambda progress: -progress.epoch}, [1, 2, 3], [0, 0, 0]),
        ({"watch": lambda progress: progress.epoch}, [3, 2, 1], [0, 1, 1]),
    ],
)
def test_early_stopping(options: Any, losses: list[float | None], stops: list[int]) -> None:
    stop = EarlyStopping(**options)
    assert epochs(stop, losses) == [bool(x) for x in stops]
    assert epochs(stop, losses) == [bool(x) for x in stops]  # a new run begins anew
    assert len(stop.values) == len(losses)


def test_early_stopping_stops_a_run() -> None:
    stop = EarlyStopping(least=0.01)
    model = small(epochs=500, alpha=0.2).fit(TEXT, callbacks=[stop])
    assert model.report["stopped"]["by"] == "EarlyStopping"
    assert stop.values == model.report["loss"]
    assert len(stop.values) < 500
    assert stop.values[-1] > min(stop.values[:-1]) - 0.01


def test_early_stopping_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ConfigError, match="at least 1; got 0"):
        EarlyStopping(patience=0)
    with pytest.raises(ConfigError, match=r"`patience` must be a whole .* got 1\.5"):
        EarlyStopping(patience=1.5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="`watch` must be a function of progress, got 3"):
        EarlyStopping(watch=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="`least` must be a number and not negative, got nan"):
        EarlyStopping(least=float("nan"))
    with pytest.raises(TrainingError, match="nothing to watch: no loss was measured in epoch 1"):
        epochs(EarlyStopping(), [None])


def test_callbacks_that_do_nothing_are_fine() -> None:
    assert small(epochs=1).fit(TEXT, callbacks=[w2v.Callback()]).report["stopped"] is None
