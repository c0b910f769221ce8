"""The fields of a line of text: whether they are numbers, and how many."""

from __future__ import annotations

import re

GAP = re.compile(rb"[ \t]+")
"""What separates fields."""
POINT = "Write them with points, as 0.5."
"""What to say of decimal commas."""

_COMMA = re.compile(rb"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


def is_number(field: bytes) -> bool:
    """Whether a field is a decimal number, infinity or NaN; Python's 1_000 is none."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field


def is_comma_number(field: bytes) -> bool:
    """Whether a field is a number with a decimal comma."""
    return _COMMA.fullmatch(field) is not None


def is_numeric(line: bytes) -> bool:
    """Whether a line is a word and numbers, a few of them perhaps damaged."""
    fields = GAP.split(line.strip(b" \t\r"))[1:]
    return 2 * sum(map(is_number, fields)) >= len(fields) > 0


def trailing_numbers(line: bytes) -> int:
    """How many fields at the end of a line are numbers; the first is a word."""
    fields = GAP.split(line.rstrip(b" \t\r"))[1:]
    words = [at for at, field in enumerate(fields, 1) if not is_number(field)]
    return len(fields) - max(words, default=0)
