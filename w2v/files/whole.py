"""Files and folders that appear whole or not at all, also where the power goes."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from w2v.errors import ConfigError, OutputError
from w2v.files import disk
from w2v.files.compression import check_compressor, compressing, compression_by_name
from w2v.files.descriptors import open_descriptor
from w2v.files.drafts import draft_name, is_named, sweep, take_lock
from w2v.files.outputs import (
    PathLike,
    check_name,
    check_new_folder,
    check_room,
    check_target,
    move_into_place,
)
from w2v.files.together import waiting

_BLOCK_BYTES = 1 << 20  # written at a time


@contextlib.contextmanager
def replacing(path: PathLike, size: int | None = None) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` on success and vanishes on failure.

    It is written beside its place and moved there when all of it is on the disk, through links; it
    keeps the permissions of a file it replaces. Whatever ends the process, or the power, the old
    file is there or the new one. A pipe or device is written to directly, and so is what is open
    already, such as ``/dev/stdout``: behind what stands there.

    Parameters
    ----------
    path : str or path
    size : int, optional
        Bytes there will be, about: room for them is taken at once, or refused.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    check_target(path)
    name = os.fsdecode(path)
    try:
        with _opened(name, size or 0) as handle:
            yield handle
    except OSError as error:
        raise OutputError(f"Cannot write {name}: {error.strerror or error}.") from error


@contextlib.contextmanager
def making_folder(path: PathLike) -> Iterator[str]:
    """A folder that takes the place of `path` on success and vanishes on failure.

    Yields the name of a folder beside it, to be filled, in which files are written by `replacing`.
    At the end all that is in it goes to the disk, and then it takes its place.

    Parameters
    ----------
    path : str or path
        There may be nothing of that name yet, or an empty folder.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    check_new_folder(path)
    name = check_name(path, "the output folder", OutputError)
    parent = os.path.dirname(os.path.realpath(name))
    sweep(parent)
    try:
        with _draft_folder(parent) as draft:
            yield draft
            if os.path.isdir(name):
                disk.set_mode(draft, stat.S_IMODE(os.stat(name).st_mode))
            disk.sync_tree(draft)
            move_into_place(draft, name)
        _settle(parent, name)
    except OSError as error:
        raise OutputError(f"Cannot write {name}: {error.strerror or error}.") from error


@contextlib.contextmanager
def writing(target: PathLike | BinaryIO) -> Iterator[BinaryIO]:
    """A path as in `replacing`, or a binary file that is open already and stays so.

    What goes to a path is compressed as the end of its name says, such as ``.gz``.
    """
    if isinstance(target, str | os.PathLike):
        with replacing(target) as handle, compressing(handle, _packing(target)) as packed:
            yield packed
    else:
        yield target


def check_writing(target: PathLike | BinaryIO | None) -> None:
    """Refuse what `writing` could not write, as `check_target`."""
    if isinstance(target, str | os.PathLike):
        check_target(target)
        check_compressor(_packing(target), os.fspath(target), ConfigError)


def _packing(path: PathLike) -> str:
    return compression_by_name(os.fsdecode(path))[1]


def write_text(path: PathLike, text: str) -> None:
    """Write UTF-8 text; see `replacing`."""
    with replacing(path) as handle:
        handle.write(text.encode())


@contextlib.contextmanager
def _opened(name: str, size: int) -> Iterator[BinaryIO]:
    """What is written, in blocks, for a name."""
    opened: disk.File | None = open_descriptor(name)
    mode = None
    if opened is None:
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(name).st_mode
        if mode is not None and not stat.S_ISREG(mode):
            # moving a file over /dev/null would end it; the pipe of /dev/stdout has no real path
            opened = disk.File(disk.open_old(name))
    if opened is not None:
        with io.BufferedWriter(opened, _BLOCK_BYTES) as handle:
            yield handle
        return
    folder = os.path.dirname(os.path.realpath(name))
    sweep(folder)
    if size:
        check_room({name: size})
    draft = _Draft(folder, name, mode, size)
    try:
        yield draft.handle
        draft.finish()
    except BaseException:
        draft.discard()
        raise
    if (group := waiting()) is not None:
        group.add(draft)
        return
    draft.place()
    draft.settle()


class _Draft:
    """A file beside its place, locked until it is there or gone."""

    def __init__(self, folder: str, name: str, mode: int | None, size: int) -> None:
        self.name, self._folder, self._size = name, folder, size
        self.path, self._file = _new_draft(folder)
        self.handle = io.BufferedWriter(self._file, _BLOCK_BYTES)
        try:
            disk.allocate(self._file, size)
            if mode is not None:
                disk.set_mode(self.path, stat.S_IMODE(mode))
        except BaseException:
            self.discard()
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
        except BaseException:
            self.discard()
            raise
        self.handle.close()  # and with it the lock

    def settle(self) -> None:
        """Have its place on the disk too."""
        _settle(self._folder, self.name)

    def discard(self) -> None:
        """Remove it."""
        self._file.given_up = True
        self.handle.close()
        with contextlib.suppress(OSError):
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
def _draft_folder(parent: str) -> Iterator[str]:
    """A new folder, locked, that is removed on failure."""
    draft, descriptor = _new_draft_folder(parent)
    try:
        yield draft
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove_tree(draft)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _new_draft_folder(parent: str) -> tuple[str, int | None]:
    while True:
        draft = draft_name(parent)
        disk.make_folder(draft)
        if sys.platform == "win32":  # which opens no folder
            return draft, None
        try:
            descriptor = os.open(draft, os.O_RDONLY)
        except FileNotFoundError:  # swept
            continue
        if take_lock(descriptor) is not False and is_named(descriptor, draft):
            return draft, descriptor
        os.close(descriptor)


def _settle(folder: str, name: str) -> None:
    """Have a name that was changed on the disk too."""
    try:
        disk.sync_folder(folder)
    except OSError as error:
        raise OutputError(
            f"{name} is written, but may be gone after a power cut: its folder {folder} cannot be "
            f"brought to the disk ({error.strerror or error})."
        ) from error
