"""The processor's name, family and model, on systems that say them in different ways."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from w2v.backends import lanes, processor

X86 = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
flags\t\t: fpu vme: odd

processor\t: 1
model\t\t: 99
"""
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (X86, "AMD EPYC (family 25, model 17)"),
        (ARM, "aarch64 (implementer 0x41, part 0xd0c)"),
        (None, "aarch64"),
    ],
)
def test_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, expected: str
) -> None:
    path = tmp_path / "cpuinfo"
    if said is not None:
        path.write_text(said, encoding="utf-8")
    monkeypatch.setattr("w2v.backends.processor_name._CPUINFO", path)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr(sys, "platform", "linux")
    assert processor() == expected


def test_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    done = subprocess.CompletedProcess([], 0, "Apple M2 Pro\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert processor() == "Apple M2 Pro"

    def none(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", none)
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert processor() == "arm"


def test_lanes_are_those_of_the_kernels() -> None:
    assert lanes() in (4, 8, 16)
