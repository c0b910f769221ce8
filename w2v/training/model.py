"""Wires the layers into skip-gram and CBOW. Owns no loop over the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from w2v.backends import Array, Backend, FusedChunks, FusedPlan, FusedSteps, Rows, StepShape
from w2v.config import Config
from w2v.layers import (
    Embedding,
    Gradients,
    HierarchicalSoftmax,
    NegativeSampling,
    RowUpdater,
    Softmax,
)
from w2v.training import draws
from w2v.training.blocks import BlockReader, Blocks, windows
from w2v.training.huffman import HuffmanTree
from w2v.training.start import FRESH, Start

Beside: TypeAlias = tuple[Array | None, Array | None]
"""Terms of others on each input and each output row; see `beside`."""

_ROWS_MOVED = 1 << 12
_WORK_AT_ONCE = 3 << 27  # products of two floats in a call: tenths of a second
_FEW_ROWS = 8  # met by a hidden vector


class Loss(Protocol):
    """What a model asks of a loss: which rows a group needs, then loss and gradients."""

    untrained_loss: float
    """Nats of a pair while the output table is zero (for hierarchical softmax, the most)."""

    def sample(self, key: int, groups: Array) -> Array | None:
        """Draws of each group, if the loss draws any."""

    def gradients(
        self, hidden: Array, targets: Array, pairs: Array, negatives: Array, *, with_loss: bool
    ) -> Gradients:
        """See `NegativeSampling.gradients`."""


@dataclass(frozen=True)
class Tables:
    """The two tables, shared by all workers, and what a loss needs to know about the words."""

    input: Array
    """float32 (V, D or more): the word vectors; columns beyond D are zero."""
    output: Array
    """float32 (V, D or more), or (V - 1, D or more) inner nodes for hierarchical softmax."""
    noise: draws.NoiseSampler | None
    tree: HuffmanTree | None
    share: NDArray[np.float64]
    """(V,): of the tokens that are trained on."""
    noise_share: NDArray[np.float64] | None
    """(V,): of the noise words."""
    frozen: NDArray[np.bool_] | None = None
    """(V,): words whose input rows stay as they are."""


def make_tables(
    backend: Backend,
    config: Config,
    counts: NDArray[np.int64],
    tree: HuffmanTree | None = None,
    start: Start = FRESH,
    keep: NDArray[np.float64] | None = None,
) -> Tables:
    """Tables to train: input uniform in (-1, 1)/D as in gensim, output zero.

    Rows that `start` knows are as it says.

    Parameters
    ----------
    counts : int64 (V,)
    tree : HuffmanTree, optional        Of hierarchical softmax; made from the counts if left out.
    keep : float64 (V,), optional       Probability of keeping a token of each word; 1 if left out.
    """
    words = len(counts)
    key = draws.stream_key(config.seed, draws.INITIAL, start.epochs)
    table = backend.new_table(words, config.dim)
    Embedding.fill_uniform(backend, table[:, : config.dim], key)
    rows = max(words - 1, 1) if config.loss == "hs" else words
    noise = noise_share = None
    if config.loss == "ns":
        assert config.ns_exponent is not None
        weights = counts.astype(np.float64) ** config.ns_exponent
        noise, noise_share = draws.NoiseSampler(backend, weights), weights / weights.sum()
    elif config.loss == "hs":
        tree = tree or HuffmanTree.from_counts(counts)
    output = backend.new_table(rows, config.dim)
    for to, at, given in (
        (table, start.words, start.vectors),
        (output, start.output_rows, start.output),
    ):
        if len(at):
            to[backend.asarray(at), : config.dim] = backend.asarray(given)
    kept = counts if keep is None else counts * keep
    return Tables(table, output, noise, tree, kept / kept.sum(), noise_share, start.frozen)


def taken(backend: Backend, table: Array, dim: int) -> NDArray[np.float32]:
    """A table (rows, dim) on the host, in the memory of the table; call it once, at the end."""
    wide: NDArray[np.float32] = backend.to_numpy(table)
    rows, width = wide.shape
    if width == dim:
        return wide
    flat = wide.reshape(-1)
    for first in range(0, rows, _ROWS_MOVED):  # rows only move towards the front
        some = wide[first : first + _ROWS_MOVED, :dim].copy()
        flat[first * dim : first * dim + some.size] = some.reshape(-1)
    return flat[: rows * dim].reshape(rows, dim)


_ROWS_MET: dict[str, Rows] = {"ns": "shared", "hs": "path", "softmax": "all"}


def rows_met(config: Config) -> Rows:
    """Which output rows a hidden vector meets."""
    return _ROWS_MET[config.loss]


class Stepped(NamedTuple):
    """What one or more steps did."""

    begin: float
    end: float
    """Of the corpus that was trained on, in chunks."""
    tokens: int
    """Kept ones."""
    loss: Any
    """Nats, summed over the pairs where it was measured; None if nowhere."""
    pairs: Any


def step_shape(backend: Backend, config: Config) -> StepShape:
    """The backend's shape for this loss, with what the configuration says otherwise."""
    shape = backend.step_shape(rows_met(config), averaged=config.model == "cbow")
    block = config.block_tokens or shape.block
    step = block if shape.step == shape.block else shape.step  # a block stays a block
    step = config.step_tokens or step
    pairs = config.model == "skipgram" and config.loss == "hs" and step == block == 1
    shared = config.block_negatives or shape.shared
    return StepShape(block, shared, step, shape.in_turn and pairs)


class Model:
    """One worker's layers over the shared tables.

    Workers that train at once step from the same tables, so the row cap bounds what all of them are
    expected to add to a row: `others` is what `beside` says of that, for all workers the same.
    """

    def __init__(
        self,
        backend: Backend,
        config: Config,
        tables: Tables,
        *,
        workers: int = 1,
        others: Beside | None = None,
    ) -> None:
        self.backend = backend
        self.config = config
        self.input = Embedding(backend, tables.input)
        self.output = Embedding(backend, tables.output)
        self.loss = _make_loss(backend, config, tables, self.output)
        self.one_word_groups = config.loss == "hs"
        self._in_turn = step_shape(backend, config).in_turn
        if others is None:
            others = beside(backend, config, tables, workers)
        self._plan = _fused_plan(backend, config, tables, others, workers)
        self._fused = self._fused_step(workers)
        self._chunks: tuple[BlockReader, FusedChunks | None] | None = None
        cap, shared_out = config.row_cap, config.row_cap / workers
        cap_in = shared_out if config.loss == "softmax" else cap
        cap_out = cap if config.loss == "ns" else shared_out  # other rows are met by all workers
        self._update_input = RowUpdater(backend, tables.input, cap_in, others[0])
        self._update_output = RowUpdater(backend, tables.output, cap_out, others[1])

    def _fused_step(self, workers: int) -> FusedSteps | None:
        """The backend's own form of a step, if it has one and a step is one block."""
        shape = step_shape(self.backend, self.config)
        if self._plan is None or -(-shape.step // workers) > shape.block:
            return None
        return self.backend.fused_steps(self._plan)

    def fused_chunks(self, reader: BlockReader) -> FusedChunks | None:
        """The backend's own way to train on whole chunks, if it has one; made once for a reader."""
        if self._chunks is None or self._chunks[0] is not reader:
            made = None
            if self._plan is not None and not self.config.deterministic:
                step = step_shape(self.backend, self.config).step
                made = self.backend.fused_chunks(self._plan, reader.text, step)
            self._chunks = reader, made
        return self._chunks[1]

    @staticmethod
    def centre_in_core(config: Config) -> bool:
        """Which side of a pair stands in the core of a block.

        A block's hidden vectors share its noise words; in skip-gram they are the contexts.
        Hierarchical softmax has a path per centre, CBOW a hidden vector per centre.
        """
        return config.model == "cbow" or config.loss == "hs"

    def train(
        self,
        reader: BlockReader,
        epoch: int,
        chunks: range,
        *,
        tokens: int,
        key: int,
        learning_rate: Callable[[float], float],
        loss_every: int,
    ) -> Iterator[Stepped]:
        """Steps over some chunks of the corpus, taken as the result is asked for.

        Parameters
        ----------
        tokens : int             Kept tokens of a step; a block at the least.
        key : int                Of the draws of noise words.
        learning_rate : callable Of a position in chunks.
        loss_every : int         The loss is measured in every so-many-th step.
        """
        if (fused := self.fused_chunks(reader)) is not None:
            yield from self._pieces(fused, reader, epoch, chunks, key, learning_rate, loss_every)
            return
        if self._fused is not None:
            for chunk in chunks:
                yield from self._fused_steps(reader, epoch, chunk, key, learning_rate, loss_every)
            return
        for step, (begin, end, blocks) in enumerate(reader.steps(epoch, chunks, tokens)):
            loss, pairs = self.step(
                blocks,
                key=key,
                alpha=learning_rate(begin),
                with_loss=(chunks.start + step) % loss_every == 0,
            )
            yield Stepped(begin, end, blocks.tokens, loss, pairs)

    def _pieces(
        self,
        fused: FusedChunks,
        reader: BlockReader,
        epoch: int,
        chunks: range,
        key: int,
        learning_rate: Callable[[float], float],
        loss_every: int,
    ) -> Iterator[Stepped]:
        """Chunks, many in a call; what a call found is read when the next is under way."""
        under_way: tuple[range, Array] | None = None
        for first in range(chunks.start, chunks.stop, fused.at_once):
            piece = range(first, min(first + fused.at_once, chunks.stop))
            sums = fused(
                piece,
                token_key=reader.token_key(epoch),
                key=key,
                alphas=(learning_rate(piece.start), learning_rate(piece.stop)),
                loss_every=loss_every,
            )
            if under_way is not None:
                yield self._read(*under_way)
            under_way = piece, sums
        if under_way is not None:
            yield self._read(*under_way)

    def _read(self, piece: range, sums: Array) -> Stepped:
        tokens, loss, pairs = self.backend.to_numpy(sums).tolist()
        return Stepped(piece.start, piece.stop, int(tokens), loss if pairs else None, pairs)

    def _fused_steps(
        self,
        reader: BlockReader,
        epoch: int,
        chunk: int,
        key: int,
        learning_rate: Callable[[float], float],
        loss_every: int,
    ) -> Iterator[Stepped]:
        """Blocks of a chunk, all in one call unless that would keep the caller waiting."""
        assert self._fused is not None
        s = reader.stretch(epoch, chunk)
        size = reader.block
        work = (size + 2 * reader.window) * max(size, _FEW_ROWS) * self.config.dim
        at_once = max(1, _WORK_AT_ONCE // work)
        for first in range(0, s.blocks, at_once):
            last = min(first + at_once, s.blocks)
            begin, end = (chunk + at / s.blocks for at in (first, last))
            loss, pairs = self._fused(
                (s.ids, s.left, s.right, s.kept),
                range(first, last),
                s.first_block,
                key=key,
                alphas=(learning_rate(begin), learning_rate(end)),
                loss_every=loss_every,
            )
            tokens = min(s.kept, last * size) - first * size
            yield Stepped(begin, end, tokens, loss if pairs else None, pairs)

    def step(self, blocks: Blocks, *, key: int, alpha: float, with_loss: bool) -> tuple[Any, Array]:
        """Gradients of the blocks from the same tables, then one update of both.

        One context of a centre after the other, where the shape of steps says so.

        Returns
        -------
        loss : float64 scalar or None   Nats, summed over the pairs.
        pairs : scalar                  (Hidden vector, true word) pairs.
        """
        if not self._in_turn:
            return self._step(blocks, key, alpha, with_loss)
        parts = _one_context_each(self.backend, blocks)
        found = [self._step(part, key, alpha, with_loss) for part in parts]
        loss = sum(loss for loss, _ in found) if with_loss else None
        return loss, sum(pairs for _, pairs in found)

    def _step(self, blocks: Blocks, key: int, alpha: float, with_loss: bool) -> tuple[Any, Array]:
        negatives = self.loss.sample(key, blocks.numbers)
        if self.config.model == "cbow":
            forward_backward = self._cbow
        elif self.one_word_groups:
            forward_backward = self._skipgram_by_centre
        else:
            forward_backward = self._skipgram
        d_input, terms, found, pairs = forward_backward(blocks, negatives, with_loss)
        ids, rows = self.input.backward(d_input, coalesce=False)
        self._update_input.apply(ids, rows, terms.reshape(-1), alpha)
        self._update_output.apply(found.ids, found.d_rows, found.row_terms, alpha)
        return found.loss, pairs

    def _skipgram(
        self, blocks: Blocks, negatives: Array, with_loss: bool
    ) -> tuple[Array, Array, Gradients, Array]:
        """Contexts in the core against the centres of the halo.

        Like its two siblings it returns the gradient of the input rows looked up, the terms behind
        each of them, what the loss found, and the number of pairs.
        """
        hidden = self.input.forward(blocks.core)
        found = self.loss.gradients(
            hidden, blocks.halo, blocks.pairs, negatives, with_loss=with_loss
        )
        return found.d_hidden, found.hidden_terms, found, blocks.pairs.sum()

    def _skipgram_by_centre(
        self, blocks: Blocks, negatives: Array, with_loss: bool
    ) -> tuple[Array, Array, Gradients, Array]:
        """Each centre of the core against the contexts in its window."""
        xp = self.backend.xp
        size = blocks.halo.shape[1] - blocks.core.shape[1] + 1
        halo = self.input.forward(blocks.halo)
        near = _band(xp, blocks.pairs, size)
        found = self.loss.gradients(
            windows(xp, halo, size),
            blocks.core[..., None],
            near[..., None],
            negatives,
            with_loss=with_loss,
        )
        return _fold(xp, found.d_hidden), _fold(xp, found.hidden_terms), found, near.sum()

    def _cbow(
        self, blocks: Blocks, negatives: Array, with_loss: bool
    ) -> tuple[Array, Array, Gradients, Array]:
        """The mean (or sum) of each centre's window against the centre itself."""
        xp = self.backend.xp
        contexts = blocks.pairs.sum(axis=-1, keepdims=True)
        bag = blocks.pairs
        if self.config.cbow == "mean":
            bag = bag / xp.maximum(contexts, 1)
        hidden = bag @ self.input.forward(blocks.halo)
        has_context = (contexts > 0).astype(hidden.dtype)
        if self.one_word_groups:
            found = self.loss.gradients(
                hidden[..., None, :],
                blocks.core[..., None],
                has_context[..., None],
                negatives,
                with_loss=with_loss,
            )
            d_hidden, terms = found.d_hidden[..., 0, :], found.hidden_terms
        else:
            own = has_context * xp.eye(blocks.core.shape[1], dtype=hidden.dtype)
            found = self.loss.gradients(hidden, blocks.core, own, negatives, with_loss=with_loss)
            d_hidden, terms = found.d_hidden, found.hidden_terms[..., None]
        # The whole error goes to each context word, not its share of the mean, as in word2vec.c.
        # All words of a window move together, so a row's terms count the window's whole effect.
        back = blocks.pairs.swapaxes(-1, -2)
        terms = terms * bag.sum(axis=-1, keepdims=True)
        return back @ d_hidden, back @ terms, found, has_context.sum()


def _make_loss(backend: Backend, config: Config, tables: Tables, output: Embedding) -> Loss:
    if config.loss == "softmax":
        return Softmax(backend, output)
    if config.loss == "hs":
        assert tables.tree is not None
        return HierarchicalSoftmax(backend, output, tables.tree)
    assert tables.noise is not None
    assert config.negative is not None
    shared = step_shape(backend, config).shared
    return NegativeSampling(backend, output, tables.noise, negative=config.negative, shared=shared)


def beside(backend: Backend, config: Config, tables: Tables, workers: int) -> Beside:
    """Terms that the other workers are expected to put on each input and output row meanwhile.

    By the shares of words among tokens and noise words; endless for frozen rows. None for none, and
    where all workers meet the same rows, which share out the row cap instead.
    """
    others_in = others_out = None
    if workers > 1 and config.loss != "softmax":
        shape = step_shape(backend, config)
        tokens = (workers - 1) * max(shape.block, -(-shape.step // workers))
        pairs = 2 * config.window if config.fixed_window else config.window + 1
        summed = pairs if config.cbow == "sum" else 1
        if tables.tree is not None:
            met = float(tables.share @ tables.tree.lengths)
        else:
            assert config.negative is not None
            assert tables.noise_share is not None
            met = 1 + config.negative
            rows = tables.share + config.negative * tables.noise_share
            others_out = tokens * (1 if config.model == "cbow" else pairs) * rows
        others_in = tokens * pairs * summed * met * tables.share
    if tables.frozen is not None:
        others_in = np.where(tables.frozen, np.inf, 0 if others_in is None else others_in)
    found = (
        None if terms is None else backend.asarray(terms.astype(np.float32))
        for terms in (others_in, others_out)
    )
    return next(found), next(found)


def _fused_plan(
    backend: Backend,
    config: Config,
    tables: Tables,
    others: Beside,
    workers: int,
) -> FusedPlan | None:
    """What a step of this configuration is made of, for backends with forms of their own."""
    if config.loss == "softmax":
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
        averaged=averaged,
        window=config.window,
        block=shape.block,
        noise=noise,
        paths=paths,
        cap=config.row_cap,
        workers=workers,
        beside=others,
    )


def _one_context_each(backend: Backend, blocks: Blocks) -> Iterator[Blocks]:
    """Blocks of one core token each, with one context after the other of those they have."""
    for at in range(blocks.pairs.shape[-1]):
        pairs = backend.xp.zeros_like(blocks.pairs)
        pairs[..., at] = blocks.pairs[..., at]
        if pairs.any():
            yield replace(blocks, pairs=pairs)


def _band(xp: Array, pairs: Array, size: int) -> Array:
    """Pairs (C, T, T + 2w) by offset from the core token, a view (C, T, 2w + 1)."""
    blocks, core, _ = pairs.shape
    a, b, c = pairs.strides
    return xp.lib.stride_tricks.as_strided(pairs, (blocks, core, size), (a, b + c, c))


def _fold(xp: Array, values: Array) -> Array:
    """Adjoint of `windows`: (C, T, 2w + 1, ...) summed back to (C, T + 2w, ...)."""
    blocks, core, size = values.shape[:3]
    out = xp.zeros((blocks, core + size - 1, *values.shape[3:]), values.dtype)
    for offset in range(size):
        out[:, offset : offset + core] += values[:, :, offset]
    return out
