"""The files that a corpus is read from: found by name, by folder or by pattern, in order."""

import glob
import os
import stat
from collections.abc import Sequence
from typing import NoReturn

from w2v.errors import CorpusError

STDIN = "-"


def find_files(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Names of the files that `paths` stand for, in reading order.

    Parameters
    ----------
    paths : sequence of str or path-like
        A file is itself and `-` is standard input. A folder is every file
        below it in order of name, without hidden ones; links are followed, and
        no folder is read twice. A name that does not exist is tried as a glob
        pattern, where `**` crosses folders; it stands for each file once.

    Raises
    ------
    CorpusError
        Nothing exists under a name, or a folder holds no file, or something
        that cannot be read.
    """
    if not paths:
        raise CorpusError("No corpus was given. Name at least one file, folder or pattern.")
    files: list[str] = []
    for path in [os.fspath(path) for path in paths]:
        if not path:
            raise CorpusError(
                "A corpus name is empty. Name a file, folder or pattern; was a variable not set?"
            )
        if path == STDIN or _exists(path):
            matches = [path]
        else:
            matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            raise CorpusError(f"There is no file {path!r}, and no file matches it as a pattern.")
        found = [file for match in matches for file in _files_below(match)]
        if not found:
            raise CorpusError(f"The folder {path!r} holds no files, hidden ones not counted.")
        files += dict.fromkeys(found)
    return files


def _exists(path: str) -> bool:
    """Whether a file is there; refuses one that is in a folder that may not be looked into."""
    try:
        os.stat(path)
    except PermissionError as error:
        _refuse(error)
    except (OSError, ValueError):
        return False
    return True


def _files_below(path: str) -> list[str]:
    if path == STDIN or not os.path.isdir(path):
        return [path]
    files = []
    seen = set()
    for folder, folders, names in os.walk(path, onerror=_refuse, followlinks=True):
        status = _status(folder)
        if (status.st_dev, status.st_ino) in seen:  # a link led back here
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    for file in files:
        if not stat.S_ISREG(_status(file).st_mode):
            raise CorpusError(
                f"{file} is a pipe, socket or device, and below a folder only files are read. "
                "Give its own name, or move it away."
            )
    return sorted(files)


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    path = error.filename
    what = "is a link that cannot be followed" if os.path.islink(path) else "cannot be read"
    raise CorpusError(f"{path} {what}: {error.strerror}.") from error


def source_name(file: str) -> str:
    """How messages call a file of `find_files`."""
    return "standard input" if file == STDIN else file
