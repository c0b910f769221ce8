"""The files that a corpus is read from: found by name, by folder or by pattern, in order."""

import glob
import os
import re
import stat
from collections.abc import Hashable, Iterator, Sequence
from typing import NoReturn

from w2v.errors import CorpusError
from w2v.text.encoded_files import FILES, is_encoded

STDIN = "-"

_CROSSING = re.compile(r"(?:^|(?<=[/{0}]))\*\*(?:[/{0}]+|$)".format(re.escape(os.sep)))


def find_files(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Names of the files that `paths` stand for, in reading order.

    Parameters
    ----------
    paths : sequence of str or path-like
        A file is itself and `-` is standard input. A folder is every file
        below it in order of name, without hidden ones. A name that does not exist
        is tried as a glob pattern, where `**` crosses folders. Links are followed;
        each name, folder and pattern stands for each file once, however many links
        lead there.

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
        named = path == STDIN or _exists(path)
        matches = [path] if named else sorted(_matches(path))
        if not matches:
            raise CorpusError(f"There is no file {path!r}, and no file matches it as a pattern.")
        found = [file for match in matches for file in _files_below(match)]
        if not found:
            raise CorpusError(f"The folder {path!r} holds no files, hidden ones not counted.")
        first: dict[Hashable, str] = {}
        for file in found:
            first.setdefault(_identity(file), file)
        files += first.values()
    return files


def _matches(pattern: str) -> list[str]:
    """As `glob.glob`, where `**` enters no folder twice: links may go round in a circle."""
    crossing = _CROSSING.search(pattern)
    if not crossing:
        return glob.glob(pattern)
    head, tail = pattern[: crossing.start()], pattern[crossing.end() :]
    roots = glob.glob(head) if head else [os.curdir]
    if not tail:  # all that is there, which for a folder is all below it
        return roots if head else glob.glob("*")
    found = []
    for root in roots:
        for folder, _ in _walk(root):
            inside = folder if head else os.path.relpath(folder).removeprefix(os.curdir)
            found += _matches(os.path.join(glob.escape(inside), tail))
    return found


def _walk(path: str) -> Iterator[tuple[str, list[str]]]:
    """Folders from `path` down and the names of their files, without hidden ones, each once."""
    seen = set()
    for folder, folders, names in os.walk(path, onerror=_refuse, followlinks=True):
        identity = _identity(folder)
        if identity in seen:  # a link led back here
            folders.clear()
            continue
        seen.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield folder, [name for name in names if not name.startswith(".")]


def _identity(path: str) -> Hashable:
    """The same for all names of a file or folder."""
    if path == STDIN:
        return path
    try:
        status = os.stat(path)
    except OSError:  # opening it will say why
        return path
    return status.st_dev, status.st_ino


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
        if os.path.basename(path) in FILES and is_encoded(folder := os.path.dirname(path)):
            raise CorpusError(f"{path} is a part of an encoded corpus. Give its folder, {folder}.")
        return [path]
    files = []
    for folder, names in _walk(path):
        if is_encoded(folder):
            raise CorpusError(
                f"{folder} is an encoded corpus and holds no text. `w2v train` and `fit` take its "
                "name alone; whatever else reads a text needs that itself."
            )
        files += [os.path.join(folder, name) for name in names]
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
