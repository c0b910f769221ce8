"""Queries of the command line: read, asked a chunk at a time, printed in order, failed singly."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from w2v.cli import columns
from w2v.cli.base import Command
from w2v.errors import QueryError, W2VError
from w2v.queries import unknown_words
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Vectors

STDIN = "-"
Shown = tuple[str | Sequence[str], dict[str, Any]]
"""An answer as columns, or as whole lines, for people; and as an object for programs."""
Parse = Callable[["Vectors", Any], tuple[Any, Any]]
"""From a query to what it is called and what is asked; a line of standard input is a str."""

_LONGEST_LINE = 1 << 24  # characters
_CHUNK = 1000  # queries answered together
_SUGGESTED = 10  # unknown words of a batch that get suggestions, which take a while each


def run(
    table: Vectors,
    queries: Sequence[Any],
    parse: Parse,
    ask: Callable[[Sequence[Any]], list[Any]],
    show: Callable[[Any, Any], Shown],
    as_json: bool,
) -> None:
    """Ask and print; a query that fails does not stop the others, but the exit code is 1."""
    numbered: Iterator[tuple[int, Any]] = ((0, query) for query in queries)
    if tuple(queries) == (STDIN,):
        numbered = read_lines()
    failed, separator = 0, "["
    while chunk := list(itertools.islice(numbered, _CHUNK)):
        parsed = [_attempt(parse, table, query) for _, query in chunk]
        found = iter(_answers(ask, [p[1] for p in parsed if not isinstance(p, W2VError)]))
        lines: list[str | Sequence[str]] = []
        for (number, query), asked in zip(chunk, parsed, strict=True):
            name, answer = (
                (query, asked) if isinstance(asked, W2VError) else (asked[0], next(found))
            )
            if isinstance(answer, W2VError):
                message = _message(answer, table, suggest=failed < _SUGGESTED)
                where = f" in line {number}" if number else ""
                click.echo(f"Error{where}: {shown(message)}", err=True)
                record = {"query": query, "error": message}
                failed += 1
            else:
                line, record = show(name, answer)
                lines.append(line)
            if as_json:
                click.echo(f"{separator}{json.dumps(record)}", nl=False)
                separator = ",\n"
        if not as_json:
            _print(lines)
    if as_json:
        click.echo("]" if separator != "[" else "[]")
    if failed:
        click.get_current_context().exit(1)


def read_lines() -> Iterator[tuple[int, str]]:
    """Numbered lines of standard input that are not blank, without white space around them."""
    reader = sys.stdin
    if reader is None:
        raise click.ClickException("Standard input is closed; queries were to be read from it.")
    if hasattr(reader, "reconfigure"):
        reader.reconfigure(encoding="utf-8", errors="surrogateescape")
    lines = iter(partial(reader.readline, _LONGEST_LINE), "")
    for number, line in enumerate(lines, 1):
        if len(line) == _LONGEST_LINE:
            raise click.ClickException(
                f"Standard input, line {number}: more than {_LONGEST_LINE:,} characters without a "
                "line break; queries were to be read from it, one a line."
            )
        if stripped := line.strip().lstrip("\ufeff"):
            yield number, stripped


def groups(words: tuple[str, ...], size: int) -> Sequence[tuple[str, ...] | str]:
    """Words of the command line, so many a query, or standard input."""
    if words == (STDIN,):
        return words
    if len(words) % size:
        raise click.UsageError(
            f"Expected {size} words, or several times {size}, got {len(words)}: {' '.join(words)}."
        )
    return [words[at : at + size] for at in range(0, len(words), size)]


def parse_words(size: int | None = None) -> Parse:
    """Parser of queries of so many words."""

    def parse(table: Vectors, query: str | tuple[str, ...]) -> tuple[Any, Any]:
        words = words_of(table, query) if isinstance(query, str) else query
        if size is not None and len(words) != size:
            raise QueryError(f"Expected {size} words, got {len(words)}: {' '.join(words)[:60]!r}.")
        _check_known(table, words)
        return words, words

    return parse


def words_of(table: Vectors, line: str) -> tuple[str, ...]:
    """The words of a line; those of some vector files hold spaces, and stand alone or by tabs."""
    if line in table:
        return (line,)
    return tuple(word.strip() for word in line.split("\t")) if "\t" in line else tuple(line.split())


def parse_sum(table: Vectors, query: str) -> tuple[Any, Any]:
    """A word, or several added and subtracted: ``king - man + woman``, ``new york``."""
    if query in table:
        return query, ([query], [])
    sides: dict[str, list[str]] = {"+": [], "-": []}
    sign = ""
    for part in query.split():
        if not sign and part in sides:
            sign = part
        else:
            sides[sign or "+"].append(part)
            sign = ""
    if sign:
        raise QueryError(f"No word follows the {sign!r} at the end of {query[:60]!r}.")
    _check_known(table, [*sides["+"], *sides["-"]] or [query])
    return query, (sides["+"], sides["-"])


def parse_vector(table: Vectors, query: str) -> tuple[Any, Any]:
    """A vector: its numbers, between spaces or commas."""
    import numpy as np

    fields = query.replace(",", " ").split()
    if any("," in part.strip(",") for part in query.split()) and len(query.split()) > 1:
        raise QueryError(
            f"{query[:60]!r} has commas within numbers or without a space. Write numbers with "
            "points, as 0.5, and either spaces or commas between them."
        )
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which is refused below
            vector = np.array(fields, dtype=np.float64).astype(np.float32)
    except ValueError as error:
        raise QueryError(f"Expected the numbers of a vector, got {query[:60]!r}.") from error
    if len(vector) != table.dim or not np.isfinite(vector).all():
        raise QueryError(
            f"Expected a vector of {table.dim} finite numbers, got {len(vector)}: {query[:60]!r}."
        )
    return query, ([vector], [])


class _UnknownError(W2VError):
    """Words that have no vector, as `args`; suggestions wait until it is known how many."""


def _check_known(table: Vectors, words: Iterable[str]) -> None:
    if unknown := [word for word in dict.fromkeys(words) if word not in table]:
        raise _UnknownError(*unknown)


def _message(error: W2VError, table: Vectors, *, suggest: bool) -> str:
    if not isinstance(error, _UnknownError):
        command = click.get_current_context().command
        assert isinstance(command, Command)
        return command.in_own_words(str(error))
    message = unknown_words(error.args, table.words, suggest=suggest)
    for word in error.args:
        parts = re.split(r"([+-])", word)
        if len(parts) > 1 and all(part in table for part in parts[::2]):
            message += f" To add and subtract words, put spaces between: {' '.join(parts)}."
    return message


def _attempt(parse: Parse, table: Vectors, query: Any) -> tuple[Any, Any] | W2VError:
    try:
        return parse(table, query)
    except W2VError as error:
        return error


def _answers(ask: Callable[[Sequence[Any]], list[Any]], asked: list[Any]) -> list[Any]:
    """Answers, or an error in the place of each question without; checks come before the work."""
    try:
        return ask(asked)
    except QueryError as error:
        if len(asked) == 1:
            return [error]
        half = len(asked) // 2
        return _answers(ask, asked[:half]) + _answers(ask, asked[half:])


def _print(lines: list[str | Sequence[str]]) -> None:
    """Whole lines as they are; rows of cells in columns."""
    rows = iter(columns.lines([line for line in lines if not isinstance(line, str)]))
    for line in lines:
        click.echo(line if isinstance(line, str) else next(rows))
