"""What can be written, and where: asked before any work is done."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Hashable, Iterable, Mapping

from w2v.errors import ConfigError, OutputError, W2VError, in_units
from w2v.files import disk
from w2v.files.descriptors import open_descriptor

PathLike = str | os.PathLike[str]

_LONGEST_NAME = 4096  # characters; no system opens longer ones
_HELD = {5, 32, 1224}  # what Windows says of a file that is open or mapped


def check_name(path: PathLike, what: str, error: type[W2VError]) -> str:
    """The name of a path; raises `error`, calling the file `what`, for one no file can have.

    What is not the name of a file, but may be what one holds, is a `TypeError` or too long.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"The name of {what} must be a str or a path, got {_kind(path)}.")
    name = os.fsdecode(path)
    if len(name) > _LONGEST_NAME:
        raise error(
            f"The name of {what} has {len(name):,} characters: {name[:40]!r}... Give the name of "
            "a file, not what it holds."
        )
    if not name:
        raise error(f"The name of {what} is empty.")
    try:
        usable = b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:  # a lone surrogate
        usable = False
    if not usable:
        raise error(f"The name of {what}, {name!r}, holds a character that no file name can hold.")
    return name


def _kind(path: object) -> str:
    size = f" of length {len(path)}" if isinstance(path, bytes | bytearray | memoryview) else ""
    return f"{type(path).__name__}{size}"


def cannot_write(name: str, error: OSError) -> OutputError:
    """What the system says, as an error of the file."""
    return OutputError(f"Cannot write {name}: {error.strerror or error}.")


def check_target(path: PathLike) -> None:
    """Refuse a path that could not be written, before any work is done.

    Looks only: nothing is created, opened or truncated. A disk that fills up later is not foreseen.

    Raises
    ------
    OutputError
        The name is empty, the folder is missing or not writable, or the path is a folder, a socket
        or a file that may not be replaced; on Windows that is also one that is open or mapped.
    """
    name = check_name(path, "the output file", OutputError)
    if name.endswith((os.sep, os.altsep or os.sep)):
        raise OutputError(f"Cannot write {name}: this names a folder. Give a file name.")
    status = None
    try:
        if (opened := open_descriptor(name)) is not None:
            opened.close()
            return
        status = os.stat(name)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # a name too long, a loop of links
        raise cannot_write(name, error) from error
    if status and (reason := _unwritable(name, status)):
        raise OutputError(f"Cannot write {name}: {reason}")
    if status is None or stat.S_ISREG(status.st_mode):
        _check_folder(name, status, os.path.realpath(name))
    if status and sys.platform == "win32" and stat.S_ISREG(status.st_mode):
        move_into_place(os.path.realpath(name), name)  # onto itself


def check_distinct(outputs: Mapping[str, PathLike | None], inputs: Iterable[PathLike]) -> None:
    """Refuse outputs that would overwrite each other or an input.

    Names that lead to the same file, by links too, are the same; pipes and devices may be named
    more than once.

    Parameters
    ----------
    outputs : mapping from str to path or None
        Keys are what the user calls them, such as ``--report``. None is not written.
    inputs : iterable of paths
        Files, no folders or patterns: these are for the caller to expand.

    Raises
    ------
    ConfigError
        Names the outputs, or the output and the input.
    """
    read = {_identity(path) for path in inputs} - {None}
    seen: dict[Hashable, str] = {}
    for title, path in outputs.items():
        if not path or (identity := _identity(path)) is None:
            continue
        if identity in read:
            name = os.fspath(path)
            raise ConfigError(f"{title} would overwrite the input {name}. Give it another name.")
        if (other := seen.setdefault(identity, title)) != title:
            raise ConfigError(
                f"{other} and {title} are the same file, {os.fspath(path)}. "
                "Give them different names."
            )


def check_stdout(inputs: Iterable[PathLike]) -> None:
    """Refuse to read what standard output writes, which would go on until the disk is full.

    Raises
    ------
    ConfigError
    """
    try:
        status = os.fstat(sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):
        return
    for path in inputs:
        if stat.S_ISREG(status.st_mode) and _identity(path) == (status.st_dev, status.st_ino):
            raise ConfigError(
                f"Standard output is the input {os.fspath(path)}. Write to another file."
            )


def check_new_folder(path: PathLike) -> None:
    """Refuse a folder that could not be made whole, before any work is done; see `making_folder`.

    Raises
    ------
    OutputError
        The name is empty or leads to a file, to a folder that is not empty or is a disk of its
        own, or the folder around it is missing or not writable.
    """
    name = check_name(path, "the output folder", OutputError)
    place = os.path.realpath(name)
    try:
        _check_folder(name, None, place)
        if not stat.S_ISDIR(os.stat(place).st_mode):
            raise OutputError(f"Cannot write {name}: it is a file. Give the name of a folder.")
        if os.path.ismount(place):
            raise OutputError(
                f"Cannot write {name}: a disk is mounted there, and the folder must take its "
                "place. Give the name of a new folder inside."
            )
        if os.listdir(place):
            raise OutputError(
                f"Cannot write {name}: the folder is not empty. Give the name of a new folder."
            )
    except FileNotFoundError:
        pass
    except OSError as error:  # a name too long, a loop of links
        raise cannot_write(name, error) from error


def check_room(sizes: Mapping[PathLike, int]) -> None:
    """Refuse to write more than fits on the disks, as far as they tell what is free on them.

    An old file takes its room until the new one is in its place. A quota is not seen.

    Parameters
    ----------
    sizes : mapping from path to int
        Bytes of each file or folder that is to be written; pipes and devices need no room.

    Raises
    ------
    OutputError
    """
    disks: dict[int, list[str]] = {}
    for path in sizes:
        if open_elsewhere(os.fsdecode(path)):
            continue
        with contextlib.suppress(OSError, ValueError):
            folder = os.path.dirname(os.path.realpath(path))
            disks.setdefault(os.stat(folder).st_dev, []).append(os.fsdecode(path))
    for names in disks.values():
        needed = sum(size for path, size in sizes.items() if os.fsdecode(path) in names)
        folder = os.path.dirname(os.path.realpath(names[0]))
        try:
            space = shutil.disk_usage(folder)
        except OSError:
            continue
        if needed > space.free and space.total:
            together = "it needs" if len(names) == 1 else "together they need"
            raise OutputError(
                f"Cannot write {', '.join(names)}: {together} {in_units(needed)}, and "
                f"{in_units(space.free)} of the disk are free. Make room, or give another folder."
            )


def open_elsewhere(name: str) -> bool:
    """Whether a name leads to a pipe, a device or a descriptor, written to as it is."""
    try:
        if (opened := open_descriptor(name)) is not None:
            opened.close()
            return True
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _unwritable(name: str, status: os.stat_result) -> str:
    """Why what is there cannot be written or replaced; empty if it can."""
    if stat.S_ISDIR(status.st_mode):
        return "it is a folder. Give a file name."
    if stat.S_ISSOCK(status.st_mode):
        return "it is a socket. Give a file name."
    return "" if os.access(name, os.W_OK) else "you may not change this file."


def _check_folder(name: str, replaced: os.stat_result | None, place: str) -> None:
    """Refuse a folder in which no draft can be made and moved to its place."""
    folder = os.path.dirname(place)
    if not os.path.isdir(folder):
        raise OutputError(f"Cannot write {name}: {folder} is not a folder. Create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"Cannot write {name}: you may not create files in {folder}.")
    there = os.stat(folder)
    sticky = there.st_mode & stat.S_ISVTX
    if replaced and sticky and _user() not in (0, replaced.st_uid, there.st_uid):
        raise OutputError(
            f"Cannot write {name}: it belongs to another user, and {folder} lets only owners "
            "replace their files. Give another name."
        )


def _user() -> int:
    """Who runs this process; where the system numbers no users, one who may do anything."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _identity(path: PathLike) -> Hashable:
    """Equal for all names of one file; None for a pipe, a device, a folder, or no possible name."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    except ValueError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def move_into_place(draft: str, name: str) -> None:
    """Put a file or folder where `name` leads to, through links; says why if Windows refuses."""
    try:
        disk.move(draft, os.path.realpath(name))
    except OSError as error:
        if getattr(error, "winerror", 0) not in _HELD:
            raise
        raise OutputError(
            f"Cannot write {name}: Windows replaces no file that is open, and vectors keep the "
            "file open that they were loaded from. Let go of what uses it, or give another name."
        ) from error
