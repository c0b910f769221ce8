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
from w2v.files.disk import Scratch, remove
from w2v.files.drafts import is_locked, locked, remove_tree, sweep
from w2v.files.foreign import HEAD_BYTES, refuse_foreign
from w2v.files.group import together
from w2v.files.outputs import (
    PathLike,
    cannot_write,
    check_distinct,
    check_name,
    check_new_folder,
    check_room,
    check_stdout,
    check_target,
    open_elsewhere,
)
from w2v.files.temporary import temporary_folder
from w2v.files.text_files import read_lines, readable
from w2v.files.whole import (
    check_writing,
    make_folder,
    making_folder,
    replacing,
    scratch_folder,
    write_text,
    writing,
)

__all__ = [
    "BlockStream",
    "EXTENSIONS",
    "HEAD_BYTES",
    "LONGEST_MAGIC",
    "PathLike",
    "Scratch",
    "bounded",
    "cannot_write",
    "check_compressor",
    "check_distinct",
    "check_name",
    "check_new_folder",
    "check_room",
    "check_stdout",
    "check_target",
    "check_writing",
    "compressing",
    "compression",
    "compression_by_name",
    "decompressed",
    "held_at_most",
    "is_locked",
    "locked",
    "make_folder",
    "making_folder",
    "open_elsewhere",
    "read_lines",
    "readable",
    "refuse_foreign",
    "remove",
    "remove_tree",
    "replacing",
    "scratch_folder",
    "sweep",
    "temporary_folder",
    "together",
    "write_text",
    "writing",
]
