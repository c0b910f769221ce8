"""Which fonts draw which letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from w2v.pictures import fonts

pytest.importorskip("matplotlib")


def test_letters_come_from_any_font_that_has_them() -> None:
    from matplotlib import font_manager

    charmaps = fonts._charmaps()
    default = charmaps[fonts._DEFAULT]
    assert fonts.choose_families(["naïve", "Ωμέγα", "a b\u200d"]) == ([fonts._DEFAULT], set())
    rare = sorted(charmaps["STIXGeneral"] - default)  # comes with matplotlib too
    rare = [letter for letter in rare if fonts._visible(letter)]
    families, missing = fonts.choose_families(["plain", "".join(rare), "\U0010fffd"])
    assert families[0] == fonts._DEFAULT
    assert len(families) > 1
    assert missing == {"\U0010fffd"}
    assert set(rare) <= set().union(*(charmaps[name] for name in families))
    first, _ = fonts.choose_families(["plain"], "STIXGeneral")
    assert first == ["STIXGeneral", fonts._DEFAULT]
    assert font_manager.findfont(families[1], fallback_to_default=False)


def test_a_font_installed_just_now_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    manager = font_manager.FontManager.__new__(font_manager.FontManager)
    manager.__dict__.update(font_manager.fontManager.__dict__)
    stix = [entry for entry in manager.ttflist if entry.name == "STIXGeneral"]
    manager.ttflist = [entry for entry in manager.ttflist if entry not in stix]
    junk = tmp_path / "junk.ttf"
    junk.write_bytes(b"no font")
    paths = [str(junk), *(entry.fname for entry in stix)]
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    monkeypatch.setattr(font_manager, "get_font_names", lambda: [e.name for e in manager.ttflist])
    assert fonts.choose_families(["x"], "STIXGeneral")[0][0] == "STIXGeneral"
