"""The course of trainings, drawn with matplotlib."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np

from w2v.pictures import training_course as training
from w2v.pictures.drawing import DPI, FAINT, INK
from w2v.pictures.fonts import choose_families
from w2v.terminal import shown

_LINES = ("#0b5394", "#c0392b", "#38761d", "#b45f06", "#674ea7", "#45818e")
_STYLES = ("-", "--", "-.")  # once the colours are used up


def draw_reports(reports: dict[str, dict[str, Any]], target: BinaryIO, extension: str) -> None:
    """Loss, learning rate and speed of one or more trainings, one above the other.

    Parameters
    ----------
    reports : dict
        What `training_course.read_report` gave, by the name to be shown.
    target, extension
        See `drawing.draw_words`.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, MaxNLocator

    # a name that begins with _ matplotlib would leave out of the legend
    reports = {f"{' ' * name.startswith('_')}{shown(name)}": it for name, it in reports.items()}
    families, _ = choose_families(reports)
    style = {"font.family": families, "font.size": 9, "svg.fonttype": "none"}
    inks = {"text.color": INK, "axes.edgecolor": FAINT}
    with rc_context({**style, **inks, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.5, 7), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        loss, rate, speed = figure.subplots(3, 1, sharex=True)
        for number, (name, report) in enumerate(reports.items()):
            _draw((loss, rate, speed), number, name, report)
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
            axes.grid(color=FAINT, linewidth=0.5)
        figure.savefig(target, format=extension[1:], facecolor="white")


def _draw(axes: tuple[Any, Any, Any], number: int, name: str, report: dict[str, Any]) -> None:
    """One training into the three: loss, learning rate and speed."""
    loss, rate, speed = axes
    ink = _LINES[number % len(_LINES)]
    line = {"color": ink, "linestyle": _STYLES[number // len(_LINES) % len(_STYLES)]}
    course = training.course(report)
    middles = np.arange(len(report["loss"])) + 0.5  # of epochs, whose means these are
    loss.plot(*course["loss"], linewidth=1, alpha=0.6, **line)
    means = training.numbers(report["loss"])
    loss.plot(middles, means, "o", color=ink, markersize=4)
    loss.plot([], [], marker="o", markersize=4, label=name, **line)  # for the legend
    if aside := report.get("held_out_loss"):
        ends = np.arange(1, len(aside) + 1)
        hollow = {"color": ink, "markersize": 4, "markerfacecolor": "white"}
        loss.plot(ends, training.numbers(aside), "o", label=f"{name}, held out", **hollow)
    rate.plot(*course["learning_rate"], linewidth=1.2, **line)
    speed.plot(*course["raw_words_per_second"], linewidth=1.2, **line)
    speed.axhline(report["raw_words_per_second"], color=ink, linewidth=0.8, linestyle=":")
