"""What every piece is told, and what each makes of it: the backend, the corpus, a training."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.gpu.launches import Launches
from w2v import Backend, Config, Corpus, CorpusStats, Vectors, Vocabulary, get_backend, read_corpus
from w2v.training import Trained, Trainer, throughput

ROOT = Path(__file__).parents[2]
Row = dict[str, Any]
NO_GPU = "no device"
"""How the name of a device begins that is none: of the stand-in that the tests have for CuPy."""


class WrongError(Exception):
    """What was measured is wrong; says how."""


@dataclass(frozen=True)
class Stage:
    """A part of a piece that is measured, and may fail, by itself.

    Parameters
    ----------
    name : str
    limit_s : float    Seconds after which whoever measures it is ended.
    rows : callable    Gives figures as they are measured.
    """

    name: str
    limit_s: float
    rows: Callable[[], Iterator[Row]]


WAYS = {"by threads": False, "in bulk": True}
"""How rows come and go, and whether that is `in_bulk`."""


@dataclass(frozen=True)
class Told:
    """Options, which processes hand on as JSON."""

    folder: str
    """Of what pieces read and write on the way: `text.txt`, and `encoded`, the same as ids."""
    eval_dir: str | None = None
    backend: str = "cupy"
    cpu: str = "numba"
    epochs: int = 5
    seeds: int = 3
    min_count: int = 5
    tiny: bool = False
    """So little that it shows only that it runs."""

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class Setting(Told):
    """Options, and what is made of them when it is first asked for."""

    @cached_property
    def backend_value(self) -> Backend:
        return get_backend(self.backend)

    @cached_property
    def cpu_value(self) -> Backend:
        return get_backend(self.cpu)

    @cached_property
    def text(self) -> Path:
        return Path(self.folder) / "text.txt"

    @cached_property
    def corpus(self) -> Corpus:
        return read_corpus(Path(self.folder) / "encoded", min_count=self.min_count)

    @cached_property
    def long(self) -> Corpus:
        """The corpus over and over, to 100 M tokens."""
        return repeated(self.corpus, 3000 if self.tiny else 100_000_000)

    @property
    def cases(self) -> dict[str, Config]:
        """One for each pair of model and loss; at tiny size with short vectors."""
        size: Row = {"dim": 8} if self.tiny else {}
        return {
            name: Config(**case, **size, epochs=self.epochs, min_count=self.min_count)  # type: ignore[arg-type]
            for name, case in peers.CASES.items()
        }

    def scored(self, vectors: Vectors) -> Row:
        return dict(peers.scores(vectors, Path(self.eval_dir) if self.eval_dir else None))


def beginning(corpus: Corpus, tokens: int) -> Corpus:
    """The first tokens of a corpus, all of them where it has no more."""
    return throughput.beginning(corpus, min(tokens, len(corpus.ids)))


def repeated(corpus: Corpus, tokens: int) -> Corpus:
    """A corpus in memory: another over and over, at least once and to so many tokens, about."""
    times, size = max(1, round(tokens / len(corpus.ids))), len(corpus.ids)
    ends = np.asarray(corpus.ends) + size * np.arange(times, dtype=np.int64)[:, None]
    vocabulary = Vocabulary(corpus.vocabulary.words, times * corpus.vocabulary.counts)
    ids = np.tile(np.asarray(corpus.ids), times)
    stats = CorpusStats(tokens=len(ids), rare=0, sentences=ends.size, types=len(vocabulary))
    return Corpus(vocabulary, ids, ends.reshape(-1), stats, {})


def train(config: Config, backend: Backend, corpus: Corpus, **variant: Any) -> Row:
    """Figures of one training.

    Parameters
    ----------
    variant : threads or in_bulk    On a GPU; see `Launches`.
    """
    return outcome(config, backend, corpus, **variant)[0]


def outcome(
    config: Config, backend: Backend, corpus: Corpus, **variant: Any
) -> tuple[Row, Trained]:
    """Figures of one training, and what came of it."""
    with Launches(backend, **variant) as launches:
        trainer = Trainer(config, corpus, backend)
        trained = trainer.run()
    memory, plan = backend.memory(), trainer.memory
    row = {
        "backend": backend.name,
        "dim": config.dim,
        "raw_words_per_second": trained.raw_words_per_second,
        "kept_tokens_per_second": trained.kept_tokens_per_second,
        "seconds": trained.seconds,
        "tokens": len(corpus.ids),
        "in_flight": trainer.step_tokens,
        "last_loss": trained.loss[-1],
        "peak_bytes": memory.peak,
        "planned_bytes": plan.planned if plan else None,
        **launches.facts(),
    }
    return row, trained


def compiled(setting: Setting) -> Iterator[Row]:
    """Has all that compiles compile, on the CPU side by side; it is kept for others to come."""
    prepare = "from w2v import get_backend; get_backend({!r}).prepare({!r}, averaged={})"
    calls = [
        prepare.format(setting.cpu, rows, averaged)
        for rows, averaged in itertools.product(("shared", "path"), (False, True))
    ]
    few = calls[: 1 if setting.tiny else None]
    children = [subprocess.Popen([sys.executable, "-c", call], cwd=ROOT) for call in few]
    for config in setting.cases.values():
        train(one_epoch(config), setting.backend_value, beginning(setting.corpus, 2000))
    if any([child.wait() for child in children]):
        raise WrongError(f"the steps of backend {setting.cpu} do not compile")
    yield {"what": "compiled"}


def within(seconds: float, points: list[Any]) -> Iterator[Any]:
    """The points that can be begun in so many seconds: a stage that is nearly over ends well."""
    end = time.monotonic() + seconds
    for point in points:
        if time.monotonic() > end:
            return
        yield point


def one_epoch(config: Config, **changes: Any) -> Config:
    return replace(config, epochs=1, **changes)
