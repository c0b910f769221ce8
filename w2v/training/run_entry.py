"""How the folder of a run is entered: by one that begins, or goes on; by one at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from w2v.errors import CheckpointError, ConfigError, OutputError
from w2v.files import PathLike, check_name, locked, make_folder, remove_tree, sweep
from w2v.training.run_folder import CORPUS, RunFolder, checkpoints_in
from w2v.training.run_record import ASKED, read_asked


@contextlib.contextmanager
def new_run(
    path: PathLike, asked: Mapping[str, Any], corpus: str | None = None
) -> Iterator[RunFolder]:
    """A folder for a run that begins, made if it is not there; no other run may use it meanwhile.

    Parameters
    ----------
    path : path
    asked : dict          What the run is asked to do; JSON can hold it.
    corpus : str, optional
        Where its text will be as an encoded corpus, if not in the folder.

    Raises
    ------
    ConfigError
        It holds a run that can go on, or other files.
    OutputError
        It cannot be made or written, or a run is at work there.
    """
    name = check_name(path, "the folder of checkpoints", OutputError)
    check_new_run(name)
    try:
        if not os.path.isdir(name):
            make_folder(name)
    except OSError as error:
        raise OutputError(f"Cannot make the folder {name}: {error.strerror}.") from error
    with locked(name):
        check_new_run(name)
        _remove_corpus(os.path.join(name, CORPUS))
        folder = RunFolder(os.path.abspath(name), asked, corpus)
        folder.write_asked()
        yield folder


def check_new_run(path: PathLike) -> None:
    """Refuse a folder that `new_run` would refuse; looks only.

    Raises
    ------
    ConfigError, OutputError, CheckpointError
    """
    name = check_name(path, "the folder of checkpoints", OutputError)
    if not os.path.exists(name):
        return
    if not os.path.isdir(name):
        raise OutputError(f"Cannot write checkpoints to {name}: it is a file. Name a folder.")
    if checkpoints_in(name):
        raise ConfigError(
            f"{name} holds checkpoints of a run. Go on with it (w2v resume {name}), or give "
            "another folder."
        )
    if others := _others(name):
        raise ConfigError(
            f"{name} holds other files, such as {others[0]!r}. Give checkpoints a folder of their "
            "own."
        )


@contextlib.contextmanager
def known_run(path: PathLike) -> Iterator[RunFolder]:
    """The folder of a run that is to go on.

    Raises
    ------
    CheckpointError
        There is no run, or no checkpoint of it can be read.
    OutputError
        A run is at work there.
    """
    name = check_name(path, "the folder of checkpoints", CheckpointError)
    about = read_asked(name)
    with locked(name):
        sweep(name)
        folder = RunFolder(os.path.abspath(name), about["asked"], about["corpus"], about["began"])
        folder.saved = folder.latest()
        if folder.saved:
            folder.began = folder.saved.state.began
        if folder.saved and folder.saved.name == folder.files()[-1]:
            folder.let_go()  # of one that a kill has left
        yield folder


def _remove_corpus(folder: str) -> None:
    """Remove the text of a run that ended before its first checkpoint."""
    if not os.path.lexists(folder):
        return
    try:
        remove_tree(folder)
    except OSError as error:
        raise OutputError(f"Cannot remove {folder}: {error.strerror or error}.") from error


def _others(folder: str) -> list[str]:
    """What is in a folder, and not of a run; a folder of any name is, but beside its run."""
    entries = sorted(entry for entry in os.listdir(folder) if not entry.startswith(".w2v-"))
    if ASKED not in entries:
        return entries
    read_asked(folder)
    return [entry for entry in entries if entry not in (ASKED, CORPUS)]
