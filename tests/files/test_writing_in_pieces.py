"""What is compressed is handed on in pieces, so that a signal is heard while xz is at work."""

from __future__ import annotations

import array
import bz2
import gzip
import io
import lzma
from typing import Any

import pytest

from w2v.files import compressing

READS = {"gzip": gzip.decompress, "bzip2": bz2.decompress, "xz": lzma.decompress}


@pytest.mark.parametrize("kind", READS)
def test_no_call_takes_long(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    for module, name in ((gzip, "GzipFile"), (bz2, "BZ2File"), (lzma, "LZMAFile")):

        class Counted(getattr(module, name)):  # type: ignore[misc]
            def write(self, data: Any) -> int:
                sizes.append(len(data))
                return int(super().write(data))

        monkeypatch.setattr(module, name, Counted)
    numbers = array.array("i", range(100_000))
    target = io.BytesIO()
    with compressing(target, kind) as handle:
        assert handle.write(b"head\n") == 5
        assert handle.write(numbers) == 400_000
        handle.flush()
        handle.write(b"")
    assert max(sizes) <= 1 << 16
    assert READS[kind](target.getvalue()) == b"head\n" + numbers.tobytes()


def test_what_is_not_compressed_is_not_touched() -> None:
    target = io.BytesIO()
    with compressing(target, "") as handle:
        assert handle is target
