"""The options of training, which several commands have, with the defaults of `Config`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from w2v.config import AUTO, BACKENDS, CBOW_COMBINERS, CHANGES, LOSSES, MODELS, Config

_Function = TypeVar("_Function", bound=Callable[..., Any])


def training_options(command: _Function) -> _Function:
    """The options of `Config`, by its names and with its defaults."""
    for option in reversed(_TRAINING_OPTIONS):
        command = option(command)
    return command


def option(flag: str, kind: Any, text: str) -> Callable[[_Function], _Function]:
    """An option of `Config`; a default that depends on others stands in the text."""
    default = getattr(Config, flag.strip("-").replace("-", "_"))
    return click.option(
        flag, type=kind, default=default, show_default=default is not None, help=text
    )


class _Share(click.types.FloatParamType):
    """A part of all, as 0.01 or as 1%."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value)
        try:
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{text!r} is no share, such as 1% or 0.01.", param, ctx)


class _Epochs(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number, or `auto`."""

    name = "integer|auto"

    def convert(self, value: Any, param: Any, ctx: Any) -> int | str:
        if str(value).lower() == AUTO:
            return AUTO
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a whole number nor auto.", param, ctx)


EPOCHS = _Epochs()

_TRAINING_OPTIONS = (
    option(
        "--model",
        click.Choice(MODELS),
        "Predict each word from every single word near it, or from their mean.",
    ),
    option(
        "--loss",
        click.Choice(LOSSES),
        "Negative sampling, hierarchical softmax, or full softmax (small vocabularies).",
    ),
    option("--dim", int, "Numbers in a word vector."),
    option("--window", int, "Words on each side of the centre, at most."),
    click.option(
        "--fixed-window", is_flag=True, help="Use the whole window instead of a random part of it."
    ),
    option("--negative", int, "Negative samples per pair. [default: 5, with loss ns]"),
    option(
        "--ns-exponent",
        float,
        "Noise words are drawn by count to this. [default: 0.75, with loss ns]",
    ),
    option("--sample", float, "Subsampling threshold for frequent words; 0 keeps all."),
    option("--held-out", _Share(), "Never train on this share of the sentences; report its loss."),
    option("--min-count", int, "Drop words seen fewer times."),
    option(
        "--max-vocab", int, "Keep only this many of the most frequent words. [default: no limit]"
    ),
    option("--epochs", EPOCHS, "Passes over the corpus; auto: more over a short one."),
    option("--alpha", float, "Learning rate at the start. [default: 0.025, with cbow 0.05]"),
    option("--min-alpha", float, "Learning rate at the end, as a fraction of --alpha."),
    option(
        "--cbow",
        click.Choice(CBOW_COMBINERS),
        "How the window is combined. [default: mean, with cbow]",
    ),
    option("--seed", int, "Start of all random draws."),
    option(
        "--workers",
        int,
        "Training workers; 1 on a CPU gives the same bytes again. [default: all cores]",
    ),
    option("--backend", click.Choice(BACKENDS), "Array library and device."),
    option("--device", int, "Number of the GPU. [default: the first]"),
    click.option(
        "--deterministic",
        is_flag=True,
        help="The same seed gives the same bytes, on a GPU too; one worker, slower.",
    ),
    option("--block-tokens", int, "Advanced: words in a block of products. [default: by backend]"),
    option("--block-negatives", int, "Advanced: noise words a block shares. [default: by backend]"),
    option("--step-tokens", int, "Advanced: words between updates. [default: by backend]"),
    option("--row-cap", float, "Advanced: bound on what one update adds to one vector."),
    option(
        "--shards", int, "Train in rounds of so many parts of the text, merged. [default: none]"
    ),
    option(
        "--changes",
        click.Choice(CHANGES),
        "Advanced: as what shards give back their changes.",
    ),
)
