"""Commands that set trainings side by side: how stable they are, and what changed between two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from w2v.cli import columns
from w2v.cli.base import PATH, Command, load_vectors
from w2v.cli.query_options import options

if TYPE_CHECKING:
    from w2v.queries import Limit

_SIDES = ("early", "late")
_USUAL = 50  # --min-count where there are counts


@click.command(cls=Command)
@click.argument("vectors", type=PATH, nargs=-1, required=True)
@click.option("-n", default=10, show_default=True, type=click.IntRange(1), help="Nearest words.")
@click.option(
    "--sample",
    default=1000,
    show_default=True,
    type=click.IntRange(0),
    help="Words of a band that are looked at; 0 for all.",
)
@click.option(
    "--restrict-vocab",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Only the first N words of the first VECTORS; 0 for all.",
)
@options("json")
def stability(
    vectors: tuple[str, ...], n: int, sample: int, restrict_vocab: int, as_json: bool
) -> None:
    """How far trainings on one text agree on the nearest words.

    VECTORS are two or more, as of several seeds. Shown is the part of the n nearest words that two
    of them have in common, for bands of words by frequency: what is low there, do not build on.

    \b
    Examples:
      w2v stability seed1.npz seed2.npz seed3.npz
      w2v stability seed1.npz seed2.npz -n 25 --json
    """
    from w2v import evaluation

    if len(vectors) < 2:
        raise click.UsageError("Give two VECTORS or more, such as trainings with several --seed.")
    found = evaluation.stability(
        [load_vectors(path) for path in vectors], n, sample=sample, restrict_vocab=restrict_vocab
    )
    if as_json:
        click.echo(json.dumps({"vectors": vectors, **found}, indent=2))
        return
    those = "both" if len(vectors) == 2 else f"all {len(vectors)}"
    click.echo(
        f"{found['words']:,} words in {those}; of the {n} nearest of a word, "
        "two trainings have in common:\n"
    )
    several = len(vectors) > 2
    head = ["words by frequency", "counts", "looked at", "in common", "Jaccard"]
    rows = [[*head, *(["least", "most"] if several else []), ""]]
    for band in found["bands"]:
        counts = band["counts"]
        ends = [f"{band['least']:.1%}", f"{band['most']:.1%}"] if several else []
        cells = [
            f"{band['from']:,} to {band['to']:,}",
            f"{counts[1]:,} to {counts[0]:,}" if counts else "",
            f"{band['words']:,}",
            f"{band['share']:.1%}",
            f"{band['jaccard']:.3f}",
        ]
        rows.append([*cells, *ends, ""])
    click.echo("\n".join(columns.lines(rows, range(7))))


@click.command(cls=Command)
@click.argument("early", type=PATH)
@click.argument("late", type=PATH)
@click.argument("words", nargs=-1)
@click.option("-n", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--neighbours",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="Nearest words on each side.",
)
@click.option(
    "--min-count",
    type=click.IntRange(0),
    help=f"Only words counted so often on each side. [{_USUAL}, where both have counts]",
)
@options("restrict-vocab")
@click.option("--anchors", type=click.IntRange(1), help="Align by the first N common words. [all]")
@click.option(
    "--tsv", is_flag=True, help="Print tab-separated lines, all words unless -n is given."
)
@options("json")
@click.pass_context
def compare(
    ctx: click.Context,
    early: str,
    late: str,
    words: tuple[str, ...],
    n: int | None,
    neighbours: int,
    min_count: int | None,
    restrict_vocab: Limit,
    anchors: int | None,
    tsv: bool,
    as_json: bool,
) -> None:
    """Which words changed most from EARLY to LATE, as between two periods.

    The spaces are aligned (orthogonal Procrustes); the cosine says how near a word has stayed to
    itself. Its nearest words then and now stand beside it. With WORDS, only these. Rare words move
    by chance, so they are left out; compare two seeds of one text to see how far chance goes.

    \b
    Examples:
      w2v compare 1900.npz 2000.npz --min-count 200
      w2v compare 1900.npz 2000.npz cell broadcast
      w2v compare seed1.npz seed2.npz
    """
    from w2v.evaluation import change

    if tsv and as_json:
        raise click.UsageError("Give either --tsv or --json.")
    given = ctx.get_parameter_source("n") == click.core.ParameterSource.COMMANDLINE
    then, now = load_vectors(early), load_vectors(late)
    counted = then.counts is not None and now.counts is not None
    if min_count is None and counted:
        min_count = _USUAL
    if not counted and min_count is None and restrict_vocab is None:
        click.echo(
            "Warning: without counts, as .npz keeps them, rare words are not left out, which "
            "change most by chance. --restrict-vocab 10000 takes the first 10,000 on each side.",
            err=True,
        )
    found = change(
        then,
        now,
        None if tsv and not given else n,
        words or None,
        neighbours=neighbours,
        restrict_vocab=restrict_vocab,
        min_count=min_count,
        anchors=anchors,
    )
    if as_json:
        click.echo(json.dumps({"early": early, "late": late, **found}, indent=2))
    elif tsv:
        click.echo("\n".join(map("\t".join, _rows(found["changes"], " "))))
    else:
        order = "" if words else ", the most changed first"
        click.echo(
            f"{found['words']:,} words compared, median cosine {found['median']:.3f}{order}:\n"
        )
        click.echo("\n".join(_for_people(found["changes"])))


def _rows(changes: Sequence[dict[str, Any]], between: str) -> Iterator[list[str]]:
    yield [
        *("place", "word", "cosine"),
        *(f"{w}_{s}" for w in ("count", "nearest") for s in _SIDES),
    ]
    for one in changes:
        counts = ("" if one[side]["count"] is None else str(one[side]["count"]) for side in _SIDES)
        near = (between.join(one[side]["neighbours"]) for side in _SIDES)
        yield [str(one["place"]), one["word"], f"{one['cosine']:.4f}", *counts, *near]


def _for_people(changes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line on each word, and below it the words near it on each side."""
    _, *rows = _rows(changes, ", ")
    head = ["", "word", "cosine", "count then", "now", ""]
    cells = [[*row[:3], *(f"{int(c):,}" if c else "" for c in row[3:5]), ""] for row in rows]
    first, *lines = columns.lines([head, *cells], (0, 2, 3, 4))
    yield first
    for line, row in zip(lines, rows, strict=True):
        yield line
        yield from (
            columns.plain(f"    {name:4}  {near}")
            for name, near in zip(("then", "now"), row[5:], strict=True)
            if near
        )
