"""Commands that ask vectors questions."""

from __future__ import annotations

import click

from w2v.cli.base import PATH, Command, load_vectors


@click.command(cls=Command)
@click.argument("vectors", type=PATH)
@click.argument("words", nargs=-1, required=True)
@click.option("-n", default=10, show_default=True, type=click.IntRange(min=1), help="How many.")
def nearest(vectors: str, words: tuple[str, ...], n: int) -> None:
    """Words with the largest cosine to each given word.

    \b
    Examples:
      w2v nearest vectors.bin king queen -n 5
      w2v nearest vectors.bin -- -word-with-a-dash
    """
    table = load_vectors(vectors)
    answers = [table.most_similar(word, n=n) for word in words]
    for word, answer in zip(words, answers, strict=True):
        click.echo(word)
        width = max((len(name) for name, _ in answer), default=0)
        for name, cosine in answer:
            click.echo(f"  {name:<{width}}  {cosine:.4f}")
