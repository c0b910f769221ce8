"""Tables for people: columns that stay straight under any script, and no wider than can be read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from w2v.terminal import shown

_WIDEST = 40  # columns that a word is given


def limit() -> int:
    """Columns that a word is given at most."""
    return min(_WIDEST, shutil.get_terminal_size().columns // 2) if _on_terminal() else _WIDEST


def plain(text: str) -> str:
    """Text as a terminal may show it; elsewhere as it is, for programs may read it."""
    return shown(text) if _on_terminal() else text


def cut(text: str) -> str:
    """Text as wide as may be on a terminal, and `plain`; elsewhere it is whole."""
    from wcwidth import clip, width

    text, most = plain(text), limit()
    if not _on_terminal() or width(text) <= most:
        return text
    return f"{clip(text, 0, most - 3)}..."


def size(texts: Iterable[str]) -> int:
    """Columns for some texts, cut already; a longer one stands out."""
    from wcwidth import width

    return min(max(map(width, texts), default=0), limit())


def lines(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows of cells below each other; those of some columns end below each other.

    The last cell of a row is not cut.
    """
    from wcwidth import ljust, rjust

    to_right = set(right)
    most = max(map(len, rows), default=0)
    cells = [[*map(cut, row[:-1]), *map(plain, row[-1:])] for row in rows]
    sizes = [size(row[i] for row in cells if i < len(row)) for i in range(most)]
    return [
        "  ".join(
            rjust(cell, sizes[i]) if i in to_right else ljust(cell, sizes[i])
            for i, cell in enumerate(row)
        ).rstrip()
        for row in cells
    ]


ANSWER = ("rank", "word", "score", "count")
"""What can be said of a word that is an answer."""


def answers(
    found: Sequence[tuple[str, float]], columns: Sequence[str], counts: Sequence[int | None]
) -> list[str]:
    """Lines on words that are answers; with the names of the columns if these were chosen."""
    rows: list[list[str]] = []
    for place, ((word, score), count) in enumerate(zip(found, counts, strict=True), 1):
        cells = {
            "rank": str(place),
            "word": word,
            "score": f"{score:.4f}",
            "count": "" if count is None else f"{count:,}",
        }
        rows.append([cells[name] for name in columns])
    if tuple(columns) != ("word", "score"):
        rows.insert(0, list(columns))
    right = [place for place, name in enumerate(columns) if name != "word"]
    # an empty last cell, so that the column before is filled up
    return lines([[*row, ""] for row in rows], right)


def records(
    found: Sequence[tuple[str, float]], counts: Sequence[int | None]
) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {"word": word, "score": score, **({} if count is None else {"count": count})}
        for (word, score), count in zip(found, counts, strict=True)
    ]


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
