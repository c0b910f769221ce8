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
    """A worker's share of it: what it may hold back of rows that it has copies of."""
    visit: float
    """Terms that a node gets from a centre, on average."""
    loss_every: int
    """The loss is measured in one of so many blocks, see `w2v.training.draws.is_measured`."""
    loss_start: Any
    """Of the draws of which one."""
    beside_in: Any
    """float32: terms of others on each input row, endless on frozen ones, up to the last that
    matters; the last number is that of all rows from there on. Empty for none."""
    beside_out: Any
    """The same of output rows."""
    most_beside_in: float
    """The most of them on any row."""
    most_beside_out: float


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
    floats: int
    """Columns of tables that may be other than zero, up to whole or half vectors."""


class CbowWork(NamedTuple):
    """One worker's own memory for CBOW with negative sampling; centres stand in slots, by group."""

    sums: Any
    """float32 (span + 1, D), as all arrays of rows: running sums, the first of nothing."""
    edges: Any
    """(span + 1, D): what begins to change, or no longer does, from a word on."""
    hidden: Any
    """(R, D): the windows' means or sums, and what these change by."""
    d_hidden: Any
    errors: Any
    """float32 (R, N of a group), with zeros up to whole vectors."""
    own_errors: Any
    """float32 (R,): of each centre as its window's true word."""
    kept: Any
    """1 for centres with contexts, else 0."""
    dots: Any
    """float32 (R, LANES), like those below: lanes that add up to scores of true words;"""
    vector_squares: Any
    """to squared lengths of windows, of true words, of noise words;"""
    own_squares: Any
    row_squares: Any
    loads: Any
    """to what noise words add to the load of windows."""
    squares: Any
    """float32 (R,) and (N,): the sums of `vector_squares` and `row_squares`."""
    lengths: Any
    row_loads: Any
    hidden_load: Any
    """(R,): the sums of `loads`."""
    effect: Any
    """How often a window's step counts on each of its words."""
    own_terms: Any
    own_load: Any
    terms: Any
    """float32: of each output row; below, of each input row."""
    load: Any
    terms_in: Any
    load_in: Any
    more: Any
    others: Any
    factors: Any
    ids: Any
    """int32: output rows of this block, and of the next; input rows."""
    next_ids: Any
    ids_in: Any
    columns: Any
    """int64 (2, N): what the noise words of the block after the next are drawn from."""
    first: Any
    """int64 (R,): where each window begins and ends in the halo."""
    last: Any
    turns: Any
    """Which centre of the block stands in each slot."""
    contexts: Any
    """Addresses (int64): of input rows; of each halo word's own change as a centre."""
    centres: Any
    begins: Any
    """Of the edges where windows begin and end."""
    ends: Any
    places: Any
    """Of output rows; of hidden vectors."""
    vectors: Any
    ahead: Any
    """Of output rows of the next block, see `numba_rows.ask`, and of input rows that enter."""
    entering: Any
    hot_places: Any
    """int64: which of a block's output rows are copies; below, of its input rows."""
    hot_places_in: Any
    due: Any
    """Words whose copies are to be made public; of input rows."""
    due_in: Any
    hot: Any
    """As in `Work`."""
    seen: Any
    terms_hot: Any


class Work(NamedTuple):
    """One worker's own memory; rows are padded to whole vectors."""

    hidden: Any
    """float32 (R, D), as all arrays of rows: hidden vectors, their gradients, ..."""
    d_hidden: Any
    transposed: Any
    errors: Any
    """float32 (L, R): a row for each output row, a lane for each hidden vector; of paths (R, L)."""
    scores: Any
    """What the errors were made of."""
    products: Any
    """float32 (1, LANES): of hidden vectors with each other."""
    labels: Any
    """float32 (L,): of the nodes of a path."""
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
    load: Any
    others: Any
    """float32: terms of other workers."""
    factors: Any
    ones: Any
    first: Any
    """int32: lanes that each output row pairs with, and below where they end."""
    last: Any
    ids: Any
    """int32: output rows of this block, and of the next."""
    next_ids: Any
    ids_in: Any
    columns: Any
    """int64 (2, N): what the noise words of the block after the next are drawn from."""
    ahead: Any
    """int64: what the next block reads, see `numba_rows.ask`."""
    places: Any
    """int64: addresses of output rows; below, of input rows or of copies of them."""
    places_in: Any
    places_d: Any
    hot_places: Any
    """int64: where words with copies stand among output rows; below, among input rows."""
    hot_places_in: Any
    due: Any
    """int64: words whose copies are to be made public; below, of the input table."""
    due_in: Any
    hot: Any
    """float32 (hot, D): this worker's copies, what they were when last made public, terms since."""
    seen: Any
    terms_hot: Any
