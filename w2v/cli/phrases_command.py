"""The command that joins phrases."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, TEXT, Command
from w2v.cli.table_options import corpus_source, say_table, table_options
from w2v.cli.text_options import text_options
from w2v.errors import OutputError, counted
from w2v.phrases import SCORINGS

if TYPE_CHECKING:
    from w2v import Phrases, Tokenizer
    from w2v.phrases import PassStats


@click.command(cls=Command)
@click.argument("corpus", nargs=-1)
@click.option("-train", "train", metavar="FILE", help="As CORPUS, in the words of word2phrase.")
@click.option(
    "-o",
    "--output",
    "-output",
    type=PATH,
    help="The text with its phrases. [default: standard output]",
)
@click.option(
    "--score",
    "scoring",
    type=click.Choice(SCORINGS),
    default="word2phrase",
    show_default=True,
    help="How pairs are scored; see docs/phrases.md for the formulas.",
)
@click.option(
    "--threshold",
    "-threshold",
    type=float,
    multiple=True,
    help="Pairs that score more are phrases; once, or once for each pass. "
    "[default: 100; gensim 10; npmi 0.5]",
)
@click.option(
    "--min-count",
    "-min-count",
    type=int,
    default=5,
    show_default=True,
    help="Rarer pairs are no phrases.",
)
@click.option(
    "--passes",
    type=int,
    default=1,
    show_default=True,
    help="How many times to look for phrases and join them.",
)
@click.option(
    "--delimiter", type=TEXT, default="_", show_default=True, help="Between words of a phrase."
)
@click.option(
    "--connectors",
    type=TEXT,
    default="",
    metavar="WORDS",
    help="Words that may stand inside a phrase, such as 'of the and'. [default: none]",
)
@click.option("--save", type=PATH, help="Write the phrases and their scores as a table.")
@click.option("--load", type=PATH, help="Join the phrases of such a table; look for no others.")
@text_options
@table_options
@click.option("-debug", type=int, default=2, show_default=True, help="With 0, as --quiet.")
@QUIET
@click.pass_context
def phrases(
    ctx: click.Context,
    /,
    corpus: tuple[str, ...],
    train: str | None,
    output: str | None,
    save: str | None,
    load: str | None,
    tokenizer: Tokenizer,
    errors: str,
    debug: int,
    quiet: bool,
    **options: Any,
) -> None:
    """Join words that belong together: new york to new_york.

    CORPUS is one or more files, folders or glob patterns, or - for standard input, as for
    `w2v train`; a table with the options of one. The text comes out with its phrases joined, a
    line for each line. Takes the flags of word2phrase too (-train -output -min-count -threshold
    -debug).

    \b
    Examples:
      w2v phrases corpus.txt -o phrases.txt --passes 2 --threshold 200 --threshold 100
      w2v phrases -train corpus.txt -output phrases.txt -threshold 200 -debug 2
      cat corpus.txt | w2v phrases - --score npmi --save phrases.tsv > phrases.txt
      cat more.txt | w2v phrases - --load phrases.tsv > more-phrases.txt
    """
    from w2v import Phrases, files
    from w2v.cli.console import Console
    from w2v.text import STDIN, find_files

    sources = [*corpus, *filter(None, [train])]
    if not sources:
        raise click.UsageError("No text was given. Name a file, or - for standard input.", ctx)
    names = find_files(sources)
    output = None if output == STDIN else output  # - is standard output here
    if load:
        _refuse_beside_load(ctx)
    files.check_writing(output)
    if save:
        files.check_target(save)
    files.check_distinct({"--output": output, "--save": save}, [*names, *filter(None, [load])])
    if output is None:
        files.check_stdout(names)
    source = corpus_source(names, options)
    model = Phrases.load(load) if load else Phrases(**_library_names(options))
    target = output or sys.stdout.buffer
    with Console(quiet=quiet or debug == 0) as console:
        if STDIN in names:
            console.say("Reading standard input.")
        reading: dict[str, Any] = {"errors": errors, "tokenizer": tokenizer}
        reading["progress"] = console.reading
        if load:
            model.apply(source, target, **reading)
        else:
            reading["on_pass"] = lambda stats: console.say(_summary(stats))
            _find(model, source, target, save, reading)
        say_table(console, source)
        for path in filter(None, (output, save)):
            console.say(f"saved     {path}")
    sys.stdout.flush()


def _find(
    model: Phrases, source: Any, target: Any, save: str | None, reading: dict[str, Any]
) -> None:
    """Find phrases, write the text, and save what was found, also where the text failed."""
    from w2v import files
    from w2v.cli import results

    failed: OSError | OutputError | None = None
    lost: dict[str, str] = {}
    with files.together():
        try:
            model.fit(source, output=target, **reading)
        except (OSError, OutputError) as error:
            if not model.stats:
                raise
            failed = error
        if save:
            lost = results.save([results.Result(save, model.save)])
    if failed is None:
        results.check_lost(lost)
        return
    if save or not isinstance(failed, OutputError):
        raise failed
    beside = os.path.join(os.path.dirname(target), "phrases.tsv")
    if kept := results.rescue(results.Result(beside, model.save)):
        raise OutputError(f"{failed} The phrases are in {kept}, for --load.") from failed
    raise failed


def _library_names(options: dict[str, Any]) -> dict[str, Any]:
    threshold = options["threshold"]
    given = threshold[0] if len(threshold) == 1 else list(threshold) or None
    connectors = options.pop("connectors").split()
    return {**options, "threshold": given, "connector_words": connectors}


def _refuse_beside_load(ctx: click.Context) -> None:
    """What decides which phrases are found has no meaning once they are given."""
    default = click.core.ParameterSource.DEFAULT
    for parameter in ctx.command.params:
        name = parameter.name or ""
        decides = name in ("scoring", "threshold", "min_count", "passes", "delimiter", "connectors")
        if (decides or name == "save") and ctx.get_parameter_source(name) != default:
            raise click.UsageError(
                f"{parameter.opts[0]} has no meaning beside --load, which takes the phrases from "
                "a table; leave one of them out.",
                ctx,
            )


def _summary(stats: PassStats) -> str:
    return (
        f"found     {counted(stats.phrases, 'phrase')} among {counted(stats.pairs, 'pair')} of "
        f"words in a text of {counted(stats.tokens, 'word')}, joined {stats.joined:,} times, "
        f"in {stats.seconds:.1f} s"
    )
