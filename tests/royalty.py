"""A few words whose vectors answer analogies, and files of questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from w2v import Vectors

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


QUERIED = [
    "king",
    "queen",
    "man",
    "woman",
    "apple",
    "pear",
    "-",
    "nearest",
    "don't",
    "New York",
    "zero",
]


def queried(folder: Path) -> Path:
    """Vectors of `QUERIED`: words that commands could take for something else, and one without."""
    path = folder / "v.npz"
    rng = np.random.default_rng(4)
    matrix = rng.standard_normal((len(QUERIED), 4))
    shapes = "3 .9 .1 0  3 0 1.1 0  0 1 .1 0  0 0 1 0  0 0 0 1  0 0 .1 1"
    matrix[:6] = np.array(shapes.split(), dtype=np.float64).reshape(6, 4)
    matrix[-1] = 0
    Vectors(QUERIED, matrix).save(path)
    return path
