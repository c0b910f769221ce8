"""The command that scores vectors."""

from __future__ import annotations

import json
from typing import Any

import click

from w2v.cli.base import JSON, PATH, Command
from w2v.config import BACKENDS


@click.command("eval", cls=Command)
@click.argument("vectors", type=PATH, nargs=-1, required=True)
@click.option(
    "--analogies", type=PATH, multiple=True, help="In the form of questions-words.txt. Repeatable."
)
@click.option("--pairs", type=PATH, multiple=True, help="Lines: word, word, score. Repeatable.")
@click.option(
    "--restrict-vocab",
    default=30000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Analogies among the first N words only; 0 for all.",
)
@click.option(
    "--restrict-pairs",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Pairs of the first N words only; 0 for all.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    default=("3cosadd",),
    show_default="3cosadd",
    type=click.Choice(["3cosadd", "3cosmul"]),
    help="How analogies are answered. Repeatable.",
)
@click.option(
    "--oov",
    default="skip",
    show_default=True,
    type=click.Choice(["skip", "zero"]),
    help="Questions and pairs with an unknown word: leave out, or count as wrong and as cosine 0.",
)
@click.option(
    "--case",
    default="fallback",
    show_default=True,
    type=click.Choice(["fallback", "fold", "exact"]),
    help="Words as spelled and else in any case; in any case (gensim, word2vec.c); as spelled.",
)
@click.option(
    "--resamples",
    default=2000,
    show_default=True,
    type=click.IntRange(min=0, max=1_000_000),
    help="Of the bootstrap behind the intervals; 0 for no intervals.",
)
@click.option(
    "--backend",
    default="auto",
    show_default=True,
    type=click.Choice(BACKENDS),
    help="Where analogies are computed; auto: cupy if it can be used, else numpy.",
)
@JSON
def evaluate(
    vectors: tuple[str, ...],
    analogies: tuple[str, ...],
    pairs: tuple[str, ...],
    resamples: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Score vectors on analogies and word pairs.

    Analogies by 3CosAdd or 3CosMul, pairs by Spearman and Pearson correlation, each with a 95 %
    interval. Several VECTORS are set side by side, each tested against the first.

    \b
    Examples:
      w2v eval vectors.bin --analogies questions-words.txt --pairs wordsim353.tsv
      w2v eval old.bin new.bin --analogies questions-words.txt --method 3cosmul
    """
    from w2v.cli.console import Console
    from w2v.evaluation import format_table, score_files

    if not analogies and not pairs:
        raise click.UsageError("Nothing to score: give --analogies FILE or --pairs FILE.")
    with Console() as console:
        result = score_files(
            vectors, analogies, pairs, resamples, progress=console.scoring, **options
        )
    click.echo(json.dumps(result, indent=2) if as_json else format_table(result))
