"""What commands that ask vectors questions have in common: their options, and the vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from w2v.cli import columns
from w2v.cli.base import JSON, PATH, TEXT, load_vectors
from w2v.config import BACKENDS
from w2v.errors import QueryError

if TYPE_CHECKING:
    from w2v import NeighbourIndex, Vectors
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


def _columns(_: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Names of columns between commas."""
    names = tuple(name.strip() for name in value.split(","))
    if set(names) <= set(columns.ANSWER) and len(set(names)) == len(names):
        return names
    raise click.BadParameter(
        f"expected some of {','.join(columns.ANSWER)}, each once, got {value!r}.", param=param
    )


def query_options(*names: str) -> Callable[[_Function], _Function]:
    """The vectors, the words, and options that all questions have, or several."""
    return options("vectors", "words", *names, "restrict-vocab", "json")


def options(*names: str) -> Callable[[_Function], _Function]:
    """Arguments and options by name, in the order of the help."""

    def decorate(command: _Function) -> _Function:
        for name in reversed(names):
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
    "words": click.argument("words", nargs=-1, required=True, type=TEXT),
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
        help="Answer among the first N words only, or from row START up to STOP. [default: all]",
    ),
    "min-count": click.option(
        "--min-count",
        type=click.IntRange(min=0),
        help="Answer with words that stood so often in the corpus; needs counts, as in .npz. [all]",
    ),
    "columns": click.option(
        "--columns",
        default="word,score",
        show_default=True,
        metavar="NAMES",
        callback=_columns,
        help="What is shown of each answer: rank, word, score, count.",
    ),
    "index": click.option(
        "--index",
        "index_file",
        type=PATH,
        help="What w2v index wrote: search there, not among all words. Most are found, not all.",
    ),
    "backend": backend_option,
    "json": JSON,
}


def open_vectors(
    vectors: str | Vectors, backend: str | None = None, min_count: int | None = None
) -> Vectors:
    """Vectors of a file, or those the shell has loaded already, where they are to be searched."""
    if isinstance(vectors, str) and backend is not None:
        from w2v.queries import search_backend

        where = search_backend(backend)  # first: it may fail
        vectors = load_vectors(vectors).on(where)
    elif isinstance(vectors, str):
        vectors = load_vectors(vectors)
    if min_count is not None and vectors.counts is None:
        from w2v.queries import NO_COUNTS

        raise QueryError(NO_COUNTS)  # once, and not for each query
    return vectors


def open_index(
    index_file: str,
    vectors: Vectors,
    restrict_vocab: Limit,
    min_count: int | None,
    backend: str,
    method: str = "3cosadd",
) -> NeighbourIndex:
    """The index of some vectors; what it was made with cannot be chosen again."""
    given = {
        "--restrict-vocab": restrict_vocab is not None,
        "--min-count": min_count is not None,
        "--method 3cosmul": method != "3cosadd",
        "--backend": backend not in ("numpy", "auto"),
    }
    if wrong := [name for name, there in given.items() if there]:
        raise click.UsageError(
            f"{' and '.join(wrong)} cannot be given with --index: an index answers by cosine, on "
            "the CPU, with the words it was made of; w2v index takes --restrict-vocab and "
            "--min-count."
        )
    from w2v import NeighbourIndex

    return NeighbourIndex.load(index_file, vectors)


def counts_of(vectors: Vectors, words: Iterable[str]) -> list[int | None]:
    """How often words stood in the corpus, where that is known."""
    if vectors.counts is None:
        return [None for _ in words]
    return [int(vectors.counts[vectors.index(word)]) for word in words]
