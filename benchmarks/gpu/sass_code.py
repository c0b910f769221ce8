"""Machine code of NVIDIA's devices as nvdisasm prints it, and where in the source it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_SECTION = re.compile(r"//-+ \.text\.(\w+)")
_PLACE = re.compile(r'"([^"]*)", line (\d+)')
_LABEL = re.compile(r"(\.?[\w$.]+):\s*$")
_CODE = re.compile(r"\s*/\*([0-9a-f]{4,})\*/\s+(?:@(!?)(U?P\w+)\s+)?([A-Z][\w.]*)\s*(.*?)\s*;")
_FUNCTION = re.compile(
    r"^[^\n#/]*?\b(?!if|for|while|switch)(operator\[\]|\w+)\([^;{}]*\)[ \w]*\{", re.MULTILINE
)
_LONG = 6  # lines, that a function has beyond its first
_COMMA = re.compile(r",\s*(?![^\[(]*[\])])")


class Instruction(NamedTuple):
    """One of a warp."""

    address: int
    guard: tuple[str, bool] | None
    """A predicate, and whether it must be false."""
    name: str
    operands: list[str]
    places: tuple[int, ...]
    """Lines of the source: where it stands, where that is inlined, and so on."""


@dataclass
class Function:
    """A kernel, with what it calls."""

    code: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    """Addresses."""


def read(text: str, source: str) -> dict[str, Function]:
    """Kernels by name, of `nvdisasm -c -gi`.

    Parameters
    ----------
    source : str    Name of the file whose lines are told; others are headers.
    """
    found: dict[str, Function] = {}
    here = Function()
    places: list[int] = []
    fresh = True  # no instruction since the last place
    pending: list[str] = []
    for line in text.splitlines():
        if match := _SECTION.match(line):
            here = found[match[1]] = Function()
            places = []
        elif "//## File" in line:
            if not fresh:
                places, fresh = [], True
            found_here = _PLACE.findall(line)
            places += [int(number) for file, number in found_here if Path(file).name == source]
        elif match := _CODE.match(line):
            fresh = False
            address = int(match[1], 16)
            here.labels |= dict.fromkeys(pending, address)
            pending = []
            guard = (match[3], bool(match[2])) if match[3] else None
            operands = [part.strip() for part in _COMMA.split(match[5]) if part.strip()]
            chain = tuple(dict.fromkeys(line for line in places if line))
            here.code.append(Instruction(address, guard, match[4], operands, chain))
        elif match := _LABEL.match(line.strip()):
            pending.append(match[1])
    return found


class Part(NamedTuple):
    """A function of the source."""

    name: str
    first: int
    last: int
    """Lines."""


def parts(source: str) -> list[Part]:
    """The functions of a source, in order."""
    found = []
    for match in _FUNCTION.finditer(source):
        depth, at = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(source[at], 0)
            at += 1
        lines = (source.count("\n", 0, place) + 1 for place in (match.start(1), at))
        found.append(Part(match[1], *lines))
    return found


def part_of(places: tuple[int, ...], known: list[Part], kernel: str) -> str:
    """The function that an instruction is counted for.

    The innermost of some length, since what is short is a part of what calls it; else the one that
    the kernel calls, or the kernel itself.
    """
    owners = [part for line in places for part in known if part.first <= line <= part.last]
    called = [part for part in owners if part.name != kernel]
    long = [part for part in called if part.last - part.first >= _LONG]
    return (long[:1] or called[-1:] or [Part(kernel, 0, 0)])[0].name
