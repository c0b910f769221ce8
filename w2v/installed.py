"""Libraries that are not on every machine."""

from __future__ import annotations

from importlib.util import find_spec


def is_installed(library: str) -> bool:
    """Whether it can be found; it is not imported to find out."""
    try:
        return find_spec(library) is not None
    except ValueError:  # it has been taken away from what is imported
        return False


def check_installed(library: str, what: str, error: type[Exception]) -> None:
    """Raise `error` where `what` needs a library that is not installed."""
    if not is_installed(library):
        raise error(f"{what} needs {library}, which is not installed. Run pip install {library}.")
