"""What is told of a training: by commands, and by `fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import w2v
from w2v import display
from w2v.cli.console import Console
from w2v.training.narration import Narration
from w2v.training.progress import Progress

TEXT = [["a", "b", "c", "d"]] * 40 + [["e"]]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_FIRST_S", 0.0)
    monkeypatch.setattr(display, "_BAR_EVERY_S", 0.0)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a terminal is told is tested with `Display`."""
    monkeypatch.setattr("w2v.display.place", lambda: "terminal")
    monkeypatch.setattr("w2v.training.narration.place", lambda: "terminal")
    monkeypatch.setenv("COLUMNS", "150")


def progress(epoch: int = 2, **values: Any) -> Progress:
    settings: dict[str, Any] = {"done": 0.25, "seconds": 30.0, "loss": 2.3456} | values
    return Progress(
        epoch=epoch,
        epochs=5,
        raw_words_per_second=1_234_567.0,
        kept_tokens_per_second=98_765.0,
        learning_rate=0.0187,
        vectors=lambda: w2v.Vectors(["a"], [[1]]),
        **settings,
    )


def model(**options: Any) -> w2v.Word2Vec:
    settings: dict[str, Any] = {"dim": 4, "min_count": 2, "sample": 0, "workers": 1, "epochs": 2}
    return w2v.Word2Vec(**settings | {"backend": "numpy"} | options)


@pytest.mark.usefixtures("terminal")
def test_the_bar_is_of_the_whole_run_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    with Console() as console:
        console.training(progress())
        shown = capsys.readouterr().err
    assert shown.startswith("\rtraining  25% ")
    assert shown.endswith(" 1:30 left · epoch 2 of 5 · loss 2.35 · 1.2M words/s")


@pytest.mark.usefixtures("terminal")
def test_details_are_for_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(verbose=True) as console:
        console.training(progress())
        shown = capsys.readouterr().err
    assert shown.endswith("1.2M words/s · rate 0.0187 · 99k kept/s")


@pytest.mark.usefixtures("terminal")
def test_nothing_is_known_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with Console() as console:
        console.training(progress(1, done=0.0, seconds=0.1, loss=None))
        shown = capsys.readouterr().err
    assert shown.endswith(" --:-- left · epoch 1 of 5 · 1.2M words/s")


def test_elsewhere_plain_lines_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Console() as console:
        console.training(progress(1, done=0.0))
        console.training(progress(2, done=0.2))
        monkeypatch.setattr(display, "_LINE_EVERY_S", 0.0)
        console.say("so far")
        console.reading(2**21, 2**22)
        console.saving(1, 2)
        console.scoring("/a/questions.txt", 1, 2)
        console.training(progress(2, done=0.3))
        console.training(progress(5, done=1.0))
    assert capsys.readouterr().err.splitlines() == [
        "  epoch 1 of 5: loss 2.3456",
        "so far",
        "reading   50%, 2 MiB",
        "saving    1 of 2 vectors",
        "  questions.txt 50%, 1 of 2 questions",
        "  training 30%, 1:10 left, epoch 2 of 5, loss 2.35, 1.2M words/s",
        "  epoch 2 of 5: loss 2.3456",
        "  epoch 5 of 5: loss 2.3456",
    ]


def test_a_log_has_no_line_of_0_percent_after_long_compiling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr("w2v.display.time.monotonic", lambda: now[0])
    with Console() as console:
        console.waiting("compiling")
        for now[0], done in ((100.0, 0.0), (105.0, 0.1), (111.0, 0.2)):
            console.training(progress(1, done=done))
    assert [line[:15] for line in capsys.readouterr().err.splitlines()] == [
        "wait      compi",
        "  training 20%,",
    ]


def told(capsys: pytest.CaptureFixture[str], verbose: bool, **options: Any) -> list[str]:
    """What is said of a whole run."""
    trained = model(**options)
    with (
        Console(verbose=verbose) as console,
        w2v.read_sentences(TEXT, **trained.vocabulary_options()) as text,
    ):
        trained.train(text, on_start=console.starting, on_progress=console.training)
        console.done(trained, "v.bin")
    return capsys.readouterr().err.splitlines()


def test_workers_that_leave_threads_of_cores_idle(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.training.narration.usable_cores", lambda: 1)
    monkeypatch.setattr("w2v.training.narration.usable_threads", lambda: 2)
    line = next(line for line in told(capsys, False) if line.startswith("backend "))
    assert line.endswith("; 1 worker, one a core")


def test_a_run_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, False)
    assert lines[0].startswith("text      161 words in 41 sentences, read in ")
    assert lines[1:3] == [
        "words     4 different ones, seen 2 times or more (min-count)",
        "left out  1 other, 0.6% of the text",
    ]
    del lines[2]
    assert max(map(len, lines)) < 80
    assert lines[2] == "model     skip-gram, 5 negative samples, 4 dimensions, window 5"
    assert lines.pop(3) == "training  2 epochs"
    assert lines[3].startswith("backend   numpy on ")
    assert lines[3].endswith("; 1 worker")
    assert [line[: line.index(":")] for line in lines[4:6]] == ["  epoch 1 of 2", "  epoch 2 of 2"]
    assert lines[6].startswith("trained   2 epochs in ")
    assert lines[6].endswith(" words/s")
    assert lines[7:] == ["saved     v.bin: 4 words, 4 dimensions"]
    assert not {"nats", "token", "lr", "step"} & set("\n".join(lines).split())


def test_a_run_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    shown = "\n".join(told(capsys, True))
    for part in (
        "\nsteps     ",
        "\nrate      from 0.025 down to ",
        " nats per pair",
        "\nbackend   ",
    ):
        assert part in shown
    assert "tokens trained on" in shown
    assert "left out by subsampling" in shown


def test_rules_by_which_words_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, False, min_count=1)[1] == "words     5 different ones"
    assert told(capsys, False, max_vocab=3)[1:3] == [
        "words     3 different ones, the most frequent (max-vocab)",
        "left out  2 others, 25.5% of the text",
    ]


def fit(capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    model(epochs=3).fit(TEXT, **options)
    out, err = capsys.readouterr()
    assert not out
    return err


def test_fit_is_quiet_where_nobody_looks_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert not fit(capsys)


@pytest.mark.usefixtures("terminal")
def test_fit_shows_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = fit(capsys)
    assert "\rtraining " in shown
    assert shown.split("\r")[-1].startswith("Trained 3 epochs in ")
    assert shown.count("\n") == 1


@pytest.mark.usefixtures("terminal")
def test_fit_is_told_not_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert not fit(capsys, progress=False)
    seen: list[Progress] = []
    assert not fit(capsys, on_progress=seen.append)  # who looks on shows it
    assert seen
    assert fit(capsys, on_progress=seen.append, progress=True)


@pytest.mark.usefixtures("terminal")
def test_a_short_fit_shows_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display, "_FIRST_S", 1e6)
    assert not fit(capsys)


@pytest.mark.usefixtures("terminal")
def test_an_error_takes_the_bar_away(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(w2v.Callback):
        def on_step(self, progress: Progress) -> None:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        fit(capsys, callbacks=[Broken()])
    assert capsys.readouterr().err.endswith(" \r")


def test_fit_in_a_log_when_asked_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(display, "_LINE_EVERY_S", 0.0)
    path = tmp_path / "corpus.txt"
    path.write_text("a b c d\n" * 100, encoding="utf-8")
    model().fit(path, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "reading   100%, 0 MiB"
    assert any(line.startswith("  training ") for line in lines)


def test_progress_is_no_function() -> None:
    with pytest.raises(TypeError, match="must be True, False or None"):
        model().fit(TEXT, progress=print)  # type: ignore[arg-type]


def test_what_takes_a_while_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Console().waiting("compiling")
    Narration(brief=True).waiting("compiling")
    assert capsys.readouterr().err == "wait      compiling\n"
    Narration(brief=True, where="terminal").waiting("compiling")
    assert capsys.readouterr().err == "\rcompiling"
