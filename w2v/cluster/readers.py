"""Texts that are split on a cluster, a part at a time, by whoever has room."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from w2v.cluster.handshake import about, difference
from w2v.errors import CorpusError, W2VError

_AHEAD = 2  # parts for each core of the cluster
_MOST_AHEAD = 256  # which bounds what waits in memory
_TIMES = 20  # that a part is begun, if whoever splits it is lost


class Readers:
    """See `Elsewhere` of `w2v.text`; a Ray was joined."""

    def in_order(
        self, function: Callable[[Any], Any], items: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Items and what the function gives for them, each in a process of the cluster.

        Raises
        ------
        CorpusError
            A part could not be split, or by nobody whose versions are those of this process.
        """
        import ray

        cores = ray.cluster_resources().get("CPU", 1.0)
        ahead = min(_MOST_AHEAD, max(2, int(_AHEAD * cores)))
        # a core that is set aside for training is idle meanwhile
        how: dict[str, Any] = {"num_cpus": 0, "scheduling_strategy": "SPREAD"}
        split = ray.remote(max_retries=_TIMES, **how)(_there)
        given, ours = ray.put(function), about()
        pending: deque[tuple[Any, Any]] = deque()
        source = iter(items)
        try:
            while True:
                for item in source:
                    pending.append((item, split.remote(given, item, ours)))
                    if len(pending) >= ahead:
                        break
                if not pending:
                    return
                item, ref = pending.popleft()
                yield item, _found(ref)
        finally:
            for _, ref in pending:
                ray.cancel(ref, force=False)


def _there(function: Callable[[Any], Any], item: Any, ours: dict[str, Any]) -> Any:
    if why := difference(about(), ours):
        raise CorpusError(why)
    return function(item)


def _found(ref: Any) -> Any:
    import ray

    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, W2VError):
            raise error.cause from None
        what = f"{type(error.cause).__name__}: {error.cause}"
        raise CorpusError(f"A worker of the cluster cannot read the text: {what}") from None
    except ray.exceptions.RayError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CorpusError(f"A part of the text was lost {_TIMES} times: {first}") from None
