"""Wheel and source archive: each module once, nothing missing, nothing at the top but `w2v`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import w2v

ROOT = Path(__file__).parents[1]
FOLDERS = ("backends", "benchmarks", "docs", "tests", "w2v")
FILES = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md"}
FILES |= {"pyproject.toml", "setup.py"}


def run(code: str, folder: Path, *flags: str) -> str:
    """What a fresh Python, standing in `folder`, prints."""
    command = [sys.executable, *flags, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def build(kind: str, source: Path, tools: Path, target: Path) -> Path:
    """Build an archive with `tools` alone: without site-packages, so also without NumPy."""
    code = (
        f"import sys; sys.path.insert(0, {str(tools)!r}); from setuptools import build_meta; "
        f"print(build_meta.build_{kind}({str(target)!r}))"
    )
    return target / run(code, source, "-I", "-S").splitlines()[-1]


def files_below(root: Path) -> set[str]:
    """Files of the project's folders, relative to `root`; links are not followed."""
    return {
        Path(folder, file).relative_to(root).as_posix()
        for top in FOLDERS
        for folder, _, files in os.walk(root / top)
        for file in files
    }


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'^requires = \["(.+)"\]$', project, re.MULTILINE)
    assert len(wanted) == 1
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run(
        [*command, "--target", str(folder), *wanted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"{wanted[0]} cannot be had to build the wheel")
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build in: what an earlier build left behind must not get into this one."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    copy = tmp_path_factory.mktemp("checkout") / "w2v"
    return shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)


@pytest.fixture(scope="module")
def linkless(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git makes where it may make no links: a text file that says where the link leads."""
    copy = shutil.copytree(checkout, tmp_path_factory.mktemp("linkless") / "w2v", symlinks=True)
    link = copy / "w2v" / "backends"
    to = os.readlink(link)
    link.unlink()
    link.write_text(to, encoding="utf-8")
    return copy


def unpack(source: Path, tools: Path, target: Path) -> Path:
    """Make a source archive and unpack it."""
    with tarfile.open(build("sdist", source, tools, target)) as archive:
        archive.extractall(target, filter="data")
    return target / f"w2v-{w2v.__version__}"


@pytest.fixture(scope="module")
def unpacked(tools: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, unpacked."""
    return unpack(checkout, tools, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked_linkless(
    tools: Path, linkless: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return unpack(linkless, tools, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module", params=["checkout", "unpacked", "linkless", "unpacked_linkless"])
def wheel(
    request: pytest.FixtureRequest, tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    source: Path = request.getfixturevalue(request.param)
    return build("wheel", source, tools, tmp_path_factory.mktemp("wheel"))


def test_the_source_archive_holds_what_the_repository_does(checkout: Path, unpacked: Path) -> None:
    shim = {f"w2v/backends/{path.name}" for path in (ROOT / "backends").glob("*.*")}
    assert files_below(unpacked) == files_below(checkout) | shim
    assert {path.name for path in unpacked.iterdir()} >= FILES


def test_the_source_archive_runs_uninstalled(unpacked: Path) -> None:
    code = "import w2v; print(w2v.__file__, w2v.get_backend('numpy').name)"
    assert run(code, unpacked) == f"{unpacked}/w2v/__init__.py numpy\n"


def test_a_checkout_without_links_says_what_to_do(linkless: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(linkless)!r})\n"
        "try: import w2v; w2v.Word2Vec\nexcept ImportError as error: print(error)"
    )
    assert run(code, linkless, "-I", "-S") == (
        "w2v/backends should be a symbolic link to ../backends, and this checkout has none. "
        "Install w2v with `pip install -e .`, which needs no links, or get the link with "
        "`git config core.symlinks true` and `git checkout -- w2v/backends`.\n"
    )


def test_contents(wheel: Path, checkout: Path) -> None:
    assert wheel.name == f"w2v-{w2v.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    info = f"w2v-{w2v.__version__}.dist-info/"
    expected = {
        name if name.startswith("w2v/") else f"w2v/{name}"
        for name in files_below(checkout)
        if name.startswith(("w2v/", "backends/"))
    }
    assert {name for name in names if not name.startswith(info)} == expected
    assert f"{info}licenses/LICENSE" in names


def test_every_link_of_the_description_is_absolute(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"w2v-{w2v.__version__}.dist-info/METADATA").decode()
    about, _, description = metadata.partition("\n\n")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (source,) = re.findall(r'^Source = "(.+)"$', project, re.MULTILINE)
    assert f"Project-URL: Source, {source}" in about
    assert "Description-Content-Type: text/markdown" in about
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", description)
    assert len(links) == len(re.findall(r"\]\([^)]+\)", (ROOT / "README.md").read_text("utf-8")))
    for picture, link in links:
        assert re.match("https?:", link)
        if link.startswith(source):
            below = f"{source}/{'raw' if picture else 'blob'}/HEAD/"
            assert link.startswith(below)
            assert (ROOT / link.removeprefix(below).partition("#")[0]).is_file()


def test_runs_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "backends").mkdir()  # a folder of that name must not get in the way
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import w2v, w2v.backends; "
        "print(w2v.__file__, w2v.backends.get_backend('numpy').name)"
    )
    assert run(code, tmp_path) == f"{site}/w2v/__init__.py numpy\n"
