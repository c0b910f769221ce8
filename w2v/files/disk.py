"""Every call of the system that changes a disk; no other module of w2v makes one.

All of them go through `call`, one by one: what may fail, or be the last before a kill or a power
cut, is what is handed to it.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from w2v.files.temporary import temporary_folder

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK_BYTES = 1 << 20
"""Written at a time."""

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_PLAIN = getattr(os, "O_BINARY", 0)  # Windows would change line ends
_PAGE = 4096  # bytes; what goes past the cache begins and ends at a multiple
_NO_SUCH_CALL = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What a file system says of a call that it does not know."""


def call(
    function: Callable[_Given, _Result], *given: _Given.args, **named: _Given.kwargs
) -> _Result:
    """Make one call of the system that changes the disk."""
    return function(*given, **named)


class File(io.FileIO):
    """A file that is open for writing. It keeps its number to itself: nothing writes past it."""

    def __init__(self, descriptor: int, mode: str = "wb") -> None:
        super().__init__(descriptor, mode)
        self.descriptor = descriptor
        self.end = 0  # of what was written
        self.given_up = False  # what is still to be written is not wanted any more
        self.past_cache = False  # large pieces of whole pages need not be kept in memory
        self._direct = False

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")

    def write(self, data: Buffer, /) -> int:
        """Write some of the bytes; how many."""
        size = memoryview(data).nbytes
        if self.given_up:
            return size
        pages = self.past_cache and size >= BLOCK_BYTES and size % _PAGE == 0
        self._go_direct(pages and self.tell() % _PAGE == 0)
        try:
            written = call(os.write, self.descriptor, data)
        except OSError as error:
            if not self._direct or error.errno not in _NO_SUCH_CALL:
                raise
            self.past_cache = False
            self._go_direct(False)
            written = call(os.write, self.descriptor, data)
        if self.seekable():
            self.end = max(self.end, self.tell())
        return written

    def _go_direct(self, wanted: bool) -> None:
        """Write past the cache from now on, or not; where that cannot be, the usual way."""
        if wanted == self._direct:
            return
        if sys.platform == "linux":
            import fcntl

            flags = fcntl.fcntl(self.descriptor, fcntl.F_GETFL) & ~os.O_DIRECT
            try:
                fcntl.fcntl(self.descriptor, fcntl.F_SETFL, flags | os.O_DIRECT * wanted)
                self._direct = wanted
            except OSError:
                self.past_cache = False

    def truncate(self, size: int | None = None, /) -> int:
        size = self.tell() if size is None else size
        call(os.ftruncate, self.descriptor, size)
        return size


class Scratch(File):
    """A file without a name, to be read too; the system takes its room back when it is closed.

    It is where temporary files are, or on the disk of `folder`.
    """

    def __init__(self, prefix: str, folder: str | None = None) -> None:
        where = folder or temporary_folder()
        with call(tempfile.TemporaryFile, buffering=0, prefix=prefix, dir=where) as made:
            super().__init__(os.dup(made.fileno()), "r+b")
        self.folder = folder

    def fileno(self) -> int:
        return self.descriptor


def create(path: str) -> int:
    """A descriptor of a file that was not there before; `FileExistsError` if it was."""
    return call(os.open, path, _NEW | _PLAIN, 0o666)


def open_old(path: str, flags: int = 0) -> int:
    """A descriptor of a pipe, a device, or what another process has open, to be written to."""
    return call(os.open, path, os.O_WRONLY | _PLAIN | flags)


def open_lock(path: str) -> int:
    """A descriptor of a file to be locked, which is made if it is not there."""
    return call(os.open, path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o666)


def open_to_lock(path: str) -> int:
    """A descriptor of a file or folder that is there; only to be locked, and nothing changes."""
    return os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)


def check_open(descriptor: int) -> None:
    """Raises `OSError` if nothing is open there, or not for writing."""
    os.write(descriptor, b"")


def allocate(file: File, size: int) -> None:
    """Have the disk set aside so many bytes for a file, where it can: no space is known now."""
    if not hasattr(os, "posix_fallocate") or not size:
        return
    try:
        call(os.posix_fallocate, file.descriptor, 0, size)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise


def sync(descriptor: int) -> None:
    """Return when all that was written is on the disk.

    Where this fails, the file may not be used: a second call succeeds, although nothing was
    written (Rebello et al., Can applications recover from fsync failures?, USENIX ATC 2020).
    """
    if sys.platform == "darwin":  # where fsync leaves the data in the cache of the drive
        import fcntl

        with contextlib.suppress(OSError):
            call(fcntl.fcntl, descriptor, fcntl.F_FULLFSYNC)
            return
    call(os.fsync, descriptor)


def sync_folder(path: str) -> None:
    """Return when the names in a folder are on the disk, as far as its file system knows how."""
    if sys.platform == "win32":  # it opens no folders
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | _PLAIN)
    except PermissionError:  # a folder to write into, but not to be read
        return
    try:
        call(os.fsync, descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
    finally:
        os.close(descriptor)


def sync_tree(path: str) -> None:
    """Return when a folder is on the disk, with all that is in it."""
    for folder, _, names in os.walk(path, topdown=False, onerror=_fail):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDWR | _PLAIN)
            try:
                sync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(folder)


def remove_tree(path: str) -> None:
    """Remove a folder and all that is in it."""
    for folder, folders, names in os.walk(path, topdown=False, onerror=_fail):
        for name in names:
            remove(os.path.join(folder, name))
        for name in folders:
            there = os.path.join(folder, name)
            (remove if os.path.islink(there) else remove_folder)(there)
    remove_folder(path)


def _fail(error: OSError) -> None:
    raise error


def move(path: str, target: str) -> None:
    """Give a file or folder another name, in place of the file or empty folder that has it."""
    if sys.platform == "win32" and os.path.isdir(target):  # where no folder is replaced
        remove_folder(target)
    call(os.replace, path, target)


def remove(path: str) -> None:
    """Remove a file."""
    call(os.unlink, path)


def make_folder(path: str, mode: int = 0o777) -> None:
    """Make a folder that was not there before; raises `FileExistsError` if it was."""
    call(os.mkdir, path, mode)


def remove_folder(path: str) -> None:
    """Remove an empty folder."""
    call(os.rmdir, path)


def set_mode(path: str, mode: int) -> None:
    """Set the permissions of a file or folder."""
    call(os.chmod, path, mode)
