"""What every command is made from: how one fails, paths and flags, and vectors that are loaded."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any

import click

from w2v import interrupts
from w2v.errors import ConfigError, W2VError, ran_out
from w2v.renamed import option_elsewhere
from w2v.terminal import Terminal, shown

if TYPE_CHECKING:
    from w2v.vectors import Vectors

INTERRUPTED = 130
GIVEN = "w2v.given"
"""Under this name a context's `meta` has what stood behind the command's name."""


class _Path(click.Path):
    """A path that is not empty: an empty option would be taken for one that was not given."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("the name is empty. Was a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


class _Text(click.types.StringParamType):
    """Words are UTF-8 whatever the locale says; names of files stay as the system gave them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return os.fsencode(value).decode()
        except UnicodeError:
            return super().convert(value, param, ctx)


PATH = _Path(readable=False)
TEXT = _Text()
QUIET = click.option("-q", "--quiet", is_flag=True, help="No progress, only warnings and errors.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Command(click.Command):
    """Turns the library's errors into one line and an exit code: 2 for usage, 1 for failure."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """An option of another program is refused by the name it has here."""
        given = ctx.meta[GIVEN] = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            for one in given:
                flag = one.split("=")[0]
                if advice := self._instead_of(flag):
                    message = f"No such option: {flag}: {self.in_own_words(advice)}"
                    raise click.UsageError(message, ctx) from error
            raise

    def _instead_of(self, flag: str) -> str | None:
        """What to say of a flag that has another name here, or two dashes; None of any other."""
        ours = {name for parameter in self.params for name in parameter.opts}
        if not flag.startswith("-") or flag in ours:
            return None
        if not flag.startswith("--") and f"-{flag}" in ours:
            return f"it is written -{flag} here."
        return option_elsewhere(flag.lstrip("-"))

    def invoke(self, ctx: click.Context) -> Any:
        from w2v import library  # noqa: F401  before Ctrl-C is an exception, which imports may lose

        ctx.color = True  # or click takes what looks like a colour out of words
        try:
            with interrupts.install(), warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = _show_warning  # type: ignore[assignment]
                super().invoke(ctx)
                sys.stdout.flush()
        except ConfigError as error:
            raise click.UsageError(shown(self.in_own_words(str(error))), ctx) from error
        except W2VError as error:
            raise click.ClickException(shown(self.in_own_words(str(error)))) from error
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads on
        except (OSError, MemoryError, RuntimeError, ImportError) as error:
            if not (message := _cannot_go_on(error)):
                raise
            raise click.ClickException(shown(message)) from error
        except KeyboardInterrupt:
            say_at_the_end("\nInterrupted.")
            ctx.exit(INTERRUPTED)
        except SystemExit as end:
            _say_what_ended_it(end.code)
            raise

    def in_own_words(self, message: str) -> str:
        """A message of the library with this command's flags: `min_count` is --min-count."""
        flags = {parameter.name: parameter.opts for parameter in self.params}

        def flag(found: re.Match[str]) -> str:
            names = flags.get(found[1])
            if not names:
                return found[0]
            name = next((name for name in names if name.startswith("--")), names[0])
            return name if found[2] in (None, "True") else f"{name} {found[2]}"

        return re.sub(r'`(\w+)(?:="?(\w+)"?)?`', flag, message)


class Group(click.Group):
    """Has one line too for what goes wrong outside of a command: help that cannot be printed."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        _prepare_streams()
        try:
            return super().main(*args, **kwargs)
        except (OSError, MemoryError, RuntimeError, ImportError) as error:
            if not (message := _cannot_go_on(error)):
                raise
            click.echo(f"Error: {shown(message)}", err=True)
            sys.exit(1)


class _Closed(io.TextIOBase):
    """Standard output where there is none: what is printed is not lost in silence."""

    @property
    def buffer(self) -> _Closed:
        return self

    def write(self, _: str | bytes) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


class _Unheard(io.TextIOBase):
    """Standard error where there is none: what is said is lost, and not among what is printed."""

    def write(self, text: str) -> int:
        return len(text)


def _cannot_go_on(error: Exception) -> str:
    """A sentence on what the system refuses; empty for a fault of the program."""
    if (message := ran_out(error)) or not isinstance(error, OSError):
        return message
    about = f"{error.filename}: " if error.filename else ""
    return f"Cannot go on: {about}{error.strerror or error}."


def _prepare_streams() -> None:
    """Print any word anywhere, and nothing to where there is nothing."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = _Unheard()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream.isatty() and not isinstance(stream, Terminal):
            setattr(sys, name, Terminal(stream))


def _say_what_ended_it(code: object) -> None:
    """For the log of whoever sent a signal."""
    with contextlib.suppress(ValueError):
        if isinstance(code, int):
            say_at_the_end(f"\nEnded by {signal.Signals(code - 128).name}.")


def say_at_the_end(message: str) -> None:
    """A line on standard error, which changes no exit code: a terminal may have hung up."""
    with contextlib.suppress(OSError):
        click.echo(message, err=True)


def _show_warning(message: Warning | str, *_: object) -> None:
    click.echo(f"Warning: {shown(str(message))}", err=True)


def load_vectors(path: str) -> Vectors:
    """The vectors in a file, with a bar while they are read."""
    from w2v import load
    from w2v.cli.console import Console

    with Console() as console:
        return load(path, progress=console.reading)
