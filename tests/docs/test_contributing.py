"""CONTRIBUTING shows the house as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FLOORS = re.findall(r"^    (\d+) {2,3}(.+)$", PAGE, re.MULTILINE)
PATHS = [name for name in re.findall(r"`([\w./*]+)`", PAGE) if "/" in name and "NAME" not in name]


def exists(name: str) -> bool:
    """From the root, or from `w2v/`."""
    return any(any(folder.glob(name.rstrip("/"))) for folder in (ROOT, ROOT / "w2v"))


@pytest.mark.parametrize("name", PATHS)
def test_files_that_are_named_exist(name: str) -> None:
    assert exists(name), name


def test_a_missing_file_is_noticed() -> None:
    assert not exists("w2v/nowhere.py")


def test_floors_are_those_of_the_table() -> None:
    source = (ROOT / "tests" / "backends" / "test_imports.py").read_text(encoding="utf-8")
    table = re.findall(r"^    \{\n(.*?)^    \},?$", source, re.MULTILINE | re.DOTALL)
    assert len(FLOORS) == len(table) == 11
    for number, line in FLOORS:
        rooms = re.findall(r'^        "(\w+)":', table[int(number) - 1], re.MULTILINE)
        assert rooms == line.split()[: len(rooms)], number


STATIONS = re.findall(r"^    \w+ +([\w/]+): (\w+)  ", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("module", "name"), STATIONS)
def test_stations_of_the_flow_are_there(module: str, name: str) -> None:
    source = (ROOT / "w2v" / f"{module}.py").read_text(encoding="utf-8")
    assert re.search(rf"^(?:class|def) {name}\b", source, re.MULTILINE)


def test_all_stations_are_seen() -> None:
    assert len(STATIONS) == 8
