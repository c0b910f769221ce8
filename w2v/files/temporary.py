"""Where files go that nobody keeps."""

from __future__ import annotations

import os


def temporary_folder() -> str | None:
    """The folder that TMPDIR names; None leaves the choice to the system.

    Python would pass over one that is missing, full or not to be written, and take another.
    """
    return os.environ.get("TMPDIR") or None
