"""Files in, pictures out: `w2v plot`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2v import files
from w2v.errors import PictureError, few
from w2v.files import PathLike
from w2v.pictures import drawing, layout
from w2v.pictures.curves import draw_reports
from w2v.pictures.page import words_page
from w2v.pictures.training_course import read_report
from w2v.vectors import Vectors, load

TOP = 300
"""Words drawn where nobody says how many."""
NEAR = 50
"""Neighbours drawn of each word that is asked about."""
_SKIPPED, _LARGE = 200, 5000
"""So many words are passed over where there are at least so many."""


def plot_words(
    vectors: PathLike,
    output: PathLike,
    *,
    words: PathLike | None = None,
    around: Sequence[str] = (),
    top: int | None = None,
    skip_frequent: int | None = None,
    restrict_vocab: int | None = None,
    min_count: int | None = None,
    method: str = "tsne",
    seed: int = 1,
    font: str | None = None,
    say: Callable[[str], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw words of a file of vectors on a plane.

    Parameters
    ----------
    vectors : str or path
    output : str or path
        ``.png``, ``.svg`` or ``.pdf``; or ``.html``, a page with search, zoom and neighbours.
    words : str or path, optional
        Words to draw, see `read_words`.
    around : sequence of str
        Words to draw with the `top` nearest of each, 50 unless told otherwise.
    top : int, optional
        Without `words` and `around`: so many of the first words are drawn, 300 unless told
        otherwise.
    skip_frequent : int, optional
        So many of the first words are passed over. None stands for 200 where 5,000 or more have a
        vector, since most of those only hold sentences together; for 0 elsewhere, and for `around`.
    restrict_vocab, min_count : int, optional
        Neighbours are looked for among the first so many words, and those counted so often.
    method, seed, progress
        See `layout.lay_out`.
    font : str, optional
        See `fonts.choose_families`.
    say : callable(str), optional
        Called with sentences on what was left out, and on what takes a while.

    Raises
    ------
    PictureError, VectorFileError, OutputError, ConfigError, UnknownWordError, QueryError
    """
    say = say or (lambda _: None)
    name = os.fspath(output)
    extension = drawing.check_format(name, [".html"])
    layout.check_library(method)
    files.check_target(output)
    files.check_distinct({"--output": output}, filter(None, [vectors, words]))
    wanted = read_words(words) if words is not None else None
    table = load(vectors)
    centres = 0
    if wanted is not None:
        rows = _listed(table, wanted, say)
        what = f"{len(rows):,} words"
    elif around:
        rows = layout.rows_around(
            table,
            around,
            top or NEAR,
            first=skip_frequent or 0,
            limit=restrict_vocab,
            min_count=min_count,
        )
        named = list(dict.fromkeys(around))
        centres = len(named)
        what = f"around {few(named, str)}"
    else:
        rows = _first(table, top or TOP, skip_frequent, say)
        what = f"words {rows[0] + 1:,} to {rows[-1] + 1:,}" if rows[0] else f"{len(rows):,} words"
    placed = layout.lay_out(
        table, rows, method, seed=seed, centres=centres, say=say, progress=progress
    )
    title = f"{os.path.basename(files.readable(vectors))}, {what}"
    if extension == ".html":
        files.write_text(output, words_page(table, placed, title))
        return
    with files.replacing(output) as target:
        labelled, boxed = drawing.draw_words(placed, title, target, extension, font)
    if labelled < len(rows):
        say(
            f"{labelled:,} of {len(rows):,} words are labelled; the others, for which there was no "
            "room, are dots. Draw fewer words, or an .html picture, which shows more when zoomed."
        )
    if boxed:
        say(
            f"No installed font has all letters of {few(boxed, repr)}: they are drawn as boxes. "
            "Install one that has them, or draw an .html picture."
        )


def _listed(table: Vectors, wanted: list[str], say: Callable[[str], None]) -> NDArray[np.int64]:
    rows, unknown = layout.choose_rows(table, wanted)
    if unknown:
        say(f"{len(unknown):,} of the words have no vector and are left out: {few(unknown, repr)}.")
    return rows


def _first(
    table: Vectors, top: int, skip: int | None, say: Callable[[str], None]
) -> NDArray[np.int64]:
    """Rows of the first words, after those passed over.

    Raises
    ------
    PictureError
        None is left.
    """
    if skip is None and len(table) >= _LARGE:
        skip = _SKIPPED
        say(
            f"The {skip} most frequent words, from {table.words[0]!r} on, are passed over; "
            "--skip-frequent 0 draws them."
        )
    rows = np.arange(skip or 0, min((skip or 0) + top, len(table)))
    if not len(rows):
        raise PictureError(
            f"All {len(table):,} words are passed over. Give --skip-frequent a smaller number "
            f"than {skip:,}."
        )
    return rows


def plot_reports(
    reports: Sequence[PathLike], output: PathLike, *, say: Callable[[str], None] | None = None
) -> None:
    """Draw loss, learning rate and speed of what ``w2v train --report`` wrote.

    Parameters
    ----------
    reports : sequence of str or path
    output : str or path
    say : callable(str), optional
        Called with a sentence on reports that are named twice: they are drawn once.

    Raises
    ------
    PictureError, OutputError, ConfigError
    """
    extension = drawing.check_format(os.fspath(output))
    files.check_target(output)
    files.check_distinct({"--output": output}, reports)
    found: dict[str, dict[str, Any]] = {}
    for path in reports:
        name = files.readable(path)
        if name in found and say:
            say(f"{name} is named more than once and drawn once.")
        found[name] = read_report(path)
    with files.replacing(output) as target:
        draw_reports(found, target, extension)


def read_words(path: PathLike) -> list[str]:
    """The first column of each line, columns being separated by white space.

    Raises
    ------
    PictureError
        The file cannot be read, or holds no word.
    """
    lines = files.read_lines(path, "the file of words", PictureError)
    words = [line.split()[0] for line in lines if line.strip()]
    if not words:
        raise PictureError(f"{os.fspath(path)} holds no word; expected one a line.")
    return words
