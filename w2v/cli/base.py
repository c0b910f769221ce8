"""What the commands share: how they fail, and options that more than one has."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from w2v.config import BACKENDS, CBOW_COMBINERS, LOSSES, MODELS, Config
from w2v.errors import ConfigError, W2VError

if TYPE_CHECKING:
    from w2v.vectors import Vectors

_Function = TypeVar("_Function", bound=Callable[..., Any])
INTERRUPTED = 130


class _Path(click.Path):
    """A path that is not empty: an empty option would be taken for one that was not given."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("the name is empty. Was a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Path(readable=False)


class Command(click.Command):
    """Turns the library's errors into one line and an exit code: 2 for usage, 1 for failure."""

    def invoke(self, ctx: click.Context) -> Any:
        _prepare_process()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = _show_warning  # type: ignore[assignment]
                super().invoke(ctx)
            sys.stdout.flush()
        except ConfigError as error:
            raise click.UsageError(self.in_own_words(str(error)), ctx) from error
        except W2VError as error:
            raise click.ClickException(self.in_own_words(str(error))) from error
        except MemoryError as error:
            raise click.ClickException(f"Not enough memory. {error}".strip()) from error
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads on
        except OSError as error:
            raise click.ClickException(_cannot_go_on(error)) from error
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            ctx.exit(INTERRUPTED)

    def in_own_words(self, message: str) -> str:
        """A message of the library with this command's flags: `min_count` is --min-count."""
        flags = {parameter.name: parameter.opts for parameter in self.params}

        def flag(found: re.Match[str]) -> str:
            names = flags.get(found[1], [])
            return next((name for name in names if name.startswith("--")), found[0])

        return re.sub(r"`(\w+)`", flag, message)


class Group(click.Group):
    """Has one line too for what goes wrong outside of a command: help that cannot be printed."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            click.echo(f"Error: {_cannot_go_on(error)}", err=True)
            sys.exit(1)


class _Closed(io.TextIOBase):
    """Standard output where there is none: what is printed is not lost in silence."""

    def write(self, _: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def _cannot_go_on(error: OSError) -> str:
    about = f"{error.filename}: " if error.filename else ""
    return f"Cannot go on: {about}{error.strerror or error}."


def _prepare_process() -> None:
    """End like an error on the signals that end a process, and print any word anywhere."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores
            signal.signal(number, _leave)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _show_warning(message: Warning | str, *_: object) -> None:
    click.echo(f"Warning: {message}", err=True)


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
    option("--negative", int, "Negative samples per pair. [loss ns: 5]"),
    option("--ns-exponent", float, "Noise words are drawn by count to this. [loss ns: 0.75]"),
    option("--sample", float, "Subsampling threshold for frequent words; 0 keeps all."),
    option("--min-count", int, "Drop words seen fewer times."),
    option("--max-vocab", int, "Keep only this many of the most frequent words. [no limit]"),
    option("--epochs", int, "Passes over the corpus."),
    option("--alpha", float, "Learning rate at the start. [0.025; cbow: 0.05]"),
    option("--min-alpha", float, "Learning rate at the end, as a fraction of --alpha."),
    option("--cbow", click.Choice(CBOW_COMBINERS), "How the window is combined. [cbow: mean]"),
    option("--seed", int, "Start of all random draws."),
    option(
        "--workers", int, "Training threads; 1 on a CPU gives the same bytes again. [all cores]"
    ),
    option("--backend", click.Choice(BACKENDS), "Array library and device."),
    option("--device", int, "Number of the GPU. [the first]"),
    click.option(
        "--deterministic",
        is_flag=True,
        help="The same seed gives the same bytes, on a GPU too; one worker, slower.",
    ),
    option("--block-tokens", int, "Advanced: words in a block of products. [by backend]"),
    option("--block-negatives", int, "Advanced: noise words a block shares. [by backend]"),
    option("--step-tokens", int, "Advanced: words between updates. [by backend]"),
    option("--row-cap", float, "Advanced: bound on what one update adds to one vector."),
)


def load_vectors(path: str) -> Vectors:
    """The vectors in a file, with a bar while they are read."""
    from w2v import load
    from w2v.cli.console import Console

    with Console() as console:
        return load(path, progress=console.reading)
