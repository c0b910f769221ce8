"""The options that say how a table is sentences, which commands that read text have."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from w2v.cli.base import TEXT

if TYPE_CHECKING:
    from w2v.cli.console import Console
    from w2v.text import Table

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--group",
        type=TEXT,
        metavar="COLUMN",
        help="Of a table: rows with the same here make a sentence.",
    ),
    click.option("--order", type=TEXT, metavar="COLUMN", help="Sort the rows of a group by this."),
    click.option(
        "--token", type=TEXT, metavar="COLUMN", help="The word of each row, or a list of words."
    ),
    click.option(
        "--columns",
        type=TEXT,
        metavar="NAMES",
        help="Of a table: each row is a sentence of these cells; all, or names by comma.",
    ),
    click.option(
        "--text", type=TEXT, metavar="COLUMN", help="Of a table: each cell here is a line of text."
    ),
    click.option(
        "--separator",
        type=TEXT,
        metavar="CHARACTER",
        help="Between the cells of a text file. [as its first line shows: , ; | or tab]",
    ),
    click.option(
        "--no-header",
        is_flag=True,
        help="The first line of a text file is a row; the columns are 1, 2, ...",
    ),
)
_NAMES = ("group", "order", "token", "columns", "text")


weight_option = click.option(
    "--weight-column",
    "weight",
    type=TEXT,
    metavar="COLUMN",
    help="Of a table: how often each sentence counts, a number from 0.",
)
"""For commands that make a corpus: a text as it is has no weights."""


def table_options(command: _Function) -> _Function:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def corpus_source(
    names: list[str], options: dict[str, Any], folder: str | None = None
) -> list[Path] | Table:
    """The files as they are, or the table that the options say they are.

    Takes its options out of `options`. With `folder`, which is an encoded corpus, that.
    """
    from w2v.text import Table

    given = {name: options.pop(name) for name in _NAMES}
    separator, no_header = options.pop("separator"), options.pop("no_header")
    weight = options.pop("weight", None)
    asked = any(value is not None for value in given.values())
    others = {"--no-header": no_header or None, "--separator": separator}
    others["--weight-column"] = weight
    named = next((name for name, value in others.items() if value is not None), None)
    if folder and (asked or named):
        raise click.UsageError(
            f"{folder} is an encoded corpus, and no table; leave out the options of tables."
        )
    if folder:
        return [Path(folder)]
    if not asked:
        if named:
            raise click.UsageError(
                f"{named} is for tables; say which columns hold the words: --group and --token, "
                "--columns or --text."
            )
        return list(map(Path, names))
    columns = given["columns"]
    if columns is not None and columns != "all":
        given["columns"] = next(csv.reader([columns], skipinitialspace=True), None)
    return Table(names, **given, weight=weight, separator=separator, header=not no_header)


def say_table(console: Console, source: object) -> None:
    """What was read of a table, if it is one."""
    from w2v.text import Table

    if isinstance(source, Table):
        for line in source.stats.lines():
            console.say(line)
