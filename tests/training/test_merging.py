"""What several shards have changed, as one change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v.backends import get_backend
from w2v.config import Config
from w2v.training import merging
from w2v.training.changes import Changes
from w2v.training.merging import Meetings, Merge, meetings
from w2v.training.tables import Copiers, make_tables

WORDS, DIM, SHARDS = 40, 6, 5
RNG = np.random.default_rng(0)
COUNTS = np.sort(RNG.integers(5, 5000, WORDS))[::-1].astype(np.int64)


@pytest.fixture(params=[1, 2])
def copiers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copiers]:
    monkeypatch.setattr("w2v.training.merging._ROWS", 16)  # several pieces
    made = Copiers(get_backend("numpy"), request.param)
    yield made
    made.close()


def config(**given: object) -> Config:
    return Config(**{"dim": DIM, "min_count": 1, "window": 3, **given})  # type: ignore[arg-type]


def meeting(options: Config, *, stretched: bool = False) -> Meetings:
    found = meetings(options, make_tables(get_backend("numpy"), options, COUNTS))
    return replace(found, can_stretch=stretched)


def pair() -> list[NDArray[np.float32]]:
    return [RNG.normal(size=(WORDS, DIM)).astype(np.float32) for _ in range(2)]


def begun(
    tables: list[NDArray[np.float32]], found: Meetings, dtype: str, copiers: Copiers
) -> Merge:
    merge = Merge(found, dtype, copiers)
    merge.begin(tables)
    return merge


def some_changes(
    share: float = 0.6, sizes: tuple[int, int] = (WORDS, WORDS)
) -> tuple[Changes, Changes]:
    found = []
    for size in sizes:
        rows = np.flatnonzero(RNG.random(size) < share).astype(np.int32)
        found.append(Changes(rows, RNG.normal(size=(len(rows), DIM)).astype(np.float32)))
    return found[0], found[1]


def summed(changes: list[tuple[Changes, Changes]], which: int, rows: int) -> NDArray[np.float64]:
    found = np.zeros((rows, DIM))
    for both in changes:
        found[both[which].rows] += np.abs(both[which].values)
    return found


def oracle(
    tables: list[NDArray[np.float32]],
    found: Meetings,
    changes: list[tuple[Changes, Changes]],
    rate: float,
    tokens: float,
) -> list[NDArray[np.float64]]:
    """Row by row and direction by direction, in float64."""
    sums = [np.zeros(table.shape) for table in tables]
    met = [np.zeros(len(table)) for table in tables]
    for both in changes:
        for which, one in enumerate(both):
            sums[which][one.rows] += one.values
            met[which][one.rows] += 1
    merged = []
    for which in (0, 1):
        others = tables[1 - which] + sums[1 - which] / len(changes)
        shares = np.zeros(len(others))
        at, weights = found.looked_at[1 - which]
        shares[at] = weights
        moment = np.einsum("n,ni,nj->ij", shares, others, others)
        mean = shares @ others
        if found.width > 1 and which == 0 and not found.summed:
            moment = moment / found.width
        elif found.width > 1 and which == 1:
            common = np.outer(mean, mean)
            moment = common + (moment - common) / found.width
            moment = moment * found.width**2 if found.summed else moment
        steepness, directions = np.linalg.eigh(moment)
        whole = np.zeros(tables[which].shape)
        for row in np.flatnonzero(met[which]):
            shards = met[which][row]
            for h, direction in zip(steepness, directions.T, strict=True):
                terms = tokens * found.terms[which][row] * len(changes) / shards
                x = max(rate * found.slope * terms * h, 1e-4)
                part = (1 - np.exp(-shards * x)) / (shards * (1 - np.exp(-x)))
                whole[row] += part * (sums[which][row] @ direction) * direction
        merged.append(whole)
    return merged


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "hs"},
        {"loss": "softmax"},
        {"model": "cbow"},
        {"model": "cbow", "cbow": "sum", "fixed_window": True},
    ],
    ids=str,
)
@pytest.mark.parametrize(("faint", "within"), [(0.0, 2e-4), (merging._FAINT, 0.02)])
def test_as_the_formula_says(
    options: dict[str, object],
    faint: float,
    within: float,
    copiers: Copiers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merging, "_FAINT", faint)
    found = meeting(config(**options))
    tables = pair()
    if options.get("loss") == "hs":
        tables[1] = tables[1][:-1]  # inner nodes
    sizes = len(tables[0]), len(tables[1])
    changes = [some_changes(sizes=sizes) for _ in range(SHARDS)]
    merge = begun(tables, found, "float32", copiers)
    for both in changes:
        merge.add(both)
    for which, right in enumerate(oracle(tables, found, changes, 0.025, 300.0)):
        made = merge.ended(0.025, 300.0)[which]
        whole = np.zeros((sizes[which], DIM))
        whole[made.rows] = made.values
        most = np.linalg.norm(summed(changes, which, sizes[which]), axis=1)
        assert (np.linalg.norm(whole - right, axis=1) <= within * most + 2e-4).all()


def test_rounds_are_merged_one_after_the_other(copiers: Copiers) -> None:
    """In the same memory."""
    tables, found = pair(), meeting(config(), stretched=True)
    merge = Merge(found, "bfloat16", copiers)
    for _ in range(3):
        changes = [some_changes() for _ in range(SHARDS)]
        fresh = begun(tables, found, "bfloat16", copiers)
        merge.begin(tables)
        for both in changes:
            merge.add(both)
            fresh.add(both)
        for one, other in zip(merge.ended(0.02, 99.0), fresh.ended(0.02, 99.0), strict=True):
            assert one.rows.tobytes() == other.rows.tobytes()
            assert one.values.tobytes() == other.values.tobytes()


def test_one_shard_is_what_it_is(copiers: Copiers) -> None:
    merge = begun(pair(), meeting(config()), "float32", copiers)
    given = some_changes()
    merge.add(given)
    for made, was in zip(merge.ended(0.025, 1e6), given, strict=True):
        assert made.rows.tolist() == was.rows.tolist()
        assert made.values.tobytes() == was.values.tobytes()


@pytest.mark.parametrize(("tokens", "share"), [(1e-6, 1.0), (1e12, 1 / SHARDS)])
def test_from_the_sum_to_the_mean(tokens: float, share: float, copiers: Copiers) -> None:
    merge = begun(pair(), meeting(config()), "float32", copiers)
    sums = np.zeros((WORDS, DIM))
    for _ in range(SHARDS):
        change = some_changes(share=1.1)
        sums += change[0].values
        merge.add(change)
    made, _ = merge.ended(0.025, tokens)
    np.testing.assert_allclose(made.values, share * sums, rtol=1e-3, atol=1e-3)


def test_a_row_that_one_shard_has_met_moves_as_there(copiers: Copiers) -> None:
    merge = begun(pair(), meeting(config()), "float32", copiers)
    shards = [some_changes(share=0.0) for _ in range(SHARDS)]
    row = np.array([7], np.int32)
    values = np.full((1, DIM), 0.5, np.float32)
    shards[3] = Changes(row, values), shards[3][1]
    for shard in shards:
        merge.add(shard)
    made, none = merge.ended(0.025, 1e6)
    assert made.rows.tolist() == [7]
    np.testing.assert_allclose(made.values, values, rtol=1e-5)
    assert none.rows.shape == (0,)


def test_the_number_of_threads_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.merging._ROWS", 16)
    tables, changes = pair(), [some_changes() for _ in range(SHARDS)]
    found = []
    for threads in (1, 3):
        copiers = Copiers(get_backend("numpy"), threads)
        merge = begun(tables, meeting(config()), "bfloat16", copiers)
        for both in changes:
            merge.add(both)
        found.append([made.values.tobytes() for made in merge.ended(0.025, 300.0)])
        copiers.close()
    assert found[0] == found[1]


@pytest.mark.parametrize("options", [{}, {"model": "cbow"}], ids=str)
def test_tables_are_stretched_until_the_books_are_right(
    options: dict[str, object], copiers: Copiers
) -> None:
    found = meeting(config(**options))
    tables = pair()
    shards = [small(*some_changes()) for _ in range(SHARDS)]
    plain, stretched = (
        begun(tables, replace(found, can_stretch=can), "float32", copiers) for can in (False, True)
    )
    books = balance(tables, found.width)
    for shard in shards:
        plain.add(shard)
        stretched.add(shard)
        books += balance(moved(tables, (shard[0], shard[1])), found.width) - balance(
            tables, found.width
        )
    merged = moved(tables, plain.ended(0.025, 300.0))
    after = moved(tables, stretched.ended(0.025, 300.0))
    off = np.linalg.norm(balance(merged, found.width) - books)
    assert np.linalg.norm(balance(after, found.width) - books) < 0.3 * off  # to first order
    np.testing.assert_allclose(after[0] @ after[1].T, merged[0] @ merged[1].T, atol=2e-2)


def test_frozen_rows_are_not_stretched() -> None:
    options = config()
    tables = make_tables(get_backend("numpy"), options, COUNTS)
    assert meetings(options, tables).can_stretch
    some = replace(tables, frozen=np.arange(WORDS) < 3)
    assert not meetings(options, some).can_stretch


def small(*changes: Changes) -> tuple[Changes, Changes]:
    inputs, outputs = (change._replace(values=change.values / 10) for change in changes)
    return inputs, outputs


def moved(
    tables: list[NDArray[np.float32]], changes: tuple[Changes, Changes]
) -> list[NDArray[np.float64]]:
    found = [table.astype(np.float64) for table in tables]
    for table, change in zip(found, changes, strict=True):
        table[change.rows] += change.values
    return found


def balance(tables: list[Any], width: float) -> NDArray[np.float64]:
    inputs, outputs = (table.astype(np.float64) for table in tables)
    found: NDArray[np.float64] = inputs.T @ inputs - width * (outputs.T @ outputs)
    return found
