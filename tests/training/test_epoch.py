"""What the workers of an epoch share is handed out once, and counted once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest

from w2v.training.epoch import Epoch, Tally
from w2v.training.worker import Stepped


class Pages:
    """Of a corpus, only that it is asked to forget."""

    forgotten = 0

    def forget_pages(self) -> None:
        self.forgotten += 1


@pytest.fixture
def busy() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_each_chunk_is_handed_out_once(at_once: int) -> None:
    for _ in range(5):
        corpus: Any = Pages()
        epoch = Epoch(0, 0, 1000, at_once, corpus)
        with ThreadPoolExecutor(4) as pool:
            spans: list[range] = list(chain(*pool.map(list, [epoch.spans() for _ in range(4)])))
        assert sorted(chain(*spans)) == list(range(1000))
        assert max(map(len, spans)) <= at_once
        assert corpus.forgotten == 16  # every 64 chunks


def test_a_stop_hands_out_no_more() -> None:
    corpus: Any = Pages()
    epoch = Epoch(0, 0, 10, 1, corpus)
    spans = epoch.spans()
    assert next(spans) == range(1)
    epoch.stop.set()
    assert not list(spans)


def test_chunks_are_whole_numbers_however_they_were_cut() -> None:
    tally = Tally()
    for begin, end in ((0.0, 0.1), (0.1, 0.2), (0.2, 0.7)):
        tally.add(Stepped(begin, end, 0, 5, 1.0, 2.0, 4.0))
    assert tally.whole == 0
    assert tally.done == pytest.approx(0.7)
    tally.add(Stepped(0.7, 1.0, 1, 5, None, 0.0, 0.0))
    assert (tally.whole, tally.done, tally.kept) == (1, 1.0, 20)
    both = Tally.total([tally, tally])
    assert (both.whole, both.loss, both.pairs, both.mean_loss) == (2, 6.0, 12.0, 0.5)
    assert both.untrained_loss == 2.0
    assert Tally().mean_loss is None
    assert Tally().untrained_loss is None


@pytest.mark.usefixtures("busy")
def test_who_looks_on_never_sees_it_go_back() -> None:
    tally = Tally()
    ended = threading.Event()

    def work() -> None:
        for chunk in range(20_000):
            tally.add(Stepped(chunk, chunk + 0.5, 0, 1, None, 0.0, 0.0))
            tally.add(Stepped(chunk + 0.5, chunk + 1, 1, 1, None, 0.0, 0.0))
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    seen = [0.0]
    while not ended.is_set():
        whole = tally.whole
        seen.append(Tally.total([tally]).done)
        assert seen[-1] >= seen[-2]
        assert seen[-1] >= whole - 1
    thread.join()
    assert tally.done == tally.whole == 20_000
