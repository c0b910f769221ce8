"""Commands that train."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from w2v.cli.base import PATH, QUIET, Command
from w2v.cli.columns import plain
from w2v.cli.encode_command import read_text
from w2v.cli.resuming import CLUSTER, EVERY, begun
from w2v.cli.table_options import corpus_source, table_options, weight_option
from w2v.cli.text_options import text_options
from w2v.cli.training_options import training_options

if TYPE_CHECKING:
    from w2v import Corpus, Tokenizer, Vectors, Word2Vec
    from w2v.cli.console import Console
    from w2v.training import Pretrained

_LONG_WORD = 6  # letters
_FREQUENT = 2500  # words that the demo looks for neighbours among
_AUSTEN_WORDS = (
    *("elizabeth", "darcy", "father", "carriage", "morning", "three", "letter", "walk"),
    *("handsome", "dinner", "bath", "dance", "happy", "rich", "pride"),
)


@click.command(cls=Command)
@click.argument("corpus", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=PATH, help="Vectors; see w2v convert --help.")
@training_options
@table_options
@weight_option
@click.option("--vocab", type=PATH, help="Take words and counts from this file.")
@click.option("--save-vocab", type=PATH, help="Write words and counts: lines 'word count'.")
@text_options
@click.option("--pretrained", type=PATH, help="Begin with the vectors of this file, where known.")
@click.option("--continue", "model_file", type=PATH, help="Go on training a --save-model file.")
@click.option("--freeze", type=PATH, help="Do not change the vectors of these words, one a line.")
@click.option(
    "--freeze-known",
    is_flag=True,
    help="Do not change the vectors that --pretrained or --continue brings.",
)
@click.option("--save-corpus", type=PATH, help="Keep the encoded text in a folder; see w2v encode.")
@click.option("--save-model", type=PATH, help="Write the whole model, to go on with later (.npz).")
@click.option("--report", type=PATH, help="Write what was done, as JSON.")
@click.option(
    "--checkpoint", type=PATH, metavar="FOLDER", help="Keep what `w2v resume` needs to go on."
)
@EVERY
@CLUSTER
@QUIET
@click.option("-v", "--verbose", is_flag=True, help="Say more: learning rate, tokens kept, steps.")
def train(
    corpus: tuple[str, ...],
    output: str,
    vocab: str | None,
    save_vocab: str | None,
    tokenizer: Tokenizer,
    errors: str,
    pretrained: str | None,
    model_file: str | None,
    freeze: str | None,
    freeze_known: bool,
    save_corpus: str | None,
    save_model: str | None,
    report: str | None,
    checkpoint: str | None,
    checkpoint_every: str | None,
    cluster: str | None,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Train word vectors on text files, or on tables.

    CORPUS is one or more files, folders or glob patterns, or - for standard input: UTF-8, one
    sentence a line, words between white space; gzip, bzip2, xz and zstd are recognised. CSV,
    Parquet and Arrow files need --group and --token, --columns, or --text; see docs/tables.md. Or
    it is a folder that `w2v encode` has made.

    \b
    Examples:
      w2v train corpus.txt -o vectors.bin
      w2v train novels/ -o vectors.npz --tokens unicode --lower --split-sentences
      w2v train texts/ more.txt.gz -o vectors.vec --model cbow --dim 200 --window 8
      zcat news.gz | w2v train - -o vectors.bin --loss hs --report run.json
      w2v train clicks.parquet -o vectors.npz --group session_id --order time --token item_id
      w2v train corpus.txt -o vectors.bin --pretrained known.bin --freeze-known
      w2v train corpus.w2v -o vectors.bin --dim 300
      w2v train corpus.txt -o vectors.bin --save-model model.npz
      w2v train more.txt.gz -o vectors.bin --continue model.npz --epochs 2
      w2v train corpus.txt -o vectors.bin --checkpoint run/
      w2v train corpus.txt -o vectors.bin --cluster local:2 --workers 1
    """
    from w2v import Word2Vec, files
    from w2v.backends import get_backend
    from w2v.cli import results
    from w2v.cli.console import Console
    from w2v.cli.notes import notes
    from w2v.cluster import joined
    from w2v.formats import check_words
    from w2v.text import STDIN, Vocabulary, find_corpus
    from w2v.training import Every, check_new_run

    _check_together(pretrained, model_file, vocab, freeze_known)
    if checkpoint_every:
        Every.parsed(checkpoint_every)
    if checkpoint:
        check_new_run(checkpoint)
    elif checkpoint_every:
        raise click.UsageError("--checkpoint-every needs --checkpoint FOLDER.")
    names, folder = find_corpus(corpus)
    source = corpus_source(names, options, folder)
    model = continued(model_file, options) if model_file else Word2Vec(**options)
    get_backend(model.config.backend, model.config.device)
    results.check_places(click.get_current_context().params, names)
    if save_corpus:
        files.check_new_folder(save_corpus)
    words = model.vocabulary_options(
        Vocabulary.load(vocab) if vocab else None, known=model_file is not None
    )
    begin, frozen = beginning(model, pretrained, freeze, freeze_known)
    with (
        Console(quiet=quiet, verbose=verbose) as console,
        begun(checkpoint, model, save_corpus) as run,
        joined(cluster, model.config) as joint,
    ):
        if STDIN in names:
            console.say("Reading standard input.")
        reading: dict[str, Any] = {"errors": errors, "tokenizer": tokenizer}
        reading["progress"] = console.reading
        if joint:
            reading["elsewhere"] = joint.readers()
            if not (folder or save_corpus or checkpoint):
                joint.check_folder()
        with read_text(source, save_corpus, console, **reading, **words) as text:
            check_words(output, text.vocabulary.words)
            for note in notes(text, begins_anew=not (begin or model_file)):
                console.say(f"note      {note}")
            lost = train_and_save(
                console,
                model,
                text,
                (output, save_model, save_vocab, report),
                run=run,
                checkpoint_every=checkpoint_every,
                continued=model_file is not None,
                pretrained=begin,
                freeze=frozen,
                cluster=joint,
            )
    results.check_lost(lost)


def beginning(
    model: Word2Vec, pretrained: str | None, freeze: str | None, freeze_known: bool
) -> tuple[Pretrained | None, list[str]]:
    """What training begins with, and the words that it leaves as they are."""
    from w2v.text import read_words
    from w2v.training import Pretrained

    frozen = read_words(freeze) if freeze else []
    begin = Pretrained(pretrained, model.config.dim) if pretrained else None
    if freeze_known:
        frozen += begin.vectors.words if begin else model.vectors.words
    return begin, frozen


def train_and_save(
    console: Console,
    model: Word2Vec,
    text: Corpus,
    outputs: tuple[str | None, str | None, str | None, str | None],
    **how: Any,
) -> dict[str, str]:
    """Train, and write what was asked for; what could not be written.

    Parameters
    ----------
    outputs : vectors, model, vocabulary and report
    **how : of `Word2Vec.train`
    """
    from w2v.cli import results

    output, save_model, save_vocab, report = outputs
    made = results.of_training(model, text.vocabulary, output, save_model, save_vocab)
    results.check_room(made)
    model.train(
        text,
        on_start=console.starting,
        on_progress=console.training,
        on_waiting=console.waiting,
        **how,
    )
    lost = results.save(made, report, model.report)
    console.done(model, None if output in lost else output)
    return lost


def _check_together(
    pretrained: str | None, model_file: str | None, vocab: str | None, freeze_known: bool
) -> None:
    """Refuse options that exclude or need each other."""
    if model_file and (pretrained or vocab):
        other = "--pretrained" if pretrained else "--vocab"
        raise click.UsageError(f"--continue brings its own words and vectors; leave out {other}.")
    if freeze_known and not (pretrained or model_file):
        raise click.UsageError("--freeze-known needs --pretrained or --continue.")


def continued(path: str, options: dict[str, Any]) -> Word2Vec:
    """A saved model, with those options changed that the user has named."""
    from w2v import Word2Vec

    source = click.get_current_context().get_parameter_source
    default = click.core.ParameterSource.DEFAULT
    named = {name: value for name, value in options.items() if source(name) != default}
    return Word2Vec.load_model(path).set_params(**named)


@click.command(cls=Command)
@click.option("-o", "--output", type=PATH, help="Keep the vectors; see w2v convert --help.")
@click.option(
    "--text",
    type=click.Choice(("austen", "python")),
    default="austen",
    show_default=True,
    help="The novels, or the documentation inside Python's own library.",
)
@click.option(
    "--words",
    "show",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many words to show neighbours of.",
)
@training_options
@click.option("-v", "--verbose", is_flag=True, help="Say more: learning rate, tokens kept, steps.")
def demo(output: str | None, text: str, show: int, verbose: bool, **options: Any) -> None:
    """Train on the six novels of Jane Austen, and look at neighbours.

    No download, no corpus of your own: the novels come with w2v, 720,000 words in the public
    domain. Takes some seconds, and the first time some ten more to compile.

    \b
    Examples:
      w2v demo
      w2v demo --model cbow --dim 50 -o austen.vec
      w2v demo --text python
    """
    from w2v import Word2Vec
    from w2v.cli import results
    from w2v.cli.console import Console
    from w2v.formats import check_writable
    from w2v.text import AUSTEN, python_prose, read_corpus, read_sentences

    started = time.monotonic()
    model = Word2Vec(**options)
    if output:
        check_writable(output)
    words = model.vocabulary_options()
    with Console(verbose=verbose) as console:
        if text == "austen":
            console.say("The six novels of Jane Austen, from Sense and Sensibility to Persuasion.")
        else:
            console.say("The docstrings and comments of Python's standard library.")
        with (
            read_corpus([AUSTEN], progress=console.reading, **words)
            if text == "austen"
            else read_sentences(python_prose(), **words)
        ) as corpus:
            lost = train_and_save(console, model, corpus, (output, None, None, None))
        console.say(f"all       {time.monotonic() - started:.1f} s")
        console.say(f"Words, and the nearest of the {_FREQUENT:,} most frequent:")
    shown = _AUSTEN_WORDS if text == "austen" else _long_words(model.vectors)
    for word in [word for word in shown if word in model][:show]:
        neighbours = (name for name, _ in model.most_similar(word, n=6, restrict_vocab=_FREQUENT))
        click.echo(plain(f"{word:>14}  {', '.join(neighbours)}"))
    results.check_lost(lost)


def _long_words(vectors: Vectors) -> list[str]:
    """The most frequent words that are long enough to mean something by themselves."""
    return [word for word in vectors.words if len(word) >= _LONG_WORD]
