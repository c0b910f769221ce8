"""Nothing in w2v changes a disk but by `w2v/files/disk.py`: found in the source of each module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "w2v"
LAYER = "files/disk.py"

WRITING_CALLS = {
    "os": "open write writev pwrite pwritev sendfile copy_file_range splice fdopen replace rename "
    "renames remove unlink mkdir makedirs mkfifo mknod rmdir removedirs truncate ftruncate "
    "posix_fallocate fsync fdatasync sync link symlink chmod fchmod lchmod chown fchown lchown "
    "utime setxattr removexattr",
    "shutil": "copy copy2 copyfile copymode copystat copytree move rmtree make_archive "
    "unpack_archive chown",
    "tempfile": "TemporaryFile NamedTemporaryFile SpooledTemporaryFile TemporaryDirectory mkstemp "
    "mkdtemp mktemp",
    "np": "save savez savez_compressed savetxt memmap",
    "io": "FileIO open open_code",
    "zipfile": "PyZipFile",
}
WRITING_NAMES = {
    *(
        "write_text",
        "write_bytes",
        "touch",
        "mkdir",
        "rmdir",
        "unlink",
        "symlink_to",
        "hardlink_to",
    ),
    *("rename", "chmod", "tofile", "open_memmap", "write_history_file", "OSFile", "FileHandler"),
}
"""Methods of paths, arrays and libraries, by any object."""

ALLOWED = {
    # where it stands, what it is: why it may
    ("cli/shell_command.py", "mkdir"): "the folder of readline's history",
    ("cli/shell_command.py", "write_history_file"): "readline writes it, by a draft of its own",
    ("__main__.py", "os.write"): "a word to standard error",
    ("__main__.py", "os.open"): "the null device, for a standard stream that is closed",
    ("formats/arrays.py", "np.memmap"): "reads",
    ("text/python_prose.py", "open"): "tokenize.open reads",
    ("formats/archive.py", "open"): "a member of an archive that is open already",
}
READING_MODES = {"r", "rb", "rt"}


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def mode_of(node: ast.Call, place: int) -> str:
    """The mode a file is opened with; one that is not written out could be any."""
    given = [k.value for k in node.keywords if k.arg == "mode"] + node.args[place : place + 1]
    if not given:
        return "r"
    return str(given[0].value) if isinstance(given[0], ast.Constant) else "any"


def past_the_layer(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each call, or mention, of what may change a disk."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if called(node) in ("open", "io.open") and mode_of(node, 1) not in READING_MODES:
                yield node.lineno, "open"
            if isinstance(node.func, ast.Attribute) and node.func.attr == "open":
                own = called(node) not in ("os.open", "io.open", "webbrowser.open")
                if own and {"w", "a", "x", "+"} & set(mode_of(node, 0)):
                    yield node.lineno, "open"
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            library, _, member = name.partition(".")
            if member in WRITING_CALLS.get(library, "").split():
                yield node.lineno, name
            elif node.attr in WRITING_NAMES and library != "files":
                yield node.lineno, node.attr
        if isinstance(node, ast.ImportFrom):
            members = WRITING_CALLS.get(node.module or "", "").split()
            for alias in node.names:
                if alias.name in members:
                    yield node.lineno, f"{node.module}.{alias.name}"


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def found_in(module: str) -> set[str]:
    return {name for _, name in past_the_layer((PACKAGE / module).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("module", [name for name in modules() if name != LAYER])
def test_a_module_changes_the_disk_by_the_layer_only(module: str) -> None:
    unexpected = {name for name in found_in(module) if (module, name) not in ALLOWED}
    assert not unexpected


def test_what_is_allowed_is_there() -> None:
    for module, name in ALLOWED:
        assert name in found_in(module), (module, name)


@pytest.mark.parametrize(
    "source",
    [
        "open(path, 'w')",
        "open(path, mode='r+b')",
        "open(path, how)",
        "Path(path).open('ab')",
        "path.write_bytes(b'')",
        "os.replace(a, b)",
        "call(os.unlink, a)",
        "from os import unlink",
        "shutil.rmtree(a)",
        "np.save(path, a)",
        "array.tofile(path)",
        "tempfile.mkdtemp()",
        "Path(a).unlink()",
    ],
)
def test_each_way_past_the_layer_is_seen(source: str) -> None:
    assert list(past_the_layer(source))


def test_reading_is_no_way_past_the_layer() -> None:
    source = "open(a); open(a, 'rb'); open(a, encoding='utf-8'); path.open(); path.open('rb')"
    assert not list(past_the_layer(source))
    assert not list(past_the_layer("handle.write(data); text.replace('a', 'b'); list.remove(1)"))


def test_the_layer_makes_its_calls_one_by_one() -> None:
    """What it calls that changes the disk is handed to `call`, where a test can make it fail."""
    tree = ast.parse((PACKAGE / LAYER).read_text(encoding="utf-8"))
    handed = {
        ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "call"
    }
    direct = {called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    changing = {f"os.{name}" for name in WRITING_CALLS["os"].split()}
    assert {"os.open", "os.write", "os.fsync", "os.replace", "os.unlink"} <= handed
    assert direct & changing == {"os.open", "os.write"}  # to lock or sync what is there; to ask
