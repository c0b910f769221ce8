"""Files as bytes: written whole or not at all, compressed, and told from foreign kinds."""

from w2v.files.compression import (
    EXTENSIONS,
    LONGEST_MAGIC,
    check_compressor,
    compressing,
    compression,
    compression_by_name,
    decompressed,
)
from w2v.files.foreign import HEAD_BYTES, refuse_foreign
from w2v.files.outputs import (
    PathLike,
    check_distinct,
    check_name,
    check_stdout,
    check_target,
    check_writing,
    replacing,
    write_text,
    writing,
)
from w2v.files.temporary import temporary_folder
from w2v.files.text_files import read_lines, readable

__all__ = [
    "EXTENSIONS",
    "HEAD_BYTES",
    "LONGEST_MAGIC",
    "PathLike",
    "check_compressor",
    "check_distinct",
    "check_name",
    "check_stdout",
    "check_target",
    "check_writing",
    "compressing",
    "compression",
    "compression_by_name",
    "decompressed",
    "read_lines",
    "readable",
    "refuse_foreign",
    "replacing",
    "temporary_folder",
    "write_text",
    "writing",
]
