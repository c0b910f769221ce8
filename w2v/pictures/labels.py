"""Where labels stand in a picture: beside their dots, apart, and clear whose they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, low, right, high."""

_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Where a label may stand beside its dot, best first: right 1 or left -1, above 1 or below -1."""
_GAPS = (5.0, 13.0, 24.0)
"""Pixels between a dot and the box of its label, best first; from the second on with a line."""
_APART = 6.0  # pixels left and right of a label in its box: more than a space is wide
_NEAR = 7.0  # pixels: a strange dot this near to a label may be taken for the label's own
_CELL = 40  # pixels, of the grid in which boxes and dots are found

# what is given up for a place, in the order of what jars most
_COVERS, _UNCLEAR, _FARTHER, _WORSE_SIDE = 4.0, 1.0, 0.7, 0.02
_TOO_MUCH = 1.5 * _COVERS


@dataclass(frozen=True)
class Place:
    """Of a label, in pixels.

    Attributes
    ----------
    left, low : float         The lower left corner of the text.
    line : (x, y) or None     The end of a line from the dot to the label, where one is needed.
    """

    left: float
    low: float
    line: tuple[float, float] | None


class Room:
    """What is free of a picture.

    Parameters
    ----------
    dots : float64 (N, 2)
    frame : float (4,)    Left, low, right and high edge.
    """

    def __init__(self, dots: Numbers, frame: Numbers) -> None:
        self._frame = frame
        self._boxes: dict[tuple[int, int], list[Box]] = {}
        self._dots: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for x, y in dots.tolist():
            self._dots.setdefault((int(x) // _CELL, int(y) // _CELL), []).append((x, y))

    def take(self, dot: Numbers, width: float, height: float) -> Place | None:
        """The best place of a label of this size; None if no place is free.

        No label touches another. Of the free places that one is taken that covers the fewest dots,
        lies the least near to strange dots, and is the nearest to its own.
        """
        x, y = dot.tolist()
        best: tuple[Box, bool] | None = None
        least = _TOO_MUCH
        for far, gap in enumerate(_GAPS):
            for order, (right, above) in enumerate(_SIDES):
                cost = far * _FARTHER + order * _WORSE_SIDE
                if cost >= least:
                    continue
                box = _beside(x, y, right, above, gap, width, height)
                if not self._free(box):
                    continue
                strangers = self._strangers(box, x, y, least - cost)
                if cost + strangers < least:
                    least = cost + strangers
                    best = box, far > 0 or strangers > 0
        if best is None:
            return None
        box, lined = best
        for key in _cells(box):
            self._boxes.setdefault(key, []).append(box)
        left, low, right_edge, high = box[0] + _APART, box[1], box[2] - _APART, box[3]
        end = min(max(x, left), right_edge), min(max(y, low), high)
        return Place(left, low, end if lined else None)

    def _free(self, box: Box) -> bool:
        left, low, right, high = self._frame
        inside = box[0] > left and box[1] > low and box[2] < right and box[3] < high
        return bool(inside) and not any(
            other[0] < box[2] and other[2] > box[0] and other[1] < box[3] and other[3] > box[1]
            for key in _cells(box)
            for other in self._boxes.get(key, ())
        )

    def _strangers(self, box: Box, x: float, y: float, enough: float) -> float:
        """What the dots of other words cost that a label covers or that lie as near as its own.

        From `enough` on it is not counted to the end.
        """
        left, low, right, high = box[0] + _APART, box[1], box[2] - _APART, box[3]
        reach = left - _NEAR, low - _NEAR, right + _NEAR, high + _NEAR
        cost = 0.0
        for key in _cells(reach):
            for a, b in self._dots.get(key, ()):
                if not (reach[0] < a < reach[2] and reach[1] < b < reach[3]) or (a, b) == (x, y):
                    continue
                covered = left - 1 <= a <= right + 1 and low - 1 <= b <= high + 1
                cost += _COVERS if covered else _UNCLEAR
                if cost >= enough:
                    return cost
        return cost


def _beside(
    x: float, y: float, right: int, above: int, gap: float, width: float, height: float
) -> Box:
    """The box of a text of this size at a side of a dot, with what keeps it apart from others."""
    left = x + (right - 1) * width / 2 + right * gap
    low = y + (above - 1) * height / 2 + above * gap
    return left - _APART, low, left + width + _APART, low + height


def _cells(box: Box) -> list[tuple[int, int]]:
    left, low, right, high = (int(edge) // _CELL for edge in box)
    return [(i, j) for i in range(left, right + 1) for j in range(low, high + 1)]
