"""Commands that look at vector files and change their format."""

from __future__ import annotations

import json

import click

from w2v.cli.base import JSON, PATH, QUIET, TEXT, Command
from w2v.errors import counted

_ERRORS = click.option(
    "--errors",
    type=click.Choice(["strict", "replace", "ignore"]),
    default="strict",
    show_default=True,
    help="At words that are not UTF-8: stop, put U+FFFD for what is not, or leave it out.",
)
_FROM = click.option(
    "--from",
    "read_as",
    type=click.Choice(["text", "binary", "glove", "npz", "safetensors", "gensim", "fasttext"]),
    help="Format of VECTORS. [what its content says]",
)


@click.command(cls=Command)
@click.argument("vectors", type=PATH)
@click.argument("output", type=PATH)
@click.option(
    "--to",
    type=click.Choice(["text", "binary", "glove", "npz", "safetensors", "projector"]),
    help="Format of OUTPUT. [what its extension says]",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16", "int8"]),
    default="float32",
    show_default=True,
    help="Of the numbers in .npz and .safetensors: half the size, or a quarter.",
)
@_FROM
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N words. [default: all]")
@click.option(
    "--replace-spaces",
    type=TEXT,
    metavar="TEXT",
    help="Put this for spaces, tabs and line breaks in words, which text and binary cannot hold.",
)
@_ERRORS
@QUIET
def convert(
    vectors: str,
    output: str,
    to: str | None,
    dtype: str,
    read_as: str | None,
    limit: int | None,
    replace_spaces: str | None,
    errors: str,
    quiet: bool,
) -> None:
    """Write a vector file in another format.

    Read are word2vec text and binary, fastText .vec and .bin, GloVe, npz, safetensors and what
    gensim has saved, by their content, also compressed. The extension of OUTPUT names its format:
    .txt or .vec (word2vec text), .bin (word2vec binary), each also with .gz, .bz2, .xz or .zst,
    .npz, .safetensors, or .tsv (TensorBoard's projector: a second file NAME.metadata.tsv has the
    words).

    \b
    Examples:
      w2v convert glove.6B.300d.txt glove.npz
      w2v convert vectors.bin vectors.vec.gz
      w2v convert model.kv vectors.npz
      w2v convert vectors.bin small.npz --dtype int8
      w2v convert vectors.bin cats.tsv --to projector --limit 10000
    """
    from w2v import formats
    from w2v.cli.console import Console

    with Console(quiet=quiet) as console:
        table = formats.convert(
            vectors,
            output,
            format=to,
            dtype=dtype,
            read_as=read_as,
            limit=limit,
            replace_spaces=replace_spaces,
            errors=errors,
            on_read=console.reading,
            on_write=console.saving,
        )
        names = " and ".join(formats.output_paths(output, to))
        rows, dim = table.matrix.shape
        console.saved(names, f"{counted(rows, 'word')}, {counted(dim, 'dimension')}")
        if table.counts is not None and not formats.keeps_counts(output, to):
            console.say("counts    left out; .npz and .safetensors would keep them")


@click.command(cls=Command)
@click.argument("vectors", type=PATH)
@click.option(
    "--words",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="First words to show.",
)
@_FROM
@_ERRORS
@JSON
def info(vectors: str, words: int, read_as: str | None, errors: str, as_json: bool) -> None:
    """What is in a vector file: format, shape, counts, norms, first words.

    Of a folder that `w2v encode` has made: what was read, and what was left out. All of it is
    read, so that what is cut short is refused, and what is damaged wherever there is a checksum:
    in such a folder, in npz and in what is compressed. Of a folder of train --checkpoint: which run
    it is, how far, and how to go on.

    \b
    Examples:
      w2v info vectors.bin
      w2v info corpus.w2v
      w2v info run/
    """
    from w2v import formats
    from w2v.cli.console import Console
    from w2v.terminal import shown
    from w2v.text import describe_corpus, is_encoded, name_corpus
    from w2v.training import describe_run, is_run, name_run

    if is_encoded(vectors):
        if read_as:
            raise click.UsageError(f"{vectors} is an encoded corpus; leave out --from.")
        about = describe_corpus(vectors, words)
        click.echo(json.dumps(about, indent=2) if as_json else name_corpus(about))
        return
    if is_run(vectors):
        about = describe_run(vectors)
        lines = [json.dumps(about, indent=2)] if as_json else map(shown, name_run(about))
        click.echo("\n".join(lines))
        return
    with Console() as console:
        reading = console.reading
        table = formats.read_vectors(vectors, format=read_as, errors=errors, progress=reading)
        about = formats.describe(table, words)
    click.echo(json.dumps(about, indent=2) if as_json else formats.format_description(about))
