"""Files that are open already, under the names that the system has for them.

`/dev/stdout`, `/dev/fd/3` and `/proc/self/fd/3` lead to what is open in this process. Where that is
a file, to put another in its place would take away what a shell has opened: such a name is written
to through the descriptor, behind what stands there (`>>`), and where other programs go on.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys

from w2v.files import disk

_OWN = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
_ANY = re.compile(r"/proc/\d+(?:/task/\d+)?/fd")
_MOST_LINKS = 40  # as many as Linux follows


def open_descriptor(name: str) -> disk.File | None:
    """A file to write to what a process has open under a name; None if the name is an ordinary one.

    Raises
    ------
    OSError
        Nothing is open there, or not for writing.
    """
    found = _found(name)
    if found is None:
        return None
    folder, number = found
    if folder not in map(os.path.realpath, _OWN):
        return _Onward(disk.open_old(name, os.O_APPEND))  # of another process
    for stream in (sys.stdout, sys.stderr):  # what was printed before comes before
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    disk.check_open(number)
    return _Onward(os.dup(number))


def _found(name: str) -> tuple[str, int] | None:
    """The folder of descriptors and the number that a name leads to."""
    if sys.platform == "win32":
        return None
    own = {os.path.realpath(folder) for folder in _OWN}
    for _ in range(_MOST_LINKS):
        folder, base = os.path.split(os.path.abspath(name))
        folder = os.path.realpath(folder)
        if base.isdecimal() and (folder in own or _ANY.fullmatch(folder)):
            return folder, int(base)
        name = os.path.join(folder, base)
        try:
            name = os.path.join(folder, os.readlink(name))
        except (OSError, ValueError):
            return None
    return None


class _Onward(disk.File):
    """A file that is written front to back only: what stands before is not ours."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("seek")
