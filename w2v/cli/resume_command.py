"""The command that goes on with a run that was cut off."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.resuming import CLUSTER, EVERY, Asked, told
from w2v.cli.train_commands import beginning, train, train_and_save
from w2v.config import BACKENDS
from w2v.errors import CheckpointError, CorpusError
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Corpus, Word2Vec
    from w2v.cli.console import Console
    from w2v.cluster import Cluster
    from w2v.training import RunFolder

_OUTPUTS = ("output", "save_model", "save_vocab", "report")


@click.command(cls=Command)
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=PATH, help="Vectors, if not where they were to go.")
@click.option("--save-model", type=PATH, help="The same of the model.")
@click.option("--save-vocab", type=PATH, help="The same of words and counts.")
@click.option("--report", type=PATH, help="The same of the report.")
@click.option("--corpus", type=PATH, help="The encoded corpus, if the run had one that has moved.")
@click.option("--workers", type=int, help="Training workers. [default: as before]")
@click.option("--backend", type=click.Choice(BACKENDS), help="Array library and device.")
@click.option("--device", type=int, help="Number of the GPU.")
@EVERY
@CLUSTER
@QUIET
@click.option("-v", "--verbose", is_flag=True, help="Say more: learning rate, tokens kept, steps.")
def resume(folder: str, corpus: str | None, quiet: bool, verbose: bool, **given: Any) -> None:
    """Go on with a training that was cut off, from its latest checkpoint.

    FOLDER is the one that train --checkpoint was given: it knows the options, the text and what is
    to be written where. One worker ends with the very vectors that the run would have ended with;
    of several none trains a token twice or leaves one out.

    \b
    Examples:
      w2v resume run/
      w2v resume run/ --workers 8 -o elsewhere.bin
    """
    from w2v.cli import results
    from w2v.cli.console import Console
    from w2v.cluster import joined
    from w2v.text import open_encoded
    from w2v.training import MAY_CHANGE, known_run

    named = {name: value for name, value in given.items() if value is not None}
    named |= {name: os.path.abspath(named[name]) for name in _OUTPUTS if name in named}
    with contextlib.ExitStack() as kept:
        run = kept.enter_context(known_run(folder))
        where = os.path.abspath(corpus) if corpus else None
        asked = Asked.of(run)
        if not asked.command:
            _check_program(run, where, "output" in named)
        command = [*(asked.command or ["-"]), *_flags(**named, checkpoint=run.path)]
        with _standing(asked.folder, quiet=quiet):
            context = train.make_context("train", command)
            if run.saved or run.corpus or where:
                model = _model(asked, {name: named[name] for name in MAY_CHANGE if name in named})
                with (
                    Console(quiet=quiet, verbose=verbose) as console,
                    told(run, folder),
                    open_encoded(where) if where else run.open_corpus() as text,
                    joined(context.params["cluster"], model.config) as joint,
                ):
                    lost = _go_on(console, run, context.params, model, text, joint)
                results.check_lost(lost)
                return
            if "-" in context.params["corpus"]:
                raise CheckpointError(
                    f"The run in {folder} ended before it had read standard input, which is gone. "
                    "Begin it anew."
                )
            kept.close()  # the run that begins takes the folder for itself
            if not quiet:
                message = f"The run in {folder} ended before its text was read, and begins anew."
                click.echo(shown(message), err=True)
            context.params |= {"quiet": quiet, "verbose": verbose}
            with context:
                click.Command.invoke(train, context)


def _check_program(run: RunFolder, corpus: str | None, has_output: bool) -> None:
    """Refuse what a run that was begun by a program has not said."""
    if run.saved is None and corpus is None:
        run.open_corpus().close()
    run.check_beginning([])
    if not has_output:
        raise click.UsageError(
            f"The run in {run.path} was begun by a program, and not by w2v train: say with -o "
            "where its vectors are to go."
        )


def _flags(**values: Any) -> list[str]:
    """Options of a command, as they are written."""
    return [
        part
        for name, value in values.items()
        for part in (f"--{name.replace('_', '-')}", str(value))
    ]


@contextlib.contextmanager
def _standing(folder: str | None, *, quiet: bool) -> Iterator[None]:
    """In the folder that the run was begun in, whose files it names."""
    if folder is None:
        yield
        return
    before = os.getcwd()
    try:
        os.chdir(folder)
    except OSError:
        message = (
            f"The run began in {folder}, which is not here: names of files without a folder are "
            f"those of this one, {before}."
        )
        click.echo(shown(message), err=True)
    else:
        if not quiet and os.getcwd() != before:
            message = f"The run began in {folder}: names of files without a folder are those of it."
            click.echo(shown(message), err=True)
    try:
        yield
    finally:
        os.chdir(before)


def _model(asked: Asked, named: dict[str, Any]) -> Word2Vec:
    """With the options of the run, but for those that are named now."""
    from w2v import Word2Vec

    try:
        return Word2Vec(**{**asked.options, **named})
    except TypeError as error:
        raise CheckpointError(f"The run has options that this w2v does not take: {error}") from None


def _texts(names: Sequence[str]) -> list[str]:
    """The files that the run has read, as far as they are still there."""
    from w2v.text import find_files

    found = []
    for name in names:
        with contextlib.suppress(CorpusError):
            found += find_files([name])
    return found


def _go_on(
    console: Console,
    run: RunFolder,
    params: dict[str, Any],
    model: Word2Vec,
    text: Corpus,
    cluster: Cluster | None,
) -> dict[str, str]:
    """Train, and write what the run was to write; what could not be written."""
    from w2v import Word2Vec
    from w2v.cli import results
    from w2v.formats import check_words

    results.check_places(params, _texts(params["corpus"]))
    started: dict[str, Any] = {}
    if run.saved is None:  # the text was read, and nothing trained
        if model_file := params["model_file"]:
            model = Word2Vec.load_model(model_file).set_params(**model.get_params())
        names = ("pretrained", "freeze", "freeze_known")
        begin, frozen = beginning(model, *(params[name] for name in names))
        started = {"pretrained": begin, "freeze": frozen, "continued": bool(model_file)}
    check_words(params["output"], text.vocabulary.words)
    return train_and_save(
        console,
        model,
        text,
        (params["output"], params["save_model"], params["save_vocab"], params["report"]),
        run=run,
        checkpoint_every=params["checkpoint_every"],
        cluster=cluster,
        **started,
    )
