"""The other programs of word2vec.c under their names, so that its scripts run unchanged."""

from __future__ import annotations

import os
import shutil
import sys

import click

from w2v.cli import eval_command, phrases_command, shell_command
from w2v.cli.base import PATH, Command
from w2v.errors import EvaluationError


@click.command(cls=Command)
@click.argument("vectors", type=PATH)
def distance(vectors: str) -> None:
    """Neighbours of the words that are typed: `w2v shell`. EXIT leaves."""
    shell_command.ask_lines(vectors, "nearest")


@click.command("word-analogy", cls=Command)
@click.argument("vectors", type=PATH)
def word_analogy(vectors: str) -> None:
    """Analogies of three words that are typed: `w2v shell`. EXIT leaves."""
    shell_command.ask_lines(vectors, "analogy")


@click.command("compute-accuracy", cls=Command)
@click.argument("vectors", type=PATH)
@click.argument("threshold", type=click.IntRange(min=0), default=0)
@click.pass_context
def compute_accuracy(ctx: click.Context, /, vectors: str, threshold: int) -> None:
    """Score vectors on the analogies in standard input: `w2v eval`, in any case of letters.

    Only the first THRESHOLD words count; 0 is for all.
    """
    from w2v.files import replacing, scratch_folder

    if sys.stdin is None:
        raise click.ClickException("Standard input is closed; analogies were to be read from it.")
    with scratch_folder() as folder:
        questions = os.path.join(folder, "standard input")  # tables are headed by its name
        with replacing(questions) as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        asked = {"analogies": (questions,), "restrict_vocab": threshold, "case": "fold"}
        try:
            ctx.invoke(eval_command.evaluate, vectors=(vectors,), **asked)
        except EvaluationError as error:
            message = str(error).replace(questions, "standard input")
            raise EvaluationError(message) from error


TOOLS: dict[str, click.Command] = {
    "word2phrase": phrases_command.phrases,
    "distance": distance,
    "word-analogy": word_analogy,
    "compute-accuracy": compute_accuracy,
}
