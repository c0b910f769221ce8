"""What a person sees while a model is trained: always on stderr, never on stdout.

On a terminal a bar; elsewhere plain lines now and then, so that a log stays readable.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType

import rich.console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from w2v.trainer import Progress, Trainer
from w2v.word2vec import Word2Vec

_LINE_EVERY_S = 10.0


class Console:
    """Progress of one run. Quiet, it says nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._console = rich.console.Console(
            stderr=True, highlight=False, soft_wrap=not self._terminal, quiet=quiet
        )
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._next_line = 0.0
        self._epoch = 0
        self._last: Progress | None = None

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_bar()

    def say(self, text: str) -> None:
        """One line, above the bar if there is one."""
        self._console.print(text, markup=False)

    def reading(self, done: int, total: int | None) -> None:
        """Bytes of text read so far."""
        if self._quiet:
            return
        status = f"{done / 2**20:,.0f} MiB"
        if self._terminal:
            self._show("reading", done / total if total else None, status)
        elif self._line_is_due():
            share = f"{done / total:.0%}, " if total else ""
            self.say(f"reading  {share}{status}")

    def corpus(self, trainer: Trainer, why: str) -> None:
        """What was read, and what is about to run."""
        self._end_bar()
        corpus, stats, shape = trainer.corpus, trainer.corpus.stats, trainer.shape
        seconds = sum(corpus.seconds.values())
        self.say(
            f"corpus   {stats.tokens:,} tokens in {stats.sentences:,} sentences, read in "
            f"{seconds:.1f} s\n"
            f"words    {len(corpus.vocabulary):,} in the vocabulary, of {stats.types:,}; "
            f"{stats.rare:,} tokens ({stats.rare / stats.tokens:.1%}) are of the rare rest and "
            f"dropped\n"
            f"backend  {why}\n"
            f"training {_name(trainer)}; {trainer.workers} worker{'s' * (trainer.workers > 1)}, "
            f"{shape.step:,} tokens a step"
        )
        self._next_line = time.monotonic() + _LINE_EVERY_S

    def training(self, progress: Progress) -> None:
        """How far training is; also says the loss of each epoch that is over."""
        if self._quiet:
            return
        if self._last and progress.epoch > self._last.epoch:
            self._epoch_done(self._last)
        self._last = progress
        if progress.done >= 1:
            self._epoch_done(progress)
            self._end_bar()
        elif self._terminal:
            self._show(
                f"epoch {progress.epoch}/{progress.epochs}", progress.done, _status(progress)
            )
        elif self._line_is_due():
            self.say(f"  {progress.done:6.1%}  {_status(progress)}")

    def done(self, model: Word2Vec, output: str | None) -> None:
        """What came out."""
        self._end_bar()
        report = model.report
        tokens = report["tokens"]
        kept = sum(tokens["kept"])
        self.say(
            f"trained  {report['seconds']['train']:.1f} s, "
            f"{report['raw_words_per_second']:,.0f} words/s; kept {kept:,} tokens, subsampled away "
            f"{sum(tokens['subsampled']):,}, over {len(tokens['kept'])} epochs"
        )
        if output:
            words, dim = model.vectors.matrix.shape
            self.say(f"saved    {output}: {words:,} vectors of {dim} numbers")

    def _epoch_done(self, progress: Progress) -> None:
        loss = "not measured" if progress.loss is None else f"{progress.loss:.4f} nats per pair"
        self.say(f"  epoch {progress.epoch}/{progress.epochs}: loss {loss}")

    def _line_is_due(self) -> bool:
        if time.monotonic() < self._next_line:
            return False
        self._next_line = time.monotonic() + _LINE_EVERY_S
        return True

    def _show(self, what: str, share: float | None, status: str) -> None:
        if self._bar is None:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(24),
                TextColumn("{task.fields[share]}"),
                TextColumn("{task.fields[status]}"),
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(what, total=1.0, share="", status="")
        percent = "" if share is None else f"{share:6.1%}"
        self._bar.update(
            self._task, description=what, completed=share or 0.0, share=percent, status=status
        )

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _name(trainer: Trainer) -> str:
    config = trainer.config
    models = {"skipgram": "skip-gram", "cbow": f"CBOW ({config.cbow})"}
    losses = {
        "ns": f"{config.negative} negative samples",
        "hs": "hierarchical softmax",
        "softmax": "full softmax",
    }
    return (
        f"{models[config.model]} with {losses[config.loss]}, {config.dim} dimensions, window "
        f"{config.window}, {config.epochs} epoch{'s' * (config.epochs > 1)}"
    )


def _status(progress: Progress) -> str:
    loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
    left = round(min(progress.seconds_left, 1e6))
    return (
        f"{_short(progress.raw_words_per_second)} words/s "
        f"({_short(progress.kept_tokens_per_second)} kept)  "
        f"alpha {progress.learning_rate:.4f}{loss}  ETA {left // 60}:{left % 60:02}"
    )


def _short(count: float) -> str:
    return f"{count / 1e6:.2f}M" if count >= 1e5 else f"{count / 1e3:.1f}k"
