"""What commands that ask vectors questions have in common: their options, and the vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from w2v.cli.base import PATH, load_vectors
from w2v.config import BACKENDS

if TYPE_CHECKING:
    from w2v import Vectors
    from w2v.queries import Limit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _limit(_: click.Context, param: click.Parameter, value: str | None) -> Limit:
    """`N`, the first N words, or `START:STOP`, rows from 0; 0 stands for all."""
    if value is None:
        return None
    try:
        numbers = [int(part) for part in value.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) == 1 and numbers[0] >= 0:
        return numbers[0] or None
    if len(numbers) == 2 and 0 <= numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    raise click.BadParameter(
        f"expected a number of words, or START:STOP with START below STOP, got {value!r}.",
        param=param,
    )


def query_options(*names: str) -> Callable[[_Function], _Function]:
    """The vectors, the words, and options that several commands have."""

    def decorate(command: _Function) -> _Function:
        for name in reversed(("vectors", "words", *names, "restrict-vocab", "json")):
            command = _OPTIONS[name](command)
        return command

    return decorate


backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="numpy",
    show_default=True,
    help="Where all words are searched; auto: cupy if it can be used, else numpy.",
)
_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "vectors": click.argument("vectors", type=PATH),
    "words": click.argument("words", nargs=-1, required=True),
    "n": click.option(
        "-n", default=10, show_default=True, type=click.IntRange(1), help="How many."
    ),
    "method": click.option(
        "--method",
        type=click.Choice(["3cosadd", "3cosmul"]),
        default="3cosadd",
        show_default=True,
        help="Sum of cosines, or their product.",
    ),
    "restrict-vocab": click.option(
        "--restrict-vocab",
        metavar="N|START:STOP",
        callback=_limit,
        help="Answer among the first N words only, or from row START up to STOP. [all]",
    ),
    "backend": backend_option,
    "json": click.option("--json", "as_json", is_flag=True, help="Print JSON."),
}


def open_vectors(vectors: str | Vectors, backend: str | None = None) -> Vectors:
    """Vectors of a file, or those the shell has loaded already, where they are to be searched."""
    if not isinstance(vectors, str):
        return vectors
    if backend is None:
        return load_vectors(vectors)
    from w2v.queries import search_backend

    where = search_backend(backend)  # first: it may fail
    return load_vectors(vectors).on(where)
