"""What a worker says of itself before it trains, and whether it may."""

from __future__ import annotations

import os
import platform
import socket
from importlib.metadata import version
from typing import Any

_SAME = {"w2v": "w2v", "numba": "Numba", "numpy": "NumPy"}
"""Of which workers must have the version of the driver: others may end in other bytes."""


def about() -> dict[str, Any]:
    """Of this process, which has joined a cluster."""
    import ray

    return {
        **{name: version(name) for name in _SAME},
        "host": socket.gethostname(),
        "node": ray.get_runtime_context().get_node_id(),
        "process": os.getpid(),
        "python": platform.python_version(),
    }


def difference(theirs: dict[str, Any], ours: dict[str, Any]) -> str | None:
    """Why a worker may not train, for people; None if it may."""
    for name, shown in _SAME.items():
        if theirs[name] != ours[name]:
            return (
                f"The worker on {theirs['host']} has {shown} {theirs[name]}, and this process has "
                f"{ours[name]}. Install the same everywhere."
            )
    return None
