"""Groups of centres against noise words of their own: errors, and what centres change by."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils

from w2v.backends import numba_errors as errors_of
from w2v.backends import numba_llvm as ll
from w2v.backends.numba_llvm import Value
from w2v.backends.numba_products import ABREAST, TILE


@ll.emitted("iiiiiiiif")
def errors(
    b: Any,
    scores: Value,
    row_loads: Value,
    hidden_loads: Value,
    squares: Value,
    row_squares: Value,
    kept: Value,
    hiddens: Value,
    rows: Value,
    rate: Value,
) -> None:
    """Errors of a group's hidden vectors (down) and noise words (across), in place of scores.

    Zero where nothing is kept, and up to whole vectors across. And loads but for their factor: of
    rows, of hidden vectors as lanes to be added up; `squares` are squared lengths.
    """
    stride = b.mul(
        b.udiv(b.add(rows, ll.count(ll.LANES - 1)), ll.count(ll.LANES)), ll.count(ll.LANES)
    )
    rates = ll.spread(b, rate)
    (row_load,) = ll.variables(b, 1)
    with ll.vectors(b, rows) as at:
        b.store(ll.constant(0.0), row_load)
        lengths = ll.load(b, ll.at(b, row_squares, at))
        inside = ll.inside(b, rows, at)
        lengths = b.select(inside, lengths, ll.constant(0.0))
        own_rates = b.select(inside, rates, ll.constant(0.0))
        begins = b.icmp_signed("==", at, ll.count(0))
        with cgutils.for_range(b, hiddens) as loop:
            place = ll.at(b, scores, b.mul(loop.index, stride), at)
            keep = ll.spread(b, b.load(ll.at(b, kept, loop.index)))
            error = errors_of.logistic(
                b, ll.load(b, place), ll.constant(0.0), b.fmul(own_rates, keep)
            )
            ll.store(b, error, place)
            size = ll.size(b, error)
            ll.add_product(b, row_load, size, ll.spread(b, b.load(ll.at(b, squares, loop.index))))
            load = ll.at(b, hidden_loads, b.mul(loop.index, ll.count(ll.LANES)))
            so_far = b.select(begins, ll.constant(0.0), ll.load(b, load))
            ll.store(b, ll.fma(b, size, lengths, so_far), load)
        ll.store(b, b.load(row_load), ll.at(b, row_loads, at))


def _change_hidden(hiddens: int) -> Any:
    @ll.emitted("iiiiiiiiiii")
    def change_hidden(
        b: Any,
        out: Value,
        wide: Value,
        errors: Value,
        stride: Value,
        rows: Value,
        count: Value,
        own: Value,
        own_errors: Value,
        firsts: Value,
        lasts: Value,
        floats: Value,
    ) -> None:
        """What hidden vectors change by: sum over so many rows of errors times rows, and their own.

        `rows` and `own` are lists of output rows. Each change goes to `out`, is added to the padded
        row that `firsts` lists, and taken off that of `lasts`.
        """
        places = [ll.count(i) for i in range(hiddens)]
        left = [ll.at(b, errors, b.mul(i, stride)) for i in places]
        outs = [ll.at(b, out, b.mul(i, wide)) for i in places]
        true, begin, end = (
            [ll.at(b, ll.row(b, rows_of, i)) for i in places] for rows_of in (own, firsts, lasts)
        )
        factors = [ll.spread(b, b.load(ll.at(b, own_errors, i))) for i in places]

        def body(group: ll.Group) -> None:
            sums = [ll.variables_of(b, group) for _ in places]
            for mine, row, factor in zip(sums, true, factors, strict=True):
                for variable, (at, part) in zip(mine, group, strict=True):
                    lanes = ll.load(b, b.gep(row, [at]), part)
                    b.store(b.fmul(ll.fitting(b, factor, part), lanes), variable)
            with cgutils.for_range(b, count) as loop:
                row = ll.at(b, ll.row(b, rows, loop.index))
                lanes = [ll.load(b, b.gep(row, [at]), mask) for at, mask in group]
                for mine, start in zip(sums, left, strict=True):
                    error = ll.spread(b, b.load(b.gep(start, [loop.index])))
                    for variable, lane, (_, part) in zip(mine, lanes, group, strict=True):
                        ll.add_product(b, variable, ll.fitting(b, error, part), lane)
            for mine, to, more, less in zip(sums, outs, begin, end, strict=True):
                for variable, (at, part) in zip(mine, group, strict=True):
                    change = b.load(variable)
                    ll.store(b, change, b.gep(to, [at]), part)
                    for edge, step in ((more, b.fadd), (less, b.fsub)):
                        place = b.gep(edge, [at])
                        ll.store(b, step(ll.load(b, place, part), change), place, part)

        ll.over_halves(b, floats, ABREAST, body)

    return change_hidden


change_hidden_tile, change_hidden_one = _change_hidden(TILE), _change_hidden(1)
