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
            report = json.load(file)
    except OSError as error:
        raise PictureError(f"Cannot read {name}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested without end
        raise PictureError(f"{name} is not a JSON report of w2v train: {error}.") from error
    try:
        course(report)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise PictureError(
            f"{name} is JSON, but no report of w2v train: expected what --report writes, with "
            "'config', 'loss' and 'raw_words_per_second'."
        ) from error
    return dict(report)


def course(report: dict[str, Any]) -> dict[str, tuple[Numbers, Numbers]]:
    """Epochs passed and the value then, of each thing drawn.

    Reports of earlier versions have no trace: then the rate is the line that the configuration
    says, the speed is the mean, and the loss is known at the ends of epochs.

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError
        It is no report.
    """
    config, trace = report["config"], report.get("trace") or []
    epochs, losses = float(config["epochs"]), numbers(report["loss"])
    speed = float(report["raw_words_per_second"])
    if not math.isfinite(epochs) or not math.isfinite(speed):
        raise ValueError("`epochs` and `raw_words_per_second` must be finite.")
    if not trace:
        whole = np.array([0.0, epochs])
        return {
            "loss": (np.arange(1, len(losses) + 1.0), losses),
            "learning_rate": (whole, config["alpha"] * numbers([1.0, config["min_alpha"]])),
            "raw_words_per_second": (whole, np.array([speed, speed])),
        }
    at = epochs * numbers([point["done"] for point in trace])
    found = {
        key: (at, numbers([point[key] for point in trace]))
        for key in ("loss", "learning_rate", "raw_words_per_second")
    }
    # the loss is the mean of its epoch so far, so that each epoch has a line of its own
    begins = 1 + np.flatnonzero(np.diff([point["epoch"] for point in trace]))
    found["loss"] = (np.insert(at, begins, np.nan), np.insert(found["loss"][1], begins, np.nan))
    return found


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
