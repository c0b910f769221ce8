"""`RawModule` of the stand-in: CUDA source, compiled by g++ and run on the CPU.

`turns` says how the threads of a launch take turns: from barrier to barrier, which is quick, or,
with a seed, as `turns.cpp` draws them at each access to memory that threads share. Then a race is
an error; see `races.cpp`.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache, partial
from types import SimpleNamespace

import numpy as _np

turns = SimpleNamespace(seed=None, may_race=(), launches=0, rounds=0, rows_in_bulk=0)
"""The seed of unfair turns, or None; parameters of kernels whose reads may race with atomics;
unfair launches so far; what the last fair one took, in times from barrier to barrier; and how many
rows the last launch had moved in bulk."""


class _Stream:
    """What is handed to the device and what is done: here at once, but nobody knows before waiting.

    So a copy that nobody waits for is in its memory when something else is waited for.
    """

    def __init__(self):
        self.handed = self.done = 0
        self._copies = []

    def hand(self, copy=None):
        """Another launch, or copy: a function that does it."""
        self.handed += 1
        if copy is not None:
            self._copies.append((self.handed, copy))

    def wait(self, until=None):
        """For all that was handed over, or the first `until` of it."""
        self.done = max(self.done, self.handed if until is None else until)
        for number, copy in self._copies:
            if number <= self.done:
                copy()
        self._copies = [each for each in self._copies if each[0] > self.done]


stream = _Stream()
_HERE = os.path.dirname(os.path.abspath(__file__))
_KERNEL = re.compile(r'extern "C" void (\w+)\(([^)]*)\) *{')
_TYPES = {
    "float": "float32", "double": "float64", "int": "int32", "unsigned int": "uint32",
    "unsigned char": "uint8", "short": "int16", "long long": "int64",
    "unsigned long long": "uint64",
}  # fmt: skip
_NAMES = {"u32": "unsigned int", "u64": "unsigned long long"}
_MOST_THREADS = 8  # of a block: kernels must do with any number, and turns take time
_COMPILE = ["g++", "-std=c++17", "-w", "-fPIC", "-U_FORTIFY_SOURCE", "-I", _HERE]
_DEVICE = ["-DWARP=4", "-DFOUR_AT_ONCE=1"]  # few threads stand for many; as the newest have
_UNFAIR = ["-O1", "-g", "-fsanitize=thread", "--param", "tsan-instrument-func-entry-exit=0"]


@cache
def _folder():
    folder = tempfile.mkdtemp(prefix="cuda-on-cpu-")
    atexit.register(shutil.rmtree, folder, True)
    return folder


def _compiled(source, *ways):
    """The object file of a source."""
    place = os.path.join(_folder(), os.path.basename(source) + ".o")
    subprocess.run([*_COMPILE, *ways, "-c", source, "-o", place], check=True)
    return place


@cache
def _runtime():
    names = ("turns.cpp", "races.cpp", "bulk.cpp")
    return [_compiled(os.path.join(_HERE, name), "-O2") for name in names]


def _said(options):
    """What of CUDA's options is for g++, too. A device that may copy in bulk does."""
    words = [option for option in options if option.startswith("-D")]
    return [*words, f"-DIN_BULK={int('-DROWS_IN_BULK=1' in words)}"]


@cache
def _kernels(code):
    """The source for g++, and the parameters of each kernel."""
    shared = "extern __shared__ __align__(16) float memory[];"
    code = code.replace(shared, "float* memory = cuda_on_cpu::shared_memory();")
    plain = subprocess.run(
        ["g++", "-E", "-P", "-x", "c++", "-D__global__=", "-D__device__=", "-"],
        input=code, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    kernels, launchers = {}, ""
    for name, text in _KERNEL.findall(plain):
        parameters = [re.sub(r"\s+", " ", part).strip() for part in text.split(",")]
        kernels[name] = [_parameter(part) for part in parameters]
        called = ", ".join(parameter.name for parameter in kernels[name])
        sizes = "unsigned _grid, unsigned _block, unsigned _bytes"
        launchers += (
            f'extern "C" void launch_{name}({sizes}, {text})'
            f"{{ cuda_on_cpu::launch(_grid, _block, _bytes, [=] {{ {name}({called}); }}); }}\n"
        )
    return f'#include "cuda_on_cpu.h"\n#line 1 "kernels.cu"\n{code}\n{launchers}', kernels


@cache
def _library(code, options, unfair):
    """Compiled once for all processes, which are many: it takes seconds."""
    ways = [*_DEVICE, *_said(options), *(_UNFAIR if unfair else ["-O2"])]
    made_of = [code, *_COMPILE, *ways, sys.version]
    for name in sorted(os.listdir(_HERE)):
        if name.endswith((".h", ".cpp", "kernels.py")):
            with open(os.path.join(_HERE, name), encoding="utf-8") as file:
                made_of.append(file.read())
    name = hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:16]
    library = os.path.join(_kept(), f"{name}.so")
    if not os.path.exists(library):
        source, linked = os.path.join(_folder(), f"{name}.cpp"), f"{library}.{os.getpid()}"
        with open(source, "w", encoding="utf-8") as file:
            file.write(_kernels(code)[0])
        # without libtsan: what g++ would have it do is in races.cpp
        objects = [_compiled(source, *ways), *_runtime()]
        subprocess.run(["g++", "-shared", *objects, "-o", linked, "-ldl"], check=True)
        os.replace(linked, library)
    return ctypes.CDLL(library)


@cache
def _kept():
    """Where libraries stay; a folder of this process, where that cannot be written."""
    folder = os.path.join(_HERE, "..", "..", "build", "standin")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return _folder()
    return folder if os.access(folder, os.W_OK) else _folder()


def _parameter(text):
    """Its name, whether it is a pointer, and the dtype behind it."""
    name = re.search(r"(\w+)$", text)[1]
    words = re.sub(r"\w+$", "", text.replace("const ", "")).replace("*", " * ").split()
    kind = " ".join(word for word in words if word != "*")
    dtype = _np.dtype(_TYPES[_NAMES.get(kind, kind)])
    return SimpleNamespace(name=name, pointer="*" in words, dtype=dtype)


def _lines(library, race):
    """Addresses of code as functions and lines, where there is addr2line."""

    def line(found):
        if shutil.which("addr2line") is None:
            return found[0]
        asked = ["addr2line", "-sfCie", library._name, hex(int(found[1]))]
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        return " < ".join(told.split("\n")[1:-1:2])

    return re.sub(r"@(\d+)", line, race)


class RawModule:
    def __init__(self, *, code, options=(), backend="nvrtc", name_expressions=None):
        self._code, self._options = code, options
        self._made: dict = {}

    def get_function(self, name):
        """As in CUDA there is one of a name, and what is set on it holds for all who have it."""
        return self._made.setdefault(
            name, _RawKernel(self._code, self._options, name, _kernels(self._code)[1][name])
        )


class _RawKernel:
    def __init__(self, code, options, name, parameters):
        self._code, self._options = code, options
        self._name, self._parameters = name, parameters
        self.max_dynamic_shared_size_bytes = 48 * 1024
        self.preferred_shared_memory_carveout = -1
        self.kernel = SimpleNamespace(ptr=0)

    def __call__(self, grid, block, args, *, shared_mem=0):
        if len(args) != len(self._parameters):
            raise TypeError(f"strict cupy: {len(args)} arguments for {len(self._parameters)}")
        if shared_mem > self.max_dynamic_shared_size_bytes:
            raise ValueError("strict cupy: more shared memory than the kernel may use")
        threads = min(block[0], _MOST_THREADS)
        sizes = [ctypes.c_uint(n) for n in (grid[0], threads, shared_mem)]
        arguments = [self._argument(number, value) for number, value in enumerate(args)]
        library = _library(self._code, tuple(self._options), turns.seed is not None)
        launch = getattr(library, f"launch_{self._name}")
        stream.hand()
        library.forget_bulk()
        if turns.seed is None:
            launch(*sizes, *arguments)
            turns.rounds = library.rounds_taken()
        else:
            self._launch_unfairly(library, partial(launch, *sizes, *arguments), args)
        turns.rows_in_bulk = library.rows_in_bulk()
        library.bulk_fault.restype = ctypes.c_char_p
        if fault := library.bulk_fault().decode():
            raise RuntimeError(f"strict cupy: {self._name} has {fault}")

    def _launch_unfairly(self, library, launch, args):
        library.be_unfair(ctypes.c_ulonglong(turns.seed + 1000003 * turns.launches))
        turns.launches += 1
        library.forget_arrays()
        for parameter, value in zip(self._parameters, args, strict=True):
            if parameter.pointer:
                may_race = parameter.name in turns.may_race
                where = ctypes.c_void_p(value._a.ctypes.data), ctypes.c_size_t(value._a.nbytes)
                grain = ctypes.c_size_t(value._a.itemsize)
                library.add_array(parameter.name.encode(), *where, grain, ctypes.c_int(may_race))
        launch()
        library.race.restype = ctypes.c_char_p
        if race := library.race().decode():
            raise RuntimeError(f"strict cupy: {self._name} has {_lines(library, race)}")

    def _argument(self, number, value):
        parameter = self._parameters[number]
        kind = parameter.dtype
        if hasattr(value, "_a") != parameter.pointer or value.dtype != kind:
            raise TypeError(f"strict cupy: argument {number} must be {kind}, got {value!r:.80}")
        if not parameter.pointer:
            return _np.ctypeslib.as_ctypes_type(kind)(value.item())
        if not value._a.flags.c_contiguous:
            raise TypeError(f"strict cupy: argument {number} is not contiguous")
        return ctypes.c_void_p(value._a.ctypes.data)
