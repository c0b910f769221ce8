"""What `cluster` may say: a cluster that is started here, or one that runs somewhere."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import NamedTuple

from w2v.errors import ConfigError

_LOCAL = re.compile(r"local:(\d{1,4})")
_CLIENT = re.compile(r"ray://[^/\s:]+:\d{1,5}")


class Address(NamedTuple):
    """Where the workers are."""

    workers: int | None
    """Of a cluster that is started here; None for one that runs."""
    ray: str
    """What Ray is told."""

    @classmethod
    def parsed(cls, text: str) -> Address:
        """Of ``local:4``, ``auto`` or ``ray://host:10001``.

        Raises
        ------
        ConfigError
        """
        if isinstance(text, str):
            if (match := _LOCAL.fullmatch(text)) and int(match[1]):
                return cls(int(match[1]), "local")
            if text == "auto" or _CLIENT.fullmatch(text):
                return cls(None, text)
        raise ConfigError(
            "`cluster` must be local:N (N workers on this machine), auto (the Ray that runs here, "
            f"or that RAY_ADDRESS names), ray://HOST:PORT or none; got {text!r:.60}."
        )


def check_cluster(text: str) -> None:
    """Refuse what is no cluster, or where Ray is not installed.

    Raises
    ------
    ConfigError
    """
    Address.parsed(text)
    if find_spec("ray") is None:
        raise ConfigError(
            "`cluster` needs Ray, which is not installed here. Get it with "
            "pip install 'w2v[cluster]', or leave `cluster` out."
        )
