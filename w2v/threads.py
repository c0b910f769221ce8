"""A function over many items on all cores, results in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Pool(ThreadPoolExecutor):
    """Threads that are waited for at the end, unless whoever wanted their results has gone.

    A generator that nobody asks any more is closed wherever Python happens to look for what is
    unreachable: also as a thread begins or ends, under the lock (up to Python 3.12) that each
    thread needs as it begins and whoever waits for one as it has ended. Waiting there never ends.
    """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown(wait=kind is not GeneratorExit, cancel_futures=True)


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
    with _Pool(workers) as pool:
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
    if failure is not None:
        raise failure


def read_ahead(items: Iterator[_Item], ahead: int) -> Iterator[_Item]:
    """The items, so many of which another thread asks for before they are wanted."""
    with _Pool(1) as pool:
        pending = deque(pool.submit(next, items, None) for _ in range(ahead))
        while (item := pending.popleft().result()) is not None:
            pending.append(pool.submit(next, items, None))
            yield item
