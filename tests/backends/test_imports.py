"""Who may import whom: the floors of the house, and what keeps them so."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {"w2v": "w2v", "backends": "w2v.backends", "benchmarks": "benchmarks"}
LIBRARIES = {"numpy", "cupy", "cupyx", "numba", "llvmlite", "scipy"}
OURS = {"w2v", "backends", "tests", "benchmarks"}
POSIX_ONLY = {
    *("resource", "fcntl", "readline", "termios", "tty", "pty", "pwd", "grp", "curses", "syslog")
}

# The floors of the house, from the ground up. A room is a module or a package of `w2v`; after it
# stand the rooms it may enter, all of them on floors below. A package is entered by its front door
# only: the names in `__all__` of its `__init__.py`. `w2v` itself is what `import w2v` gives.
HOUSE: list[dict[str, str]] = [
    {
        "errors": "",
        "version": "",
        "renamed": "",
        "terminal": "",
        "words": "",
        "threads": "",
        "cpus": "",
        "interrupts": "",
        "installed": "",
    },
    {
        "config": "errors",
        "files": "errors",
        "backends": "errors cpus",
        "display": "terminal",
    },
    {
        "text": "errors version installed cpus threads files words",
        "formats": "errors installed cpus files words threads",
        "layers": "backends",
        "queries": "errors renamed threads backends",
    },
    {
        "vectors": "errors renamed terminal files words backends formats queries",
        "phrases": "errors renamed files text",
    },
    {
        "training": "errors version interrupts renamed words display config files "
        "backends text formats layers vectors",
        "evaluation": "errors terminal files backends queries vectors",
        "pictures": "errors terminal files vectors",
        "index": "errors files queries vectors",
    },
    {
        "cluster": "errors config cpus files backends text training",
    },
    {
        "word2vec": "errors renamed interrupts config files backends text queries vectors training "
        "cluster",
    },
    {
        "library": "errors config index backends text layers vectors phrases training word2vec",
        "gensim": "errors renamed words interrupts config files backends text formats layers "
        "queries vectors phrases training evaluation",
    },
    {
        "w2v": "version renamed library",
    },
    {
        "cli": "errors installed renamed terminal interrupts config files backends text formats "
        "queries vectors phrases training cluster evaluation pictures w2v library",
    },
    {
        "__main__": "errors cli",
        "benchmarks": "backends text training evaluation gensim w2v",
    },
]
MAY_ENTER = {room: set(rooms.split()) for floor in HOUSE for room, rooms in floor.items()}


@cache
def modules() -> dict[str, Path]:
    """Dotted name of each module of ours; a package is called `w2v.layers.__init__`."""
    found = {}
    for folder, name in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join((name, *inner))] = path
    return found


@cache
def packages() -> set[str]:
    return {name.removesuffix(".__init__") for name in modules() if name.endswith(".__init__")}


def room_of(module: str) -> str:
    """The room a module stands in: `w2v.text.corpus` in `text`, `w2v.__init__` in `w2v`."""
    parts = module.removesuffix(".__init__").split(".")
    return parts[0] if parts[0] != "w2v" or len(parts) == 1 else parts[1]


@cache
def front_door(package: str) -> frozenset[str]:
    """What the `__init__.py` of a package names for others."""
    for node in ast.parse(modules()[f"{package}.__init__"].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def imported(source: str, package: str = "w2v") -> Iterator[tuple[str, str]]:
    """(module, name) of every import, for the type checker too; the name may be empty."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((base, alias.name) for alias in node.names)


def arrows(module: str, source: str) -> Iterator[tuple[str, str]]:
    """Of the imports, those of ours: (module of ours, name that is taken from it)."""
    for base, name in imported(source, module.rpartition(".")[0]):
        if base.split(".")[0] not in OURS:
            continue
        inner = f"{base}.{name}"
        is_module = inner in modules() or inner in packages()
        yield (inner, "") if is_module else (base, name)


def reached_into(module: str, source: str) -> Iterator[tuple[str, str]]:
    """(package or module, name) of each attribute that is taken of one that was imported whole."""
    tree = ast.parse(source)
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{base}.{alias.name}"
        elif isinstance(node, ast.Import):
            bound.update({alias.asname: alias.name for alias in node.names if alias.asname})
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = bound.get(node.value.id, "")
            if whole in packages() or whole in modules():
                yield whole, node.attr


def complaint(module: str, target: str, name: str) -> str:
    """Why a module may not import a name from another, or nothing."""
    here, there = room_of(module), room_of(target)
    if target.split(".", maxsplit=1)[0] == "backends":
        return f"{module} takes {target} for w2v.backends"
    if there not in MAY_ENTER and there not in OURS:
        return f"{there} stands on no floor of the table"
    if here == there:
        at_own_door = name and target in packages() and not module.endswith("__init__")
        return f"{module} enters its own room by the front door" if at_own_door else ""
    if there not in MAY_ENTER[here]:
        return f"{here} may not enter {there}"
    package, _, inner = target.rpartition(".")
    if target in packages():
        past = name and name not in front_door(target)
    elif package in packages() and package != "w2v":
        past = inner not in front_door(package) or name.startswith("_")
    else:
        past = name.startswith("_") and name != "__version__"
    return f"{module} goes past the front door of {there}: {target} {name}" if past else ""


def complaints(module: str, source: str) -> set[str]:
    taken = [*arrows(module, source), *reached_into(module, source)]
    found = {complaint(module, *arrow) for arrow in taken}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(a.name.startswith("w2v.") for a in node.names):
            found.add(f"{module} imports a whole room: write `from w2v.room import name`")
        words = {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")}
        if words & {"import_module", "__import__"}:
            found.add(f"{module} imports what nobody sees")
    return found - {""}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def guarded_by(node: ast.AST) -> list[ast.stmt]:
    """What may name missing modules in a node: in a `try` for that, or on POSIX platforms only."""
    if isinstance(node, ast.Try):
        types = [ast.unparse(handler.type) for handler in node.handlers if handler.type]
        return node.body if any("ImportError" in name for name in types) else []
    if isinstance(node, ast.If):
        test = ast.unparse(node.test)
        if test == "sys.platform == 'win32'":
            return node.orelse
        if test in {f"sys.platform {one}" for one in ("!= 'win32'", "== 'linux'", "== 'darwin'")}:
            return node.body
    return []


def unguarded(source: str) -> set[str]:
    """POSIX-only modules that are imported where nothing minds that they are not there."""
    tree = ast.parse(source)
    parts = [part for node in ast.walk(tree) for part in guarded_by(node)]
    guarded = {inner for part in parts for inner in ast.walk(part)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in guarded:
            names = [alias.name for alias in node.names]
            names.append(getattr(node, "module", "") or "")
            found |= {name.split(".")[0] for name in names} & POSIX_ONLY
    return found


def libraries(source: str) -> set[str]:
    return {base.split(".")[0] for base, _ in imported(source)} & LIBRARIES


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_modules_enter_only_where_they_may(module: str, path: Path) -> None:
    assert not complaints(module, text_of(path))


def test_arrows_point_down() -> None:
    below: set[str] = set()
    for floor in HOUSE:
        for room in floor:
            assert MAY_ENTER[room] <= below, room
        below |= set(floor)


def test_the_table_has_every_room_and_every_arrow_of_it_is_there() -> None:
    found: dict[str, set[str]] = {}
    for module, path in modules().items():
        rooms = {room_of(target) for target, _ in arrows(module, text_of(path))}
        found.setdefault(room_of(module), set()).update(rooms - {room_of(module)})
    assert found == MAY_ENTER


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Inside a room; between rooms arrows point down."""
    graph: dict[str, set[str]] = {}
    for module, path in modules().items():
        targets = {target for target, _ in arrows(module, text_of(path))}
        inside = {t for t in targets if room_of(t) == room_of(module) and t not in packages()}
        graph[module] = inside
    assert not circle(graph)


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b"}, "b": {"c"}, "c": set()})


@pytest.mark.parametrize("module", [name for name in modules() if name.endswith("__init__")])
def test_front_doors_name_what_is_there(module: str) -> None:
    package = module.removesuffix(".__init__")
    source = text_of(modules()[module])
    names = {name or target.rpartition(".")[2] for target, name in arrows(module, source)}
    if package not in {"w2v", "w2v.cli", "w2v.backends", "benchmarks"}:
        assert front_door(package) == names, package
        assert ast.get_docstring(ast.parse(source)), package


@pytest.mark.parametrize(
    ("module", "bad", "why"),
    [
        ("w2v.errors", "from w2v import config", "errors may not enter config"),
        ("w2v.config", "from w2v.files import PathLike", "config may not enter files"),
        ("w2v.files.outputs", "from w2v.text import Vocabulary", "files may not enter text"),
        ("w2v.text.corpus", "from w2v import backends", "text may not enter backends"),
        ("w2v.text.corpus", "def f():\n    from w2v.backends import Array", "may not enter"),
        ("w2v.text.vocabulary", "from w2v import Word2Vec", "text may not enter w2v"),
        ("w2v.text.vocabulary", "from w2v.text import Corpus", "its own room by the front door"),
        ("w2v.layers.softmax", "from w2v.training import HuffmanTree", "may not enter training"),
        (
            "w2v.layers.softmax",
            "if TYPE_CHECKING:\n    from w2v.training import HuffmanTree",
            "layers may not enter training",
        ),
        ("w2v.queries.items", "from w2v import Vectors", "queries may not enter w2v"),
        ("w2v.queries.items", "from w2v.vectors import Vectors", "may not enter vectors"),
        ("w2v.formats.reading", "from w2v.queries import unknown_words", "may not enter queries"),
        ("w2v.phrases.bigrams", "from w2v.vectors import Vectors", "may not enter vectors"),
        ("w2v.training.trainer", "from w2v.word2vec import Word2Vec", "may not enter word2vec"),
        ("w2v.training.trainer", "from ..cli import main", "training may not enter cli"),
        ("w2v.training.trainer", "from w2v.text.corpus import Corpus", "past the front door"),
        ("w2v.training.trainer", "from w2v import text\ntext.corpus.Corpus", "past the front door"),
        ("w2v.training.trainer", "import importlib\nimportlib.import_module(x)", "nobody sees"),
        ("w2v.training.trainer", "from backends.base import Array", "for w2v.backends"),
        ("w2v.training.trainer", "from w2v.text import decoding", "past the front door"),
        ("w2v.training.trainer", "from w2v.vectors import _read_only", "past the front door"),
        ("w2v.evaluation.scoring", "from w2v.cli import main", "may not enter cli"),
        ("w2v.pictures.plot", "from w2v.evaluation import Scores", "may not enter evaluation"),
        ("w2v.backends.numpy_backend", "from w2v.training import Trainer", "may not enter"),
        ("w2v.cli.console", "import benchmarks.harness", "cli may not enter benchmarks"),
        ("w2v.training.model", "from tests.corpora import topics", "may not enter tests"),
        ("benchmarks.peers", "from w2v.text.decoding import _decode", "past the front door"),
        ("benchmarks.peers", "from w2v.cli import main", "benchmarks may not enter cli"),
        (
            "benchmarks.scaling",
            "from w2v.training import throughput\nthroughput._train()",
            "past the front door of training",
        ),
    ],
)
def test_each_rule_can_fail(module: str, bad: str, why: str) -> None:
    (found,) = complaints(module, bad)
    assert why in found


def test_whole_rooms_are_not_imported() -> None:
    for bad in ("import w2v.text as t", "import w2v.text\nw2v.cli.main", "import w2v.training"):
        assert any("whole room" in found for found in complaints("w2v.training.trainer", bad))


def test_the_check_sees_every_form() -> None:
    source = "import numpy as np\ndef f():\n    from cupyx.scipy import special\n"
    assert set(imported(source)) == {("numpy", ""), ("cupyx.scipy", "special")}
    assert libraries(source) == {"numpy", "cupyx"}


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_what_only_posix_has_is_imported_with_a_guard(module: str, path: Path) -> None:
    if module.split(".", maxsplit=1)[0] != "benchmarks":
        assert not unguarded(text_of(path))


def test_what_a_guard_is() -> None:
    assert unguarded("import resource") == {"resource"}
    assert unguarded("def f():\n    from fcntl import flock") == {"fcntl"}
    assert unguarded("try:\n    import readline\nexcept OSError:\n    pass") == {"readline"}
    assert not unguarded("try:\n    import readline\nexcept ImportError:\n    pass")
    assert not unguarded("if sys.platform != 'win32':\n    import resource")
    assert not unguarded("if sys.platform == 'win32':\n    pass\nelse:\n    import fcntl")
    assert unguarded("if sys.platform == 'win32':\n    import resource") == {"resource"}
    assert unguarded("try:\n    import pwd\nexcept OSError:\n    raise ImportError") == {"pwd"}


LAYERS = sorted((ROOT / "w2v" / "layers").glob("*.py"))


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.name)
def test_layers_import_no_array_library(path: Path) -> None:
    assert not libraries(text_of(path))


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.name)
def test_layers_choose_no_backend(path: Path) -> None:
    """A lookup over several tables may be told a backend by name; all else is handed one."""
    taken = {name for base, name in imported(text_of(path)) if base == "w2v.backends"}
    allowed = {"Array", "Backend"} | ({"get_backend"} if path.name == "partitioned.py" else set())
    assert taken <= allowed


def test_libraries_stay_with_their_backends() -> None:
    users: dict[str, set[str]] = {}
    for module, path in modules().items():
        for library in libraries(text_of(path)):
            users.setdefault(library, set()).add(module)
    assert users["cupy"] == {"w2v.backends.cupy_backend"}
    assert "cupyx" not in users
    ours = {name for name in users["numba"] if name.startswith("w2v.")}
    assert all(name.startswith("w2v.backends.numba_") for name in ours)


def test_importing_the_layers_loads_no_cupy() -> None:
    code = "import sys, w2v.layers; print({'cupy', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
