"""Where files go that nobody keeps."""

from __future__ import annotations

import os
import tempfile


def temporary_folder() -> str:
    """The folder that TMPDIR names, and without it the system's.

    Python would pass over one that is missing, full or not to be written, and take another.
    """
    return os.environ.get("TMPDIR") or tempfile.gettempdir()
