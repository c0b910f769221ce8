"""A few words whose vectors answer analogies, and files of questions."""

from __future__ import annotations

from pathlib import Path

# axes: royal, male, female, animal; "queen" is king - man + woman exactly
WORDS = ["man", "woman", "king", "queen", "fox", "vixen"]
TABLE: list[list[float]] = [
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [0, 0, 1, 1],
]
QUESTIONS = """\
: family
man woman king queen
man woman king fox
man woman king prince
: gram1-animals
Man Woman Fox Vixen
man woman fox king
"""


def text(folder: Path, content: str, name: str = "file.txt") -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name
