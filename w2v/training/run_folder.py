"""The folder of a run: what it was asked to do, its text, and its checkpoints.

run.json              what was asked for, and where the text is, if it was encoded already
corpus/               else the text as an encoded corpus
checkpoint-000012     the latest, and the one before
.w2v-lock             held while a run is at work
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

from numpy.typing import NDArray

from w2v.errors import CheckpointError, warn
from w2v.files import remove
from w2v.text import Corpus, is_encoded, open_encoded, write_encoded
from w2v.training.checkpoint_file import read_checkpoint, write_checkpoint
from w2v.training.checkpoint_state import Saved, State, check_same_run
from w2v.training.run_record import write_asked

_KEPT = 2
CORPUS = "corpus"
_NAME = re.compile(r"checkpoint-(\d{6,})")


class RunFolder:
    """Made by `new_run` and `known_run` of `run_entry`.

    Attributes
    ----------
    path : str            Absolute of a run at work: a callback may leave the folder it is named in.
    asked : dict          What the run was asked to do, as whoever began it wrote it down.
    began : dict or None  See `beginning`; None before that.
    saved : Saved or None The checkpoint to go on from.
    left : float or None  Fraction of the run that the latest checkpoint knows.
    """

    def __init__(
        self,
        path: str,
        asked: Mapping[str, Any],
        corpus: str | None = None,
        began: dict[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.asked = dict(asked)
        self.began = began
        self.saved: Saved | None = None
        self.left: float | None = None
        self._elsewhere = corpus
        self._last = max((number for number, _ in checkpoints_in(path)), default=0)

    @property
    def corpus(self) -> str | None:
        """The encoded corpus that the run trains on; None if there is none, yet or any more."""
        folders = (os.path.join(self.path, CORPUS), self._elsewhere)
        return next((folder for folder in folders if is_encoded(folder)), None)

    def open_corpus(self) -> Corpus:
        """The text of the run.

        Raises
        ------
        CheckpointError, CorpusError
            It is not there, or cannot be read.
        """
        if self.corpus is not None:
            return open_encoded(self.corpus)
        if self._elsewhere is not None:
            raise CheckpointError(
                f"The run in {self.path} trains on the encoded corpus {self._elsewhere}, which is "
                "not there any more. Put it back, or say where it is."
            )
        copy = os.path.join(self.path, CORPUS)
        if self.saved is not None:
            raise CheckpointError(
                f"The text of the run in {self.path} is gone: there is no {copy}. Put it back, or "
                "give the same text, encoded with the same options."
            )
        raise CheckpointError(
            f"The run in {self.path} ended before its text was read: there is no {copy}. Begin it "
            "anew, with its text."
        )

    def begin(self, began: dict[str, Any], corpus: Corpus) -> Corpus:
        """Write down with what the run begins, unless it did so before, and keep its text.

        Parameters
        ----------
        began : dict        See `beginning`.
        corpus : Corpus

        Returns
        -------
        Corpus
            The same text, from a folder that outlives this process: its own, or a copy in here.

        Raises
        ------
        ConfigError, CheckpointError
            It is not what the run began with before.
        OutputError
            It cannot be written.
        """
        if self.began is not None:
            check_same_run(self.began, began, self.saved.name if self.saved else self.path)
        before = self.began, self._elsewhere
        kept = self.keep(corpus, began["text"]["fingerprint"])
        self.began = self.began or began
        if (self.began, self._elsewhere) != before:
            self.write_asked()
        return kept

    def files(self) -> list[str]:
        """Its checkpoints, the latest last."""
        return [os.path.join(self.path, name) for _, name in checkpoints_in(self.path)]

    def check_beginning(self, given: Collection[str]) -> None:
        """Refuse to begin with other things than the run, which has left no checkpoint.

        Raises
        ------
        CheckpointError
        """
        asked = self.asked.get("begins", ())
        missing, more = sorted(set(asked) - set(given)), sorted(set(given) - set(asked))
        if self.saved is not None or not (missing or more):
            return
        names = " and ".join(f"`{name}`" for name in missing or more)
        if "partial_fit" in missing:
            what = "went on from a model: begin it anew, with `partial_fit`"
        elif missing:
            what = f"began with {names}: give the same again, or begin anew"
        else:
            what = f"did not begin with {names}: leave that out, or begin anew"
        raise CheckpointError(
            f"The run in {self.path} ended before its first checkpoint, and {what}."
        )

    def keep(self, corpus: Corpus, fingerprint: str) -> Corpus:
        """The same text, from a folder that outlives this process: its own, or a copy in here.

        Raises
        ------
        CheckpointError
            The text that was kept before is another one.
        OutputError
            It cannot be written.
        """
        copy = os.path.join(self.path, CORPUS)
        where = None if corpus.folder is None else os.path.abspath(corpus.folder)
        if where == copy:
            return corpus
        if where is not None and not is_encoded(copy):
            self._elsewhere = where
            return corpus
        if self.corpus is None:
            kept = write_encoded(corpus, copy)
        elif (kept := self.open_corpus()).fingerprint() != fingerprint:
            raise CheckpointError(
                f"The text is not that of the run in {self.path}. Give the same one, or none: the "
                "run has its own copy."
            )
        corpus.close()
        return kept

    def write(self, state: State, arrays: Mapping[str, NDArray[Any]]) -> int:
        """Write a checkpoint, and let go of all but the latest two; the bytes of it are returned.

        Raises
        ------
        OutputError
            It cannot be written; those before stay.
        """
        path = os.path.join(self.path, f"checkpoint-{self._last + 1:06}")
        size = write_checkpoint(path, state.as_dict(), arrays)
        self._last += 1
        self.left = state.done
        self.let_go()
        return size

    def latest(self) -> Saved | None:
        """The latest checkpoint that can be read, and a warning if a later one cannot.

        Raises
        ------
        CheckpointError
            There are some, and none can be read.
        """
        damaged: list[str] = []
        for path in reversed(self.files()):
            try:
                saved = Saved.of(*read_checkpoint(path), path)
            except CheckpointError as error:
                damaged.append(str(error))
                continue
            if damaged:
                warn(f"{' '.join(damaged)} Going on from {path}, at {saved.state.done:.1%}.")
            self.left = saved.state.done
            saved.state.checkpoints["bytes"] = os.path.getsize(path)  # unknown when it was written
            return saved
        if damaged:
            raise CheckpointError(f"No checkpoint in {self.path} can be read. {' '.join(damaged)}")
        return None

    def let_go(self) -> None:
        """Remove all checkpoints but the latest."""
        with contextlib.suppress(OSError):
            for path in self.files()[:-_KEPT]:
                remove(path)

    def write_asked(self) -> None:
        """Write down what the run is asked to do, and on which text."""
        write_asked(self.path, self.asked, self._elsewhere, self.began)


def checkpoints_in(folder: str) -> list[tuple[int, str]]:
    """Numbers and names of those in a folder, in order."""
    if not os.path.isdir(folder):
        return []
    found = ((_NAME.fullmatch(name), name) for name in os.listdir(folder))
    return sorted((int(match[1]), name) for match, name in found if match)
