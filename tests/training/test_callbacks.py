"""Programs that look on while a model is trained, and stop it."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics, zipf

import w2v
from w2v import Callback, ConfigError, EarlyStopping, Progress, TrainingError, Word2Vec
from w2v.backends import Backend
from w2v.training import verdict
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
    monkeypatch.setattr("w2v.training.passes.REPORT_S", 0.005)
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


def settled(loss: float | None) -> float | None:
    return loss


def epochs(stop: EarlyStopping, losses: list[float | None]) -> list[bool]:
    first = Progress(1, 9, 0.1, 1.0, 1.0, 1.0, 0.1, None, lambda: Vectors(["a"], [[1]]))
    return [
        bool(stop.on_epoch_end(replace(first, epoch=i, settled_loss=partial(settled, loss))))
        for i, loss in enumerate(losses, start=1)
    ]


@pytest.mark.parametrize(
    ("options", "losses", "stops"),
    [
        ({}, [3, 2, 1], [0, 0, 0]),
        ({}, [3, 4, 3], [0, 0, 1]),
        ({"patience": 1}, [3, 3], [0, 1]),
        ({"patience": 1}, [3, 4], [0, 1]),
        ({"patience": 2}, [3, 4, 2, 3, 2.5], [0, 0, 0, 0, 1]),
        ({"least": 0.5, "patience": 1}, [3, 2.6], [0, 1]),
        ({"least": 0.5}, [3, 2.4, 1.8], [0, 0, 0]),
        ({"patience": 2}, [3, float("nan"), float("nan")], [0, 0, 1]),
        ({"watch": lambda progress: -progress.epoch}, [1, 2, 3], [0, 0, 0]),
        ({"watch": lambda progress: progress.epoch}, [3, 2, 1], [0, 0, 1]),
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
    assert len(stop.values) == len(model.report["loss"]) < 500
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


class Ask(Callback):
    """Asks the model that is being trained."""

    def __init__(self, model: Word2Vec, folder: Path) -> None:
        self.model, self.folder = model, folder
        self.steps = 0

    def on_step(self, progress: Progress) -> None:
        self.steps += int(np.isfinite(self.model["animal1"]).all())

    def on_epoch_end(self, progress: Progress) -> None:
        model, now = self.model, progress.vectors()
        assert np.array_equal(model.vectors.matrix, now.matrix)
        assert model.most_similar("animal1", n=3) == now.most_similar("animal1", n=3)
        assert model.report["loss"][-1] == progress.loss
        assert len(model.report["loss"]) == progress.epoch
        assert model.report["done"] == pytest.approx(progress.epoch / progress.epochs)
        kept, dropped = (model.report["tokens"][name] for name in ("kept", "subsampled"))
        assert [a + b for a, b in zip(kept, dropped, strict=True)] == [2400] * progress.epoch
        model.save(self.folder / f"{progress.epoch}.npz")
        model.save_model(self.folder / f"model{progress.epoch}.npz")


@pytest.mark.parametrize("backend", ["numpy", "numba", "cupy"], indirect=True)
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_the_model_answers_from_what_it_has_learnt_so_far(
    backend: Backend, tmp_path: Path, loss: str
) -> None:
    """So a callback can save it after each epoch; what is saved can be gone on with."""
    model = small(epochs=3, backend=backend.name, loss=loss, sample=0, alpha=0.1)
    freeze = ["tool1", "animal2"]
    model.fit(TEXT[:50])
    before = model["tool1"].copy()
    ask = Ask(model, tmp_path)
    model.fit(TEXT, callbacks=[ask], freeze=freeze)
    assert ask.steps >= 3
    saved = [w2v.load(tmp_path / f"{epoch}.npz") for epoch in (1, 2, 3)]
    models = [Word2Vec.load_model(tmp_path / f"model{epoch}.npz") for epoch in (1, 2, 3)]
    for epoch, (vectors, whole) in enumerate(zip(saved, models, strict=True), 1):
        assert np.array_equal(vectors.matrix, whole.vectors.matrix)
        assert len(whole.report["loss"]) == epoch
    assert not np.array_equal(saved[0].matrix, saved[1].matrix)
    assert np.array_equal(saved[2].matrix, model.vectors.matrix)
    assert np.array_equal(models[2].output, model.output)
    assert np.array_equal(saved[0]["tool1"], saved[2]["tool1"])
    assert not np.array_equal(before, saved[0]["animal1"])
    models[0].partial_fit(TEXT)
    assert models[0].report["continued"]["epochs"] == 1


def test_a_callback_cannot_train_the_same_model(tmp_path: Path) -> None:
    model = small(epochs=2)
    ways: list[Any] = [model.fit, model.partial_fit, model.fit_transform]

    class Again(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            for way in ways:
                with pytest.raises(w2v.W2VError, match="This model is being trained, and a callb"):
                    way(TEXT)
            model.set_params(alpha=0.9)

    model.fit(TEXT, callbacks=[Again()])
    assert model.report["config"]["alpha"] == 0.025
    model.save_model(tmp_path / "m.npz")
    again = Word2Vec.load_model(tmp_path / "m.npz")
    assert again._fitted is not None
    assert again._fitted.trained_as["alpha"] == 0.025
    assert again.config.alpha == 0.9
    model.fit(TEXT)


@pytest.mark.filterwarnings("ignore:The loss of epoch:w2v.TrainingWarning")  # in so short a time
def test_the_trace_ends_where_a_callback_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 500)
    monkeypatch.setattr("w2v.training.passes.REPORT_S", 0.005)
    text = zipf(100_000)
    for stop in (Watch(step=4), Watch(epoch=1)):
        model = small(epochs=300, step_tokens=64, held_out=0.01, dim=2)
        report = model.fit(text if stop._step else text[:500], callbacks=[stop]).report
        assert report["trace"][-1]["done"] == pytest.approx(report["done"])
        assert report["done"] < 1 / 100
        assert report["trace"][-1]["loss"] == report["loss"][-1]
        assert len(report["held_out_loss"]) == len(report["loss"]) == 1
        assert report["held_out_loss"][0] > 0


def test_early_stopping_watches_what_is_held_out() -> None:
    stop = EarlyStopping(patience=2)
    model = small(epochs=60, alpha=0.2, held_out=0.2, sample=0)
    report = model.fit(TEXT, callbacks=[stop]).report
    assert stop.values == report["held_out_loss"]
    assert stop.values != report["loss"]
    assert 2 < len(stop.values) < 60


def sections(count: int = 12, tokens: int = 4000) -> list[list[str]]:
    """A text that changes on its way, as one author after the other does."""
    rng = np.random.default_rng(0)
    text = []
    for _ in range(count):
        ids = rng.choice(300, tokens, p=rng.dirichlet(np.full(300, 0.05)))
        text += [[f"w{i}" for i in ids[at : at + 20]] for at in range(0, tokens, 20)]
    return text


def test_early_stopping_is_not_misled_where_a_text_changes_on_its_way() -> None:
    """There the loss of the last epoch rises while the tables get better for all of the text."""
    stop = EarlyStopping()
    options = {"loss": "hs", "backend": "numba", "sample": 0, "alpha": 0.1, "epochs": 6, "dim": 20}
    report = small(**options).fit(sections(), callbacks=[stop]).report
    assert report["loss"][-1] > report["loss"][-2] + 0.05
    assert (np.diff(stop.values) < -0.1).all()
    assert report["stopped"] is None
    [note] = [line for line in verdict.note(report).splitlines() if line]
    assert note.startswith("the loss rose from ")
    assert "epoch 5 to" in note
    assert "--held-out 1% shows" in note
