"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from typing import BinaryIO

from w2v.errors import OutputError

PathLike = str | os.PathLike[str]

_BLOCK_BYTES = 1 << 20  # written at a time


def check_target(path: PathLike) -> None:
    """Refuse a path that could not be written, before any work is done.

    Looks only: nothing is created, opened or truncated. A disk that fills up later is not foreseen.

    Raises
    ------
    OutputError
        The folder is missing or not writable, or the path is a folder or a file that may not be
        replaced.
    """
    name = os.fspath(path)
    target = os.path.realpath(name)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise OutputError(f"Cannot write {name}: {folder} is not a folder. Create it first.")
    if os.path.isdir(target):
        raise OutputError(f"Cannot write {name}: it is a folder. Give a file name.")
    try:
        os.stat(target)
    except FileNotFoundError:
        pass
    except OSError as error:  # a name too long, a loop of links
        raise OutputError(f"Cannot write {name}: {error.strerror}.") from error
    else:
        if not os.access(target, os.W_OK):
            raise OutputError(f"Cannot write {name}: you may not change this file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"Cannot write {name}: you may not create files in {folder}.")


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` on success and vanishes on failure.

    It is written beside its place and moved there at the end, through links, and keeps the
    permissions of a file it replaces. A pipe or device is written to directly.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    check_target(path)
    name = os.fspath(path)
    try:
        with _draft(os.path.realpath(name)) as handle:
            yield handle
    except OSError as error:
        raise OutputError(f"Cannot write {name}: {error.strerror}.") from error


def write_text(path: PathLike, text: str) -> None:
    """Write UTF-8 text; see `replacing`."""
    with replacing(path) as handle:
        handle.write(text.encode())


@contextlib.contextmanager
def _draft(target: str) -> Iterator[BinaryIO]:
    mode = None
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(target).st_mode
    if mode is not None and not stat.S_ISREG(mode):  # moving a file over /dev/null would end it
        with open(target, "wb", buffering=_BLOCK_BYTES) as handle:
            yield handle
        return
    draft = os.path.join(os.path.dirname(target), f".w2v-{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb", buffering=_BLOCK_BYTES) as handle:
            if mode is not None:
                os.chmod(draft, stat.S_IMODE(mode))
            yield handle
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
