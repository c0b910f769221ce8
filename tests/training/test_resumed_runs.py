"""What a run that goes on has of the run before: its report, its beginning, its folder."""

from __future__ import annotations

import itertools
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import zipf

from w2v import Callback, EarlyStopping, Progress, Vectors, Word2Vec, encode, interrupts
from w2v.errors import CheckpointError, ConfigError, CorpusError, OutputError, TrainingError
from w2v.text import Corpus
from w2v.training import run_folder
from w2v.training.checkpoint_file import write_checkpoint
from w2v.training.checkpoint_state import Saved, State, check_same_run
from w2v.training.checkpoints import Checkpoints
from w2v.training.onlookers import Onlookers
from w2v.training.passes import Passes
from w2v.training.run import Run

TEXT = zipf(6_000)
QUICK: dict[str, Any] = {
    **{"dim": 8, "min_count": 1, "workers": 1, "sample": 0.01, "epochs": 4},
    "backend": "numpy",
}
TIMES = {"seconds", "raw_words_per_second", "kept_tokens_per_second", "peak_memory_bytes"}


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 1 << 9)


class PowerError(Exception):
    """It goes out."""


class When(Callback):
    """Does something once, at a moment."""

    def __init__(self, at: float, do: Callable[[], object]) -> None:
        self.at, self.do = at, do

    def on_step(self, progress: Progress) -> bool:
        if progress.done < self.at:
            return False
        self.at = 2
        return bool(self.do())


def power() -> None:
    raise PowerError


def cut_off(folder: Path, at: float, *callbacks: Callback, **given: Any) -> None:
    options, text = {**QUICK, **given.pop("options", {})}, given.pop("text", TEXT)
    every: dict[str, Any] = {"checkpoint": folder, "checkpoint_every": "7%"} | given
    with pytest.raises(PowerError):
        Word2Vec(**options).fit(
            text,
            callbacks=[*callbacks, When(at, power)],
            **every,
        )


def same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


def test_a_run_that_was_cut_off_three_times_reports_what_one_that_was_not_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "writing", False)  # none is passed over for a slow disk
    monkeypatch.setattr("w2v.training.passes.REPORT_S", 600)  # nobody looks on between pauses

    def watched() -> list[EarlyStopping]:
        settled = EarlyStopping(9, watch=lambda progress: progress.settled_loss())  # type: ignore
        return [EarlyStopping(patience=9), settled]

    options = {**QUICK, "held_out": 0.1}
    before, after = watched(), watched()
    every: dict[str, Any] = {"checkpoint": tmp_path / "whole", "checkpoint_every": "7%"}
    whole = Word2Vec(**options).fit(TEXT, callbacks=before, **every)
    cut_off(tmp_path / "run", 0.3, *watched(), options=options)
    for at in (0.5, 0.8):
        again = {"resume": tmp_path / "run", "checkpoint": None, "checkpoint_every": None}
        cut_off(tmp_path / "run", at, *watched(), options=options, **again)
    last = Word2Vec(**options).fit(resume=tmp_path / "run", callbacks=after)
    assert same(whole, last)
    for one, other in zip(before, after, strict=True):
        assert (one.values, one.best, one._worse) == (other.values, other.best, other._worse)
    apart = TIMES | {"trace", "checkpoints", "parts", "planned_memory_bytes"}
    assert whole.report.keys() == last.report.keys()
    for name in whole.report.keys() - apart:
        assert last.report[name] == whole.report[name], name
    kept, kept_again = whole.report["checkpoints"], last.report["checkpoints"]
    assert kept["written"] > 9
    for name in ("every", "written", "failed"):
        assert kept_again[name] == kept[name], name
    parts = [part["done"] for part in last.report["parts"]]
    assert len(parts) == 4
    assert parts == sorted(set(parts))
    moments = [
        {(at["done"], at["epoch"], at["loss"], at["learning_rate"]) for at in model.report["trace"]}
        for model in (whole, last)
    ]
    assert moments[0] == moments[1]
    seconds = [at["seconds"] for at in last.report["trace"]]
    assert seconds == sorted(seconds)
    assert seconds[-1] <= last.report["seconds"]["train"]


def test_a_stop_at_a_pause_measures_the_held_out_loss_as_any_stop_does(tmp_path: Path) -> None:
    model = Word2Vec(**{**QUICK, "held_out": 0.1})
    stop = When(0.3, lambda: True)
    model.fit(TEXT, callbacks=[stop], checkpoint=tmp_path / "run", checkpoint_every="1%")
    assert model.report["stopped"] == {"by": "When", "epoch": 2}
    assert len(model.report["held_out_loss"]) == len(model.report["loss"]) == 2
    again = Word2Vec(**{**QUICK, "held_out": 0.1}).fit(resume=tmp_path / "run")
    for report in (model.report, again.report):
        del report["checkpoints"]["longest_write_seconds"]  # may be that of the last one
    for name in model.report.keys() - TIMES - {"trace", "planned_memory_bytes"}:
        assert again.report[name] == model.report[name], name


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_a_checkpoint_that_fails_in_any_way_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(run_folder, "write_checkpoint", fail)
    with pytest.warns(UserWarning, match=f"training goes on. {type(error).__name__}"):
        model = Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    assert model.report["checkpoints"]["failed"] == 1


@pytest.mark.parametrize(("broken", "warned"), [({1}, 1), ({3}, 1), ({4}, 1), ({2, 3, 4}, 2)])
def test_what_fails_at_the_end_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: set[int], warned: int
) -> None:
    """Also where the last checkpoint fails, and the one before."""
    monkeypatch.setattr(Checkpoints, "writing", False)  # none is passed over for a slow disk
    seen = itertools.count(1)

    def write(*given: Any) -> int:
        if next(seen) in broken:
            raise OutputError("Cannot write x: No space left on device.")
        return write_checkpoint(*given)

    monkeypatch.setattr(run_folder, "write_checkpoint", write)
    every: dict[str, Any] = {"checkpoint": tmp_path / "run", "checkpoint_every": "1epoch"}
    with pytest.warns(UserWarning, match="training goes on. .*No space left") as said:
        model = Word2Vec(**QUICK).fit(TEXT, **every)
    assert len(said) == warned
    assert model.report["checkpoints"]["failed"] == len(broken)


def test_what_a_callback_remembers_is_a_copy_that_json_can_hold(tmp_path: Path) -> None:
    early = EarlyStopping()
    early.restore({"values": [3.0, math.nan, 2.5], "worse": 1})
    assert early.best == 2.5
    (_, memory), *_ = Onlookers(None, [early]).memories()
    early.values.append(1.0)
    assert memory["worse"] == 1
    assert len(memory["values"]) == 3

    class Odd(Callback):
        steps = 0

        def on_step(self, progress: Progress) -> None:
            self.steps += 1

        def state(self) -> dict[str, Any]:
            return {"seen": {1, 2}}

    odd = Odd()
    with pytest.raises(TypeError, match=r"`state` of the callback Odd must give .* JSON"):
        Word2Vec(**QUICK).fit(TEXT, callbacks=[odd], checkpoint=tmp_path / "run")
    assert odd.steps == 0

    class Another:
        def state(self) -> object:
            return object()

        def on_step(self, progress: Progress) -> None: ...

    Word2Vec(**QUICK).fit(TEXT, callbacks=[Another()], checkpoint=tmp_path / "run")  # type: ignore


def test_a_callback_may_leave_the_folder_that_the_run_is_named_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    away = When(0.3, lambda: os.chdir("other"))
    model = Word2Vec(**QUICK).fit(TEXT, callbacks=[away], checkpoint="run", checkpoint_every="20%")
    assert model.report["checkpoints"]["folder"] == str(tmp_path / "run")
    assert model.report["checkpoints"]["failed"] == 0
    assert not os.listdir(tmp_path / "other")
    assert same(model, Word2Vec(**QUICK).fit(resume=tmp_path / "run"))


def test_as_many_other_words_or_vectors_are_noticed(tmp_path: Path) -> None:
    known = Word2Vec(**{**QUICK, "seed": 5}).fit(TEXT).vectors
    given: dict[str, Any] = {"pretrained": known, "freeze": known.words[:9]}
    cut_off(tmp_path / "run", 0.5, **given)
    run: dict[str, Any] = {"resume": tmp_path / "run"}
    with pytest.raises(ConfigError, match=r"other words or vectors \(`frozen`\)"):
        Word2Vec(**QUICK).fit(TEXT, **{**given, "freeze": known.words[1:10]}, **run)
    moved = Vectors(known.words, known.matrix + 1)
    with pytest.raises(ConfigError, match=r"other words or vectors \(`pretrained`\)"):
        Word2Vec(**QUICK).fit(TEXT, **{**given, "pretrained": moved}, **run)
    again = Word2Vec(**QUICK).fit(TEXT, **{**given, "freeze": known.words[8::-1]}, **run)
    assert same(again, Word2Vec(**QUICK).fit(TEXT, **given))


def test_a_run_without_a_checkpoint_begins_as_it_began_or_not_at_all(tmp_path: Path) -> None:
    known = Word2Vec(**{**QUICK, "seed": 5}).fit(TEXT).vectors
    run: dict[str, Any] = {"resume": tmp_path / "run"}
    cut_off(tmp_path / "run", 0.0, pretrained=known, checkpoint_every="10min")
    other = Word2Vec(**{**QUICK, "seed": 6}).fit(TEXT).vectors
    with pytest.raises(ConfigError, match="with other words or vectors"):
        Word2Vec(**QUICK).fit(pretrained=other, **run)
    with pytest.raises(ConfigError, match="`seed` was 1 and is 2"):
        Word2Vec(**{**QUICK, "seed": 2}).fit(pretrained=known, **run)
    with pytest.raises(CheckpointError, match="The text is not that of the run"):
        Word2Vec(**QUICK).fit(TEXT[1:], pretrained=known, **run)
    again = Word2Vec(**QUICK).fit(pretrained=known, **run)
    assert same(again, Word2Vec(**QUICK).fit(TEXT, pretrained=known))


def test_auto_means_the_epochs_that_it_meant_when_the_run_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**QUICK, "epochs": "auto"}
    cut_off(tmp_path / "run", 0.3, options=options, text=TEXT[:100])
    monkeypatch.setattr("w2v.training.trainer.epochs_for", lambda *_, **__: 7)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert len(again.report["loss"]) == 30
    assert again.report["config"]["epochs"] == 30


@pytest.mark.skipif(os.name == "nt", reason="Windows sends none to a process of its own")
def test_a_signal_after_the_last_step_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Run.taken

    def pressed(run: Run) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return plain(run)

    monkeypatch.setattr(Run, "taken", pressed)
    with pytest.raises(SystemExit) as ended:
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    assert ended.value.code == 128 + signal.SIGTERM
    monkeypatch.setattr(Run, "taken", plain)
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    assert len(again.report["parts"]) == 1
    assert same(again, Word2Vec(**QUICK).fit(TEXT))


def test_a_run_that_came_to_nothing_leaves_no_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worthless(*_: object, **__: object) -> None:
        raise TrainingError("Training diverged.")

    monkeypatch.setattr("w2v.training.verdict.after", worthless)
    with pytest.raises(TrainingError):
        Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    assert not list(tmp_path.glob("run/checkpoint-*"))


def test_a_stall_between_epochs_is_that_of_the_checkpoint_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, late = time.perf_counter, [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: plain() + late[0])

    class Slow(Callback):
        def on_epoch_end(self, progress: Progress) -> None:
            late[0] += 1e6

    every: dict[str, Any] = {"checkpoint": tmp_path / "run", "checkpoint_every": "1epoch"}
    model = Word2Vec(**QUICK).fit(TEXT, callbacks=[Slow()], **every)
    assert model.report["checkpoints"]["written"] > 1
    assert model.report["checkpoints"]["stalled_seconds"] < 1e5
    assert model.report["seconds"]["train"] > 3e6


def test_options_of_another_version_are_defaults_or_named() -> None:
    now = {"options": Word2Vec(**QUICK).config.as_dict(), "text": {}, "start": {}}
    older, later = ({**now, "options": dict(now["options"])} for _ in range(2))
    del older["options"]["row_cap"], older["options"]["negative"]
    check_same_run(older, now, "run")
    other = {**now, "options": {**now["options"], "row_cap": 2.0}}
    with pytest.raises(ConfigError, match=r"`row_cap` was 4\.0 and is 2\.0"):
        check_same_run(older, other, "run")
    later["options"]["glow"] = 3
    with pytest.raises(ConfigError, match="`glow` was 3 and is not known to this w2v"):
        check_same_run(later, now, "run")


@pytest.mark.parametrize(("chunk", "chunks", "done"), [(64, 49, 11.0), (32, 97, 22.0)])
def test_sums_are_taken_up_exactly_in_chunks_half_as_long(
    chunk: int, chunks: int, done: float
) -> None:
    tally = {"loss": 1.0, "pairs": 2.0, "untrained": 3.0, "kept": 4}
    tallies = [{"done": 49, "whole": 49, **tally}, {"done": 11, "whole": 11, **tally}]
    fields: dict[str, Any] = dict.fromkeys(State.__dataclass_fields__)
    fields |= {"chunk": 64, "epoch": 1, "first": 11, "tallies": tallies, "held_out_loss": []}
    fields |= {"parts": [], "trace": [], "callbacks": []}
    run = Run.__new__(Run)
    run.chunk, run.chunks, run.onlookers = chunk, chunks, Onlookers(None, [])
    run.go_on(Saved(State(**fields), {}, ""))
    assert [one.done for one in run.all_tallies] == [chunks, done]
    assert run.first == run.now[0].whole == done


def test_chunks_may_get_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(tmp_path / "run", 0.4)
    monkeypatch.setattr("w2v.training.blocks.CHUNK", 1 << 7)
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    whole = Word2Vec(**QUICK).fit(TEXT)
    for name in ("tokens", "done"):
        assert again.report[name] == whole.report[name]


def test_without_checkpoints_no_text_is_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Corpus, "fingerprint", lambda _: pytest.fail("takes long for long texts"))
    Word2Vec(**QUICK).fit(TEXT)


def test_a_text_that_is_kept_is_summed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the sums that are written beside it."""
    plain = Corpus.fingerprint
    summed: list[type] = []

    def counted(corpus: Corpus) -> str:
        summed.append(type(corpus))
        return plain(corpus)

    monkeypatch.setattr(Corpus, "fingerprint", counted)
    Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    assert summed.count(Corpus) == 1


def test_two_runs_in_two_threads(tmp_path: Path) -> None:
    found: dict[int, Word2Vec] = {}

    def train(seed: int) -> None:
        every: dict[str, Any] = {"checkpoint": tmp_path / str(seed), "checkpoint_every": "20%"}
        found[seed] = Word2Vec(**{**QUICK, "seed": seed}).fit(TEXT, **every)

    threads = [threading.Thread(target=train, args=[seed]) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, model in found.items():
        again = Word2Vec(**{**QUICK, "seed": seed}).fit(resume=tmp_path / str(seed))
        assert same(model, again)
    assert len(found) == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("w2v")]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends none to a process of its own")
def test_a_signal_is_for_the_main_thread_to_answer() -> None:
    seen = []
    with interrupts.held():
        os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=lambda: seen.append(interrupts.pending()))
        thread.start()
        thread.join()
        assert interrupts.pending() == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interrupts.ask()
    assert seen == [None]


def test_an_encoded_corpus_with_fewer_of_its_words(tmp_path: Path) -> None:
    encode(TEXT, tmp_path / "text", min_count=1)
    options = {**QUICK, "min_count": 3}
    cut_off(tmp_path / "run", 0.5, options=options, text=tmp_path / "text")
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert same(again, Word2Vec(**options).fit(TEXT))


def test_a_text_that_cannot_be_read_leaves_a_folder_for_the_next_try(tmp_path: Path) -> None:
    def broken() -> Iterator[list[str]]:
        yield ["a", "b"]
        raise PowerError

    with pytest.raises(PowerError):
        Word2Vec(**QUICK).fit(broken(), checkpoint=tmp_path / "run")
    with pytest.raises(CorpusError):
        Word2Vec(**QUICK).fit(tmp_path / "missing.txt", checkpoint=tmp_path / "run")
    model = Word2Vec(**QUICK).fit(TEXT, checkpoint=tmp_path / "run")
    assert model.report["checkpoints"]["written"] == 1


def test_options_may_be_numbers_of_numpy(tmp_path: Path) -> None:
    options = {**QUICK, "dim": np.int64(8), "alpha": np.float32(0.05), "seed": np.uint64(2**63)}
    cut_off(tmp_path / "run", 0.5, options=options)
    plain = {**options, "dim": 8, "alpha": float(np.float32(0.05)), "seed": 2**63}
    assert same(Word2Vec(**plain).fit(resume=tmp_path / "run"), Word2Vec(**plain).fit(TEXT))


def test_a_worker_that_fails_while_a_checkpoint_is_written_ends_the_run_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Passes._work
    taken: list[int] = []
    take = Checkpoints.take

    def work(passes: Passes, *given: Any) -> None:
        if taken and given[1] == 1:
            raise PowerError
        plain(passes, *given)

    def counted(kept: Checkpoints, *given: Any) -> None:
        taken.append(1)
        take(kept, *given)

    monkeypatch.setattr(Passes, "_work", work)
    monkeypatch.setattr(Checkpoints, "take", counted)
    options = {**QUICK, "workers": 2, "step_tokens": 256}
    with pytest.raises(PowerError):
        Word2Vec(**options).fit(TEXT, checkpoint=tmp_path / "run", checkpoint_every="10%")
    assert len(list(tmp_path.glob("run/checkpoint-*"))) == 1
    assert not [name for name in os.listdir(tmp_path / "run") if name.startswith(".w2v")]
    monkeypatch.setattr(Passes, "_work", plain)
    again = Word2Vec(**options).fit(resume=tmp_path / "run")
    assert again.report["done"] == 1


def test_how_often_is_remembered_from_the_beginning(tmp_path: Path) -> None:
    cut_off(tmp_path / "run", 0.0, checkpoint_every="40%")
    assert not list(tmp_path.glob("run/checkpoint-*"))
    again = Word2Vec(**QUICK).fit(resume=tmp_path / "run")
    assert again.report["checkpoints"]["every"] == "40%"
