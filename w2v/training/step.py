"""The layers wired into skip-gram and CBOW: one step, composed. Owns no loop over the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

from w2v.backends import Array, Backend
from w2v.config import Config
from w2v.layers import (
    Embedding,
    Gradients,
    HierarchicalSoftmax,
    NegativeSampling,
    RowUpdater,
    Softmax,
    row_sums,
)
from w2v.training.blocks import Blocks, windows
from w2v.training.step_plan import Beside, beside, step_shape
from w2v.training.tables import Tables

_LEAST = 1e-30  # instead of no terms

_Found: TypeAlias = tuple[Array, Array, Array, Gradients, Array]


class Loss(Protocol):
    """What a model asks of a loss: which rows a group needs, then loss and gradients."""

    def untrained_loss(self, pairs: float, met: float) -> float:
        """Nats of so many pairs, which met so many nodes of paths, while the output is zero."""

    def sample(self, key: int, groups: Array) -> Array | None:
        """Draws of each group, if the loss draws any."""

    def gradients(
        self, hidden: Array, targets: Array, pairs: Array, negatives: Array, *, with_loss: bool
    ) -> Gradients:
        """See `NegativeSampling.gradients`."""


class Step:
    """Takes steps over the tables.

    Several workers may have a step each over the same tables, so the row cap bounds what all of
    them are expected to add to a row: `others` is what `beside` says of that, for all workers the
    same.
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
        shape = step_shape(backend, config)
        self._groups = shape.groups if config.model == "cbow" and config.loss == "ns" else 1
        self._as_in_c = shape.in_turn
        self._in_turn = self._as_in_c and config.model == "skipgram"
        if others is None:
            others = beside(backend, config, tables, workers)
        cap = config.row_cap
        if config.loss == "softmax":  # all workers meet all rows
            cap /= workers
        self._update_input = RowUpdater(backend, tables.input, cap, others[0])
        self._update_output = RowUpdater(backend, tables.output, cap, others[1])

    def take(
        self, blocks: Blocks, *, key: int, alpha: float, with_loss: bool
    ) -> tuple[Any, Array, Any]:
        """Gradients of the blocks from the same tables, then one update of both, unless alpha is 0.

        One context of a centre after the other, where the shape of steps says so; the loss of all
        of them is that before the first.

        Returns
        -------
        loss : float64 scalar or None   Nats, summed over the pairs.
        pairs : scalar                  (Hidden vector, true word) pairs.
        met : scalar or None            Terms of all pairs: nodes of paths that they met.
        """
        if not self._in_turn:
            return self._step(blocks, key, alpha, with_loss)
        loss = met = None
        if with_loss:
            _, _, _, before, _ = self._forward_backward(blocks, key, with_loss=True)
            loss, met = before.loss, before.hidden_terms.sum()
        if alpha:
            for part in _one_context_each(self.backend, blocks):
                self._step(part, key, alpha, with_loss=False)
        return loss, blocks.pairs.sum(), met

    def _step(
        self, blocks: Blocks, key: int, alpha: float, with_loss: bool
    ) -> tuple[Any, Array, Any]:
        d_input, terms, load, found, pairs = self._forward_backward(
            blocks, key, with_loss=with_loss
        )
        all_terms = found.hidden_terms.sum()
        met = all_terms if with_loss else None
        if not alpha:
            return found.loss, pairs, met
        ids, rows = self.input.backward(d_input, coalesce=False)
        row_load, error = found.row_load, 0.5
        if self._as_in_c:
            load, row_load = terms, found.row_terms
        elif found.error is not None:
            error = found.error / self.backend.xp.maximum(all_terms, _LEAST)
        self._update_input.apply(ids, rows, terms.reshape(-1), load.reshape(-1), alpha, error)
        self._update_output.apply(found.ids, found.d_rows, found.row_terms, row_load, alpha, error)
        return found.loss, pairs, met

    def _forward_backward(self, blocks: Blocks, key: int, *, with_loss: bool) -> _Found:
        """The gradient of the input rows looked up, the terms behind each of them and their load,
        what the loss found, and the number of pairs."""
        if self.config.model == "cbow":
            return self._cbow(blocks, key, with_loss)
        negatives = self.loss.sample(key, blocks.numbers)
        if self.one_word_groups:
            return self._skipgram_by_centre(blocks, negatives, with_loss)
        return self._skipgram(blocks, negatives, with_loss)

    def _skipgram(self, blocks: Blocks, negatives: Array, with_loss: bool) -> _Found:
        """Contexts in the core against the centres of the halo."""
        hidden = self.input.forward(blocks.core)
        found = self.loss.gradients(
            hidden, blocks.halo, blocks.pairs, negatives, with_loss=with_loss
        )
        pairs = blocks.pairs.sum()
        return found.d_hidden, found.hidden_terms, found.hidden_load, found, pairs

    def _skipgram_by_centre(self, blocks: Blocks, negatives: Array, with_loss: bool) -> _Found:
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
        sums = (found.d_hidden, found.hidden_terms, found.hidden_load)
        return *(_fold(xp, each) for each in sums), found, near.sum()

    def _cbow(self, blocks: Blocks, key: int, with_loss: bool) -> _Found:
        """The mean (or sum) of each centre's window against the centre itself."""
        xp, groups = self.backend.xp, self._groups
        contexts = row_sums(xp, blocks.pairs)[..., None]
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
                self.loss.sample(key, blocks.numbers),
                with_loss=with_loss,
            )
            d_hidden = found.d_hidden[..., 0, :]
            terms, load = found.hidden_terms, found.hidden_load
        else:
            numbers = blocks.numbers[:, None] * groups + xp.arange(groups)
            own = xp.eye(blocks.core.shape[1] // groups, dtype=hidden.dtype)
            found = self.loss.gradients(
                _grouped(hidden, groups),
                _grouped(blocks.core, groups),
                _grouped(has_context, groups) * own,
                self.loss.sample(key, numbers),
                with_loss=with_loss,
            )
            d_hidden, terms, load = (
                _ungrouped(each)
                for each in (
                    found.d_hidden,
                    found.hidden_terms[..., None],
                    found.hidden_load[..., None],
                )
            )
        # The whole error goes to each context word, not its share of the mean, as in word2vec.c.
        # All words of a window move together, so a row's terms count the window's whole effect.
        back = blocks.pairs.swapaxes(-1, -2)
        effect = row_sums(xp, bag)[..., None]
        sums = (d_hidden, terms * effect, load * effect)
        return *(back @ each for each in sums), found, has_context.sum()


def _make_loss(backend: Backend, config: Config, tables: Tables, output: Embedding) -> Loss:
    if config.loss == "softmax":
        return Softmax(backend, output)
    if config.loss == "hs":
        assert tables.tree is not None
        return HierarchicalSoftmax(backend, output, tables.tree)
    assert tables.noise is not None
    assert config.negative is not None
    shape = step_shape(backend, config)
    shared = shape.shared // shape.groups
    return NegativeSampling(backend, output, tables.noise, negative=config.negative, shared=shared)


def _grouped(values: Array, groups: int) -> Array:
    """(C, T, ...) to (C, G, T / G, ...): the centres of a group are G apart."""
    blocks, tokens = values.shape[:2]
    return values.reshape(blocks, tokens // groups, groups, *values.shape[2:]).swapaxes(1, 2)


def _ungrouped(values: Array) -> Array:
    """The inverse of `_grouped`."""
    blocks, groups, size = values.shape[:3]
    return values.swapaxes(1, 2).reshape(blocks, groups * size, *values.shape[3:])


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
