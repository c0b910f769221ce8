"""What a training step is made of, for whoever takes it: its shape, its rows, what others add."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend, FusedPlan, Rows, StepShape
from w2v.config import Config
from w2v.text import Corpus
from w2v.training import blocks
from w2v.training.tables import Tables

Beside: TypeAlias = tuple[Array | None, Array | None]
"""Terms of others on each input and each output row; see `beside`."""

_WORK_OF_A_CHUNK = 1 << 31  # products of two floats, forward: tenths of a second where it is slow
_PATH = 16  # nodes of a path, about
_SMALL_BLOCK = 8  # tokens


_ROWS_MET: dict[str, Rows] = {"ns": "shared", "hs": "path", "softmax": "all"}


def rows_met(config: Config) -> Rows:
    """Which output rows a hidden vector meets."""
    return _ROWS_MET[config.loss]


def centre_in_core(config: Config) -> bool:
    """Which side of a pair stands in the core of a block.

    A block's hidden vectors share its noise words; in skip-gram they are the contexts.
    Hierarchical softmax has a path per centre, CBOW a hidden vector per centre.
    """
    return config.model == "cbow" or config.loss == "hs"


def step_shape(backend: Backend, config: Config) -> StepShape:
    """The backend's shape for this loss, with what the configuration says otherwise."""
    shape = backend.step_shape(rows_met(config), averaged=config.model == "cbow")
    block = config.block_tokens or shape.block
    step = block if shape.step == shape.block else shape.step  # a block stays a block
    step = config.step_tokens or step
    in_turn = shape.in_turn and config.loss == "hs" and step == block == 1
    shared = config.block_negatives or shape.shared
    groups = math.gcd(shape.groups, block, shared)
    exposed = shape.exposed if step == block else 1.0  # one of many blocks is composed of arrays
    return StepShape(block, shared, step, in_turn, shape.most_workers, groups, exposed)


def compounding(config: Config, shape: StepShape) -> float:
    """What alpha is multiplied by, so that vectors grow in steps of many pairs as pair by pair.

    Words that meet lengthen each other's vectors: from pair to pair by exp(x) a token, and by 1 + x
    where all pairs of a token are computed from the same rows. x is alpha at the start, when they
    grow, times these pairs times the error of true words that score as noise words do. Steps are
    longer by as much, where the row-step cap lets them. See docs/decisions/blocks.md.
    """
    if config.model != "skipgram" or config.loss != "ns" or shape.step == 1:
        return 1.0
    assert config.alpha is not None
    assert config.negative is not None
    pairs = 2 * config.window if config.fixed_window else config.window + 1
    terms = config.alpha * pairs * (1 + config.negative)
    x = min(terms * config.negative / (1 + config.negative) ** 2, 1.0)
    return min(math.expm1(x) / x, max(1.0, config.row_cap / terms)) if x else 1.0


def chunk_tokens(config: Config, shape: StepShape) -> int:
    """Tokens of a chunk: fewer than `blocks.CHUNK` where each of them is very much work.

    Between two chunks a training can be stopped, and says how far it is.
    """
    rows = shape.block + 2 * config.window + shape.shared
    rows *= max(1, _SMALL_BLOCK // shape.block)  # which read and write them for few tokens
    if rows_met(config) == "path":
        contexts = 2 * config.window
        rows = contexts * _PATH if config.model == "skipgram" else contexts + _PATH
    tokens = blocks.CHUNK
    least = max(shape.block, config.window // 8)  # or cutting its windows takes longer than it
    while tokens > least and tokens * rows * config.dim > _WORK_OF_A_CHUNK:
        tokens //= 2
    return tokens


def text_reader(
    backend: Backend,
    config: Config,
    corpus: Corpus,
    keep: NDArray[np.float64],
    most: int | None = None,
) -> blocks.BlockReader:
    """Cuts a text as steps of this configuration take it, in chunks of so many tokens at most."""
    shape = step_shape(backend, config)
    return blocks.BlockReader(
        backend,
        corpus.ids,
        corpus.ends,
        keep,
        window=config.window,
        block=shape.block,
        centre_in_core=centre_in_core(config),
        fixed_window=config.fixed_window,
        seed=config.seed,
        chunk=min(most or blocks.CHUNK, chunk_tokens(config, shape)),
        check=corpus.check,
    )


def beside(backend: Backend, config: Config, tables: Tables, workers: int) -> Beside:
    """Terms that the other workers are expected to put on each input and output row meanwhile.

    That is from when a worker reads a row until it changes it.

    By the shares of words among tokens and noise words, and of the words whose paths meet a node;
    endless for frozen rows. None for none, and where all workers meet all rows, which share out the
    row cap instead.
    """
    others_in = others_out = None
    if workers > 1 and (tables.noise is not None or tables.tree is not None):
        shape = step_shape(backend, config)
        tokens = (workers - 1) * max(shape.block, -(-shape.step // workers)) * shape.exposed
        pairs = 2 * config.window if config.fixed_window else config.window + 1
        summed = pairs if config.cbow == "sum" else 1
        in_core = 1 if config.model == "cbow" else pairs
        if tables.tree is not None:
            met = float(tables.share @ tables.tree.lengths)
            others_out = tokens * in_core * tables.tree.passing(tables.share)
        else:
            assert config.negative is not None
            assert tables.noise_share is not None
            met = 1 + config.negative
            rows = tables.share + config.negative * tables.noise_share
            others_out = tokens * in_core * rows
        others_in = tokens * pairs * summed * met * tables.share
    if tables.frozen is not None:
        others_in = np.where(tables.frozen, np.inf, 0 if others_in is None else others_in)
    found = (
        None if terms is None else backend.asarray(terms.astype(np.float32))
        for terms in (others_in, others_out)
    )
    return next(found), next(found)


def fused_plan(
    backend: Backend,
    config: Config,
    tables: Tables,
    others: Beside,
    workers: int,
) -> FusedPlan | None:
    """What a step of this configuration is made of, for backends with forms of their own."""
    if tables.noise is None and tables.tree is None:
        return None
    shape = step_shape(backend, config)
    averaged: Literal["", "mean", "sum"] = ""
    if config.model == "cbow":
        averaged = "sum" if config.cbow == "sum" else "mean"
    noise = paths = None
    if tables.noise is not None:
        assert config.negative is not None
        noise = (tables.noise.accept, tables.noise.alias, config.negative, shape.shared)
    elif tables.tree is not None:
        paths = tuple(
            backend.asarray(part)
            for part in (tables.tree.offsets, tables.tree.nodes, tables.tree.codes)
        )
    return FusedPlan(
        input=tables.input,
        output=tables.output,
        dim=config.dim,
        averaged=averaged,
        window=config.window,
        block=shape.block,
        groups=shape.groups,
        noise=noise,
        paths=paths,
        cap=config.row_cap,
        workers=workers,
        beside=others,
    )
