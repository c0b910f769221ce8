"""Compressed files: memory is bounded whatever they hold."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import zstandard

from w2v.errors import W2VError
from w2v.files import BlockStream, bounded, compression, decompressed

MIB = 1 << 20


def with_window(log: int, content: bytes) -> bytes:
    """A frame of zstd that needs a window of 2**log bytes, as `zstd --long` makes it."""
    settings = zstandard.ZstdCompressionParameters.from_level(1, window_log=log)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return packer.compress(content) + packer.flush()


def with_dictionary(size: int, content: bytes) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": size}]
    return lzma.compress(content, lzma.FORMAT_XZ, filters=filters)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": zstandard.compress,
}


def blocks_of(data: bytes) -> Iterator[bytes]:
    return decompressed(io.BytesIO(data), compression(data[:10]), "bomb", W2VError)


@pytest.mark.parametrize("kind", PACKERS)
def test_a_bomb_is_decompressed_in_bounded_memory(kind: str) -> None:
    bomb = PACKERS[kind](bytes(256 * MIB))
    tracemalloc.start()
    try:
        assert sum(map(len, blocks_of(bomb))) == 256 * MIB
        assert tracemalloc.get_traced_memory()[1] < 48 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", PACKERS)
def test_members_of_any_size_follow_each_other(kind: str) -> None:
    parts = [b"", b"a" * 5, b"", bytes(range(256)) * 3000, b"end"]
    whole = b"".join(map(PACKERS[kind], parts))
    assert b"".join(blocks_of(whole + bytes(100))) == b"".join(parts)
    assert all(blocks_of(whole))
    for size in (len(whole) - 1, len(whole) - 2):
        with pytest.raises(W2VError, match=f"bomb is cut short: the {kind} data in it has no end"):
            list(blocks_of(whole[:size]))
    with pytest.raises(W2VError, match="bomb has bytes after the end of the compressed data"):
        list(blocks_of(whole + b"more"))


def test_a_window_that_takes_too_much_memory_is_told_from_damage() -> None:
    content = b"some text " * 1000
    for packed in (with_window(27, content), with_dictionary(1 << 27, content)):
        assert b"".join(blocks_of(packed)) == content
    for packed, remedy in [
        (with_window(28, content), r"zstd -d --long=31\."),
        (with_window(31, content), r"zstd -d --long=31\."),
        (with_dictionary(1 << 28, content), r"xz -d\."),
    ]:
        with pytest.raises(W2VError, match=rf"bomb needs more than 128 MiB .* first: {remedy}"):
            list(blocks_of(packed))


def test_what_is_held_is_bounded_by_what_is_stored() -> None:
    blocks = [bytes(MIB)] * 256
    assert len(list(bounded(blocks, MIB, "v", W2VError))) == 256
    with pytest.raises(W2VError, match="v expands to more than 268,435,456 bytes, 256 times its"):
        list(bounded([*blocks, b"a"], MIB, "v", W2VError))
    taken = bounded(itertools.repeat(bytes(MIB)), 0, "p", W2VError)
    with pytest.raises(W2VError, match="p is a pipe or device, and gives more than 67,108,864 byt"):
        list(taken)


def test_blocks_make_a_file() -> None:
    parts = [b"abc", b"d" * 10_000, b"e"]
    assert io.BufferedReader(BlockStream(iter(parts))).read() == b"".join(parts)
    buffer = bytearray(4)
    stream = BlockStream(iter(parts))
    assert stream.readinto(buffer) == 4
    assert buffer == b"abcd"


def test_our_own_zstd_has_a_checksum() -> None:
    """Without one, most flipped bits give another text."""
    from w2v.files import compressing

    handle = io.BytesIO()
    with compressing(handle, "zstd") as file:
        file.write(b"the quick brown fox " * 3)
    whole = handle.getvalue()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            found = b"".join(decompressed(io.BytesIO(changed), "zstd", "v", W2VError))
        except W2VError:
            continue
        assert found == b"the quick brown fox " * 3
