"""The command that asks for queries at a prompt, or reads them line by line."""

from __future__ import annotations

import bisect
import contextlib
import heapq
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from w2v.cli import batch, query_commands, query_options
from w2v.cli.base import INTERRUPTED, PATH, Command
from w2v.terminal import shown

if TYPE_CHECKING:
    from w2v import Vectors

_QUESTIONS = (
    query_commands.nearest,
    query_commands.analogy,
    query_commands.similarity,
    query_commands.distances,
    query_commands.odd,
    query_commands.rank,
)
_PROMPT = "w2v> "
_LEAVE = ("exit", "quit", "EXIT")  # the last as in word2vec.c
_HISTORY = 1000  # lines kept
_COMPLETIONS = 200  # offered, at most
_HELP = """\
Neighbours of a word, or of words added and subtracted:

  king
  king - man + woman -n 5

Other questions, with the options of the command line, such as --json or --restrict-vocab 20000:

  analogy man king woman        man is to king as woman is to what?
  similarity king queen         cosine
  distances king queen man      1 minus the cosine, each from each
  odd king queen apple          which does not fit?
  rank king queen               place of queen among the neighbours of king
  nearest rank                  neighbours of a word that is a command

Add --help to a command for more. Tab completes; exit, quit or Ctrl-D (on Windows Ctrl-Z) leaves."""


@click.command(cls=Command)
@click.argument("vectors", type=PATH)
@query_options.backend_option
def shell(vectors: str, backend: str) -> None:
    """Ask vectors questions at a prompt.

    The questions are the commands nearest, analogy, similarity, distances, odd and rank without
    the name of the file; a line that begins with none of them asks for neighbours. With history
    and completion by Tab. Reads lines from standard input if that is no terminal; then the exit
    code is 1 if a line failed.

    \b
    Examples:
      w2v shell vectors.bin
      echo 'analogy man king woman -n 3' | w2v shell vectors.bin
    """
    ask_lines(vectors, "nearest", backend)


def ask_lines(vectors: str, plain: str, backend: str = "numpy") -> None:
    """Answer lines until one leaves; `plain` is asked where a line begins with no command."""
    table = query_options.open_vectors(vectors, backend)
    table.table  # noqa: B018  rows are scaled now, not while the first answer is waited for
    commands = {command.name or "": _without_file(command, table) for command in _QUESTIONS}
    typed = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if typed:
        size = f"{len(table):,} words, {table.dim} dimensions"
        click.echo(f"{shown(vectors)}: {size}. Ask for a word, or for help.", err=True)
    code = 0
    for line in _typed(table, [*commands, "help", *_LEAVE]) if typed else _piped():
        if line in _LEAVE:
            break
        now = _answer(line, commands, plain)
        if now == INTERRUPTED and not typed:
            click.get_current_context().exit(now)
        code = max(code, int(now != 0))
    if not typed:
        click.get_current_context().exit(code)


def _without_file(command: click.Command, table: Vectors) -> click.Command:
    """The same command of vectors that are loaded already."""

    given = {"vectors": table, "backend": None, "index_file": None}
    fixed = {param.name: given[param.name] for param in command.params if param.name in given}

    def call(**options: Any) -> None:
        if options["words"] == (batch.STDIN,):
            raise click.UsageError("- stands for standard input, which the shell reads itself.")
        assert command.callback is not None
        command.callback(**fixed, **options)

    params = [param for param in command.params if param.name not in given]
    return Command(
        command.name,
        params=params,
        callback=call,
        help=command.help,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _answer(line: str, commands: dict[str, click.Command], plain: str) -> int:
    """Answer one line on standard output; the exit code it would have had as a command."""
    try:
        words = _split(line)
        if words == ["help"]:
            click.echo(_HELP)
            return 0
        if words[0] in commands:
            command, words = commands[words[0]], words[1:]
        else:
            command = commands[plain]
        code = command.main(words, prog_name=command.name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return int(code or 0)


def _split(line: str) -> list[str]:
    """Words of a line; double quotes, and only they, keep spaces in a word."""
    lexer = shlex.shlex(line, posix=True)
    lexer.quotes, lexer.escape, lexer.commenters, lexer.whitespace_split = '"', "", "", True
    try:
        return list(lexer)
    except ValueError as error:
        raise click.ClickException(f"A double quote is not closed: {line[:60]}") from error


def _piped() -> Iterator[str]:
    return (line for _, line in batch.read_lines())


def _typed(table: Vectors, names: list[str]) -> Iterator[str]:
    """Lines typed at a prompt, until Ctrl-D; with history and completion if there is readline."""
    readline = _readline()
    if readline is not None:
        readline.set_completer(
            _completer(table, names, lambda: readline.get_line_buffer()[: readline.get_begidx()])
        )
        readline.set_completer_delims(' \t"')
        libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
        history = _history_file()
        with contextlib.suppress(OSError):  # none yet
            readline.read_history_file(history)
    try:
        while True:
            if line := input(_PROMPT).strip():
                yield line
    except EOFError:
        click.echo()
    finally:
        if readline is not None:
            try:
                history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                readline.set_history_length(_HISTORY)
                readline.write_history_file(history)
            except OSError as error:
                click.echo(f"Warning: the history is not kept: {shown(str(error))}.", err=True)


def _readline() -> Any:
    """The module of that name; None for a Python without it, as on Windows."""
    try:
        import readline
    except ImportError:
        return None
    return readline


def _history_file() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "w2v", "history")


def _completer(
    table: Vectors, names: list[str], before: Callable[[], str]
) -> Callable[[str, int], str | None]:
    """What readline asks for completions: commands, and the most frequent words.

    `before` gives the line up to the text that is completed.
    """
    ordered: list[str] = []
    found: list[str] = []

    def quote(word: str) -> str:
        """As `_split` takes it for one word; readline closes a quote that is open."""
        if before().count('"') % 2:
            return word
        return f'"{word}" ' if len(word.split()) > 1 else f"{word} "

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            if not ordered:
                # what a terminal must not show cannot be offered
                ordered.extend(sorted(word for word in table.words if shown(word) == word))
            start = bisect.bisect_left(ordered, text)
            stop = bisect.bisect_left(ordered, text + chr(sys.maxunicode), start)
            some = heapq.nsmallest(_COMPLETIONS, ordered[start:stop], key=table.index)
            commands = (f"{name} " for name in names if name.startswith(text))
            found[:] = dict.fromkeys([*commands, *map(quote, some)])
        return found[state] if state < len(found) else None

    return complete
