"""What is not yet in its place: the names of drafts, whose they are, and what dead runs left.

A process holds a lock on each of its drafts, which the system takes away when the process ends,
however it ends. So a draft without a lock is nobody's any more, and the next who writes into that
folder removes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import secrets
import sys
import time
import zlib
from collections.abc import Iterator

from w2v.errors import OutputError
from w2v.files import disk
from w2v.files.outputs import PathLike, check_name

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
_DRAFT = re.compile(r"\.w2v-([0-9a-f]{8})[0-9a-f]{8}\.tmp")
_LOCK = ".w2v-lock"
_OTHERS_S = 24 * 3600  # what another machine has not touched for so long is nobody's
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


def draft_name(folder: str) -> str:
    """A new name for a file or folder that is to take its place in this folder, or beside it."""
    return os.path.join(folder, f".w2v-{_HOST}{secrets.token_hex(4)}.tmp")


def is_draft(path: str) -> bool:
    """Whether a name is one that `draft_name` gives."""
    return bool(_DRAFT.fullmatch(os.path.basename(path)))


def take_lock(descriptor: int) -> bool | None:
    """Lock an open file or folder until it is closed.

    Returns
    -------
    bool or None
        False if it is locked already, None where the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return None
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def is_named(descriptor: int, path: str) -> bool:
    """Whether an open file or folder still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def sweep(folder: PathLike) -> None:
    """Remove the drafts that runs which were killed have left in a folder.

    Those of a living process stay. What cannot be removed, or asked, stays too: this never fails.
    A draft that another machine made, as on a disk of a cluster, stays for a day after it was last
    written to, since not every such disk tells its machines of each other's locks.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if found := _DRAFT.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_dead(entry, found[1] == _HOST)


def remove_tree(folder: str) -> None:
    """Remove a folder and all that is in it, at one moment: after a kill it is whole, or a draft.

    Raises
    ------
    OSError
    """
    draft = draft_name(os.path.dirname(os.path.abspath(folder)))
    disk.move(folder, draft)
    disk.remove_tree(draft)


def is_locked(folder: PathLike) -> bool:
    """Whether a process is at work in a folder, as far as its file system knows."""
    try:
        descriptor = disk.open_to_lock(os.path.join(folder, _LOCK))
    except OSError:
        return False
    try:
        return take_lock(descriptor) is False
    finally:
        os.close(descriptor)


def _remove_dead(entry: os.DirEntry[str], of_this_machine: bool) -> None:
    if entry.is_symlink():
        return
    is_folder = entry.is_dir()
    old = time.time() - _last_written(entry, is_folder) > _OTHERS_S
    if sys.platform == "win32":  # which opens no folder, and removes no file that is open
        descriptor, lock = None, None
    else:
        descriptor = disk.open_to_lock(entry.path)
        lock = take_lock(descriptor)
    try:
        if lock is not False and (old or (lock and of_this_machine)):
            (disk.remove_tree if is_folder else disk.remove)(entry.path)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _last_written(entry: os.DirEntry[str], is_folder: bool) -> float:
    """Seconds since the epoch; of a folder, and the files in it."""
    latest = entry.stat(follow_symlinks=False).st_mtime
    if is_folder:
        with os.scandir(entry.path) as inside:
            latest = max([latest, *(e.stat(follow_symlinks=False).st_mtime for e in inside)])
    return latest


@contextlib.contextmanager
def locked(folder: PathLike) -> Iterator[None]:
    """Be the only process at work in a folder; on a file system without locks, hope so.

    Raises
    ------
    OutputError
        Another run is at work there, or the folder cannot be written to.
    """
    name = check_name(folder, "the folder", OutputError)
    path = os.path.join(name, _LOCK)
    try:
        descriptor = _lock_of(name, path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"Cannot write into the folder {name}: {reason}.") from error
    try:
        yield
    finally:
        if sys.platform == "win32":  # which removes no file that is open
            os.close(descriptor)
        with contextlib.suppress(OSError):
            disk.remove(path)
        if sys.platform != "win32":
            os.close(descriptor)


def _lock_of(name: str, path: str) -> int:
    """The lock file, locked and still of that name: who leaves a folder removes it."""
    while True:
        descriptor = disk.open_lock(path)
        try:
            free = take_lock(descriptor) is not False
            there = free and is_named(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        if there:
            return descriptor
        os.close(descriptor)
        if not free:
            raise OutputError(
                f"Another run is at work in {name}. Wait until it ends, or give another folder."
            )
