"""What a person sees while a model is trained: always on stderr, never on stdout.

On a terminal a bar; elsewhere plain lines now and then, so that a log stays readable.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Any

import click

from w2v import Word2Vec
from w2v.training import Progress, Trainer, risen

_LINE_EVERY_S = 10.0
_BAR_STEPS = 10_000
_BAR_COLUMNS = 8
_PLAIN_COLUMNS = 200  # of a line in a log
_MANY_EPOCHS = 100


class Console:
    """Progress of one run. Quiet, it says nothing; when nobody can hear it, it goes quiet."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet or sys.stderr is None
        self._terminal = not self._quiet and sys.stderr.isatty()
        self._bar: Any = None
        self._next_line = time.monotonic() + _LINE_EVERY_S
        self._last: Progress | None = None

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_bar()

    def say(self, text: str) -> None:
        """A line, or several."""
        self._end_bar()
        self._try(lambda: click.echo(text, err=True))

    def reading(self, done: int, total: int | None) -> None:
        """Bytes read so far."""
        read = f"{done / 2**20:,.0f} MiB"
        if self._terminal and total:
            self._show("reading  ", done / total, f"{done / total:.0%} {read}")
        elif self._line_is_due():
            share = f"{done / total:.0%}, " if total else ""
            self.say(f"reading  {share}{read}")

    def saving(self, done: int, total: int | None) -> None:
        """Vectors written so far."""
        if self._terminal and total:
            self._show("saving   ", done / total, f"{done / total:.0%} {_count(done, 'vector')}")
        elif self._line_is_due():
            self.say(f"saving   {_count(done, 'vector')} of {total:,}")

    def starting(self, trainer: Trainer, why: str) -> None:
        """What was read, and what is about to run."""
        corpus, stats = trainer.corpus, trainer.corpus.stats
        seconds = sum(corpus.seconds.values())
        files = f" of {_count(stats.files, 'file')}" if stats.files else ""
        memory = f"memory   {trainer.memory.named()}\n" if trainer.memory else ""
        self.say(
            f"corpus   {_count(stats.tokens, 'token')} in "
            f"{_count(stats.sentences, 'sentence')}{files}, read in {seconds:.1f} s\n"
            f"words    {len(corpus.vocabulary):,} in the vocabulary, {stats.types:,} in the text\n"
            f"dropped  {_count(stats.rare, 'token')} of other words "
            f"({stats.rare / stats.tokens:.1%})\n"
            f"{_beginning(trainer)}"
            f"backend  {why}\n"
            f"{memory}"
            f"model    {_name(trainer)}\n"
            f"training {_count(trainer.config.epochs, 'epoch')}, "
            f"{_count(trainer.workers, 'worker')}, {_count(trainer.step_tokens, 'token')} a step"
        )
        self._next_line = time.monotonic() + _LINE_EVERY_S

    def waiting(self, why: str) -> None:
        """Something takes a while before training."""
        self.say(f"wait     {why}")

    def training(self, progress: Progress) -> None:
        """How far training is; also the loss of each epoch that is over."""
        if self._last and progress.epoch > self._last.epoch:
            self._epoch_done(self._last)
        self._last = progress
        if progress.done >= 1:
            self._epoch_done(progress)
        elif self._terminal:
            label = f"epoch {progress.epoch}/{progress.epochs}"
            room = shutil.get_terminal_size().columns - len(label) - _BAR_COLUMNS - 5
            self._show(label, progress.done, _status(progress, room))
        elif self._line_is_due():
            self.say(f"  {_status(progress, _PLAIN_COLUMNS)}")

    def scoring(self, file: str, done: int, total: int) -> None:
        """Questions of a file that are answered so far."""
        name = os.path.basename(file)
        if done >= total:
            self._end_bar()
        elif self._terminal:
            self._show(name, done / total, f"{done:,} of {total:,} questions")
        elif self._line_is_due():
            self.say(f"  {name}: {done:,} of {total:,} questions")

    def placing(self, done: int, total: int) -> None:
        """Steps of t-SNE so far."""
        if done >= total:
            self._end_bar()
        elif self._terminal:
            self._show("t-SNE", done / total, f"{done / total:.0%}")
        elif self._line_is_due():
            self.say(f"  t-SNE {done / total:.0%}")

    def done(self, model: Word2Vec, output: str | None) -> None:
        """What came out."""
        report = model.report
        tokens = report["tokens"]
        self.say(
            f"trained  {report['seconds']['train']:.1f} s, "
            f"{report['raw_words_per_second']:,.0f} words/s\n"
            f"tokens   {sum(tokens['kept']):,} kept and {sum(tokens['subsampled']):,} subsampled "
            f"away, over {_count(len(tokens['kept']), 'epoch')}"
        )
        if note := _risen(report):
            self.say(note)
        if output:
            words, dim = model.vectors.matrix.shape
            self.say(f"saved    {output}: {_count(words, 'vector')} of {_count(dim, 'number')}")

    def _epoch_done(self, progress: Progress) -> None:
        if progress.epochs > _MANY_EPOCHS and progress.done < 1 and not self._line_is_due():
            return
        loss = "not measured" if progress.loss is None else f"{progress.loss:.4f} nats per pair"
        aside = progress.held_out_loss
        held_out = "" if aside is None else f", held out {aside:.4f}"
        self.say(f"  epoch {progress.epoch}/{progress.epochs}: loss {loss}{held_out}")

    def _line_is_due(self) -> bool:
        if time.monotonic() < self._next_line:
            return False
        self._next_line = time.monotonic() + _LINE_EVERY_S
        return True

    def _show(self, label: str, share: float, status: str) -> None:
        if self._bar is None:
            self._bar = click.progressbar(
                length=_BAR_STEPS,
                file=sys.stderr,
                width=_BAR_COLUMNS,
                show_percent=False,
                show_eta=False,  # each epoch has a new bar, which knows nothing of those before
                bar_template="%(label)s [%(bar)s] %(info)s",
                item_show_func=lambda item: item,
            )
        self._bar.label = label
        step = round(share * _BAR_STEPS) - self._bar.pos
        self._try(lambda: self._bar.update(step, status))

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar = None
            # clear the line, and show the cursor that the bar has hidden
            self._try(lambda: click.echo("\r\x1b[K\x1b[?25h", err=True, nl=False, color=True))

    def _try(self, write: Any) -> None:
        """A log that cannot be written must not end the training."""
        if self._quiet:
            return
        try:
            write()
        except OSError:
            self._quiet, self._terminal = True, False


def _risen(report: dict[str, Any]) -> str:
    """What a loss that rose towards the end can mean."""
    aside = report["held_out_loss"]
    found = risen(aside or report["loss"])
    if found is None:
        return ""
    epoch, best, last = found
    if aside:
        return (
            f"note     the held-out loss rose from {best:.4f} in epoch {epoch} to {last:.4f}: "
            "fewer epochs may do"
        )
    return (
        f"note     the loss rose from {best:.4f} in epoch {epoch} to {last:.4f}, as where a text "
        "changes on its way; w2v train --held-out 1% tells whether the vectors get worse"
    )


def _beginning(trainer: Trainer) -> str:
    """Lines on what training does not begin anew, each with its end."""
    about, lines = trainer.start.about, []
    if found := about.get("pretrained"):
        lines.append(
            f"start    {found['matched']:,} of {len(trainer.corpus.vocabulary):,} words "
            f"({found['share_of_tokens']:.1%} of the text) have a vector among the "
            f"{found['words']:,} of {found['file'] or 'those given'}"
        )
    if found := about.get("continued"):
        lines.append(
            f"start    {_count(found['words'], 'word')} trained for "
            f"{_count(found['epochs'], 'epoch')} before, {found['new']:,} new"
        )
    if found := about.get("frozen"):
        lines.append(f"frozen   {found['matched']:,} of {_count(found['asked'], 'word')} listed")
    return "".join(f"{line}\n" for line in lines)


def _name(trainer: Trainer) -> str:
    config = trainer.config
    models = {"skipgram": "skip-gram", "cbow": f"CBOW ({config.cbow})"}
    losses = {
        "ns": _count(config.negative or 0, "negative sample"),
        "hs": "hierarchical softmax",
        "softmax": "full softmax",
    }
    return (
        f"{models[config.model]}, {losses[config.loss]}, {_count(config.dim, 'dimension')}, "
        f"window {config.window}"
    )


def _status(progress: Progress, columns: int) -> str:
    """As much as fits, dropped in the order kept, learning rate, loss, speed."""
    base = f"{progress.done:.0%} ETA {_clock(progress.seconds_left)}"
    speed = f" {_short(progress.raw_words_per_second)} w/s"
    kept = f" ({_short(progress.kept_tokens_per_second)} kept)"
    rate = f" lr {progress.learning_rate:.4f}"
    loss = "" if progress.loss is None else f" loss {progress.loss:.3f}"
    lines = (speed + kept + rate + loss, speed + rate + loss, speed + loss, speed, "")
    return base + next(line for line in lines if not line or len(base + line) <= columns)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _short(count: float) -> str:
    return f"{count / 1e6:.2f}M" if count >= 1e5 else f"{count / 1e3:.1f}k"


def _clock(seconds: float) -> str:
    if seconds > 1e6:
        return "--:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
