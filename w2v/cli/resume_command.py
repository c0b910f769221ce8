"""The command that goes on with a run that was cut off."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.resuming import EVERY, told
from w2v.cli.train_commands import beginning, train, train_and_save
from w2v.config import BACKENDS
from w2v.errors import CheckpointError
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v.training import RunFolder

_OUTPUTS = ("output", "save_model", "save_vocab", "report")


@click.command(cls=Command)
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, help="Vectors, if not where they were to go.")
@click.option("--save-model", type=PATH, help="The same of the model.")
@click.option("--save-vocab", type=PATH, help="The same of words and counts.")
@click.option("--report", type=PATH, help="The same of the report.")
@click.option("--workers", type=int, help="Training threads. [default: as before]")
@click.option("--backend", type=click.Choice(BACKENDS), help="Array library and device.")
@click.option("--device", type=int, help="Number of the GPU.")
@EVERY
@QUIET
@click.option("-v", "--verbose", is_flag=True, help="Say more: learning rate, tokens kept, steps.")
def resume(
    folder: str,
    checkpoint_every: str | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Go on with a training that was cut off, from its latest checkpoint.

    FOLDER is the one that train --checkpoint was given: it knows the options, the text and what is
    to be written where. One worker ends with the very vectors that the run would have ended with;
    of several none trains a token twice or leaves one out.

    \b
    Examples:
      w2v resume run/
      w2v resume run/ --workers 8 -o elsewhere.bin
    """
    from w2v.training import known_run

    named = {name: value for name, value in given.items() if value is not None}
    outputs = {name: os.path.abspath(named.pop(name)) for name in _OUTPUTS if name in named}
    with known_run(folder) as run:
        asked = run.asked
        run.path = os.path.abspath(run.path)
        anew = run.saved is None and not run.has_corpus
        command = _command(run, outputs)
        with _standing(asked.get("folder")):
            context = train.make_context("train", command)
            if not anew:
                _go_on(run, context.params, named, checkpoint_every, quiet, verbose)
                return
    if "-" in context.params["corpus"]:
        raise CheckpointError(
            f"The run in {folder} ended before it had read standard input, which is gone. Begin it "
            "anew."
        )
    told = f"The run in {folder} ended before its first checkpoint, and begins anew."
    click.echo(shown(told), err=True)
    with _standing(asked.get("folder")), context:
        train.invoke(context)


def _command(run: RunFolder, outputs: dict[str, str]) -> list[str]:
    """What `w2v train` was given, with other outputs."""
    command = list(run.asked.get("command", ()))
    if not command and "output" not in outputs:
        raise click.UsageError(
            f"The run in {run.path} was begun by a program, and not by w2v train: say with -o "
            "where its vectors are to go."
        )
    command = command or ["-"]
    for name, path in outputs.items():
        command += [f"--{name.replace('_', '-')}", path]
    return command


@contextlib.contextmanager
def _standing(folder: str | None) -> Iterator[None]:
    """In the folder that the run was begun in, whose files it names."""
    if folder is None or not os.path.isdir(folder):
        if folder is not None:
            told = f"The run began in {folder}, which is not here; its outputs go to this folder."
            click.echo(shown(told), err=True)
        yield
        return
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _go_on(
    run: RunFolder,
    params: dict[str, Any],
    named: dict[str, Any],
    checkpoint_every: str | None,
    quiet: bool,
    verbose: bool,
) -> None:
    from w2v import Word2Vec, files
    from w2v.cli import results
    from w2v.cli.console import Console
    from w2v.formats import check_words, check_writable

    model = Word2Vec(**{**run.asked["options"], **named})
    check_writable(params["output"])
    for name in _OUTPUTS[1:]:
        if params[name]:
            files.check_target(params[name])
    started: dict[str, Any] = {}
    if run.saved is None:  # the text was read, and nothing trained
        if model_file := params.get("model_file"):
            model = Word2Vec.load_model(model_file).set_params(**model.get_params())
        names = ("pretrained", "freeze", "freeze_known")
        begin, frozen = beginning(model, *(params[name] for name in names))
        started = {"pretrained": begin, "freeze": frozen, "continued": bool(model_file)}
    with Console(quiet=quiet, verbose=verbose) as console, told(run), run.open_corpus() as text:
        check_words(params["output"], text.vocabulary.words)
        lost = train_and_save(
            console,
            model,
            text,
            (params["output"], params["save_model"], params["save_vocab"], params["report"]),
            run=run,
            checkpoint_every=checkpoint_every or params["checkpoint_every"],
            **started,
        )
    results.check_lost(lost)
