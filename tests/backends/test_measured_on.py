"""What figures are stated with: which processor, and how busy others kept it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from w2v.backends import Others, lanes, others, processor

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


def test_what_others_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(others, "_STAT", stat)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sysconf", lambda _: 100, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2}, raising=False)
    own = iter([1.0, 2.0, 5.0, 5.0, 5.0, 5.0])
    monkeypatch.setattr(others, "_own_seconds", lambda: next(own))
    stat.write_text("cpu  9 9\ncpu0 100 0 0 800 0 0 0 0 50\ncpu2 0 0 0 900 0 0 0 0\nintr 5\n")
    found = Others()
    # two CPUs for five seconds: busy for 5 (user, system, stolen), of them 1 our own
    stat.write_text("cpu0 300 0 0 1000 100 0 0 0\ncpu1 500 0 0 0\ncpu2 100 0 50 1100 0 0 0 150\n")
    assert found.share() == pytest.approx(4 / 10)
    assert found.share() == pytest.approx(1 / 10)  # three more of the five were ours
    stat.unlink()
    assert found.share() is None
    assert Others().share() is None
