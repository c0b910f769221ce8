"""The file of a table of phrases: text with tabs, to be read, changed and cut by hand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from w2v.errors import CorpusError
from w2v.files import PathLike, read_lines, write_text
from w2v.phrases.bigrams import MOST_BETWEEN
from w2v.text import is_word

_MAGIC = "#w2v-phrases 1"
_VERSION = re.compile(r"#w2v-phrases (\d{1,9})")
_COLUMNS = "pass\tphrase\twords\tcount\tscore"


@dataclass(frozen=True)
class Phrase:
    """A phrase that was found."""

    words: tuple[str, ...]
    """What is joined; in a later pass these may be phrases themselves."""
    phrase: str
    count: int
    score: float


Row = tuple[int, int, Phrase]  # line, pass


def write_table(
    path: PathLike, options: Mapping[str, Any], table: Sequence[Sequence[Phrase]]
) -> None:
    """Write the phrases of each pass; raises `OutputError`."""
    rows = [
        f"{number}\t{p.phrase}\t{' '.join(p.words)}\t{p.count}\t{p.score:.6g}\n"
        for number, found in enumerate(table, start=1)
        for p in found
    ]
    head = f"{_MAGIC}\t{json.dumps(options, ensure_ascii=False)}\n{_COLUMNS}\n"
    write_text(path, head + "".join(rows))


def read_table(path: PathLike) -> tuple[dict[str, Any], list[Row]]:
    """The options and the rows that `write_table` wrote.

    Raises
    ------
    CorpusError
        The file cannot be read, or is no table of phrases; its message names the line.
    """
    name = os.fspath(path)
    lines = list(read_lines(path, "the table of phrases", CorpusError, ends_in_break=True))
    magic, _, text = lines[0].partition("\t") if lines else ("", "", "")
    if (found := _VERSION.fullmatch(magic)) and int(found[1]) > 1:
        raise CorpusError(
            f"{name} has version {found[1]} of the table of phrases, and this w2v knows 1. Update "
            "w2v."
        )
    try:
        options = json.loads(text)
    except (ValueError, RecursionError):  # not JSON, or nested without end
        options = None
    if magic != _MAGIC or lines[1:2] != [_COLUMNS] or not isinstance(options, dict):
        raise CorpusError(
            f"{name} is not a table of phrases: its first lines are not those that "
            "`w2v phrases --save` and `Phrases.save` write."
        )
    rows = [
        (number, *_parse(line, f"{name}, line {number}"))
        for number, line in enumerate(lines[2:], start=3)
        if line.strip()
    ]
    return options, rows


def arranged(path: PathLike, rows: Sequence[Row], passes: int) -> tuple[tuple[Phrase, ...], ...]:
    """The phrases of each pass; raises `CorpusError` at a pass that there is not."""
    table: list[list[Phrase]] = [[] for _ in range(passes)]
    for line, number, phrase in rows:
        if number > passes:
            raise CorpusError(
                f"{os.fspath(path)}, line {line}: expected a pass from 1 to {passes}, as many as "
                f"the first line says, got {number}."
            )
        table[number - 1].append(phrase)
    return tuple(map(tuple, table))


def _parse(line: str, place: str) -> tuple[int, Phrase]:
    """The pass and the phrase of a line."""
    try:
        which, phrase, words, count, score = line.split("\t")
        number, row = int(which), Phrase(tuple(words.split()), phrase, int(count), float(score))
        fits = number >= 1 and is_word(phrase) and 2 <= len(row.words) <= 2 + MOST_BETWEEN
    except ValueError:
        fits = False
    if not fits:
        raise CorpusError(
            f"{place}: expected a pass from 1, a phrase, its 2 to {2 + MOST_BETWEEN} words, its "
            f"count and its score, with tabs between; got {line[:80]!r}."
        )
    return number, row
