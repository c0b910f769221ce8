"""Results as pictures, with matplotlib where it is installed.

    python -m benchmarks.charts [RESULT.json ...]

draws results that are kept already once more, all that have a picture beside them or these.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import harness

CASES = {
    "skipgram-ns": "Skip-gram, negative sampling",
    "skipgram-hs": "Skip-gram, hierarchical softmax",
    "cbow-ns": "CBOW, negative sampling",
    "cbow-hs": "CBOW, hierarchical softmax",
}
SCORES = {
    "analogies": "Analogies, %",
    "spearman wordsim353": "WordSim-353",
    "spearman simlex999": "SimLex-999",
}
PEERS = {"gensim": "gensim", "fasttext": "fastText", "word2vec": "word2vec.c"}
YARDSTICK = "gensim"
OURS = ("#0b5394", "#4f8fca", "#93bde0")
OTHERS = "#a9a9a9"
INK, FAINT = "#333333", "#dddddd"
_GAP = 1.7  # rows between two cases, for the title


def main() -> None:
    """Draw what is kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    drawn = [path.with_suffix(".json") for path in sorted(harness.RESULTS.glob("*.png"))]
    parser.add_argument("results", type=Path, nargs="*", default=drawn, metavar="RESULT.json")
    for path in parser.parse_args().results:
        result = json.loads(path.read_text(encoding="utf-8"))
        keep(result, path.with_suffix(".png"))


def keep(result: dict[str, Any], path: Path) -> None:
    """Save the figure of a result, or say why there is none."""
    if find_spec("matplotlib") is None:
        harness.say("No chart: matplotlib is not installed (pip install matplotlib).")
        return
    import matplotlib

    style = {
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(style):
        figure(result).savefig(
            path, dpi=150, facecolor="white", bbox_inches="tight", pad_inches=0.15
        )
    harness.say(f"kept in {path}")


def figure(result: dict[str, Any]) -> Any:
    """Of whichever benchmark it is."""
    return scaling(result) if "axis" in result["summary"][0] else peers(result)


def peers(result: dict[str, Any], yardstick: str = YARDSTICK) -> Any:
    """A row per trainer and case: its speed as a bar, its scores as dots beside it."""
    from matplotlib.figure import Figure

    scores = score_names(result["summary"])
    rows, titles = _places(result["summary"])
    height = max(place for place, _ in rows) + 1.6
    figure = Figure(figsize=(5.6 + 1.6 * len(scores), 0.9 + 0.24 * height))
    grid = {"width_ratios": [3.2] + [1] * len(scores), "wspace": 0.1}
    axes = figure.subplots(1, 1 + len(scores), sharey=True, squeeze=False, gridspec_kw=grid)[0]
    _speeds(axes[0], rows, yardstick)
    for axis, name in zip(axes[1:], scores, strict=True):
        _scores(axis, rows, name, yardstick)
    axes[0].set_yticks([place for place, _ in rows], [trainer(row["trainer"]) for _, row in rows])
    axes[0].set_ylim(height - 1, -1.4)
    for axis in axes:
        axis.tick_params(length=0)
        axis.spines["left"].set_visible(False)
    for place, case in titles:
        axes[0].annotate(
            CASES.get(case, case),
            (0, place),
            (-62, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            weight="bold",
            va="center",
        )
    about = _about(result, yardstick if scores else "")
    figure.text(0.02, 0.06, about, fontsize=8, color="#777777", va="top")
    return figure


def scaling(result: dict[str, Any]) -> Any:
    """Seconds against each quantity, both logarithmic; dotted, what proportion would be."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    columns = 3
    lines = -(-len(result["summary"]) // columns)
    figure = Figure(figsize=(3.2 * columns, 2.4 * lines))
    grid = {"wspace": 0.3, "hspace": 0.5}
    axes = list(figure.subplots(lines, columns, squeeze=False, gridspec_kw=grid).flat)
    for axis in axes[len(result["summary"]) :]:
        axis.set_visible(False)
    for axis, row in zip(axes, result["summary"], strict=False):
        values, seconds = row["values"], row["seconds"]
        sign = -1 if row["axis"] == "workers" else 1
        proportion = [seconds[0] * (value / values[0]) ** sign for value in values]
        axis.loglog(values, proportion, ":", color="#999999", linewidth=1)
        axis.loglog(values, seconds, "o-", color=OURS[0], linewidth=1.6, markersize=4)
        axis.set_title(f"{row['label']}: slope {_slope(row['slope'])}", loc="left", fontsize=10)
        axis.set_xticks(values, [short(value) for value in values])
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(lambda seconds, _: f"{seconds:g}")
        axis.minorticks_off()
        axis.grid(axis="y", color=FAINT, linewidth=0.5)
        axis.set_ylabel("seconds")
        for place in zip(values, seconds, strict=True):
            offset = {"xytext": (0, -5), "textcoords": "offset points", "va": "top"}
            axis.annotate(_two_digits(place[1]), place, ha="center", fontsize=8, **offset)
        axis.margins(x=0.15)
        axis.set_ylim(min(*proportion, *seconds) / 2, max(*proportion, *seconds) * 1.2)
    about = (
        f"{result['backend']}, {result['model']} {result['loss']}, "
        f"{result['environment']['cpu']}; both axes logarithmic; dotted: in proportion"
    )
    figure.text(0.08, -0.02, about, fontsize=8, color="#777777", va="top")
    return figure


def score_names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Analogies first, then the sets of pairs, those that are well known before others."""
    names = [name for name in rows[0] if name == "analogies" or name.startswith("spearman ")]
    known = list(SCORES)
    return sorted(names, key=lambda n: (known.index(n) if n in known else len(known), n))


def trainer(name: str) -> str:
    """A trainer's name for people."""
    return PEERS.get(name) or name.replace("-", " on ", 1)


def short(value: float) -> str:
    """1M for a million."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _two_digits(value: float) -> str:
    """1.0 for 0.998; 14 for 13.8."""
    return f"{value:#.2g}".rstrip(".") if value < 99.5 else f"{value:.0f}"


def _slope(value: float) -> str:
    """Two digits after the point, and no minus before zero."""
    return f"{round(value, 2) + 0.0:.2f}"


def _places(summary: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """(place, row) of each trainer, our own first, and (place, case) of each title."""
    rows: list[Any] = []
    titles: list[Any] = []
    place = 0.0
    for case in dict.fromkeys(row["case"] for row in summary):
        titles.append((place - 0.9, case))
        group = [row for row in summary if row["case"] == case]
        for row in sorted(group, key=lambda row: row["trainer"] in PEERS):
            rows.append((place, row))
            place += 1
        place += _GAP
    return rows, titles


def _speeds(axis: Any, rows: list[Any], yardstick: str) -> None:
    """Bars of the speed as a multiple of the yardstick's; without one, in words a second."""
    key = f"train_ratio_to_{yardstick}"
    relative = all(row[key] is not None for _, row in rows)
    longest = 0.0
    own = list(dict.fromkeys(row["trainer"] for _, row in rows if row["trainer"] not in PEERS))
    for place, row in rows:
        words = row["raw_words_per_second"] / 1e6
        length = row[key] if relative else words
        mine = row["trainer"] in own
        colour = OURS[min(own.index(row["trainer"]), len(OURS) - 1)] if mine else OTHERS
        axis.barh(place, length, 0.78, color=colour)
        weight = "bold" if mine else "normal"
        axis.annotate(f" {length:.1f}", (length, place), va="center", weight=weight)
        if relative:
            _right(axis, place, f"{words:.2f} M", mine)
        longest = max(longest, length)
    axis.set_xlim(0, 1.3 * longest)
    title = f"Training speed, {PEERS[yardstick]} = 1" if relative else "Million words a second"
    axis.set_title(title, loc="left", fontsize=10)
    if relative:
        axis.set_title("words/s", loc="right", fontsize=8, color="#777777")
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)


def _scores(axis: Any, rows: list[Any], name: str, yardstick: str) -> None:
    """Dots, a standard error to each side as a line, and where the yardstick stands."""
    scale = 100 if name == "analogies" else 1
    for place, row in rows:
        mine = row["trainer"] not in PEERS
        error = scale * (row["standard_errors"][name] or 0.0)  # of one run there is none
        ends = [scale * row[name] - error, scale * row[name] + error]
        colour = OURS[0] if mine else "#777777"
        axis.plot(ends, [place, place], color=colour, linewidth=1)
        axis.plot(scale * row[name], place, "o", color=colour, markersize=5)
        digits = f"{scale * row[name]:.1f}" if scale > 1 else f"{row[name]:.3f}".lstrip("0")
        _right(axis, place, digits, mine)
        if row["trainer"] == yardstick:
            _dashed(axis, rows, row, scale * row[name])
    low, high = axis.get_xlim()
    axis.set_xlim(low, high + 0.75 * (high - low))  # room for the figures
    axis.set_title(SCORES.get(name, name), loc="left", fontsize=10)
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)


def _right(axis: Any, place: float, text: str, mine: bool) -> None:
    """A figure at the right end of a row."""
    style = {"va": "center", "ha": "right", "fontsize": 8, "color": INK if mine else "#777777"}
    axis.annotate(text, (1, place), xycoords=("axes fraction", "data"), **style)


def _dashed(axis: Any, rows: list[Any], row: dict[str, Any], value: float) -> None:
    """A line through all rows of this row's case."""
    group = [place for place, other in rows if other["case"] == row["case"]]
    low, high = min(group) - 0.5, max(group) + 0.5
    axis.vlines(value, low, high, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.5)


def _about(result: dict[str, Any], yardstick: str) -> str:
    settings, machine, corpus = result["settings"], result["environment"], result["corpus"]
    text = f"{corpus['name']}, {corpus['tokens'] / 1e6:.1f} M words; epochs: {settings['epochs']}"
    shape = f"{settings['dim']} dimensions, window {settings['window']}"
    threads = f"{settings['workers']} threads, {machine['cpu']}"
    runs = f"median of {settings['repeats']} interleaved runs"
    if not yardstick:  # a narrow figure
        return f"{text}; {shape};\n{threads}; {runs}."
    return (
        f"{text}; {shape}; {threads}; {runs}. Scores: mean ± standard error; dashed: {yardstick}."
    )


if __name__ == "__main__":
    main()
