"""One worker of a cluster, as the driver sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from w2v.training import Shard

SILENT_S = 20.0
"""A worker that answers no call for so long is lost."""


@dataclass(eq=False)
class Member:
    """An actor, what it was asked, and what it has answered."""

    actor: Any
    about: dict[str, Any] | None = None
    known: Any = None
    """Ref of `about`, and below of `begin` and of the shard under way."""
    ready: Any = None
    work: Any = None
    shard: Shard | None = None
    since: float = 0.0
    """`time.monotonic` when that was handed out."""
    useless: bool = False
    """Somebody else has trained that shard."""
    asked: Any = None
    """Ref of a call for how far it is, and below when it was made."""
    asked_at: float = 0.0
    done: float = 0.0
    can_train: bool = False

    @property
    def is_idle(self) -> bool:
        return self.can_train and self.work is None

    @property
    def is_silent(self) -> bool:
        """It has not answered for so long that it must be lost."""
        waits = self.about is not None and self.asked is not None
        return waits and time.monotonic() - self.asked_at > SILENT_S

    def end(self, here: str | None = None) -> None:
        """End its process.

        Parameters
        ----------
        here : str, optional    The node of this process. A process there is ended by the system,
                                for one that does not answer cannot be asked to end.
        """
        import ray

        with contextlib.suppress(Exception):
            ray.kill(self.actor, no_restart=True)
        if here and self.about and self.about["node"] == here:
            with contextlib.suppress(OSError):
                os.kill(self.about["process"], getattr(signal, "SIGKILL", signal.SIGTERM))
