"""What is shown while training."""

from __future__ import annotations

import sys

import pytest

from w2v.cli import console as console_module
from w2v.cli.console import Console, _clock, _count, _short, _status
from w2v.training.progress import Progress
from w2v.vectors import Vectors


def progress(**values: float) -> Progress:
    settings: dict[str, float] = {"done": 0.25, "seconds": 30.0, "loss": 2.3456}
    settings |= values
    return Progress(
        epoch=2,
        epochs=5,
        done=settings["done"],
        seconds=settings["seconds"],
        raw_words_per_second=1_234_567.0,
        kept_tokens_per_second=98_765.0,
        learning_rate=0.0187,
        loss=settings["loss"],
        vectors=lambda: Vectors(["a"], [[1]]),
    )


@pytest.mark.parametrize("columns", [10, 30, 45, 57, 80, 120])
def test_percent_and_remaining_time_are_never_dropped(columns: int) -> None:
    status = _status(progress(), columns)
    assert status.startswith("25% ETA 1:30")
    assert len(status) <= max(columns, len("25% ETA 1:30"))


def test_everything_fits_a_terminal_of_80_columns() -> None:
    room = 80 - len("epoch 2/5 [--------] ")
    expected = "25% ETA 1:30 1.23M w/s (98.8k kept) lr 0.0187 loss 2.346"
    assert _status(progress(), room) == expected


def test_nothing_is_known_at_the_start() -> None:
    assert _status(progress(done=0.0, seconds=0.1), 20) == "0% ETA --:--"


def test_on_a_terminal_the_cursor_comes_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Console() as console:
        for done in (0.1, 0.2, 0.3):
            console.training(progress(done=done))
    shown = capsys.readouterr().err
    assert "epoch 2/5 [" in shown
    assert "30% ETA" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0


def test_elsewhere_plain_lines_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console_module, "_LINE_EVERY_S", 0.0)
    with Console() as console:
        console.reading(2**21, 2**22)
        console.training(progress(done=0.5))
        console.training(progress(done=1.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "reading  50%, 2 MiB"
    assert lines[1].startswith("  50% ETA 0:30 1.23M w/s (98.8k kept) lr 0.0187 loss 2.346")
    assert lines[2] == "  epoch 2/5: loss 2.3456 nats per pair"


def test_numbers_in_words() -> None:
    assert [_clock(x) for x in (0, 59.6, 61, 3725)] == ["0:00", "1:00", "1:01", "1:02:05"]
    assert [_short(x) for x in (999.0, 99_949.0, 2.5e6)] == ["1.0k", "99.9k", "2.50M"]
    assert [_count(n, "token") for n in (0, 1, 2000)] == ["0 tokens", "1 token", "2,000 tokens"]
