"""Labels: without overlap, and clear whose they are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.pictures.labels import Place, Room


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 120))
def test_labels_never_touch_and_stay_inside(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    dots = rng.uniform(0, 400, (n, 2))
    sizes = rng.uniform([10, 8], [90, 14], (n, 2))
    room = Room(dots, np.array([0.0, 0.0, 400.0, 400.0]))
    boxes = []
    for dot, (width, height) in zip(dots, sizes, strict=True):
        place = room.take(dot, width, height)
        if place is not None:
            boxes.append((place.left, place.low, place.left + width, place.low + height))
    assert boxes or n < 3
    for i, (left, low, right, high) in enumerate(boxes):
        assert left > 0
        assert low > 0
        assert right < 400
        assert high < 400
        for other in boxes[:i]:  # a space between two in a line, lest they read as one word
            apart = right + 10 <= other[0] or other[2] + 10 <= left
            assert apart or high <= other[1] or other[3] <= low


def test_a_label_without_neighbours_stands_right_of_its_dot() -> None:
    room = Room(np.array([[50.0, 50.0]]), np.array([0.0, 0.0, 100.0, 100.0]))
    assert room.take(np.array([50.0, 50.0]), 20, 10) == Place(55, 45, None)


def test_a_label_does_not_stand_between_two_dots() -> None:
    dots = np.array([[50.0, 50.0], [78.0, 50.0]])  # the second at the end of the first's label
    frame = np.array([0.0, 0.0, 200.0, 100.0])
    assert Room(dots, frame).take(dots[0], 20, 10) == Place(25, 45, None)
    close = np.array([[50.0, 50.0], [50.0, 52.0], [50.0, 48.0]])  # at whatever side
    place = Room(close, frame).take(dots[0], 20, 10)
    assert place
    assert place.line  # says whose it is
    x, y = place.line
    assert place.left <= x <= place.left + 20
    assert place.low <= y <= place.low + 10
