"""Commands that ask vectors questions: one by one, or thousands from standard input."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from w2v.cli import batch
from w2v.cli import columns as table_columns
from w2v.cli.base import Command
from w2v.cli.query_options import counts_of, open_index, open_vectors, query_options

if TYPE_CHECKING:
    from w2v import Vectors
    from w2v.queries import Limit

_HEAD = 80  # characters of a query that are shown above its answers
_ROWS = 100  # of a distance matrix, made at a time


@click.command(cls=Command)
@query_options("n", "method", "backend", "index", "columns", "min-count")
@click.option("--vector", is_flag=True, help="Each query is a vector: its numbers.")
def nearest(
    vectors: str | Vectors,
    words: tuple[str, ...],
    n: int,
    method: str,
    vector: bool,
    backend: str,
    index_file: str | None,
    columns: tuple[str, ...],
    min_count: int | None,
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """Words with the largest cosine to each given word.

    A query may add and subtract words: king - man + woman. With - alone, queries are read from
    standard input, one a line.

    \b
    Examples:
      w2v nearest vectors.npz king queen -n 5
      w2v nearest vectors.npz king - man + woman
      w2v nearest vectors.npz love --min-count 100 --columns word,score,count
      w2v nearest vectors.npz - --json < queries.txt
      w2v nearest vectors.npz -- -word-with-a-dash
    """
    table = open_vectors(vectors, backend, min_count)
    search = _search(table, index_file, backend, n, method, restrict_vocab, min_count)

    def ask(queries: Sequence[Any]) -> list[Any]:
        return search([q[0] for q in queries], [q[1] for q in queries])

    if len(words) > 1 and not vector and {"+", "-"} & set(words):
        words = (" ".join(words),)
    parse = batch.parse_vector if vector else batch.parse_sum

    def show(asked: Any, found: list[tuple[str, float]]) -> batch.Shown:
        return _neighbours(table, asked, found, asked, columns)

    batch.run(table, words, parse, ask, show, as_json)


@click.command(cls=Command)
@query_options("n", "method", "backend", "index", "columns", "min-count")
def analogy(
    vectors: str | Vectors,
    words: tuple[str, ...],
    n: int,
    method: str,
    backend: str,
    index_file: str | None,
    columns: tuple[str, ...],
    min_count: int | None,
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """A is to B as C is to what?

    WORDS are three, or several times three; with - alone, they are read from standard input, three
    a line.

    \b
    Examples:
      w2v analogy vectors.npz man king woman
      w2v analogy vectors.npz - --method 3cosmul --json < questions.txt
    """
    asked_for = batch.groups(words, 3)  # wrong numbers are met before the file is read
    table = open_vectors(vectors, backend, min_count)
    search = _search(table, index_file, backend, n, method, restrict_vocab, min_count)

    def ask(queries: Sequence[tuple[str, ...]]) -> list[Any]:
        return search([[b, c] for _, b, c in queries], [a for a, _, _ in queries])

    def show(asked: tuple[str, ...], found: list[tuple[str, float]]) -> batch.Shown:
        head = "{} : {} :: {} : ?".format(*asked)
        return _neighbours(table, head, found, asked, columns)

    batch.run(table, asked_for, batch.parse_words(3), ask, show, as_json)


@click.command(cls=Command)
@query_options()
def similarity(
    vectors: str | Vectors,
    words: tuple[str, ...],
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """Cosine of two words, or of several pairs.

    With - alone, pairs are read from standard input, two words a line.

    \b
    Examples:
      w2v similarity vectors.npz king queen
      w2v similarity vectors.npz - < pairs.txt
    """
    asked_for = batch.groups(words, 2)  # wrong numbers are met before the file is read
    table = open_vectors(vectors)

    def ask(queries: Sequence[tuple[str, ...]]) -> list[Any]:
        return [table.similarity(a, b, restrict_vocab) for a, b in queries]

    def show(asked: tuple[str, ...], cosine: float) -> batch.Shown:
        return (*asked, f"{cosine:7.4f}"), {"query": asked, "cosine": cosine}

    batch.run(table, asked_for, batch.parse_words(2), ask, show, as_json)


@click.command(cls=Command)
@query_options("backend", "min-count")
def rank(
    vectors: str | Vectors,
    words: tuple[str, ...],
    backend: str,
    min_count: int | None,
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """Place of B among the words nearest to A, 1 being the nearest.

    WORDS are two, or several pairs; with - alone, pairs are read from standard input, two words a
    line. The cosine stands beside it.

    \b
    Examples:
      w2v rank vectors.npz king queen
      w2v rank vectors.npz king queen --restrict-vocab 20000
    """
    asked_for = batch.groups(words, 2)  # wrong numbers are met before the file is read
    table = open_vectors(vectors, backend, min_count)

    def ask(queries: Sequence[tuple[str, ...]]) -> list[Any]:
        pairs = [(a, b) for a, b in queries]
        ranks = table.rank_batch(pairs, restrict_vocab, min_count=min_count)
        return [(rank, table.similarity(a, b)) for rank, (a, b) in zip(ranks, queries, strict=True)]

    def show(asked: tuple[str, ...], found: tuple[int, float]) -> batch.Shown:
        line = (*asked, f"rank {found[0]:>7,}", f"cosine {found[1]:7.4f}")
        return line, {"query": asked, "rank": found[0], "cosine": found[1]}

    batch.run(table, asked_for, batch.parse_words(2), ask, show, as_json)


@click.command(cls=Command)
@query_options()
def odd(
    vectors: str | Vectors,
    words: tuple[str, ...],
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """Which word does not fit with the others?

    The one whose cosine with the mean of all is the smallest. With - alone, groups are read from
    standard input, one a line.

    \b
    Examples:
      w2v odd vectors.npz breakfast cereal dinner lunch
      w2v odd vectors.npz - < groups.txt
    """
    table = open_vectors(vectors)

    def ask(queries: Sequence[tuple[str, ...]]) -> list[Any]:
        return [table.doesnt_match(group, restrict_vocab) for group in queries]

    def show(asked: tuple[str, ...], found: str) -> batch.Shown:
        return (found, "of " + ", ".join(map(table_columns.cut, asked))), {
            "query": asked,
            "odd": found,
        }

    batch.run(table, batch.groups(words, len(words)), batch.parse_words(), ask, show, as_json)


@click.command(cls=Command)
@query_options()
def distances(
    vectors: str | Vectors,
    words: tuple[str, ...],
    restrict_vocab: Limit,
    as_json: bool,
) -> None:
    """Distance, 1 minus the cosine, of each of the words from each.

    With - alone, the words are read from standard input.

    \b
    Examples:
      w2v distances vectors.npz king queen man woman
      w2v distances vectors.npz - --json < words.txt
    """
    table = open_vectors(vectors)
    if words == (batch.STDIN,):
        words = tuple(
            word for _, line in batch.read_lines() for word in batch.words_of(table, line)
        )
    if not words:
        raise click.ClickException("Standard input holds no word; expected the words to compare.")
    blocks = (
        table.distance_matrix(words[at : at + _ROWS], words, restrict_vocab)
        for at in range(0, len(words), _ROWS)
    )
    rows = itertools.chain.from_iterable(blocks)
    rows = itertools.chain([next(rows)], rows)  # words without a vector are met before printing
    if as_json:
        click.echo(f'{{"words": {json.dumps(words)},\n"distances": [')
        for last, row in zip([*[False] * (len(words) - 1), True], rows, strict=True):
            click.echo(json.dumps([round(x, 6) for x in row.tolist()]) + ("]}" if last else ","))
        return
    from wcwidth import ljust, rjust, width

    shown = [table_columns.cut(word) for word in words]
    sizes = [max(min(width(word), table_columns.limit()), 6) for word in shown]
    first = table_columns.size(shown)
    head = (rjust(word, size) for word, size in zip(shown, sizes, strict=True))
    click.echo("  ".join([" " * first, *head]))
    for word, row in zip(shown, rows, strict=True):
        cells = (f"{x:{size}.4f}" for x, size in zip(row.tolist(), sizes, strict=True))
        click.echo("  ".join([ljust(word, first), *cells]))


def _search(
    table: Vectors,
    index_file: str | None,
    backend: str,
    n: int,
    method: str,
    restrict_vocab: Limit,
    min_count: int | None,
) -> Callable[[Sequence[Any], Sequence[Any]], list[Any]]:
    """From what counts for and against each query to its answers: by an index, or among all."""
    if index_file is None:
        return lambda plus, minus: table.most_similar_batch(
            plus, minus, n, restrict_vocab, method, min_count=min_count
        )
    index = open_index(index_file, table, restrict_vocab, min_count, backend, method)
    return lambda plus, minus: index.most_similar_batch(plus, minus, n)


def _neighbours(
    table: Vectors,
    head: str,
    found: list[tuple[str, float]],
    asked: Any,
    columns: tuple[str, ...],
) -> batch.Shown:
    counts = counts_of(table, (word for word, _ in found))
    head = table_columns.plain(head if len(head) <= _HEAD else f"{head[:_HEAD]}...")
    lines = (f"  {line}" for line in table_columns.answers(found, columns, counts))
    answers = table_columns.records(found, counts)
    return "\n".join([head, *lines]), {"query": asked, "answers": answers}
