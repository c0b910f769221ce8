"""The command that draws."""

from __future__ import annotations

import click

from w2v.cli.base import PATH, Command


@click.command(cls=Command)
@click.argument("vectors", type=PATH, required=False)
@click.option(
    "-o", "--output", required=True, type=PATH, help="Picture: .png, .svg, .pdf or .html."
)
@click.option(
    "--words", type=PATH, help="Draw the words of this file, one a line; further columns are free."
)
@click.option("--top", type=click.IntRange(min=2), help="Draw the first N words. [300]")
@click.option(
    "--method",
    default="tsne",
    show_default=True,
    type=click.Choice(["pca", "tsne", "umap"]),
    help="How words come onto a plane.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(min=0, max=2**32 - 1),
    help="Of t-SNE and UMAP: the same seed draws the same picture.",
)
@click.option(
    "--font", help="Family of the labels, as far as it has the letters. [what fits] (not in .html)"
)
@click.option(
    "--report",
    "reports",
    type=PATH,
    multiple=True,
    help="Draw a training instead: what w2v train --report wrote. Repeatable.",
)
def plot(
    vectors: str | None,
    output: str,
    words: str | None,
    top: int | None,
    method: str,
    seed: int,
    font: str | None,
    reports: tuple[str, ...],
) -> None:
    """Draw words on a plane, or the course of a training.

    An .html picture is one file to open in a browser, with search, zoom and the neighbours of each
    word; it needs no network. Pictures need pip install 'w2v[plot]', and --method umap 'w2v[umap]'.

    \b
    Examples:
      w2v plot vectors.bin --top 500 -o words.png
      w2v plot vectors.bin --words countries.txt --method pca -o countries.html
      w2v plot --report run.json -o run.png
    """
    from w2v import pictures
    from w2v.cli.console import Console

    if (vectors is None) == (not reports):
        raise click.UsageError("Give either VECTORS or --report, to say what is to be drawn.")
    if words is not None and top is not None:
        raise click.UsageError("Give either --words or --top, to say which words are drawn.")
    if vectors is None:
        if words is not None or top is not None or font is not None:
            raise click.UsageError("--words, --top and --font have a meaning only with VECTORS.")
        pictures.plot_reports(reports, output)
        return
    with Console() as console:
        pictures.plot_words(
            vectors,
            output,
            words=words,
            top=top,
            method=method,
            seed=seed,
            font=font,
            say=console.say,
            progress=console.placing,
        )
