"""Which processor this machine has, for people: figures mean little without it."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_SYSCTL = ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
_SOON_S = 5.0


def processor() -> str:
    """Name, family and model, as in `AMD EPYC (family 25, model 17)`.

    Two processors of one name may do twice as much as each other: family and model tell them apart.
    They are those of x86; of ARM the implementer and the part stand in their place.
    """
    if sys.platform == "darwin":
        return _said_by_macos() or platform.processor() or platform.machine()
    said = _said_by_linux()
    name = said.get("model name") or platform.processor() or platform.machine()
    wanted = {
        "family": "cpu family",
        "model": "model",
        "implementer": "CPU implementer",
        "part": "CPU part",
    }
    details = [f"{word} {said[key]}" for word, key in wanted.items() if key in said]
    return f"{name} ({', '.join(details)})" if details else name


def _said_by_linux() -> dict[str, str]:
    """What is said of the first processor; nothing on other systems."""
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = re.findall(r"^(.+?)[ \t]*:[ \t]*(.*)$", text.partition("\n\n")[0], re.MULTILINE)
    return dict(pairs)


def _said_by_macos() -> str:
    try:
        done = subprocess.run(_SYSCTL, capture_output=True, text=True, check=False, timeout=_SOON_S)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
