"""What ``w2v train --report`` wrote, and the course of the training in it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v.errors import PictureError
from w2v.files import PathLike, check_name

Numbers = NDArray[np.float64]

_LONGEST = 1 << 24  # characters; a few hundred for each epoch
_POINTS, _STRETCHES = 4, 40
"""A stretch has at least so many points of a trace, and there are at most so many stretches."""


def read_report(path: PathLike) -> dict[str, Any]:
    """A file that ``w2v train --report`` wrote.

    Raises
    ------
    PictureError
        It cannot be read, or is something else.
    """
    name = check_name(path, "the report", PictureError)
    try:
        with open(name, encoding="utf-8") as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise PictureError(
                f"{name} has more than {_LONGEST:,} characters, and is no report of w2v train."
            )
        report = json.loads(text)
    except OSError as error:
        raise PictureError(f"Cannot read {name}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested without end
        raise PictureError(f"{name} is not a JSON report of w2v train: {error}.") from error
    try:
        course(report)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise PictureError(
            f"{name} is JSON, but no report of w2v train: expected what --report writes, with "
            "'config', 'loss' and 'raw_words_per_second'."
        ) from error
    return dict(report)


def course(report: dict[str, Any]) -> dict[str, tuple[Numbers, Numbers]]:
    """Epochs passed and the value then, of each thing drawn.

    Loss and speed are means over equal stretches of the training. A trace has the mean loss of the
    epoch so far, which begins anew with each epoch, and the speed since the point before, and the
    points at the ends of epochs lie close to others: drawn as they are, both would be a saw.

    Reports of earlier versions have no trace: then the rate is the line that the configuration
    says, the speed is the mean, and of the loss the means of epochs are known.

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError, IndexError
        It is no report.
    """
    config, trace = report["config"], report.get("trace") or []
    numbers(report.get("held_out_loss") or [])
    epochs, losses = float(config["epochs"]), numbers(report["loss"])
    speed = float(report["raw_words_per_second"])
    if not math.isfinite(epochs) or not math.isfinite(speed):
        raise ValueError("`epochs` and `raw_words_per_second` must be finite.")
    if not trace:
        whole = np.array([0.0, epochs])
        return {
            "loss": (np.arange(len(losses)) + 0.5, losses),
            "learning_rate": (whole, config["alpha"] * numbers([1.0, config["min_alpha"]])),
            "raw_words_per_second": (whole, np.array([speed, speed])),
        }
    done, seconds, rates, means, speeds = (
        numbers([point[key] for point in trace])
        for key in ("done", "seconds", "learning_rate", "loss", "raw_words_per_second")
    )
    passed = epochs * done
    if not np.all(np.diff(passed, prepend=0.0) > 0):
        raise ValueError("`done` must rise.")
    stretches = int(np.clip(len(trace) // _POINTS, 1, _STRETCHES))
    ends = np.linspace(0.0, passed[-1], stretches + 1)
    middles = (ends[1:] + ends[:-1]) / 2
    # sums since the beginning: of the loss, of time and of words
    before = numbers([point["epoch"] for point in trace]) - 1
    whole = np.append(0.0, np.cumsum(losses))[before.astype(np.int64)]
    loss, clock, words = (
        np.diff(np.interp(ends, np.append(0.0, passed), np.append(0.0, sums)))
        for sums in (
            whole + means * (passed - before),
            seconds,
            np.cumsum(speeds * np.diff(seconds, prepend=0.0)),
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "loss": (middles, loss / np.diff(ends)),
            "learning_rate": (passed, rates),
            "raw_words_per_second": (middles, words / clock),
        }


def numbers(values: Sequence[float | None]) -> Numbers:
    """As float64; NaN for what is null or not finite.

    Raises
    ------
    TypeError, ValueError
        Something is no number.
    """
    found = np.array([np.nan if value is None else value for value in values], np.float64)
    if found.ndim != 1:
        raise ValueError("Expected numbers, got lists.")
    return np.where(np.isfinite(found), found, np.nan)
