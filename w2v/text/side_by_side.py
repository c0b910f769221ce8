"""Work on a text on all cores: how many threads, and how far they may be ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from w2v.backends import usable_threads
from w2v.threads import in_order

_MOST_THREADS = 16  # more are not fed by the one that reads, merges and writes

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def side_by_side(
    function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> Iterator[tuple[_Item, _Result]]:
    """Items and what the function gives for them, in order; see `w2v.threads.in_order`.

    Up to twice as many are ahead as there are threads, so that these have work while the one that
    calls merges what they gave.
    """
    threads = min(usable_threads(), _MOST_THREADS)
    return in_order(function, items, threads, 2 * threads)
