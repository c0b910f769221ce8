"""Numba without the BLAS of SciPy, which it loads to see whether there is one.

No kernel here calls it. Loading takes a third of the start of a training, threads, and 120 MB of
addresses; where these are limited it waits for ever, deaf to any signal.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def do_not_load() -> None:
    """Let Numba take SciPy's BLAS for there if SciPy is; it is loaded where code calls it."""
    if "numba.np.arraymath" in sys.modules:  # it asks once, while it is imported
        return
    from numba.np import linalg

    load = getattr(linalg, "ensure_blas", None)
    if load is None:  # a Numba that goes about it in another way
        return
    linalg.ensure_blas = _look
    try:
        from numba.np import arraymath  # noqa: F401
    finally:
        linalg.ensure_blas = load


def _look() -> None:
    if find_spec("scipy") is None:
        raise ImportError("SciPy is not installed.")
