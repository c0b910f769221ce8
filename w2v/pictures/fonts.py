"""Fonts for words of any script: matplotlib's own, and any of the computer that has the letters."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any

from w2v.errors import PictureError

_DEFAULT = "DejaVu Sans"  # comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and more
_REGULAR = 400
_NO_CHARACTER = 0x10FFFF  # only in fonts of placeholders, such as matplotlib's last resort


def choose_families(texts: Iterable[str], font: str | None = None) -> tuple[list[str], set[str]]:
    """Families to draw some texts with, and the letters that no installed font has.

    First comes `font`, then matplotlib's default, then as few others as have the remaining letters.

    Raises
    ------
    PictureError
        `font` is not installed.
    """
    families = [*_named(font), _DEFAULT]
    letters = {letter for text in texts for letter in text if _visible(letter)}
    charmaps = _charmaps(families)
    letters = letters.difference(*(charmaps.get(name, ()) for name in families))
    if letters:
        _find_new_fonts()
        charmaps = _charmaps()
    while letters:
        best = min(charmaps, key=lambda name: (-len(letters & charmaps[name]), _taste(name)))
        if not letters & charmaps[best]:
            break
        families.append(best)
        letters -= charmaps[best]
    return families, letters


def _visible(letter: str) -> bool:
    """Whether it is drawn at all: no space, and no mark that only directs the writing."""
    category = unicodedata.category(letter)
    return category != "Cf" and not category.startswith("Z")


def _taste(name: str) -> tuple[bool, bool, str]:
    """Which of two families that have the same letters goes better with the default."""
    return "Mono" in name, "Sans" not in name, name


def _charmaps(names: Iterable[str] | None = None) -> dict[str, set[str]]:
    """The letters of installed families, or of these."""
    from matplotlib import font_manager

    found: dict[str, set[str]] = {}
    for entry in font_manager.fontManager.ttflist:
        regular = entry.style == "normal" and entry.weight == _REGULAR
        if entry.name in found or not (regular if names is None else entry.name in names):
            continue
        try:
            charmap: Any = font_manager.get_font(entry.fname).get_charmap()
        except (OSError, RuntimeError):  # deleted, or a kind that cannot be drawn with
            continue
        if _NO_CHARACTER not in charmap:
            found[entry.name] = set(map(chr, charmap))
    return found


def _find_new_fonts() -> None:
    """Fonts installed since matplotlib made its list, which it keeps between runs."""
    from matplotlib import font_manager

    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        try:
            font_manager.fontManager.addfont(path)
        except (OSError, RuntimeError):  # a kind that cannot be drawn with
            continue


def _named(font: str | None) -> list[str]:
    from matplotlib import font_manager

    if font is None:
        return []
    if font not in font_manager.get_font_names():
        _find_new_fonts()
    names = set(font_manager.get_font_names())
    if font not in names:
        near = difflib.get_close_matches(font, names, 3, cutoff=0.4)
        hint = f" Close to it: {', '.join(near)}." if near else ""
        raise PictureError(f"The font {font!r} is not installed.{hint}")
    return [font]
