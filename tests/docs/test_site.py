"""The documentation site: its navigation has every page, and `make docs` finds no broken link."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "index.md"


def navigation() -> set[Path]:
    """The pages that `docs/index.md` names, its patterns filled in."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", INDEX.read_text("utf-8"), re.M | re.S)
    entries = [line for block in blocks for line in block.splitlines() if line[:1] not in ("", ":")]
    names = [re.sub(r".*<(.+)>", r"\1", entry) for entry in entries]
    assert all(any(INDEX.parent.glob(f"{name}.md")) for name in names), names
    return {page.resolve() for name in names for page in INDEX.parent.glob(f"{name}.md")}


def test_the_navigation_has_every_page() -> None:
    pages = {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"}
    missing = {str(page.relative_to(ROOT)) for page in pages - {INDEX} - navigation()}
    assert not missing, "not in docs/index.md"


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    for library in ("sphinx", "furo", "myst_parser", "sphinx_click"):
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed: pip install -e '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", str(ROOT / "docs")]
    return subprocess.run(
        [*command, str(source), str(target)], capture_output=True, text=True, check=False
    )


def test_a_broken_link_or_anchor_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "index.md").write_text("# All\n\n[a](#all) [b](#none) [c](nowhere.md)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode
    assert "'none'" in done.stderr
    assert "'nowhere.md'" in done.stderr
    assert "'all'" not in done.stderr


def test_the_site_asks_nothing_of_other_hosts(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "index.md").write_text("# All\n\n```python\nprint(1)\n```\n")
    done = build(tmp_path, tmp_path / "out")
    assert not done.returncode, done.stderr
    page = (tmp_path / "out" / "docs" / "index.html").read_text("utf-8")
    wanted = re.findall(r"<(?:link|script|img)\b[^>]*?(?:src|href)=\"([^\"]*)\"", page)
    assert wanted
    styles = [p.read_text("utf-8") for p in (tmp_path / "out").rglob("*.css")]
    wanted += re.findall(r"(?:@import|url\()\s*[\"']?([^\"')]*)", "".join(styles))
    assert not [address for address in wanted if re.match(r"(https?:)?//", address)]
    assert 'url=docs/index.html"' in (tmp_path / "out" / "index.html").read_text("utf-8")
