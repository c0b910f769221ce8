"""A cluster for the time of a training: started here, or joined."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from w2v.backends import usable_cores
from w2v.cluster.address import Address, check_cluster
from w2v.cluster.crew import RayCrew
from w2v.config import Config
from w2v.errors import ConfigError, TrainingError
from w2v.files import remove_tree, temporary_folder
from w2v.text import Corpus, write_encoded

_HEALTH = {
    "health_check_initial_delay_ms": 2_000,
    "health_check_period_ms": 1_000,
    "health_check_timeout_ms": 5_000,
    "health_check_failure_threshold": 5,
}
"""A node that is gone is noticed in some ten seconds, and not in a minute."""


class Cluster:
    """Begins to start, or to be joined, as it is made: it takes some seconds.

    Parameters
    ----------
    where : str        See `Config`.
    config : Config    Says how many threads a worker has, and on which backend.

    Raises
    ------
    ConfigError
    """

    def __init__(self, where: str, config: Config) -> None:
        check_cluster(where)
        self.where = where
        self._address = Address.parsed(where)
        self._config = config
        self._ours = False
        self.threads = config.workers or 1
        self._folder: str | None = None
        self._pool = ThreadPoolExecutor(1, "w2v-cluster")
        self._crew: Future[RayCrew] = self._pool.submit(self._open)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def crew(self) -> RayCrew:
        """Those who train, once they are there.

        Raises
        ------
        TrainingError
            The cluster could not be started or reached.
        """
        try:
            return self._crew.result()
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise TrainingError(
                f"There is no cluster at {self.where}: {said}. "
                "Is it running, and does it ask for a token (RAY_AUTH_MODE=token)?"
            ) from error

    def reachable(self, corpus: Corpus) -> Corpus:
        """The same text, from a folder that the workers can read.

        Raises
        ------
        ConfigError
            It is in no folder, and there are workers on other machines.
        """
        if corpus.folder is not None:
            return corpus
        self.crew()
        import ray

        if sum(node["Alive"] for node in ray.nodes()) > 1:
            raise ConfigError(
                "The workers of a cluster read the text from a folder that all machines see. "
                "Encode it there first (w2v encode TEXT -o FOLDER) and train on that folder, or "
                "keep checkpoints there (`checkpoint`)."
            )
        folder = os.path.join(temporary_folder(), f"w2v-{secrets.token_hex(8)}")
        kept = write_encoded(corpus, folder)
        self._folder = folder
        return kept

    def close(self) -> None:
        """Let go of the workers, and of Ray, if it was not there before."""
        self._pool.submit(self._leave).result()
        self._pool.shutdown()
        if self._folder:
            with contextlib.suppress(OSError):
                remove_tree(self._folder)

    def _leave(self) -> None:
        """In the thread that has joined: once that is gone, Ray takes seconds to end."""
        with contextlib.suppress(Exception):
            self._crew.result().close()
        if self._ours:
            import ray

            with contextlib.suppress(Exception):
                ray.shutdown()

    def _open(self) -> RayCrew:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        count, config = self._address.workers, self._config
        threads = 1 if config.deterministic else config.workers
        quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if count is not None:
            if ray.is_initialized():
                raise RuntimeError("this process has joined a Ray already; give cluster='auto'")
            threads = threads or max(1, usable_cores() // count)
            self._ours = True
            ray.init(
                "local",
                num_cpus=count * threads,
                include_dashboard=False,
                _system_config=_HEALTH,
                **quiet,
            )
        elif not ray.is_initialized():
            self._ours = True
            ray.init(self._address.ray, **quiet)
        if threads is None:
            sizes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
            threads = max(1, int(min((size for size in sizes if size), default=1)))
        self.threads = threads
        return RayCrew(self.where, count, threads, config)


@contextlib.contextmanager
def joined(where: str | None, config: Config) -> Iterator[Cluster | None]:
    """A cluster, if one is named, and none for ``none``; see `Cluster`."""
    if where in (None, "none"):
        yield None
        return
    assert where is not None
    with Cluster(where, config) as cluster:
        yield cluster
