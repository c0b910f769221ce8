"""Runs that are written down, so that `w2v resume` can go on with them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from w2v.cli.base import GIVEN
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Word2Vec
    from w2v.training import RunFolder

EVERY = click.option(
    "--checkpoint-every",
    metavar="TIME|SHARE",
    help="How often: 10min, 30s, 2h, 5%, 1epoch. [default: 10min]",
)


@contextlib.contextmanager
def begun(folder: str | None, model: Word2Vec) -> Iterator[RunFolder | None]:
    """The folder of a run that this command begins, and how to go on if it is cut off."""
    from w2v.training import new_run

    if folder is None:
        yield None
        return
    asked = {
        "options": model.plain_options(),
        "command": click.get_current_context().meta[GIVEN],
        "folder": os.getcwd(),
    }
    with new_run(folder, asked) as run, told(run):
        yield run


@contextlib.contextmanager
def told(run: RunFolder) -> Iterator[None]:
    """Where the run has got to, if a signal or an error cuts it off."""
    try:
        yield
    except BaseException:
        kept = "The text is kept" if run.has_corpus else ""
        if run.left is not None:
            kept = f"The run is kept as far as {run.left:.1%}"
        if kept:
            click.echo(f"\n{kept}: w2v resume {shown(str(run.path))} goes on.", err=True)
        raise
