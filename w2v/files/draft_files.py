"""Files and folders that are made beside their places, and moved there when they are whole."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Iterator

from w2v.errors import OutputError
from w2v.files import disk
from w2v.files.drafts import draft_name, is_draft, is_named, take_lock
from w2v.files.outputs import cannot_write, move_into_place


class DraftFile:
    """A file beside its place, locked until it is there or gone.

    Attributes
    ----------
    name : str                    As whoever writes it calls it.
    path : str                    Where it is until it moves.
    handle : binary file          To write it.
    """

    def __init__(
        self, folder: str, name: str, mode: int | None, size: int, past_cache: bool
    ) -> None:
        self.name, self._folder, self._size = name, folder, size
        self.path, self._file = _new_draft(folder)
        self._file.past_cache = past_cache
        self.handle = io.BufferedWriter(self._file, disk.BLOCK_BYTES)
        try:
            disk.allocate(self._file, size)
            if mode is not None:
                disk.set_mode(self.path, stat.S_IMODE(mode))
        except BaseException as error:
            self.discard(error)
            raise

    def finish(self) -> None:
        """Have all of it on the disk."""
        self.handle.flush()
        if self._file.end < self._size:
            self._file.truncate(self._file.end)
        disk.sync(self._file.descriptor)

    def place(self) -> None:
        """Move it to its place, or remove it."""
        try:
            if sys.platform == "win32":  # which moves no file that is open
                self.handle.close()
            move_into_place(self.path, self.name)
        except BaseException as error:
            self.discard(error)
            raise
        self.handle.close()  # and with it the lock

    def settle(self) -> None:
        """Have its place on the disk too."""
        settle(self._folder, self.name)

    def discard(self, error: BaseException | None = None) -> None:
        """Remove it, after an error."""
        self._file.given_up = True
        self.handle.close()
        with _said(self.path, self.name, error):
            disk.remove(self.path)


def _new_draft(folder: str) -> tuple[str, disk.File]:
    """A new file, locked; where another process has swept it before that, another."""
    while True:
        draft = draft_name(folder)
        file = disk.File(disk.create(draft))
        if sys.platform == "win32":  # which removes no file that is open
            return draft, file
        if take_lock(file.descriptor) is not False and is_named(file.descriptor, draft):
            return draft, file
        file.close()


@contextlib.contextmanager
def _said(draft: str, name: str, error: BaseException | None) -> Iterator[None]:
    """A draft that cannot be removed after an error is named with it."""
    try:
        yield
    except FileNotFoundError:
        pass
    except OSError:
        if isinstance(error, OSError):
            reason = str(cannot_write(name, error))
        elif isinstance(error, OutputError):
            reason = str(error)
        else:
            return
        if is_draft(os.path.dirname(draft)):  # which is removed, or named, as a whole
            return
        stays = f"{reason} {draft} cannot be removed; the next run that writes there tries again."
        raise OutputError(stays) from error


@contextlib.contextmanager
def removed_on_failure(draft: str, name: str, descriptor: int | None) -> Iterator[None]:
    """On failure a folder is removed."""
    try:
        yield
    except BaseException as error:
        with _said(draft, name, error):
            disk.remove_tree(draft)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def new_draft_folder(parent: str, mode: int = 0o777) -> tuple[str, int | None]:
    """A new folder and the descriptor by which it is locked."""
    while True:
        draft = draft_name(parent)
        disk.make_folder(draft, mode)
        if sys.platform == "win32":  # which opens no folder
            return draft, None
        try:
            descriptor = disk.open_to_lock(draft)
        except FileNotFoundError:  # swept
            continue
        if take_lock(descriptor) is not False and is_named(descriptor, draft):
            return draft, descriptor
        os.close(descriptor)


def settle(folder: str, name: str) -> None:
    """Have a name that was changed on the disk too."""
    try:
        disk.sync_folder(folder)
    except OSError as error:
        raise OutputError(
            f"{name} is written, but may be gone after a power cut: its folder {folder} cannot be "
            f"brought to the disk ({error.strerror or error})."
        ) from error
