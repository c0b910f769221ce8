"""What a model file says of its training, as JSON: written, and checked before it is believed."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from w2v.config import Config
from w2v.errors import ConfigError, ModelFileError, OutputError, few, quoted
from w2v.training.fitted import Fitted, Report

LONGEST = 1 << 26  # bytes; some 100 for each epoch of the report
_MOST_PARTS = 1 << 18  # lists, dictionaries and strings, each of which takes some 60 bytes
_MOST_EPOCHS = 2**31 - 1
_NUMBER = (int, float)


def to_json(name: str, options: dict[str, Any], fitted: Fitted) -> bytes:
    """The options, the report, and how much was trained; raises `OutputError` if it is too long."""
    about = {
        "options": options,
        "trained_as": fitted.trained_as,
        "epochs": fitted.epochs,
        "report": fitted.report,
    }
    text = json.dumps(about).encode()
    if _too_long(text):
        raise OutputError(
            f"Cannot write {name}: what the report says takes {len(text):,} bytes, more than a "
            "model file may have. Leave some of it out of `model.report`, its 'trace', say."
        )
    return text


def from_json(name: str, text: bytes, dim: int, tree: bool) -> dict[str, Any]:
    """The same, if all of it is what training says of itself and fits the tables.

    Parameters
    ----------
    name : str
        What messages call the file.
    text : bytes
    dim : int                         Numbers in a vector of the model.
    tree : bool                       Whether it has a Huffman tree.

    Raises
    ------
    ModelFileError
    """
    try:
        about = {} if _too_long(text) else json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        reason = "what it says about its training is no JSON"
        raise ModelFileError(f"{name} is damaged or cut short: {reason}.") from error
    if wrong := _wrong(about, dim, tree):
        raise ModelFileError(f"{name} is damaged: what it says about its training {wrong}.")
    if unfit := _unfit(about["options"]):
        raise ModelFileError(f"{name} has options that this w2v does not take: {unfit}")
    about["trained_as"] = Config(**about["trained_as"]).as_dict()  # with defaults filled in
    found: dict[str, Any] = about
    return found


def _too_long(text: bytes) -> bool:
    parts = text.count(b"[") + text.count(b"{") + text.count(b'"')
    return len(text) > LONGEST or parts > _MOST_PARTS


def _wrong(about: Any, dim: int, tree: bool) -> str:
    """What is wrong with what a model says about its training; empty if nothing."""
    kinds = {"options": dict, "trained_as": dict, "report": dict, "epochs": int}
    for key, kind in kinds.items():
        if not isinstance(about, dict) or type(about.get(key)) is not kind:
            return f"has no {key!r}, or of another kind"
    options, epochs = about["trained_as"], about["epochs"]
    if missing := [field.name for field in fields(Config) if field.name not in options]:
        return f"does not say with which {', '.join(map(repr, missing))}"
    if not 0 <= epochs <= _MOST_EPOCHS:
        return f"has {epochs!r:.20} epochs"
    if unfit := _unfit(options):
        return f"has options that this w2v does not take: {unfit.rstrip('.')}"
    if options["dim"] != dim or (options["loss"] == "hs") != tree:
        return f"({options['loss']!r}, {options['dim']!r} numbers) does not fit its tables"
    return _wrong_report(about["report"])


def _unfit(options: dict[str, Any]) -> str:
    """Why options are none of a `Config`; empty if they are."""
    known = {field.name for field in fields(Config)}
    if unknown := [name for name in options if name not in known]:
        return f"{few(unknown, quoted)}."
    try:
        Config(**options)
    except ConfigError as error:
        return f"{error!s:.200}"
    return ""


def _wrong_report(report: dict[str, Any]) -> str:
    """What is wrong with those parts of a report that are looked at later."""
    loss, tokens, seconds = (report.get(key) for key in ("loss", "tokens", "seconds"))
    if not isinstance(loss, list) or not all(type(x) in _NUMBER or x is None for x in loss):
        return "has a report without 'loss', or with another than numbers"
    if not isinstance(tokens, dict) or type(tokens.get("read")) is not int:
        return "has a report that does not say how many 'tokens' were read"
    if not isinstance(seconds, dict) or not all(type(x) in _NUMBER for x in seconds.values()):
        return "has a report without 'seconds', or with another than numbers"
    return ""


def report_of(about: dict[str, Any]) -> Report:
    """The report of what `from_json` gave."""
    return Report(about["report"])
