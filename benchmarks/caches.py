"""The caches of many cores, as far as rows of tables move between them.

Each core has a second-level cache of its own, eight ways wide; the least recently used row makes
room. A row that one core has changed, or has asked for to change it, is in no other cache; who
wants it next gets it from there, if it is still there. All works on whole rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

WAYS = 8
WHY = ("ahead", "read", "written", "taken")
AHEAD, READ, WRITE, TAKEN = (np.int64(i) for i in range(len(WHY)))
"""What a row was wanted for that came from another core: to be written later, to be read, to be
written now. `TAKEN` came not, it was only taken from others who read it. (Not Python's numbers: for
each of those Numba would compile another function.)"""


class Cores(NamedTuple):
    """What stands in each cache, who may write which row, and what was counted."""

    rows: NDArray[np.int32]
    """(cores, sets, WAYS): which row stands there, -1 for none."""
    versions: NDArray[np.int32]
    """The row's, when it came: another means that it was taken away since."""
    used: NDArray[np.int64]
    clock: NDArray[np.int64]
    """(cores,): rows wanted so far."""
    owner: NDArray[np.int32]
    """(rows,): the core that may write it, -1 for none."""
    beside: NDArray[np.int32]
    """(rows, 2): the last two cores that have read it since it was written."""
    version: NDArray[np.int32]
    counts: NDArray[np.int64]
    """(4,)"""


def cores_of(cores: int, rows: int, room: int) -> Cores:
    """Empty caches for so many rows each."""
    shape = cores, max(1, room // WAYS), WAYS
    return Cores(
        rows=np.full(shape, -1, np.int32),
        versions=np.zeros(shape, np.int32),
        used=np.zeros(shape, np.int64),
        clock=np.zeros(cores, np.int64),
        owner=np.full(rows, -1, np.int32),
        beside=np.full((rows, 2), -1, np.int32),
        version=np.zeros(rows, np.int32),
        counts=np.zeros(4, np.int64),
    )


@njit
def _place(cores: Any, core: Any, row: Any) -> Any:
    """The set of a row and its way there, -1 if this core does not have it as it is now."""
    chosen = (row * 40503) % cores.rows.shape[1]
    for way in range(WAYS):
        if cores.rows[core, chosen, way] == row:
            as_it_is = cores.versions[core, chosen, way] == cores.version[row]
            return chosen, way if as_it_is else -1
    return chosen, -1


@njit
def _keep(cores: Any, core: Any, row: Any, chosen: Any) -> None:
    least = 0
    for way in range(WAYS):
        if cores.rows[core, chosen, way] == row:
            least = way
            break
        if cores.used[core, chosen, way] < cores.used[core, chosen, least]:
            least = way
    cores.rows[core, chosen, least] = row
    cores.versions[core, chosen, least] = cores.version[row]
    cores.used[core, chosen, least] = cores.clock[core]


@njit
def want(cores: Any, core: Any, row: Any, why: Any) -> None:
    """A core reads a row, or wants to write it."""
    write = why != READ
    cores.clock[core] += 1
    chosen, way = _place(cores, core, row)
    owner = cores.owner[row]
    if way >= 0 and (owner == core or not write):
        cores.used[core, chosen, way] = cores.clock[core]
        return
    if owner not in (-1, core) and _place(cores, owner, row)[1] >= 0:
        cores.counts[why] += 1
    elif write:
        for i in range(2):
            other = cores.beside[row, i]
            if other not in (-1, core) and _place(cores, other, row)[1] >= 0:
                cores.counts[TAKEN] += 1
                break
    if write:
        cores.version[row] += 1
        cores.owner[row] = core
        cores.beside[row, 0] = cores.beside[row, 1] = -1
    elif owner != core:
        cores.beside[row, 1] = cores.beside[row, 0] if owner == -1 else owner
        cores.beside[row, 0] = core
        cores.owner[row] = -1
    _keep(cores, core, row, chosen)


@njit
def forget(cores: Any) -> None:
    """What was counted so far."""
    for i in range(len(cores.counts)):
        cores.counts[i] = 0
