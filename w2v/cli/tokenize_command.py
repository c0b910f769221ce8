"""The command that makes tokens of raw text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from w2v.cli.base import PATH, Command
from w2v.cli.text_options import text_options

if TYPE_CHECKING:
    from w2v import Tokenizer


@click.command(cls=Command)
@click.argument("corpus", nargs=-1, required=True)
@click.option("-o", "--output", type=PATH, help="The tokens. [standard output]")
@text_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only warnings and errors.")
def tokenize(
    corpus: tuple[str, ...], output: str | None, tokenizer: Tokenizer, errors: str, quiet: bool
) -> None:
    """Make clean text of raw text: a sentence a line, single spaces between tokens.

    CORPUS is one or more files, folders or glob patterns, or - for standard input, as for
    `w2v train`, which takes the same options itself. The output is compressed if its name ends in
    .gz, .bz2, .xz or .zst.

    \b
    Examples:
      w2v tokenize novels/ -o novels.txt --tokens unicode --lower --split-sentences
      w2v tokenize corpus.txt -o clean.txt.gz --lower --strip-punctuation
      cat chinese.txt | w2v tokenize - --tokens characters > characters.txt
    """
    from w2v import files
    from w2v.cli.console import Console
    from w2v.text import STDIN, find_files, read_pieces

    names = find_files(corpus)
    target = sys.stdout.buffer if output in (None, STDIN) else output
    files.check_writing(target)
    files.check_distinct({"--output": None if output == STDIN else output}, names)
    with Console(quiet=quiet) as console:
        if STDIN in names:
            console.say("Reading standard input.")
        pieces = read_pieces(names, errors=errors, tokenizer=tokenizer, progress=console.reading)
        if tokenizer.is_plain:  # it was not asked
            pieces = tokenizer.lines(pieces)
        with files.writing(target) as handle:
            for piece in pieces:
                handle.write(piece.encode())
        if target is output:
            console.say(f"saved    {output}")
    sys.stdout.flush()
