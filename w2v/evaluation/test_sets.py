"""Files of analogies and of scored word pairs, as they are published."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from w2v.errors import EvaluationError
from w2v.files import PathLike, check_name


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


def read_pairs(path: PathLike) -> list[Pair]:
    """Lines of two words and a score, separated by tabs, commas (as in CSV) or white space.

    The score is the first column after the words that is a number in the first line that has one,
    as in SimLex-999 and SimVerb-3500, which put a part of speech before it. All other columns are
    ignored, as are ``#`` comments, blank lines, and a header: a first line without a number.

    Raises
    ------
    EvaluationError
        The file is missing, has no pair, or a line is not two words and a number.
    """
    pairs: list[Pair] = []
    header_may_come = True
    column = 0  # not known yet
    for number, line in _lines(path):
        if line.startswith("#"):
            continue
        fields = _fields(line)
        scores = [_number(field) for field in fields]
        if not column:
            found = (place for place, score in enumerate(scores) if place > 1 and score is not None)
            column = next(found, 0)
        score = scores[column] if 0 < column < len(scores) else None
        if score is not None:
            pairs.append(Pair(fields[0], fields[1], score))
        elif len(fields) < 3 or not header_may_come:
            where = f" in column {column + 1}" if column > 2 else ""
            raise EvaluationError(
                f"{os.fspath(path)}, line {number}: expected two words and a number{where}, "
                f"separated by tab, comma or white space, found {line[:60]!r}."
            )
        header_may_come = False
    if not pairs:
        raise EvaluationError(f"{os.fspath(path)} holds no pair of words with a score.")
    return pairs


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
    name = check_name(path, "the evaluation file", EvaluationError)
    try:
        with open(name, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if stripped := line.strip():
                    yield number, stripped
    except OSError as error:
        raise EvaluationError(f"Cannot read {name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(
            f"{name} is not a UTF-8 text file. If it is text in Latin-1, say, convert it: "
            "iconv -f latin1 -t utf-8."
        ) from error


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if np.isfinite(number) else None
