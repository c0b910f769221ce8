"""Training on a Ray that is started here: the same bytes, whoever dies."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import zipf

from w2v import Callback, Progress, Tokenizer, Word2Vec, encode, read_corpus
from w2v.cluster import joined
from w2v.cluster.crew import RayCrew
from w2v.config import Config
from w2v.cpus import allowed_cpus, keep_to
from w2v.errors import CorpusError

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'w2v[cluster]'")

QUICK: dict[str, Any] = {
    **{"dim": 16, "min_count": 1, "workers": 1, "sample": 0, "epochs": 4, "shards": 3},
    "backend": "numba",
}
TEXT = zipf(400_000)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A Ray of two cores that several runs join, one after the other."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = signal.getsignal(signal.SIGTERM)
        try:
            ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        except Exception as error:
            pytest.skip(f"Ray does not start on this machine: {error}")
        finally:
            signal.signal(signal.SIGTERM, before)  # Ray's would end other tests with 1
    yield "auto"
    ray.shutdown()


@pytest.fixture(scope="module")
def alone() -> Word2Vec:
    """What all runs here come to."""
    return Word2Vec(**QUICK).fit(TEXT)


def same(a: Word2Vec, b: Word2Vec) -> bool:
    return np.array_equal(a.vectors.matrix, b.vectors.matrix) and np.array_equal(a.output, b.output)


def workers(members: RayCrew) -> list[int]:
    """Processes that train."""
    return [one.about["process"] for one in members._members if one.about]


def at_work(members: RayCrew) -> list[int]:
    """Those that have a shard."""
    return [one.about["process"] for one in members._members if one.about and one.shard]


class Meanwhile(Callback):
    """Does something to the workers once, at a moment."""

    def __init__(self, at: float, do: Callable[[RayCrew], object]) -> None:
        self.at, self.do = at, do
        self.crew: RayCrew | None = None

    def on_step(self, progress: Progress) -> None:
        if progress.done >= self.at and self.crew and at_work(self.crew):
            self.at = 2
            self.do(self.crew)


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[RayCrew]:
    """The crews of the runs of a test."""
    found: list[RayCrew] = []
    plain = RayCrew.__init__

    def begin(self: RayCrew, *given: Any) -> None:
        found.append(self)
        plain(self, *given)

    monkeypatch.setattr(RayCrew, "__init__", begin)
    return found


def run(cluster: str, met: list[RayCrew], *callbacks: Meanwhile, **given: Any) -> Word2Vec:
    class Known(Callback):
        def on_step(self, progress: Progress) -> None:
            for one in callbacks:
                one.crew = met[-1]

    return Word2Vec(**QUICK).fit(
        TEXT, cluster=cluster, callbacks=[Known(), *callbacks], progress=False, **given
    )


def test_the_same_bytes_as_here(cluster: str, alone: Word2Vec, met: list[RayCrew]) -> None:
    model = run(cluster, met)
    assert same(model, alone)
    assert model.report["loss"] == alone.report["loss"]
    rounds = model.report["rounds"]
    assert 1 <= len(rounds["workers"]) <= 2
    assert rounds["lost"] == 0
    assert len(rounds["rounds"]) > 4
    for each in rounds["rounds"]:
        assert each["bytes_received"] > 0
        assert (each["bytes_sent"] > 0) == (each is not rounds["rounds"][-1])
        assert each["seconds"] > 0
        assert each["waited_seconds"] >= 0


def test_a_run_that_is_stopped_within_a_round(cluster: str) -> None:
    class Stop(Callback):
        def on_step(self, progress: Progress) -> bool:
            return progress.done > 0.3

    model = Word2Vec(**QUICK).fit(TEXT, cluster=cluster, callbacks=[Stop()], progress=False)
    assert model.report["stopped"]["by"] == "Stop"
    for each in model.report["rounds"]["rounds"]:
        assert set(each) - {"seconds"} == {
            *("shards", "bytes_received", "bytes_sent", "waited_seconds", "lost")
        }


def test_all_workers_are_killed(cluster: str, alone: Word2Vec, met: list[RayCrew]) -> None:
    killed: list[int] = []

    def kill(members: RayCrew) -> None:
        killed.extend(workers(members))
        for process in killed:
            os.kill(process, signal.Signals["SIGKILL"])

    model = run(cluster, met, Meanwhile(0.1, kill))
    assert same(model, alone)
    assert model.report["rounds"]["lost"] == len(killed) > 0


def test_a_worker_that_takes_its_time_is_not_lost(
    cluster: str, met: list[RayCrew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.cluster.member.SILENT_S", 1.5)
    monkeypatch.setattr("w2v.training.rounds._ALONE", 1 << 30)  # one shard an epoch
    options = {**QUICK, "backend": "numpy", "dim": 400, "negative": 20, "epochs": 1}
    model = Word2Vec(**options).fit(TEXT, cluster=cluster, progress=False)
    rounds = model.report["rounds"]
    assert rounds["rounds"][0]["seconds"] > 2
    assert rounds["lost"] == 0


@pytest.mark.parametrize("tokenizer", [None, Tokenizer(tokens="unicode", lower=True)])
def test_a_text_is_encoded_by_the_cluster(
    cluster: str,
    tokenizer: Tokenizer | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("w2v.text.reading_elsewhere._JOB_BYTES", 50_000)
    path = tmp_path / "text"
    path.write_text("\n".join(" ".join(sentence) for sentence in TEXT[:10_000]))
    monkeypatch.chdir(tmp_path)
    with joined(cluster, None) as joint:
        assert joint is not None
        options: dict[str, Any] = {"min_count": 1, "tokenizer": tokenizer}
        there = encode("text", "there.w2v", **options, elsewhere=joint.readers())
        with joined("auto", Config()) as training:
            assert training is not None
            assert training.readers() is None  # there is this machine alone
    here = encode("text", "here.w2v", **options)
    assert there.vocabulary == here.vocabulary
    for name in ("ids.npy", "ends.npy", "vocab.txt"):
        assert (tmp_path / "there.w2v" / name).read_bytes() == (
            tmp_path / "here.w2v" / name
        ).read_bytes()


def test_what_cannot_be_read_there_is_refused_as_here(cluster: str, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"good\nbad \xff\n")
    with joined(cluster, None) as joint:
        assert joint is not None
        with pytest.raises(CorpusError, match="line 2: the byte 0xff"):
            read_corpus(path, elsewhere=joint.readers())


def test_a_worker_that_hangs_is_lost(
    cluster: str, alone: Word2Vec, met: list[RayCrew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.cluster.member.SILENT_S", 2.0)
    monkeypatch.setattr("w2v.cluster.crew._LEAST_SLOW_S", 60.0)  # or another may be sooner

    def stop(members: RayCrew) -> None:
        os.kill(at_work(members)[0], signal.Signals["SIGSTOP"])

    model = run(cluster, met, Meanwhile(0.3, stop))
    assert same(model, alone)
    assert model.report["rounds"]["lost"] >= 1


@pytest.mark.skipif(len(allowed_cpus()) < 2, reason="there is one CPU")
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="CPUs are bound to on Linux")
def test_a_worker_runs_on_all_cpus_though_ray_keeps_to_some() -> None:
    from w2v.cluster.shard_actor import ShardActor

    cpus = allowed_cpus()

    def there() -> list[list[int]]:
        keep_to(cpus[:1])
        before = allowed_cpus()
        ShardActor(Config(backend="numba"), cpus)
        return [before, allowed_cpus()]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(there).result() == [cpus[:1], cpus]
    assert allowed_cpus() == cpus
