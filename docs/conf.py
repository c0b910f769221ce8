"""The documentation as a site: `make docs` writes it to build/site.

The repository is the source, so that a page's links lead to the same places here, in a checkout
and in an archive; `docs/index.md` has the navigation. Files that are no pages become downloads.
"""

from __future__ import annotations

import re
from importlib.metadata import version as _version
from typing import Any

project = author = "w2v"
release = version = _version("w2v")
copyright = "w2v, MIT licence"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_click",
]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "benchmarks/README.md", "*.md"]
exclude_patterns = [".*", "build", "dist", "tests", "**/__pycache__"]
highlight_language = "text"
smartquotes = False  # two dashes are an option

myst_heading_anchors = 4  # as GitHub calls them
myst_enable_extensions = ["fieldlist"]

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes and units
suppress_warnings = ["ref.python"]  # types are told in plain words, which may be names too: "table"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Equation"]

html_theme = "furo"
html_title = f"w2v {release}"
html_extra_path = ["root"]  # leads to root_doc
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_copy_source = False


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _one_column, priority=400)  # before Napoleon
    app.connect("sphinx-click-process-description", _as_code)


def _one_column(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """``name : type   Text`` of our docstrings as Napoleon wants it: the text below, indented."""
    told: list[str] = []
    inside = -1  # the indentation of an entry whose text began on its line
    for line in lines:
        indent = len(line) - len(line.lstrip())
        entry = re.fullmatch(r"( *[\w*, ]+ : .*?\S) {2,}(\S.*)", line)
        if entry:
            inside = indent
            text = re.sub(r"^(\w+)([.)])$", r"\1\\\2", entry[2])  # "D." is no numbered list
            told += [entry[1], " " * (indent + 4) + text]
        elif inside >= 0 and line and indent > inside:
            told.append(" " * (inside + 4) + line.lstrip())
        else:
            inside = -1
            told.append(line)
    lines[:] = told


def _as_code(app: Any, context: Any, lines: list[str]) -> None:
    """Lines of a command's help that are not to be wrapped: examples, below a word that says so."""
    told: list[str] = []
    code = False
    for line in lines:
        kept = re.fullmatch(r"\| ?(.*)", line)
        heads = kept and re.match(r"\S.*:$", kept[1])
        if kept and not heads and not code:
            told += ["", ".. code-block:: text", ""]
        code = bool(kept) and not heads
        told.append(("   " if code else "") + (kept[1].strip() if kept else line))
    lines[:] = told
