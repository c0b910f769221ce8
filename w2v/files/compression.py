"""Compressed files: recognised by their first bytes, read member by member, written by name.

Stricter than Python's own readers: data that is cut short, damaged, or followed by something else
is an error with the name of the file, never a shorter text. However little of it there is and
however much it expands to, some 160 MiB of memory are enough to decompress it; who must hold all
that comes out sets a bound to that too.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Generator, Iterable, Iterator
from typing import Any, BinaryIO, cast

from w2v.errors import W2VError

EXTENSIONS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}

_PIECE_BYTES = 1 << 16
_ZSTD_BYTES = 1 << 9  # given at a time; 4 bytes can be a block of 128 KiB: 16 MiB at the most
_WINDOW_BYTES = 1 << 27  # what zstd -19 and xz -9 need, and all that zstd decompresses unasked
_UNASKED = {"zstd": "zstd -d --long=31", "xz": "xz -d"}  # whose window may be larger
_LEAST_HELD, _TIMES_HELD = 1 << 26, 256
_BZ2_MAGIC = (b"1AY&SY", b"\x17rE8P\x90")  # first block, or the end of an empty file
LONGEST_MAGIC = 10


def compression(head: bytes) -> str:
    """The kind that the first `LONGEST_MAGIC` bytes of a file show, or an empty string."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] in _BZ2_MAGIC:
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    skipped = head[1:4] == b"*M\x18" and head[0] >> 4 == 5  # a frame of notes, not of data
    return "zstd" if skipped or head.startswith(b"\x28\xb5\x2f\xfd") else ""


def compression_by_name(name: str) -> tuple[str, str]:
    """A name without what its end says of compression, and the kind; as it is, and an empty string.

    Case does not matter: `a.txt.gz` and `A.TXT.GZ` are gzip files.
    """
    stem, extension = os.path.splitext(name)
    kind = EXTENSIONS.get(extension.lower(), "")
    return (stem, kind) if kind else (name, "")


class BlockStream(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        have = 0
        while have < len(buffer):
            if not self._rest and not (block := next(self._blocks, b"")):
                break
            if not self._rest:
                self._rest = memoryview(block)
            got = min(len(buffer) - have, len(self._rest))
            buffer[have : have + got] = self._rest[:got]
            self._rest = self._rest[got:]
            have += got
        return have


def decompressed(stream: BinaryIO, kind: str, name: str, error: type[W2VError]) -> Iterator[bytes]:
    """Members one after the other; only zeros may follow them. No block is empty.

    Parameters
    ----------
    stream : binary file
    kind : str
        As `compression` gives it.
    name : str
        What messages call the file.
    error : type of W2VError
        Raised when the data are damaged or cut short, need a window above 128 MiB, or the library
        for them is not installed.
    """
    data = stream.read(_PIECE_BYTES // 4)
    while data:
        data = yield from _member(stream, data, kind, name, error)
        data = data.lstrip(b"\0")
        while not data and (block := stream.read(_PIECE_BYTES)):
            data = block.lstrip(b"\0")
        data += stream.read(LONGEST_MAGIC)
        if data and compression(data) != kind:
            raise error(
                f"{name} has bytes after the end of the compressed data that are not {kind}: "
                f"{data[:LONGEST_MAGIC]!r}. Copy or download it again, or cut them off."
            )


def bounded(
    blocks: Iterable[bytes], stored: int, name: str, error: type[W2VError]
) -> Iterator[bytes]:
    """The blocks, of which all are to be held in memory: 64 MiB, or 256 times what is stored.

    Words and numbers expand to some ten times what is stored, and what gzip makes to a thousand
    times at the most; a bomb of zstd or bzip2 to a hundred thousand times.

    Parameters
    ----------
    blocks : iterable of bytes
    stored : int
        Bytes of the file; 0 for a pipe or device, of which nobody knows when it ends.
    name, error : see `decompressed`
        The error is raised where more comes.
    """
    most = held_at_most(stored)
    held = 0
    for block in blocks:
        held += len(block)
        if held > most:
            found = f"expands to more than {most:,} bytes, {_TIMES_HELD} times its size or more"
            if not stored:
                found = f"is a pipe or device, and gives more than {most:,} bytes"
            raise error(f"{name} {found}. If that is meant, write it to a plain file first.")
        yield block


def held_at_most(stored: int) -> int:
    """Bytes that so many may expand to where all must be held in memory; see `bounded`."""
    return max(_LEAST_HELD, _TIMES_HELD * stored)


def _member(
    stream: BinaryIO, data: bytes, kind: str, name: str, error: type[W2VError]
) -> Generator[bytes, None, bytes]:
    """Decompress one member, which starts with `data`; what was read beyond it is returned."""
    member, failure = _decompressor(kind, name, error)
    while not member.eof:
        try:
            block = member.decompress(data, _PIECE_BYTES)
        except failure as found:
            if kind in _UNASKED and "memory" in str(found).lower():
                raise error(
                    f"{name} needs more than {_WINDOW_BYTES >> 20} MiB of memory to be "
                    f"decompressed. Decompress it first: {_UNASKED[kind]}."
                ) from found
            raise error(
                f"{name} is a damaged {kind} file ({found}). Copy or download it again."
            ) from found
        if block:
            yield block
        data = getattr(member, "unconsumed_tail", b"")
        if not (member.eof or data or len(block) >= _PIECE_BYTES):
            data = stream.read(_PIECE_BYTES // 4)
            if not data:
                raise error(
                    f"{name} is cut short: the {kind} data in it has no end. Copy or download it "
                    "again."
                )
    return bytes(member.unused_data)


def _decompressor(kind: str, name: str, error: type[W2VError]) -> tuple[Any, type[Exception]]:
    """A decompressor of one member, and what it raises."""
    if kind == "gzip":
        return zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error
    if kind == "bzip2":
        return bz2.BZ2Decompressor(), OSError
    if kind == "xz":
        memory = _WINDOW_BYTES + (_WINDOW_BYTES >> 3)  # the window and what is around it
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memory), lzma.LZMAError
    zstandard = _zstandard(f"{name} is compressed with zstd", "read", error)
    return _ZstdMember(zstandard), zstandard.ZstdError


class _ZstdMember:
    """A frame of zstd, decompressed a little at a time: the library sets no bound to what comes."""

    def __init__(self, zstandard: Any) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()
        self.unconsumed_tail = b""

    def decompress(self, data: bytes, _: int) -> bytes:
        self.unconsumed_tail = data[_ZSTD_BYTES:]
        block: bytes = self._frame.decompress(data[:_ZSTD_BYTES])
        return block

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data) + self.unconsumed_tail


def check_compressor(kind: str, name: str, error: type[W2VError]) -> None:
    """Raise `error` if files of that kind cannot be written here."""
    if kind == "zstd":
        _zstandard(f"{name} is to be compressed with zstd", "write", error)


@contextlib.contextmanager
def compressing(handle: BinaryIO, kind: str) -> Iterator[BinaryIO]:
    """A file that writes to `handle`, compressed unless `kind` is empty; always the same bytes."""
    if not kind:
        yield handle
        return
    writer: Any
    if kind == "gzip":
        writer = gzip.GzipFile("", "wb", 6, handle, mtime=0)
    elif kind == "bzip2":
        writer = bz2.BZ2File(handle, "wb")
    elif kind == "xz":
        writer = lzma.LZMAFile(handle, "wb")  # noqa: SIM115 (closed below)
    else:
        compressor = _zstandard("", "write", W2VError).ZstdCompressor(write_checksum=True)
        writer = compressor.stream_writer(handle, closefd=False)
    with writer:
        yield cast(BinaryIO, _InPieces(writer))


class _InPieces:
    """Hands on a little at a time: signals are heard between two calls, and xz takes 0.3 s a MB."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, data: Any) -> int:
        whole = memoryview(data).cast("B")
        for first in range(0, len(whole), _PIECE_BYTES):
            self._writer.write(whole[first : first + _PIECE_BYTES])
        return len(whole)

    def flush(self) -> None:
        self._writer.flush()


def _zstandard(what: str, verb: str, error: type[W2VError]) -> Any:
    try:
        import zstandard
    except ImportError as missing:
        raise error(f"{what}. Run pip install zstandard to {verb} such files.") from missing
    return zstandard
