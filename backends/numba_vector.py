"""Vector instructions for the Numba kernels, written out where the compiler does not find them.

A kernel is won or lost in the products of a few dozen rows: here they hold eight sums in registers
and load each number once, which reaches nine tenths of what the arithmetic units can do, where
compiled plain loops reach a fifth. Everything works on addresses: a row is where its first float32
stands, wherever that is, in a table or in a worker's own memory. Strides and lengths count floats.
The last lanes of a row that is no whole number of vectors are masked, so nothing is read or written
beyond it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, codegen, config
from numba.extending import intrinsic

_GIVEN = config.CPU_FEATURES  # by the user: NUMBA_CPU_FEATURES
_FEATURES = codegen.get_host_cpu_features() if _GIVEN is None else _GIVEN
LANES = 16 if "+avx512f" in _FEATURES.split(",") else 8
"""Floats in a vector: two registers' worth where the machine has narrower ones."""
ROWS = 8
"""Rows of a product that are summed at once; no product may have fewer."""

_FLOAT, _INT, _LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_INDICES = ir.VectorType(_INT, LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)
_NONE = ir.Constant(_VECTOR, ir.Undefined)
_CACHE_LINE = 16  # floats

# tanh y = y P(y^2) / Q(y^2) for |y| <= 9, where float32 ends: to 2e-8, fitted by least squares
# reweighted towards the largest error
_TANH_P: tuple[float, ...] = (0.9999999063897513, 0.13373204087456267, 3.4865892676033254e-3)
_TANH_P += (2.047194329789673e-05, 1.3184363654307098e-08)
_TANH_Q: tuple[float, ...] = (1.0, 0.4670650096291028, 0.025842007802820633)
_TANH_Q += (3.271397077264785e-4, 7.70272420934777e-07)
_TANH_END = 9.0

Value = Any
Body = Callable[[Value, Value | None], None]
GroupBody = Callable[[list[tuple[Value, Value | None]]], None]


def _emitted(arguments: str) -> Callable[[Callable[..., None]], Any]:
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


def _count(number: int) -> Value:
    return ir.Constant(_LONG, number)


def _at(b: Any, address: Value, *offsets: Value) -> Value:
    """A pointer to the float that stands so many floats after an address."""
    pointer = b.inttoptr(address, _FLOAT.as_pointer())
    for offset in offsets:
        pointer = b.gep(pointer, [offset])
    return pointer


def _row(b: Any, addresses: Value, index: Value) -> Value:
    """The index-th of a list of row addresses."""
    return b.load(b.gep(b.inttoptr(addresses, _LONG.as_pointer()), [index]))


def _load(b: Any, pointer: Value, mask: Value | None = None) -> Value:
    pointer = b.bitcast(pointer, _VECTOR.as_pointer())
    if mask is not None:
        name, kinds = f"llvm.masked.load.v{LANES}f32.p0", [pointer.type, _INT, _MASK, _VECTOR]
        return _call(b, name, _VECTOR, kinds, pointer, ir.Constant(_INT, 4), mask, _all(0.0))
    value = b.load(pointer)
    value.align = 4
    return value


def _store(b: Any, value: Value, pointer: Value, mask: Value | None = None) -> None:
    pointer = b.bitcast(pointer, value.type.as_pointer())
    if mask is not None:
        name, kinds = f"llvm.masked.store.v{LANES}f32.p0", [_VECTOR, pointer.type, _INT, _MASK]
        _call(b, name, ir.VoidType(), kinds, value, pointer, ir.Constant(_INT, 4), mask)
        return
    b.store(value, pointer).align = 4


def _call(b: Any, name: str, result: Any, kinds: list[Any], *values: Value) -> Value:
    known = b.module.globals.get(name)
    return b.call(known or ir.Function(b.module, ir.FunctionType(result, kinds), name), values)


def _all(number: float) -> Value:
    return ir.Constant(_VECTOR, [float(np.float32(number))] * LANES)


def _spread(b: Any, scalar: Value) -> Value:
    """A scalar in every lane."""
    kind = ir.VectorType(scalar.type, LANES)
    first = b.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(_INT, 0))
    return b.shuffle_vector(first, first, ir.Constant(_INDICES, [0] * LANES))


def _fma(b: Any, x: Value, y: Value, z: Value) -> Value:
    """x y + z, in one instruction where there is one."""
    return _call(b, f"llvm.fmuladd.v{LANES}f32", _VECTOR, [_VECTOR] * 3, x, y, z)


def _variables(b: Any, count: int) -> list[Value]:
    """Sums, all 0; the compiler keeps them in registers."""
    made = [cgutils.alloca_once(b, _VECTOR) for _ in range(count)]
    for variable in made:
        b.store(_all(0.0), variable)
    return made


def _add_product(b: Any, variable: Value, x: Value, y: Value) -> None:
    b.store(_fma(b, x, y, b.load(variable)), variable)


def _shuffled(b: Any, x: Value, y: Value, lanes: list[int]) -> Value:
    kind = ir.VectorType(_INT, len(lanes))
    return b.shuffle_vector(x, y, ir.Constant(kind, lanes))


def _over_lanes(b: Any, floats: Value, body: Body) -> None:
    """A body for every whole vector of a row, and once more, masked, for what is left."""
    _over_groups(b, floats, 1, lambda vectors: body(*vectors[0]))


def _over_groups(b: Any, floats: Value, size: int, body: GroupBody) -> None:
    """A body for every so many vectors of a row, and once more, masked, for what is left.

    It gets a place and a mask for each vector; None for a mask means all lanes.
    """
    group = _count(size * LANES)
    whole = b.udiv(floats, group)
    with cgutils.for_range(b, whole) as loop:
        first = b.mul(loop.index, group)
        body([(b.add(first, _count(v * LANES)), None) for v in range(size)])
    first = b.mul(whole, group)
    rest = b.trunc(b.sub(floats, first), _INT)
    with b.if_then(b.icmp_signed(">", rest, ir.Constant(_INT, 0))):
        vectors = []
        for v in range(size):
            lanes = ir.Constant(_INDICES, [v * LANES + lane for lane in range(LANES)])
            mask = b.icmp_signed("<", lanes, _spread(b, rest))
            vectors.append((b.add(first, _count(v * LANES)), mask))
        body(vectors)


@_emitted("iii")
def copy_padded(b: Any, target: Value, source: Value, floats: Value) -> None:
    """A row to a place of whole vectors, with zeros behind it."""

    def body(at: Value, mask: Value | None) -> None:
        _store(b, _load(b, _at(b, source, at), mask), _at(b, target, at))

    _over_lanes(b, floats, body)


@_emitted("iiif")
def add(b: Any, target: Value, source: Value, floats: Value, factor: Value) -> None:
    """target += factor source"""
    factors = _spread(b, factor)

    def body(at: Value, mask: Value | None) -> None:
        to = _at(b, target, at)
        _store(b, _fma(b, factors, _load(b, _at(b, source, at)), _load(b, to, mask)), to, mask)

    _over_lanes(b, floats, body)


@_emitted("iiii")
def publish(b: Any, shared: Value, own: Value, seen: Value, floats: Value) -> None:
    """shared += own - seen, then own = seen = shared: changes go out, those of others come in."""

    def body(at: Value, mask: Value | None) -> None:
        places = [_at(b, address, at) for address in (shared, own, seen)]
        theirs, mine, old = (_load(b, place, mask) for place in places)
        now = b.fadd(theirs, b.fsub(mine, old))
        for place in places:
            _store(b, now, place, mask)

    _over_lanes(b, floats, body)


@_emitted("ii")
def prefetch(b: Any, row: Value, floats: Value) -> None:
    """Ask for a row, to be read and written soon."""
    byte = ir.IntType(8).as_pointer()
    lines = b.udiv(b.add(floats, _count(_CACHE_LINE - 1)), _count(_CACHE_LINE))
    with cgutils.for_range(b, lines) as loop:
        place = b.bitcast(_at(b, row, b.mul(loop.index, _count(_CACHE_LINE))), byte)
        hints = [ir.Constant(_INT, hint) for hint in (1, 3, 1)]  # to write, keep, data
        _call(b, "llvm.prefetch.p0", ir.VoidType(), [byte, _INT, _INT, _INT], place, *hints)


@_emitted("iiii")
def transpose(b: Any, target: Value, target_stride: Value, source: Value, stride: Value) -> None:
    """A square of LANES rows and columns, in registers."""
    rows = [_load(b, _at(b, source, b.mul(_count(i), stride))) for i in range(LANES)]
    step = 1
    while step < LANES:  # swap the off-diagonal squares of size `step`
        upper = [LANES + (i ^ step) if i & step else i for i in range(LANES)]
        lower = [LANES + i if i & step else i ^ step for i in range(LANES)]
        swapped = list(rows)
        for i in (i for i in range(LANES) if not i & step):
            pair = rows[i], rows[i | step]
            swapped[i] = _shuffled(b, *pair, upper)
            swapped[i | step] = _shuffled(b, *pair, lower)
        rows = swapped
        step *= 2
    for i in range(LANES):
        _store(b, rows[i], _at(b, target, b.mul(_count(i), target_stride)))


def _multiply(vectors: int) -> Any:
    @_emitted("iiiiiiiii")
    def multiply(
        b: Any,
        out: Value,
        out_stride: Value,
        rows: Value,
        left: Value,
        left_row: Value,
        left_column: Value,
        right: Value,
        right_stride: Value,
        inner: Value,
    ) -> None:
        """out[i, lanes] = sum over k of left[i, k] right[k, lanes]; at least ROWS rows."""
        blocks = b.sdiv(b.add(rows, _count(ROWS - 1)), _count(ROWS))
        last = b.sub(rows, _count(ROWS))
        with cgutils.for_range(b, blocks) as block:
            first = b.mul(block.index, _count(ROWS))
            first = b.select(
                b.icmp_signed(">", first, last), last, first
            )  # overlaps the one before
            numbers = [b.add(first, _count(i)) for i in range(ROWS)]
            starts = [_at(b, left, b.mul(number, left_row)) for number in numbers]
            sums = [_variables(b, vectors) for _ in numbers]
            with cgutils.for_range(b, inner) as k:
                row = _at(b, right, b.mul(k.index, right_stride))
                lanes = [_load(b, b.gep(row, [_count(v * LANES)])) for v in range(vectors)]
                column = b.mul(k.index, left_column)
                for start, own in zip(starts, sums, strict=True):
                    factor = _spread(b, b.load(b.gep(start, [column])))
                    for variable, lane in zip(own, lanes, strict=True):
                        _add_product(b, variable, factor, lane)
            for number, own in zip(numbers, sums, strict=True):
                row = _at(b, out, b.mul(number, out_stride))
                for v, variable in enumerate(own):
                    _store(b, b.load(variable), b.gep(row, [_count(v * LANES)]))

    return multiply


multiply_one, multiply_two = _multiply(1), _multiply(2)
"""Products that are one or two vectors wide."""


def _lane_sums(b: Any, vectors: list[Value]) -> Value:
    """As many vectors as lanes: lane i of the result is the sum of vector i."""
    step = LANES // 2
    while step:
        first, second = [], []
        for lane in range(LANES):
            half, place = divmod(lane % (2 * step), step)
            at = half * LANES + lane // (2 * step) * 2 * step + place
            first.append(at)
            second.append(at + step)
        pairs = [(vectors[i], vectors[i + step]) for i in range(step)]
        vectors = [b.fadd(_shuffled(b, *p, first), _shuffled(b, *p, second)) for p in pairs]
        step //= 2
    return vectors[0]


def _dots(rows: int, others: int) -> Any:
    @_emitted("iiiiii")
    def dots(
        b: Any,
        out: Value,
        out_stride: Value,
        addresses: Value,
        right: Value,
        right_stride: Value,
        floats: Value,
    ) -> None:
        """out[j, i] = row i of a list . row j of a padded array, i < rows, j < others."""
        sums = _variables(b, LANES)
        starts = [_row(b, addresses, _count(i)) for i in range(rows)]

        def body(at: Value, mask: Value | None) -> None:
            left = [_load(b, _at(b, start, at), mask) for start in starts]
            for j in range(others):
                lane = _load(b, _at(b, right, at, b.mul(_count(j), right_stride)))
                for i in range(rows):
                    _add_product(b, sums[j * rows + i], left[i], lane)

        _over_lanes(b, floats, body)
        found = _lane_sums(b, [b.load(variable) for variable in sums])
        if others == 1:
            _store(b, found, _at(b, out))
            return
        for j in range(others):
            part = _shuffled(b, found, found, [j * rows + i for i in range(rows)])
            _store(b, part, _at(b, out, b.mul(_count(j), out_stride)))

    return dots


TOGETHER = 4
"""Hidden vectors that meet the same rows."""
dots_4, dots_2, dots_1 = (_dots(LANES // others, others) for others in (TOGETHER, 2, 1))
"""Scores of a few rows against 4, 2 or 1 others: LANES of them."""


@_emitted("iiiii")
def dots_paired(
    b: Any, out: Value, left: Value, right: Value, stride: Value, floats: Value
) -> None:
    """out[i] = left row i . right row i, for LANES rows of two padded arrays."""
    sums = _variables(b, LANES)

    def body(at: Value, _mask: Value | None) -> None:
        for i, variable in enumerate(sums):
            row = b.mul(_count(i), stride)
            lanes = [_load(b, _at(b, address, at, row)) for address in (left, right)]
            _add_product(b, variable, *lanes)

    _over_lanes(b, floats, body)
    _store(b, _lane_sums(b, [b.load(variable) for variable in sums]), _at(b, out))


def _update(hidden: int, vectors: int) -> Any:
    """For so many hidden vectors, so many vectors of lanes at a time."""

    @_emitted("iiiifiiiiii")
    def update(
        b: Any,
        addresses: Value,
        rows: Value,
        hidden_addresses: Value,
        hidden_factors: Value,
        row_factor: Value,
        errors: Value,
        error_stride: Value,
        products: Value,
        copies: Value,
        stride: Value,
        floats: Value,
    ) -> None:
        """Rows and hidden vectors, both in place, a hidden vector after the other.

        row i += row_factor sum_j errors[j, i] copy j
        hidden j += hidden_factors[j] sum_i errors[j, i] row i, as those before j have left it

        The products are those of `errors_in_turn`.
        """
        every = range(hidden)

        def body(group: list[tuple[Value, Value | None]]) -> None:
            starts = [_at(b, copies, b.mul(_count(j), stride)) for j in every]
            lanes = [[_load(b, b.gep(start, [at])) for at, _ in group] for start in starts]
            sums = [_variables(b, len(group)) for _ in every]
            with cgutils.for_range(b, rows) as loop:
                row = _at(b, _row(b, addresses, loop.index))
                before = [_load(b, b.gep(row, [at]), mask) for at, mask in group]
                start = _at(b, errors, loop.index)
                changes: list[list[Value]] = [[] for _ in group]
                for j in every:
                    error = b.load(b.gep(start, [b.mul(_count(j), error_stride)]))
                    factor = _spread(b, error)
                    for v in range(len(group)):
                        _add_product(b, sums[j][v], factor, before[v])
                        changes[v].append(_chained(b, changes[v], factor, lanes[j][v]))
                for v, (at, mask) in enumerate(group):
                    change = b.fadd(*changes[v][-2:]) if hidden > 1 else changes[v][0]
                    after = _fma(b, change, _spread(b, row_factor), before[v])
                    _store(b, after, b.gep(row, [at]), mask)
            for j, own in enumerate(sums):
                for i in range(j):
                    product = _spread(b, b.load(_at(b, products, _count(_below(j, i)))))
                    for v, variable in enumerate(own):
                        _add_product(b, variable, product, lanes[i][v])
                row = _at(b, _row(b, hidden_addresses, _count(j)))
                factor = _spread(b, b.load(_at(b, hidden_factors, _count(j))))
                for variable, (at, mask) in zip(own, group, strict=True):
                    place = b.gep(row, [at])
                    moved = _fma(b, b.load(variable), factor, _load(b, place, mask))
                    _store(b, moved, place, mask)

        _over_groups(b, floats, vectors, body)

    return update


def _below(j: int, i: int) -> int:
    """Where the pair of j and a smaller i stands among all pairs."""
    return j * (j - 1) // 2 + i


def _chained(b: Any, sums: list[Value], x: Value, y: Value) -> Value:
    """x y plus the sum before last: two chains of sums are quicker than one."""
    return b.fmul(x, y) if len(sums) < 2 else _fma(b, x, y, sums[-2])


update_1, update_2, update_4 = _update(1, 4), _update(2, 4), _update(4, 2)


@_emitted("iiiif")
def sum_rows(
    b: Any, out: Value, addresses: Value, count: Value, floats: Value, factor: Value
) -> None:
    """out = factor times the sum of the rows of a list; the padding is left as it is."""

    def body(group: list[tuple[Value, Value | None]]) -> None:
        sums = _variables(b, len(group))
        with cgutils.for_range(b, count) as loop:
            row = _at(b, _row(b, addresses, loop.index))
            for variable, (at, mask) in zip(sums, group, strict=True):
                b.store(b.fadd(b.load(variable), _load(b, b.gep(row, [at]), mask)), variable)
        for variable, (at, mask) in zip(sums, group, strict=True):
            _store(b, b.fmul(b.load(variable), _spread(b, factor)), _at(b, out, at), mask)

    _over_groups(b, floats, 4, body)


@_emitted("iiiii")
def add_to_rows(
    b: Any, addresses: Value, factors: Value, count: Value, source: Value, floats: Value
) -> None:
    """Each row of a list += its factor times one padded vector."""

    def body(group: list[tuple[Value, Value | None]]) -> None:
        lanes = [_load(b, _at(b, source, at)) for at, _ in group]
        with cgutils.for_range(b, count) as loop:
            row = _at(b, _row(b, addresses, loop.index))
            factor = _spread(b, b.load(_at(b, factors, loop.index)))
            for lane, (at, mask) in zip(lanes, group, strict=True):
                place = b.gep(row, [at])
                _store(b, _fma(b, lane, factor, _load(b, place, mask)), place, mask)

    _over_groups(b, floats, 4, body)


def _errors(b: Any, scores: Value, labels: Value, rates: Value) -> Value:
    """rates (labels - 1 / (1 + exp(-scores))), in as few steps after each other as may be.

    With x = scores, 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2.
    """
    bounds = [f"llvm.{side}num.v{LANES}f32" for side in ("min", "max")]
    x = _call(b, bounds[0], _VECTOR, [_VECTOR] * 2, scores, _all(2 * _TANH_END))
    x = _call(b, bounds[1], _VECTOR, [_VECTOR] * 2, x, _all(-2 * _TANH_END))
    square = b.fmul(x, x)
    fourth = b.fmul(square, square)
    p, q = (
        _quartic(b, [factor * c / 4**i for i, c in enumerate(coefficients)], square, fourth)
        for coefficients, factor in ((_TANH_P, 0.25), (_TANH_Q, 1))
    )
    middle = b.fmul(rates, b.fsub(labels, _all(0.5)))
    return b.fsub(middle, b.fdiv(b.fmul(b.fmul(rates, x), p), q))


def _quartic(b: Any, c: list[float], x: Value, square: Value) -> Value:
    """c0 + c1 x + c2 x^2 + c3 x^3 + c4 x^4"""
    high = _fma(b, _all(c[4]), square, _fma(b, _all(c[3]), x, _all(c[2])))
    return _fma(b, high, square, _fma(b, _all(c[1]), x, _all(c[0])))


def _inside(b: Any, count: Value, at: Value) -> Value:
    """Lanes of the vector at a place that are among the first so many."""
    lanes = ir.Constant(_INDICES, list(range(LANES)))
    return b.icmp_signed("<", lanes, _spread(b, b.trunc(b.sub(count, at), _INT)))


@_emitted("iiff")
def errors(b: Any, scores: Value, count: Value, label: Value, rate: Value) -> None:
    """x = rate (label - 1 / (1 + exp(-x))) for so many scores, and 0 up to a whole vector."""
    labels, rates = _spread(b, label), _spread(b, rate)
    vectors = b.udiv(b.add(count, _count(LANES - 1)), _count(LANES))
    with cgutils.for_range(b, vectors) as loop:
        at = b.mul(loop.index, _count(LANES))
        place = _at(b, scores, at)
        error = _errors(b, _load(b, place), labels, rates)
        _store(b, b.select(_inside(b, count, at), error, _all(0.0)), place)


def _in_turn(hidden: int) -> Any:
    pairs = [(j, k) for j in range(hidden) for k in range(j)]

    @_emitted("iiiiiiiiiiff")
    def errors_in_turn(
        b: Any,
        errors: Value,
        scores: Value,
        stride: Value,
        labels: Value,
        rows: Value,
        products: Value,
        copies: Value,
        copy_stride: Value,
        floats: Value,
        count: Value,
        row_factor: Value,
        rate: Value,
    ) -> None:
        """Errors of so many hidden vectors, each after those before it have moved the rows.

        scores[j, i] += row_factor sum over k < j of errors[k, i] (copy j . copy k)
        errors[j, i] = rate (labels[i] - 1 / (1 + exp(-scores[j, i]))) for j < count, else 0
        product of j and k < j = row_factor sum_i errors[j, i] errors[k, i]
        """
        factors = _spread(b, row_factor)
        rates = [
            b.select(b.icmp_signed(">", count, _count(j)), _spread(b, rate), _all(0.0))
            for j in range(hidden)
        ]
        starts = [_at(b, copies, b.mul(_count(j), copy_stride)) for j in range(hidden)]
        squares = _variables(b, LANES)

        def square(at: Value, _mask: Value | None) -> None:
            own = [_load(b, b.gep(start, [at])) for start in starts]
            for j, k in pairs:
                _add_product(b, squares[_below(j, k)], own[j], own[k])

        if pairs:
            _over_lanes(b, floats, square)
        met = b.fmul(factors, _lane_sums(b, [b.load(variable) for variable in squares]))
        effects = {(j, k): _shuffled(b, met, met, [_below(j, k)] * LANES) for j, k in pairs}
        sums = _variables(b, LANES)
        vectors = b.udiv(b.add(rows, _count(LANES - 1)), _count(LANES))
        with cgutils.for_range(b, vectors) as loop:
            at = b.mul(loop.index, _count(LANES))
            wanted, inside = _load(b, _at(b, labels, at)), _inside(b, rows, at)
            found: list[Value] = []
            for j in range(hidden):
                offset = b.add(b.mul(_count(j), stride), at)
                score = _load(b, _at(b, scores, offset))
                for k, earlier in enumerate(found):
                    score = _fma(b, earlier, effects[j, k], score)
                error = _errors(b, score, wanted, rates[j])
                error = b.select(inside, error, _all(0.0))
                for k, earlier in enumerate(found):
                    _add_product(b, sums[_below(j, k)], earlier, error)
                _store(b, score, _at(b, scores, offset))
                _store(b, error, _at(b, errors, offset))
                found.append(error)
        if pairs:
            totals = _lane_sums(b, [b.load(variable) for variable in sums])
            _store(b, b.fmul(totals, factors), _at(b, products))

    return errors_in_turn


errors_in_turn_1, errors_in_turn_2, errors_in_turn_4 = _in_turn(1), _in_turn(2), _in_turn(4)


@_emitted("iiiiii")
def keep_pairs(
    b: Any, errors: Value, pairs: Value, lanes: Value, first: Value, last: Value, but: Value
) -> None:
    """Zero in a row but for lanes [first, last) without one; each of them counts one pair."""
    numbers = ir.Constant(_INDICES, list(range(LANES)))
    with cgutils.for_range(b, b.udiv(lanes, _count(LANES))) as loop:
        at = b.mul(loop.index, _count(LANES))
        lane = b.add(numbers, _spread(b, b.trunc(at, _INT)))
        first, last, but = (
            x if x.type == _INDICES else _spread(b, b.trunc(x, _INT)) for x in (first, last, but)
        )
        inside = b.and_(b.icmp_signed(">=", lane, first), b.icmp_signed("<", lane, last))
        inside = b.and_(inside, b.icmp_signed("!=", lane, but))
        place, count = _at(b, errors, at), _at(b, pairs, at)
        _store(b, b.select(inside, _load(b, place), _all(0.0)), place)
        one_more = b.fadd(_load(b, count), b.select(inside, _all(1.0), _all(0.0)))
        _store(b, one_more, count)


@_emitted("iiiiif")
def cap_factors(
    b: Any, out: Value, ids: Value, terms: Value, others: Value, count: Value, rate: Value
) -> None:
    """out[i] = min(1, 1 / (rate (others[i] + the terms of all rows with the id of row i))).

    Ids are int32, and like terms and others there up to a whole vector. Every id is compared with
    every other, a vector at a time: for the rows of a block that is quicker than a table of sums.
    """
    rates = _spread(b, rate)
    pointers = [b.inttoptr(ids, kind.as_pointer()) for kind in (_INDICES, _INT)]
    (total,) = _variables(b, 1)
    vectors = b.udiv(b.add(count, _count(LANES - 1)), _count(LANES))
    with cgutils.for_range(b, vectors) as loop:
        own = b.load(b.gep(pointers[0], [loop.index]))
        own.align = 4
        b.store(_all(0.0), total)
        with cgutils.for_range(b, count) as other:
            same = b.icmp_signed("==", own, _spread(b, b.load(b.gep(pointers[1], [other.index]))))
            term = _spread(b, b.load(_at(b, terms, other.index)))
            b.store(b.fadd(b.load(total), b.select(same, term, _all(0.0))), total)
        beside = _load(b, _at(b, others, b.mul(loop.index, _count(LANES))))
        steps = b.fmul(b.fadd(b.load(total), beside), rates)
        steps = b.select(b.fcmp_ordered(">", steps, _all(1.0)), steps, _all(1.0))
        _store(b, b.fdiv(_all(1.0), steps), _at(b, out, b.mul(loop.index, _count(LANES))))
