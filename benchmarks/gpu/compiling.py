"""The kernels as machine code, by nvcc and nvdisasm, which need no GPU."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from benchmarks.gpu.setting import ROOT, Row

SOURCE = ROOT / "backends" / "cupy_kernels.cu"
OPTIONS = ("-std=c++17", "--use_fast_math", "-lineinfo")
"""Those that CuPy's compiler is given, and one that changes no code."""
_USED = re.compile(
    r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
    r"(\d+) bytes spill loads.*?Used (\d+) registers(?:[^\n]*?(\d+) bytes smem)?",
    re.DOTALL,
)


def programs() -> tuple[str, str]:
    """nvcc and nvdisasm, of this machine or of wheels.

    Raises
    ------
    SystemExit
        Which one is missing, and how to get it.
    """
    spec = find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or ()]
    found = []
    for name in ("nvcc", "nvdisasm"):
        wheels = [str(path) for folder in folders for path in folder.glob(f"*/bin/{name}")]
        if not (path := shutil.which(name) or next(iter(wheels), None)):
            raise SystemExit(f"There is no {name} here: pip install nvidia-cuda-{name}")
        found.append(path)
    return found[0], found[1]


def compiled(
    nvcc: str, nvdisasm: str, arch: str, folder: Path, *, in_bulk: bool = False
) -> tuple[str, str]:
    """What ptxas says of the kernels, and their machine code with lines of the source."""
    target = folder / f"{arch}.cubin"
    options = [*OPTIONS, f"-DROWS_IN_BULK={in_bulk:d}", "-Xptxas", "-v", "-o", str(target)]
    command = [nvcc, f"-arch={arch}", "-cubin", *options]
    said = _printed([*command, str(SOURCE)])
    return said, _printed([nvdisasm, "-c", "-gi", str(target)])


def _printed(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout + done.stderr


def used(said: str) -> dict[str, Row]:
    """Registers, stack, spills and static shared memory of each kernel, from what ptxas says."""
    found: dict[str, Row] = {}
    for name, stack, stores, loads, registers, shared in _USED.findall(said):
        spilled = int(stores) + int(loads)
        found[name] = {"registers": int(registers), "stack_bytes": int(stack)}
        found[name] |= {"spill_bytes": spilled, "static_shared_bytes": int(shared or 0)}
    return found
