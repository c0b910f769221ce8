"""Files and folders that appear whole or not at all, also where the power goes."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from w2v.errors import ConfigError, OutputError
from w2v.files import disk
from w2v.files.compression import check_compressor, compressing, compression_by_name
from w2v.files.descriptors import open_descriptor
from w2v.files.draft_files import DraftFile, new_draft_folder, removed_on_failure, settle
from w2v.files.drafts import is_draft, sweep
from w2v.files.group import waiting
from w2v.files.outputs import (
    PathLike,
    cannot_write,
    check_new_folder,
    check_room,
    check_target,
    move_into_place,
)
from w2v.files.temporary import temporary_folder


@contextlib.contextmanager
def replacing(
    path: PathLike, size: int | None = None, *, past_cache: bool = False
) -> Iterator[BinaryIO]:
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
    past_cache : bool
        The system need not keep in memory what will hardly be read soon: where it can, large pieces
        go to the disk as they are, which takes a tenth of the processor's time.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    check_target(path)
    name = os.fsdecode(path)
    try:
        with _opened(name, size or 0, past_cache) as handle:
            yield handle
    except OSError as error:
        raise cannot_write(name, error) from error


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
    name = os.fsdecode(path)
    parent = os.path.dirname(os.path.realpath(name))
    sweep(parent)
    try:
        draft, lock = new_draft_folder(parent)
        with removed_on_failure(draft, name, lock):
            with _called(draft, name):
                yield draft
            if os.path.isdir(name):
                disk.set_mode(draft, stat.S_IMODE(os.stat(name).st_mode))
            disk.sync_tree(draft)
            move_into_place(draft, name)
        settle(parent, name)
    except OSError as error:
        raise cannot_write(name, error) from error


@contextlib.contextmanager
def _called(draft: str, name: str) -> Iterator[None]:
    """Messages on what is written in a draft name the place it is for."""
    try:
        yield
    except OutputError as error:
        raise OutputError(str(error).replace(draft, name)) from error


def make_folder(path: str) -> None:
    """Make an empty folder, which is on the disk then; raises `OSError`."""
    disk.make_folder(path)
    disk.sync_folder(os.path.dirname(os.path.realpath(path)))


@contextlib.contextmanager
def scratch_folder() -> Iterator[str]:
    """The name of a new folder, for files that are needed until the block ends.

    Raises
    ------
    OutputError
        None can be made.
    """
    parent = temporary_folder()
    try:
        sweep(parent)
        draft, descriptor = new_draft_folder(parent, 0o700)
    except OSError as error:
        raise OutputError(
            f"No temporary folder can be made in {parent}: {error.strerror}. Set TMPDIR to a "
            "folder with space."
        ) from error
    with removed_on_failure(draft, draft, descriptor):
        yield draft
        with contextlib.suppress(OSError):
            disk.remove_tree(draft)


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
def _opened(name: str, size: int, past_cache: bool) -> Iterator[BinaryIO]:
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
        with io.BufferedWriter(opened, disk.BLOCK_BYTES) as handle:
            yield handle
        return
    folder = os.path.dirname(os.path.realpath(name))
    if not is_draft(folder):
        sweep(folder)
    if size:
        check_room({name: size})
    draft = DraftFile(folder, name, mode, size, past_cache)
    try:
        yield draft.handle
        draft.finish()
    except BaseException as error:
        draft.discard(error)
        raise
    if is_draft(folder):  # which goes to the disk, and to its place, as a whole
        draft.place()
    elif (group := waiting()) is not None:
        group.add(draft)
    else:
        draft.place()
        draft.settle()
