"""What the compiled kernels are handed, and what each worker has of its own."""

from __future__ import annotations

from typing import Any, NamedTuple


class Stretch(NamedTuple):
    """Blocks to train on, see `w2v.training.blocks.Stretch`."""

    ids: Any
    left: Any
    right: Any
    kept: int
    blocks: int
    number: int
    """Of the first block."""


class Rate(NamedTuple):
    """How far steps go."""

    alpha: float
    """Learning rate of the first block."""
    alpha_step: float
    """What it changes by with each block."""
    cap: float
    """Row-step cap, see `w2v.layers.update`."""
    node_cap: float
    """A worker's share of it."""
    visit: float
    """Terms that a node gets from a centre, on average."""
    loss_every: int
    """The loss is measured in one of so many blocks, see `w2v.training.draws.is_measured`."""
    loss_start: Any
    """Of the draws of which one."""
    beside_in: Any
    """float32 (V,): terms of others on each input row, endless on frozen ones; empty for none."""
    beside_out: Any
    """The same of output rows."""
    most_beside_in: float


class Noise(NamedTuple):
    """What shared noise words are drawn from, see `w2v.training.draws.NoiseSampler`."""

    accept: Any
    alias: Any
    start: Any
    negative: int
    shared: int


class Paths(NamedTuple):
    """Of every word in the tree, see `w2v.training.huffman.HuffmanTree`."""

    offsets: Any
    nodes: Any
    codes: Any
    hot: int
    """Last so many nodes of which this worker has room for a copy of its own."""
    crowded: int
    """So many of them are met by others twice or more, meanwhile."""
    beside: float
    """Terms of others, at most, on nodes that are not copied."""


class Work(NamedTuple):
    """One worker's own memory; rows are padded to whole vectors."""

    hidden: Any
    """float32 (R, D), as all arrays of rows: hidden vectors, their gradients, output rows, ..."""
    d_hidden: Any
    transposed: Any
    rows: Any
    d_rows: Any
    context: Any
    d_context: Any
    errors: Any
    """float32 (L, R): a row for each output row, a lane for each hidden vector; of paths (R, L)."""
    scores: Any
    """What the errors were made of."""
    products: Any
    """float32: of these errors of two hidden vectors."""
    labels: Any
    """float32 (L,): of the nodes of a path."""
    own_errors: Any
    pairs: Any
    """float32 (R,): of each hidden vector."""
    terms: Any
    """float32: of each output row; below, of each input row."""
    terms_in: Any
    squares: Any
    """float32 (R,): squared lengths of hidden vectors."""
    row_squares: Any
    """float32 (L, LANES): the same of output rows, as lanes to be added up."""
    more: Any
    """float32 (LANES,): what loads are more than terms, the same."""
    hidden_load: Any
    own_load: Any
    load: Any
    load_in: Any
    others: Any
    """float32: terms of other workers."""
    factors: Any
    ones: Any
    ids: Any
    """int32: output rows of this block, and of the next."""
    next_ids: Any
    ids_in: Any
    ahead: Any
    """int64: what the next block reads, see `numba_rows.ask`."""
    places: Any
    """int64: addresses of output rows; below, of input rows or of copies of them."""
    places_in: Any
    places_d: Any
    numbers: Any
    """int64: 0, 1, 2, ..."""
    hot: Any
    """float32 (hot, D): this worker's copies, what they were when last made public, terms since."""
    seen: Any
    terms_hot: Any
