"""The options of reading raw text, which several commands have; see `Tokenizer`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--tokens",
        type=click.Choice(["whitespace", "unicode", "characters"]),
        default="whitespace",
        show_default=True,
        help="What stands between white space; words by Unicode's rules, without punctuation; or "
        "such words and single Chinese, Japanese or Thai characters.",
    ),
    click.option("--lower", is_flag=True, help="Lower case."),
    click.option("--turkish", is_flag=True, help="With --lower: I becomes dotless, as in Turkish."),
    click.option(
        "--strip-punctuation", is_flag=True, help="Cut punctuation off both ends of words."
    ),
    click.option(
        "--strip-accents", is_flag=True, help="Latin and Greek letters without their marks."
    ),
    click.option(
        "--split-sentences", is_flag=True, help="A sentence a line, however lines were broken."
    ),
    click.option(
        "--errors",
        type=click.Choice(["strict", "replace", "ignore"]),
        default="strict",
        show_default=True,
        help="At bytes that are not UTF-8: stop, put U+FFFD, or leave them out.",
    ),
)
NAMES = ("tokens", "lower", "turkish", "strip_punctuation", "strip_accents", "split_sentences")


def text_options(command: _Function) -> _Function:
    """Gives a command `errors`, and of the options in `NAMES` a `tokenizer`."""

    @functools.wraps(command)
    def with_tokenizer(*args: Any, **options: Any) -> Any:
        from w2v.text import Tokenizer

        tokenizer = Tokenizer(**{name: options.pop(name) for name in NAMES})
        return command(*args, tokenizer=tokenizer, **options)

    for option in reversed(_OPTIONS):
        with_tokenizer = option(with_tokenizer)
    return with_tokenizer  # type: ignore[return-value]
