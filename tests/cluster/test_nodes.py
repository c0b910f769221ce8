"""Training on a Ray of several nodes: the same bytes, whichever goes and whichever comes."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import zipf

from w2v import Callback, Progress, Word2Vec, encode
from w2v.cluster.crew import RayCrew

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'w2v[cluster]'")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

QUICK: dict[str, Any] = {
    **{"dim": 16, "min_count": 1, "workers": 1, "sample": 0, "epochs": 6, "shards": 3},
    "backend": "numba",
}


class Machines:
    """A head without a core, and nodes of one."""

    def __init__(self) -> None:
        from benchmarks.cluster_parts import started

        self.cluster = started(num_cpus=0)
        self.nodes = [self.cluster.add_node(num_cpus=1) for _ in range(2)]
        ray.init(self.cluster.address, log_to_driver=False)

    def lose(self) -> None:
        """The oldest is gone, with all that ran there."""
        from benchmarks.cluster_parts import kill, tree

        node = self.nodes.pop(0)
        kill(tree(node.all_processes["raylet"][0].process.pid))

    def join(self) -> None:
        """Another one comes."""
        self.nodes.append(self.cluster.add_node(num_cpus=1, wait=False))


@pytest.fixture
def machines() -> Iterator[Machines]:
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="w2v-", ignore_cleanup_errors=True) as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_TMPDIR", folder)  # nobody else is to join it by chance
        before = signal.getsignal(signal.SIGTERM)
        try:
            made = Machines()
        except Exception as error:
            pytest.skip(f"Ray does not start on this machine: {error}")
        finally:
            signal.signal(signal.SIGTERM, before)  # Ray's would end other tests with 1
        yield made
        ray.shutdown()
        made.cluster.shutdown()


class Meanwhile(Callback):
    """Does one thing after the other, each at a moment, and the first not before all have come."""

    def __init__(self, *things: tuple[float, Callable[[], None]]) -> None:
        self.things = list(things)
        self.crew: RayCrew | None = None
        self.nodes: set[str] = set()
        """On which there were workers that could train."""

    def on_step(self, progress: Progress) -> None:
        assert self.crew is not None
        self.nodes |= {
            member.about["node"]
            for member in self.crew._members
            if member.can_train and member.about
        }
        if len(self.nodes) < 2:
            time.sleep(0.3)  # a round ends here, so the run waits
        elif self.things and progress.done >= self.things[0][0]:
            self.things.pop(0)[1]()


def test_nodes_go_and_come(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end there is only the one that came last."""
    encode(zipf(400_000), tmp_path / "text.w2v", min_count=1)
    alone = Word2Vec(**QUICK).fit(tmp_path / "text.w2v")
    seen = Meanwhile((0.2, machines.lose), (0.3, machines.join), (0.5, machines.lose))
    plain = RayCrew.__init__

    def begin(self: RayCrew, *given: Any) -> None:
        seen.crew = self
        plain(self, *given)

    monkeypatch.setattr(RayCrew, "__init__", begin)
    model = Word2Vec(**QUICK).fit(
        tmp_path / "text.w2v", cluster="auto", callbacks=[seen], progress=False
    )
    assert np.array_equal(model.vectors.matrix, alone.vectors.matrix)
    assert np.array_equal(model.output, alone.output)
    assert not seen.things
    assert len(seen.nodes) == 3
    assert model.report["rounds"]["lost"] >= 2
