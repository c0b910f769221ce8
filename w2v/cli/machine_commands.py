"""Commands about the machine."""

from __future__ import annotations

import json
import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import JSON, Command
from w2v.cli.training_options import EPOCHS, option
from w2v.config import MODELS, Config

if TYPE_CHECKING:
    from w2v import Corpus

_TOKENS, _WORDS = 100_000_000, 50_000


@click.command(cls=Command)
def backends() -> None:
    """List array libraries and devices, what can be used, and who reads text.

    \b
    Example:
      w2v backends
    """
    from w2v.backends import available_backends, devices, lanes, processor, usable_threads
    from w2v.errors import counted
    from w2v.installed import is_installed

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
    if is_installed("pyarrow"):
        state, about = "usable", f"reads text on {counted(usable_threads(), 'thread')}, and tables"
    else:
        state = "not installed"
        about = "Python reads text, and no tables. Run pip install pyarrow."
    click.echo(f"{'pyarrow':<8}{state:<15}{about}")


def _number(_: click.Context, __: click.Parameter, value: float) -> float:
    """Refuse NaN, which is in every range."""
    if math.isnan(value):
        raise click.BadParameter("expected a number, got nan.")
    return value


@click.command(cls=Command)
@click.argument("corpus", nargs=-1)
@click.option("--model", type=click.Choice(MODELS), help="Only this model. [default: both]")
@click.option("--loss", type=click.Choice(("ns", "hs")), help="Only this loss. [default: both]")
@option("--dim", int, "Numbers in a word vector.")
@option("--window", int, "Words on each side of the centre, at most.")
@option("--negative", int, "Negative samples per pair. [default: 5, with loss ns]")
@option("--workers", int, "Only with so many. [default: how many pay is measured]")
@option("--epochs", EPOCHS, "Passes over your corpus, for the estimate.")
@click.option(
    "--tokens",
    default=_TOKENS,
    show_default=True,
    type=click.IntRange(min=1, max=10**15),
    help="Words in your corpus, for the estimate.",
)
@click.option(
    "--words",
    default=_WORDS,
    show_default=True,
    type=click.IntRange(min=2, max=10_000_000),
    help="Different words in the made-up corpus.",
)
@option("--min-count", int, "With CORPUS: drop words seen fewer times.")
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
    corpus: tuple[str, ...],
    model: str | None,
    loss: str | None,
    negative: int | None,
    tokens: int,
    words: int,
    min_count: int,
    seconds: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Which backend is fastest here, how many workers pay, and how long will a corpus take?

    Trains with every backend that can be used, after a short run in which they compile what they
    compile, and the fastest with other numbers of workers than `w2v train` takes. The text is made
    up, or the beginning of CORPUS: files and folders as for `w2v train`, words between white space,
    or a folder that `w2v encode` has made. The estimate is one reading and the training.

    \b
    Examples:
      w2v bench
      w2v bench corpus.txt --model cbow
      w2v bench --model cbow --loss ns --dim 300 --tokens 2_000_000_000
    """
    from w2v.cli import bench_table
    from w2v.training import epochs_for, throughput

    configs = [
        Config(model=m, loss=k, negative=negative if k == "ns" or loss == "hs" else None, **options)
        for m in (MODELS if model is None else (model,))
        for k in (("ns", "hs") if loss is None else (loss,))
    ]
    _check_together(corpus)
    with _text(corpus, words, min_count, options["workers"]) as text:
        if corpus:
            tokens = len(text.ids)
            reading = text.stats.tokens / max(sum(text.seconds.values()), 1e-9)
        else:
            reading = throughput.reading_speed(words)
        estimate = throughput.Estimate(tokens, epochs_for(configs[0], tokens), reading)
        table = bench_table.BenchTable(estimate, None if as_json else click.echo)
        for speed in throughput.compare(configs, text, seconds):
            table.add(speed)
        if options["workers"] is None:
            for config, fastest in zip(configs, table.fastest(), strict=True):
                table.add_workers(throughput.by_workers(config, text, fastest, seconds))
    if as_json:
        click.echo(json.dumps(table.as_dict(), indent=2))
    else:
        table.end()


def _check_together(corpus: tuple[str, ...]) -> None:
    """Refuse what has a meaning only with a corpus, or only without one."""
    source = click.get_current_context().get_parameter_source
    default = click.core.ParameterSource.DEFAULT
    for name in ("tokens", "words") if corpus else ("min_count",):
        if source(name) != default:
            flag = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{flag} has no meaning with{'' if corpus else 'out'} a corpus; leave it out."
            )


def _text(
    corpus: tuple[str, ...], words: int, min_count: int, workers: int | None
) -> AbstractContextManager[Corpus]:
    """What is trained on: the corpus that is named, or one that is made up."""
    from w2v.cli.console import Console
    from w2v.text import STDIN, find_corpus, read_corpus
    from w2v.training import throughput

    if not corpus:
        return throughput.zipf_corpus(throughput.tokens_for(workers), words)
    names, folder = find_corpus(corpus)
    with Console() as console:
        if STDIN in names:
            console.say("Reading standard input.")
        source = [Path(folder)] if folder else list(map(Path, names))
        return read_corpus(source, min_count=min_count, progress=console.reading)
