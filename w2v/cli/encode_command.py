"""The command that makes an encoded corpus of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.table_options import corpus_source, table_options, weight_option
from w2v.cli.text_options import text_options
from w2v.cli.training_options import option

if TYPE_CHECKING:
    from w2v import Corpus, Tokenizer
    from w2v.cli.console import Console


@click.command(cls=Command)
@click.argument("corpus", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=PATH, help="The folder, which is made.")
@option("--min-count", int, "Drop words seen fewer times; 1 keeps all.")
@option("--max-vocab", int, "Keep only this many of the most frequent words. [default: no limit]")
@text_options
@table_options
@weight_option
@click.option(
    "--cluster",
    metavar="auto | ray://HOST:PORT | local:N",
    help="Split the text on a Ray cluster, whose machines see the same files.",
)
@QUIET
def encode(
    corpus: tuple[str, ...],
    output: str,
    min_count: int,
    max_vocab: int | None,
    tokenizer: Tokenizer,
    errors: str,
    cluster: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Read a text once, into a folder to train on as often as you like.

    CORPUS is as for `w2v train`, which takes the folder in place of text, begins at once, and gives
    the same vectors. There it may keep fewer words (--min-count, --max-vocab), not more. NumPy
    opens the folder too: docs/encoded-corpora.md says what is in it.

    \b
    Examples:
      w2v encode corpus.txt -o corpus.w2v
      w2v encode novels/ -o novels.w2v --tokens unicode --lower --split-sentences --min-count 1
      w2v encode plays.parquet -o plays.w2v --group session --order time --token artist
      w2v encode crawl/ -o /shared/crawl.w2v --cluster auto
      w2v train corpus.w2v -o vectors.bin --dim 300
    """
    from w2v import encode
    from w2v.cli.console import Console
    from w2v.cli.notes import notes
    from w2v.cluster import joined
    from w2v.text import STDIN, find_corpus

    names, folder = find_corpus(corpus)
    source = corpus_source(names, options, folder)
    with Console(quiet=quiet) as console, joined(cluster, None) as joint:
        if STDIN in names:
            console.say("Reading standard input.")
        made = encode(
            source,
            output,
            min_count=min_count,
            max_vocab=max_vocab,
            errors=errors,
            tokenizer=tokenizer,
            progress=console.reading,
            elsewhere=joint.readers() if joint else None,
        )
        console.read(made)
        for note in notes(made, begins_anew=False):
            console.say(f"note      {note}")
        console.saved_corpus(made)


def read_text(source: Any, folder: str | None, console: Console, **options: Any) -> Corpus:
    """A text, read with `options` of `read_corpus`, and kept in a folder if one is named."""
    from w2v.text import drafting, read_corpus

    if folder is None:
        return read_corpus(source, **options)
    with drafting(folder) as draft:
        corpus = read_corpus(source, draft=draft, **options)
    console.saved_corpus(corpus)
    return corpus
