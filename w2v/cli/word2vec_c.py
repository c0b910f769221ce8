"""`w2v word2vec`: the flags of word2vec.c, word for word."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import click

from w2v.cli.base import PATH, Command
from w2v.errors import counted

_Function = TypeVar("_Function", bound=Callable[..., Any])
_FLAGS = {  # of the library's options, and of other commands
    "dim": "-size",
    "window": "-window",
    "negative": "-negative",
    "sample": "-sample",
    "min_count": "-min-count",
    "epochs": "-iter",
    "alpha": "-alpha",
    "workers": "-threads",
    "--min-count": "-min-count",
    "--vocab": "-read-vocab",
    "--errors": "-errors",
}
_SWITCH = click.IntRange(0, 1)


class _DropIn(Command):
    """Flags come in pairs with their values; no arguments at all show the usage, as there."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = ["--help"]
        known = [name for option in self.params for name in option.opts]
        if not {"-h", "--help"} & set(args):
            for at in range(0, len(args), 2):
                self._check_flag(ctx, args[at].split("=")[0], known)
        return super().parse_args(ctx, args)

    def _check_flag(self, ctx: click.Context, flag: str, known: list[str]) -> None:
        if flag in known:
            return
        near = difflib.get_close_matches(flag, known, 1)
        raise click.UsageError(
            f"{flag!r} is no flag of word2vec.c."
            + (f" Did you mean {near[0]}?" if near else "")
            + " Each flag is followed by its value: -train FILE -size 200.",
            ctx,
        )

    def in_own_words(self, message: str) -> str:
        message = re.sub(r" or `row_cap` \(now [^)]*\)", "", message)  # there is no flag for it
        message = re.sub(r"`(\w+)`", lambda m: _FLAGS.get(m[1], m[0]), message)
        return re.sub(r"(?<![\w-])--[a-z-]+", lambda m: _FLAGS.get(m[0], m[0]), message)


def _flag(
    name: str, kind: Any, default: Any, text: str, **more: Any
) -> Callable[[_Function], _Function]:
    if default is not None:
        more.update(default=default, show_default=True)
    return click.option(name, type=kind, help=text, **more)


@click.command("word2vec", cls=_DropIn)
@_flag("-train", str, None, "Text to train on.", required=True, metavar="FILE")
@_flag("-output", PATH, None, "Vectors, or classes of words.")
@_flag("-size", int, 100, "Numbers in a word vector.")
@_flag("-window", int, 5, "Words on each side, at most.")
@_flag("-sample", float, 1e-3, "Subsampling threshold; 0 keeps all.")
@_flag("-hs", _SWITCH, 0, "1: hierarchical softmax; needs -negative 0.")
@_flag("-negative", int, 5, "Negative samples; 0 with -hs 1.")
@_flag("-threads", int, None, "Training threads. [default: all cores]")
@_flag("-iter", int, 5, "Passes over the text.")
@_flag("-min-count", int, 5, "Drop words seen fewer times.")
@_flag("-alpha", float, None, "Learning rate at the start. [default: 0.05, with -cbow 0 0.025]")
@_flag("-classes", int, 0, "Write this many classes of words, not vectors.")
@_flag("-debug", int, 2, "0: no progress, 1: little, 2: a bar, 3: with details.")
@_flag("-binary", _SWITCH, 0, "1: binary vectors, 0: text.")
@_flag("-save-vocab", PATH, None, "Write words and counts.")
@_flag("-read-vocab", PATH, None, "Take words and counts from this file.")
@_flag("-cbow", _SWITCH, 1, "1: CBOW, 0: skip-gram.")
@_flag(
    "-errors",
    click.Choice(["strict", "replace", "ignore"]),
    "strict",
    "Not in word2vec.c. At bytes that are not UTF-8: stop, put U+FFFD, or leave them out.",
)
@click.pass_context
def word2vec(
    ctx: click.Context,
    /,
    train: str,
    output: str | None,
    hs: int,
    negative: int,
    cbow: int,
    classes: int,
    debug: int,
    binary: int,
    save_vocab: str | None,
    read_vocab: str | None,
    errors: str,
    **numbers: Any,
) -> None:
    """Train as word2vec.c does, with its flags.

    The output may have any name, and begins with a row for </s>, as there. Without -output only
    the vocabulary is made. For more choices see `w2v train`.

    \b
    Examples:
      w2v word2vec -train text8 -output vectors.bin -cbow 1 -size 200 -window 8 -negative 25
          -hs 0 -sample 1e-4 -threads 20 -binary 1 -iter 15
      w2v word2vec -train text8 -output classes.txt -classes 500
      w2v word2vec -train text8 -save-vocab vocab.txt
    """
    from w2v import Word2Vec, files
    from w2v.backends import get_backend
    from w2v.cli import results, word2vec_c_files
    from w2v.cli.console import Console
    from w2v.text import Vocabulary, find_files, read_corpus

    if not (output or save_vocab):
        raise click.UsageError("There is nothing to write. Give -output or -save-vocab.", ctx)
    model = Word2Vec(
        model="cbow" if cbow else "skipgram",
        **_loss(ctx, hs, negative),
        dim=numbers["size"],
        window=numbers["window"],
        sample=numbers["sample"],
        min_count=max(1, numbers["min_count"]),  # 0 keeps every word there too
        epochs=numbers["iter"],
        alpha=numbers["alpha"],
        workers=_workers(numbers["threads"]),
    )
    if classes < 0:
        raise click.UsageError(f"-classes must be at least 0, got {classes}.", ctx)
    get_backend(model.config.backend)
    for path in filter(None, (output, save_vocab)):
        files.check_target(path)
    names = find_files([train])
    files.check_distinct(
        {"-output": output, "-save-vocab": save_vocab}, [*names, *filter(None, [read_vocab])]
    )
    words = model.vocabulary_options(Vocabulary.load(read_vocab) if read_vocab else None)
    with (
        Console(quiet=debug <= 0, verbose=debug > 2) as console,
        read_corpus(names, errors=errors, progress=console.reading, **words) as text,
    ):
        if output:
            word2vec_c_files.check(output, text.vocabulary, classes)
        ordered = word2vec_c_files.order(text, read_vocab)
        made = []
        if save_vocab:
            made.append(word2vec_c_files.vocabulary(save_vocab, text, ordered))
        if output:
            asked = word2vec_c_files.outcome(
                output, model, ordered, binary=bool(binary), classes=classes
            )
            made.append(asked)
        results.check_room(made)
        if output:
            model.train(
                text,
                on_start=console.starting,
                on_progress=console.training if debug > 1 else None,
                on_waiting=console.waiting,
            )
        lost = results.save(made)
        if output:
            console.done(model, None)
        if save_vocab and save_vocab not in lost:
            console.saved(save_vocab, f"{counted(len(ordered), 'word')}, and </s>")
        if output and output not in lost:
            rows = f"{counted(len(ordered) + 1, 'word')} with </s>"
            width = counted(model.config.dim, "dimension")
            sizes = f"{classes:,} classes" if classes else width
            console.saved(output, f"{rows}, {sizes}")
    results.check_lost(lost)


def _workers(threads: int | None) -> int | None:
    """No more threads than can run at once: more are no faster."""
    from w2v.backends import usable_threads

    at_once = usable_threads()
    if threads is not None and threads > at_once:
        warnings.warn(
            f"{threads} threads were asked for (-threads), but this process may run only "
            f"{at_once} at once, so it uses no more.",
            stacklevel=2,
        )
        return at_once
    return threads


def _loss(ctx: click.Context, hs: int, negative: int) -> dict[str, Any]:
    if hs and negative > 0:
        raise click.UsageError(
            f"-hs 1 and -negative {negative} ask for two losses at once, and w2v trains one. Give "
            "-hs 1 -negative 0 for hierarchical softmax, or -hs 0 for negative sampling.",
            ctx,
        )
    if not hs and negative == 0:
        raise click.UsageError(
            "-hs 0 and -negative 0 leave nothing to train. Give -negative 5, say, or -hs 1.", ctx
        )
    return {"loss": "hs"} if hs else {"loss": "ns", "negative": negative}
