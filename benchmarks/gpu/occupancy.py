"""How many blocks of threads a multiprocessor holds at once, by what each takes."""

from __future__ import annotations

from typing import NamedTuple

WARP = 32


class Limits(NamedTuple):
    """Of a device; from the table of compute capabilities of the CUDA programming guide."""

    multiprocessors: int
    warps: int
    blocks: int
    registers: int
    shared: int
    """Bytes, of a multiprocessor."""
    most_shared: int
    """Bytes, that one block can have."""


LIMITS = {
    "sm_80": Limits(108, 64, 32, 65_536, 164 * 1024, 163 * 1024),  # A100
    "sm_90": Limits(132, 64, 32, 65_536, 228 * 1024, 227 * 1024),  # H100, SXM
}
_REGISTERS_AT_ONCE, _WARPS_AT_ONCE, _SHARED_AT_ONCE = 256, 4, 128
_RESERVED = 1024  # bytes of shared memory that the system has of each block


def resident(limits: Limits, threads: int, registers: int, shared: int) -> tuple[int, str]:
    """Blocks of a multiprocessor, and what keeps it from more.

    Parameters
    ----------
    threads, registers, shared : int    Of a block, of a thread, and bytes of a block, static ones
                                        among them.
    """
    warps = -(-threads // WARP)
    of_warp = -(-registers * WARP // _REGISTERS_AT_ONCE) * _REGISTERS_AT_ONCE
    of_device = limits.registers // of_warp // _WARPS_AT_ONCE * _WARPS_AT_ONCE
    taken = -(-(shared + _RESERVED) // _SHARED_AT_ONCE) * _SHARED_AT_ONCE
    found = {
        "blocks": limits.blocks,
        "warps": limits.warps // warps,
        "registers": of_device // warps,
        "shared memory": 0 if shared > limits.most_shared else limits.shared // taken,
    }
    why = min(found, key=lambda name: found[name])
    return found[why], why
