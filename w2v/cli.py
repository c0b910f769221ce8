"""The command line: options to one call to echo."""

from __future__ import annotations

import json
import re
import signal
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from w2v import __version__
from w2v.config import BACKENDS, CBOW_COMBINERS, LOSSES, MODELS, Config
from w2v.errors import ConfigError, W2VError

if TYPE_CHECKING:
    from w2v.vectors import Vectors

_Function = TypeVar("_Function", bound=Callable[..., Any])
_INTERRUPTED = 130
_PATH = click.Path(readable=False)


class _Command(click.Command):
    """Turns the library's errors into one line and an exit code: 2 for usage, 1 for failure."""

    def invoke(self, ctx: click.Context) -> Any:
        _prepare_process()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = _show_warning  # type: ignore[assignment]
                super().invoke(ctx)
            sys.stdout.flush()
        except ConfigError as error:
            raise click.UsageError(_as_flags(str(error)), ctx) from error
        except W2VError as error:
            raise click.ClickException(str(error)) from error
        except MemoryError as error:
            raise click.ClickException(f"Not enough memory. {error}".strip()) from error
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads on
        except OSError as error:
            raise click.ClickException(f"Cannot go on: {error}.") from error
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            ctx.exit(_INTERRUPTED)


class _Group(click.Group):
    command_class = _Command


def _prepare_process() -> None:
    """End like an error on the signals that end a process, and print any word anywhere."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores
            signal.signal(number, _leave)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _as_flags(message: str) -> str:
    """`min_count` of the library is --min-count here."""
    known = Config.__dataclass_fields__
    return re.sub(
        r"`(\w+)`",
        lambda m: "--" + m[1].replace("_", "-") if m[1] in known else m[0],
        message,
    )


def _show_warning(message: Warning | str, *_: object) -> None:
    click.echo(f"Warning: {message}", err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="w2v")
def main() -> None:
    """Train word vectors (word2vec) and ask them questions.

    \b
    w2v demo                                  try it, without a corpus
    w2v bench                                 see how fast this machine trains
    w2v train corpus.txt -o vectors.bin       train on your text
    w2v nearest vectors.bin king queen        look at neighbours
    """


def training_options(command: _Function) -> _Function:
    """The options of `Config`, by its names and with its defaults."""
    for option in reversed(_TRAINING_OPTIONS):
        command = option(command)
    return command


def _option(flag: str, kind: Any, text: str) -> Callable[[_Function], _Function]:
    """An option of `Config`; a default that depends on others stands in the text."""
    default = getattr(Config, flag.strip("-").replace("-", "_"))
    return click.option(
        flag, type=kind, default=default, show_default=default is not None, help=text
    )


_TRAINING_OPTIONS = (
    _option(
        "--model",
        click.Choice(MODELS),
        "Predict each word from every single word near it, or from their mean.",
    ),
    _option(
        "--loss",
        click.Choice(LOSSES),
        "Negative sampling, hierarchical softmax, or full softmax (small vocabularies).",
    ),
    _option("--dim", int, "Numbers in a word vector."),
    _option("--window", int, "Words on each side of the centre, at most."),
    click.option(
        "--fixed-window", is_flag=True, help="Use the whole window instead of a random part of it."
    ),
    _option("--negative", int, "Negative samples per pair. [loss ns: 5]"),
    _option("--ns-exponent", float, "Noise words are drawn by count to this. [loss ns: 0.75]"),
    _option("--sample", float, "Subsampling threshold for frequent words; 0 keeps all."),
    _option("--min-count", int, "Drop words seen fewer times."),
    _option("--max-vocab", int, "Keep only this many of the most frequent words. [no limit]"),
    _option("--epochs", int, "Passes over the corpus."),
    _option("--alpha", float, "Learning rate at the start. [0.025; cbow: 0.05]"),
    _option("--min-alpha", float, "Learning rate at the end, as a fraction of --alpha."),
    _option("--cbow", click.Choice(CBOW_COMBINERS), "How the window is combined. [cbow: mean]"),
    _option("--seed", int, "Start of all random draws."),
    _option(
        "--workers", int, "Training threads; 1 on a CPU gives the same bytes again. [all cores]"
    ),
    _option("--backend", click.Choice(BACKENDS), "Array library and device."),
    _option("--block-tokens", int, "Advanced: words in a block of products. [by backend]"),
    _option("--block-negatives", int, "Advanced: noise words a block shares. [by backend]"),
    _option("--step-tokens", int, "Advanced: words between updates. [by backend]"),
    _option("--row-cap", float, "Advanced: bound on what one update adds to one vector."),
)


@main.command()
@click.argument("corpus", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=_PATH, help="Vectors: .bin, .vec or .txt.")
@training_options
@click.option("--vocab", type=_PATH, help="Take words and counts from this file.")
@click.option("--save-vocab", type=_PATH, help="Write words and counts: lines 'word count'.")
@click.option(
    "--errors",
    type=click.Choice(["strict", "replace"]),
    default="strict",
    show_default=True,
    help="At bytes that are not UTF-8: stop, or replace them by U+FFFD.",
)
@click.option("--report", type=_PATH, help="Write what was done, as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, only warnings and errors.")
def train(
    corpus: tuple[str, ...],
    output: str,
    vocab: str | None,
    save_vocab: str | None,
    errors: str,
    report: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Train word vectors on text files.

    CORPUS is one or more files, folders or glob patterns, or - for standard input: UTF-8, one
    sentence a line, words between white space; gzip, bzip2, xz and zstd are recognised.

    \b
    Examples:
      w2v train corpus.txt -o vectors.bin
      w2v train texts/ more.txt.gz -o vectors.vec --model cbow --dim 200 --window 8
      zcat news.gz | w2v train - -o vectors.bin --loss hs --report run.json
    """
    from w2v import Word2Vec, files
    from w2v.backends import get_backend
    from w2v.console import Console
    from w2v.corpus import read_corpus
    from w2v.formats import check_words, check_writable
    from w2v.textio import STDIN, find_files
    from w2v.vocab import Vocabulary

    model = Word2Vec(**options)
    get_backend(model.config.backend)
    check_writable(output)
    for path in filter(None, (save_vocab, report)):
        files.check_target(path)
    names = find_files(corpus)
    files.check_distinct(
        {"--output": output, "--save-vocab": save_vocab, "--report": report},
        [*names, *filter(None, [vocab])],
    )
    words = model.vocabulary_options(Vocabulary.load(vocab) if vocab else None)
    with Console(quiet=quiet) as console:
        if STDIN in names:
            console.say("Reading standard input.")
        with read_corpus(names, errors=errors, progress=console.reading, **words) as text:
            check_words(output, text.vocabulary.words)
            if save_vocab:
                text.vocabulary.save(save_vocab)
            model.train(
                text,
                on_start=console.starting,
                on_progress=console.training,
                on_waiting=console.waiting,
            )
        model.save(output)
        if report:
            files.write_text(report, json.dumps(model.report, indent=2) + "\n")
        console.done(model, output)


@main.command()
@click.option("-o", "--output", type=_PATH, help="Keep the vectors: .bin, .vec or .txt.")
@click.option(
    "--words",
    "show",
    default=8,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many words to show neighbours of.",
)
@training_options
def demo(output: str | None, show: int, **options: Any) -> None:
    """Train on the documentation inside Python's own library.

    No download, no corpus: docstrings, comments and the language reference, half a million words.

    \b
    Examples:
      w2v demo
      w2v demo --model cbow --dim 50 -o python.vec
    """
    from w2v import Word2Vec
    from w2v.console import Console
    from w2v.corpus import read_sentences
    from w2v.demo import frequent_words, python_prose
    from w2v.formats import check_writable

    model = Word2Vec(**options)
    if output:
        check_writable(output)
    with Console() as console:
        console.say("Reading the docstrings and comments of Python's standard library.")
        with read_sentences(python_prose(), **model.vocabulary_options()) as text:
            model.train(
                text,
                on_start=console.starting,
                on_progress=console.training,
                on_waiting=console.waiting,
            )
        if output:
            model.save(output)
        console.done(model, output)
    for word in frequent_words(model.vectors, show):
        neighbours = (name for name, _ in model.most_similar(word, n=6))
        click.echo(f"{word:>14}  {', '.join(neighbours)}")


@main.command()
@click.argument("vectors", type=_PATH)
@click.argument("words", nargs=-1, required=True)
@click.option("-n", default=10, show_default=True, type=click.IntRange(min=1), help="How many.")
def nearest(vectors: str, words: tuple[str, ...], n: int) -> None:
    """Words with the largest cosine to each given word.

    \b
    Examples:
      w2v nearest vectors.bin king queen -n 5
      w2v nearest vectors.bin -- -word-with-a-dash
    """
    table = _load(vectors)
    answers = [table.most_similar(word, n=n) for word in words]
    for word, answer in zip(words, answers, strict=True):
        click.echo(word)
        width = max((len(name) for name, _ in answer), default=0)
        for name, cosine in answer:
            click.echo(f"  {name:<{width}}  {cosine:.4f}")


@main.command("eval")
@click.argument("vectors", type=_PATH)
@click.option("--analogies", type=_PATH, help="Questions in the form of questions-words.txt.")
@click.option("--pairs", type=_PATH, multiple=True, help="Lines: word, word, score. Repeatable.")
@click.option(
    "--restrict-vocab",
    default=30000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Analogies among the first N words only; 0 for all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    vectors: str, analogies: str | None, pairs: tuple[str, ...], restrict_vocab: int, as_json: bool
) -> None:
    """Score vectors on analogies and word pairs.

    Analogies by 3CosAdd, pairs by Spearman and Pearson correlation; words without a vector are
    counted, not scored.

    \b
    Example:
      w2v eval vectors.bin --analogies questions-words.txt --pairs wordsim353.tsv
    """
    from w2v import evaluate as evaluation

    if analogies is None and not pairs:
        raise click.UsageError("Nothing to score: give --analogies FILE or --pairs FILE.")
    scores = evaluation.evaluate(_load(vectors), analogies, pairs, restrict_vocab)
    click.echo(json.dumps(scores, indent=2) if as_json else evaluation.format_table(scores))


@main.command()
def backends() -> None:
    """List array libraries and devices, and what can be used.

    \b
    Example:
      w2v backends
    """
    from w2v.backends import available_backends

    for found in available_backends():
        about = found.reason
        if found.backend is not None:
            memory = found.backend.total_memory_bytes() / 2**30
            about = f"{found.backend.version} on {found.backend.device}, {memory:.1f} GiB"
        click.echo(f"{found.name:<8}{found.state:<15}{about}")


@main.command()
@click.option("--model", type=click.Choice(MODELS), help="Only this model. [both]")
@click.option("--loss", type=click.Choice(("ns", "hs")), help="Only this loss. [both]")
@_option("--dim", int, "Numbers in a word vector.")
@_option("--window", int, "Words on each side of the centre, at most.")
@_option("--negative", int, "Negative samples per pair. [loss ns: 5]")
@_option("--workers", int, "Training threads. [all cores]")
@_option("--epochs", int, "Passes over your corpus, for the estimate.")
@click.option(
    "--tokens",
    default=100_000_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Words in your corpus, for the estimate.",
)
@click.option(
    "--words",
    default=50_000,
    show_default=True,
    type=click.IntRange(min=2, max=10_000_000),
    help="Different words in the made-up corpus.",
)
@click.option(
    "--seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Length of a measurement; a longer one is steadier.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(
    model: str | None,
    loss: str | None,
    negative: int | None,
    tokens: int,
    words: int,
    seconds: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Which backend is fastest here, and how long will a corpus take?

    Trains on a made-up corpus with every backend that can be used, after a short run in which they
    compile what they compile. The estimate is one reading of plain text and the training.

    \b
    Examples:
      w2v bench
      w2v bench --model cbow --loss ns --dim 300 --tokens 2_000_000_000
    """
    from w2v import bench as benchmark

    configs = [
        Config(model=m, loss=k, negative=negative if k == "ns" or loss == "hs" else None, **options)
        for m in (MODELS if model is None else (model,))
        for k in (("ns", "hs") if loss is None else (loss,))
    ]
    estimate = benchmark.Estimate(tokens, configs[0].epochs, benchmark.reading_speed(words))
    if not as_json:
        click.echo(benchmark.format_head(estimate))
    speeds = []
    for speed in benchmark.compare(configs, words, seconds):
        speeds.append(speed)
        if not as_json:
            click.echo(benchmark.format_row(speed, estimate))
    if as_json:
        click.echo(json.dumps(benchmark.as_json(speeds, estimate), indent=2))
    else:
        click.echo(benchmark.format_end(speeds, estimate))


def _load(path: str) -> Vectors:
    from w2v import load

    return load(path)
