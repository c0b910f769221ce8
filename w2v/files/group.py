"""Files that appear at one moment: drafts that wait for each other, then move, one after the other.

A system has no call that gives several files their places at once, so a kill between two of them
leaves some new files beside some old ones. Nothing else happens between them: all drafts are on
the disk before the first moves.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from w2v.errors import OutputError
from w2v.files.draft_files import DraftFile
from w2v.files.outputs import cannot_write
from w2v.files.text_files import readable

_BLOCK_BYTES = 1 << 20


class Together:
    """Drafts that are on the disk, and wait for each other."""

    def __init__(self, outer: Together | None = None) -> None:
        self._outer = outer
        self._drafts: list[DraftFile] = []

    def add(self, draft: DraftFile) -> None:
        self._drafts.append(draft)

    def written(self) -> list[dict[str, Any]]:
        """Path, bytes and SHA-256 of each file, in the order in which they were written.

        The sum is None where a file cannot be read again. Pipes and devices, which were written to
        directly, are not among them.
        """
        return [
            {
                "path": readable(draft.name),
                "bytes": os.path.getsize(draft.path),
                "sha256": _sha256(draft.path),
            }
            for draft in self._drafts
        ]

    def place(self) -> dict[str, OutputError]:
        """Move all drafts to their places; why some are not there, by their names."""
        failed: dict[str, OutputError] = {}
        if self._outer is not None:
            self._outer._drafts += self._drafts
            self._drafts = []
        moved: list[DraftFile] = []
        while self._drafts:
            draft = self._drafts.pop(0)
            try:
                draft.place()
                moved.append(draft)
            except OSError as error:
                failed[draft.name] = cannot_write(draft.name, error)
            except OutputError as error:
                failed[draft.name] = error
        for draft in moved:
            try:
                draft.settle()
            except OutputError as error:
                failed[draft.name] = error
        return failed

    def discard(self) -> None:
        """Remove what has not been moved."""
        drafts, self._drafts = self._drafts, []
        for draft in drafts:
            draft.discard()


_GROUP: ContextVar[Together | None] = ContextVar("group", default=None)


@contextlib.contextmanager
def together() -> Iterator[Together]:
    """What `replacing` writes inside appears at the end, or at `Together.place`, at one moment.

    Where an exception leaves, none of it appears. Inside another, that one says when.

    Raises
    ------
    OutputError
        A file could not be moved to its place; the others are there.
    """
    group = Together(_GROUP.get())
    token = _GROUP.set(group)
    try:
        yield group
        for error in group.place().values():
            raise error
    finally:
        _GROUP.reset(token)
        group.discard()


def waiting() -> Together | None:
    """The group that what is written now belongs to."""
    return _GROUP.get()


def _sha256(path: str) -> str | None:
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK_BYTES):
                found.update(block)
    except OSError:
        return None
    return found.hexdigest()
