"""Commands about the machine."""

from __future__ import annotations

import json
import math
from typing import Any

import click

from w2v.cli.base import JSON, Command
from w2v.cli.training_options import EPOCHS, option
from w2v.config import MODELS, Config


@click.command(cls=Command)
def backends() -> None:
    """List array libraries and devices, and what can be used.

    \b
    Example:
      w2v backends
    """
    from w2v.backends import available_backends, devices, lanes, processor

    for found in available_backends():
        about = found.reason
        if found.backend is not None:
            memory = found.backend.memory().total / 2**30
            about = f"{found.backend.version} on {found.backend.device}, {memory:.1f} GiB"
        click.echo(f"{found.name:<8}{found.state:<15}{about}")
        for number, (name, free, total) in enumerate(
            devices(found.backend) if found.backend else []
        ):
            sizes = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
            click.echo(f"{'':<8}--device {number:<6}{name}, {sizes}")
    vectors = lanes()
    beside = f"; numba computes with vectors of {vectors} floats" if vectors else ""
    click.echo(f"{'':<23}{processor()}{beside}")


def _number(_: click.Context, __: click.Parameter, value: float) -> float:
    """Refuse NaN, which is in every range."""
    if math.isnan(value):
        raise click.BadParameter("expected a number, got nan.")
    return value


@click.command(cls=Command)
@click.option("--model", type=click.Choice(MODELS), help="Only this model. [default: both]")
@click.option("--loss", type=click.Choice(("ns", "hs")), help="Only this loss. [default: both]")
@option("--dim", int, "Numbers in a word vector.")
@option("--window", int, "Words on each side of the centre, at most.")
@option("--negative", int, "Negative samples per pair. [default: 5, with loss ns]")
@option("--workers", int, "Training threads. [default: all cores]")
@option("--epochs", EPOCHS, "Passes over your corpus, for the estimate.")
@click.option(
    "--tokens",
    default=100_000_000,
    show_default=True,
    type=click.IntRange(min=1, max=10**15),
    help="Words in your corpus, for the estimate.",
)
@click.option(
    "--words",
    default=50_000,
    show_default=True,
    type=click.IntRange(min=2, max=10_000_000),
    help="Different words in the made-up corpus.",
)
@click.option(
    "--seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, max=3600, min_open=True),
    callback=_number,
    help="Length of a measurement; a longer one is steadier.",
)
@JSON
def bench(
    model: str | None,
    loss: str | None,
    negative: int | None,
    tokens: int,
    words: int,
    seconds: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Which backend is fastest here, and how long will a corpus take?

    Trains on a made-up corpus with every backend that can be used, after a short run in which they
    compile what they compile. The estimate is one reading of plain text and the training.

    \b
    Examples:
      w2v bench
      w2v bench --model cbow --loss ns --dim 300 --tokens 2_000_000_000
    """
    from w2v.cli import bench_table
    from w2v.training import epochs_for, throughput

    configs = [
        Config(model=m, loss=k, negative=negative if k == "ns" or loss == "hs" else None, **options)
        for m in (MODELS if model is None else (model,))
        for k in (("ns", "hs") if loss is None else (loss,))
    ]
    estimate = throughput.Estimate(
        tokens, epochs_for(configs[0], tokens), throughput.reading_speed(words)
    )
    if not as_json:
        click.echo(bench_table.format_head(estimate))
    speeds = []
    for speed in throughput.compare(configs, words, seconds):
        speeds.append(speed)
        if not as_json:
            click.echo(bench_table.format_row(speed, estimate))
    if as_json:
        click.echo(json.dumps(bench_table.as_json(speeds, estimate), indent=2))
    else:
        click.echo(bench_table.format_end(speeds, estimate))
