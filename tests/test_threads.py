"""Threads that work ahead: what is left of them when nobody wants their results any more."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from w2v.threads import in_order, read_ahead

LONG_S = 20


class Slow:
    """Gives the first item at once, and any other when it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def give(self, item: int) -> int:
        if item > 0:
            self.asked.set()
            self.go_on.wait(LONG_S)
        return item

    def results(self) -> Iterator[object]:
        return in_order(self.give, range(9), 2)

    def blocks(self) -> Iterator[object]:
        return read_ahead(map(self.give, range(9)), 2)


@pytest.mark.parametrize("begin", [Slow.results, Slow.blocks])
def test_what_nobody_asks_any_more_is_not_waited_for(
    begin: Callable[[Slow], Iterator[object]],
) -> None:
    """The collector may run where a thread is started, under a lock that threads need to end."""
    slow = Slow()
    before = set(threading.enumerate())

    def begin_and_fail() -> None:
        results = begin(slow)
        next(results)
        assert slow.asked.wait(LONG_S)
        unreachable: list[object] = [results]
        unreachable.append(unreachable)  # as the traceback of an error and what it is about

    begin_and_fail()
    started = set(threading.enumerate()) - before
    assert started
    began = time.monotonic()
    gc.collect()
    waited = time.monotonic() - began
    slow.go_on.set()
    for thread in started:
        thread.join(LONG_S)  # they end all the same
        assert not thread.is_alive()
    assert waited < LONG_S / 2


def test_what_is_under_way_is_waited_for_where_an_item_fails() -> None:
    """Whoever called may do away with what the other items are made of."""
    begun = threading.Event()
    done = []

    def work(item: int) -> None:
        if item == 0:
            begun.wait(LONG_S)
            raise ValueError("no such item")
        begun.set()
        time.sleep(0.2)
        done.append(item)

    with pytest.raises(ValueError, match="no such item"):
        list(in_order(work, range(2), 2))
    assert done == [1]
