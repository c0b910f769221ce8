"""Vectors of float32 in LLVM's words, of which the instructions of the kernels are put together.

Everything works on addresses: a row is where its first float32 stands, wherever that is, in a table
or in a worker's own memory. Strides and lengths count floats. The last lanes of a row that is no
whole number of vectors are masked, so nothing is read or written beyond it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

_PROBE = """define <16 x float> @sum(<16 x float> %x, <16 x float> %y) {
    %z = fadd <16 x float> %x, %y
    ret <16 x float> %z
}"""


def _lanes_and_registers() -> tuple[int, int]:
    """Floats in a vector, and how many vectors fit the registers of the processor compiled for.

    LLVM shows what it has by adding 16 floats. A vector is two registers where these hold 4 floats.
    """
    triple, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(cpu=cpu, features=features)
    code = machine.emit_assembly(binding.parse_assembly(_PROBE))
    if "zmm" in code:  # AVX-512
        return 16, 32
    if "xmm" in code:  # SSE
        return 8, 8
    return 8, 16  # AVX, or NEON with its 32 registers


LANES, REGISTERS = _lanes_and_registers()
"""Floats in a vector, and vectors that a kernel can hold at once."""

FLOAT, SHORT, INT, LONG = ir.FloatType(), *map(ir.IntType, (16, 32, 64))
VECTOR = ir.VectorType(FLOAT, LANES)
HALF = ir.VectorType(FLOAT, 8)  # or all of a vector
INDICES = ir.VectorType(INT, LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)

Value = Any
Part = Value | None
"""Lanes of a vector that count: a mask, FIRST_HALF for the first half alone, or None for all."""
Group = list[tuple[Value, Part]]
"""Vectors of a row: where each stands, and what counts of it."""
FIRST_HALF = "the first half"
HALF_LANES = 8 if LANES > 8 else 0
"""Floats of half a vector, where the processor has it for half the time."""


def emitted(arguments: str) -> Callable[[Callable[..., None]], Any]:
    """An intrinsic whose arguments are addresses and counts (i) or float32 (f), without a result.

    The decorated function gets an LLVM builder and the arguments, addresses as integers.
    """
    kinds = [types.intp if kind == "i" else types.float32 for kind in arguments]

    def decorate(emit: Callable[..., None]) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            emit(builder, *values)
            return context.get_dummy_value()

        def typing(_context: Any, *_arguments: Any) -> Any:
            return types.void(*kinds), codegen

        typing.__name__ = emit.__name__
        typing.__doc__ = emit.__doc__
        shown = inspect.signature(emit)  # numba reads number and names of the arguments off it
        typing.__signature__ = shown.replace(return_annotation=shown.empty)  # type: ignore
        return intrinsic(typing)

    return decorate


def _reads(kind: Any, result: Any) -> Any:
    """An intrinsic that reads one number of a list; users of an array would be counted."""

    @intrinsic
    def read(_context: Any, address: Any, index: Any) -> Any:
        def codegen(_context: Any, b: Any, _signature: Any, values: Any) -> Any:
            number = b.load(b.gep(b.inttoptr(values[0], kind.as_pointer()), [values[1]]))
            return b.sext(number, LONG) if kind in (SHORT, INT) else number

        return result(types.intp, types.intp), codegen

    return read


read_short, read_int, read_long = (_reads(kind, types.int64) for kind in (SHORT, INT, LONG))
read_float = _reads(FLOAT, types.float32)


@emitted("iii")
def write_long(b: Any, address: Value, index: Value, number: Value) -> None:
    b.store(number, b.gep(b.inttoptr(address, LONG.as_pointer()), [index]))


@emitted("iii")
def write_int(b: Any, address: Value, index: Value, number: Value) -> None:
    b.store(b.trunc(number, INT), b.gep(b.inttoptr(address, INT.as_pointer()), [index]))


@emitted("iif")
def write_float(b: Any, address: Value, index: Value, number: Value) -> None:
    b.store(number, at(b, address, index))


def count(number: int) -> Value:
    return ir.Constant(LONG, number)


def at(b: Any, address: Value, *offsets: Value) -> Value:
    """A pointer to the float that stands so many floats after an address."""
    pointer = b.inttoptr(address, FLOAT.as_pointer())
    for offset in offsets:
        pointer = b.gep(pointer, [offset])
    return pointer


def row(b: Any, addresses: Value, index: Value) -> Value:
    """The index-th of a list of row addresses."""
    return b.load(b.gep(b.inttoptr(addresses, LONG.as_pointer()), [index]))


def load(b: Any, pointer: Value, mask: Part = None, kind: Any = VECTOR) -> Value:
    kind = vector_of(mask) if mask is FIRST_HALF else kind
    pointer = b.bitcast(pointer, kind.as_pointer())
    if mask is not None and mask is not FIRST_HALF:
        name, kinds = f"llvm.masked.load.v{LANES}f32.p0", [pointer.type, INT, MASK, VECTOR]
        return call(b, name, VECTOR, kinds, pointer, ir.Constant(INT, 4), mask, constant(0.0))
    value = b.load(pointer)
    value.align = 4
    return value


def vector_of(part: Part = None) -> Any:
    """The type of a whole vector, or of half of one."""
    return HALF if part is FIRST_HALF else VECTOR


def fitting(b: Any, vector: Value, part: Part) -> Value:
    """A vector, or its first half."""
    return shuffled(b, vector, vector, list(range(HALF_LANES))) if part is FIRST_HALF else vector


def store(b: Any, value: Value, pointer: Value, mask: Part = None) -> None:
    pointer = b.bitcast(pointer, value.type.as_pointer())
    if mask is not None and mask is not FIRST_HALF:
        name, kinds = f"llvm.masked.store.v{LANES}f32.p0", [VECTOR, pointer.type, INT, MASK]
        call(b, name, ir.VoidType(), kinds, value, pointer, ir.Constant(INT, 4), mask)
        return
    b.store(value, pointer).align = 4


def call(b: Any, name: str, result: Any, kinds: list[Any], *values: Value) -> Value:
    known = b.module.globals.get(name)
    return b.call(known or ir.Function(b.module, ir.FunctionType(result, kinds), name), values)


def constant(number: float) -> Value:
    return ir.Constant(VECTOR, [float(np.float32(number))] * LANES)


def spread(b: Any, scalar: Value, lanes: int = LANES) -> Value:
    """A scalar in every lane."""
    kind = ir.VectorType(scalar.type, lanes)
    first = b.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(INT, 0))
    return b.shuffle_vector(first, first, ir.Constant(ir.VectorType(INT, lanes), [0] * lanes))


def fma(b: Any, x: Value, y: Value, z: Value) -> Value:
    """x y + z, in one instruction where there is one."""
    return call(b, f"llvm.fmuladd.v{x.type.count}f32", x.type, [x.type] * 3, x, y, z)


def size(b: Any, x: Value) -> Value:
    """|x|"""
    return call(b, f"llvm.fabs.v{LANES}f32", VECTOR, [VECTOR], x)


def variables(b: Any, count: int, kind: Any = VECTOR) -> list[Value]:
    """Sums, all 0; the compiler keeps them in registers."""
    made = [cgutils.alloca_once(b, kind) for _ in range(count)]
    for variable in made:
        b.store(ir.Constant(kind, [0.0] * kind.count), variable)
    return made


def variables_of(b: Any, group: Group) -> list[Value]:
    """A sum, 0, for each vector or half of one."""
    return [variables(b, 1, vector_of(part))[0] for _, part in group]


def widened(b: Any, half: Value) -> Value:
    """Half a vector with zeros behind it."""
    zeros = ir.Constant(half.type, [0.0] * half.type.count)
    return shuffled(b, half, zeros, list(range(LANES)))


def add_product(b: Any, variable: Value, x: Value, y: Value) -> None:
    b.store(fma(b, x, y, b.load(variable)), variable)


def shuffled(b: Any, x: Value, y: Value, lanes: list[int]) -> Value:
    kind = ir.VectorType(INT, len(lanes))
    return b.shuffle_vector(x, y, ir.Constant(kind, lanes))


def over_lanes(b: Any, floats: Value, body: Callable[[Value, Value | None], None]) -> None:
    """A body for every whole vector of a row, and once more, masked, for what is left."""
    over_groups(b, floats, 1, lambda vectors: body(*vectors[0]))


def over_groups(
    b: Any, floats: Value, size: int, body: Callable[[Group], None], part: Part = None
) -> None:
    """A body for every so many vectors of a row, for whole ones left, and, masked, for the rest.

    Or halves of vectors in place of vectors.
    """
    lanes = vector_of(part).count
    whole = b.udiv(floats, count(lanes))
    groups = b.udiv(whole, count(size))
    with cgutils.for_range(b, groups) as loop:
        body(_group(b, b.mul(loop.index, count(size * lanes)), size, part))
    grouped = b.mul(groups, count(size))
    for left in range(1, size):
        with b.if_then(b.icmp_signed("==", b.sub(whole, grouped), count(left))):
            body(_group(b, b.mul(grouped, count(lanes)), left, part))
    first = b.mul(whole, count(lanes))
    with b.if_then(b.icmp_signed(">", floats, first)):
        body([(first, inside(b, floats, first))])


def over_halves(b: Any, floats: Value, size: int, body: Callable[[Group], None]) -> None:
    """The same, where half a vector may be left: it belongs to the last group, or is one itself."""
    if HALF_LANES == 0:
        over_groups(b, floats, size, body)
        return
    whole = b.udiv(floats, count(LANES))
    groups, end = b.udiv(whole, count(size)), b.mul(whole, count(LANES))
    with cgutils.for_range(b, groups) as loop:
        body(_group(b, b.mul(loop.index, count(size * LANES)), size))
    first = b.mul(groups, count(size * LANES))
    tail = b.sub(floats, end)
    is_half = b.icmp_signed("==", tail, count(HALF_LANES))
    for left in range(size):
        here = b.icmp_signed("==", b.sub(end, first), count(left * LANES))
        with b.if_then(here), b.if_else(is_half) as (half, no_half):
            with half:
                body([*_group(b, first, left), (end, FIRST_HALF)])
            with no_half:
                if left:
                    body(_group(b, first, left))
    with b.if_then(b.icmp_signed(">", b.select(is_half, count(0), tail), count(0))):
        body([(end, inside(b, floats, end))])


def _group(b: Any, first: Value, size: int, part: Part = None) -> Group:
    lanes = vector_of(part).count
    return [(b.add(first, count(i * lanes)), part) for i in range(size)]


def lane_sums(b: Any, vectors: list[Value]) -> Value:
    """Sums of as many vectors as lanes, or half as many, ...: lane i is that of vector i modulo n.

    Two vectors become one that has a half of each and, added to it, the other half: a blend and a
    shuffle, where halves side by side would take two shuffles.
    """
    lanes, number = range(LANES), len(vectors)
    while len(vectors) > 1:
        step = len(vectors) // 2
        own = [lane + LANES if lane & step else lane for lane in lanes]
        other = [(lane ^ step) + LANES if lane & step else lane ^ step for lane in lanes]
        pairs = [(vectors[i], vectors[i + step]) for i in range(step)]
        vectors = [b.fadd(shuffled(b, *p, own), shuffled(b, *p, other)) for p in pairs]
    step = LANES // 2
    while step >= number:  # lanes of the same sum
        crossed = shuffled(b, vectors[0], vectors[0], [lane ^ step for lane in lanes])
        vectors[0] = b.fadd(vectors[0], crossed)
        step //= 2
    return vectors[0]


@contextmanager
def vectors(b: Any, floats: Value) -> Iterator[Value]:
    """A loop over the vectors of so many floats, the last filled up; the place of each."""
    number = b.udiv(b.add(floats, count(LANES - 1)), count(LANES))
    with cgutils.for_range(b, number) as loop:
        yield b.mul(loop.index, count(LANES))


def inside(b: Any, floats: Value, first: Value) -> Value:
    """Lanes of the vector at a place that are among the first so many."""
    lanes = ir.Constant(INDICES, list(range(LANES)))
    return b.icmp_signed("<", lanes, spread(b, b.trunc(b.sub(floats, first), INT)))
