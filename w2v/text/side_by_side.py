"""Work on a text on all cores: how many threads, and how far they may be ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from w2v.cpus import usable_threads
from w2v.threads import in_order

_MOST_THREADS = 16  # more are not fed by the one that reads, merges and writes

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def side_by_side(
    function: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int = 1
) -> Iterator[tuple[_Item, _Result]]:
    """Items and what the function gives for them, in order; see `w2v.threads.in_order`.

    `ahead` says how many items there may be for each thread: with two it has work also while the
    one that calls is busy.
    """
    threads = threads_at_once()
    return in_order(function, items, threads, ahead * threads)


def threads_at_once() -> int:
    """How many threads work on a text."""
    return min(usable_threads(), _MOST_THREADS)
