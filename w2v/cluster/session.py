"""A cluster for the time of a training: started here, or joined."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from w2v.backends import Backend, usable_cores
from w2v.cluster.address import Address, check_cluster
from w2v.cluster.crew import RayCrew
from w2v.cluster.first_here import FirstHere
from w2v.cluster.readers import Readers
from w2v.config import Config
from w2v.cpus import allowed_cpus, keep_to
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
    """Begins to be joined as it is made, or is started for whoever asks for it: it takes seconds.

    Parameters
    ----------
    where : str                 See `Config`.
    config : Config, optional   Says how many threads a worker has, and on which backend; if left
                                out nothing will be trained.

    Raises
    ------
    ConfigError
    """

    def __init__(self, where: str, config: Config | None) -> None:
        check_cluster(where)
        self.where = where
        self._address = Address.parsed(where)
        self._config = config
        self._ours = self._left = False
        self.threads = 1
        if config and not config.deterministic:
            share = usable_cores() // (self._address.workers or 1)
            self.threads = config.workers or max(1, share)
        self._folder: str | None = None
        self._pool = ThreadPoolExecutor(1, "w2v-cluster")
        self._opening: Future[RayCrew | None] | None = None
        if self._address.ray != "local":
            self._begin_to_open()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def crew(self, backend: Backend) -> RayCrew | FirstHere:
        """Those who train: of a cluster that was there, once it is joined.

        Raises
        ------
        TrainingError
            The cluster could not be started or reached.
        """
        if self._address.workers is not None:
            there = self._joined_crew, self._begin_to_open
            size = self._address.workers, self.threads
            return FirstHere(backend, self.where, *size, *there, self._begin_to_leave)
        return self._joined_crew()

    def _joined_crew(self) -> RayCrew:
        crew = self._opened()
        assert crew is not None
        return crew

    def _begin_to_open(self) -> Future[RayCrew | None]:
        if self._opening is None:
            self._opening = self._pool.submit(self._open)
        return self._opening

    def _opened(self) -> RayCrew | None:
        try:
            return self._begin_to_open().result()
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise TrainingError(
                f"There is no cluster at {self.where}: {said}. "
                "Is it running, and does it ask for a token (RAY_AUTH_MODE=token)?"
            ) from error

    def readers(self) -> Readers | None:
        """Who splits a text that is read: the cluster, if it is more than this machine.

        And wherever it is nothing is to be trained there, for then it was named for that.

        Raises
        ------
        TrainingError
            As for `crew`.
        """
        if self._config is not None and (self._address.ray == "local" or not self._is_several()):
            return None
        self._opened()
        return Readers()

    def check_folder(self) -> None:
        """Refuse a text that will be in no folder, if there are workers on other machines.

        Raises
        ------
        ConfigError
        TrainingError
            As for `crew`.
        """
        if self._address.ray != "local" and self._is_several():
            raise ConfigError(
                "The workers of a cluster read the text from a folder that all machines see. "
                "Encode it there first (w2v encode TEXT -o FOLDER --cluster ...) and train on that "
                "folder, or keep checkpoints there (`checkpoint`)."
            )

    def _is_several(self) -> bool:
        """Whether there is more than one machine."""
        self._opened()
        import ray

        return sum(bool(node["Alive"]) for node in ray.nodes()) > 1

    def reachable(self, corpus: Corpus) -> Corpus:
        """The same text, from a folder that the workers can read.

        Raises
        ------
        ConfigError
            It is in no folder, and there are workers on other machines.
        """
        if corpus.folder is not None:
            return corpus
        self.check_folder()
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

    def _begin_to_leave(self) -> None:
        """A second or two that pass while the vectors are written."""
        self._pool.submit(self._leave)

    def _leave(self) -> None:
        """In the thread that has joined: once that is gone, Ray takes seconds to end."""
        if self._left:  # whatever asks Ray for anything now would start another one
            return
        self._left = True
        with contextlib.suppress(Exception):
            if self._opening and (crew := self._opening.result()):
                crew.close()
        if self._ours:
            import ray

            with contextlib.suppress(Exception):  # its autoscaler takes a second to end when asked
                ray._private.worker._global_node.kill_monitor(check_alive=False)
            with contextlib.suppress(Exception):
                ray.shutdown()

    def _open(self) -> RayCrew | None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        os.environ.setdefault("RAY_DISABLE_FAILURE_SIGNAL_HANDLER", "1")  # SIGTERM is ours
        import ray

        count, config = self._address.workers, self._config
        threads = self.threads
        quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if count is not None:
            if ray.is_initialized():
                raise RuntimeError("this process has joined a Ray already; give cluster='auto'")
            self._ours = True
            cpus = allowed_cpus()
            free = cpus[threads:]  # by whoever trains here meanwhile, and would lose much to this
            keep_to(free if 2 * len(free) >= len(cpus) else cpus)
            try:
                ray.init(
                    "local",
                    num_cpus=count * threads,
                    include_dashboard=False,
                    _system_config=_HEALTH,
                    **quiet,
                )
            finally:
                keep_to(cpus)
            return RayCrew(self.where, count, threads, config, cpus) if config else None
        if not ray.is_initialized():
            self._ours = True
            ray.init(self._address.ray, **quiet)
        if config is None:
            return None
        if not (config.workers or config.deterministic):
            sizes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
            threads = max(1, int(min((size for size in sizes if size), default=1)))
        self.threads = threads
        return RayCrew(self.where, None, threads, config)


@contextlib.contextmanager
def joined(where: str | None, config: Config | None) -> Iterator[Cluster | None]:
    """A cluster, if one is named, and none for ``none``; see `Cluster`."""
    if where in (None, "none"):
        yield None
        return
    assert where is not None
    with Cluster(where, config) as cluster:
        yield cluster
