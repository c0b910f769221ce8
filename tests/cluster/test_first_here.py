"""Training begins here, and goes on where a cluster that was started is ready."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from corpora import zipf

from w2v import Word2Vec, read_sentences
from w2v.backends import Backend
from w2v.cluster import first_here
from w2v.cluster.first_here import FirstHere
from w2v.errors import TrainingError
from w2v.text import Corpus
from w2v.training import Here, Shard

QUICK: dict[str, Any] = {"dim": 10, "min_count": 1, "workers": 1, "epochs": 3, "shards": 3}
TEXT = zipf(60_000)


class Ready(Here):
    """A crew that is ready once it was asked often enough."""

    can_train = False

    def __init__(self, backend: Backend, asked: int) -> None:
        super().__init__(backend)
        self.left = asked
        self.rounds: list[dict[str, Any]] = []

    def prepare(self) -> None:
        self.left -= 1
        self.can_train = self.left <= 0

    def hand_out(self, shards: list[Shard]) -> None:  # type: ignore[override]
        self.rounds.append({"shards": len(shards)})
        super().hand_out(shards)

    def told(self) -> dict[str, Any]:
        return {"workers": [], "lost": 0, "rounds": self.rounds}


class Joint:
    """A cluster that is started."""

    threads = 1

    def __init__(self, asked: int, error: Exception | None = None, workers: int = 1) -> None:
        self.asked, self.error, self.workers = asked, error, workers
        self.ended = 0

    def reachable(self, corpus: Corpus) -> Corpus:
        return corpus

    def crew(self, backend: Backend) -> FirstHere:
        def there() -> Any:
            if self.error:
                raise self.error
            return Ready(backend, self.asked)

        opened: Future[None] = Future()
        opened.set_result(None)
        size = self.workers, self.threads
        return FirstHere(backend, "local", *size, there, lambda: opened, self.end)

    def end(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("asked", "workers"), [(0, 1), (1, 2), (3, 1), (10_000, 2)])
def test_the_same_bytes_whenever_it_is_ready(
    asked: int, workers: int, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.training.rounds._ALONE", 1 << 12)
    if large:
        monkeypatch.setattr(first_here, "_LARGE", 0)
    alone = Word2Vec(**QUICK).fit(TEXT)
    joint = Joint(asked, workers=workers)
    model = Word2Vec(**QUICK)
    with model_corpus() as corpus:
        model.train(corpus, cluster=joint)
    assert np.array_equal(model.vectors.matrix, alone.vectors.matrix)
    rounds = model.report["rounds"]["rounds"]
    here = [each.get("here", False) for each in rounds]
    assert here == sorted(here, reverse=True)
    assert all(here) == (asked == 10_000 and not large)
    assert joint.ended == 1


def model_corpus() -> Corpus:
    return read_sentences(TEXT, min_count=1)


def test_a_cluster_that_does_not_start_ends_the_run() -> None:
    joint = Joint(0, TrainingError("There is no cluster."))
    with model_corpus() as corpus, pytest.raises(TrainingError, match="There is no cluster"):
        Word2Vec(**QUICK).train(corpus, cluster=joint)
    assert joint.ended == 1
