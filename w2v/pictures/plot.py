"""Files in, pictures out: `w2v plot`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from w2v import files
from w2v.errors import PictureError
from w2v.files import PathLike
from w2v.pictures import drawing, layout
from w2v.pictures.page import words_page
from w2v.pictures.training_course import read_report
from w2v.vectors import load

TOP = 300
"""Words drawn where nobody says how many: as many as a picture of 10 inches has room for."""


def plot_words(
    vectors: PathLike,
    output: PathLike,
    *,
    words: PathLike | None = None,
    top: int | None = None,
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
        Words to draw, see `read_words`; else the first `top` words are.
    method, seed, progress
        See `layout.lay_out`.
    font : str, optional
        See `fonts.choose_families`.
    say : callable(str), optional
        Called with sentences on what was left out, and on what takes a while.

    Raises
    ------
    PictureError, VectorFileError, OutputError, ConfigError
    """
    say = say or (lambda _: None)
    name = os.fspath(output)
    extension = drawing.check_format(name, [".html"])
    layout.check_library(method)
    files.check_target(output)
    files.check_distinct({"--output": output}, filter(None, [vectors, words]))
    wanted = read_words(words) if words is not None else None
    table = load(vectors)
    rows = np.arange(min(top or TOP, len(table)))
    if wanted is not None:
        rows, unknown = layout.choose_rows(table, wanted)
        if unknown:
            say(f"{len(unknown):,} of the words have no vector and are left out: {_some(unknown)}.")
    placed = layout.lay_out(table, rows, method, seed=seed, say=say, progress=progress)
    title = f"{os.path.basename(os.fspath(vectors))}, {len(rows):,} words"
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
            f"No installed font has all letters of {_some(boxed)}: they are drawn as boxes. "
            "Install one that has them, or draw an .html picture."
        )


def plot_reports(reports: Sequence[PathLike], output: PathLike) -> None:
    """Draw loss, learning rate and speed of what ``w2v train --report`` wrote.

    Raises
    ------
    PictureError, OutputError, ConfigError
    """
    extension = drawing.check_format(os.fspath(output))
    files.check_target(output)
    files.check_distinct({"--output": output}, reports)
    found = {os.fspath(path): read_report(path) for path in reports}
    with files.replacing(output) as target:
        drawing.draw_reports(found, target, extension)


def read_words(path: PathLike) -> list[str]:
    """The first column of each line, columns being separated by white space.

    Raises
    ------
    PictureError
        The file cannot be read, or holds no word.
    """
    name = files.check_name(path, "the file of words", PictureError)
    try:
        with open(name, encoding="utf-8-sig") as file:
            words = [line.split()[0] for line in file if not line.isspace()]
    except OSError as error:
        raise PictureError(f"Cannot read {name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise PictureError(f"{name} is not a UTF-8 text file.") from error
    if not words:
        raise PictureError(f"{name} holds no word; expected one a line.")
    return words


def _some(words: list[str]) -> str:
    return ", ".join(map(repr, words[:5])) + (", ..." if len(words) > 5 else "")
