"""Columns of a table: found by name, and guessed from their names for a hint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from w2v.errors import ConfigError, quoted
from w2v.text.frames import Frame
from w2v.text.table_stats import TableStats

_MOST_SHOWN = 30
_LIKELY = {  # words in the name of a column, likeliest first
    "group": "session basket cart order_id invoice walk trip playlist visit user customer visitor "
    "member account",
    "token": "item product track song sku article movie page node artist state event word token "
    "url",
    "order": "timestamp time date position rank step sequence seq ts at",
    "text": "text body sentence content review message comment abstract description title",
}


class Wanted(NamedTuple):
    """The columns that `Table` was told to read, and what was read of them."""

    group: str | None
    order: str | None
    token: str | None
    columns: list[str] | str | None
    text: str | None
    weight: str | None
    stats: TableStats


def listed(columns: Sequence[str]) -> str:
    """Names of columns, for a message."""
    more = f", and {len(columns) - _MOST_SHOWN:,} more" if len(columns) > _MOST_SHOWN else ""
    return ", ".join(map(str, columns[:_MOST_SHOWN])) + more


def place(frame: Frame, column: str) -> int:
    """Which column has that name.

    Raises
    ------
    ConfigError
        None has, or several have.
    """
    places = [i for i, name in enumerate(frame.columns) if name == column]
    if len(places) == 1:
        return places[0]
    if places:
        raise ConfigError(
            f"{frame.name} has {len(places)} columns named {quoted(column)}. Rename one of them."
        )
    import difflib

    by_case = {name.casefold(): name for name in frame.columns}
    near = difflib.get_close_matches(column.casefold(), by_case, 1, 0.6)
    hint = f" Did you mean {quoted(by_case[near[0]])}?" if near else ""
    if len(frame.columns) == 1:
        hint += " If it has more, say what stands between them: `separator`."
    those = f"Its columns are: {listed(frame.columns)}." if frame.columns else "It has none."
    raise ConfigError(f"{frame.name} has no column {quoted(column)}. {those}{hint}")


def likely(columns: Sequence[str]) -> dict[str, str]:
    """Columns that by their names are what `Table` asks for; none where nothing is alike."""
    found = {what: _alike(columns, marks.split()) for what, marks in _LIKELY.items()}
    named = {what: column for what, column in found.items() if column}
    if "group" in named and "token" in named:
        return {what: named[what] for what in ("group", "order", "token") if what in named}
    return {"text": named["text"]} if "text" in named else {}


def _alike(columns: Sequence[str], marks: Sequence[str]) -> str:
    """The first column whose name has the likeliest mark among its words."""
    for mark in marks:
        for column in columns:
            spaced = re.sub(r"([a-z])([A-Z])", r"\1_\2", column)
            if re.search(rf"(?<![a-z]){mark}s?(?![a-z])", spaced.lower()):
                return column
    return ""
