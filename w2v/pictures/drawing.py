"""Pictures of words with matplotlib."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2v.errors import ConfigError, PictureError
from w2v.pictures.fonts import choose_families
from w2v.pictures.labels import Room
from w2v.pictures.layout import Layout
from w2v.terminal import shown

FORMATS = (".png", ".svg", ".pdf")

INK, FAINT, DPI = "#222222", "#dddddd", 150
_DOT, _BARE_DOT, _LINE, _CENTRE = "#5b85ad", "#a9bdd0", "#9aa7b3", "#c0392b"
_LEAST_WIDTH, _MOST_WIDTH = 9.0, 14.0  # inches; at the most 2,100 pixels, a large screen
_AREA_OF_A_WORD = 0.4  # square inches of the picture, its share
_AREA_OF_A_LABEL = 0.22  # square inches at the least: the rest stay dots, so that it can be read
_RATIO = 1.15, 2.0  # width to height
_MARGINS = 0.5, 0.22  # inches between the outermost dots and the frame, for labels
_LABEL_SIZE = 8.0  # points
_DOT_SIZE = 6.0  # square points

Numbers = NDArray[np.float64]


def check_format(path: str, more: Sequence[str] = ()) -> str:
    """The extension of a picture's name, in lower case.

    Raises
    ------
    ConfigError
        It is none that can be drawn.
    PictureError
        matplotlib is not installed and is needed.
    """
    extension = os.path.splitext(path)[1].lower()
    if extension not in (*FORMATS, *more):
        known = ", ".join((*FORMATS, *more))
        raise ConfigError(
            f"Cannot draw {path}: the extension must be one of {known}, got {extension or 'none'}."
        )
    if extension in FORMATS and find_spec("matplotlib") is None:
        raise PictureError("matplotlib is not installed. Run pip install matplotlib scikit-learn.")
    return extension


def draw_words(
    layout: Layout, title: str, target: BinaryIO, extension: str, font: str | None = None
) -> tuple[int, list[str]]:
    """A dot for each word, and a label wherever one fits without touching another.

    Parameters
    ----------
    layout : Layout
    title : str
    target : binary file
    extension : str          One of `FORMATS`.
    font : str, optional     See `fonts.choose_families`.

    Returns
    -------
    labelled : int
    missing : list of str    Words of which a letter is in no font, drawn as a box.

    Raises
    ------
    PictureError
        The font is not installed.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heading = shown(f"{title} ({layout.caption})")
    layout = replace(layout, words=[shown(word) for word in layout.words])
    families, missing = choose_families([heading, *layout.words], font)
    width, height = _size(layout.places)
    with rc_context({"font.family": families, "font.size": 8, "svg.fonttype": "none"}):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set_title(heading, color=INK, fontsize=max(9.0, width), parse_math=False)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(_MARGINS[0] / width, _MARGINS[1] / height)
        axes.update_datalim(layout.places)
        axes.autoscale_view()
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color(FAINT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of letters that are missing, which we know
            canvas.draw()
            labelled = _label(axes, layout, canvas.get_renderer())
            _dots(axes, layout, labelled)
            figure.set_layout_engine("none")  # places are settled
            figure.savefig(target, format=extension[1:], facecolor="white")
    boxed = [word for word in layout.words if not missing.isdisjoint(word)]
    return int(labelled.sum()), boxed


def _size(places: Numbers) -> tuple[float, float]:
    """Inches: a share for each word, in about the proportions of the places."""
    across, up = np.ptp(places, axis=0)
    ratio = float(np.clip(across / up, *_RATIO)) if up > 0 else _RATIO[1]
    width = (_AREA_OF_A_WORD * len(places) * ratio) ** 0.5
    width = float(np.clip(width, _LEAST_WIDTH, _MOST_WIDTH))
    return width, width / ratio


def _label(axes: Any, layout: Layout, renderer: Any) -> NDArray[np.bool_]:
    """Write the words that fit, in their order; says which."""
    from matplotlib.collections import LineCollection
    from matplotlib.font_manager import FontProperties

    points_a_pixel, to_data = 72 / DPI, axes.transData.inverted().transform
    dots = axes.transData.transform(layout.places)
    room = Room(dots, axes.get_window_extent(renderer).extents)
    labelled = np.zeros(len(dots), np.bool_)
    lines = []
    size = axes.figure.get_size_inches()
    most = max(layout.centres, int(size.prod() / _AREA_OF_A_LABEL))
    for i, (word, dot) in enumerate(zip(layout.words, dots, strict=True)):
        if labelled.sum() >= most:
            break
        centre = i < layout.centres
        style = {"size": _LABEL_SIZE * layout.sizes[i], "weight": "bold" if centre else "normal"}
        width, height, descent = renderer.get_text_width_height_descent(
            word, FontProperties(**style), ismath=False
        )
        place = room.take(dot, width, height)
        if place is None:
            continue
        labelled[i] = True
        if place.line:
            lines.append(to_data([dot, place.line]))
        axes.annotate(
            word,
            layout.places[i],
            (np.array([place.left, place.low + descent]) - dot) * points_a_pixel,
            textcoords="offset points",
            annotation_clip=False,  # all are inside, and to find that out takes long
            color=_CENTRE if centre else INK,
            parse_math=False,
            zorder=4,
            **style,
        )
    axes.add_collection(
        LineCollection(lines, colors=_LINE, linewidths=0.6, zorder=1), autolim=False
    )
    return labelled


def _dots(axes: Any, layout: Layout, labelled: NDArray[np.bool_]) -> None:
    """Those without a label are faint, so that they are not taken for one that has."""
    sizes = _DOT_SIZE * layout.sizes**2
    colours = np.where(labelled, _DOT, _BARE_DOT)
    colours[: layout.centres] = _CENTRE
    x, y = layout.places.T
    axes.scatter(x, y, s=np.where(labelled, sizes, sizes / 2), c=colours, linewidths=0, zorder=2)
