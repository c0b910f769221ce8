"""The command line: options to one call to echo."""

from __future__ import annotations

import click

from w2v import __version__
from w2v.cli import (
    change_commands,
    encode_command,
    eval_command,
    file_commands,
    machine_commands,
    neighbours_command,
    phrases_command,
    plot_command,
    query_commands,
    resume_command,
    shell_command,
    tokenize_command,
    train_commands,
    word2vec_c,
    word2vec_tools,
)
from w2v.cli.base import Group

__all__ = ["main"]


class _Commands(Group):
    """Knows the programs of word2vec.c by their names too, which the help does not list."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or word2vec_tools.TOOLS.get(cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="w2v")
def main() -> None:
    """Train word vectors (word2vec) and ask them questions.

    \b
    w2v demo                                  try it, without a corpus
    w2v bench                                 see how fast this machine trains
    w2v train corpus.txt -o vectors.bin       train on your text
    w2v train ... --checkpoint run            keep what is learnt, as it is learnt
    w2v resume run                            go on where that was cut off
    w2v nearest vectors.bin king queen        look at neighbours
    w2v shell vectors.bin                     ask more, at a prompt
    w2v encode corpus.txt -o folder           read a text once, train on it often
    """


for _command in (
    train_commands.train,
    resume_command.resume,
    train_commands.demo,
    word2vec_c.word2vec,
    encode_command.encode,
    tokenize_command.tokenize,
    phrases_command.phrases,
    query_commands.nearest,
    query_commands.analogy,
    query_commands.similarity,
    query_commands.distances,
    query_commands.odd,
    query_commands.rank,
    shell_command.shell,
    neighbours_command.neighbours,
    neighbours_command.index,
    eval_command.evaluate,
    change_commands.stability,
    change_commands.compare,
    plot_command.plot,
    file_commands.convert,
    file_commands.info,
    machine_commands.backends,
    machine_commands.bench,
):
    main.add_command(_command)
