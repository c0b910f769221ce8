"""Pictures with matplotlib: words on a plane, and the course of a training."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from w2v.errors import PictureError
from w2v.pictures import training_course as training
from w2v.pictures.fonts import choose_families
from w2v.pictures.layout import Layout

FORMATS = (".png", ".svg", ".pdf")

_INK, _FAINT, _DOT = "#222222", "#dddddd", "#7f9db9"
_LINES = ("#0b5394", "#c0392b", "#38761d", "#b45f06", "#674ea7", "#45818e")
_DPI = 150
_LEAST_SIDE, _MOST_SIDE = 7.0, 40.0  # inches
_SIDE_OF_A_WORD = 0.62  # inches, of the square that is a word's share of the picture
_MARGIN = 0.55  # inches between the outermost dots and the frame, for labels
_LABEL_SIZE = 8  # points
_GAP = 2.0  # pixels between a dot and the box of its label
_PAD = 2.0  # pixels left and right of a label in its box
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Where a label may stand beside its dot, best first: right 1 or left -1, above 1 or below -1."""

Numbers = NDArray[np.float64]


def check_format(path: str, more: Sequence[str] = ()) -> str:
    """The extension of a picture's name, in lower case.

    Raises
    ------
    PictureError
        It is none that can be drawn, or matplotlib is not installed and is needed.
    """
    extension = os.path.splitext(path)[1].lower()
    if extension not in (*FORMATS, *more):
        known = ", ".join((*FORMATS, *more))
        raise PictureError(
            f"Cannot draw {path}: the extension must be one of {known}, got {extension or 'none'}."
        )
    if extension in FORMATS and find_spec("matplotlib") is None:
        raise PictureError("matplotlib is not installed. Run pip install 'w2v[plot]'.")
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

    heading = f"{title} ({layout.caption})"
    families, missing = choose_families([heading, *layout.words], font)
    size = _size(layout.places)
    with rc_context({"font.family": families, "font.size": 8, "svg.fonttype": "none"}):
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set_title(heading, color=_INK, fontsize=_title_size(size), parse_math=False)
        axes.scatter(
            layout.places[:, 0], layout.places[:, 1], s=6, color=_DOT, linewidths=0, zorder=2
        )
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(_MARGIN / size[0], _MARGIN / size[1])
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color(_FAINT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of letters that are missing, which we know
            canvas.draw()
            labelled = _label(axes, layout, canvas.get_renderer())
            figure.set_layout_engine("none")  # places are settled
            figure.savefig(target, format=extension[1:], facecolor="white")
    return labelled, [word for word in layout.words if not missing.isdisjoint(word)]


def draw_reports(reports: dict[str, dict[str, Any]], target: BinaryIO, extension: str) -> None:
    """Loss, learning rate and speed of one or more trainings, one above the other.

    Parameters
    ----------
    reports : dict
        What `training_course.read_report` gave, by the name to be shown.
    target, extension
        See `draw_words`.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, MaxNLocator

    families, _ = choose_families(reports)
    style = {"font.family": families, "font.size": 9, "svg.fonttype": "none"}
    inks = {"text.color": _INK, "axes.edgecolor": _FAINT}
    with rc_context({**style, **inks, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.5, 7), dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        loss, rate, speed = figure.subplots(3, 1, sharex=True)
        for number, (name, report) in enumerate(reports.items()):
            ink = _LINES[number % len(_LINES)]
            course = training.course(report)
            ends = np.arange(1, len(report["loss"]) + 1)
            loss.plot(*course["loss"], color=ink, linewidth=1, alpha=0.6)
            loss.plot(
                ends, training.numbers(report["loss"]), "o", color=ink, markersize=4, label=name
            )
            rate.plot(*course["learning_rate"], color=ink, linewidth=1.2)
            speed.plot(*course["raw_words_per_second"], color=ink, linewidth=1.2)
            speed.axhline(report["raw_words_per_second"], color=ink, linewidth=0.8, linestyle=":")
        loss.set_ylabel("loss, nats per pair")
        rate.set_ylabel("learning rate")
        speed.set_ylabel("words/s")
        speed.yaxis.set_major_formatter(EngFormatter())
        speed.set_xlabel("epochs")
        speed.xaxis.set_major_locator(MaxNLocator(integer=True))
        rate.set_ylim(bottom=0)
        speed.set_ylim(bottom=0)
        speed.set_xlim(left=0)
        legend = loss.legend(frameon=False, loc="best", fontsize=8)
        for text in legend.get_texts():
            text.set_parse_math(False)
        for axes in (loss, rate, speed):
            axes.grid(color=_FAINT, linewidth=0.5)
        figure.savefig(target, format=extension[1:], facecolor="white")


def _size(places: Numbers) -> tuple[float, float]:
    """Inches: a share for each word, in the proportions of the places."""
    across, up = np.ptp(places, axis=0)
    ratio = float(np.clip(across / up, 0.6, 1.7)) if up > 0 else 1.7
    side = float(np.clip(_SIDE_OF_A_WORD * len(places) ** 0.5, _LEAST_SIDE, _MOST_SIDE))
    return side * ratio**0.5, side / ratio**0.5


def _title_size(size: tuple[float, float]) -> float:
    """Points: to be read in a large picture too, when it is seen whole."""
    return max(9.0, size[0])


def _label(axes: Any, layout: Layout, renderer: Any) -> int:
    """Write the words that fit, in their order; returns how many."""
    from matplotlib.font_manager import FontProperties

    font, points_a_pixel = FontProperties(size=_LABEL_SIZE), 72 / _DPI
    dots = axes.transData.transform(layout.places)
    room = _Room(dots, axes.get_window_extent(renderer).extents)
    labelled = 0
    for word, place, dot in zip(layout.words, layout.places, dots, strict=True):
        width, height, descent = renderer.get_text_width_height_descent(word, font, ismath=False)
        corner = room.take(dot, width + 2 * _PAD, height)
        if corner is None:
            continue
        across, up = (corner - dot + (_PAD, descent)) * points_a_pixel
        axes.annotate(
            word,
            place,
            (across, up),
            textcoords="offset points",
            annotation_clip=False,  # all are inside, and to find that out takes long
            color=_INK,
            fontsize=_LABEL_SIZE,
            parse_math=False,
            zorder=3,
        )
        labelled += 1
    return labelled


class _Room:
    """What is free of a picture, in pixels.

    Boxes and dots are found by cells of the picture, so that it stays quick for many thousands.
    """

    _CELL = 40

    def __init__(self, dots: Numbers, frame: Numbers) -> None:
        self._frame = frame
        self._boxes: dict[tuple[int, int], list[tuple[float, ...]]] = {}
        self._dots: dict[tuple[int, int], list[tuple[float, ...]]] = {}
        for x, y in dots.tolist():
            key = (int(x) // self._CELL, int(y) // self._CELL)
            self._dots.setdefault(key, []).append((x - 1, y - 1, x + 1, y + 1))

    def take(self, dot: Numbers, width: float, height: float) -> Numbers | None:
        """Lower left corner of a box beside a dot that touches no other box; None if none is free.

        One that covers no dot is preferred.
        """
        x, y = dot.tolist()
        free = []
        for right, above in _SIDES:
            left = x + (right - 1) * width / 2 + right * _GAP
            low = y + (above - 1) * height / 2 + above * _GAP
            box = (left, low, left + width, low + height)
            if self._inside(box) and not self._hit(self._boxes, box):
                free.append(box)
        if not free:
            return None
        taken = next((box for box in free if not self._hit(self._dots, box)), free[0])
        for key in self._cells(taken):
            self._boxes.setdefault(key, []).append(taken)
        return np.array(taken[:2])

    def _inside(self, box: tuple[float, ...]) -> bool:
        left, low, right, high = self._frame
        return bool(box[0] > left and box[1] > low and box[2] < right and box[3] < high)

    def _cells(self, box: tuple[float, ...]) -> list[tuple[int, int]]:
        left, low, right, high = (int(edge) // self._CELL for edge in box)
        return [(i, j) for i in range(left, right + 1) for j in range(low, high + 1)]

    def _hit(
        self, there: dict[tuple[int, int], list[tuple[float, ...]]], box: tuple[float, ...]
    ) -> bool:
        return any(
            other[0] < box[2] and other[2] > box[0] and other[1] < box[3] and other[3] > box[1]
            for key in self._cells(box)
            for other in there.get(key, ())
        )
