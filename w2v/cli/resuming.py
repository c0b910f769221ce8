"""Runs that are written down, so that `w2v resume` can go on with them."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from w2v.cli.base import GIVEN, say_at_the_end
from w2v.errors import CheckpointError
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Word2Vec
    from w2v.training import RunFolder

EVERY = click.option(
    "--checkpoint-every",
    metavar="TIME|SHARE",
    help="How often: 10min, 30s, 2h, 5%, 1epoch. [default: 10min]",
)

CLUSTER = click.option(
    "--cluster",
    metavar="local:N|auto|ray://HOST:PORT|none",
    help="Train on a Ray cluster; local:N starts N workers here. See docs/cluster.md.",
)

_BEGINS = {"pretrained": "pretrained", "freeze": "freeze", "model_file": "partial_fit"}
"""Options that say what a run begins with, and what the library calls each."""


class Asked(NamedTuple):
    """What a run was asked to do, as `begun` has written it down."""

    options: dict[str, Any]
    """Of `Word2Vec`."""
    command: list[str]
    """What stood behind ``w2v train``; nothing if a program began the run."""
    folder: str | None
    """That the command was given in."""
    begins: list[str]
    """What it begins with: see `RunFolder.check_beginning`."""

    @classmethod
    def of(cls, run: RunFolder) -> Asked:
        """Raises `CheckpointError` for what `begun` has not written."""
        asked = run.asked
        found = cls(
            *(asked.get("options", {}), asked.get("command", [])),
            *(asked.get("folder"), asked.get("begins", [])),
        )
        if not (
            isinstance(found.options, dict)
            and isinstance(found.command, list)
            and all(isinstance(part, str) and "\0" not in part for part in found.command)
            and isinstance(found.folder, str | None)
            and isinstance(found.begins, list)
        ):
            raise CheckpointError(f"What the run in {run.path} was asked to do is damaged.")
        return found


@contextlib.contextmanager
def begun(
    folder: str | None, model: Word2Vec, corpus: str | None = None
) -> Iterator[RunFolder | None]:
    """The folder of a run that this command begins, and how to go on if it is cut off.

    `corpus` is where the text is kept, if not in there.
    """
    from w2v.training import new_run

    if folder is None:
        yield None
        return
    context = click.get_current_context()
    asked = Asked(
        options=model.plain_options(),
        command=context.meta[GIVEN],
        folder=os.getcwd(),
        begins=[name for option, name in _BEGINS.items() if context.params[option]],
    )
    where = None if corpus is None else os.path.abspath(corpus)
    with new_run(folder, asked._asdict(), where) as run, told(run, folder):
        yield run


@contextlib.contextmanager
def told(run: RunFolder, folder: str) -> Iterator[None]:
    """Where the run has got to, if a signal or an error cuts it off."""
    try:
        yield
    except BaseException:
        if kept := _kept(run):
            name = shown(shlex.quote(folder))
            say_at_the_end(f"\n{kept}: w2v resume {name} goes on.")
        raise


def _kept(run: RunFolder) -> str:
    if run.left is not None:
        return (
            "All of the run is kept"
            if run.left >= 1
            else f"The run is kept as far as {run.left:.1%}"
        )
    return "" if run.corpus is None else "The text is kept"
