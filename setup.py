"""What `pyproject.toml` cannot say: the README for the package index.

There is no folder beside it there, so its links to files of the repository are led to the address
that `[project.urls]` names as Source; the README itself leads to the same files wherever it lies.
"""

import re
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent


def long_description(readme: str, source: str) -> str:
    """The README with every link and picture absolute."""

    def absolute(found: "re.Match[str]") -> str:
        opening, target = found[1], found[2]
        if re.match(r"[a-z]+:", target):
            return found[0]
        path = f"README.md{target}" if target.startswith("#") else target
        return f"{opening}{source}/{'raw' if opening.startswith('!') else 'blob'}/HEAD/{path})"

    return re.sub(r"(!?\[[^\]]*\]\()([^)\s]+)\)", absolute, readme)


def source_address() -> str:
    """Source, of `[project.urls]`."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (found,) = re.findall(r'^Source = "(.+)"$', project, re.MULTILINE)
    return found


setup(
    long_description=long_description((ROOT / "README.md").read_text("utf-8"), source_address()),
    long_description_content_type="text/markdown",
)
