"""The command that draws."""

from __future__ import annotations

import click

from w2v.cli.base import PATH, TEXT, Command


@click.command(cls=Command)
@click.argument("vectors", type=PATH, required=False)
@click.option(
    "-o", "--output", required=True, type=PATH, help="Picture: .png, .svg, .pdf or .html."
)
@click.option(
    "--words", type=PATH, help="Draw the words of this file, one a line; further columns are free."
)
@click.option(
    "--around",
    type=TEXT,
    multiple=True,
    metavar="WORD",
    help="Draw this word and its nearest. Repeatable.",
)
@click.option(
    "--top",
    type=click.IntRange(min=2),
    metavar="N",
    help="Draw N words [300]; with --around, N neighbours of each word [50].",
)
@click.option(
    "--skip-frequent",
    type=click.IntRange(min=0),
    metavar="N",
    help="Pass over the first N words. [200 of 5,000 words or more, except with --around]",
)
@click.option(
    "--restrict-vocab",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --around, look for neighbours among the first N words only.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --around, leave out neighbours counted fewer times.",
)
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
    around: tuple[str, ...],
    top: int | None,
    skip_frequent: int | None,
    restrict_vocab: int | None,
    min_count: int | None,
    method: str,
    seed: int,
    font: str | None,
    reports: tuple[str, ...],
) -> None:
    """Draw words on a plane, or the course of a training.

    An .html picture is one file to open in a browser, with search, zoom and the neighbours of each
    word; it needs no network. Pictures need pip install matplotlib scikit-learn, and
    --method umap needs umap-learn.

    \b
    Examples:
      w2v plot vectors.bin --top 500 -o words.png
      w2v plot vectors.bin --around king --around city -o near.png
      w2v plot vectors.bin --words countries.txt --method pca -o countries.html
      w2v plot --report run.json -o run.png
    """
    from w2v import pictures
    from w2v.cli.console import Console

    if (vectors is None) == (not reports):
        raise click.UsageError("Give either VECTORS or --report, to say what is to be drawn.")
    choices = {
        "--words": words,
        "--around": around or None,
        "--top": top,
        "--skip-frequent": skip_frequent,
        "--restrict-vocab": restrict_vocab,
        "--min-count": min_count,
        "--font": font,
    }
    given = [name for name, value in choices.items() if value is not None]
    if vectors is None and given:
        raise click.UsageError(f"{given[0]} has a meaning only with VECTORS.")
    if words is not None and (more := set(given) - {"--words", "--font"}):
        raise click.UsageError(f"Give either --words or {min(more)}, to say which words are drawn.")
    for name in ("--restrict-vocab", "--min-count"):
        if name in given and not around:
            raise click.UsageError(f"{name} has a meaning only with --around.")
    with Console() as console:
        if vectors is None:
            pictures.plot_reports(reports, output, say=console.say)
            console.say(f"saved     {output}")
            return
        pictures.plot_words(
            vectors,
            output,
            words=words,
            around=around,
            top=top,
            skip_frequent=skip_frequent,
            restrict_vocab=restrict_vocab,
            min_count=min_count,
            method=method,
            seed=seed,
            font=font,
            say=console.say,
            progress=console.placing,
        )
        console.say(f"saved     {output}")
