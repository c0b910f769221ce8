"""What was read of a table: nothing is left out without being counted here."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from w2v.errors import counted


@dataclass
class TableStats:
    """Rows and what became of them; complete once the table has been read."""

    group: str | None = None
    """The column that says which rows belong together."""
    order: str | None = None
    weight: str | None = None
    """The column that says how often a sentence is to stand in the text."""
    files: int = 0
    """0 for a table of a program."""
    rows: int = 0
    groups: int = 0
    """Different ones; 0 where each row is a sentence."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Of each column, rows that were left out since it has nothing there."""
    unordered: int = 0
    """Rows without a place in the order, which stand last in their group."""
    spaced: int = 0
    """Cells with white space inside, which is `_` in the word."""
    columns: list[str] = field(default_factory=list)
    """Columns that were taken because all were asked for."""
    arranged: str = ""
    """Where groups were brought together that were spread over the table: in memory or on disk."""
    order_as_text: bool = False
    """Whether the order is text that is neither numbers nor ISO 8601 times."""

    def as_dict(self) -> dict[str, Any]:
        """All by name, for reports."""
        return {**asdict(self), "dropped": dict(self.dropped)}

    def nothing(self) -> str:
        """What to say where no word was found."""
        without = [f"{rows:,} without {column}" for column, rows in self.dropped.items()]
        which = f", of them {' and '.join(without)}" if without else ""
        return f"There is no word in the table: it has {counted(self.rows, 'row')}{which}."

    def lines(self) -> list[str]:
        """What a person should know of it."""
        groups = f", {counted(self.groups, 'group')} by {self.group}" if self.group else ""
        found = [f"table     {counted(self.rows, 'row')}{groups}"]
        if self.columns:
            found.append(
                f"columns   {', '.join(self.columns[:20])}{', ...' * (len(self.columns) > 20)}"
            )
        if self.arranged:
            found.append(
                f"sorted    {self.arranged}: the rows of a {self.group} are spread over the table"
            )
        for column, rows in self.dropped.items():
            found.append(f"dropped   {counted(rows, 'row')} without {column}")
        if self.unordered:
            found.append(
                f"order     {counted(self.unordered, 'row')} without {self.order} "
                f"stand last in their {self.group}"
            )
        if self.order_as_text:
            found.append(
                f"order     {self.order} is sorted as text; times sort right when they are written "
                "as 2024-01-31 09:05:00"
            )
        if self.spaced:
            found.append(
                f"spaces    {counted(self.spaced, 'cell')} with white space inside, which is _ now"
            )
        return found
