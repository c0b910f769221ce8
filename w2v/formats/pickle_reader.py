"""Pickles read as data: the program in the file is followed, and nothing that it names is run."""

from __future__ import annotations

import struct
from functools import cache

from w2v.errors import VectorFileError
from w2v.formats.pickle_machine import Machine, Step
from w2v.formats.pickle_values import Bag, DamagedError, Pairs

_ERRORS = (*(IndexError, KeyError, TypeError, ValueError, AttributeError), struct.error)


def read_pickle(data: memoryview, name: str) -> object:
    """What a pickle holds, as plain values and inert records; see `pickle_values`.

    Parameters
    ----------
    data : memoryview of bytes        All of the file. Large bytes in it are kept as views.
    name : str                        What messages call it.

    Raises
    ------
    VectorFileError
        It is damaged, names what is not read, or does what no model needs.
    """
    try:
        return Machine(data, name).run(_steps())
    except _ERRORS as error:
        reason = str(error) if isinstance(error, DamagedError) else "what it says makes no sense"
        raise VectorFileError(
            f"{name} is a damaged or foreign Python pickle ({reason:.160}). Save it again, or copy "
            "it again."
        ) from error


@cache
def _steps() -> list[Step | None]:
    """What to do for each opcode; None for those that no model has."""
    import pickletools

    m = Machine
    by_name: dict[str, Step] = {
        "PROTO": m.protocol,
        "FRAME": m.frame,
        "MARK": m.mark,
        "POP": m.pop,
        "POP_MARK": m.pop_mark,
        "DUP": lambda s: s.push(s.stack[-1]),
        "NONE": lambda s: s.push(None),
        "NEWTRUE": lambda s: s.push(True),
        "NEWFALSE": lambda s: s.push(False),
        "INT": m.decimal,
        "LONG": m.decimal,
        "BININT": lambda s: s.signed(4),
        "BININT1": m.byte,
        "BININT2": m.two_bytes,
        "LONG1": lambda s: s.long(1),
        "LONG4": lambda s: s.long(4),
        "BINFLOAT": m.float,
        "BINBYTES": lambda s: s.bytes(4),
        "SHORT_BINBYTES": lambda s: s.bytes(1),
        "BINBYTES8": lambda s: s.bytes(8),
        "BYTEARRAY8": lambda s: s.bytes(8),
        "BINUNICODE": lambda s: s.text(4),
        "SHORT_BINUNICODE": lambda s: s.text(1),
        "BINUNICODE8": lambda s: s.text(8),
        "BINSTRING": lambda s: s.old_text(4),
        "SHORT_BINSTRING": lambda s: s.old_text(1),
        "EMPTY_LIST": lambda s: s.make([]),
        "APPEND": lambda s: s.extend(list, s.last(1)),
        "APPENDS": lambda s: s.extend(list, s.since_mark()),
        "LIST": lambda s: s.make(s.since_mark()),
        "EMPTY_TUPLE": lambda s: s.push(()),
        "TUPLE": lambda s: s.make(tuple(s.since_mark())),
        "TUPLE1": lambda s: s.few(1),
        "TUPLE2": lambda s: s.few(2),
        "TUPLE3": lambda s: s.few(3),
        "EMPTY_DICT": lambda s: s.make(Pairs()),
        "DICT": m.pairs,
        "SETITEM": lambda s: s.extend(Pairs, s.last(2)),
        "SETITEMS": lambda s: s.extend(Pairs, s.since_mark()),
        "EMPTY_SET": lambda s: s.make(Bag()),
        "ADDITEMS": lambda s: s.extend(Bag, s.since_mark()),
        "FROZENSET": lambda s: s.make(Bag(s.since_mark())),
        "BINPUT": m.put1,
        "LONG_BINPUT": m.put4,
        "MEMOIZE": m.memoize,
        "BINGET": m.get1,
        "LONG_BINGET": m.get4,
        "GLOBAL": m.global_name,
        "STACK_GLOBAL": m.stack_global,
        "NEWOBJ": lambda s: s.new(1),
        "NEWOBJ_EX": lambda s: s.new(2),
        "REDUCE": m.reduce,
        "BUILD": m.build,
    }
    found: list[Step | None] = [None] * 256
    for opcode in pickletools.opcodes:
        found[ord(opcode.code)] = by_name.get(opcode.name)
    return found
