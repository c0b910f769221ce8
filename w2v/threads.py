"""A function over many items on all cores, results in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_order(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    workers: int,
    ahead: int | None = None,
) -> Iterator[tuple[_Item, _Result]]:
    """Items and what the function gives for them, a few items ahead of the caller.

    Parameters
    ----------
    function : callable
        Holds Python's lock for a small part of its time, as Arrow's do.
    items : iterable
        Asked for one at a time, so that at most `ahead` + 1 are in memory. If they end with an
        error, it is raised after the results of those before it.
    workers : int
    ahead : int, optional
        Items that are worked on before a result is waited for; as many as workers, if left out.
    """
    ahead = workers if ahead is None else ahead
    pending: deque[tuple[_Item, Future[_Result]]] = deque()
    failure: Exception | None = None
    source = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        try:
            while failure is None:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as error:  # what comes before it has its turn first
                    failure = error
                    break
                pending.append((item, pool.submit(function, item)))
                if len(pending) > ahead:
                    first, future = pending.popleft()
                    yield first, future.result()
            while pending:
                first, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, future in pending:
                future.cancel()
    if failure is not None:
        raise failure


def read_ahead(items: Iterator[_Item], ahead: int) -> Iterator[_Item]:
    """The items, so many of which another thread asks for before they are wanted."""
    with ThreadPoolExecutor(1) as pool:
        pending = deque(pool.submit(next, items, None) for _ in range(ahead))
        try:
            while (item := pending.popleft().result()) is not None:
                pending.append(pool.submit(next, items, None))
                yield item
        finally:
            for future in pending:
                future.cancel()
