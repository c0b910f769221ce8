"""A picture of words as one HTML file: hover, search and zoom, without a network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any

import numpy as np

from w2v.pictures.layout import Layout, neighbours
from w2v.terminal import shown
from w2v.vectors import Vectors

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_NEIGHBOURS = 8
_DIGITS = 5  # of a place; a screen is some thousand pixels wide


def words_page(vectors: Vectors, layout: Layout, title: str) -> str:
    """The page; see `page.html`.

    It holds all it needs. Its policy forbids any request, and any script but its own: neither a
    word nor the name of a file can become one.
    """
    low = layout.places.min(axis=0)
    span = float(np.ptp(layout.places, axis=0).max()) or 1.0
    across, up = ((layout.places - low) / span).round(_DIGITS).T.tolist()
    near, cosines = neighbours(vectors, layout.rows, _NEIGHBOURS)
    data = {
        "words": layout.words,
        "ranks": layout.rows.tolist(),
        "x": across,
        "y": up,
        "sizes": layout.sizes.round(2).tolist(),
        "centres": layout.centres,
        "near": near.tolist(),
        "cosines": [[round(c, 3) for c in row] for row in cosines.astype(float).tolist()],
    }
    template = files("w2v.pictures").joinpath("page.html").read_text(encoding="utf-8")
    (script,) = _SCRIPT.findall(template)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "TITLE": html.escape(shown(f"{title} ({layout.caption})")),
        "DATA": _embedded(data),
        "DIGEST": digest,
    }
    # in one pass: what is filled in is not searched
    return re.sub(r"@(TITLE|DATA|DIGEST)@", lambda found: parts[found[1]], template)


def _embedded(data: Any) -> str:
    """JSON that no word can break out of: with no character that HTML gives a meaning."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
