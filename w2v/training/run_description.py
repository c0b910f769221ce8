"""What a folder of a run says of it, for people who look into it."""

from __future__ import annotations

import os
import shlex
import time
from typing import Any

from w2v.errors import CheckpointError, counted, in_units
from w2v.files import PathLike, check_name, is_locked
from w2v.training.run_folder import RunFolder
from w2v.training.run_record import ASKED, read_asked


def is_run(path: PathLike) -> bool:
    """Whether a path leads to the folder of a run, which may be damaged."""
    return os.path.isfile(os.path.join(path, ASKED))


def describe_run(path: PathLike) -> dict[str, Any]:
    """What the run in a folder is, and how far; its latest checkpoint is read, and nothing changes.

    Raises
    ------
    CheckpointError
        There is no run, or no checkpoint of it can be read.
    """
    name = check_name(path, "the folder of checkpoints", CheckpointError)
    about = read_asked(name)
    run = RunFolder(name, about["asked"], about["corpus"])
    saved = run.latest()
    state = saved.state if saved else None
    command = run.asked.get("command")
    return {
        "folder": name,
        "command": ["w2v", "train", *map(str, command)] if command else None,
        "begun_in": run.asked.get("folder"),
        "options": state.began["options"] if state else run.asked.get("options"),
        "corpus": run.corpus,
        "text": state.began["text"] if state else None,
        "done": state.done if state else 0.0,
        "epoch": state.epoch + (not state.ended) if state else None,
        "epochs": state.epochs if state else None,
        "ended": bool(state and state.ended),
        "seconds": state.seconds if state else 0.0,
        "checkpoint": None if saved is None else _file(saved.name),
        "at_work": is_locked(name),
    }


def name_run(about: dict[str, Any]) -> list[str]:
    """The same in lines, for people."""
    command, text, file = about["command"], about["text"], about["checkpoint"]
    resume = f"w2v resume {shlex.quote(about['folder'])}"
    lines = [f"run       {shlex.join(command) if command else 'begun by a program'}"]
    if about["begun_in"]:
        lines.append(f"begun in  {about['begun_in']}")
    if text:
        lines.append(
            f"text      {counted(text['tokens'], 'word')} in {counted(text['sentences'], 'line')}, "
            f"{text['words']:,} different ones"
        )
    lines.append(f"kept in   {about['corpus'] or 'nowhere: the text was not read to its end'}")
    if file is None:
        lines.append("done      nothing that is kept: there is no checkpoint yet")
    else:
        where = f"in epoch {about['epoch']} of {about['epochs']}"
        where = "it has come to its end" if about["ended"] else where
        seconds = f"{about['seconds']:.0f} s of training"
        lines.append(f"done      {about['done']:.1%}, {where}; {seconds}")
        size = in_units(file["bytes"])
        lines.append(f"latest    {file['path']}, {size}, written {file['written']}")
    if about["at_work"]:
        return [*lines, "now       a process is at work on it"]
    more = "" if command else " -o VECTORS, or fit(resume=...) in the program"
    what = "writes its files again" if about["ended"] else "goes on from there"
    if file is None:
        what = "begins to train" if about["corpus"] else "begins it anew"
    return [*lines, f"go on     {resume}{more} {what}"]


def _file(path: str) -> dict[str, Any]:
    status = os.stat(path)
    written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.st_mtime))
    return {"path": path, "bytes": status.st_size, "written": written}
