"""What a disk may hold after a power cut, as far as POSIX lets it: a model of one folder.

Only `fsync` orders anything. What was written to a file since its last `fsync` is there, or not,
or in part, with zeros where a later part came first; what was changed in a folder since the last
`fsync` of the folder has happened, or not, each change for itself; `rename` is one change.
After ALICE (Pillai et al., OSDI 2014), which found that programs count on more than that.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from w2v.files import disk

Tree = Union[bytes, "tuple[tuple[str, Tree], ...]"]
"""What a reader sees: the bytes of a file, or the sorted names and trees in a folder."""

_FEW = 6  # writes, of which every subset is looked at; of more, all prefixes and all but one


@dataclass(frozen=True)
class _Change:
    """One change of a file, or of a folder."""

    write: tuple[int, bytes] | None = None
    size: int | None = None
    names: tuple[tuple[str, Node | None], ...] = ()
    """What stands under these names afterwards."""


@dataclass(eq=False)
class Node:
    """A file or a folder: what is on the disk for certain, and what was changed since."""

    is_folder: bool
    data: bytes = b""
    names: dict[str, Node] = field(default_factory=dict)
    changes: list[_Change] = field(default_factory=list)

    def settle(self) -> None:
        """What `fsync` does."""
        if self.is_folder:
            self.names = _named(self.names, self.changes)
        else:
            self.data = _written(self.data, self.changes)
        self.changes = []

    def now(self) -> dict[str, Node]:
        """The names in a folder, as long as the power is on."""
        return _named(self.names, self.changes)

    def trees(self) -> set[Tree]:
        """All that a reader may find after a power cut."""
        if not self.is_folder:
            return {_written(self.data, some) for some in _subsets(self.changes, torn=True)}
        found: set[Tree] = set()
        for some in _subsets(self.changes):
            names = sorted(_named(self.names, some).items())
            for inner in itertools.product(*(node.trees() for _, node in names)):
                found.add(tuple(zip((name for name, _ in names), inner, strict=True)))
        return found


def _subsets(changes: list[_Change], *, torn: bool = False) -> Iterator[list[_Change]]:
    """Those changes that have reached the disk; writes, in part too."""
    if len(changes) <= _FEW:
        for kept in itertools.product((True, False), repeat=len(changes)):
            yield list(itertools.compress(changes, kept))
    else:
        yield from (changes[:end] for end in range(len(changes) + 1))
        yield from (changes[:i] + changes[i + 1 :] for i in range(len(changes)))
    if torn:
        for i, change in enumerate(changes):
            if change.write:
                place, data = change.write
                yield [*changes[:i], _Change(write=(place, data[: len(data) // 2]))]


def _written(data: bytes, changes: Iterable[_Change]) -> bytes:
    found = bytearray(data)
    for change in changes:
        if change.size is not None:
            found = found[: change.size].ljust(change.size, b"\0")
        elif change.write:
            place, part = change.write
            found = found.ljust(place, b"\0")
            found[place : place + len(part)] = part
    return bytes(found)


def _named(names: dict[str, Node], changes: Iterable[_Change]) -> dict[str, Node]:
    found = dict(names)
    for change in changes:
        for name, node in change.names:
            if node is None:
                found.pop(name, None)
            else:
                found[name] = node
    return found


class PowerCuts:
    """Does what `disk.call` does, and collects all that `path` may be after each call.

    Parameters
    ----------
    path : path
        Of a file or folder. The folder around it is taken to be on the disk as it is.
    ignored : str
        Calls that are taken not to have been made: "file" or "folder", the `fsync` of these.

    Attributes
    ----------
    seen : set of Tree or None
        What `path` may be after one of the calls so far, or before; None for nothing.
    last : set of Tree or None
        What it may be after the last.
    """

    def __init__(self, path: Path, ignored: str = "") -> None:
        self._path, self._ignored = path, ignored
        self._nodes: dict[tuple[int, int], Node] = {}
        self._folder = self._taken(path.parent)
        self.calls: list[str] = []
        self.last = self._may_be()
        self.seen = set(self.last)

    def __call__(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self.calls.append(function.__name__)
        result = getattr(self, f"_{function.__name__.lower()}")(function, *given, **named)
        self.last = self._may_be()
        self.seen |= self.last
        return result

    def _may_be(self) -> set[Tree | None]:
        found: set[Tree | None] = set()
        for some in _subsets(self._folder.changes):
            node = _named(self._folder.names, some).get(self._path.name)
            found |= {None} if node is None else node.trees()
        return found

    def _taken(self, path: Path) -> Node:
        """What is there, as something that is on the disk."""
        if not path.is_dir():
            return self._node(path, Node(False, path.read_bytes()))
        names = {inner.name: self._taken(inner) for inner in path.iterdir()}
        return self._node(path, Node(True, names=names))

    def _node(self, path: str | int | Path, new: Node | None = None) -> Node:
        status = os.stat(path)
        number = (status.st_dev, status.st_ino)  # the system gives it again after a removal
        if new is not None:
            self._nodes[number] = new
        elsewhere = Node(stat.S_ISDIR(status.st_mode))  # than in the folder: of no interest
        return self._nodes.get(number, elsewhere)

    def _entry(self, path: str) -> tuple[Node, str]:
        folder, name = os.path.split(path)
        return self._node(folder), name

    def _changed(self, path: str, node: Node | None) -> None:
        folder, name = self._entry(path)
        folder.changes.append(_Change(names=((name, node),)))

    def _open(self, function: Callable[..., int], path: str, flags: int, mode: int = 0) -> int:
        there = os.path.exists(path)
        descriptor = function(path, flags, mode)
        if not there:
            self._changed(path, self._node(descriptor, Node(False)))
        return descriptor

    def _mkdir(self, function: Callable[..., None], path: str, mode: int) -> None:
        function(path, mode)
        self._changed(path, self._node(path, Node(True)))

    def _write(self, function: Callable[..., int], descriptor: int, data: Any) -> int:
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        written = function(descriptor, data)
        part = bytes(memoryview(data)[:written])
        self._node(descriptor).changes.append(_Change(write=(place, part)))
        return written

    def _ftruncate(self, function: Callable[..., None], descriptor: int, size: int) -> None:
        function(descriptor, size)
        self._node(descriptor).changes.append(_Change(size=size))

    def _posix_fallocate(
        self, function: Callable[..., None], descriptor: int, start: int, size: int
    ) -> None:
        function(descriptor, start, size)
        self._node(descriptor).changes.append(_Change(size=os.fstat(descriptor).st_size))

    def _temporaryfile(self, function: Callable[..., Any], **named: Any) -> Any:
        return function(**named)

    def _chmod(self, function: Callable[..., None], path: str, mode: int) -> None:
        function(path, mode)

    def _fsync(self, function: Callable[..., None], descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        if kind != self._ignored:
            self._node(descriptor).settle()

    def _replace(self, function: Callable[..., None], path: str, target: str) -> None:
        (source, old), (place, new) = self._entry(path), self._entry(target)
        assert source is place
        node = self._node(path)
        function(path, target)
        source.changes.append(_Change(names=((old, None), (new, node))))

    def _unlink(self, function: Callable[..., None], path: str) -> None:
        function(path)
        self._changed(path, None)

    _rmdir = _unlink


def may_be_after(save: Callable[[], object], path: Path, ignored: str = "") -> PowerCuts:
    """Save, and say what a power cut at any moment may leave, and what one after that."""
    cuts, real = PowerCuts(path, ignored), disk.call
    vars(disk)["call"] = cuts
    try:
        save()
    finally:
        vars(disk)["call"] = real
    return cuts
