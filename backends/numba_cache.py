"""Where Numba keeps compiled kernels, made forgiving: the state of a disk ends no training."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from w2v.backends import machine
from w2v.errors import BackendError

_COMPILING = 160 << 20
unkept: list[OSError] = []
"""Why kernels of this process could not be kept on disk."""

_tell: list[Callable[[], None]] = []


@contextmanager
def misses(tell: Callable[[], None]) -> Iterator[None]:
    """Meanwhile `tell` is called once, before the first kernel that has to be compiled."""
    _tell.append(tell)
    try:
        yield
    finally:
        _tell.clear()


def kept_on_disk(kernel: Any, *sources: str) -> Any:
    """A kernel (a dispatcher of Numba) that is kept on disk, where there is a place to keep it.

    Parameters
    ----------
    sources : str    Paths of files that the kernel is also made of. Numba looks for changes in the
                     file with the kernel alone, and would go on using what was made of older ones.
    """
    function = kernel.py_func
    name = function.__qualname__
    stamp = 0
    for source in sources:
        stamp = zlib.crc32(Path(source).read_bytes(), stamp)
    try:
        function.__qualname__ = f"{name}-{stamp:08x}"  # names the files
        kernel.enable_caching()
    except RuntimeError:
        pass  # no folder can be written: not the package's, not the user's
    finally:
        function.__qualname__ = name
    kernel._cache = _Forgiving(kernel._cache)
    return kernel


def _check_room() -> None:
    """Refuse to compile where LLVM would end the process for want of memory.

    Raises
    ------
    BackendError
    """
    left = machine.memory_left()
    if left is not None and left.memory + left.swap < _COMPILING:
        raise BackendError(
            f"Compiling takes some {_COMPILING >> 20} MiB of memory, and {left.limit} leaves "
            f"{left.memory + left.swap >> 20} MiB. Give it more, or take backend 'numpy'.",
            "out of memory",
        )


class _Forgiving:
    """A cache of Numba, without its errors."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *arguments: Any) -> Any:
        """What was kept; None also where a file was cut short or may not be read."""
        found = None
        try:
            found = self._cache.load_overload(*arguments)
        except Exception:  # whatever meaningless bytes may raise
            with suppress(OSError):
                self._cache.flush()  # forgets what is there, so that it can be kept anew
        if found is None:
            _check_room()
            if _tell:
                _tell.pop()()
        return found

    def save_overload(self, *arguments: Any) -> None:
        """Keep it, unless the disk is full or the like."""
        try:
            self._cache.save_overload(*arguments)
        except OSError as error:
            unkept.append(error)
