"""What a training launches on a GPU, and variants of it."""

from __future__ import annotations

from typing import Any

from w2v import Backend


class Launches:
    """Watches the step's kernel of a backend while trainings begin within a `with` block.

    Parameters
    ----------
    backend : Backend          On a CPU nothing is watched.
    threads : int, optional    Of each block of threads of the step, in place of what it has.
    in_bulk : bool             Rows come and go by the copying unit.
    """

    def __init__(
        self, backend: Backend, threads: int | None = None, *, in_bulk: bool = False
    ) -> None:
        kernels: Any = getattr(backend, "kernels", None)
        self._kernels = kernels if hasattr(kernels, "resident") else None
        self._threads, self._in_bulk = threads, in_bulk
        self._step: tuple[str, int, int] | None = None  # kernel, threads, bytes of shared memory
        self._resident: int | None = None
        self._compiled: dict[str, Any] = {}

    def __enter__(self) -> Launches:
        if self._kernels is not None:
            self._launch, self._asked = self._kernels.launch, self._kernels.resident
            self._kernels.launch, self._kernels.resident = self._launched, self._resident_of
            self._function, self._kernels.function = self._kernels.function, self._asked_for
            self._before, self._kernels.in_bulk = self._kernels.in_bulk, self._in_bulk
        return self

    def __exit__(self, *_: object) -> None:
        if self._kernels is not None:
            self._kernels.launch, self._kernels.resident = self._launch, self._asked
            self._kernels.function = self._function
            self._kernels.in_bulk = self._before

    def facts(self) -> dict[str, Any]:
        """Kernel, threads, bytes of shared memory, blocks that are resident, and what its compiled
        code takes; empty where no kernel does the steps."""
        if self._kernels is None or self._step is None:
            return {}
        name, threads, shared = self._step
        found: dict[str, Any] = {"kernel": name, "threads": threads, "shared_bytes": shared}
        found |= {"resident_blocks": self._resident, "in_bulk": self._in_bulk}
        names = {"registers": "num_regs", "local_bytes": "local_size_bytes"}
        function = self._compiled.get(name)
        return found | {ours: getattr(function, theirs, None) for ours, theirs in names.items()}

    def _asked_for(self, name: str, *rest: Any, **more: Any) -> Any:
        self._compiled[name] = self._function(name, *rest, **more)
        return self._compiled[name]

    def _resident_of(self, name: str, threads: int, shared: int, *rest: Any, **more: Any) -> int:
        threads = self._threads or threads
        self._step = name, threads, shared
        self._resident = int(self._asked(name, threads, shared, *rest, **more))
        return self._resident

    def _launched(self, name: str, blocks: int, threads: int, *rest: Any, **more: Any) -> None:
        if self._step is not None and name == self._step[0]:
            threads = self._threads or threads
        self._launch(name, blocks, threads, *rest, **more)
