"""What each instruction does to the registers and the memory of a warp."""

from __future__ import annotations

import operator

import numpy as np

from benchmarks.gpu import sass_floats as floats
from benchmarks.gpu import sass_integers as integers
from benchmarks.gpu import sass_memory as memory
from benchmarks.gpu.sass_code import Instruction
from benchmarks.gpu.sass_registers import (
    I32,
    U32,
    Make,
    elect,
    load_constant,
    permute,
    plain,
    predicates,
    r2ur,
    select,
    special,
    vote,
)
from benchmarks.gpu.sass_warps import Act, UnknownCodeError


def meaning(one: Instruction) -> Act:
    """What an instruction does, to be called with a warp and its active lanes.

    Raises
    ------
    UnknownCodeError
    """
    base, *mods = one.name.split(".")
    uniform = base[:1] == "U" and base[1:] in _KNOWN
    make = _KNOWN.get(base[1:] if uniform else base)
    if make is None:
        raise UnknownCodeError(f"{one.name} {', '.join(one.operands)}")
    act = make(one.operands, mods)
    return memory.waved(act, one, mods) if base in ("LDS", "STS") else act


_KNOWN: dict[str, Make] = {
    "IADD3": integers.iadd3,
    "VIADD": plain(1, "u", lambda a, b: np.add(a, b, dtype=U32)),
    "LEA": integers.lea,
    "IMAD": integers.imad,
    "SHF": integers.shf,
    "ISETP": integers.isetp,
    "FSETP": floats.setp_of("f"),
    "DSETP": floats.setp_of("d"),
    "LOP3": integers.lop3,
    "PLOP3": integers.plop3,
    "VIMNMX": integers.least,
    "VIMNMX3": integers.least,
    "IMNMX": integers.least,
    "VIADDMNMX": lambda texts, mods: integers.least(texts, mods, added=True),
    "MOV": plain(1, "u", lambda a: a),
    "IABS": plain(1, "u", lambda a: np.abs(np.atleast_1d(a).view(I32)).view(U32)),
    "SEL": select("u"),
    "FSEL": select("f"),
    "FADD": plain(1, "f", operator.add),
    "FMUL": plain(1, "f", operator.mul),
    "FFMA": plain(1, "f", lambda a, b, c: (np.float64(1) * a * b + c).astype(np.float32)),
    "FMNMX": floats.fmnmx,
    "DMUL": plain(2, "d", operator.mul),
    "POPC": plain(1, "u", lambda a: np.bitwise_count(np.atleast_1d(a)).astype(U32)),
    "DADD": plain(2, "d", operator.add),
    "MUFU": floats.mufu,
    "HFMA2": floats.fma16,
    "I2FP": floats.i2f,
    "I2F": floats.i2f,
    "F2I": floats.f2i,
    "F2F": floats.f2f,
    "S2R": special,
    "S2UR": special,
    "CS2R": special,
    "R2UR": r2ur,
    "VOTEU": vote,
    "ELECT": elect,
    "P2R": predicates,
    "PRMT": permute,
    "SYNCS": memory.barrier,
    "BLKCP": memory.bulk(adds=False),
    "BLKRED": memory.bulk(adds=True),
    "LDC": load_constant,
    "LDG": memory.access(load=True, shared=False),
    "STG": memory.access(load=False, shared=False),
    "LDS": memory.access(load=True, shared=True),
    "STS": memory.access(load=False, shared=True),
    "RED": memory.atomic(returns=False, shared=False),
    "REDG": memory.atomic(returns=False, shared=False),
    "ATOMG": memory.atomic(returns=True, shared=False),
    "ATOMS": memory.atomic(returns=True, shared=True),
}
