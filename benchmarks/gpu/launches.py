"""What a training launches on a GPU, and launches with other numbers of threads."""

from __future__ import annotations

from typing import Any

from w2v import Backend


class Launches:
    """Watches the step's kernel of a backend while trainings begin within a `with` block.

    Parameters
    ----------
    backend : Backend          On a CPU nothing is watched.
    threads : int, optional    Of each block of threads of the step, in place of what it has.
    """

    def __init__(self, backend: Backend, threads: int | None = None) -> None:
        kernels: Any = getattr(backend, "kernels", None)
        self._kernels = kernels if hasattr(kernels, "resident") else None
        self._threads = threads
        self._step: tuple[str, int, int] | None = None  # kernel, threads, bytes of shared memory
        self._resident: int | None = None

    def __enter__(self) -> Launches:
        if self._kernels is not None:
            self._launch, self._asked = self._kernels.launch, self._kernels.resident
            self._kernels.launch, self._kernels.resident = self._launched, self._resident_of
        return self

    def __exit__(self, *_: object) -> None:
        if self._kernels is not None:
            del self._kernels.launch, self._kernels.resident  # those of its class again

    def facts(self) -> dict[str, Any]:
        """Kernel, threads, bytes of shared memory, blocks that are resident, and what its compiled
        code takes; empty where no kernel does the steps."""
        if self._kernels is None or self._step is None:
            return {}
        name, threads, shared = self._step
        found = {"kernel": name, "threads": threads, "shared_bytes": shared}
        return found | {"resident_blocks": self._resident, **compiled(self._kernels, name, shared)}

    def _resident_of(self, name: str, threads: int, shared: int, *rest: Any, **more: Any) -> int:
        threads = self._threads or threads
        self._step = name, threads, shared
        self._resident = int(self._asked(name, threads, shared, *rest, **more))
        return self._resident

    def _launched(self, name: str, blocks: int, threads: int, *rest: Any, **more: Any) -> None:
        if self._step is not None and name == self._step[0]:
            threads = self._threads or threads
        self._launch(name, blocks, threads, *rest, **more)


def compiled(kernels: Any, name: str, shared: int = 0) -> dict[str, Any]:
    """Registers of a thread, and bytes of local memory (spills) of one; None where unknown."""
    function = kernels.function(name, shared)
    names = {"registers": "num_regs", "local_bytes": "local_size_bytes"}
    return {ours: getattr(function, theirs, None) for ours, theirs in names.items()}
