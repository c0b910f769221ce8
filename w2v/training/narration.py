"""What a person is told of a training: in plain words, and in more of them where asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from w2v.backends import usable_cores, usable_threads
from w2v.display import Display, Place, duration, place, short
from w2v.errors import counted
from w2v.text import Corpus
from w2v.training import verdict
from w2v.training.progress import Progress
from w2v.training.trainer import Trainer

_MANY_EPOCHS = 10


class Narration(Display):
    """Tells of one run.

    Parameters
    ----------
    quiet, where
        As for `Display`.
    brief : bool      Only the bar, and one line at the end if the run was long enough for a bar.
    verbose : bool    With what only those ask who know how training works.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        where: Place | None = None,
        brief: bool = False,
        verbose: bool = False,
    ) -> None:
        super().__init__(quiet=quiet, where=where)
        self._brief, self._verbose = brief, verbose
        self._last: Progress | None = None

    def reading(self, done: int, total: int | None) -> None:
        """Bytes read so far."""
        read = f"{done / 2**20:,.0f} MiB"
        if total:
            part = f"{read} of {total / 2**20:,.0f}"
            share = min(1.0, done / total)
            self.show("reading ", share, [part], f"reading   {share:.0%}, {read}")
        elif self.line_is_due() and not self._brief:
            self.say(f"reading   {read}")

    def read(self, corpus: Corpus) -> None:
        """What was read."""
        self.say(*_read(corpus))

    def starting(self, trainer: Trainer, why: str) -> None:
        """What was read, and what is about to run; `why` says which backend it is."""
        if self._brief:
            return
        lines = [*_read(trainer.corpus), *_beginning(trainer)]
        lines.append(f"model     {_name(trainer)}")
        epochs = counted(trainer.epochs, "epoch")
        chosen = ", chosen by the length of the text" * trainer.by_length
        lines.append(f"training  {epochs}{chosen}")
        backend = trainer.backend
        lines.append(f"backend   {backend.name} on {backend.device}; {_workers(trainer.workers)}")
        if trainer.rounds:
            shards = counted(trainer.rounds.shards, "shard")
            lines.append(f"rounds    of up to {shards}, {trainer.trained_where}")
        lines += _keeping(trainer)
        if (memory := trainer.memory) and (self._verbose or memory.on_device):
            lines.append(f"memory    {memory.named()}")
        if self._verbose:
            config = trainer.config
            rates = config.learning_rate(0), config.learning_rate(1)
            lines.append(f"chosen    {why}")
            lines.append(f"steps     {counted(trainer.step_tokens, 'token')} a step")
            lines.append(f"rate      from {rates[0]:.4g} down to {rates[1]:.2g}")
        self.say(*lines)

    def waiting(self, why: str) -> None:
        """Something takes a while before training."""
        if self._brief:
            self.hint(why)
        else:
            self.say(f"wait      {why}")

    def training(self, progress: Progress) -> None:
        """How far training is; also the loss of each epoch that is over."""
        if self._last is None:
            self.begin()  # compiling, of which nothing is heard, may have taken long
        elif progress.epoch > self._last.epoch:
            self._epoch_done(self._last)
        self._last = progress
        if progress.done >= 1:
            self._epoch_done(progress)
        else:
            parts = self._parts(progress)
            self.show("training", progress.done, parts)

    def trained(self, report: dict[str, Any]) -> None:
        """How long it took."""
        epochs = counted(len(report["loss"]), "epoch")
        seconds, speed = report["seconds"]["train"], short(report["raw_words_per_second"])
        line = f"{epochs} in {seconds:.1f} s, {speed} words/s"
        if self._brief:
            if self.painted:
                loss = report["loss"][-1]
                self.say(f"Trained {line}" + ("" if loss is None else f", loss {loss:.3f}") + ".")
            return
        self.say(f"trained   {line}")
        if note := verdict.note(report):
            self.say(f"note      {note}")
        kept, gone = (sum(report["tokens"][name]) for name in ("kept", "subsampled"))
        if self._verbose:
            self.say(f"          {kept:,} tokens trained on, {gone:,} left out by subsampling")
        elif gone:
            share = gone / (kept + gone)
            self.say(f"          {share:.0%} left out on the way, of the frequent words (sample)")

    def also(
        self, on_progress: Callable[[Progress], None] | None
    ) -> Callable[[Progress], None] | None:
        """`training` and `on_progress` in one, where there is somebody to tell."""
        if self._quiet or on_progress is None:
            return on_progress if self._quiet else self.training
        told = on_progress

        def both(progress: Progress) -> None:
            self.training(progress)
            told(progress)

        return both

    def _parts(self, progress: Progress) -> list[str]:
        left = "--:--" if progress.done < 0.002 else duration(progress.seconds_left)
        parts = [f"{left} left", f"epoch {progress.epoch} of {progress.epochs}"]
        if progress.loss is not None:
            parts.append(f"loss {progress.loss:.2f}")
        parts.append(f"{short(progress.raw_words_per_second)} words/s")
        if self._verbose:
            parts.append(f"rate {progress.learning_rate:.4f}")
            parts.append(f"{short(progress.kept_tokens_per_second)} kept/s")
        return parts

    def _epoch_done(self, progress: Progress) -> None:
        if self._brief:
            return
        many = progress.epochs > _MANY_EPOCHS
        if many and progress.done < 1 and not self.line_is_due():
            return
        unit = " nats per pair" if self._verbose else ""
        loss = "not measured" if progress.loss is None else f"{progress.loss:.4f}{unit}"
        aside = progress.held_out_loss
        held_out = "" if aside is None else f", held out {aside:.4f}"
        self.say(f"  epoch {progress.epoch} of {progress.epochs}: loss {loss}{held_out}")


def narrating(progress: bool | None, on_progress: object) -> Narration:
    """Of `fit`: shown where somebody looks on, or as `progress` says.

    Raises
    ------
    TypeError
        `progress` is neither a bool nor None.
    """
    if not (progress is None or isinstance(progress, bool)):
        raise TypeError(
            f"`progress` must be True, False or None, got {progress!r:.60}. A function to be "
            "called goes to `on_progress`."
        )
    if progress is None:
        progress = on_progress is None and place() != "lines"
    return Narration(quiet=not progress, brief=True)


def _read(corpus: Corpus) -> list[str]:
    """A table, the text, and by what rule some of its words are not trained."""
    words, stats, limits = corpus.vocabulary, corpus.stats, corpus.limits
    files = f" of {counted(stats.files, 'file')}" if stats.files else ""
    lines = counted(stats.sentences, "line" if stats.files and not stats.table else "sentence")
    verb, seconds = "opened" if corpus.is_opened else "read", sum(corpus.seconds.values())
    found = stats.table.lines() if stats.table else []
    found.append(
        f"text      {counted(stats.tokens, 'word')} in {lines}{files}, {verb} in {seconds:.1f} s"
    )
    if stats.weighted:
        found.append(f"weights   {stats.weighted}")
    kept, left = len(words), stats.types - len(words)
    share = f"{stats.rare / stats.tokens:.1%} of the text"
    if int(words.counts.sum()) != stats.kept or left < 0:  # the words come from elsewhere
        return [
            *found,
            f"words     {kept:,} known" + f"; others are left out, {share}" * bool(stats.rare),
        ]
    if not left:
        return [*found, f"words     {kept:,} different ones"]
    rule = f"seen {limits['min_count']} times or more (min-count)"
    if kept == limits["max_vocab"]:
        rule = "the most frequent (max-vocab)"
    found.append(f"words     {kept:,} different ones, {rule}")
    return [*found, f"left out  {counted(left, 'other')}, {share}"]


def _beginning(trainer: Trainer) -> list[str]:
    """Lines on what training does not begin anew."""
    about, lines = trainer.start.about, []
    if found := about.get("pretrained"):
        lines.append(
            f"start     {found['matched']:,} of {len(trainer.corpus.vocabulary):,} words "
            f"({found['share_of_tokens']:.1%} of the text) have a vector among the "
            f"{found['words']:,} of {found['file'] or 'those given'}"
        )
    if found := about.get("continued"):
        lines.append(
            f"start     {counted(found['words'], 'word')} trained for "
            f"{counted(found['epochs'], 'epoch')} before, {found['new']:,} new"
        )
    if found := about.get("frozen"):
        lines.append(f"frozen    {found['matched']:,} of {counted(found['asked'], 'word')} listed")
    return lines


def _workers(workers: int) -> str:
    """How many; where a core has several threads, whether they take one each."""
    one_each = workers == usable_cores() < usable_threads()
    return counted(workers, "worker") + ", one a core" * one_each


def _keeping(trainer: Trainer) -> list[str]:
    """Lines on checkpoints: where they go, and what this run goes on from."""
    lines, saved = [], trainer.saved
    if trainer.checkpoints:
        kept = trainer.checkpoints
        lines.append(f"kept      in {kept.folder.path}, every {kept.every}")
    if saved and saved.state.ended:
        lines.append(f"resumed   at the end, from {saved.name}: nothing is left to train")
    elif saved:
        state = saved.state
        before = state.parts[-1]
        who = f"{counted(before['workers'], 'thread')} of {before['backend']}"
        lines.append(
            f"resumed   at {state.done:.1%}, in epoch {state.epoch + 1} of {state.epochs}, from "
            f"{saved.name}; so far {who}"
        )
    return lines


def _name(trainer: Trainer) -> str:
    config = trainer.config
    models = {"skipgram": "skip-gram", "cbow": f"CBOW ({config.cbow})"}
    losses = {
        "ns": counted(config.negative or 0, "negative sample"),
        "hs": "hierarchical softmax",
        "softmax": "full softmax",
    }
    return (
        f"{models[config.model]}, {losses[config.loss]}, {counted(config.dim, 'dimension')}, "
        f"window {config.window}"
    )
