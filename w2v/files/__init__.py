"""Files as bytes: written whole or not at all, compressed, and told from foreign kinds."""

from w2v.files.compression import (
    EXTENSIONS,
    LONGEST_MAGIC,
    BlockStream,
    bounded,
    check_compressor,
    compressing,
    compression,
    compression_by_name,
    decompressed,
    held_at_most,
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
from w2v.files.text_files import read_lines, readable

__all__ = [
    "BlockStream",
    "EXTENSIONS",
    "HEAD_BYTES",
    "LONGEST_MAGIC",
    "PathLike",
    "bounded",
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
    "held_at_most",
    "read_lines",
    "readable",
    "refuse_foreign",
    "replacing",
    "write_text",
    "writing",
]
