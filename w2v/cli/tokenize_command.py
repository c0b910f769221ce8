"""The command that makes tokens of raw text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.table_options import corpus_source, say_table, table_options
from w2v.cli.text_options import text_options

if TYPE_CHECKING:
    from w2v import Tokenizer


@click.command(cls=Command)
@click.argument("corpus", nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, help="The tokens. [standard output]")
@text_options
@table_options
@QUIET
def tokenize(
    corpus: tuple[str, ...],
    output: str | None,
    tokenizer: Tokenizer,
    errors: str,
    quiet: bool,
    **options: Any,
) -> None:
    """Make clean text of raw text or of a table: a sentence a line, single spaces between tokens.

    CORPUS is one or more files, folders or glob patterns, or - for standard input, as for
    `w2v train`, which takes the same options itself. The output is compressed if its name ends in
    .gz, .bz2, .xz or .zst.

    \b
    Examples:
      w2v tokenize novels/ -o novels.txt --tokens unicode --lower --split-sentences
      w2v tokenize corpus.txt -o clean.txt.gz --lower --strip-punctuation
      w2v tokenize plays.csv -o plays.txt --group session --order time --token artist
      cat chinese.txt | w2v tokenize - --tokens characters > characters.txt
    """
    from w2v import files
    from w2v.cli.console import Console
    from w2v.text import STDIN, find_files, pieces_of

    names = find_files(corpus)
    source = corpus_source(names, options)
    target = sys.stdout.buffer if output in (None, STDIN) else output
    files.check_writing(target)
    if target is output:
        files.check_distinct({"--output": output}, names)
    else:
        files.check_stdout(names)
    with Console(quiet=quiet) as console:
        if STDIN in names:
            console.say("Reading standard input.")
        pieces = pieces_of(source, errors, tokenizer, console.reading)
        if tokenizer.is_plain:  # it was not asked
            pieces = tokenizer.lines(pieces)
        with files.writing(target) as handle:
            for piece in pieces:
                handle.write(piece.encode())
        say_table(console, source)
        if target is output:
            console.say(f"saved     {output}")
    sys.stdout.flush()
