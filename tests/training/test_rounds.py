"""Where a run is cut into rounds and shards."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.config import Config
from w2v.training.rounds import Rounds, rounds_for

_CUTS = st.builds(
    Rounds,
    chunks=st.integers(1, 300),
    shards=st.integers(1, 40),
    rounds=st.integers(1, 20),
    alone=st.integers(0, 50),
    epochs=st.integers(3, 5),
    min_alpha=st.sampled_from([0.0, 1e-4, 0.5, 1.0]),
)


def cut(shards: int | None, chunks: int, tokens: int, *, begun: bool = False) -> Rounds:
    """As a run of one epoch is."""
    return rounds_for(Config(shards=shards, epochs=1), chunks, tokens, begun=begun)


@given(_CUTS, st.integers(0, 3))
def test_every_chunk_of_an_epoch_is_in_one_shard(rounds: Rounds, epoch: int) -> None:
    shards = [shard for each in rounds.of_epoch(epoch) for shard in each]
    edges = [shards[0].begin, *(shard.end for shard in shards)]
    assert edges[0] == 0
    assert edges[-1] == rounds.chunks
    assert all(shard.begin < shard.end for shard in shards)
    assert [shard.begin for shard in shards[1:]] == [shard.end for shard in shards[:-1]]


@given(_CUTS)
def test_rounds_are_numbered_through_and_shards_within(rounds: Rounds) -> None:
    every = [each for epoch in range(3) for each in rounds.of_epoch(epoch)]
    assert [each[0].round for each in every] == list(range(len(every)))
    for each in every:
        assert len({(shard.round, shard.epoch) for shard in each}) == 1
        assert [shard.number for shard in each] == list(range(len(each)))
        assert len(each) <= rounds.shards


@given(_CUTS, st.integers(0, 2), st.data())
def test_who_goes_on_gets_the_rounds_that_are_left(
    rounds: Rounds, epoch: int, data: st.DataObject
) -> None:
    every = list(rounds.of_epoch(epoch))
    done = data.draw(st.integers(0, len(every)))
    first = every[done - 1][-1].end if done else 0
    assert list(rounds.of_epoch(epoch, first)) == every[done:]


def test_a_run_begins_with_one_shard_and_short_rounds() -> None:
    rounds = Rounds(chunks=520, shards=8, rounds=16, alone=16)
    first = list(rounds.of_epoch(0))
    assert [len(each) for each in first[:4]] == [1, 2, 2, 2]
    assert len(first[-1]) == 8
    for each in first[1:]:
        assert each[-1].end - each[0].begin <= 48
        assert each[-1].end - each[0].begin <= max(1, each[0].begin // 8) * 1.5
    assert [len(each) for each in rounds.of_epoch(1)] == [8] * 16


@pytest.mark.parametrize(("shards", "begun"), [(1, False), (4, True)])
def test_no_beginning_is_needed(shards: int, begun: bool) -> None:
    rounds = cut(shards, 100, 100 << 15, begun=begun)
    assert rounds.alone == 0
    assert {len(each) for each in rounds.of_epoch(0)} == {shards}


def test_rounds_are_longer_as_the_learning_rate_falls() -> None:
    """In all, rows move as far in each."""
    rounds = Rounds(chunks=1000, shards=4, rounds=10, alone=0, epochs=4, min_alpha=0.0)
    sizes = [len(list(rounds.of_epoch(epoch))) for epoch in range(4)]
    assert sizes == [9, 6, 4, 2]
    constant = replace(rounds, min_alpha=1.0)
    assert [len(list(constant.of_epoch(epoch))) for epoch in range(4)] == [10] * 4
    assert next(iter(rounds.of_epoch(0))) == next(iter(constant.of_epoch(0)))


@pytest.mark.parametrize(
    ("shards", "rounds"), [(1, 1), (2, 8), (4, 16), (8, 16), (9, 18), (32, 64), (100, 64)]
)
def test_how_many_rounds_an_epoch_has(shards: int, rounds: int) -> None:
    assert cut(shards, 1000, 1000 << 15).rounds == rounds
    cbow = rounds_for(Config(model="cbow", shards=shards, epochs=1), 1000, 1000 << 15, begun=False)
    assert cbow.rounds == (1 if shards == 1 else min(2 * rounds, 64))


def test_a_short_text_is_cut_too() -> None:
    assert [len(each) for each in cut(4, 1, 300).of_epoch(0)] == [1]
    assert [len(each) for each in cut(4, 22, 22 << 15, begun=True).of_epoch(0)] == [4] * 5


@pytest.mark.parametrize(
    ("tokens", "shards"), [(300, 2), (17_000_000, 2), (60_000_000, 7), (10**10, 32)]
)
def test_how_many_shards_a_text_has(tokens: int, shards: int) -> None:
    assert cut(None, max(1, tokens >> 15), tokens).shards == shards
