"""Sentences with weights, and the text that they stand for, by a loop."""

from __future__ import annotations

LINES = ["a b c", "b d", "", "e", "a a b f", "c d"]
TOKENS = [line.split() for line in LINES]
WEIGHTS = [2, 1, 5, 0, 3, 7]


def repeated(lines: list[str], copies: list[int]) -> list[str]:
    """By a loop: copy j of n of the sentence at the place x stands at (x + j) / n."""
    full = [(line, n) for line, n in zip(lines, copies, strict=True) if line]
    placed = [
        (((i + 0.5) / len(full) + j) / n, i, line)
        for i, (line, n) in enumerate(full)
        for j in range(n)
    ]
    return [line for _, _, line in sorted(placed, key=lambda one: one[:2])]
