"""Scores as tables for people."""

from __future__ import annotations

import os
import string
from collections.abc import Iterator
from typing import Any

from wcwidth import ljust, rjust, width

from w2v.errors import counted
from w2v.terminal import shown

Row = tuple[str, ...]

_WIDEST = 60  # columns of a name
_METHODS = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul"}


def format_table(result: dict[str, Any]) -> str:
    """Scores of one or more vectors as plain text.

    Parameters
    ----------
    result : dict
        What ``w2v eval --json`` prints: ``"options"``, ``"vectors"`` and ``"comparisons"``.
    """
    vectors = result["vectors"]
    titles = [
        f"{v['file']}: {counted(v['words'], 'word')} of {counted(v['dim'], 'dimension')}"
        for v in vectors
    ]
    if len(vectors) == 1:
        blocks = [*_single(vectors[0])]
    else:
        titles = [f"{name}  {title}" for name, title in zip(_names(vectors), titles, strict=True)]
        blocks = [*_beside(vectors, result["comparisons"])]
    parts = ["\n".join(map(shown, titles)), *map(_aligned, blocks)]
    parts.append("\n".join(map(shown, [*_notes(result), *_hints(result)])))
    return "\n\n".join(parts)


def _single(scored: dict[str, Any]) -> Iterator[list[Row]]:
    rows: list[Row]
    for found in [*scored["analogies"], *scored["totals"]]:
        rows = [(_title(found), "accuracy", "95 %", "correct", "total", "oov")]
        for name, score in _lines(found):
            counts = (f"{score[key]:,}" for key in ("correct", "total", "oov"))
            interval = _interval(score.get("interval"), 100, 1)
            rows.append((name, _percent(score["accuracy"]), interval, *counts))
        yield rows
    rows = [("pairs", "Spearman", "95 %", "Pearson", "95 %", "pairs", "oov")]
    for found in scored["pairs"]:
        cells = [f"  {os.path.basename(found['file'])}"]
        for kind in ("spearman", "pearson"):
            cells += [_correlation(found[kind]), _interval(found.get(f"{kind}_interval"), 1, 3)]
        rows.append((*cells, f"{found['pairs']:,}", f"{found['oov']:,}"))
    if scored["pairs"]:
        yield rows


def _beside(vectors: list[dict[str, Any]], compared: list[dict[str, Any]]) -> Iterator[list[Row]]:
    names = _names(vectors)
    heads = [part for other in names[1:] for part in (f"{other} - {names[0]}", "95 %", "p", "n")]
    for kind in ("analogies", "totals"):
        for place, found in enumerate(vectors[0][kind]):
            rows: list[Row] = [(_title(found), *names, *heads)]
            scores = [dict(_lines(v[kind][place])) for v in vectors]
            others = [dict(_lines(c[kind][place])) for c in compared]
            for name in scores[0]:
                cells = [_percent(score[name]["accuracy"]) for score in scores]
                for other in others:
                    cells += [*_difference(other[name], 100, 1), f"{other[name]['total']:,}"]
                rows.append((name, *cells))
            yield rows
    for kind in ("spearman", "pearson") if vectors[0]["pairs"] else ():
        rows = [(f"pairs, {kind.title()}", *names, *heads)]
        for place, found in enumerate(vectors[0]["pairs"]):
            cells = [_correlation(v["pairs"][place][kind]) for v in vectors]
            for other in (c["pairs"][place] for c in compared):
                cells += [*_difference(other[kind], 1, 3), f"{other['pairs']:,}"]
            rows.append((f"  {os.path.basename(found['file'])}", *cells))
        yield rows


def _names(vectors: list[dict[str, Any]]) -> list[str]:
    """A, B, ..., Z, then 27 and on."""
    letters = string.ascii_uppercase
    return [letters[i] if i < len(letters) else str(i + 1) for i in range(len(vectors))]


def _title(found: dict[str, Any]) -> str:
    return f"{os.path.basename(found['file'])}, {_METHODS[found['method']]}"


def _lines(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Sections, their two groups where the file has both, and all questions."""
    for name, score in found["sections"].items():
        yield f"  {name}", score
    grams = {name.startswith("gram") for name in found["sections"]}
    for group in ("semantic", "syntactic") if len(grams) == 2 else ():
        yield f"  ({group})", found[group]
    yield "  (all)", found


def _difference(found: dict[str, Any], times: int, digits: int) -> Row:
    value, p = found["difference"], found["p"]
    size = "-" if value is None else f"{times * value:+.{digits}f}"
    chance = "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"
    return size, _interval(found["interval"], times, digits), chance


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(values: tuple[float, float] | None, times: int, digits: int) -> str:
    return "-" if values is None else " to ".join(f"{times * v:.{digits}f}" for v in values)


def _aligned(rows: list[Row]) -> str:
    rows = [tuple(map(shown, row)) for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    widths[0] = min(widths[0], _WIDEST)  # one long name pads no other row
    lines = []
    for first, *rest in rows:
        cells = (rjust(cell, size) for cell, size in zip(rest, widths[1:], strict=True))
        lines.append("  ".join([ljust(first, widths[0]), *cells]))
    return "\n".join(lines)


def _notes(result: dict[str, Any]) -> list[str]:
    """How it was scored."""
    options, vectors = result["options"], result["vectors"]
    analogies, pairs = vectors[0]["analogies"], vectors[0]["pairs"]
    lines = []
    for files, what, key in (
        (analogies, "Analogies", "restrict_vocab"),
        (pairs, "Pairs", "restrict_pairs"),
    ):
        if files:
            first = options[key]
            among = f"the first {first:,} words" if first else "all words"
            policy = {
                "skip": "are left out",
                "zero": "count as wrong" if files is analogies else "count with a cosine of 0",
            }[options["oov"]]
            lines.append(f"{what} among {among}; those with another word (oov) {policy}.")
    remarks = [f"{os.path.basename(f['file'])}: {r}." for f in pairs for r in f["remarks"]]
    lines += dict.fromkeys(remarks)
    if options["resamples"]:
        lines.append(f"95 %: bootstrap, {options['resamples']:,} resamples.")
    if len(vectors) > 1:
        lines.append(
            "Differences are over what counts for both; p is of McNemar's exact test (analogies) "
            "and of a paired bootstrap (pairs), each test by itself."
        )
    return lines


def _hints(result: dict[str, Any]) -> Iterator[str]:
    """A line for each file of which no question or pair has all its words."""
    vectors, options = result["vectors"], result["options"]
    for scored in vectors:
        if none := scored["words_without_direction"]:
            yield (
                f"{counted(none, 'word')} of {scored['file']} {'has' if none == 1 else 'have'} no "
                "direction (zero, NaN or infinite), and count as words without a vector."
            )
        of = f" for {scored['file']}" if len(vectors) > 1 else ""
        files = {(f["file"], "analogy", "asked"): f for f in scored["analogies"]}
        files |= {(f["file"], "pair", "scored"): f for f in scored["pairs"]}
        for (path, what, done), found in files.items():
            unknown = found["oov"] if options["oov"] == "zero" else 0
            if found["total" if what == "analogy" else "pairs"] == unknown:
                yield (
                    f"No {what} of {os.path.basename(path)} could be {done}{of}: each has a word "
                    "without a vector. Are the vectors of another language, or of too few words?"
                )
