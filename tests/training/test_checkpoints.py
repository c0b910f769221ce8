"""Runs that are cut off, and go on: the same bytes, the same report, or a sentence why not."""

from __future__ import annotations

import os
import shutil
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import two_topics, zipf

from w2v import Callback, EarlyStopping, Progress, Vectors, Word2Vec
from w2v.backends import Backend
from w2v.errors import CheckpointError, ConfigError, OutputError, TrainingWarning
from w2v.training.checkpoints import Checkpoints, Every
from w2v.training.tables import make_tables

KINDS = [(model, loss) for model in ("skipgram", "cbow") for loss in ("ns", "hs", "softmax")]

TEXT = zipf(40_000)

QUICK: dict[str, Any] = {"dim": 8, "min_count": 1, "workers": 1, "sample": 0.01, "epochs": 3}


class PowerError(Exception):
    """It goes out."""


class Cut(Callback):
    """Ends the run for good at a moment, without a word to anybody."""

    def __init__(self, at: float) -> None:
        self.at = at

    def on_step(self, progress: Progress) -> None:
        if progress.done >= self.at:
            raise PowerError


class Press(Callback):
    """Has a signal sent to this process at a moment."""

    def __init__(self, at: float, number: int = signal.SIGINT) -> None:
        self.at, self.number = at, number

    def on_step(self, progress: Progress) -> None:
        if progress.done >= self.at:
            self.at = 2
            os.kill(os.getpid(), self.number)


def cut_off(folder: Path, at: float, text: Any = TEXT, every: str = "10%", **options: Any) -> None:
    """A run that leaves checkpoints on its way, and dies."""
    model = Word2Vec(**{**QUICK, **options})
    with pytest.raises(PowerError):
        model.fit(text, checkpoint=folder, checkpoint_every=every, callbacks=[Cut(at)])


def same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize(("model", "loss"), KINDS)
def test_a_run_that_goes_on_ends_with_the_bytes_of_one_that_was_not_cut_off(
    tmp_path: Path, model: str, loss: str, backend: str
) -> None:
    options = {**QUICK, "model": model, "loss": loss, "backend": backend}
    text = TEXT[: len(TEXT) // 3] if backend == "numpy" or loss == "softmax" else TEXT
    whole = Word2Vec(**options).fit(text)
    cut_off(tmp_path / "run", 0.5, text, every="12%", **options)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert same(whole, again)
    for name in ("loss", "tokens", "untrained_loss", "done", "vocabulary"):
        assert again.report[name] == whole.report[name], name
    assert len(again.report["parts"]) == 2
    assert 0 < again.report["parts"][1]["done"] < 1


def test_every_backend_goes_on_in_the_same_order(tmp_path: Path, backend: Backend) -> None:
    text = TEXT[:200]
    options = {**QUICK, "backend": backend.name, "deterministic": True, "epochs": 4}
    whole = Word2Vec(**options).fit(text)
    cut_off(tmp_path / "run", 0.7, text, every="1epoch", **options)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert same(whole, again)
    assert again.report["parts"][1]["done"] > 0


def test_checkpoints_change_nothing(tmp_path: Path) -> None:
    whole = Word2Vec(**QUICK).fit(TEXT)
    watched = Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="1%")
    assert same(whole, watched)
    assert watched.report["checkpoints"]["written"] > 1  # one is left out while one is written
    assert whole.report["checkpoints"] is None


def test_a_run_that_goes_on_has_its_tables_in_memory_twice_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [[f"w{i}" for i in range(first, first + 50)] for first in range(0, 10_000, 50)]
    options = {**QUICK, "dim": 400, "backend": "numba", "epochs": 2}
    cut_off(tmp_path / "run", 0.6, words, every="1epoch", **options)
    tables = 2 * 4 * 10_000 * 400

    def made(*given: Any) -> Any:
        tracemalloc.reset_peak()  # with what was read
        return make_tables(*given)

    monkeypatch.setattr("w2v.training.trainer.make_tables", made)
    monkeypatch.setattr("w2v.backends.numpy_backend._LARGEST_KEPT", 1)  # nobody writes to it
    tracemalloc.start()
    try:
        with pytest.warns(TrainingWarning, match="nothing was learnt"):
            Word2Vec(**options).fit(resume=tmp_path / "run")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 2 * tables < peak < 2.6 * tables


def test_several_workers_train_every_token_once(tmp_path: Path) -> None:
    options = {**QUICK, "workers": 2}
    whole = Word2Vec(**options).fit(TEXT)
    cut_off(tmp_path / "run", 0.4, workers=2)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert again.report["tokens"] == whole.report["tokens"]
    assert again.report["done"] == 1
    first, *later = zip(again.report["loss"], whole.report["loss"], strict=True)
    # from zeros, two workers learn the same thing twice, unless they happen to take turns
    assert first[0] == pytest.approx(first[1], rel=0.06)
    assert all(ours == pytest.approx(theirs, rel=0.01) for ours, theirs in later)
    cosines = (again.vectors.matrix * whole.vectors.matrix).sum()
    lengths = np.linalg.norm(again.vectors.matrix) * np.linalg.norm(whole.vectors.matrix)
    assert cosines / lengths > 0.9  # in which order chunks were trained makes that much


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_the_number_of_workers_may_change(tmp_path: Path, before: int, after: int) -> None:
    cut_off(tmp_path / "run", 0.4, workers=before)
    again = Word2Vec(**{**QUICK, "workers": after}).fit(resume=tmp_path / "run")
    assert [part["workers"] for part in again.report["parts"]] == [before, after]
    assert again.report["tokens"] == Word2Vec(**QUICK).fit(TEXT).report["tokens"]


def test_the_backend_may_change(tmp_path: Path) -> None:
    text = TEXT[:1000]
    cut_off(tmp_path / "run", 0.4, text, backend="numba")
    again = Word2Vec(**{**QUICK, "backend": "numpy"}).fit(text, resume=tmp_path / "run")
    assert [part["backend"] for part in again.report["parts"]] == ["numba", "numpy"]
    whole = Word2Vec(**{**QUICK, "backend": "numpy"}).fit(text)
    assert again.report["tokens"] == whole.report["tokens"]


def test_held_out_loss_goes_on(tmp_path: Path) -> None:
    options = {**QUICK, "held_out": 0.05}
    whole = Word2Vec(**options).fit(TEXT)
    cut_off(tmp_path / "run", 0.5, held_out=0.05)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert same(whole, again)
    assert again.report["held_out_loss"] == whole.report["held_out_loss"]


def test_frozen_and_pretrained_rows_go_on(tmp_path: Path) -> None:
    known = Word2Vec(**{**QUICK, "seed": 5}).fit(TEXT).vectors
    matrix = known.matrix.copy()
    matrix[3] = -0.0
    known = Vectors(known.words, matrix)
    given: dict[str, Any] = {"pretrained": known, "freeze": known.words[:200]}
    whole = Word2Vec(**QUICK).fit(TEXT, **given)
    with pytest.raises(PowerError):
        Word2Vec(**QUICK).fit(
            TEXT, **given, checkpoint=tmp_path / "run", checkpoint_every="9%", callbacks=[Cut(0.5)]
        )
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    assert again.vectors.matrix.tobytes() == whole.vectors.matrix.tobytes()
    for name in ("frozen", "pretrained"):
        assert again.report[name] == whole.report[name]
    with pytest.raises(ConfigError, match="with other words or vectors"):
        Word2Vec(**QUICK).fit(TEXT, freeze=known.words[:7], resume=tmp_path / "run")


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_a_model_that_trains_on_goes_on(tmp_path: Path, loss: str) -> None:
    more = [[f"new{word}" if word.endswith("3") else word for word in line] for line in TEXT]
    options = {**QUICK, "loss": loss}
    first = Word2Vec(**options).fit(TEXT)
    first.save_model(tmp_path / "m.npz")
    whole = Word2Vec.load_model(tmp_path / "m.npz").partial_fit(more)
    with pytest.raises(PowerError):
        first.partial_fit(
            more, checkpoint=tmp_path / "run", checkpoint_every="20%", callbacks=[Cut(0.5)]
        )
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert same(whole, again)
    assert again.report["continued"] == whole.report["continued"]
    again.save_model(tmp_path / "again.npz")
    whole.save_model(tmp_path / "whole.npz")
    assert (
        Word2Vec.load_model(tmp_path / "again.npz").partial_fit(TEXT).report["continued"]
        == (Word2Vec.load_model(tmp_path / "whole.npz").partial_fit(TEXT).report["continued"])
    )


def test_early_stopping_remembers(tmp_path: Path) -> None:
    def rising() -> EarlyStopping:
        return EarlyStopping(patience=3, watch=lambda progress: abs(progress.epoch - 2.1))

    options = {**QUICK, "epochs": 9}
    text = TEXT[:800]
    whole = Word2Vec(**options).fit(text, callbacks=[rising()])
    with pytest.raises(PowerError):
        Word2Vec(**options).fit(
            text,
            checkpoint=tmp_path / "run",
            checkpoint_every="1epoch",
            callbacks=[rising(), Cut(3.5 / 9)],
        )
    with pytest.raises(ConfigError, match="callback EarlyStopping"):
        Word2Vec(**options).fit(resume=tmp_path / "run")
    watch = rising()
    again = Word2Vec(**options).fit(resume=tmp_path / "run", callbacks=[watch])
    assert again.report["stopped"] == whole.report["stopped"] == {"by": "EarlyStopping", "epoch": 5}
    assert len(watch.values) == 5
    assert same(whole, again)


def test_a_run_that_was_stopped_has_nothing_left(tmp_path: Path) -> None:
    class Stop(Callback):
        def on_step(self, progress: Progress) -> bool:
            return progress.done > 0.3

    whole = Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", callbacks=[Stop()])
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    assert same(whole, again)
    for name in ("done", "stopped", "tokens", "loss", "parts"):
        assert again.report[name] == whole.report[name]
    assert again.report["done"] < 1


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1"])
@pytest.mark.skipif(os.name == "nt", reason="Windows sends none to a process of its own")
def test_a_signal_leaves_a_checkpoint(tmp_path: Path, name: str) -> None:
    number: int = getattr(signal, name)
    whole = Word2Vec(**QUICK).fit(TEXT)
    before = signal.getsignal(number)
    with pytest.raises((KeyboardInterrupt, SystemExit)) as ended:
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", callbacks=[Press(0.3, number)])
    if number != signal.SIGINT:
        assert ended.value.code == 128 + number  # type: ignore[attr-defined]
    assert signal.getsignal(number) is before
    assert any(name.startswith("checkpoint-") for name in os.listdir(tmp_path / "run"))
    assert same(whole, Word2Vec(**QUICK).fit(resume=tmp_path / "run"))


def test_only_the_last_two_are_kept(tmp_path: Path) -> None:
    Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="10%")
    names = sorted(name for name in os.listdir(tmp_path / "run") if name.startswith("checkpoint"))
    assert len(names) == 2
    assert not [name for name in os.listdir(tmp_path / "run") if name.endswith(".tmp")]


def test_the_trace_goes_on(tmp_path: Path) -> None:
    cut_off(tmp_path / "run", 0.5)
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    trace = again.report["trace"]
    done = [point["done"] for point in trace]
    seconds = [point["seconds"] for point in trace]
    assert done == sorted(set(done))
    assert seconds == sorted(seconds)
    assert done[0] <= again.report["parts"][1]["done"] < done[-1] == 1
    assert all(point["raw_words_per_second"] > 0 for point in trace)


def changed(option: dict[str, Any]) -> Callable[[Path], object]:
    return lambda folder: Word2Vec(**{**QUICK, **option}).fit(resume=folder)


@pytest.mark.parametrize(
    ("go_on", "says"),
    [
        (changed({"dim": 9}), "`dim` was 8 and is 9"),
        (changed({"epochs": 4, "seed": 2}), "`epochs` was 3 and is 4; `seed` was 1 and is 2"),
        (lambda run: Word2Vec(**QUICK).fit(TEXT[1:], resume=run), "tokens, now"),
        (
            lambda run: Word2Vec(**QUICK).fit(TEXT[::-1], resume=run),
            "as many words, but others",
        ),
        (
            lambda run: Word2Vec(**{**QUICK, "min_count": 1}).fit(two_topics(), resume=run),
            "words, now",
        ),
    ],
)
def test_another_run_is_refused(tmp_path: Path, go_on: Callable[[Path], object], says: str) -> None:
    cut_off(tmp_path / "run", 0.5)
    with pytest.raises((ConfigError, CheckpointError), match=says):
        go_on(tmp_path / "run")
    assert same(Word2Vec(**QUICK).fit(TEXT), Word2Vec(**QUICK).fit(resume=tmp_path / "run"))


def test_a_damaged_checkpoint_is_passed_over_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "writing", False)  # none is left out for a slow disk
    whole = Word2Vec(**QUICK).fit(TEXT)
    cut_off(tmp_path / "run", 0.6)
    last = max(tmp_path.glob("run/checkpoint-*"))  # a slow disk has no others
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 4
    last.with_name("checkpoint-900000").write_bytes(data)
    with pytest.warns(UserWarning, match="damaged.*Going on from .*checkpoint-"):
        again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    assert same(whole, again)
    for path in tmp_path.glob("run/checkpoint-*"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"No checkpoint in .* can be read"):
        Word2Vec(**QUICK).fit(resume=tmp_path / "run")


def test_a_checkpoint_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Word2Vec(**QUICK).fit(TEXT)

    def full(*_: object) -> int:
        raise OutputError("Cannot write x: No space left on device.")

    monkeypatch.setattr("w2v.training.run_folder.write_checkpoint", full)
    with pytest.warns(UserWarning, match="could not be written, and training goes on.*No space"):
        model = Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="30%")
    assert same(whole, model)
    assert model.report["checkpoints"]["failed"] >= 3
    assert model.report["checkpoints"]["written"] == 0


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    cut_off(tmp_path / "run", 0.5)
    with pytest.raises(ConfigError, match=r"holds checkpoints of a run\. Go on with it"):
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("all of it")
    with pytest.raises(ConfigError, match=r"holds other files, such as 'thesis\.tex'"):
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "other")
    with pytest.raises(OutputError, match="it is a file"):
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "other" / "thesis.tex")
    with pytest.raises(CheckpointError, match="There is no run in"):
        Word2Vec(**QUICK).fit(resume=tmp_path / "other")
    with pytest.raises(TypeError, match="`checkpoint`, for a run that begins, or `resume`"):
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "a", resume=tmp_path / "b")


def test_one_run_at_a_time(tmp_path: Path) -> None:
    class Another(Callback):
        found = ""

        def on_epoch_end(self, progress: Progress) -> None:
            with pytest.raises(OutputError) as error:
                Word2Vec(**QUICK).fit(resume=tmp_path / "run")
            self.found = str(error.value)

    other = Another()
    Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run", callbacks=[other])
    assert "Another run is at work" in other.found


def test_a_run_that_died_before_its_first_checkpoint_begins_anew(tmp_path: Path) -> None:
    whole = Word2Vec(**QUICK).fit(TEXT)
    cut_off(tmp_path / "run", 0.0, every="10min")
    assert same(whole, Word2Vec(**QUICK).fit(resume=tmp_path / "run"))
    cut_off(tmp_path / "other", 0.0, every="10min")
    shutil.rmtree(tmp_path / "other" / "corpus")
    with pytest.raises(CheckpointError, match="corpus"):
        Word2Vec(**QUICK).fit(resume=tmp_path / "other")


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("10min", Every(seconds=600)),
        ("30s", Every(seconds=30)),
        ("1.5 h", Every(seconds=5400)),
        ("5%", Every(share=0.05)),
        ("1epoch", Every(epochs=1)),
        ("0.5 epochs", Every(epochs=0.5)),
    ],
)
def test_how_often(text: str, every: Every) -> None:
    assert Every.parsed(text) == every


@pytest.mark.parametrize("text", ["", "5", "0s", "-1min", "101%", "nan%", "10 days", "5%%", "1e3s"])
def test_how_often_is_said_in_a_time_a_share_or_epochs(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 10min, 30s, 2h, 5% or 1epoch"):
        Every.parsed(text)


def test_how_often_is_checked_before_the_text_is_read(tmp_path: Path) -> None:
    def text() -> Iterator[list[str]]:
        yield pytest.fail("read")

    with pytest.raises(ConfigError, match="such as 10min"):
        Word2Vec(**QUICK).fit(text(), checkpoint=tmp_path / "run", checkpoint_every="often")
    with pytest.raises(TypeError, match="`checkpoint_every` needs `checkpoint`"):
        Word2Vec(**QUICK).fit(text(), checkpoint_every="5%")
    assert not os.listdir(tmp_path)


def test_shares_are_due_at_the_first_chunk_after_them(tmp_path: Path) -> None:
    kept = Checkpoints.__new__(Checkpoints)
    kept._every, kept._done = Every(share=0.1), 0.0
    at, found = (0, 0), []
    while at[0] < 3:
        chunk = kept.due_chunk(at[0], at[1], 7, 3)
        if chunk is None:
            at = (at[0] + 1, 0)
            if kept.due_between(at[0], 3):
                found.append(at[0] * 7)
                kept.pass_over(at[0] / 3)
        else:
            at = (at[0], chunk)
            found.append(at[0] * 7 + chunk)
            kept.pass_over((at[0] + chunk / 7) / 3)
    assert found == [3, 5, 7, 9, 11, 13, 15, 17, 19, 21]


def test_by_the_clock_none_is_due_while_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("w2v.training.checkpoints.time.perf_counter", lambda: now[0])

    class Written:
        over = False

        def done(self) -> bool:
            return self.over

    kept = Checkpoints.__new__(Checkpoints)
    kept._every, kept._last, kept._pending = Every(seconds=10), 0.0, None
    assert not kept.is_due()
    now[0] = 10.0
    assert kept.is_due()
    kept._pending = written = Written()  # type: ignore[assignment]
    assert not kept.is_due()
    written.over = True
    assert kept.is_due()
