"""What is shown while training."""

from __future__ import annotations

import pytest

from w2v.console import _clock, _count, _short, _status
from w2v.trainer import Progress


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
    )


@pytest.mark.parametrize("columns", [40, 50, 79, 80, 100, 120, 200])
def test_percent_and_remaining_time_always_fit(columns: int) -> None:
    status = _status(progress(), columns)
    assert status.startswith("ETA 1:30")
    bar = len("epoch 2/5 [--------------------]  31%  ")
    if columns >= 50:
        assert bar + len(status) <= columns


def test_a_wide_terminal_shows_everything() -> None:
    expected = "ETA 1:30  1.23M words/s (98.8k kept)  alpha 0.0187  loss 2.346"
    assert _status(progress(), 120) == expected


def test_nothing_is_known_at_the_start() -> None:
    assert _status(progress(done=0.0, seconds=0.1), 40) == "ETA --:--"


def test_numbers_in_words() -> None:
    assert [_clock(x) for x in (0, 59.6, 61, 3725)] == ["0:00", "1:00", "1:01", "1:02:05"]
    assert [_short(x) for x in (999.0, 99_949.0, 2.5e6)] == ["1.0k", "99.9k", "2.50M"]
    assert [_count(n, "token") for n in (0, 1, 2000)] == ["0 tokens", "1 token", "2,000 tokens"]
