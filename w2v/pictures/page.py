"""A picture of words as one HTML file: hover, search and zoom, without a network."""

from __future__ import annotations

import html
import json
from importlib.resources import files
from typing import Any

import numpy as np

from w2v.pictures.layout import Layout, neighbours
from w2v.vectors import Vectors

_NEIGHBOURS = 8
_DIGITS = 5  # of a place; a screen is some thousand pixels wide


def words_page(vectors: Vectors, layout: Layout, title: str) -> str:
    """The page; see `page.html`. It holds all it needs, and its policy forbids any request."""
    low = layout.places.min(axis=0)
    span = float(np.ptp(layout.places, axis=0).max()) or 1.0
    across, up = ((layout.places - low) / span).round(_DIGITS).T.tolist()
    near, cosines = neighbours(vectors, layout.rows, _NEIGHBOURS)
    data = {
        "words": layout.words,
        "ranks": layout.rows.tolist(),
        "x": across,
        "y": up,
        "near": near.tolist(),
        "cosines": [[round(c, 3) for c in row] for row in cosines.astype(float).tolist()],
    }
    template = files("w2v.pictures").joinpath("page.html").read_text(encoding="utf-8")
    shown = html.escape(f"{title} ({layout.caption})")
    return template.replace("@TITLE@", shown).replace("@DATA@", _embedded(data))


def _embedded(data: Any) -> str:
    """JSON that no word can break out of: with no character that HTML gives a meaning."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&@":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
