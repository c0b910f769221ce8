"""Who may import whom."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = sorted((ROOT / "w2v" / "layers").glob("*.py"))
LIBRARIES = {"numpy", "cupy", "cupyx", "numba", "scipy"}
OURS = {"w2v", "backends", "tests", "benchmarks"}

LEAVES = ("w2v.errors", "w2v.config")
TEXT = (
    "w2v.errors",
    "w2v.files",
    "w2v.compression",
    "w2v.foreign",
    "w2v.textio",
    "w2v.spool",
    "w2v.vocab",
    "w2v.words",
    "w2v.corpus",
    "w2v.pairs",
    "w2v.rewriting",
    "w2v.phrases",
    "w2v.phrase_scores",
    "w2v.phrase_search",
    "w2v.phrase_table",
)
RESULTS = (
    "w2v.errors",
    "w2v.files",
    "w2v.compression",
    "w2v.foreign",
    "w2v.formats",
    "w2v.spelling",
    "w2v.cosines",
    "w2v.items",
    "w2v.queries",
    "w2v.vectors",
)
SCORING = (*RESULTS, "w2v.backends", "w2v.testsets", "w2v.resampling", "w2v.scores")
MODEL = (*LEAVES, "w2v.backends", "w2v.blocks", "w2v.draws", "w2v.huffman", "w2v.layers")

# A module, or all modules of a package, and what of the project it may import at run time; the
# longest name that fits counts. Besides, only a row that names `w2v.cli` allows it, and benchmarks
# use public names. TEXT leads to no backend, however far one follows it.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "w2v.errors": (),
    "w2v.config": ("w2v.errors",),
    "w2v.files": ("w2v.errors",),
    "w2v.compression": ("w2v.errors",),
    "w2v.foreign": ("w2v.errors", "w2v.compression"),
    "w2v.textio": TEXT,
    "w2v.spool": TEXT,
    "w2v.vocab": TEXT,
    "w2v.words": TEXT,
    "w2v.corpus": TEXT,
    "w2v.pairs": TEXT,
    "w2v.rewriting": TEXT,
    "w2v.phrases": TEXT,
    "w2v.phrase_scores": ("w2v.errors",),
    "w2v.phrase_search": TEXT,
    "w2v.phrase_table": TEXT,
    "w2v.huffman": TEXT,
    "w2v.formats": RESULTS,
    "w2v.spelling": RESULTS,
    "w2v.cosines": ("w2v.errors", "w2v.backends"),
    "w2v.items": RESULTS,
    "w2v.queries": RESULTS,
    "w2v.vectors": (*RESULTS, "w2v.backends"),
    "w2v.testsets": ("w2v.errors", "w2v.files"),
    "w2v.resampling": (),
    "w2v.scores": ("w2v.resampling",),
    "w2v.evaluate": SCORING,
    "w2v.comparison": (*SCORING, "w2v.evaluate"),
    "w2v.scoreboard": RESULTS,
    "w2v.layout": RESULTS,
    "w2v.page": (*RESULTS, "w2v.layout"),
    "w2v.fonts": ("w2v.errors",),
    "w2v.reports": ("w2v.errors", "w2v.files"),
    "w2v.pictures": (*RESULTS, "w2v.fonts", "w2v.layout", "w2v.reports"),
    "w2v.plot": (
        *RESULTS,
        "w2v.fonts",
        "w2v.layout",
        "w2v.page",
        "w2v.pictures",
        "w2v.reports",
    ),
    "w2v.classes": RESULTS,
    "w2v.drop_in": (*RESULTS, "w2v.classes", "w2v.corpus", "w2v.vocab"),
    "w2v.demo": RESULTS,
    "w2v.modelfile": (*RESULTS, "w2v.huffman"),
    "w2v.likelihood": ("w2v.huffman",),
    "w2v.callbacks": ("w2v.errors",),
    "w2v.backends": ("w2v.errors", "w2v.backends"),
    "w2v.layers": ("w2v.layers", "w2v.backends.base"),
    "w2v.layers.partitioned": ("w2v.layers", "w2v.backends.base", "w2v.backends.get_backend"),
    "w2v.draws": (*LEAVES, "w2v.backends"),
    "w2v.blocks": (*LEAVES, "w2v.backends", "w2v.draws"),
    "w2v.model": MODEL,
    "w2v.memory": (*LEAVES, "w2v.backends", "w2v.huffman"),
    "w2v.trainer": (
        *MODEL,
        "w2v.memory",
        "w2v.model",
        "w2v.corpus",
        "w2v.vocab",
        "w2v.callbacks",
        "w2v.vectors",
    ),
    "w2v.report": ("w2v.trainer", "w2v"),
    "w2v.start": (*LEAVES, *RESULTS, "w2v.corpus", "w2v.model", "w2v.modelfile"),
    "w2v.bench": (*MODEL, "w2v.corpus", "w2v.trainer", "w2v.vocab"),
    "w2v.__main__": ("w2v.cli",),
    "w2v.cli": ("w2v", "w2v.cli"),
    "w2v": ("w2v",),
    "benchmarks": ("w2v", "benchmarks"),
}


def nodes(tree: ast.AST, run_time: bool) -> Iterator[ast.AST]:
    """All nodes; at run time without the bodies of `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if run_time and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from nodes(ast.Module(node.orelse, []), run_time)
        else:
            yield from nodes(node, run_time)


def imported(source: str, package: str = "w2v", *, run_time: bool = False) -> set[str]:
    """Full names, as in `w2v.errors.W2VError`, that a module of `package` imports anywhere."""
    found: set[str] = set()
    for node in nodes(ast.parse(source), run_time):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def libraries(source: str) -> set[str]:
    return {name.split(".")[0] for name in imported(source)} & LIBRARIES


def within(name: str, parents: tuple[str, ...]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def forbidden(module: str, source: str, package: str = "w2v") -> set[str]:
    """What `module` imports and may not."""
    names = {
        name for name in imported(source, package, run_time=True) if name.split(".")[0] in OURS
    }
    allowed = MAY_IMPORT[max((rule for rule in MAY_IMPORT if within(module, (rule,))), key=len)]
    return {
        name
        for name in names
        if not within(name, allowed)
        or (within(name, ("w2v.cli",)) and "w2v.cli" not in allowed)
        or (within(module, ("benchmarks",)) and re.search(r"(^|\.)_(?!_)", name))
    }


def modules() -> dict[str, Path]:
    """Dotted name of each module of ours; a package is called `w2v.layers.__init__`."""
    found = {}
    for folder, name in (
        ("w2v", "w2v"),
        ("backends", "w2v.backends"),
        ("benchmarks", "benchmarks"),
    ):
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join((name, *inner))] = path
    return found


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_modules_import_only_what_they_may(module: str, path: Path) -> None:
    package = module.rpartition(".")[0]
    assert not forbidden(module, path.read_text(encoding="utf-8"), package)


def test_every_rule_is_about_a_module() -> None:
    for rule in (*MAY_IMPORT, *LEAVES, *TEXT, *RESULTS, *SCORING, *MODEL):
        assert any(within(module, (rule,)) for module in modules()), rule


@pytest.mark.parametrize(
    ("module", "bad"),
    [
        ("w2v.errors", "import w2v.config"),
        ("w2v.config", "from w2v.files import PathLike"),
        ("w2v.files", "from w2v.vocab import Vocabulary"),
        ("w2v.compression", "from w2v.files import replacing"),
        ("w2v.textio", "from w2v import backends"),
        ("w2v.spool", "from w2v.backends import Backend"),
        ("w2v.vocab", "from w2v import Word2Vec"),
        ("w2v.corpus", "def f():\n    from w2v.backends.base import Array"),
        ("w2v.huffman", "from .draws import NoiseSampler"),
        ("w2v.formats.text", "import w2v.backends"),
        ("w2v.cosines", "from w2v.queries import Queries"),
        ("w2v.items", "from w2v import Vectors"),
        ("w2v.queries", "from w2v import Vectors"),
        ("w2v.pairs", "from w2v.vectors import Vectors"),
        ("w2v.phrases", "from w2v.word2vec import Word2Vec"),
        ("w2v.drop_in", "from w2v.word2vec import Word2Vec"),
        ("w2v.vectors", "from w2v.trainer import Trainer"),
        ("w2v.evaluate", "from w2v.cli import main"),
        ("w2v.resampling", "from w2v.vectors import Vectors"),
        ("w2v.scores", "from w2v.backends import Backend"),
        ("w2v.scoreboard", "from w2v.evaluate import Scores"),
        ("w2v.layout", "from w2v.backends import Backend"),
        ("w2v.plot", "from w2v.console import Console"),
        ("w2v.demo", "import w2v"),
        ("w2v.backends.numpy_backend", "from w2v import draws"),
        ("w2v.backends.__init__", "from w2v.config import Config"),
        ("w2v.layers.softmax", "from w2v.backends import get_backend"),
        ("w2v.layers.softmax", "from w2v import draws"),
        ("w2v.layers.partitioned", "from w2v.backends import available_backends"),
        ("w2v.draws", "from w2v.blocks import Blocks"),
        ("w2v.blocks", "from w2v.model import Model"),
        ("w2v.model", "from w2v.trainer import Trainer"),
        ("w2v.trainer", "from w2v.word2vec import Word2Vec"),
        ("w2v.modelfile", "from w2v.word2vec import Word2Vec"),
        ("w2v.likelihood", "from w2v.backends import Backend"),
        ("w2v.callbacks", "from w2v.trainer import Progress"),
        ("w2v.start", "from w2v.trainer import Trainer"),
        ("w2v.bench", "from w2v.console import Console"),
        ("w2v.console", "from w2v.cli import main"),
        ("w2v.__main__", "from w2v.trainer import Trainer"),
        ("w2v.trainer", "from w2v.cli import main"),
        ("w2v.trainer", "from . import cli"),
        ("w2v.__init__", "import benchmarks.harness"),
        ("w2v.model", "from tests.corpora import topics"),
        ("w2v.model", "from backends.base import Array"),
        ("benchmarks.peers", "from w2v.textio import _decode"),
        ("benchmarks.peers", "from w2v.cli import main"),
        ("benchmarks.peers", "from tests import corpora"),
        ("w2v.errors", "if not TYPE_CHECKING:\n    import w2v.config"),
    ],
)
def test_each_rule_can_fail(module: str, bad: str) -> None:
    assert len(forbidden(module, bad)) == 1


def test_imports_for_the_type_checker_are_free() -> None:
    source = "if TYPE_CHECKING:\n    from w2v.draws import Draws\nelse:\n    from w2v import cli\n"
    assert forbidden("w2v.layers.softmax", source) == {"w2v.cli"}


def test_the_check_sees_every_form() -> None:
    source = "import numpy as np\ndef f():\n    from cupyx.scipy import special\n"
    assert imported(source) == {"numpy", "cupyx.scipy.special"}
    assert libraries(source) == {"numpy", "cupyx"}


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.name)
def test_layers_import_no_array_library(path: Path) -> None:
    assert not libraries(path.read_text(encoding="utf-8"))


def test_only_one_file_imports_cupy() -> None:
    sources = [*(ROOT / "w2v").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
    assert {
        path.name
        for path in sources
        if libraries(path.read_text(encoding="utf-8")) & {"cupy", "cupyx"}
    } == {"cupy_backend.py"}


def test_importing_the_layers_loads_no_cupy() -> None:
    code = "import sys, w2v.layers; print({'cupy', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
