"""Files of analogies and of scored word pairs, as they are published."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from w2v.errors import EvaluationError, counted
from w2v.files import PathLike, read_lines

_COMMA = re.compile(r"\d,\d")
_TAGGED = re.compile(r".+-[a-z]")  # a word and its part of speech
_FEW = 10  # pairs
_MISSING = {"na", "n/a", "nan", "none", "null", "nil"}  # a score, and no name of a column


class Question(NamedTuple):
    """The analogy "a is to b as c is to d"."""

    section: str
    words: list[str]
    """a, b, c, d."""


class Pair(NamedTuple):
    """Two words and how alike people found them."""

    left: str
    right: str
    score: float


def read_questions(path: PathLike) -> list[Question]:
    """Lines of four words a b c d, d the answer; lines ``: name`` begin a section.

    Raises
    ------
    EvaluationError
        The file is missing, has no question, or a line has not four words.
    """
    questions: list[Question] = []
    section = "unnamed"
    for number, line in _lines(path):
        if line.startswith(":"):
            section = line[1:].strip() or "unnamed"
            continue
        words = line.split()
        if len(words) != 4:
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: expected the four words of an analogy or "
                f"': section', found {line[:60]!r}."
            )
        questions.append(Question(section, words))
    if not questions:
        raise EvaluationError(f"{os.fspath(path)} holds no analogy; expected lines of four words.")
    return questions


def read_pairs(path: PathLike) -> tuple[list[Pair], list[str]]:
    """Lines of two words and a score, separated by tabs, commas (as in CSV) or white space.

    The score is the first column after the words that is a number in the first line that has one,
    as in SimLex-999 and SimVerb-3500, which put a part of speech before it. All other columns are
    ignored, as are ``#`` comments, blank lines, a header, and a column of row numbers before the
    words. A header is a first line that has a name, and no number, where others have the score.

    Returns
    -------
    pairs : list of Pair
    remarks : list of str
        Sentences on what was left out.

    Raises
    ------
    EvaluationError
        The file is missing, has no pair, or a line is not two words and a number.
    """
    lines = [line for line in _lines(path) if not line[1].startswith("#")]
    rows = [_fields(line) for _, line in lines]
    header = bool(rows) and _is_header(rows)
    named = header and len(rows[0]) == len(rows[1])
    rows, remarks = rows[header:], []
    if header:
        remarks.append(f"line {lines[0][0]} is a header: {lines[0][1][:60]!r}")
        lines = lines[1:]
    if _are_numbered(rows):
        rows = [row[1:] for row in rows]
        remarks.append("the first column, of row numbers, is left out")
    column = _score_column(rows[0]) if rows else 0
    pairs = []
    for (number, line), fields in zip(lines, rows, strict=True):
        score = _number(fields[column]) if 0 < column < len(fields) else None
        if score is None:
            where = f" in column {column + 1}" if column > 2 else ""
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: expected two words and a number{where}, "
                f"separated by tab, comma or white space, found {line[:60]!r}."
                + " Write numbers with points, as 8.5."
                * bool(_COMMA.search(line))
            )
        pairs.append(Pair(fields[0], fields[1], score))
    if not pairs:
        raise EvaluationError(f"{os.fspath(path)} holds no pair of words with a score.")
    if not named:
        _refuse_commas(path, lines, rows, column)
    return pairs, remarks


def few_or_tagged(pairs: Sequence[Pair], number: int) -> Iterator[str]:
    """What is to be said of scores over a small number of pairs, or of words that have tags."""
    words = [word for pair in pairs for word in (pair.left, pair.right)]
    if not number and all(map(_TAGGED.fullmatch, words)):
        yield (
            "its words end in a part of speech, as sun-n does, and the vectors have none such: "
            "give the file of the words alone (of MEN the natural form)"
        )
    elif 0 < number < _FEW:
        size = counted(number, "pair")
        yield f"a correlation over {size} says next to nothing; some hundred are usual"


def _score_column(fields: list[str]) -> int:
    """The first column after the words that is a number; 0 if none is."""
    found = (at for at, field in enumerate(fields) if at > 1 and _number(field) is not None)
    return next(found, 0)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row has names where the others have numbers."""
    first, *others = rows
    if not others:
        return False
    at = min((_score_column(row) for row in others if _score_column(row)), default=0)
    found = _score_column(first)
    if found:  # raters may be called 1, 2, 3
        return found > at and all(len(row) == len(first) for row in others) and _is_name(first, at)
    return at > 0 and _is_name(first, min(at, len(first) - 1))


def _is_name(fields: list[str], at: int) -> bool:
    """Whether a field of a row may be what a column is called."""
    name = fields[at] if 2 <= at < len(fields) else ""
    return name[:1].isalpha() and name.lower() not in _MISSING


def _are_numbered(rows: list[list[str]]) -> bool:
    """Whether a column of row numbers, as pandas writes one, stands before the words."""
    return all(
        len(row) > 3 and row[0].isdecimal() and _number(row[1]) is None and _number(row[2]) is None
        for row in rows
    )


def _refuse_commas(
    path: PathLike, lines: list[tuple[int, str]], rows: list[list[str]], column: int
) -> None:
    """Refuse scores that may be cut at their decimal commas: ``king,queen,8,5``."""
    if any("." in row[column] for row in rows):
        return
    for (number, line), row in zip(lines, rows, strict=True):
        after = row[column + 1] if column + 1 < len(row) else ""
        if "\t" not in line and "," in line and row[column].isdecimal() and after.isdecimal():
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: {row[column]},{after} may be one number or "
                f"two. Write {row[column]}.{after}, or give each column a name in a first line."
            )


def _fields(line: str) -> list[str]:
    if "\t" in line or "," not in line:
        return [field.strip() for field in line.split("\t" if "\t" in line else None)]
    try:
        (fields,) = csv.reader([line], skipinitialspace=True, strict=True)
    except csv.Error:  # a quote that is not closed
        fields = line.split(",")
    return [field.strip() for field in fields]


def _lines(path: PathLike) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank, without surrounding white space."""
    for number, line in enumerate(read_lines(path, "the evaluation file", EvaluationError), 1):
        if stripped := line.strip():
            yield number, stripped


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if np.isfinite(number) and "_" not in field else None
