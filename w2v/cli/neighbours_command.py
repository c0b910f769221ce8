"""The commands that write the neighbours of all words, and an index of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.query_options import open_index, open_vectors, options
from w2v.errors import counted
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Vectors
    from w2v.cli.console import Console
    from w2v.queries import Limit, Neighbours

_ROW_BYTES = 3  # that a word and its neighbour take, at the least: compressed


@click.command(cls=Command)
@options("vectors")
@click.option(
    "-o", "--output", required=True, type=PATH, help="File: .parquet, .tsv or .jsonl, or .tsv.gz."
)
@options("n")
@click.option(
    "--words",
    "words_file",
    type=PATH,
    help="Neighbours of the words of this file only, one a line. [of all that are answered with]",
)
@options("restrict-vocab", "min-count")
@click.option("--workers", type=click.IntRange(min=1), help="Threads. [all cores]")
@options("backend", "index")
@QUIET
def neighbours(
    vectors: str,
    output: str,
    n: int,
    words_file: str | None,
    restrict_vocab: Limit,
    min_count: int | None,
    workers: int | None,
    backend: str,
    index_file: str | None,
    quiet: bool,
) -> None:
    """Write the nearest words of all words to a file.

    A row of OUTPUT is a word, the rank of a neighbour from 1, that neighbour, and the cosine:
    columns word, rank, neighbour, cosine. The name says the format: .parquet, .tsv or .jsonl, the
    last two also compressed (.gz, .bz2, .xz, .zst).

    \b
    Examples:
      w2v neighbours vectors.npz -n 50 -o all.parquet
      w2v neighbours vectors.npz --min-count 100 -o common.tsv.gz
      w2v neighbours vectors.npz --words queries.txt -o some.jsonl
      w2v neighbours vectors.npz --index vectors.faiss -o all.parquet
    """
    from w2v.cli.console import Console
    from w2v.files import check_distinct, check_room
    from w2v.formats import check_neighbours_path, write_neighbours

    check_neighbours_path(output)
    check_distinct({"--output": output}, filter(None, [vectors, words_file]))
    table = open_vectors(vectors, backend, min_count)
    words, unknown = (None, []) if words_file is None else _known(table, words_file)
    with Console(quiet=quiet) as console:
        if index_file is not None:
            index = open_index(index_file, table, restrict_vocab, min_count, backend)
            found, size = index.neighbours(n, words), len(index)
        else:
            found = table.neighbours(n, words, restrict_vocab, min_count=min_count, workers=workers)
            size = len(table.candidates(restrict_vocab, min_count))
        asked = size if words is None else len(words)
        check_room({output: _ROW_BYTES * asked * min(n, size - 1)})
        told = _Told(console, found, asked)
        rows = write_neighbours(output, table.words, told)
        told.end(output, rows)
    if unknown:
        from w2v.queries import unknown_words

        click.echo(f"Error: {shown(unknown_words(unknown, table.words))}", err=True)
        click.get_current_context().exit(1)


@click.command(cls=Command)
@options("vectors")
@click.option("-o", "--output", required=True, type=PATH, help="File of the index.")
@options("restrict-vocab", "min-count")
@click.option(
    "--links", default=16, show_default=True, type=click.IntRange(2), help="Links of a word."
)
@click.option(
    "--effort",
    default=128,
    show_default=True,
    type=click.IntRange(1),
    help="Words looked at to place one; more take longer and are found better.",
)
@QUIET
def index(
    vectors: str,
    output: str,
    restrict_vocab: Limit,
    min_count: int | None,
    links: int,
    effort: int,
    quiet: bool,
) -> None:
    """Write an index that finds most of the nearest words without a look at all of them.

    It pays from about a million words, or for many queries. OUTPUT is a file of faiss, an HNSW
    graph whose ids are the rows of VECTORS. Needs pip install 'w2v[index]'.

    \b
    Examples:
      w2v index vectors.npz -o vectors.faiss --min-count 20
      w2v nearest vectors.npz king queen --index vectors.faiss
    """
    from w2v import NeighbourIndex
    from w2v.cli import results
    from w2v.cli.console import Console
    from w2v.files import check_distinct, check_room, check_target

    check_target(output)
    check_distinct({"--output": output}, [vectors])
    table = open_vectors(vectors, None, min_count)
    rows = len(table.candidates(restrict_vocab, min_count))
    check_room({output: 4 * table.dim * rows})  # it holds the vectors, too
    with Console(quiet=quiet) as console:
        began = time.perf_counter()
        found = NeighbourIndex(
            table,
            restrict_vocab,
            min_count=min_count,
            links=links,
            effort=effort,
            progress=lambda done, total: console.searching(
                done, total, time.perf_counter() - began
            ),
        )
        lost = results.save([results.Result(output, found.save)])
        seconds = time.perf_counter() - began
        if not lost:
            console.saved(output, f"index of {counted(len(found), 'word')} in {seconds:.1f} s")
    results.check_lost(lost)


class _Told:
    """Blocks of neighbours, and how far that is."""

    def __init__(self, console: Console, blocks: Iterator[Neighbours], total: int) -> None:
        self._console, self._blocks, self._total = console, blocks, total
        self._began = time.perf_counter()
        self._done = self._none = 0

    def __iter__(self) -> Iterator[Neighbours]:
        for block in self._blocks:
            yield block
            self._done += len(block.rows)
            self._none += int((block.ids < 0).all(axis=1).sum())
            seconds = time.perf_counter() - self._began
            self._console.searching(self._done, self._total, seconds)

    def end(self, output: str, rows: int) -> None:
        seconds = time.perf_counter() - self._began
        self._console.saved(
            output,
            f"{counted(rows, 'row')}, neighbours of {counted(self._done - self._none, 'word')} in "
            f"{seconds:.1f} s, {self._done / max(seconds, 1e-9):,.0f} words/s",
        )
        if self._none:
            none = counted(self._none, "word")
            self._console.say(f"left out  {none} without a direction or a neighbour")


def _known(table: Vectors, path: str) -> tuple[list[str], list[str]]:
    """Words of a file, one a line, each once: those with a vector, and those without."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise click.ClickException(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{path} is not UTF-8 text (byte {error.start:,}); expected a word a line."
        ) from error
    words = dict.fromkeys(filter(None, lines))
    if not words:
        raise click.ClickException(f"{os.path.basename(path)} holds no word; expected one a line.")
    known = [word for word in words if word in table]
    return known, [word for word in words if word not in table]
