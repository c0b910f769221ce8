"""Files that are neither text nor vectors, told by their first bytes."""

from __future__ import annotations

from w2v.errors import W2VError
from w2v.files.compression import compression

HEAD_BYTES = 512  # enough to know the files in the table

_UNICODE = "text. Convert it to UTF-8 (iconv -f {0} -t UTF-8)"
_FOREIGN = (  # where, what bytes, what they mean and what to do
    (0, b"\xff\xfe\0\0", "UTF-32 " + _UNICODE.format("UTF-32")),
    (0, b"\xff\xfe", "UTF-16 " + _UNICODE.format("UTF-16")),
    (0, b"\xfe\xff", "UTF-16 " + _UNICODE.format("UTF-16")),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        "a pointer of Git LFS, which stands for a file. Run git lfs pull, or download the file",
    ),
    (257, b"ustar", "a tar archive. Unpack it"),
    (0, b"PK\x03\x04", "a zip archive or an office document. Unpack it, or save it as plain text"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it"),
    (0, b"Rar!\x1a\x07", "a rar archive. Unpack it"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4, which is not read here. Decompress it"),
    (0, b"%PDF-", "a PDF document. Give {wanted}"),
    (0, b"\x7fELF", "a program. Give {wanted}"),
    (0, b"\x89PNG\r\n", "an image. Give {wanted}"),
    (0, b"\xff\xd8\xff", "an image. Give {wanted}"),
)


def refuse_foreign(head: bytes, name: str, wanted: str, error: type[W2VError]) -> None:
    """Raise `error` for a file that begins so, decompressed if need be, and is of another kind."""
    if kind := compression(head):
        raise error(f"{name} is compressed twice, with {kind} inside. Decompress it once.")
    for place, mark, what in _FOREIGN:
        if head.startswith(mark, place):
            raise error(f"{name} is {what.format(wanted=wanted)}.")
