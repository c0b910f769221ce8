"""The command that scores vectors."""

from __future__ import annotations

import json

import click

from w2v.cli.base import PATH, Command, load_vectors


@click.command("eval", cls=Command)
@click.argument("vectors", type=PATH)
@click.option("--analogies", type=PATH, help="Questions in the form of questions-words.txt.")
@click.option("--pairs", type=PATH, multiple=True, help="Lines: word, word, score. Repeatable.")
@click.option(
    "--restrict-vocab",
    default=30000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Analogies among the first N words only; 0 for all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    vectors: str, analogies: str | None, pairs: tuple[str, ...], restrict_vocab: int, as_json: bool
) -> None:
    """Score vectors on analogies and word pairs.

    Analogies by 3CosAdd, pairs by Spearman and Pearson correlation; words without a vector are
    counted, not scored.

    \b
    Example:
      w2v eval vectors.bin --analogies questions-words.txt --pairs wordsim353.tsv
    """
    from w2v import evaluate as evaluation

    if analogies is None and not pairs:
        raise click.UsageError("Nothing to score: give --analogies FILE or --pairs FILE.")
    scores = evaluation.evaluate(load_vectors(vectors), analogies, pairs, restrict_vocab)
    click.echo(json.dumps(scores, indent=2) if as_json else evaluation.format_table(scores))
